"""What a reader of columns relies on: always the database's state, whatever is on the disk."""

import itertools
import random
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from music_time_machine import columns
from music_time_machine.columns import Columns, Listens, builds, calendar_day, day_number
from music_time_machine.columns import files as columns_files
from music_time_machine.columns.reading import bring_up_to_date
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.models import Account, Archive, Listen, Track
from music_time_machine.plays import Kind, Source
from music_time_machine.traits import Trait, value
from tests.columns.histories import (
    ZONES,
    Heard,
    contents,
    histories,
    keep,
    mixed_histories,
    new_account,
    size,
    stored_order,
    titles,
)

EVENING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Around a day that came back for an hour in Newfoundland.
SHORT = histories(datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 9, 11, tzinfo=UTC), most=15)
MIXED = mixed_histories(
    datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 9, 11, tzinfo=UTC), most=15
)

on_this_database = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def folder_of(db: Database, account: Account) -> Path:
    return db.data_dir / "columns" / str(account.id)


def builds_of(db: Database, account: Account) -> list[Path]:
    return sorted(folder_of(db, account).glob("*.columns"))


def made_anew(db: Database, account: Account) -> Columns:
    """The columns as they are when nothing is on the disk yet."""
    with db.read() as session:
        return bring_up_to_date(session, account, Columns.empty(account.zone))


def expected(
    db: Database, account: Account, history: list[Heard], kinds: set[Kind]
) -> list[tuple[int, str, int, int, int]]:
    """(second, title, ms, day, hour of the week) of the plays of some kinds, one by one."""
    kind_of = {heard.title: heard.kind for heard in history}
    plays = []
    for played_at, title, ms in stored_order(db, account):
        if kind_of[title] in kinds:
            local = played_at.astimezone(account.zone)
            second = int(played_at.replace(microsecond=0).timestamp())
            hour = local.weekday() * 24 + local.hour
            plays.append((second, title, ms, day_number(local.date()), hour))
    return plays


def found(db: Database, listens: Listens) -> list[tuple[int, str, int, int, int]]:
    called = titles(db, listens.track_ids.tolist())
    names = [called[track_id] for track_id in listens.track_ids[listens.track].tolist()]
    rows = zip(
        listens.when.tolist(), names, listens.ms.tolist(), listens.day.tolist(),
        listens.hour.tolist(), strict=True,
    )  # fmt: skip
    return list(rows)


MUSIC, SPOKEN = {Kind.TRACK}, {Kind.EPISODE, Kind.CHAPTER}


@on_this_database
@given(history=histories(), zone=st.sampled_from(ZONES))
def test_every_play_is_there_with_its_local_day_and_hour(
    db: Database, settings: Settings, history: list[Heard], zone: str
) -> None:
    account = new_account(db, settings, zone)
    keep(db, account, history)
    loaded = columns.load(db, account)
    assert found(db, loaded.music) == expected(db, account, history, MUSIC)
    assert found(db, loaded.spoken) == expected(db, account, history, SPOKEN)
    assert len({(heard.at, heard.title, heard.ms) for heard in history}) == size(
        loaded.music
    ) + size(loaded.spoken)


@on_this_database
@given(history=SHORT)
def test_tracks_and_artists_are_numbered_as_they_were_first_heard(
    db: Database, settings: Settings, history: list[Heard]
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    music = columns.load(db, account).music
    plays = expected(db, account, history, MUSIC)
    in_order = list(dict.fromkeys(title for _, title, *_ in plays))
    called = titles(db, music.track_ids.tolist())
    assert [called[track_id] for track_id in music.track_ids.tolist()] == in_order
    first = [next(day for _, name, _, day, _ in plays if name == title) for title in in_order]
    assert music.first_day.tolist() == first
    artist_of = {heard.title: heard.artist for heard in history}
    artists = list(dict.fromkeys(name for t in in_order if (name := artist_of[t]) is not None))
    assert [None if n < 0 else artists[n] for n in music.artist.tolist()] == [
        artist_of[title] for title in in_order
    ]
    assert len(music.artist_ids) == len(artists)
    firsts = dict[str | None, int]()
    for title, day in zip(in_order, first, strict=True):
        firsts.setdefault(artist_of[title], day)
    assert music.artist_first_day().tolist() == [firsts[artist] for artist in artists]


@on_this_database
@given(history=mixed_histories())
def test_every_play_tells_how_it_was_played_and_of_what(
    db: Database, settings: Settings, history: list[Heard]
) -> None:
    account = new_account(db, settings)
    keep(db, account, history)
    loaded = columns.load(db, account)
    with db.read() as session:
        statement = (
            select(Listen, Track)
            .join(Track, Track.id == Listen.track_id)
            .where(Listen.account_id == account.id)
            .order_by(*Listen.__mapper__.primary_key)
        )
        rows = [(listen, track) for listen, track in session.execute(statement)]
    for listens, is_music in ((loaded.music, True), (loaded.spoken, False)):
        wanted = [
            (
                listen.track_id,
                (track.duration_ms or listen.ms_played)
                if listen.traits >> 10 & 1
                else listen.ms_played,
                {trait: value(listen.traits, trait) for trait in Trait if trait != Trait.COUNTRY},
                listen.source,
                track.artist_id or -1,
                track.album_id or -1,
                track.duration_ms or 0,
            )
            for listen, track in rows
            if (track.kind == "track") == is_music
        ]
        assert told(listens) == wanted
        recordings = [track.recording for _, track in rows if (track.kind == "track") == is_music]
        seen = list(dict.fromkeys(recordings))
        numbers = listens.recording[listens.track].tolist()
        assert [seen[number] for number in numbers] == recordings


def told(listens: Listens) -> list[tuple[object, ...]]:
    """What each play says besides its time, one by one."""
    artist_ids, album_ids = [*listens.artist_ids.tolist(), -1], [*listens.album_ids.tolist(), -1]
    traits = {t: listens.trait(t).tolist() for t in Trait if t != Trait.COUNTRY}
    return [
        (
            int(listens.track_ids[track]),
            int(listens.ms[n]),
            {trait: values[n] for trait, values in traits.items()},
            int(listens.source[n]),
            artist_ids[listens.artist[track]],
            album_ids[listens.album[track]],
            int(listens.duration_ms[track]),
        )
        for n, track in enumerate(listens.track.tolist())
    ]


def test_true_repeats_are_plays_of_their_own(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    with db.write() as session:
        (listen,) = session.scalars(select(Listen)).all()
        again = {"track_id": listen.track_id, "ms_played": listen.ms_played, "traits": 0}
        session.add(Listen(account_id=alice.id, played_at=EVENING, nth=1, source=1, **again))
        session.execute(update(Archive).values(version=Archive.version + 1))
    assert size(columns.load(db, alice).music) == 2


@pytest.mark.parametrize("was_built", [True, False])
def test_a_length_no_source_tells_is_the_tracks_once_that_is_known(
    db: Database, alice: Account, was_built: bool
) -> None:
    scrobble = Heard(EVENING, ms=None, source=Source.LASTFM)
    keep(db, alice, [scrobble, Heard(EVENING + 9 * MINUTE, track=2, ms=0)])
    for known, newer in ((None, 20), (200_000, 30), (210_000, 40)):
        if was_built:
            columns.load(db, alice)
        with db.write() as session:
            session.execute(update(Track).values(duration_ms=known))
        keep(db, alice, [Heard(EVENING + newer * MINUTE, track=2, ms=1)])
        music = columns.load(db, alice).music
        assert music.ms[:2].tolist() == [known or 0, 0]
        assert music.duration_ms.tolist() == [known or 0] * 2
        assert contents(columns.load(db, alice)) == contents(made_anew(db, alice))


def test_details_that_changed_since_are_in_the_next_build(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING), Heard(EVENING + MINUTE, edition=1)])
    assert columns.load(db, alice).music.recording.tolist() == [0, 0]
    with db.write() as session:
        session.execute(update(Track).values(recording=Track.id, album_id=None))
        session.execute(update(Archive).values(version=Archive.version + 1))
    music = columns.load(db, alice).music
    assert (music.recording.tolist(), music.album.tolist()) == ([0, 1], [-1, -1])
    assert contents(columns.load(db, alice)) == contents(made_anew(db, alice))


@settings(on_this_database, max_examples=15)
@given(batches=st.lists(st.one_of(SHORT, MIXED), min_size=1, max_size=5), keeps_up=st.booleans())
def test_a_build_that_was_extended_equals_one_made_anew(
    db: Database,
    settings: Settings,
    batches: list[list[Heard]],
    keeps_up: bool,
) -> None:
    account = new_account(db, settings, "America/St_Johns")
    if keeps_up:
        batches = [sorted(batch, key=lambda heard: heard.at) for batch in batches]
        batches.sort(key=lambda batch: batch[-1].at if batch else EVENING)
    for batch in batches:
        keep(db, account, batch)
        extended = contents(columns.load(db, account))
        assert extended == contents(made_anew(db, account))


def test_only_newer_plays_are_added_to_the_build_before(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING), Heard(EVENING + MINUTE)])
    columns.load(db, alice)
    with db.write() as session:  # behind the columns' back: no version is raised
        session.execute(delete(Listen).where(Listen.played_at == EVENING))
    keep(db, alice, [Heard(EVENING + 2 * MINUTE)])
    assert size(columns.load(db, alice).music) == 3
    with db.write() as session:
        raised = Archive.version + 1
        session.execute(update(Archive).values(version=raised, rewritten=raised))
    assert size(columns.load(db, alice).music) == 2


def test_an_older_play_is_put_in_its_place(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING, track=1)])
    columns.load(db, alice)
    keep(db, alice, [Heard(EVENING - MINUTE, track=2)])
    music = columns.load(db, alice).music
    assert music.when.tolist() == [int(EVENING.timestamp()) - 60, int(EVENING.timestamp())]
    assert [titles(db, music.track_ids.tolist())[n] for n in music.track_ids.tolist()] == [
        "Track 2",
        "Track 1",
    ]


def test_a_play_that_was_taken_back_is_gone(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING), Heard(EVENING + MINUTE)])
    columns.load(db, alice)
    with db.write() as session:
        session.execute(delete(Listen).where(Listen.played_at == EVENING))
        raised = Archive.version + 1
        session.execute(update(Archive).values(version=raised, rewritten=raised))
    assert columns.load(db, alice).music.when.tolist() == [int(EVENING.timestamp()) + 60]


def test_a_corrected_artist_is_seen_with_the_next_play(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING, track=1), Heard(EVENING + MINUTE, track=2)])
    assert columns.load(db, alice).music.artist.tolist() == [0, 1]
    with db.write() as session:
        other = select(Track.artist_id).where(Track.title == "Track 2").scalar_subquery()
        session.execute(update(Track).where(Track.title == "Track 1").values(artist_id=other))
    keep(db, alice, [Heard(EVENING + 2 * MINUTE, track=1)])
    assert columns.load(db, alice).music.artist.tolist() == [0, 0]


def test_an_account_without_plays_has_empty_columns(db: Database, alice: Account) -> None:
    loaded = columns.load(db, alice)
    assert (size(loaded.music), size(loaded.spoken)) == (0, 0)
    assert (loaded.first_day, loaded.last_day) == (None, None)
    assert not folder_of(db, alice).exists()


def test_an_account_whose_plays_are_all_gone_has_empty_columns(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(EVENING)])
    columns.load(db, alice)
    with db.write() as session:
        session.execute(delete(Listen))
        raised = Archive.version + 1
        session.execute(update(Archive).values(version=raised, rewritten=raised))
    for _ in range(2):
        loaded = columns.load(db, alice)
        assert contents(loaded) == contents(Columns.empty(alice.zone))


def test_one_play_is_enough(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    loaded = columns.load(db, alice)
    assert (loaded.first_day, loaded.last_day) == (date(2026, 11, 20), date(2026, 11, 20))
    assert (size(loaded.music), size(loaded.spoken)) == (1, 0)


def test_first_and_last_day_are_of_music_and_spoken_alike(db: Database, alice: Account) -> None:
    episode, day = 4, timedelta(days=1)
    keep(db, alice, [Heard(EVENING), Heard(EVENING - day, track=episode)])
    keep(db, alice, [Heard(EVENING + day, track=episode)])
    loaded = columns.load(db, alice)
    assert (loaded.first_day, loaded.last_day) == (date(2026, 11, 19), date(2026, 11, 21))


def test_each_account_has_its_own(db: Database, alice: Account, bob: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    keep(db, bob, [Heard(EVENING), Heard(EVENING + MINUTE)])
    assert size(columns.load(db, alice).music) == 1
    assert size(columns.load(db, bob).music) == 2


def test_another_time_zone_gives_other_days(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    days = [
        calendar_day(int(columns.load(db, replace(alice, zone=ZoneInfo(zone))).music.day[0]))
        for zone in ("UTC", "Pacific/Kiritimati", "UTC")
    ]
    assert days == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 20)]


def test_the_whole_range_of_years_is_kept(db: Database, alice: Account) -> None:
    ends = [datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)]
    keep(db, alice, [Heard(at) for at in ends])
    alice = replace(alice, zone=ZoneInfo("Pacific/Kiritimati"))
    music = columns.load(db, alice).music
    assert [calendar_day(day) for day in music.day.tolist()] == [date(2000, 1, 1), date(2100, 1, 1)]


def test_the_same_second_may_get_more_plays_later(db: Database, alice: Account) -> None:
    ms = timedelta(milliseconds=1)
    keep(db, alice, [Heard(EVENING + MINUTE, track=1), Heard(EVENING + MINUTE + ms, track=2)])
    columns.load(db, alice)
    keep(db, alice, [Heard(EVENING + MINUTE + 2 * ms, track=3)])
    loaded = contents(columns.load(db, alice))
    assert loaded == contents(made_anew(db, alice))


def test_whatever_comes_into_the_last_second_is_seen(
    db: Database, alice: Account, bob: Account
) -> None:
    ms = timedelta(milliseconds=1)
    keep(db, bob, [Heard(EVENING, track=3)])
    keep(db, alice, [Heard(EVENING - MINUTE, track=2), Heard(EVENING + 900 * ms, track=1)])
    columns.load(db, alice)
    with db.write() as session:
        new = select(Track.id).where(Track.title == "Track 3")
        play = {"track_id": session.scalar(new), "ms_played": 1, "source": 1, "nth": 0, "traits": 0}
        session.add(Listen(account_id=alice.id, played_at=EVENING + 100 * ms, **play))
        session.execute(update(Archive).values(version=Archive.version + 1))
    loaded = columns.load(db, alice)
    assert len(loaded.music) == 3
    assert contents(loaded) == contents(made_anew(db, alice))


def test_only_the_newest_build_stays_on_the_disk(db: Database, alice: Account) -> None:
    for n in range(4):
        keep(db, alice, [Heard(EVENING + n * MINUTE)])
        columns.load(db, alice)
        (folder_of(db, alice) / "77.columns.0123456789abcdef.part").write_bytes(b"half")
    left = {path.name for path in folder_of(db, alice).iterdir()}
    with db.read() as session:
        version = session.scalar(select(Archive.version))
    assert left == {f"{version}.columns", "lock", "77.columns.0123456789abcdef.part"}


