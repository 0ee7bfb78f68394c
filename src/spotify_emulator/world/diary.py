"""One listener's days: every play, second by second.

Knows how a day's sessions, tracks, skips and pauses are drawn from the seed and the date alone.
Hides the drawing; a day asked twice, or in another order, is the same day.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from spotify_emulator.world.catalogue import Catalogue, Track
from spotify_emulator.world.chance import ladder, spotify_id, stream
from spotify_emulator.world.life import Life, season_factor
from spotify_emulator.world.listeners import Listener, Show, Slot

Context = Literal["", "album", "artist", "playlist", "collection"]
NO_TRACK = -1
_HOUR_MS = 3_600_000
# A day lasts from four in the morning to three the next morning, so that no two days ever meet,
# not even where the clocks are put forward.
_DAY_BEGINS_MS = 4 * _HOUR_MS
_DAY_ENDS_MS = 27 * _HOUR_MS

_LOST_BEFORE_MS = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp()) * 1000
_EPISODE_WORDS = (
    "The Wrong Platform",
    "What the Clockmaker Kept",
    "A Room With No Corners",
    "Slow Mail",
    "Eleven Kinds of Rain",
    "The Last Typist",
    "Bread, Mostly",
    "How to Lose a Map",
    "The Lighthouse Accountant",
    "Small Instruments",
    "Nobody's Piano",
    "The Long Queue",
    "Under the Ice Rink",
    "Two Bakers, One Oven",
)
_SKIPS = frozenset({"fwdbtn", "backbtn"})


class Episode(msgspec.Struct, frozen=True):
    """One episode of a podcast."""

    id: str
    name: str
    show: str
    duration_ms: int
    is_video: bool


class Play(msgspec.Struct, frozen=True, gc=False):
    """One play as Spotify logs it. Times are Unix milliseconds, UTC.

    `track` is a place in the catalogue, or NO_TRACK for an episode or a track that is gone.
    """

    started_ms: int
    ended_ms: int
    ms_played: int
    track: int
    episode: Episode | None
    context: Context
    reason_start: str
    reason_end: str
    is_skipped: bool
    is_shuffled: bool
    is_offline: bool
    is_private: bool
    device: str


@dataclass(frozen=True, slots=True)
class _Session:
    """Music without a long break: where it begins, how many plays, in which manner."""

    start_ms: int
    count: int
    manner: Context
    is_shuffled: bool
    is_offline: bool
    is_private: bool
    device: str
    show: Show | None


class _Shelf(msgspec.Struct, frozen=True):
    tracks: list[int]
    rungs: list[float]

    def pick(self, luck: float) -> int:
        return self.tracks[bisect(self.rungs, luck * self.rungs[-1])]


class _Palette(msgspec.Struct, frozen=True):
    """What a listener reaches for in one week."""

    artists: list[int]
    rungs: list[float]
    shelves: dict[int, _Shelf]


class Diary:
    """All days of one listener."""

    def __init__(self, seed: int, listener: Listener, catalogue: Catalogue, life: Life) -> None:
        self.seed = seed
        self.listener = listener
        self.catalogue = catalogue
        self.life = life
        self._palette = lru_cache(maxsize=700)(self._mix_palette)
        self._order = lru_cache(maxsize=None)(self._rank_tracks)

    def day(self, day: date) -> list[Play]:
        """The plays of a local day, in the order in which they were logged."""
        listener = self.listener
        if listener.since is None or day < listener.since:
            return []
        rng = stream(self.seed, "day", listener.id, day.toordinal())
        if rng.random() < 0.012:
            return []
        midnight = datetime(day.year, day.month, day.day, tzinfo=listener.zone)
        midnight_ms = int(midnight.timestamp()) * 1000
        plays: list[Play] = []
        cursor = midnight_ms + _DAY_BEGINS_MS
        for session in self._sessions(rng, day, midnight_ms):
            if session.count or session.show:
                fresh = self._listen(rng, day, session, cursor, midnight_ms + _DAY_ENDS_MS)
                plays.extend(fresh)
                cursor = plays[-1].ended_ms + 90_000 if plays else cursor
        return plays

    def _sessions(self, rng: random.Random, day: date, midnight_ms: int) -> Iterator[_Session]:
        listener, is_weekend = self.listener, day.weekday() >= 5
        today = listener.plays_a_day * self.life.appetite(day) * (0.7 + 0.6 * rng.random())
        if is_weekend:
            today *= listener.weekend_factor
        shows = [show for show in listener.shows if show.since <= day.year]
        for slot in listener.weekends if is_weekend else listener.weekdays:
            hour = slot.hour + slot.spread * (rng.random() + rng.random() - 1)
            count = round(today * slot.share * (0.6 + 0.8 * rng.random()))
            if rng.random() < 0.07:
                count = 0
            show = shows[int(rng.random() * len(shows))] if shows else None
            hears_show = show is not None and rng.random() < show.times_a_week / 7
            manner, is_shuffled = _manner(rng)
            yield _Session(
                start_ms=midnight_ms + int(hour * _HOUR_MS),
                count=count,
                manner=manner,
                is_shuffled=is_shuffled,
                is_offline=rng.random() < (0.09 if slot.is_commute else 0.012),
                is_private=rng.random() < 0.015,
                device=self._device(rng, slot),
                show=show if hears_show and slot.hour < 20 else None,
            )

    def _device(self, rng: random.Random, slot: Slot) -> str:
        devices = self.listener.devices
        if slot.is_commute:
            return devices[0]
        return devices[min(len(devices) - 1, int(rng.random() ** 0.8 * len(devices)))]

    def _listen(
        self, rng: random.Random, day: date, session: _Session, cursor: int, limit: int
    ) -> list[Play]:
        plays: list[Play] = []
        cursor = max(cursor, session.start_ms + int(rng.random() * 60_000))
        if session.show is not None:
            episode = self._hear_episode(rng, day, session, session.show, cursor)
            if episode.ended_ms > limit:
                return plays
            plays.append(episode)
            cursor = episode.ended_ms + 4_000
        reason = ("clickrow", "playbtn", "appload")[int(rng.random() * 3)]
        tracks = self._choose(rng, day, session)
        for left in range(session.count - 1, -1, -1):
            track = self.catalogue.tracks[next(tracks)]
            play = self._play(rng, session, track, cursor, reason, is_last=left == 0)
            if play.ended_ms > limit:
                break
            plays.append(play)
            cursor = play.ended_ms + int(rng.random() * 900)
            reason = play.reason_end if play.is_skipped else "trackdone"
        if session.is_offline and day.year < 2018 and plays:
            return _logged_at_once(plays)
        return plays

    def _choose(self, rng: random.Random, day: date, session: _Session) -> Iterator[int]:
        """Tracks for a session, without end."""
        palette = self._palette(day.toordinal() // 7)
        obsession = self.life.obsession_on(day)
        carols = self._carols(day)
        random_ = rng.random
        while True:
            luck = random_()
            if obsession is not None and luck < obsession.share:
                track = self._shelf(palette, obsession.artist, day).pick(obsession.luck)
                yield track
                if random_() < 0.35:
                    yield track
                continue
            if carols and random_() < self.listener.festive * day.day / 26:
                artist = carols[int(random_() * len(carols))]
            else:
                artist = palette.artists[bisect(palette.rungs, random_() * palette.rungs[-1])]
            shelf = self._shelf(palette, artist, day)
            yield from self._run(rng, session, shelf)

    def _carols(self, day: date) -> list[int]:
        if day.month < 12 or day.day > 26:
            return []
        week = day.toordinal() // 7 * 7
        artists = self.catalogue.artists
        return [no for no in self.life.carols if artists[no].first_released <= week]

    def _run(self, rng: random.Random, session: _Session, shelf: _Shelf) -> Iterator[int]:
        """One track, or several in a row where an album or an artist plays through."""
        track = shelf.pick(rng.random())
        if session.manner == "album":
            album = self.catalogue.albums[self.catalogue.tracks[track].album]
            yield from album.tracks
        elif session.manner == "artist":
            yield track
            for _ in range(2 + int(rng.random() * 5)):
                yield shelf.pick(rng.random())
        else:
            yield track
            if self.catalogue.tracks[track].duration_ms < 130_000 and rng.random() < 0.1:
                yield track

    def _play(
        self,
        rng: random.Random,
        session: _Session,
        track: Track,
        start_ms: int,
        reason_start: str,
        *,
        is_last: bool,
    ) -> Play:
        length, paused, reason_end = self._ending(rng, session, track, is_last=is_last)
        is_lost = start_ms < _LOST_BEFORE_MS and rng.random() < 0.004
        return Play(
            started_ms=start_ms,
            ended_ms=start_ms + length + paused + int(rng.random() * 400),
            ms_played=length,
            track=NO_TRACK if is_lost else track.no,
            episode=None,
            context=session.manner,
            reason_start=reason_start,
            reason_end=reason_end,
            is_skipped=reason_end in _SKIPS,
            is_shuffled=session.is_shuffled,
            is_offline=session.is_offline,
            is_private=session.is_private,
            device=session.device,
        )

    def _ending(
        self, rng: random.Random, session: _Session, track: Track, *, is_last: bool
    ) -> tuple[int, int, str]:
        """How long a track is heard, how long it is paused (both ms), and what ends it."""
        length, patience = track.duration_ms, 0.35 if session.manner == "album" else 1.2
        if rng.random() < self.listener.restlessness * patience:
            share = rng.random()
            length = int(length * share**3 * 0.7) + int(rng.random() * 1500)
            return length, 0, "backbtn" if share < 0.04 else "fwdbtn"
        if is_last and rng.random() < 0.5:
            reason = ("endplay", "logout", "unexpected-exit")[int(rng.random() * 2.2)]
            return int(length * rng.random()), 0, reason
        paused = int(rng.random() * 240_000) if rng.random() < 0.03 else 0
        return length, paused, "trackdone"

    def _hear_episode(
        self, rng: random.Random, day: date, session: _Session, show: Show, start_ms: int
    ) -> Play:
        """The week's episode of a show, to its end or not."""
        number = (day.toordinal() - date(show.since, 1, 1).toordinal()) // 7 + 1
        dice = stream(self.seed, "episode", show.name, number)
        low, high = show.minutes
        episode = Episode(
            id=spotify_id(self.seed, "episode", show.name, number),
            name=f"#{number} {_EPISODE_WORDS[int(dice.random() * len(_EPISODE_WORDS))]}",
            show=show.name,
            duration_ms=int((low + (high - low) * dice.random()) * 60_000),
            is_video=show.is_video,
        )
        is_whole = rng.random() < 0.6
        heard = episode.duration_ms if is_whole else int(episode.duration_ms * rng.random())
        return Play(
            started_ms=start_ms,
            ended_ms=start_ms + heard + int(rng.random() * 60_000),
            ms_played=heard,
            track=NO_TRACK,
            episode=episode,
            context="",
            reason_start="clickrow",
            reason_end="trackdone" if is_whole else "endplay",
            is_skipped=False,
            is_shuffled=False,
            is_offline=session.is_offline,
            is_private=session.is_private,
            device=session.device,
        )

    def _mix_palette(self, week: int) -> _Palette:
        first, last = week * 7, week * 7 + 6
        month = date.fromordinal(first).month
        artists, weights = [], []
        for love in self.life.loves:
            artist = self.catalogue.artists[love.artist]
            weight = love.weight_on(last)
            if weight > 0.004 and artist.first_released <= first:
                artists.append(love.artist)
                weights.append(weight * season_factor(artist.scene, month))
        return _Palette(artists, ladder(weights), {})

    def _shelf(self, palette: _Palette, artist: int, day: date) -> _Shelf:
        shelf = palette.shelves.get(artist)
        if shelf is None:
            # The week's first day decides, whichever of its days is asked for first.
            week = day.toordinal() // 7 * 7
            shelf = palette.shelves[artist] = self._stock(artist, week)
        return shelf

    def _stock(self, artist: int, week: int) -> _Shelf:
        tracks, weights = [], []
        # Favourites move on, each artist's at another time.
        for number in self._order(artist, (week + artist * 37) // 600):
            age = week - self.catalogue.tracks[number].released
            if age >= 0:
                tracks.append(number)
                weights.append(1 / (len(tracks) + 2.0) + (0.35 if age < 50 else 0.0))
        return _Shelf(tracks, ladder(weights))

    def _rank_tracks(self, artist: int, era: int) -> tuple[int, ...]:
        """An artist's tracks, those first that the listener likes best in a stretch of 600 days."""
        always = stream(self.seed, "favourites", self.listener.id, artist)
        lately = stream(self.seed, "favourites", self.listener.id, artist, era)
        tracks = self.catalogue.artists[artist].tracks
        score = {
            no: (0.3 + self.catalogue.tracks[no].renown) * (always.random() + lately.random())
            for no in tracks
        }
        return tuple(sorted(tracks, key=lambda no: -score[no]))


def _manner(rng: random.Random) -> tuple[Context, bool]:
    luck = rng.random()
    if luck < 0.2:
        return "album", False
    if luck < 0.36:
        return "artist", rng.random() < 0.5
    if luck < 0.62:
        return "playlist", rng.random() < 0.8
    if luck < 0.86:
        return "collection", True
    return "", False


def _logged_at_once(plays: list[Play]) -> list[Play]:
    """Years ago, what was played offline was logged with the time at which it was sent."""
    sent_ms = plays[-1].ended_ms + 20_000
    return [msgspec.structs.replace(play, ended_ms=sent_ms) for play in plays]


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
