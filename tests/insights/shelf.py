"""Invented snapshots: how tests say what Spotify's top lists held on some day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from music_time_machine.db import Database
from music_time_machine.models import (
    Account,
    Artist,
    Snapshot,
    SnapshotArtist,
    SnapshotTrack,
    Track,
)
from music_time_machine.plays import recording_key

Lists = Mapping[str, Sequence[str]]
"""Names in order of rank, by time range."""


def take(
    db: Database,
    account: Account,
    day: date,
    tracks: Lists | Sequence[str] = (),
    artists: Lists | Sequence[str] = (),
) -> None:
    """Keep a snapshot of these lists; a plain list is the four-week one."""
    taken_at = datetime.combine(day, time(12), UTC)
    with db.write() as session:
        session.add(Snapshot(account_id=account.id, local_date=day, taken_at=taken_at))
        session.flush()
        for time_range, titles in _lists(tracks).items():
            for rank, title in enumerate(titles, start=1):
                session.add(
                    SnapshotTrack(
                        account_id=account.id,
                        local_date=day,
                        time_range=time_range,
                        rank=rank,
                        track_id=_track(session, title),
                    )
                )
        for time_range, names in _lists(artists).items():
            for rank, name in enumerate(names, start=1):
                session.add(
                    SnapshotArtist(
                        account_id=account.id,
                        local_date=day,
                        time_range=time_range,
                        rank=rank,
                        artist_id=_artist(session, name),
                    )
                )


def _lists(lists: Lists | Sequence[str]) -> Lists:
    return lists if isinstance(lists, Mapping) else {"short_term": lists}


def _track(session: Session, title: str) -> int:
    found = session.scalar(select(Track.id).where(Track.key == f"track:{title}"))
    if found is None:
        names = recording_key(None, title)
        track = Track(key=f"track:{title}", kind="track", title=title, recording=names)
        session.add(track)
        session.flush()
        found = track.id
    return found


def _artist(session: Session, name: str) -> int:
    found = session.scalar(select(Artist.id).where(Artist.key == name))
    if found is None:
        artist = Artist(key=name, name=name, image_url=f"https://example.test/{len(name)}")
        session.add(artist)
        session.flush()
        found = artist.id
    return found
