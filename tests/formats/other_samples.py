"""Listening histories as others than Spotify's extended export write them: small and invented."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.formats.hostile import zip_of
from tests.formats.samples import TRACK_ID, Json

AT = 1_709_661_849  # 2024-03-05 18:04:09 UTC
ADDRESS = f"https://open.spotify.com/track/{TRACK_ID}"
USER = "canary-user-4711"


def account_row(end: str = "2024-03-05 18:04", **changes: object) -> Json:
    """A row of music in Spotify's account data."""
    row: Json = {
        "endTime": end,
        "artistName": "The Hollow Orchard",
        "trackName": "Paper Lanterns",
        "msPlayed": 187_000,
    }
    return row | changes


def podcast_row(end: str = "2024-03-05 19:30") -> Json:
    """A row of a podcast file, as they are since 2024."""
    return {
        "endTime": end,
        "podcastName": "Harbour Talk",
        "episodeName": "An hour about tide tables",
        "msPlayed": 3_100_000,
    }


def audiobook_row(end: str = "2025-03-05 20:30") -> Json:
    """A row of an audiobook file."""
    return {
        "endTime": end,
        "authorName": "Ida Saltmarsh",
        "audiobookName": "The Salt Almanac",
        "chapterName": "Chapter 1: The Sea",
        "msPlayed": 600_000,
    }


def jackson(rows: Iterable[object]) -> bytes:
    """JSON spaced as another of Spotify's programs does: `[ {`, ` : `."""
    inner = ", ".join(json.dumps(row, indent=2, separators=(",", " : ")) for row in rows)
    return f"[ {inner} ]".encode()


def listen(at: object = AT, **changes: object) -> Json:
    """A ListenBrainz listen; `changes` are of its `additional_info`."""
    info: Json = {
        "spotify_id": ADDRESS,
        "isrc": "DEXX12400001",
        "duration_ms": 201_000,
        "ms_played": 187_000,
        "music_service": "spotify.com",
        "submission_client": "invented client",
        "artist_mbids": ["11111111-2222-3333-4444-555555555555"],
    }
    return {
        "listened_at": at,
        "inserted_at": AT + 5,
        "track_metadata": {
            "artist_name": "The Hollow Orchard",
            "track_name": "Paper Lanterns",
            "release_name": "North Window",
            "recording_msid": "66666666-7777-8888-9999-000000000000",
            "additional_info": info | changes,
            "mbid_mapping": {"recording_name": "Paper Lanterns", "artists": []},
        },
    }


def named_listen(title: str, address: str | None) -> Json:
    """A listen of months before under another title, for its ISRC alone."""
    told = listen(AT - (9_000_000 if address else 8_000_000), spotify_id=address)
    metadata = told["track_metadata"]
    assert isinstance(metadata, dict)
    metadata["track_name"] = title
    return told


def json_lines(rows: Iterable[object]) -> bytes:
    """One JSON value a line."""
    return b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)


def listenbrainz_zip(months: dict[str, Iterable[object]]) -> bytes:
    """A ListenBrainz export; `months` are like `2024/3`."""
    others = {
        "user.json": json.dumps({"user_id": 7, "username": USER}).encode(),
        "feedback.jsonl": json_lines(
            [{"created": AT, "score": 1, "track_metadata": {"track_name": "Paper Lanterns"}}]
        ),
        "pinned_recording.jsonl": json_lines([{"created": AT, "pinned_until": AT + 1}]),
    }
    listens = {f"listens/{month}.jsonl": json_lines(rows) for month, rows in months.items()}
    return zip_of(others | listens)


def headless_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Last.fm's list without a header: values without commas and quotes, never quoted."""
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


HEADLESS_ROW = ("The Hollow Orchard", "North Window", "Paper Lanterns", "05 Mar 2024 18:04")
HEADER = ("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid")


def headed_row(uts: object = AT, track: str = "Paper Lanterns") -> tuple[str, ...]:
    """A row of Last.fm's list with a header."""
    date = "05 Mar 2024, 18:04"
    return (str(uts), date, "The Hollow Orchard", "", "North Window", "", track, "")


def headed_csv(rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    """Last.fm's list with a header, every value quoted."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def scrobble(uts: object = str(AT), **changes: object) -> Json:
    """A row of a page of Last.fm's API."""
    row: Json = {
        "artist": {"mbid": "", "#text": "The Hollow Orchard"},
        "streamable": "0",
        "image": [{"size": "small", "#text": "https://invented.example/1.png"}],
        "mbid": "",
        "album": {"mbid": "", "#text": "North Window"},
        "name": "Paper Lanterns",
        "url": f"https://invented.example/{USER}",
        "date": {"uts": uts, "#text": "05 Mar 2024, 18:04"},
    }
    return row | changes


def playing_scrobble() -> Json:
    """What a page says of a track that is playing now: no date."""
    row = scrobble()
    del row["date"]
    return row | {"@attr": {"nowplaying": "true"}}


def page(rows: Sequence[object]) -> Json:
    """A page of Last.fm's API."""
    return {"track": rows, "@attr": {"user": USER, "page": "1", "total": str(len(rows))}}


def maloja_scrobble(at: object = AT, **changes: object) -> Json:
    """A scrobble of Maloja; `changes` are of its track."""
    track: Json = {
        "artists": ["Nils Farber", "The Hollow Orchard"],
        "title": "Paper Lanterns",
        "album": {"albumtitle": "North Window", "artists": ["The Hollow Orchard"]},
        "length": 201,
    }
    return {"time": at, "track": track | changes, "duration": 187, "origin": f"client:{USER}"}


def maloja_json(scrobbles: Sequence[object], indent: int | None = None) -> bytes:
    """A Maloja export."""
    export = {"maloja": {"export_time": AT}, "scrobbles": scrobbles}
    return json.dumps(export, indent=indent).encode()


TABLES = """
    CREATE TABLE tracks (track_id TEXT PRIMARY KEY, name TEXT, artist_name TEXT, album_name TEXT,
        duration_ms INTEGER, spotify_url TEXT, raw_json TEXT);
    CREATE TABLE snapshots (track_id TEXT, snapshot_date TEXT, time_range TEXT, rank INTEGER,
        PRIMARY KEY (track_id, snapshot_date, time_range));
"""
TRACK_ROW = (
    TRACK_ID,
    "Paper Lanterns",
    "The Hollow Orchard",
    "North Window",
    201_000,
    ADDRESS,
    '{"name": "Paper Lanterns"}',
)
PLACE_ROW = (TRACK_ID, "2024-03-05", "short_term", 1)


def database(
    path: Path,
    places: Iterable[tuple[object, ...]] = (PLACE_ROW,),
    tracks: Iterable[tuple[object, ...]] = (TRACK_ROW,),
    tables: str = TABLES,
    before: str = "",
    after: str = "",
) -> bytes:
    """The teaching project's file; `before` and `after` are run around everything else."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(before + tables)
        for row in tracks:
            connection.execute("INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for row in places:
            connection.execute("INSERT INTO snapshots VALUES (?, ?, ?, ?)", row)
        connection.commit()
        connection.executescript(after)
    finally:
        connection.close()
    return path.read_bytes()
