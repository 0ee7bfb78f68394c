"""Following the recently played list: what is new of it is kept, and a hole is noticed.

Knows that the list holds 50 plays: a full one that touches nothing known means that some in between
may be lost. Fetched first, then stored in one transaction; doing it twice changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import spotify
from ..db import Database, insert_new, table_of
from ..listens import TrackIds, keep_tracks, known_ids, record
from ..models import Account, Echo, Gap, Listen, Live
from ..moments import from_millis, to_millis
from ..plays import Source
from ..translation import recent_play, track_details
from .asking import asking
from .remembered import locked
from .stamps import LONGEST_PAUSE_MS, Stamped, restamped

LISTED = 50
# No timetable looks less often than each hour: after two the worker was off.
LONG_AGO = timedelta(hours=2)


class Reason(StrEnum):
    """Why plays may be missing between two looks at the list."""

    OVERFLOW = "overflow"
    WORKER_OFF = "worker_off"
    RECONNECT = "reconnect"


@dataclass(frozen=True, slots=True)
class Followed:
    """What a look at the list brought: `added` and `known` are all its plays.

    `left_out` counts rows that name no track, `lost_since` begins the hole that was noticed.
    """

    added: int
    known: int
    left_out: int
    newest_at: datetime | None
    lost_since: datetime | None

    @property
    def sentence(self) -> str:
        """The outcome in words, for a flash or a terminal."""
        if self.added == 0 and not self.left_out:
            return "Nothing new: your archive already has all that Spotify lists."
        said = [_counted(self.added, "new play") + " came in."]
        if self.left_out:
            rows = _counted(self.left_out, "row")
            said.append(f"{rows} of Spotify's list named no track that can be read: left out.")
        if self.lost_since is not None:
            before = "so some before them may be missing"
            said.append(f"Spotify lists only the last {LISTED}, {before}.")
        return " ".join(said)


def _counted(count: int, what: str) -> str:
    return f"{count or 'No'} {what}{'' if count == 1 else 's'}"


def follow(db: Database, account: Account, client: spotify.Client, now: datetime) -> Followed:
    """Fetch the last 50 plays and keep those that are new.

    Raises SpotifyError or ReconnectNeeded before anything is written.
    """
    with asking(db, account, now):
        heard = fetch(client)
    with db.write() as session:
        return keep(session, account, heard, now)


def fetch(client: spotify.Client) -> spotify.RecentlyPlayed:
    """All that Spotify lists: never only what is newer, because plays arrive late too."""
    return client.recently_played(LISTED)


def keep(
    session: Session, account: Account, heard: spotify.RecentlyPlayed, now: datetime
) -> Followed:
    """Keep what is new of a list, within the caller's transaction."""
    before = locked(session, account)
    is_full = len(heard.items) + heard.skipped >= LISTED
    known, moved = _known(session, account, heard.items, is_full=is_full)
    fresh = [played for at, played in enumerate(heard.items) if at not in known and at not in moved]
    keep_tracks(session, [track_details(played.track) for played in fresh])
    plays = [recent_play(played) for played in fresh]
    added = record(session, account, plays, TrackIds(), now).added
    stamps = [played.played_at for played in heard.items]
    lost_since = before.newest_at if is_full and not moved and _is_beyond(before, stamps) else None
    if lost_since is not None:
        names = ("account_id", "started_at", "ended_at", "reason")
        stretch = (to_millis(lost_since), to_millis(min(stamps)))
        insert_new(session, table_of(Gap), names, [(account.id, *stretch, _reason(before, now))])
    before.newest_at = max(
        [*stamps, before.newest_at] if before.newest_at else stamps, default=None
    )
    before.fetched_at, before.broken_at = now, None
    return Followed(
        added, len(heard.items) - added, heard.skipped, max(stamps, default=None), lost_since
    )


def _is_beyond(before: Live, stamps: Sequence[datetime]) -> bool:
    """Whether the whole list is newer than all that was known."""
    return before.newest_at is not None and bool(stamps) and min(stamps) > before.newest_at


def _reason(before: Live, now: datetime) -> Reason:
    if before.broken_at is not None:
        return Reason.RECONNECT
    if before.fetched_at is None or now - before.fetched_at > LONG_AGO:
        return Reason.WORKER_OFF
    return Reason.OVERFLOW


def _known(
    session: Session, account: Account, items: Sequence[spotify.Play], *, is_full: bool
) -> tuple[set[int], set[int]]:
    """The places in the list of plays that are stored as they stand, and with another stamp."""
    keys = [track_details(played.track).track_key for played in items]
    ids = known_ids(session, keys)
    # A track that is new to the catalogue has been heard by nobody yet; 0 is no track's id.
    listed = [
        Stamped(to_millis(played.played_at), ids.get(key, 0))
        for played, key in zip(items, keys, strict=True)
    ]
    if not listed:
        return set(), set()
    lengths = {
        one.track: played.track.duration_ms or 0 for one, played in zip(listed, items, strict=True)
    }
    stored = _stored(session, account, listed, LONGEST_PAUSE_MS + max(lengths.values()))
    moved = restamped(listed, stored, lengths, is_full=is_full)
    return (
        {at for at, one in enumerate(listed) if one in stored},
        {at for at, one in enumerate(listed) if one in moved},
    )


def _stored(
    session: Session, account: Account, listed: Sequence[Stamped], around: int
) -> set[Stamped]:
    """What the API told before of the list's stretch of time and so many ms around it."""
    low, high = min(listed).stamp - around, max(listed).stamp + around
    found: set[Stamped] = set()
    for table in (Listen, Echo):
        statement = select(table.played_at, table.track_id).where(
            table.account_id == account.id,
            table.played_at.between(from_millis(max(low, 0)), from_millis(high)),
            table.source == Source.RECENTLY_PLAYED,
        )
        rows = session.execute(statement).all()
        found |= {Stamped(to_millis(played_at), track_id) for played_at, track_id in rows}
    return found
