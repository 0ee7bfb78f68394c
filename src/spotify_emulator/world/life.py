"""How one listener's taste lives: lasting loves, encounters, obsessions, holidays.

Knows the artists somebody cares for on a given day and how much. Hides how a life is drawn from
the seed, year after year in order, so that it never depends on what was asked before.
"""

import math
import random
from dataclasses import dataclass
from datetime import date

from spotify_emulator.world.catalogue import Artist, Catalogue
from spotify_emulator.world.chance import stream, weighted_order
from spotify_emulator.world.listeners import Listener
from spotify_emulator.world.scenes import SCENES

LAST_YEAR = 2045
_WINTER = "winter"
_SEASONS = {scene.slug: frozenset(scene.season) for scene in SCENES}


@dataclass(frozen=True, slots=True)
class Love:
    """An artist in somebody's life. All times are days; a lasting love has no end."""

    artist: int
    start: int
    rise: int
    stay: int
    fall: int
    weight: float
    rest: float
    period: float
    phase: float

    def weight_on(self, day: int) -> float:
        """How much of the listening goes to this artist on a day (a day's ordinal)."""
        age = day - self.start
        if age < 0:
            return 0.0
        if not self.stay:
            wave = math.sin(2 * math.pi * (age / self.period + self.phase))
            return self.weight * (1 + 0.75 * wave)
        if age < self.rise:
            return self.weight * (0.25 + 0.75 * age / self.rise)
        age -= self.rise
        if age < self.stay:
            return self.weight
        age -= self.stay
        if age < self.fall:
            return self.weight * (1 - (1 - self.rest) * age / self.fall)
        return self.weight * self.rest * math.exp2((self.fall - age) / 700)


@dataclass(frozen=True, slots=True)
class Obsession:
    """One track that takes a share of all plays for a week or three. `luck` chooses the track."""

    artist: int
    first: int
    last: int
    share: float
    luck: float


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days with little music."""

    first: int
    last: int
    factor: float


@dataclass(frozen=True, slots=True)
class Life:
    """Everything about a listener that lasts longer than a day."""

    loves: tuple[Love, ...]
    obsessions: dict[int, tuple[Obsession, ...]]
    holidays: dict[int, tuple[Holiday, ...]]
    volume: dict[int, float]
    carols: tuple[int, ...]

    def obsession_on(self, day: date) -> Obsession | None:
        """The track that won't let go on this day, if there is one."""
        number = day.toordinal()
        for year in (day.year, day.year - 1):
            for obsession in self.obsessions.get(year, ()):
                if obsession.first <= number <= obsession.last:
                    return obsession
        return None

    def appetite(self, day: date) -> float:
        """How much music there is on this day compared to an ordinary one."""
        number = day.toordinal()
        for year in (day.year, day.year - 1):
            for holiday in self.holidays.get(year, ()):
                if holiday.first <= number <= holiday.last:
                    return holiday.factor
        part = day.timetuple().tm_yday / 366
        this_year = self.volume.get(day.year, 1.0)
        return this_year + (self.volume.get(day.year + 1, this_year) - this_year) * part


def life_of(seed: int, listener: Listener, catalogue: Catalogue) -> Life:
    """The life that the seed gives to a listener."""
    if listener.since is None:
        return Life((), {}, {}, {}, ())
    return _Biographer(seed, listener, catalogue, listener.since).write()


def season_factor(scene: str, month: int) -> float:
    """Some music belongs to some months."""
    months = _SEASONS[scene]
    if not months:
        return 1.0
    return 1.35 if month in months else 0.8


