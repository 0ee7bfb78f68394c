"""A listener's extended streaming history: the package that Spotify sends on request.

Knows the generations of that format: file names, key order, what is null when, how files are cut.
Hides the text of a row and the zip.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Literal, get_args

from spotify_emulator.world.catalogue import Catalogue
from spotify_emulator.world.chance import number, stream, user_id
from spotify_emulator.world.diary import NO_TRACK, Play
from spotify_emulator.world.listeners import Listener
from spotify_emulator.world.readme_pdf import readme_pdf
from spotify_emulator.world.zipped import Member, zipped

Generation = Literal["2020", "2021", "2023", "2024", "2025"]
GENERATIONS: tuple[Generation, ...] = get_args(Generation)
NEWEST: Generation = "2025"

_NULL, _TRUE, _FALSE = "null", "true", "false"
_FILE_BYTES = 12_700_000
_OLD_FILE_BYTES = 11_000_000
_DOUBLED = 430

_WHO = "ts username platform ms_played conn_country ip_addr_decrypted user_agent_decrypted"
_NEW_WHO = "ts platform ms_played conn_country ip_addr"
_SONG = (
    "master_metadata_track_name master_metadata_album_artist_name master_metadata_album_album_name"
)
_PODCAST = "episode_name episode_show_name"
_HOW = "reason_start reason_end shuffle skipped offline offline_timestamp incognito_mode"
_PLACE = "city region metro_code longitude latitude"
_BOOK = "audiobook_title audiobook_uri audiobook_chapter_uri audiobook_chapter_title"
_WITH_URIS = f"{_SONG} spotify_track_uri {_PODCAST} spotify_episode_uri"
_KEYS: dict[Generation, str] = {
    "2020": f"{_WHO} {_SONG} {_PODCAST} {_HOW} {_PLACE}",
    "2021": f"{_WHO} {_WITH_URIS} {_HOW}",
    "2023": f"{_WHO} {_WITH_URIS} {_HOW}",
    "2024": f"{_NEW_WHO} {_WITH_URIS} {_HOW}",
    "2025": f"{_NEW_WHO} {_WITH_URIS} {_BOOK} {_HOW}",
}
# The order in which `_Scribe.values` gives them; the two names of the address share a value.
_VALUES = f"{_WHO} {_WITH_URIS} {_BOOK} {_HOW} {_PLACE}".split()


@dataclass(frozen=True, slots=True)
class _Style:
    """How one generation lays out a package."""

    folder: str
    readme: str
    is_endsong: bool
    has_folder_entry: bool

    @property
    def file_bytes(self) -> int:
        return _OLD_FILE_BYTES if self.is_endsong else _FILE_BYTES

    def row_template(self, keys: Iterable[str]) -> str:
        if self.is_endsong:
            return "{" + ",".join(f'"{key}":%s' for key in keys) + "}"
        return "  {\n" + ",\n".join(f'    "{key}": %s' for key in keys) + "\n  }"

    def file_of(self, rows: list[bytes]) -> bytes:
        if self.is_endsong:
            return b"[" + b",".join(rows) + b"]"
        return b"[\n" + b",\n".join(rows) + b"\n]"

    def audio_name(self, first: int, last: int, count: int) -> str:
        if self.is_endsong:
            return f"endsong_{count}.json"
        return f"Streaming_History_Audio_{_years(first, last)}_{count}.json"

    def video_name(self, first: int, last: int) -> str:
        if self.is_endsong:
            return "endvideo.json"
        return f"Streaming_History_Video_{_years(first, last)}.json"


_MY_DATA = _Style("MyData/", "ReadMeFirst.pdf", is_endsong=True, has_folder_entry=False)
_HISTORY = _Style(
    "Spotify Extended Streaming History/",
    "ReadMeFirst_ExtendedStreamingHistory.pdf",
    is_endsong=False,
    has_folder_entry=True,
)
_STYLES: dict[Generation, _Style] = {
    "2020": _MY_DATA,
    "2021": _MY_DATA,
    "2023": _Style("MyData/", "ReadMeFirst.pdf", is_endsong=False, has_folder_entry=False),
    "2024": _HISTORY,
    "2025": _HISTORY,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked to be sent. `has_doubles` repeats some rows, as some packages do."""

    seed: int
    listener: Listener
    generation: Generation
    made_at: datetime
    has_doubles: bool = False


