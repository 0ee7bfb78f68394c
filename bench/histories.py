"""Extended streaming histories of any size, invented from a seed, zipped as Spotify zips them.

Knows the shape of the real thing (keys, spacing, rows a file, how unevenly one listens) and counts
what is in each zip; every name is made of syllables. Knows nothing of the product.
"""

import argparse
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
from cases import Truth
from numpy.typing import NDArray

ROWS_A_FILE = 16_500
YEARS = 10
SEED = 20_261_122
FOLDER = "Spotify Extended Streaming History"

# Of a thousand rows: those that name nothing, those that are episodes, those that come twice.
NAMELESS, SPOKEN, TWICE = 3, 20, 1

OLD_PLATFORMS = ("Android OS 11 API 30 (Invented, Phone 3)", "OS X 10.13.6 [x86 8]", "Partner tv")
PLATFORMS = ("android", "osx", "web_player")
STARTS = ("trackdone", "clickrow", "fwdbtn", "playbtn", "backbtn", "appload")
ENDS = ("trackdone", "fwdbtn", "endplay", "backbtn", "logout", "unexpected-exit-while-paused")
COUNTRIES = ("DE", "DE", "DE", "DE", "DE", "DE", "AT", "ZZ")
# How much is heard in each hour of the day: little at night, most in the evening.
HOURS = np.array((2, 1, 1, 1, 1, 2, 4, 7, 8, 7, 6, 6, 7, 6, 6, 7, 8, 9, 10, 10, 9, 8, 6, 4))
# fmt: off
SYLLABLES = (
    "ba", "ce", "dö", "fal", "gri", "hum", "ilo", "jé", "kar", "lun", "mir", "nø",
    "os", "pel", "qua", "rin", "sol", "tev", "ul", "vor", "wen", "xi", "yal", "zu",
)
# fmt: on
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

ROW = """  {
    "ts": "%s",
    "platform": "%s",
    "ms_played": %d,
    "conn_country": "%s",
    "ip_addr": "192.0.2.%d",
%s
    "audiobook_title": null,
    "audiobook_uri": null,
    "audiobook_chapter_uri": null,
    "audiobook_chapter_title": null,
    "reason_start": "%s",
    "reason_end": "%s",
    "shuffle": %s,
    "skipped": %s,
    "offline": %s,
    "offline_timestamp": %d,
    "incognito_mode": false
  }"""
WHAT = (
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "spotify_track_uri",
    "episode_name",
    "episode_show_name",
    "spotify_episode_uri",
)


def write(plays: int, until: date, path: Path) -> Truth:
    """Write a zip of so many rows, the last ones of the day before `until`; always the same one."""
    heard = _Heard(plays, until)
    names = _file_names(heard.seconds)
    unpacked = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, name in enumerate(names):
            rows = heard.rows(index * ROWS_A_FILE, (index + 1) * ROWS_A_FILE)
            content = ("[\n" + ",\n".join(rows) + "\n]").encode()
            unpacked += len(content)
            archive.writestr(f"{FOLDER}/{name}", content)
        archive.writestr(f"{FOLDER}/ReadMeFirst_ExtendedStreamingHistory.pdf", b"%PDF-1.4\n%%EOF\n")
        archive.writestr(zipfile.ZipInfo(f"{FOLDER}/"), b"placeholder")
    return heard.truth(len(names), unpacked)