class _Biographer:
    """Writes a life down, one year after the other."""

    def __init__(self, seed: int, listener: Listener, catalogue: Catalogue, since: date) -> None:
        self.seed = seed
        self.listener = listener
        self.catalogue = catalogue
        self.since = since
        self.loves: list[Love] = []
        self.known: set[int] = set()
        self.obsessions: dict[int, tuple[Obsession, ...]] = {}
        self.holidays: dict[int, tuple[Holiday, ...]] = {}
        self.volume: dict[int, float] = {}

    def write(self) -> Life:
        carols = self._carols()
        self._fall_in_love_for_good()
        for year in range(self.since.year, LAST_YEAR + 1):
            rng = stream(self.seed, "year", self.listener.id, year)
            first = max(date(year, 1, 1), self.since).toordinal()
            days = date(year, 12, 31).toordinal() - first + 1
            self.volume[year] = 0.78 + 0.5 * rng.random()
            met = self._meet(rng, year, first, days)
            self.obsessions[year] = tuple(self._obsessions(rng, met, first, days))
            self.holidays[year] = tuple(_holidays(rng, year))
        return Life(tuple(self.loves), self.obsessions, self.holidays, self.volume, carols)

    def _carols(self) -> tuple[int, ...]:
        rng = stream(self.seed, "carols", self.listener.id)
        singers = [artist.no for artist in self.catalogue.of_scene(_WINTER)]
        return tuple(singers[place] for place in weighted_order(rng, [1.0] * len(singers))[:5])

    def _fall_in_love_for_good(self) -> None:
        rng = stream(self.seed, "core", self.listener.id)
        weights = [self._pull(artist, self.since, 0.0) for artist in self.catalogue.artists]
        for number in weighted_order(rng, weights)[: self.listener.core]:
            self.known.add(number)
            self.loves.append(
                Love(
                    artist=number,
                    start=self.since.toordinal(),
                    rise=0,
                    stay=0,
                    fall=0,
                    weight=0.4 + 1.6 * rng.random() ** 2,
                    rest=1.0,
                    period=500 + 1300 * rng.random(),
                    phase=rng.random(),
                )
            )

    def _meet(self, rng: random.Random, year: int, first: int, days: int) -> list[Love]:
        """New artists of the year, and old ones that come back."""
        progress = min(1.0, (year - self.since.year) / 10)
        new_year = date(year, 1, 1)
        weights = [
            0.0 if artist.no in self.known else self._pull(artist, new_year, progress)
            for artist in self.catalogue.artists
        ]
        count = max(1, round(self.listener.encounters * days / 365))
        fresh = weighted_order(rng, weights)[:count]
        self.known.update(fresh)
        met = [_encounter(rng, artist, first, days) for artist in fresh]
        gone = [love.artist for love in self.loves if love.stay and love.start < first - 900]
        if gone:
            met.append(_encounter(rng, gone[int(rng.random() * len(gone))], first, days))
        self.loves.extend(met)
        return met

    def _obsessions(
        self, rng: random.Random, met: list[Love], first: int, days: int
    ) -> list[Obsession]:
        chosen = []
        for love in met:
            luck, length = rng.random(), 9 + int(rng.random() * 12)
            share, track = 0.12 + 0.16 * rng.random(), rng.random()
            start = love.start + 7 + int(rng.random() * 20)
            if luck < 0.36 and start + length < first + days:
                chosen.append(Obsession(love.artist, start, start + length, share, track))
        return chosen

    def _pull(self, artist: Artist, day: date, progress: float) -> float:
        if artist.first_released > day.toordinal():
            return 0.0
        for taste in self.listener.taste:
            if taste.scene == artist.scene:
                return taste.early + (taste.late - taste.early) * progress
        return 0.0


def _encounter(rng: random.Random, artist: int, first: int, days: int) -> Love:
    """Half of all new loves end for good; the others leave a few songs behind."""
    ends = rng.random() < 0.5
    strength = rng.random()
    return Love(
        artist=artist,
        start=first + int(rng.random() * days),
        rise=6 + int(rng.random() * 25),
        stay=int(25 + 60 * rng.random()) if ends else int(50 + 180 * rng.random()),
        fall=int(20 + 30 * rng.random()) if ends else int(60 + 120 * rng.random()),
        weight=(3.0 + 4.0 * strength) if ends else (1.2 + 2.8 * strength),
        rest=0.0 if ends else 0.08 + 0.22 * rng.random(),
        period=1.0,
        phase=0.0,
    )


def _holidays(rng: random.Random, year: int) -> list[Holiday]:
    new_year = date(year, 1, 1).toordinal()
    summer = new_year + 175 + int(rng.random() * 60)
    away = [Holiday(summer, summer + 7 + int(rng.random() * 9), 0.05 + 0.2 * rng.random())]
    if rng.random() < 0.7:
        spring = new_year + 80 + int(rng.random() * 50)
        away.append(Holiday(spring, spring + 3 + int(rng.random() * 5), 0.15 + 0.3 * rng.random()))
    if rng.random() < 0.5:
        autumn = new_year + 275 + int(rng.random() * 35)
        away.append(Holiday(autumn, autumn + 3 + int(rng.random() * 4), 0.3 * rng.random()))
    return away
