"""From the tables to arrays: all of an account's listens, or those since an earlier build.

One road for both, so that a build that was extended equals one made anew: what came since is added
to the plays before it, and a new build adds everything to nothing.
"""

from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import Session

from ..db import from_millis, whole_numbers
from ..models import Account, Listen, Track
from ..plays import EARLIEST, Kind
from .arrays import LAST_SECOND, Columns, Listens, first_values
from .zones import local_time

LONGEST_MS = 2**32 - 1
IDS_A_QUERY = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Listens as stored, in order of time."""

    when: NDArray[np.uint32]
    track_id: NDArray[np.int32]
    ms: NDArray[np.uint32]

    def only(self, which: NDArray[np.bool_]) -> "_Rows":
        return _Rows(self.when[which], self.track_id[which], self.ms[which])


@dataclass(frozen=True, slots=True, eq=False)
class _Catalogue:
    """What the tables say of some tracks, sorted by id; `artist_id` is 0 where there is none."""

    track_id: NDArray[np.int32]
    is_music: NDArray[np.bool_]
    artist_id: NDArray[np.int32]

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
        select(type_coerce(Listen.played_at, BigInteger), Listen.track_id, Listen.ms_played)
        .where(
            Listen.account_id == account.id,
            Listen.played_at >= earliest,
            Listen.played_at <= from_millis(LAST_SECOND * 1000),
        )
        .order_by(Listen.played_at, Listen.track_id, Listen.ms_played)
    )
    batches = [_Rows(np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, np.uint32))]
    for batch in whole_numbers(session, statement):
        stamp, track_id, ms = _transposed(batch)
        batches.append(
            _Rows(
                (stamp // 1000).astype(np.uint32),
                track_id.astype(np.int32),
                ms.clip(0, LONGEST_MS).astype(np.uint32),
            )
        )
    return _Rows(
        np.concatenate([batch.when for batch in batches]),
        np.concatenate([batch.track_id for batch in batches]),
        np.concatenate([batch.ms for batch in batches]),
    )


def _read_catalogue(session: Session, track_ids: NDArray[np.int32]) -> _Catalogue:
    is_music, artist_id = np.zeros(len(track_ids), np.bool_), np.zeros(len(track_ids), np.int32)
    for start in range(0, len(track_ids), IDS_A_QUERY):
        some = track_ids[start : start + IDS_A_QUERY]
        statement = select(
            Track.id,
            case((Track.kind == Kind.TRACK.value, 1), else_=0),
            func.coalesce(Track.artist_id, 0),
        ).where(Track.id.in_(some.tolist()))
        for batch in whole_numbers(session, statement):
            found, music, artist = _transposed(batch)
            places = np.searchsorted(track_ids, found.astype(np.int32))
            is_music[places], artist_id[places] = music, artist
    return _Catalogue(track_ids, is_music, artist_id)


def _transposed(batch: list[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Three rows, one for each column of the batch."""
    flat = np.fromiter(chain.from_iterable(batch), np.int64, 3 * len(batch))
    return flat.reshape(-1, 3).T


def _joined(old: Listens, new: _Rows, catalogue: _Catalogue, zone: ZoneInfo) -> Listens:
    day, hour = local_time(new.when, zone)
    track, track_ids = _numbered(old.track_ids, new.track_id)
    track, day = np.concatenate((old.track, track)), np.concatenate((old.day, day))
    # Spotify may have corrected the artist of a track since, so they are all numbered again.
    artist_id = catalogue.artist_id[catalogue.places(track_ids)]
    artist = np.full(len(track_ids), -1, np.int32)
    artist[artist_id > 0], artist_ids = _numbered(np.empty(0, np.int32), artist_id[artist_id > 0])
    return Listens(
        when=np.concatenate((old.when, new.when)),
        track=track,
        ms=np.concatenate((old.ms, new.ms)),
        day=day,
        hour=np.concatenate((old.hour, hour)),
        track_ids=track_ids,
        first_day=first_values(track, day, len(track_ids)),
        artist=artist,
        artist_ids=artist_ids,
    )


def _numbered(
    known: NDArray[np.int32], ids: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Each of `ids` as a number, and the ids by number: first the known ones, then as they come."""
    values, first, place = np.unique(
        np.concatenate((known, ids)), return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    number = np.empty(len(values), np.int32)
    number[order] = np.arange(len(values), dtype=np.int32)
    return number[place[len(known) :]], values[order]
