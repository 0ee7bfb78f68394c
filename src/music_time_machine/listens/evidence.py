"""What is stored of an account's plays in a stretch of time, and how it changes.

Knows the two tables: `listens` holds each play once, `echoes` what else was told of it. A change is
counted out on all evidence of the stretch, as if told at once, and only the difference is written.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, and_, func, select, type_coerce
from sqlalchemy.orm import Session

from .. import db
from ..db import delete_keys, insert_new, table_of, whole_numbers
from ..models import Account, Echo, Listen, Track
from ..moments import from_millis
from ..plays import key_number
from ..recognition import WIDEST_MS, Evidence, affected, recognise
from .catalogue import IDS_A_QUERY, slices

FOREVER_MS = 200 * 366 * 86_400_000
LATEST_MS = FOREVER_MS // 2
LISTEN_KEY = ("account_id", "played_at", "track_id", "ms_played", "nth", "source")
LISTEN_COLUMNS = (*LISTEN_KEY, "import_id", "traits")
ECHO_KEY = (*LISTEN_KEY, "traits")
ECHO_COLUMNS = (
    *ECHO_KEY,
    "import_id",
    "of_played_at",
    "of_track_id",
    "of_ms_played",
    "of_nth",
    "of_source",
)


class Key(NamedTuple):
    """One thing told of a play. `stamp` is in ms since 1970."""

    stamp: int
    track: int
    ms: int
    nth: int
    source: int
    traits: int


class Place(NamedTuple):
    """Where a record is: who brought it (None: the API), and which listen it echoes, if any."""

    import_id: int | None
    of: Key | None


Records = dict[Key, Place]
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a change of the evidence comes to: plays added and gone, and what it did to listens.

    An added play is told of by new records alone. `rewrites`: a listen that was there went.
    """

    added: int
    gone: int
    touched: bool
    rewrites: bool


class Told(NamedTuple):
    """What recognition asks of a track. `number` is `plays.key_number`."""

    recording: int
    has_id: bool
    number: int


Tracks = Mapping[int, Told]
LookUp = Callable[[Iterable[int]], Tracks]
"""From track ids to what is told of them."""


def read(session: Session, account: Account, low: int, high: int) -> Records:
    """All that is stored of the plays stamped from `low` to `high`, in ms since 1970."""
    first, last = (from_millis(min(max(ms, 0), LATEST_MS)) for ms in (low, high))
    return _read(
        session,
        and_(Listen.account_id == account.id, Listen.played_at.between(first, last)),
        and_(Echo.account_id == account.id, Echo.played_at.between(first, last)),
    )


def _read(
    session: Session, of_listens: ColumnElement[bool], of_echoes: ColumnElement[bool]
) -> Records:
    found: Records = {}
    listens: dict[tuple[int, ...], Key] = {}
    for batch in whole_numbers(session, select(*_told(Listen)).where(of_listens)):
        for row in batch:
            key = Key._make(row[:6])
            listens[row[:5]] = key
            found[key] = Place(row[6] or None, None)
    of = (
        type_coerce(Echo.of_played_at, BigInteger),
        Echo.of_track_id,
        Echo.of_ms_played,
        Echo.of_nth,
        Echo.of_source,
    )
    for batch in whole_numbers(session, select(*_told(Echo), *of).where(of_echoes)):
        for row in batch:
            # The listen's traits are no part of its key; -1 where it lies outside this stretch.
            listen = listens.get(row[7:]) or Key._make((*row[7:], -1))
            found[Key._make(row[:6])] = Place(row[6] or None, listen)
    return found


def _told(table: type[Listen] | type[Echo]) -> tuple[ColumnElement[int], ...]:
    """The columns of a `Key`, and the import or 0."""
    return (*key_of(table), func.coalesce(table.import_id, 0))


def key_of(table: type[Listen] | type[Echo]) -> tuple[ColumnElement[int], ...]:
    """The columns of a record's `Key`, all as whole numbers."""
    return (
        type_coerce(table.played_at, BigInteger),
        table.track_id.expression,
        table.ms_played.expression,
        table.nth.expression,
        table.source.expression,
        table.traits.expression,
    )


def catalogue_of(session: Session) -> LookUp:
    """Looks tracks up in the catalogue."""

    def look_up(track_ids: Iterable[int]) -> Tracks:
        names = ("id", "recording", "spotify_id", "key")
        told = db.look_up(session, table_of(Track), names, "id", set(track_ids))
        return {
            track_id: Told(recording, spotify_id is not None, key_number(key))
            for track_id, recording, spotify_id, key in told
        }

    return look_up


