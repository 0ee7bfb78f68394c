"""The people of the invented world: who they are, what they like and when they listen.

Knows five profiles, written by hand; the seed only decides which songs fill them. Hides nothing.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of the day with music: usual start in hours, share of the day's plays, where."""

    hour: float
    share: float
    spread: float = 0.95
    is_commute: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """A podcast: how many times a week it is heard, and how long an episode is in minutes."""

    name: str
    times_a_week: float
    minutes: tuple[int, int]
    since: int
    is_video: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """The pull of one scene, at the beginning and ten years later."""

    scene: str
    early: float
    late: float


@dataclass(frozen=True, slots=True)
class Listener:
    """One invented person. `since` is the day of the first play; None has not played anything."""

    id: str
    name: str
    about: str
    since: date | None
    zone: ZoneInfo
    country: str
    plays_a_day: float
    core: int
    encounters: int
    taste: tuple[Taste, ...]
    weekdays: tuple[Slot, ...]
    weekends: tuple[Slot, ...]
    devices: tuple[str, ...]
    weekend_factor: float = 1.1
    festive: float = 0.3
    restlessness: float = 0.11
    shows: tuple[Show, ...] = ()
    has_picture: bool = True


LISTENERS: tuple[Listener, ...] = (
    Listener(
        id="maren",
        name="Maren Vossbrook",
        about="Works late, walks home slowly, and plays one song until it gives in.",
        since=date(2016, 2, 19),
        zone=ZoneInfo("Europe/Berlin"),
        country="DE",
        plays_a_day=44,
        core=17,
        encounters=9,
        taste=(
            Taste("hearth", 5, 2),
            Taste("kammer", 4, 3),
            Taste("haze", 2, 5),
            Taste("nordlys", 2, 3),
            Taste("circuit", 0.5, 3),
            Taste("rooms", 0.5, 2),
            Taste("tramwaj", 0.2, 1),
            Taste("trolley", 0.2, 1),
        ),
        weekdays=(
            Slot(7.7, 0.16, is_commute=True),
            Slot(12.6, 0.1),
            Slot(18.4, 0.24, is_commute=True),
            Slot(22.1, 0.5, spread=1.0),
        ),
        weekends=(Slot(10.8, 0.22), Slot(16.0, 0.25, spread=1.5), Slot(22.6, 0.53, spread=1.2)),
        devices=("phone-pixel", "mac", "speaker"),
        shows=(
            Show("Kleine Pausen", 2.0, (24, 40), 2018),
            Show("Night Freight", 0.8, (45, 70), 2021),
        ),
    ),
    Listener(
        id="teo",
        name="Teo Brandalise",
        about="Runs a small bar; the music starts before breakfast and closes up with him.",
        since=date(2016, 9, 3),
        zone=ZoneInfo("America/Sao_Paulo"),
        country="BR",
        plays_a_day=92,
        core=30,
        encounters=11,
        taste=(
            Taste("varanda", 6, 4),
            Taste("canto", 3, 4),
            Taste("soul", 3, 3),
            Taste("jazz", 2, 4),
            Taste("floor", 4, 2),
            Taste("street", 2, 1),
            Taste("chanson", 0.3, 2),
        ),
        weekdays=(
            Slot(8.3, 0.1),
            Slot(13.0, 0.2, spread=1.0),
            Slot(17.5, 0.34),
            Slot(22.0, 0.36, spread=0.5),
        ),
        weekends=(Slot(11.5, 0.16), Slot(16.5, 0.34), Slot(21.5, 0.5, spread=0.5)),
        devices=("ios", "speaker", "windows"),
        weekend_factor=1.35,
        festive=0.15,
        restlessness=0.08,
        shows=(Show("Garoa Diária", 1.5, (15, 28), 2019),),
    ),
    Listener(
        id="aiko",
        name="Aiko Tsukishiro",
        about="Studied with headphones on; falls for an artist completely, then never again.",
        since=date(2016, 5, 7),
        zone=ZoneInfo("Asia/Tokyo"),
        country="JP",
        plays_a_day=52,
        core=12,
        encounters=13,
        taste=(
            Taste("neon", 5, 5),
            Taste("study", 5, 2),
            Taste("rooms", 2, 3),
            Taste("circuit", 1, 3),
            Taste("haze", 2, 2),
            Taste("loud", 2, 0.5),
            Taste("bozkir", 0.1, 1.5),
        ),
        weekdays=(
            Slot(7.1, 0.2, is_commute=True),
            Slot(15.5, 0.3, spread=1.0),
            Slot(20.3, 0.35, spread=1.0),
            Slot(23.8, 0.15, spread=0.5),
        ),
        weekends=(Slot(11.2, 0.3, spread=1.2), Slot(15.8, 0.35, spread=1.5), Slot(21.4, 0.35)),
        devices=("android", "windows", "web"),
        weekend_factor=0.9,
        festive=0.2,
        restlessness=0.16,
        shows=(Show("深夜の散歩道", 1.2, (28, 45), 2020, is_video=True),),
    ),
    Listener(
        id="ruth",
        name="Ruth Ashgrove-Bell",
        about="Signed up at sixty-eight to find the records she once lent out.",
        since=date(2025, 1, 11),
        zone=ZoneInfo("America/New_York"),
        country="US",
        plays_a_day=33,
        core=22,
        encounters=22,
        taste=(
            Taste("jazz", 6, 6),
            Taste("soul", 4, 4),
            Taste("rooms", 3, 4),
            Taste("chanson", 2, 2),
            Taste("hearth", 1, 2),
            Taste("varanda", 0.5, 1.5),
        ),
        weekdays=(Slot(8.6, 0.4, spread=0.4), Slot(14.2, 0.25, spread=1.0), Slot(19.4, 0.35)),
        weekends=(Slot(9.3, 0.45), Slot(17.0, 0.55, spread=1.0)),
        devices=("speaker", "ipad"),
        weekend_factor=0.95,
        festive=0.6,
        restlessness=0.05,
        shows=(
            Show("The Second Platform", 3.0, (35, 60), 2025),
            Show("Night Freight", 1.0, (45, 70), 2025),
        ),
        has_picture=False,
    ),
    Listener(
        id="noor",
        name="Noor Halvani",
        about="Opened the account this morning and has not pressed play yet.",
        since=None,
        zone=ZoneInfo("Europe/Amsterdam"),
        country="NL",
        plays_a_day=0,
        core=0,
        encounters=0,
        taste=(),
        weekdays=(),
        weekends=(),
        devices=("ios",),
        has_picture=False,
    ),
)
