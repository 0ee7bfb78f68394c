"""What of one account's archive has the words of a query: heard, or named by a snapshot.

The index knows the whole catalogue, whoever brought it; here it is cut to what is this account's,
ordered by how much of it was played.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from .. import search as index
from ..columns import Listens
from ..db import Database
from ..models import Account, Track
from ..plays import clean_text
from .heard import Heard, heard
from .lines import (
    Line,
    album_lines,
    artist_lines,
    plays_by,
    plays_by_track,
    track_lines,
)
from .ranks import listed_artists, listed_tracks

_Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Results of a kind: `artists albums tracks shows episodes`; `lines` the first of `total`."""

    kind: str
    total: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`groups` has those kinds of which there is any.

    `is_askable`: the query had a word or a sign to look for. `is_behind`: what came in lately
    cannot be found yet. `is_capped`: so much matched that some of it is missing.
    """

    query: str
    is_askable: bool
    groups: tuple[Group, ...]
    is_behind: bool
    is_capped: bool

    @property
    def total(self) -> int:
        """How many things were found."""
        return sum(group.total for group in self.groups)


class _Found(NamedTuple):
    """Ids, each once, and their plays that count."""

    ids: _Ids
    plays: _Ids

    def and_unplayed(self, ids: _Ids) -> "_Found":
        more = np.setdiff1d(ids, self.ids)
        return _Found(
            np.concatenate((self.ids, more)), np.concatenate((self.plays, np.zeros_like(more)))
        )

    def first(self, count: int) -> list[tuple[int, int]]:
        order = np.lexsort((self.ids, -self.plays))[:count]
        return [(int(self.ids[at]), int(self.plays[at])) for at in order]


def search(db: Database, account: Account, text: str, limit: int) -> SearchResult:
    """What the account's archive has of these words, at most `limit` of each kind."""
    matches = index.matches(db, text)
    archive = heard(db, account)
    music, spoken = archive.everything.music, archive.everything.spoken
    plays, spoken_plays = plays_by_track(archive.music), plays_by_track(archive.spoken)
    artists = _artists(music, archive.music, plays, matches.artist_ids)
    albums = _albums(music, archive.music, plays, matches.album_ids)
    is_one = archive.chosen.is_one_recording
    tracks = _tracks(music, archive.music, plays, matches.track_ids, is_one)
    shows = _artists(spoken, archive.spoken, spoken_plays, matches.artist_ids)
    episodes = _tracks(spoken, archive.spoken, spoken_plays, matches.track_ids, False)
    if not _are_heard(matches, music, spoken):
        listed = _listed(db, account, archive, matches)
        artists = artists.and_unplayed(np.setdiff1d(listed.artist_ids, shows.ids))
        albums = albums.and_unplayed(listed.album_ids)
        tracks = tracks.and_unplayed(listed.track_ids)
    kinds: tuple[tuple[str, _Found, Callable[..., tuple[Line, ...]]], ...] = (
        ("artists", artists, artist_lines),
        ("albums", albums, album_lines),
        ("tracks", tracks, track_lines),
        ("shows", shows, artist_lines),
        ("episodes", episodes, track_lines),
    )
    return SearchResult(
        query=(clean_text(text) or "")[: index.LONGEST_QUERY],
        is_askable=bool(index.parse(text)),
        groups=tuple(
            Group(kind, len(found.ids), lines(db, found.first(limit)))
            for kind, found, lines in kinds
            if len(found.ids)
        ),
        is_behind=matches.is_behind,
        is_capped=matches.is_capped,
    )


def _artists(
    everything: Listens, counted: Listens, plays: NDArray[np.intp], matched: _Ids
) -> _Found:
    ids = _in_both(everything.artist_ids, matched)
    of_artists = plays_by(counted.artist, plays, len(counted.artist_ids))
    return _Found(ids, _looked_up(ids, counted.artist_ids, of_artists))


def _albums(
    everything: Listens, counted: Listens, plays: NDArray[np.intp], matched: _Ids
) -> _Found:
    ids = _in_both(everything.album_ids, matched)
    of_albums = plays_by(counted.album, plays, len(counted.album_ids))
    return _Found(ids, _looked_up(ids, counted.album_ids, of_albums))


def _tracks(
    everything: Listens,
    counted: Listens,
    counts: NDArray[np.intp],
    matched: _Ids,
    is_one_recording: bool,
) -> _Found:
    ids = everything.track_ids.astype(np.int64)
    numbers = np.flatnonzero(np.isin(ids, matched))
    if not len(numbers):
        return _Found(ids[:0], ids[:0])
    plays = _looked_up(ids, counted.track_ids, counts)
    if is_one_recording:
        # Of a recording's ids that match the one that was played most stands for all of them.
        best_first = numbers[np.lexsort((ids[numbers], -plays[numbers]))]
        _, firsts = np.unique(everything.recording[best_first], return_index=True)
        numbers = best_first[firsts]
        together = np.bincount(everything.recording, weights=plays).astype(np.int64)
        plays = together[everything.recording]
    return _Found(ids[numbers], plays[numbers])


def _in_both(ids: NDArray[np.int32], matched: _Ids) -> _Ids:
    return ids[np.isin(ids, matched)].astype(np.int64)


def _are_heard(matches: index.Matches, *parts: Listens) -> bool:
    """Whether plays alone have all that matched, so that no snapshot needs to be asked."""
    return all(
        np.isin(matched, np.concatenate(ids)).all()
        for matched, ids in (
            (matches.artist_ids, [part.artist_ids for part in parts]),
            (matches.album_ids, [part.album_ids for part in parts]),
            (matches.track_ids, [part.track_ids for part in parts]),
        )
    )


def _looked_up(ids: _Ids, known: NDArray[np.int32], values: NDArray[np.intp]) -> _Ids:
    """For each id the value beside it in `known`, 0 where it is not there."""
    if not len(known):
        return np.zeros(len(ids), np.int64)
    order = np.argsort(known)
    at = order[np.searchsorted(known, ids, sorter=order).clip(max=len(known) - 1)]
    return np.where(known[at] == ids, values[at], 0).astype(np.int64)


def _listed(
    db: Database, account: Account, archive: Heard, matches: index.Matches
) -> index.Matches:
    """Those of the matches that the account's snapshots name and that were never heard."""
    with db.read() as session:
        rows = session.execute(
            select(Track.id, Track.artist_id, Track.album_id).where(
                Track.id.in_(listed_tracks(account))
            )
        ).all()
        artists = set(session.scalars(listed_artists(account)))
    heard_ids = archive.everything.music.track_ids
    return index.Matches(
        artist_ids=_among(matches.artist_ids, artists | {row.artist_id for row in rows}),
        album_ids=_among(matches.album_ids, {row.album_id for row in rows}),
        track_ids=np.setdiff1d(_among(matches.track_ids, {row.id for row in rows}), heard_ids),
        is_capped=matches.is_capped,
        is_behind=matches.is_behind,
    )


def _among(ids: _Ids, wanted: set[int | None] | set[int]) -> _Ids:
    return np.intersect1d(ids, np.array([one for one in wanted if one is not None], np.int64))