@dataclass(frozen=True, slots=True)
class Outcome:
    """How all records of a stretch come out: `stands` has for each key the place of its richest.

    `records` are those stored before, `added` the new ones, `gone` those that go.
    """

    records: Records
    added: Mapping[Key, int | None]
    gone: Sequence[Key]
    keys: Sequence[Key]
    stands: Sequence[int]
    plays_before: int

    @property
    def added_plays(self) -> set[Key]:
        """The plays of which every record is a new one, each by the richest of its records."""
        pairs = list(zip(self.keys, self.stands, strict=True))
        old = {stands for key, stands in pairs if key not in self.added}
        return {self.keys[stands] for _, stands in pairs if stands not in old}

    def write(self, session: Session, account: Account) -> Change:
        """Write the difference between what is stored and how it comes out now."""
        gone_listens = [key for key in self.gone if self.records[key].of is None]
        gone_echoes = [key for key in self.gone if self.records[key].of is not None]
        listens: list[_Row] = []
        echoes: list[_Row] = []
        for key, stands in zip(self.keys, self.stands, strict=True):
            before = self.records.get(key)
            of = None if self.keys[stands] == key else self.keys[stands]
            if before is not None and _same_listen(before.of, of):
                continue
            if before is not None:
                (gone_listens if before.of is None else gone_echoes).append(key)
            import_id = self.added[key] if before is None else before.import_id
            if of is None:
                listens.append((account.id, *key[:5], import_id, key.traits))
            else:
                echoes.append((account.id, *key, import_id, *of[:5]))
        gone: list[_Row] = [(account.id, *key[:5]) for key in gone_listens]
        delete_keys(session, table_of(Listen), LISTEN_KEY, gone)
        gone = [(account.id, *key) for key in gone_echoes]
        delete_keys(session, table_of(Echo), ECHO_KEY, gone)
        insert_new(session, table_of(Listen), LISTEN_COLUMNS, listens)
        insert_new(session, table_of(Echo), ECHO_COLUMNS, echoes)
        return Change(
            added=len(self.added_plays),
            gone=max(0, self.plays_before - len(set(self.stands))),
            touched=bool(gone_listens or listens),
            rewrites=bool(gone_listens),
        )


def outcome(
    session: Session,
    account: Account,
    added: Mapping[Key, int | None],
    removed: Collection[Key],
    sources: int,
    look_up: LookUp,
) -> Outcome:
    """How the plays around come out when these records are added and those removed.

    `added` maps each record to its import. `sources` has a bit for each source the account has.
    Looks as wide around as it takes for nothing outside to matter; writes nothing.
    """
    changing = [*added, *removed]
    low, high = min(changing).stamp, max(changing).stamp
    is_single = sources & (sources - 1) == 0
    reach = 0 if is_single else 2 * WIDEST_MS
    while True:
        records = read(session, account, low - reach, high + reach)
        keys = list(dict.fromkeys((*records, *added)))
        evidence = evidence_of(keys, look_up)
        core = np.fromiter((k in added or k in removed for k in keys), np.bool_, len(keys))
        # Within a single source only what is stamped alike can be one play.
        touched = (
            np.isin(evidence.stamp, evidence.stamp[core])
            if is_single
            else affected(evidence, core, low - reach, high + reach)
        )
        if touched is not None:
            break
        if reach > FOREVER_MS:
            raise AssertionError("all of time is not wide enough")
        reach *= 8
    stay = touched & np.fromiter((key not in removed for key in keys), np.bool_, len(keys))
    return Outcome(
        records=records,
        added=added,
        gone=[key for key in keys if key in removed],
        keys=[key for key, stays in zip(keys, stay.tolist(), strict=True) if stays],
        stands=recognise(evidence.only(stay)).tolist(),
        plays_before=_plays(records, keys, touched.tolist()),
    )


def outcome_alone(added: Mapping[Key, int | None], look_up: LookUp) -> Outcome:
    """How records come out that nothing stored can be the same as."""
    keys = list(added)
    return Outcome({}, added, [], keys, recognise(evidence_of(keys, look_up)).tolist(), 0)


def outcome_of_tracks(session: Session, account: Account, track_ids: Iterable[int]) -> Outcome:
    """How the plays of these tracks come out anew; all ids of a recording must be among them."""
    records: Records = {}
    for some in slices(sorted(set(track_ids)), IDS_A_QUERY):
        records |= _read(
            session,
            and_(Listen.account_id == account.id, Listen.track_id.in_(some)),
            and_(Echo.account_id == account.id, Echo.track_id.in_(some)),
        )
    keys = list(records)
    stands = recognise(evidence_of(keys, catalogue_of(session)))
    plays_before = _plays(records, keys, [True] * len(keys))
    return Outcome(records, {}, [], keys, stands.tolist(), plays_before)


def _plays(records: Records, keys: Sequence[Key], which: Sequence[bool]) -> int:
    """How many of these records are listens now."""
    return sum(
        chosen and key in records and records[key].of is None
        for key, chosen in zip(keys, which, strict=True)
    )


def evidence_of(keys: list[Key], look_up: LookUp) -> Evidence:
    """The records as `recognition` takes them."""
    columns = np.array(keys, np.int64).reshape(-1, len(Key._fields)).T
    tracks = look_up({key.track for key in keys})
    told = [tracks[key.track] for key in keys]
    return Evidence(
        stamp=columns[0],
        # Not our own id, which depends on what came first: ties must always end alike.
        track=np.array([track.number for track in told], np.int64),
        ms=columns[2],
        nth=columns[3],
        source=columns[4],
        traits=columns[5],
        recording=np.array([track.recording for track in told], np.int64),
        has_id=np.array([track.has_id for track in told], np.bool_),
    )


def _same_listen(one: Key | None, other: Key | None) -> bool:
    """Whether both are no echo, or echoes of the same listen."""
    return (one and one[:5]) == (other and other[:5])