def package(request: Request, catalogue: Catalogue, plays: Iterable[Play]) -> Iterator[bytes]:
    """The zip in pieces: one file of 12.7 MB in memory at a time. `plays` come in order."""
    return zipped(_members(request, catalogue, plays), request.made_at)


def _members(request: Request, catalogue: Catalogue, plays: Iterable[Play]) -> Iterator[Member]:
    style = _STYLES[request.generation]
    scribe = _Scribe(request, catalogue)
    audio, video, count = _Pile(request), _Pile(request), 0
    for play in plays:
        is_video = play.episode is not None and play.episode.is_video
        pile = video if is_video else audio
        row = scribe.row(play)
        pile.add(row, play.ended_ms)
        if request.has_doubles and play.started_ms % _DOUBLED == 0:
            pile.add(row, play.ended_ms)
        if audio.size >= style.file_bytes:
            yield audio.member(style.audio_name(*audio.years, count))
            audio, count = _Pile(request), count + 1
    if audio.rows:
        yield audio.member(style.audio_name(*audio.years, count))
    if video.rows:
        yield video.member(style.video_name(*video.years))
    yield Member(style.folder + style.readme, readme_pdf())
    if style.has_folder_entry:
        yield Member(style.folder, b"placeholder")


class _Pile:
    """Rows on their way into one file."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.style = _STYLES[request.generation]
        self.rows: list[bytes] = []
        self.size = 0
        self.first_ms = self.last_ms = 0

    def add(self, row: bytes, ended_ms: int) -> None:
        if not self.rows:
            self.first_ms = ended_ms
        self.last_ms = ended_ms
        self.rows.append(row)
        self.size += len(row) + 2

    @property
    def years(self) -> tuple[int, int]:
        return _year(self.first_ms), _year(self.last_ms)

    def member(self, name: str) -> Member:
        rows = self.rows
        if self.style.is_endsong:
            # The files of those years came in no order at all.
            dice = stream(self.request.seed, "endsong", self.request.listener.id, self.first_ms)
            keys = [dice.random() for _ in rows]
            rows = [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]
        return Member(self.style.folder + name, self.style.file_of(rows))


_SKIPS_UNKNOWN_FROM_MS = int(datetime(2016, 3, 18, tzinfo=UTC).timestamp()) * 1000
_NO_END_FROM_MS = int(datetime(2016, 11, 1, tzinfo=UTC).timestamp()) * 1000
_START_KNOWN_FROM_MS = int(datetime(2018, 1, 1, tzinfo=UTC).timestamp()) * 1000
_NO_END_UNTIL_MS = int(datetime(2018, 4, 30, tzinfo=UTC).timestamp()) * 1000
_MODERN_FROM_MS = int(datetime(2022, 10, 14, 9, tzinfo=UTC).timestamp()) * 1000

_DEVICES = {
    "phone-pixel": ("Android OS 11 API 30 (Google, Pixel 3a)", "android"),
    "android": ("Android OS 9 API 28 (Sony, SO-05K)", "android"),
    "ios": ("iOS 13.5.1 (iPhone10,4)", "ios"),
    "ipad": ("iOS 15.6 (iPad11,3)", "ios"),
    "mac": ("OS X 10.13.6 [x86 8]", "osx"),
    "windows": ("Windows 10 (10.0.18363; x64)", "windows"),
    "web": ("WebPlayer (websocket RFC6455)", "web_player"),
    "speaker": ("Partner amazon_salmon Amazon;Echo_Dot;0000;;tpapi", "cast"),
}
_PLACES = {
    "DE": ('"Hamburg"', '"HH"', "10.0", "53.55"),
    "BR": ('"São Paulo"', '"SP"', "-46.63", "-23.55"),
    "JP": ('"Tokyo"', '"13"', "139.69", "35.68"),
    "US": ('"Rochester"', '"NY"', "-77.61", "43.15"),
    "NL": ('"Utrecht"', '"UT"', "5.12", "52.09"),
}


class _Scribe:
    """Writes plays as the rows of one generation."""

    def __init__(self, request: Request, catalogue: Catalogue) -> None:
        keys = _KEYS[request.generation].split()
        style = _STYLES[request.generation]
        self.catalogue = catalogue
        self.template = style.row_template(keys)
        self.pick = itemgetter(
            *(_VALUES.index("ip_addr_decrypted" if key == "ip_addr" else key) for key in keys)
        )
        listener = request.listener
        self.username = _text(user_id(request.seed, "user", listener.id))
        self.country = _text(listener.country)
        city, region, longitude, latitude = _PLACES[listener.country]
        self.place = (city, region, _NULL, longitude, latitude)
        self.house = number(request.seed, "address", listener.id) % 200 + 20
        self.song = lru_cache(maxsize=None)(self._song)

    def row(self, play: Play) -> bytes:
        text: str = self.template % self.pick(self._values(play))
        return text.encode()

    def _values(self, play: Play) -> tuple[str, ...]:
        ended_ms, dice = play.ended_ms, play.started_ms // 7 % 1000
        is_modern = ended_ms >= _MODERN_FROM_MS
        forgot_end = _NO_END_FROM_MS <= ended_ms < _NO_END_UNTIL_MS and dice < 90
        is_video = play.episode is not None and play.episode.is_video
        return (
            f'"{datetime.fromtimestamp(ended_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"',
            self.username,
            _text(_DEVICES[play.device][is_modern]),
            str(play.ms_played),
            '"ZZ"' if dice == 999 else self.country,
            _NULL if forgot_end else self._address(dice),
            _NULL if forgot_end or dice % 3 else '"unknown"',
            *self._what(play),
            *(_NULL, _NULL, _NULL, _NULL),
            f'"{play.reason_start}"',
            _NULL if forgot_end else f'"{play.reason_end}"',
            _flag(play.is_shuffled),
            _NULL
            if _SKIPS_UNKNOWN_FROM_MS <= ended_ms < _MODERN_FROM_MS
            else _flag(play.is_skipped),
            _NULL if is_video else _flag(play.is_offline),
            _NULL if is_video else _device_start(play, is_modern=is_modern),
            _flag(play.is_private),
            *self.place,
        )

    def _what(self, play: Play) -> tuple[str, ...]:
        if play.track != NO_TRACK:
            return self.song(play.track)
        episode = play.episode
        if episode is None:
            return (_NULL,) * 7
        uri = _text(f"spotify:episode:{episode.id}")
        return (_NULL, _NULL, _NULL, _NULL, _text(episode.name), _text(episode.show), uri)

    def _song(self, track_no: int) -> tuple[str, ...]:
        track = self.catalogue.tracks[track_no]
        return (
            _text(track.name),
            _text(self.catalogue.artists[track.artists[0]].name),
            _text(self.catalogue.albums[track.album].name),
            _text(f"spotify:track:{track.id}"),
            _NULL,
            _NULL,
            _NULL,
        )

    def _address(self, dice: int) -> str:
        """An address out of the ranges that are reserved for documentation."""
        if dice % 9 == 0:
            return f'"2001:db8:{self.house:x}::{dice:x}"'
        return f'"203.0.113.{self.house}"' if dice % 4 else f'"198.51.100.{dice % 250 + 1}"'


def _device_start(play: Play, *, is_modern: bool) -> str:
    """`offline_timestamp`: nothing or a mark at first, then milliseconds, today seconds."""
    if is_modern:
        return str(play.started_ms // 1000)
    if play.ended_ms >= _START_KNOWN_FROM_MS:
        return str(play.started_ms)
    return "1" if play.is_offline else "0"


def _years(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _year(ms: int) -> int:
    return datetime.fromtimestamp(ms / 1000, UTC).year


@lru_cache(maxsize=256)
def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _flag(value: bool) -> str:
    return _TRUE if value else _FALSE
