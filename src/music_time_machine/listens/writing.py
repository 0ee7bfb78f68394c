"""Writing plays: a batch at a time, each within its caller's transaction, none of them twice.

Knows the archive's lock, its version, and the short way for what nobody else told of; everything
else goes the long way through `evidence`. What an import brings can be foretold and taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from ..db import change_keys, insert_new, look_up, table_of
from ..models import Account, Archive, Echo, Join, Listen, Track
from ..moments import from_millis, to_millis
from ..plays import Play
from ..recognition import EXPORTS, WIDEST_MS
from ..traits import pack
from . import evidence
from .catalogue import TrackIds
from .evidence import LISTEN_COLUMNS, Key, LookUp, catalogue_of

CLAIM = np.dtype(
    [
        ("stamp", "<i8"),
        ("track", "<i4"),
        ("ms", "<i4"),
        ("nth", "<i2"),
        ("source", "<i2"),
        ("traits", "<i8"),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Plays column by column, in order of time; `stamp` in ms since 1970.

    `track` are our ids. `nth` counts the true repeats that share all else.
    """

    stamp: NDArray[np.int64]
    track: NDArray[np.int64]
    ms: NDArray[np.int64]
    nth: NDArray[np.int64]
    source: NDArray[np.int64]
    traits: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.stamp)

    def keys(self, which: NDArray[np.intp] | slice = slice(None)) -> list[Key]:
        """The plays, or some of them, as records."""
        columns = (self.stamp, self.track, self.ms, self.nth, self.source, self.traits)
        return list(map(Key, *(column[which].tolist() for column in columns)))

    @property
    def sources(self) -> int:
        """A bit for each source."""
        return int(np.bitwise_or.reduce(1 << np.unique(self.source), initial=0))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: every row is either `added` or `known`.

    `claims` are the packed keys of those known plays that another import brought.
    """

    added: int
    known: int
    claims: bytes = b""


def record(
    session: Session,
    account: Account,
    plays: Sequence[Play],
    ids: TrackIds,
    now: datetime,
    import_id: int | None = None,
) -> Recorded:
    """Store the plays that are not there yet, within the caller's transaction."""
    if not plays:
        return Recorded(0, 0)
    plays = sorted(plays, key=lambda play: play.played_at)
    track_ids = ids.resolve(session, [play.names for play in plays])
    columns = (
        [to_millis(play.played_at) for play in plays],
        track_ids,
        _lengths(session, plays, track_ids),
        [0] * len(plays),
        [int(play.source) for play in plays],
        [pack(play) for play in plays],
    )
    batch = Batch(*(np.array(column, np.int64) for column in columns))
    return record_batch(session, account, batch, now, import_id)


def record_batch(
    session: Session,
    account: Account,
    batch: Batch,
    now: datetime,
    import_id: int | None = None,
) -> Recorded:
    """Store the plays that are not there yet, within the caller's transaction."""
    if len(batch) == 0:
        return Recorded(0, 0)
    archive = _lock_archive(session, account, now)
    sources = archive.sources | batch.sources
    is_newer = _is_newer(session, account, int(batch.stamp[0]))
    tracks = catalogue_of(session)
    way = _set_apart(session, account, batch, sources, tracks)
    _insert(session, account, batch, way.plain, import_id)
    added, claims, touched = len(way.plain), b"", len(way.plain) > 0
    if len(way.rest):
        keys = batch.keys(way.rest)
        told = _told_anew(session, account, keys, import_id, sources, way, tracks)
        if import_id is None:
            _hand_over(session, account, told.claimed, None)
        else:
            claims = np.array(list(told.claimed), CLAIM).tobytes()
        if told.outcome is not None:
            change = told.outcome.write(session, account)
            added += change.added
            touched = touched or change.touched
            is_newer = is_newer and not change.rewrites
    if touched:
        _raise_version(session, account, archive, now, rewritten=not is_newer)
    if sources != archive.sources:
        of_account = Archive.account_id == account.id
        session.execute(update(Archive).where(of_account).values(sources=sources))
    return Recorded(added, len(batch) - added, claims)


def forecast(
    session: Session,
    account: Account,
    batch: Batch,
    tracks: LookUp,
    around: Batch | None = None,
) -> int:
    """How many plays this batch would add; nothing is written.

    `tracks` must know the batch's tracks, which need not be in the catalogue. Where an import
    brings several sources, `around` are its plays for WIDEST_MS before and after and the batch
    among them: a play that several of them tell of is counted where the richest record is.
    """
    statement = select(Archive.sources).where(Archive.account_id == account.id)
    sources = (session.scalar(statement) or 0) | (around or batch).sources
    if around is None:
        way = _set_apart(session, account, batch, sources, tracks)
    else:
        everything = np.arange(len(around))
        way = _Ways(everything[:0], everything, is_alone=False)
    if not len(way.rest):
        return len(way.plain)
    keys = (around or batch).keys(way.rest)
    found = _told_anew(session, account, keys, None, sources, way, tracks).outcome
    if found is None:
        return len(way.plain)
    counted = found.added_plays & set(batch.keys()) if around else found.added_plays
    return len(way.plain) + len(counted)


