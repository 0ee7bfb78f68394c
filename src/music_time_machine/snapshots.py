"""What Spotify's top lists say of a person today, kept under today's local date.

Everything is fetched first, then stored in one transaction; twice on one day changes nothing. The
button, `mtm snapshot` and the timetable all call `take`, which follows the latest plays as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import live, rankings, spotify
from .db import Database
from .listens import keep_artists, keep_tracks
from .models import Account, Snapshot
from .period import local_day
from .translation import artist_details, track_details

RANGES: tuple[spotify.TimeRange, ...] = ("short_term", "medium_term", "long_term")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a snapshot brought: `is_new` is false when today already had one."""

    local_date: date
    is_new: bool
    tracks: int
    artists: int
    plays_added: int
    left_out: int

    @property
    def sentence(self) -> str:
        """The outcome in words, for a flash or a terminal."""
        plays = f"{self.plays_added} new {'play' if self.plays_added == 1 else 'plays'}"
        if not self.is_new:
            return f"Today's snapshot was already there; {plays} came in."
        if self.tracks + self.artists == 0:
            return "Snapshot taken. Spotify has no top lists for you yet: listen for a few days."
        return f"Snapshot taken: {self.tracks} tracks and {self.artists} artists; {plays} came in."


@dataclass(frozen=True, slots=True)
class _Fetched:
    tracks: Mapping[str, spotify.RankedTracks]
    artists: Mapping[str, spotify.RankedArtists]
    plays: spotify.RecentlyPlayed

    @property
    def skipped(self) -> int:
        """Rows that name no track or artist of Spotify's: vanished or local ones."""
        lists = sum(ranked.skipped for ranked in self.tracks.values())
        return lists + sum(ranked.skipped for ranked in self.artists.values()) + self.plays.skipped


def take(db: Database, account: Account, client: spotify.Client, now: datetime) -> Taken:
    """Fetch the three top lists of tracks and of artists and the last plays, and keep them.

    Raises SpotifyError or ReconnectNeeded before anything is written.
    """
    with live.asking(db, account, now):
        fetched = _Fetched(
            tracks={name: client.top_tracks(name) for name in RANGES},
            artists={name: client.top_artists(name) for name in RANGES},
            plays=live.fetch(client),
        )
    day = local_day(now, account.zone)
    with db.write() as session:
        # Plays first: all who follow an account take the same locks in the same order.
        followed = live.keep(session, account, fetched.plays, now)
        is_new = _keep_lists(session, account, fetched, day, now)
    return Taken(
        local_date=day,
        is_new=is_new,
        tracks=len({t.id for ranked in fetched.tracks.values() for t in ranked.items}),
        artists=len({a.id for ranked in fetched.artists.values() for a in ranked.items}),
        plays_added=followed.added,
        left_out=fetched.skipped,
    )


def is_taken(db: Database, account: Account, now: datetime) -> bool:
    """Whether the account's local day of `now` has its snapshot."""
    with db.read() as session:
        return session.get(Snapshot, (account.id, local_day(now, account.zone))) is not None


def latest(db: Database, account: Account) -> datetime | None:
    """When the account's newest snapshot was taken."""
    with db.read() as session:
        statement = (
            select(Snapshot.taken_at)
            .where(Snapshot.account_id == account.id)
            .order_by(Snapshot.local_date.desc())
            .limit(1)
        )
        return session.scalar(statement)


def _keep_lists(
    session: Session, account: Account, fetched: _Fetched, day: date, now: datetime
) -> bool:
    """Whether these lists are now the day's; a day that has its snapshot costs nothing."""
    if session.get(Snapshot, (account.id, day)) is not None:
        return False
    track_ids = keep_tracks(
        session, [track_details(t) for ranked in fetched.tracks.values() for t in ranked.items]
    )
    artist_ids = keep_artists(
        session,
        [artist_details(a) for ranked in fetched.artists.values() for a in ranked.items],
    )
    tracks = {
        name: list(zip(ranked.ranks, [track_ids[t.id] for t in ranked.items], strict=True))
        for name, ranked in fetched.tracks.items()
    }
    artists = {
        name: list(
            zip(ranked.ranks, [artist_ids[artist_details(a)] for a in ranked.items], strict=True)
        )
        for name, ranked in fetched.artists.items()
    }
    return rankings.keep(session, account, day, now, tracks, artists)