class _Heard:
    """All rows in order of time as arrays, and the texts that they share."""

    def __init__(self, plays: int, until: date) -> None:
        self.dice = np.random.default_rng(SEED)
        # Whoever hears more comes to know more tracks, but ever more slowly.
        self.tracks = int(60 * plays**0.5)
        self.episodes = self.tracks // 40
        self.seconds = self._seconds(plays, until)
        self.what = self._what(plays)
        self.ms = self._lengths()
        # A few rows come twice, as they do in real exports.
        again = np.flatnonzero(self.dice.integers(1000, size=plays) < TWICE).clip(1)
        for column in (self.seconds, self.what, self.ms):
            column[again] = column[again - 1]
        self.texts = [_track(number) for number in range(self.tracks)]
        self.texts += [_episode(number) for number in range(self.episodes)]
        self.texts.append(_text())

    def _seconds(self, plays: int, until: date) -> NDArray[np.int64]:
        days = round(YEARS * 365.25)
        # Busy and quiet weeks: two waves of different length over the years.
        busy = 1.2 + np.sin(np.arange(days) / 58) * 0.5 + np.sin(np.arange(days) / 211) * 0.5
        day = self.dice.choice(days, plays, p=busy / busy.sum())
        hour = self.dice.choice(24, plays, p=HOURS / HOURS.sum())
        start = int(datetime(until.year, until.month, until.day, tzinfo=UTC).timestamp())
        start -= days * 86_400
        return np.sort(start + day * 86_400 + hour * 3_600 + self.dice.integers(3_600, size=plays))

    def _what(self, plays: int) -> NDArray[np.int64]:
        """The number of each play's text; tracks are numbered as they become known."""
        known = (self.tracks * np.linspace(0.05, 1, plays)).astype(np.int64)
        # Half are old favourites, half fresh obsessions; both fall off like Zipf's law.
        old = (known * self.dice.random(plays) ** 3).astype(np.int64)
        new = known - 1 - (self.tracks * 0.04 * self.dice.random(plays) ** 4).astype(np.int64)
        what = np.where(self.dice.random(plays) < 0.5, old, new).clip(0)
        kind = self.dice.integers(1000, size=plays)
        episode = self.tracks + self.dice.integers(self.episodes, size=plays)
        nothing = self.tracks + self.episodes
        return np.select([kind < SPOKEN, kind < SPOKEN + NAMELESS], [episode, nothing], what)

    def _lengths(self) -> NDArray[np.int64]:
        """Seven in ten are heard to the end, the others often left after seconds."""
        whole = 120_000 + self.what * 7_919 % 210_000
        part = (whole * self.dice.random(len(whole)) ** 2).astype(np.int64)
        return np.where(self.dice.random(len(whole)) < 0.7, whole, part)

    def rows(self, first: int, last: int) -> Iterator[str]:
        """The rows of one file as text."""
        seconds, what, ms = (each[first:last] for each in (self.seconds, self.what, self.ms))
        stamps = np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC")
        dice = np.random.default_rng(SEED + first).integers(1 << 30, size=len(seconds))
        platforms = OLD_PLATFORMS if first < len(self.what) // 2 else PLATFORMS
        starts = (seconds - ms // 1000).tolist()
        columns = (stamps.tolist(), ms.tolist(), what.tolist(), starts, dice.tolist())
        for stamp, length, text, start, die in zip(*columns, strict=True):
            yield ROW % (
                stamp,
                platforms[die % 3],
                length,
                COUNTRIES[die >> 2 & 7],
                die >> 5 & 127,
                self.texts[text],
                STARTS[(die >> 12) % 6],
                ENDS[(die >> 15) % 6],
                "true" if die >> 18 & 1 else "false",
                "true" if die >> 19 & 3 == 0 else "false",
                "true" if die >> 21 & 15 == 0 else "false",
                start,
            )

    def truth(self, files: int, unpacked_bytes: int) -> Truth:
        """What is in it, counted from the arrays."""
        named = self.what < self.tracks + self.episodes
        rows = np.stack((self.seconds[named], self.what[named], self.ms[named]))
        rows = rows[:, np.lexsort(rows)]
        is_new = np.concatenate(([True], (rows[:, 1:] != rows[:, :-1]).any(axis=0)))
        different = rows[:, is_new]
        is_music = different[1] < self.tracks
        return Truth(
            rows=len(self.what),
            files=files,
            listens=different.shape[1],
            music=int(is_music.sum()),
            tracks=len(np.unique(different[1][is_music])),
            known=int((~is_new).sum()),
            nameless=int((~named).sum()),
            ms=int(different[2].sum()),
            unpacked_bytes=unpacked_bytes,
        )


def _file_names(seconds: NDArray[np.int64]) -> list[str]:
    """Named by the years they cover and counted through, as Spotify does."""
    names = []
    for index, first in enumerate(range(0, len(seconds), ROWS_A_FILE)):
        ends = seconds[first : first + ROWS_A_FILE][[0, -1]]
        years = sorted({datetime.fromtimestamp(int(end), UTC).year for end in ends})
        names.append(f"Streaming_History_Audio_{'-'.join(map(str, years))}_{index}.json")
    return names


def _track(number: int) -> str:
    """A track's part of a row: one artist has about nine, on four albums."""
    artist = number * 11 % (number // 9 + 1)
    return _text(
        _words(f"title {number}", 2 + number % 3),
        _words(f"artist {artist}", 2),
        _words(f"album {artist} {number % 4}", 2),
        f"spotify:track:{_spotify_id(f'track {number}')}",
    )


def _episode(number: int) -> str:
    uri = f"spotify:episode:{_spotify_id(f'episode {number}')}"
    show = _words(f"show {number % 20}", 2)
    return _text(None, None, None, None, _words(f"episode {number}", 4), show, uri)


def _text(*values: str | None) -> str:
    said = (*values, *[None] * (len(WHAT) - len(values)))
    pairs = zip(WHAT, said, strict=True)
    return "\n".join(f'    "{key}": {json.dumps(v, ensure_ascii=False)},' for key, v in pairs)


def _words(seed: str, count: int) -> str:
    dice = blake2b(seed.encode(), digest_size=3 * count).digest()
    syllables = [SYLLABLES[die % len(SYLLABLES)] for die in dice]
    return " ".join("".join(syllables[3 * n : 3 * n + 2 + n % 2]) for n in range(count)).title()


def _spotify_id(seed: str) -> str:
    number = int.from_bytes(blake2b(seed.encode(), digest_size=16).digest())
    return "".join(DIGITS[number // 62**place % 62] for place in range(22))


def main() -> None:
    options = argparse.ArgumentParser(description="Write an invented listening history as a zip.")
    options.add_argument("--plays", type=int, default=200_000)
    options.add_argument("--until", type=date.fromisoformat, default=datetime.now(UTC).date())
    options.add_argument("--output", type=Path, default=Path("history.zip"))
    chosen = options.parse_args()
    print(json.dumps(asdict(write(chosen.plays, chosen.until, chosen.output))))


if __name__ == "__main__":
    main()
