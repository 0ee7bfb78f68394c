"""What exports do not tell of a track (release date, length, cover, ISRC), asked of Spotify's API.

Slowly: a few tracks a call, most played first, within a daily budget of the whole server. Hides who
asks for whom, that a track is asked for once, and that an ISRC may make one recording of two.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, case, or_, select, update
from sqlalchemy.orm import Session

from . import accounts, columns, live, spotify
from .accounts import Clock
from .config import Settings
from .db import Database, changed, insert_new, table_of, whole_numbers
from .errors import ReconnectNeeded
from .listens import keep_tracks, take_in_joins
from .models import Account, Archive, ServerState, Track
from .moments import to_millis
from .plays import Kind
from .spotify_pause import is_paused
from .translation import track_details

A_CALL = 4
ASK_AGAIN = timedelta(days=30)
# Whoever asks for a track keeps the others off it for so long; so does one that was killed.
CLAIM = timedelta(hours=1)
BUDGET = "details_asked"
DAY_MS = 86_400_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What a call came to: how many tracks were asked for, are told of now, and are at an end."""

    asked: int
    filled: int
    vanished: int


def fill_in(
    db: Database, settings: Settings, clock: Clock, a_day: int, most: int = A_CALL
) -> FilledIn:
    """Ask for at most `most` of the tracks without details, `a_day` in a day of UTC.

    Meant for each minute. Ends early where Spotify asks for a pause or has trouble, and raises
    nothing of that; ColumnsBusy when an account's history is being prepared.
    """
    run = _Run(db, settings, clock, a_day)
    wanted = _wanted(db, clock()) if run.may_ask() else np.empty(0, np.int32)
    if len(wanted):
        run.gather(accounts.everyone(db, settings))
        for track_id in _most_played_first(wanted, run.lenders):
            if run.asked >= most or not run.lenders or not run.may_ask():
                break
            run.ask_for(track_id)
        run.tell_archives()
    return FilledIn(run.asked, run.filled, run.vanished)


@dataclass(frozen=True, slots=True, eq=False)
class _Listener:
    """An account, and the music it has heard: each track's id and plays."""

    account: Account
    track_ids: NDArray[np.int32]
    plays: NDArray[np.intp]

    def has_heard(self, track_ids: Collection[int]) -> bool:
        return bool(np.isin(self.track_ids, list(track_ids)).any())


class _Run:
    """One call's way through the tracks, and what came of it."""

    def __init__(self, db: Database, settings: Settings, clock: Clock, a_day: int) -> None:
        self.db, self.settings, self.clock, self.a_day = db, settings, clock, a_day
        self.asked = self.filled = self.vanished = 0
        self.listeners: list[_Listener] = []
        self.lenders: list[_Listener] = []
        self._changed: set[int] = set()
        self._is_over = False

    def may_ask(self) -> bool:
        """Whether Spotify wants no pause and something of the day's budget is left."""
        if self._is_over:
            return False
        now = self.clock()
        return not is_paused(self.db, now) and _is_left(self.db, now, self.a_day)

    def gather(self, people: Sequence[Account]) -> None:
        """Whose tracks they are; those who are connected lend their sign-in."""
        self.listeners = [_listener(self.db, account) for account in people]
        self.lenders = [
            one
            for one in self.listeners
            if len(one.plays) and accounts.connection(self.db, one.account).state == "connected"
        ]

    def ask_for(self, track_id: int) -> None:
        """Ask for one track and keep the answer, unless somebody else is at it."""
        lenders = [one for one in self.lenders if one.has_heard([track_id])]
        spotify_id = _claim(self.db, track_id, self.clock(), self.a_day) if lenders else None
        if spotify_id is None:
            return
        self.asked += 1
        for lender in lenders:
            try:
                told = self._answer(lender.account, spotify_id)
            except (ReconnectNeeded, spotify.Forbidden) as error:
                log.info("details_not_lent", account=lender.account.id, kind=type(error).__name__)
                self.lenders.remove(lender)
                continue
            except (spotify.NotFound, spotify.BadRequest):
                self._give_up(track_id)
            except spotify.SpotifyError as error:
                self._stop(error)
            else:
                self._keep(track_id, spotify_id, told)
            return

    def _answer(self, account: Account, spotify_id: str) -> spotify.Track:
        with (
            live.asking(self.db, account, self.clock()),
            accounts.spotify_client(self.db, account, self.settings, self.clock) as client,
        ):
            return client.track(spotify_id)

    def _stop(self, error: spotify.SpotifyError) -> None:
        self._is_over = True
        log.warning("details_stopped", kind=type(error).__name__, status=error.status)

    def _give_up(self, track_id: int) -> None:
        with self.db.write() as session:
            _note_asked(session, track_id, self.clock())
        self.vanished += 1

    def _keep(self, track_id: int, spotify_id: str, told: spotify.Track) -> None:
        if not told.name or not told.artists or not told.artists[0].name:
            self._give_up(track_id)  # what is left of a track that was taken down
            return
        # Spotify may answer under another id; ours is the one that was heard.
        details = track_details(replace(told, id=spotify_id))
        now = self.clock()
        with self.db.write() as session:
            before = session.execute(_facts(track_id)).one()
            joining = _recordings(session, track_id, details.isrc)
            keep_tracks(session, [details])
            _note_asked(session, track_id, now)
            if session.execute(_facts(track_id)).one() != before:
                self._changed.add(track_id)
            if len(joining) > 1:
                self._recognise(session, min(joining), now)
        self.filled += 1

    def _recognise(self, session: Session, recording: int, now: datetime) -> None:
        """Several recordings have become this one: some plays may be the same ones now."""
        same = set(session.scalars(select(Track.id).where(Track.recording == recording)))
        self._changed |= same
        for one in self.listeners:
            if one.has_heard(same):
                take_in_joins(session, one.account, now)

    def tell_archives(self) -> None:
        """Let columns be read again where what they hold of heard tracks has changed.

        Once a call: a track at a time they would be made over and over. No play changed, so the
        archive is not rewritten.
        """
        ids = [one.account.id for one in self.listeners if one.has_heard(self._changed)]
        if not ids:
            return
        now = to_millis(self.clock())
        newer = case((Archive.version < now, now), else_=Archive.version + 1)
        with self.db.write() as session:
            session.execute(
                update(Archive).where(Archive.account_id.in_(ids)).values(version=newer)
            )


