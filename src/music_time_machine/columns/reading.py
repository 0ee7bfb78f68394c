"""From the tables to arrays: all of an account's listens, or those since an earlier build.

One road for both, so that a build that was extended equals one made anew: what came since is added
to the plays before it, and a new build adds everything to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import Session

from ..db import whole_numbers
from ..models import Account, Listen, Track
from ..moments import from_millis
from ..plays import EARLIEST, Kind
from ..traits import Trait
from .arrays import LAST_SECOND, SOURCE_SHIFT, TRAITS_SHIFT, Columns, Listens, first_values
from .zones import local_time

LONGEST_MS = 2**32 - 1
IDS_A_QUERY = 5_000
ASSUMED = np.uint32(1 << (Trait.ASSUMED - TRAITS_SHIFT))

_Id = TypeVar("_Id", np.int32, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Listens as stored, in order of time."""

    when: NDArray[np.uint32]
    track_id: NDArray[np.int32]
    ms: NDArray[np.uint32]
    traits: NDArray[np.uint32]

    def only(self, which: NDArray[np.bool_]) -> "_Rows":
        return _Rows(
            self.when[which],
            self.track_id[which],
            self.ms[which],
            self.traits[which],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Catalogue:
    """What the tables say of some tracks, sorted by id; a number is 0 where there is none."""

    track_id: NDArray[np.int32]
    is_music: NDArray[np.bool_]
    artist_id: NDArray[np.int32]
    album_id: NDArray[np.int32]
    recording: NDArray[np.int64]
    duration_ms: NDArray[np.uint32]

    def places(self, track_ids: NDArray[np.int32]) -> NDArray[np.intp]:
        return np.searchsorted(self.track_id, track_ids)


def bring_up_to_date(session: Session, account: Account, earlier: Columns) -> Columns:
    """`earlier` with the account's newer listens added; all of them when `earlier` is empty.

    Nothing before the last second of `earlier` may have changed since it was made.
    """
    # That second itself may have got more plays, so it is read again.
    since = max(
        [int(part.when[-1]) for part in (earlier.music, earlier.spoken) if len(part)] or [0]
    )
    music, spoken = earlier.music.before(since), earlier.spoken.before(since)
    rows = _read_rows(session, account, since)
    heard = np.concatenate((rows.track_id, music.track_ids, spoken.track_ids))
    catalogue = _read_catalogue(session, np.unique(heard))
    is_music = catalogue.is_music[catalogue.places(rows.track_id)]
    return Columns(
        account.zone,
        music=_joined(music, rows.only(is_music), catalogue, account.zone),
        spoken=_joined(spoken, rows.only(~is_music), catalogue, account.zone),
    )


def _read_rows(session: Session, account: Account, since: int) -> _Rows:
    earliest = max(from_millis(since * 1000), EARLIEST)
    statement = (
        select(
            type_coerce(Listen.played_at, BigInteger),
            Listen.track_id,
            Listen.ms_played,
            Listen.traits,
            Listen.source,
        )
        .where(
            Listen.account_id == account.id,
            Listen.played_at >= earliest,
            Listen.played_at <= from_millis(LAST_SECOND * 1000),
        )
        .order_by(Listen.played_at, Listen.track_id, Listen.ms_played, Listen.nth, Listen.source)
    )
    batches = [_rows(np.empty((5, 0), np.int64))]
    batches += [_rows(_transposed(batch, 5)) for batch in whole_numbers(session, statement)]
    return _Rows(
        np.concatenate([batch.when for batch in batches]),
        np.concatenate([batch.track_id for batch in batches]),
        np.concatenate([batch.ms for batch in batches]),
        np.concatenate([batch.traits for batch in batches]),
    )


def _rows(numbers: NDArray[np.int64]) -> _Rows:
    stamp, track_id, ms, traits, source = numbers
    return _Rows(
        (stamp // 1000).astype(np.uint32),
        track_id.astype(np.int32),
        ms.clip(0, LONGEST_MS).astype(np.uint32),
        (traits >> TRAITS_SHIFT | source << SOURCE_SHIFT).astype(np.uint32),
    )


def _read_catalogue(session: Session, track_ids: NDArray[np.int32]) -> _Catalogue:
    facts = np.zeros((5, len(track_ids)), np.int64)
    for start in range(0, len(track_ids), IDS_A_QUERY):
        some = track_ids[start : start + IDS_A_QUERY]
        statement = select(
            Track.id,
            case((Track.kind == Kind.TRACK.value, 1), else_=0),
            func.coalesce(Track.artist_id, 0),
            func.coalesce(Track.album_id, 0),
            Track.recording,
            func.coalesce(Track.duration_ms, 0),
        ).where(Track.id.in_(some.tolist()))
        for batch in whole_numbers(session, statement):
            found, *of_found = _transposed(batch, 6)
            facts[:, np.searchsorted(track_ids, found.astype(np.int32))] = of_found
    is_music, artist_id, album_id, recording, duration_ms = facts
    return _Catalogue(
        track_ids,
        is_music.astype(np.bool_),
        artist_id.astype(np.int32),
        album_id.astype(np.int32),
        recording,
        duration_ms.clip(0, LONGEST_MS).astype(np.uint32),
    )


def _transposed(batch: Sequence[tuple[int, ...]], columns: int) -> NDArray[np.int64]:
    """One row for each column of the batch."""
    flat = np.fromiter(chain.from_iterable(batch), np.int64, columns * len(batch))
    return flat.reshape(-1, columns).T


def _joined(old: Listens, new: _Rows, catalogue: _Catalogue, zone: ZoneInfo) -> Listens:
    day, hour = local_time(new.when, zone)
    track, track_ids = _numbered(old.track_ids, new.track_id)
    track, day = np.concatenate((old.track, track)), np.concatenate((old.day, day))
    traits = np.concatenate((old.traits, new.traits))
    # A track's details may have changed since, so they are all taken from the tables again.
    places = catalogue.places(track_ids)
    duration_ms = catalogue.duration_ms[places]
    artist, artist_ids = _numbered_if_any(catalogue.artist_id[places])
    album, album_ids = _numbered_if_any(catalogue.album_id[places])
    ms = np.concatenate((old.ms, new.ms))
    return Listens(
        when=np.concatenate((old.when, new.when)),
        track=track,
        ms=_with_assumed(ms, traits, duration_ms[track]),
        day=day,
        hour=np.concatenate((old.hour, hour)),
        traits=traits,
        track_ids=track_ids,
        first_day=first_values(track, day, len(track_ids)),
        artist=artist,
        album=album,
        recording=_numbered(np.empty(0, np.int64), catalogue.recording[places])[0],
        duration_ms=duration_ms,
        artist_ids=artist_ids,
        album_ids=album_ids,
    )


def _with_assumed(
    ms: NDArray[np.uint32], traits: NDArray[np.uint32], duration_ms: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """The lengths; where no source tells one, that of the track as it is known now."""
    is_assumed = (traits & ASSUMED) != 0
    return np.where(is_assumed & (duration_ms > 0), duration_ms, ms)


def _numbered_if_any(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """As `_numbered`, with -1 for an id of 0."""
    number = np.full(len(ids), -1, np.int32)
    number[ids > 0], by_number = _numbered(np.empty(0, np.int32), ids[ids > 0])
    return number, by_number


def _numbered(known: NDArray[_Id], ids: NDArray[_Id]) -> tuple[NDArray[np.int32], NDArray[_Id]]:
    """Each of `ids` as a number, and the ids by number: first the known ones, then as they come."""
    values, first, place = np.unique(
        np.concatenate((known, ids)), return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    number = np.empty(len(values), np.int32)
    number[order] = np.arange(len(values), dtype=np.int32)
    return number[place[len(known) :]], values[order]