def take_back(
    session: Session,
    account: Account,
    import_id: int,
    stretch: tuple[datetime, datetime],
    claims: Mapping[int, bytes],
    now: datetime,
) -> int:
    """Remove what an import brought in a stretch of time; how many plays are gone with it.

    `claims` are the packed keys of plays that other imports had found known: those pass to one of
    them. What else was told of a play that goes takes its place. Doing it again removes nothing.
    """
    archive = _lock_archive(session, account, now)
    low, high = (to_millis(moment) for moment in stretch)
    records = evidence.read(session, account, low, high)
    mine = [key for key, place in records.items() if place.import_id == import_id]
    if not mine:
        return 0
    heirs = _heirs(mine, claims)
    for heir in sorted(set(heirs.values())):
        _hand_over(session, account, [key for key in mine if heirs.get(key) == heir], heir)
    removed = {key for key in mine if key not in heirs}
    if not removed:
        return 0
    found = evidence.outcome(session, account, {}, removed, archive.sources, catalogue_of(session))
    change = found.write(session, account)
    if change.touched:
        _raise_version(session, account, archive, now, rewritten=True)
    return change.gone


def take_in_joins(session: Session, account: Account, now: datetime) -> None:
    """Look again at plays of recordings that turned out to be one since the last write."""
    _lock_archive(session, account, now)


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Plays of a batch that nothing else can be the same as, to be simply stored; and the rest.

    `is_alone`: nothing that is stored can be the same as any of them.
    """

    plain: NDArray[np.intp]
    rest: NDArray[np.intp]
    is_alone: bool


def _set_apart(
    session: Session, account: Account, batch: Batch, sources: int, tracks: LookUp
) -> _Ways:
    everything = np.arange(len(batch))
    low, high = int(batch.stamp[0]), int(batch.stamp[-1])
    own = batch.sources
    if (
        own & (own - 1)
        or _has_plays(session, account, low, high)
        or (
            sources != own
            and _has_plays(
                session, account, low - WIDEST_MS, high + WIDEST_MS, own.bit_length() - 1
            )
        )
    ):
        return _Ways(everything[:0], everything, is_alone=False)
    doubtful = _doubtful(batch, tracks)
    return _Ways(everything[~doubtful], everything[doubtful], is_alone=True)


def _doubtful(batch: Batch, tracks: LookUp) -> NDArray[np.bool_]:
    """Which plays share stamp and recording with another of the batch; in exports length too."""
    doubtful = np.zeros(len(batch), np.bool_)
    # Elsewhere a length is the track's own, if any: two ids of a recording may tell two of them.
    length = np.where(np.isin(batch.source, EXPORTS), batch.ms, 0)
    order = np.lexsort((length, batch.stamp))
    same = (np.diff(batch.stamp[order]) == 0) & (np.diff(length[order]) == 0)
    if not same.any():
        return doubtful
    pairs = np.concatenate((np.flatnonzero(same), np.flatnonzero(same) + 1))
    near = np.unique(order[pairs])
    known = tracks(batch.track[near].tolist())
    seen: dict[tuple[int, int, int], int] = {}
    for place in near.tolist():
        recording = known[int(batch.track[place])].recording
        group = (int(batch.stamp[place]), int(length[place]), recording)
        if group in seen:
            doubtful[[seen[group], place]] = True
        seen[group] = place
    return doubtful


def _has_plays(
    session: Session, account: Account, low: int, high: int, other_than: int = 0
) -> bool:
    first, last = from_millis(max(low, 0)), from_millis(max(high, 0))
    return any(
        session.scalar(
            select(
                exists().where(
                    table.account_id == account.id,
                    table.played_at.between(first, last),
                    table.source != other_than,
                )
            )
        )
        for table in (Listen, Echo)
    )


def _insert(
    session: Session,
    account: Account,
    batch: Batch,
    plain: NDArray[np.intp],
    import_id: int | None,
) -> None:
    columns = (batch.stamp, batch.track, batch.ms, batch.nth, batch.source)
    which = slice(None) if len(plain) == len(batch) else plain
    rows = zip(
        repeat(account.id, len(plain)),
        *(column[which].tolist() for column in columns),
        repeat(import_id),
        batch.traits[which].tolist(),
        strict=False,
    )
    insert_new(session, table_of(Listen), LISTEN_COLUMNS, list(rows))


@dataclass(frozen=True, slots=True)
class _Told:
    """How records come out, None when all are stored already; `claims` as in `Recorded`."""

    outcome: evidence.Outcome | None
    claimed: Sequence[Key]


def _told_anew(
    session: Session,
    account: Account,
    keys: Sequence[Key],
    import_id: int | None,
    sources: int,
    way: _Ways,
    tracks: LookUp,
) -> _Told:
    """Look at records the long way: what is stored of them, and how the others come out."""
    if way.is_alone:
        return _Told(evidence.outcome_alone(dict.fromkeys(keys, import_id), tracks), ())
    stored = evidence.read(session, account, keys[0].stamp, keys[-1].stamp)
    claimed = sorted(
        {key for key in keys if key in stored and stored[key].import_id not in (None, import_id)}
    )
    new = {key: import_id for key in keys if key not in stored}
    if not new:
        return _Told(None, claimed)
    return _Told(evidence.outcome(session, account, new, (), sources, tracks), claimed)


def _heirs(mine: Sequence[Key], claims: Mapping[int, bytes]) -> dict[Key, int]:
    """For those keys that other imports claim, the oldest of these imports."""
    low, high = min(mine).stamp, max(mine).stamp
    heirs: dict[Key, int] = {}
    for heir, packed in sorted(claims.items(), reverse=True):
        rows = np.frombuffer(packed, CLAIM)
        near = rows[(rows["stamp"] >= low) & (rows["stamp"] <= high)]
        claimed = set(near.tolist())
        heirs |= {key: heir for key in mine if tuple(key) in claimed}
    return heirs


def _hand_over(session: Session, account: Account, keys: Sequence[Key], heir: int | None) -> None:
    """Let another import be the one that brought these records; None for the API."""
    rows = [(account.id, *key) for key in keys]
    for table in (table_of(Listen), table_of(Echo)):
        change_keys(session, table, "import_id", heir, evidence.ECHO_KEY, rows)


def _lengths(session: Session, plays: Sequence[Play], track_ids: Sequence[int]) -> list[int]:
    """The ms of each play; where the source does not tell, the track's own length, or 0."""
    asking = {
        track_id
        for play, track_id in zip(plays, track_ids, strict=True)
        if play.ms_played is None and play.duration_ms is None
    }
    told = look_up(session, table_of(Track), ("id", "duration_ms"), "id", asking)
    known = {track_id: ms or 0 for track_id, ms in told}
    return [
        play.ms_played
        if play.ms_played is not None
        else play.duration_ms
        if play.duration_ms is not None
        else known[track_id]
        for play, track_id in zip(plays, track_ids, strict=True)
    ]