def _wanted(db: Database, now: datetime) -> NDArray[np.int32]:
    """The ids of all tracks that Spotify has never told of and was not asked for lately."""
    statement = select(Track.id).where(
        Track.raw.is_(None),
        Track.spotify_id.is_not(None),
        Track.kind == Kind.TRACK.value,
        _is_due(now),
    )
    with db.read() as session:
        ids = [track_id for batch in whole_numbers(session, statement) for (track_id,) in batch]
    return np.array(ids, np.int32)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(Track.asked_at.is_(None), Track.asked_at <= now - ASK_AGAIN)


def _listener(db: Database, account: Account) -> _Listener:
    music = columns.load(db, account).music
    plays = np.bincount(music.track, minlength=len(music.track_ids))
    return _Listener(account, music.track_ids, plays)


def _most_played_first(wanted: NDArray[np.int32], listeners: Sequence[_Listener]) -> Iterator[int]:
    """Those of the wanted tracks that somebody has heard, by the plays of all listeners."""
    if not listeners:
        return
    heard = np.concatenate([one.track_ids for one in listeners])
    plays = np.concatenate([one.plays for one in listeners])
    is_wanted = np.isin(heard, wanted)
    ids, place = np.unique(heard[is_wanted], return_inverse=True)
    totals = np.bincount(place, weights=plays[is_wanted], minlength=len(ids))
    yield from ids[np.lexsort((ids, -totals))].tolist()


def _claim(db: Database, track_id: int, now: datetime, a_day: int) -> str | None:
    """Spotify's id of a track that this caller is the one to ask for, paid from the day's budget.

    None when another has asked, or the budget is used up. The claim is an `asked_at` that falls due
    in an hour, so nothing need be undone when no answer comes.
    """
    day = to_millis(now) // DAY_MS * DAY_MS
    with db.write() as session:
        claim = (
            update(Track)
            .where(Track.id == track_id, Track.raw.is_(None), _is_due(now))
            .values(asked_at=now - ASK_AGAIN + CLAIM)
        )
        if not changed(session, claim):
            return None
        insert_new(session, table_of(ServerState), ("name", "number"), [(BUDGET, 0)])
        spend = (
            update(ServerState)
            .where(ServerState.name == BUDGET, ServerState.number < day + a_day)
            .values(number=case((ServerState.number < day, day), else_=ServerState.number) + 1)
        )
        if not changed(session, spend):
            session.rollback()
            return None
        return session.scalar(select(Track.spotify_id).where(Track.id == track_id))


def _is_left(db: Database, now: datetime, a_day: int) -> bool:
    """Whether the budget allows one more; what is kept is the day's first ms plus the asked."""
    with db.read() as session:
        spent = session.scalar(select(ServerState.number).where(ServerState.name == BUDGET)) or 0
    return spent < to_millis(now) // DAY_MS * DAY_MS + a_day


def _note_asked(session: Session, track_id: int, now: datetime) -> None:
    session.execute(update(Track).where(Track.id == track_id).values(asked_at=now))


def _facts(track_id: int) -> Select[int | None, int, int | None, int | None]:
    """What columns hold of a track."""
    return select(Track.duration_ms, Track.recording, Track.artist_id, Track.album_id).where(
        Track.id == track_id
    )


def _recordings(session: Session, track_id: int, isrc: str | None) -> set[int]:
    """The recordings that an ISRC says are the one of this track, and that one itself."""
    statement = select(Track.recording).where(Track.id == track_id)
    if isrc is not None:
        statement = select(Track.recording).where(or_(Track.id == track_id, Track.isrc == isrc))
    return set(session.scalars(statement))
