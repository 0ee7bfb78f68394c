"""Listening histories as Spotify writes them: small, invented, in every generation of keys."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from enum import Enum

Json = dict[str, object]

PRIVATE = {
    "username": "canary-user-4711",
    "ip_addr_decrypted": "203.0.113.77",
    "ip_addr": "2001:db8::77",
    "user_agent_decrypted": "CanaryAgent/9.9",
    "city": "Canaryville",
    "region": "CanaryRegion",
    "metro_code": "canary-metro",
    "longitude": "7.7777777",
    "latitude": "47.7777777",
}
TRACK_URI = "spotify:track:2tRaCkPaPeRLaNTeRnS001"
TRACK_ID = "2tRaCkPaPeRLaNTeRnS001"
EPISODE_URI = "spotify:episode:5ePiSoDeTiDeTaBLeS0001"
CHAPTER_URI = "spotify:episode:6cHaPTeRoNeoFTheSeA001"

_URIS = ("spotify_track_uri", "spotify_episode_uri")
_BEGINNING = ("ts", "username", "platform", "ms_played", "conn_country", "ip_addr_decrypted")
_TRACK = (
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
)
_EPISODE = ("episode_name", "episode_show_name")
_AUDIOBOOK = (
    "audiobook_title",
    "audiobook_uri",
    "audiobook_chapter_uri",
    "audiobook_chapter_title",
)
_ENDING = (
    "reason_start",
    "reason_end",
    "shuffle",
    "skipped",
    "offline",
    "offline_timestamp",
    "incognito_mode",
)
_PLACES = ("city", "region", "metro_code", "longitude", "latitude")
_NO_USER = ("ts", "platform", "ms_played", "conn_country", "ip_addr")


class Generation(Enum):
    """A generation of the export: its keys in their order, its folder, how its JSON is spaced."""

    ENDSONG_2020 = (
        (*_BEGINNING, "user_agent_decrypted", *_TRACK, *_EPISODE, *_ENDING, *_PLACES),
        "MyData",
        None,
    )
    WITH_URIS_2021 = (
        (
            *_BEGINNING,
            "user_agent_decrypted",
            *_TRACK,
            "spotify_track_uri",
            *_EPISODE,
            "spotify_episode_uri",
            *_ENDING,
        ),
        "MyData",
        None,
    )
    WITHOUT_USER_2024 = (
        (*_NO_USER, *_TRACK, "spotify_track_uri", *_EPISODE, "spotify_episode_uri", *_ENDING),
        "Spotify Extended Streaming History",
        2,
    )
    WITH_AUDIOBOOKS_2025 = (
        (
            *_NO_USER,
            *_TRACK,
            "spotify_track_uri",
            *_EPISODE,
            "spotify_episode_uri",
            *_AUDIOBOOK,
            *_ENDING,
        ),
        "Spotify Extended Streaming History",
        2,
    )

    @property
    def keys(self) -> tuple[str, ...]:
        return self.value[0]

    @property
    def folder(self) -> str:
        return self.value[1]

    @property
    def indent(self) -> int | None:
        return self.value[2]


NEWEST = Generation.WITH_AUDIOBOOKS_2025


def extended_row(
    ts: str = "2024-03-05T18:04:09Z",
    *,
    ms_played: int = 187_000,
    track: str | None = "Paper Lanterns",
    artist: str | None = "The Hollow Orchard",
    album: str | None = "North Window",
    uri: str | None = TRACK_URI,
    **changes: object,
) -> Json:
    """A row of music with the keys of every generation; `changes` are by Spotify's own keys."""
    row: Json = {
        "ts": ts,
        "platform": "Android OS 11 API 30 (Invented, Phone 3)",
        "ms_played": ms_played,
        "conn_country": "DE",
        "master_metadata_track_name": track,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": album,
        "spotify_track_uri": uri,
        **dict.fromkeys((*_EPISODE, "spotify_episode_uri", *_AUDIOBOOK)),
        "reason_start": "trackdone",
        "reason_end": "fwdbtn",
        "shuffle": True,
        "skipped": False,
        "offline": False,
        "offline_timestamp": 1_709_661_662,
        "incognito_mode": False,
        **PRIVATE,
    }
    return row | changes


def nameless_row(ts: str = "2024-03-05T18:04:09Z", **changes: object) -> Json:
    """A row that names nothing, as removed titles leave it."""
    return extended_row(ts, track=None, artist=None, album=None, uri=None, **changes)


def episode_row(ts: str = "2024-03-05T19:30:00Z", **changes: object) -> Json:
    """A row of an episode of a podcast."""
    return nameless_row(ts) | {
        "episode_name": "An hour about tide tables",
        "episode_show_name": "Harbour Talk",
        "spotify_episode_uri": EPISODE_URI,
        **changes,
    }


def chapter_row(ts: str = "2025-03-05T20:30:00Z", **changes: object) -> Json:
    """A row of a chapter of an audiobook."""
    return nameless_row(ts) | {
        "audiobook_title": "The Salt Almanac",
        "audiobook_uri": "spotify:show:7bOoKTheSaLTaLMaNaC001",
        "audiobook_chapter_uri": CHAPTER_URI,
        "audiobook_chapter_title": "Chapter 1: The Sea",
        **changes,
    }


def in_generation(row: object, generation: Generation) -> object:
    """The row with the keys, and the order of keys, of a generation; what is no row stays."""
    if not isinstance(row, dict):
        return row
    known = {key for each in Generation for key in each.keys}
    own = {key: value for key, value in row.items() if key not in known}
    return {key: row[key] for key in generation.keys if key in row} | own


def extended_json(rows: Iterable[object], generation: Generation = NEWEST) -> bytes:
    """A file of rows, spaced as the generation's files are."""
    shaped = [in_generation(row, generation) for row in rows]
    separators = (",", ":") if generation.indent is None else None
    return json.dumps(
        shaped, indent=generation.indent, separators=separators, ensure_ascii=False
    ).encode("utf-8", "surrogatepass")


def extended_zip(
    rows_by_file: Mapping[str, Iterable[object]],
    generation: Generation = NEWEST,
    others: Mapping[str, bytes] | None = None,
) -> bytes:
    """A zip as Spotify sends it: streamed, a PDF beside the files, the folder last, with bytes.

    `others` are files as they are, by their path.
    """
    buffer = _Streamed()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in rows_by_file.items():
            archive.writestr(f"{generation.folder}/{name}", extended_json(rows, generation))
        archive.writestr(
            f"{generation.folder}/ReadMeFirst_ExtendedStreamingHistory.pdf", b"%PDF-1.4\n%%EOF\n"
        )
        for path, content in (others or {}).items():
            archive.writestr(path, content)
        archive.writestr(zipfile.ZipInfo(f"{generation.folder}/"), b"placeholder")
    return buffer.getvalue()


class _Streamed(io.BytesIO):
    """What cannot be sought: sizes then come after each file, as in Spotify's zips."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation
