"""What a person can rely on when plays are stored: each once, none lost, others' untouched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, select

from music_time_machine.db import Database
from music_time_machine.listens import Recorded, TrackIds, keep_tracks, record
from music_time_machine.models import Account, Album, Archive, Artist, Listen, Track
from music_time_machine.plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    Play,
    Source,
    TrackDetails,
)
from music_time_machine.traits import Device, Trait, value

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
TRACK = "0123456789ABCDEFGHIJkl"
OTHER = "0123456789ABCDEFGHIJkm"


def heard(
    at: datetime = EVENING,
    ms: int | None = 180_000,
    track: str | None = TRACK,
    title: str = "Copper Sky",
    artist: str | None = "The Almanacs",
    source: Source = Source.EXTENDED_HISTORY,
    kind: Kind = Kind.TRACK,
    platform: str | None = None,
) -> Play:
    return Play(
        source=source, played_at=at, ms_played=ms, kind=kind, title=title, artist=artist,
        album="Weathervanes", spotify_id=track, platform=platform,
    )  # fmt: skip


def from_api(at: datetime, track: str = TRACK) -> Play:
    return heard(at=at, ms=None, track=track, source=Source.RECENTLY_PLAYED)


def keep(db: Database, account: Account, plays: Sequence[Play], now: datetime = NOW) -> Recorded:
    with db.write() as session:
        return record(session, account, plays, TrackIds(), now)


def stored(db: Database, account: Account) -> list[tuple[datetime, str, int]]:
    with db.read() as session:
        statement = (
            select(Listen.played_at, Track.title, Listen.ms_played)
            .join(Track, Track.id == Listen.track_id)
            .where(Listen.account_id == account.id)
            .order_by(Listen.played_at, Track.title, Listen.ms_played)
        )
        return [(at, title, ms) for at, title, ms in session.execute(statement)]


def version(db: Database, account: Account) -> tuple[int, int]:
    with db.read() as session:
        archive = session.get(Archive, account.id)
        assert archive is not None
        return archive.version, archive.rewritten


def test_keeps_a_play_with_its_time_and_length(db: Database, alice: Account) -> None:
    assert keep(db, alice, [heard()]) == Recorded(added=1, known=0)
    assert stored(db, alice) == [(EVENING, "Copper Sky", 180_000)]


def test_keeping_the_same_plays_twice_adds_nothing(db: Database, alice: Account) -> None:
    plays = [heard(EVENING + timedelta(minutes=n)) for n in range(30)]
    keep(db, alice, plays)
    before = version(db, alice)
    assert keep(db, alice, plays) == Recorded(added=0, known=30)
    assert len(stored(db, alice)) == 30
    assert version(db, alice) == before


def test_one_row_repeated_in_a_file_is_one_play(db: Database, alice: Account) -> None:
    assert keep(db, alice, [heard(), heard()]) == Recorded(added=1, known=1)


def test_two_tracks_in_the_same_second_are_two_plays(db: Database, alice: Account) -> None:
    keep(db, alice, [heard(), heard(track=OTHER, title="Glass Orchard")])
    assert [title for _, title, _ in stored(db, alice)] == ["Copper Sky", "Glass Orchard"]


def test_plays_that_share_a_sync_time_all_stay(db: Database, alice: Account) -> None:
    keep(db, alice, [heard(ms=181_000), heard(ms=182_000), heard(ms=183_000)])
    assert [ms for _, _, ms in stored(db, alice)] == [181_000, 182_000, 183_000]


def test_a_play_of_no_length_is_kept(db: Database, alice: Account) -> None:
    keep(db, alice, [heard(ms=0)])
    assert [ms for _, _, ms in stored(db, alice)] == [0]


def test_bobs_plays_do_not_meet_alices(db: Database, alice: Account, bob: Account) -> None:
    keep(db, alice, [heard()])
    assert keep(db, bob, [heard()]) == Recorded(added=1, known=0)
    assert len(stored(db, alice)) == len(stored(db, bob)) == 1


def test_a_track_without_an_id_is_recognised_by_its_names(db: Database, alice: Account) -> None:
    keep(db, alice, [heard(track=None), heard(EVENING + timedelta(hours=1), track=None)])
    keep(db, alice, [heard(EVENING + timedelta(hours=2), track=None, artist=" THE  almanacs")])
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Track)) == 1
        assert session.scalar(select(func.count()).select_from(Artist)) == 1
        assert session.scalar(select(func.count()).select_from(Album)) == 1


def test_a_podcast_and_a_band_of_one_name_are_two(db: Database, alice: Account) -> None:
    keep(db, alice, [heard(), heard(kind=Kind.EPISODE, track=OTHER, title="Number one")])
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Artist)) == 2


@pytest.mark.parametrize(
    ("platform", "device"),
    [
        ("Android OS 11 API 30 (Google, Pixel 3a)", Device.ANDROID),
        ("ios", Device.IOS),
        ("OS X 10.13.6 [x86 8]", Device.MACOS),
        ("Partner amazon_salmon Amazon;Echo_Dot", Device.SPEAKER),
        ("web_player windows 10", Device.WEB),
        ("cast", Device.CAST),
        ("not_applicable", Device.OTHER),
    ],
)
def test_keeps_the_kind_of_device_only(
    db: Database, alice: Account, platform: str, device: Device
) -> None:
    keep(db, alice, [heard(platform=platform)])
    with db.read() as session:
        assert value(session.execute(select(Listen.traits)).scalar_one(), Trait.DEVICE) == device


def test_an_export_takes_the_place_of_what_the_api_told(db: Database, alice: Account) -> None:
    start = EVENING - timedelta(seconds=180, milliseconds=321)
    assert keep(db, alice, [from_api(start)]) == Recorded(added=1, known=0)
    assert keep(db, alice, [heard()]) == Recorded(added=0, known=1)
    assert stored(db, alice) == [(EVENING, "Copper Sky", 180_000)]


def test_what_the_api_tells_after_the_export_is_known(db: Database, alice: Account) -> None:
    keep(db, alice, [heard()])
    before = version(db, alice)
    assert keep(db, alice, [from_api(EVENING + timedelta(milliseconds=400))]).known == 1
    assert len(stored(db, alice)) == 1
    assert version(db, alice) == before


def test_a_track_heard_twice_in_a_row_stays_twice_from_both_sources(
    db: Database, alice: Account
) -> None:
    ends = [EVENING, EVENING + timedelta(seconds=180)]
    starts = [end - timedelta(seconds=180) for end in ends]
    keep(db, alice, [from_api(start) for start in starts])
    assert keep(db, alice, [heard(end) for end in ends]) == Recorded(added=0, known=2)
    assert [at for at, _, _ in stored(db, alice)] == ends
    assert keep(db, alice, [from_api(start) for start in starts]).added == 0


def test_another_day_of_the_same_track_is_another_play(db: Database, alice: Account) -> None:
    keep(db, alice, [heard()])
    assert keep(db, alice, [from_api(EVENING + timedelta(days=1))]).added == 1


def test_the_apis_play_gets_the_tracks_own_length(db: Database, alice: Account) -> None:
    details = TrackDetails(
        spotify_id=TRACK, title="Copper Sky", duration_ms=201_000,
        artist=ArtistDetails("0123456789ABCDEFGHIJka", "The Almanacs"),
        album=AlbumDetails("0123456789ABCDEFGHIJkb", "Weathervanes", "2019-05"),
        raw='{"name": "Copper\\u0000 Sky", "odd": "\\ud800"}',
    )  # fmt: skip
    with db.write() as session:
        keep_tracks(session, [details])
    keep(db, alice, [from_api(EVENING)])
    assert stored(db, alice) == [(EVENING, "Copper Sky", 201_000)]


def test_details_from_the_api_join_what_an_export_told(db: Database, alice: Account) -> None:
    keep(db, alice, [heard()])
    details = TrackDetails(
        spotify_id=TRACK, title="Copper Sky", duration_ms=201_000,
        artist=ArtistDetails("0123456789ABCDEFGHIJka", "The Almanacs"), album=None, isrc="X",
    )  # fmt: skip
    with db.write() as session:
        keep_tracks(session, [details])
    with db.read() as session:
        assert session.execute(select(Track.isrc, Track.duration_ms)).one() == ("X", 201_000)
        names = session.execute(select(Artist.name, Artist.spotify_id)).all()
        assert names == [("The Almanacs", "0123456789ABCDEFGHIJka")]


def test_two_artists_of_one_name_stay_two(db: Database, alice: Account) -> None:
    def by(artist: str, track: str) -> TrackDetails:
        return TrackDetails(track, "A song", ArtistDetails(artist, "Mirelle"), None, 1)

    with db.write() as session:
        keep_tracks(session, [by("0123456789ABCDEFGHIJka", TRACK)])
        keep_tracks(session, [by("0123456789ABCDEFGHIJkb", OTHER)])
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Artist)) == 2
        assert len(set(session.scalars(select(Track.artist_id)))) == 2


def test_newer_plays_do_not_count_as_rewriting(db: Database, alice: Account) -> None:
    keep(db, alice, [heard()], now=NOW)
    _, rewritten = version(db, alice)
    keep(db, alice, [heard(EVENING + timedelta(hours=1))], now=NOW + timedelta(hours=1))
    newer, still = version(db, alice)
    assert still == rewritten < newer
    keep(db, alice, [heard(EVENING - timedelta(days=900))], now=NOW + timedelta(hours=2))
    assert version(db, alice)[1] == version(db, alice)[0] > newer


def test_a_version_never_comes_again_when_the_clock_goes_back(db: Database, alice: Account) -> None:
    keep(db, alice, [heard()], now=NOW)
    first, _ = version(db, alice)
    keep(db, alice, [heard(EVENING + timedelta(hours=1))], now=NOW - timedelta(days=1))
    assert version(db, alice)[0] == first + 1


def test_a_batch_that_fails_leaves_nothing(db: Database, alice: Account) -> None:
    def fail() -> None:
        with db.write() as session:
            record(session, alice, [heard()], TrackIds(), NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored(db, alice) == []


def test_what_was_not_told_of_a_track_is_filled_in_and_what_was_told_stays(
    db: Database, alice: Account
) -> None:
    names = [f"Song {n}" for n in range(30)]

    def told(album: str | None, isrc: str | None, ms: int | None) -> list[Play]:
        return [
            Play(
                Source.LISTENBRAINZ, EVENING, None, Kind.TRACK, name, "The Almanacs", album=album,
                isrc=isrc and f"{isrc}{place:05d}", duration_ms=ms,
            )
            for place, name in enumerate(names)
        ]  # fmt: skip

    keep(db, alice, told(None, None, None))
    keep(db, alice, told("Weathervanes", "DEXX124", 201_000))
    keep(db, alice, told("Another", "DEXX999", 1))
    with db.read() as session:
        rows = session.execute(
            select(Track.title, Album.name, Track.isrc, Track.duration_ms)
            .join(Album, Album.id == Track.album_id)
            .order_by(Track.isrc)
        ).all()
    assert [tuple(row) for row in rows] == [
        (name, "Weathervanes", f"DEXX124{place:05d}", 201_000) for place, name in enumerate(names)
    ]


def test_one_scrobble_under_two_ids_of_two_lengths_is_one_play(
    db: Database, alice: Account
) -> None:
    def scrobble(track: str, duration_ms: int) -> Play:
        told = heard(ms=None, track=track, source=Source.LISTENBRAINZ)
        return msgspec.structs.replace(told, duration_ms=duration_ms)

    both = [scrobble(TRACK, 181_000), scrobble(OTHER, 183_500)]
    assert keep(db, alice, both) == Recorded(added=1, known=1)
    assert len(stored(db, alice)) == 1
