"""What plays at this moment: shown, never counted.

Knows how seldom Spotify may be asked and how soon an answer is old. Hides that the last one is
kept, so that a page has something to show when Spotify is slow or away.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import or_, select, update

from .. import spotify
from ..db import Database, changed
from ..errors import ReconnectNeeded
from ..models import Account, Live
from ..moments import from_millis, to_millis
from ..translation import track_details
from .asking import asking
from .remembered import ensure_row

ASK_AFTER = timedelta(seconds=30)
OLD_AFTER = timedelta(minutes=10)


class Playing(msgspec.Struct, frozen=True):
    """What played when Spotify was last heard of it: a track, or an episode of which it tells no
    more. `seen` is that moment in ms since 1970.
    """

    seen: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    image_url: str | None = None

    @property
    def seen_at(self) -> datetime:
        """When Spotify said so, aware UTC."""
        return from_millis(self.seen)


def playing(db: Database, account: Account, now: datetime) -> Playing | None:
    """What is known to play, without asking; None when nothing does or it was too long ago."""
    with db.read() as session:
        kept = session.scalar(select(Live.playing).where(Live.account_id == account.id))
    found = None if kept is None else msgspec.json.decode(kept, type=Playing)
    return found if found is not None and abs(now - found.seen_at) <= OLD_AFTER else None


def now_playing(
    db: Database, account: Account, client: spotify.Client, now: datetime
) -> Playing | None:
    """What plays: asked at most once in 30 seconds; else, or in trouble, what is kept."""
    if not _may_ask(db, account, now):
        return playing(db, account, now)
    try:
        return look(db, account, client, now)
    except (spotify.SpotifyError, ReconnectNeeded):
        return playing(db, account, now)


def look(db: Database, account: Account, client: spotify.Client, now: datetime) -> Playing | None:
    """Ask Spotify what plays, and keep the answer. Raises SpotifyError or ReconnectNeeded."""
    with asking(db, account, now):
        found = _seen(client.currently_playing(), now)
    kept = None if found is None else msgspec.json.encode(found).decode()
    with db.write() as session:
        ensure_row(session, [account.id])
        session.execute(
            update(Live).where(Live.account_id == account.id).values(playing=kept, playing_at=now)
        )
    return found


def _seen(answer: spotify.CurrentlyPlaying | None, now: datetime) -> Playing | None:
    """A paused player, an advertisement, a private session and a local file are nothing to show."""
    if answer is None or not answer.is_playing:
        return None
    if answer.kind == "episode":
        return Playing(to_millis(now))
    if answer.track is None:
        return None
    track = track_details(answer.track)
    return Playing(
        seen=to_millis(now),
        title=track.title,
        artist=track.artist.name,
        album=track.album.name if track.album else None,
        image_url=track.album.image_url if track.album else None,
    )


def _may_ask(db: Database, account: Account, now: datetime) -> bool:
    """Whether this caller is the one to ask: of all that come within 30 seconds only the first."""
    with db.write() as session:
        ensure_row(session, [account.id])
        is_time = or_(
            Live.playing_at.is_(None),
            Live.playing_at <= now - ASK_AFTER,
            Live.playing_at > now + ASK_AFTER,  # noted by a clock that was set back since
        )
        statement = update(Live).where(Live.account_id == account.id, is_time)
        return changed(session, statement.values(playing_at=now)) == 1