def test_what_is_kept_can_be_read_by_its_owner_alone(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    columns.load(db, alice)
    (build,) = builds_of(db, alice)
    assert stat.S_IMODE(build.stat().st_mode) == 0o600
    assert stat.S_IMODE(build.parent.stat().st_mode) == 0o700


def test_a_build_cannot_be_changed_by_a_reader(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    loaded = columns.load(db, alice)
    with pytest.raises(ValueError, match="read-only"):
        loaded.music.ms[0] = 1


@pytest.mark.parametrize("damage", ["byte", "cut", "grown", "empty", "zeros", "another"])
def test_a_damaged_build_is_never_read_only_made_anew(
    db: Database, alice: Account, bob: Account, damage: str
) -> None:
    keep(db, alice, [Heard(EVENING + n * MINUTE, track=n) for n in range(9)])
    whole = contents(columns.load(db, alice))
    (build,) = builds_of(db, alice)
    content = build.read_bytes()
    chance = random.Random(7)
    for _ in range(20):
        at = chance.randrange(len(content))
        flipped = bytes([content[at] ^ (1 << chance.randrange(8))])
        broken = {
            "byte": content[:at] + flipped + content[at + 1 :],
            "cut": content[:at],
            "grown": content + bytes(64),
            "empty": b"",
            "zeros": bytes(len(content)),
            "another": b"MTMCOL00" + content[8:],
        }[damage]
        build.unlink()
        build.write_bytes(broken)
        assert contents(columns.load(db, alice)) == whole
        (build,) = builds_of(db, alice)
        assert build.read_bytes() == content


def test_every_single_bit_of_a_build_is_checked(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    columns.load(db, alice)
    (build,) = builds_of(db, alice)
    content = bytearray(build.read_bytes())
    unchecked = []
    for at in range(len(content)):
        content[at] ^= 1
        build.write_bytes(content)
        try:
            columns_files.read(build, alice.zone)
            unchecked.append(at)
        except columns_files.Unusable:
            pass
        content[at] ^= 1
    assert unchecked == []


def test_a_build_under_a_wrong_name_is_never_read(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    columns.load(db, alice)
    (older,) = builds_of(db, alice)
    content = older.read_bytes()
    keep(db, alice, [Heard(EVENING + MINUTE)])
    columns.load(db, alice)
    (newer,) = builds_of(db, alice)
    newer.unlink()
    newer.write_bytes(content)
    assert size(columns.load(db, alice).music) == 2


def test_what_is_left_of_a_builder_that_was_killed_is_cleared_away(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(EVENING)])
    folder = folder_of(db, alice)
    folder.mkdir(parents=True)
    (folder / "5.columns.0123456789abcdef.part").write_bytes(b"MTMCOL02 and then the power went")
    (folder / "lock").touch()
    assert size(columns.load(db, alice).music) == 1
    assert len(list(folder.iterdir())) == 2


def test_zone_rules_that_changed_since_make_a_build_unfit(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    was, law = _zone_with_rules_of("Europe/Berlin"), _zone_with_rules_of("Asia/Kathmandu")
    hours = []
    for zone in (was, law):
        builds._opened.clear()  # as another process that starts later
        hours.append(int(columns.load(db, replace(alice, zone=zone)).music.hour[0]) % 24)
    assert hours == [21, 1]


def _zone_with_rules_of(name: str) -> ZoneInfo:
    *folders, city = name.split("/")
    rules = files(".".join(["tzdata.zoneinfo", *folders])).joinpath(city).read_bytes()
    return ZoneInfo.from_file(BytesIO(rules), key="Invented/Town")


def test_a_disk_that_takes_nothing_does_not_keep_anyone_from_reading(
    db: Database, alice: Account
) -> None:
    keep(db, alice, [Heard(EVENING)])
    db.data_dir.mkdir(parents=True, exist_ok=True)
    (db.data_dir / "columns").write_text("a file where the folder should be")
    assert size(columns.load(db, alice).music) == 1


def test_a_full_disk_does_not_keep_anyone_from_reading(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING + n * MINUTE) for n in range(500)])
    url, folder = db.url, db.data_dir
    said = _in_another_process(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        {_loading(alice, url, folder)}
        """
    )
    assert said.splitlines()[-1].startswith("500 ")
    assert builds_of(db, alice) == []
    assert [path.name for path in folder_of(db, alice).iterdir()] == ["lock"]


def test_a_reader_of_a_valid_build_waits_for_nobody(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    columns.load(db, alice)
    builds._opened.clear()
    with FileLock(folder_of(db, alice) / "lock"):
        assert size(columns.load(db, alice).music) == 1


def test_only_one_builds_at_a_time_and_the_others_are_told_when_it_takes_too_long(
    db: Database, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "PATIENCE_SECONDS", 0)
    keep(db, alice, [Heard(EVENING)])
    folder_of(db, alice).mkdir(parents=True)
    with FileLock(folder_of(db, alice) / "lock"):
        with pytest.raises(columns.ColumnsBusy, match="Try again in a minute") as busy:
            columns.load(db, alice)
        assert busy.value.status == 503
    assert size(columns.load(db, alice).music) == 1


def test_many_threads_at_once_all_get_the_whole(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING + n * MINUTE, track=n % 40) for n in range(2000)])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: contents(columns.load(db, alice)), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert size(columns.load(db, alice).music) == 1600
    assert len(builds_of(db, alice)) == 1


def test_many_processes_at_once_all_get_the_whole(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING + n * MINUTE, track=n % 40) for n in range(2000)])
    code = _loading(alice, db.url, db.data_dir)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(_in_another_process, [code] * 3))
    assert answers == [answers[0]] * 3
    assert answers[0].startswith("1600 ")
    assert len(builds_of(db, alice)) == 1


def test_a_build_is_never_a_mixture_of_two_states(db: Database, alice: Account) -> None:
    def write() -> None:
        for n in range(40):
            at = EVENING + n * timedelta(hours=1) * (-1) ** n
            keep(db, alice, [Heard(at + k * MINUTE) for k in range(10)])

    def sizes() -> Iterator[int]:
        while not writing.done():
            yield size(columns.load(db, alice).music)
        yield size(columns.load(db, alice).music)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        seen = list(sizes())
        writing.result()
    assert {plays % 10 for plays in seen} == {0}
    assert seen == sorted(seen)
    assert seen[-1] == 400


def test_version_and_plays_are_read_from_one_state(db: Database, alice: Account) -> None:
    keep(db, alice, [Heard(EVENING)])
    with db.read() as session:
        session.scalar(select(Archive.version))
        keep(db, alice, [Heard(EVENING + MINUTE)])
        loaded = bring_up_to_date(session, alice, Columns.empty(alice.zone))
    assert size(loaded.music) == 1
    assert size(columns.load(db, alice).music) == 2


def test_only_so_many_builds_are_kept_open(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "archives_open", 3)
    listeners = [new_account(db, settings) for _ in range(6)]
    for listener, _ in itertools.product(listeners, range(2)):
        keep(db, listener, [Heard(EVENING)])
        assert size(columns.load(db, listener).music) == 1
    assert len(builds._opened) <= 3


def test_a_big_history_is_built_in_little_memory(db: Database, alice: Account) -> None:
    plays = 150_000
    keep(db, alice, [Heard(EVENING, track=1)])
    _fill(db, alice, plays)
    said = _in_another_process(
        f"""
        import tracemalloc
        {_loading(alice, db.url, db.data_dir, first="tracemalloc.start()")}
        print(tracemalloc.get_traced_memory()[1])
        """
    )
    count, _, peak = said.split()
    assert int(count) == plays
    # 60 bytes a play, and what one batch of rows takes; all rows at once take twice as much.
    assert int(peak) < 60 * plays + 6_000_000


def _fill(db: Database, account: Account, plays: int) -> None:
    """One play a minute of one track, made by the database itself."""
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {plays - 1})"
    )
    with db.write() as session:
        track_id = session.scalar(select(Track.id))
        session.connection().exec_driver_sql(
            f"{numbers} INSERT INTO listens "
            "(account_id, played_at, track_id, ms_played, nth, source, traits) SELECT "
            f"{account.id}, 60000 * CAST(i + 21000000 AS BIGINT), {track_id}, 1, 0, 1, 0 FROM n"
        )


def _loading(account: Account, url: str, folder: Path, first: str = "") -> str:
    return f"""
        import zlib
        from pathlib import Path
        from zoneinfo import ZoneInfo
        from music_time_machine import columns
        from music_time_machine.db import Database
        from music_time_machine.models import Account
        account = Account({account.id}, "", ZoneInfo("{account.zone.key}"), None, 0)
        db = Database({url!r}, Path({str(folder)!r}))
        columns.load(db, Account(0, "", account.zone, None, 0))
        {first}
        loaded = columns.load(db, account)
        parts = (loaded.music, loaded.spoken)
        bytes_ = b"".join(array.tobytes() for part in parts for array in part.arrays())
        print(len(loaded.music), zlib.crc32(bytes_))
        """


def _in_another_process(code: str) -> str:
    lines = [line.strip() for line in code.splitlines()]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
