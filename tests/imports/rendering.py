"""True histories as the files in which each source would tell of them, and as the API lists them.

Knows how a record of `truth` looks in a real file; hides the names of tracks. The product reads the
files by itself, so what it stores is held against the truth through the whole way.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from music_time_machine import traits
from music_time_machine.moments import from_millis
from music_time_machine.plays import Kind, Play, TrackNames
from music_time_machine.traits import REASONS, Trait
from tests.formats.other_samples import (
    account_row,
    headed_csv,
    headless_csv,
    json_lines,
    listen,
    maloja_json,
    maloja_scrobble,
)
from tests.formats.samples import NEWEST, Generation, Json, extended_json, extended_row
from tests.imports.archives import Content, File
from tests.recognition.truth import Heard, Record, View, history, runs, views

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Life:
    """Several true histories of one person, and what each view tells of them."""

    plays: Sequence[Heard]
    told: Mapping[View, Sequence[Record]]

    @property
    def files(self) -> dict[View, File]:
        """A real file of each view that has files: all but what the API lists."""
        return {
            view: (f"{view.value}.{ending}", render(self, records))
            for view, records in self.told.items()
            if view is not View.RECENT
            for ending, render in [_RENDER[view]]
        }

    @property
    def listed(self) -> list[Play]:
        """What the API lists."""
        return [_listed(self, record) for record in self.told.get(View.RECENT, ())]


def life(seeds: Iterable[int], kinds: Sequence[View]) -> Life:
    """A life of one history a seed, each of recordings of its own so that they never meet."""
    plays: list[Heard] = []
    told: dict[View, list[Record]] = {kind: [] for kind in kinds}
    for nth, seed in enumerate(seeds):
        random = Random(seed)
        heard = history(random)
        for kind, records in views(heard, kinds, random).items():
            told[kind] += [
                replace(
                    record,
                    play=record.play + len(plays),
                    recording=record.recording + 10 * nth,
                    track=record.track + 100 * nth,
                )
                for record in records
            ]
        plays += [
            replace(play, number=play.number + len(plays), recording=play.recording + 10 * nth)
            for play in heard
        ]
    return Life(plays, told)


@dataclass(frozen=True, slots=True)
class Found:
    """True plays that any source told, and how many are twice in the archive, or missing."""

    plays: int
    doubled: int
    lost: int


def found(true: Life, archive: Content) -> Found:
    """The archive held against the truth, run by run: within one, plays look alike."""
    run_of = {play.number: place for place, run in enumerate(runs(true.plays)) for play in run}
    records = [record for some in true.told.values() for record in some]
    told = Counter(run_of[number] for number in {record.play for record in records})
    run_at = {
        (int(record.source), record.stamp, _names(record).key): run_of[record.play]
        for record in records
    }
    counted = Counter(run_at[one.source, one.stamp, one.track] for one in archive.listens)
    return Found(told.total(), (counted - told).total(), (told - counted).total())


def _title(record: Record) -> str:
    """A second edition says so in its title, as remasters do."""
    name = f"Song {_LETTERS[record.recording % 26]}{record.recording}"
    return f"{name} - Remastered 2011" if record.track % 10 == 2 else name


def _artist(record: Record) -> str:
    return f"The Choir of {record.recording % 7}"


def _id(record: Record) -> str | None:
    return f"{record.track:022d}" if record.has_id else None


def _names(record: Record) -> TrackNames:
    return TrackNames(Kind.TRACK, _title(record), _artist(record), spotify_id=_id(record))


def _listed(true: Life, record: Record) -> Play:
    return Play(
        record.source,
        from_millis(record.stamp),
        None,
        Kind.TRACK,
        _title(record),
        _artist(record),
        spotify_id=_id(record),
        duration_ms=record.ms,
    )


def _extended(generation: Generation) -> Callable[[Life, Sequence[Record]], bytes]:
    def render(true: Life, records: Sequence[Record]) -> bytes:
        return extended_json([_extended_row(true, record) for record in records], generation)

    return render


def _extended_row(true: Life, record: Record) -> Json:
    reason = traits.value(record.traits, Trait.REASON_END)
    is_offline = traits.flag(record.traits, Trait.OFFLINE)
    return extended_row(
        f"{_moment(record):%Y-%m-%dT%H:%M:%SZ}",
        ms_played=record.ms,
        track=_title(record),
        artist=_artist(record),
        album=None,
        uri=f"spotify:track:{_id(record)}" if record.has_id else None,
        platform=None,
        conn_country=traits.country(record.traits),
        reason_start=None,
        reason_end=REASONS[reason - 1] if reason else None,
        shuffle=None,
        skipped=None,
        offline=is_offline,
        incognito_mode=None,
        offline_timestamp=true.plays[record.play].start if is_offline else None,
    )


def _account(_: Life, records: Sequence[Record]) -> bytes:
    rows = [
        account_row(
            f"{_moment(record):%Y-%m-%d %H:%M}",
            artistName=_artist(record),
            trackName=_title(record),
            msPlayed=record.ms,
        )
        for record in records
    ]
    return extended_json(rows)


def _listenbrainz(_: Life, records: Sequence[Record]) -> bytes:
    return json_lines(_listen(record) for record in records)


def _listen(record: Record) -> Json:
    is_assumed = traits.value(record.traits, Trait.ASSUMED) == 1
    told = listen(
        record.stamp // 1_000,
        spotify_id=None,
        isrc=None,
        duration_ms=record.ms if is_assumed and record.ms else None,
        ms_played=None if is_assumed else record.ms,
    )
    metadata = told["track_metadata"]
    assert isinstance(metadata, dict)
    metadata |= {"artist_name": _artist(record), "track_name": _title(record)}
    return told


def _maloja(_: Life, records: Sequence[Record]) -> bytes:
    return maloja_json([_scrobble(record) for record in records])


def _scrobble(record: Record) -> Json:
    """Its lengths are whole seconds."""
    is_assumed = traits.value(record.traits, Trait.ASSUMED) == 1
    seconds = record.ms // 1_000
    told = maloja_scrobble(
        record.stamp // 1_000,
        artists=[_artist(record)],
        title=_title(record),
        album=None,
        length=seconds if is_assumed and seconds else None,
    )
    return told | {"duration": None if is_assumed else seconds}


def _lastfm(_: Life, records: Sequence[Record]) -> bytes:
    return headed_csv(
        (str(record.stamp // 1_000), "", _artist(record), "", "", "", _title(record), "")
        for record in records
    )


def _lastfm_minutes(_: Life, records: Sequence[Record]) -> bytes:
    return headless_csv(
        (_artist(record), "", _title(record), f"{_moment(record):%d %b %Y %H:%M}")
        for record in records
    )


def _moment(record: Record) -> datetime:
    return from_millis(record.stamp).astimezone(UTC)


_RENDER: Mapping[View, tuple[str, Callable[[Life, Sequence[Record]], bytes]]] = {
    View.EXTENDED: ("json", _extended(NEWEST)),
    View.EXTENDED_LATER: ("json", _extended(NEWEST)),
    View.EXTENDED_2020: ("json", _extended(Generation.ENDSONG_2020)),
    View.ACCOUNT: ("json", _account),
    View.LISTENBRAINZ: ("jsonl", _listenbrainz),
    View.MALOJA: ("json", _maloja),
    View.LASTFM: ("csv", _lastfm),
    View.LASTFM_MINUTES: ("csv", _lastfm_minutes),
}