class _Archive(NamedTuple):
    version: int
    sources: int


def _lock_archive(session: Session, account: Account, now: datetime) -> _Archive:
    """The archive's row, locked: one writer an account at a time. Takes in joins that are new."""
    names = ("account_id", "version", "rewritten", "sources", "joins")
    newest = session.scalar(select(func.max(Join.id))) or 0
    insert_new(session, table_of(Archive), names, [(account.id, 0, 0, 0, newest)])
    statement = select(Archive.version, Archive.sources, Archive.joins).where(
        Archive.account_id == account.id
    )
    version, sources, joins = session.execute(statement.with_for_update()).one()
    archive = _Archive(version, sources)
    if newest <= joins:
        return archive
    recordings = set(session.scalars(select(Join.recording).where(Join.id > joins)))
    told = look_up(session, table_of(Track), ("id",), "recording", sorted(recordings))
    evidence.outcome_of_tracks(session, account, [track_id for (track_id,) in told]).write(
        session, account
    )
    # Columns know recordings by number, so they are made anew even where no play has changed.
    _raise_version(session, account, archive, now, rewritten=True)
    session.execute(update(Archive).where(Archive.account_id == account.id).values(joins=newest))
    return _Archive(session.execute(statement).one()[0], sources)


def _raise_version(
    session: Session, account: Account, archive: _Archive, now: datetime, *, rewritten: bool
) -> None:
    new = max(archive.version + 1, to_millis(now))
    values = {"version": new, "rewritten": new} if rewritten else {"version": new}
    session.execute(update(Archive).where(Archive.account_id == account.id).values(**values))


def _is_newer(session: Session, account: Account, first: int) -> bool:
    newest = session.scalar(
        select(func.max(Listen.played_at)).where(Listen.account_id == account.id)
    )
    return newest is None or from_millis(first) > newest
