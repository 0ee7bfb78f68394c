"""The package with the own data: laid out, named, cut and written as Spotify does it."""

import io
import json
import re
import struct
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import requests

from spotify_emulator.world import World
from spotify_emulator.world.export import GENERATIONS, Generation
from spotify_emulator.world.listeners import LISTENERS, Listener
from tests.emulator.conftest import WORLD_NOW

HISTORY = "Spotify Extended Streaming History/"
MAREN, TEO, AIKO, _, NOOR = LISTENERS
SONG = [
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
]
PODCAST = ["episode_name", "episode_show_name"]
HOW = [
    *("reason_start", "reason_end", "shuffle", "skipped"),
    *("offline", "offline_timestamp", "incognito_mode"),
]
OLD_WHO = [
    *("ts", "username", "platform", "ms_played", "conn_country"),
    *("ip_addr_decrypted", "user_agent_decrypted"),
]
NEW_WHO = ["ts", "platform", "ms_played", "conn_country", "ip_addr"]
WITH_URIS = [*SONG, "spotify_track_uri", *PODCAST, "spotify_episode_uri"]
BOOK = ["audiobook_title", "audiobook_uri", "audiobook_chapter_uri", "audiobook_chapter_title"]
PLACE = ["city", "region", "metro_code", "longitude", "latitude"]
KEYS: dict[Generation, list[str]] = {
    "2020": [*OLD_WHO, *SONG, *PODCAST, *HOW, *PLACE],
    "2021": [*OLD_WHO, *WITH_URIS, *HOW],
    "2023": [*OLD_WHO, *WITH_URIS, *HOW],
    "2024": [*NEW_WHO, *WITH_URIS, *HOW],
    "2025": [*NEW_WHO, *WITH_URIS, *BOOK, *HOW],
}
Row = dict[str, str | int | bool | None]


def package_of(
    world: World,
    listener: Listener,
    start: str,
    end: str,
    generation: Generation = "2025",
    *,
    has_doubles: bool = False,
) -> zipfile.ZipFile:
    pieces = world.export(listener, moment(start), moment(end), generation, has_doubles=has_doubles)
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows(package: zipfile.ZipFile, kind: str = "") -> list[Row]:
    names = [name for name in package.namelist() if name.endswith(".json") and kind in name]
    return [row for name in names for row in json.loads(package.read(name))]


# The zip


def test_an_ordinary_reader_opens_it_and_every_sum_is_right(world: World) -> None:
    package = package_of(world, MAREN, "2024-01-01", "2025-03-01")
    assert package.testzip() is None
    assert {entry.flag_bits for entry in package.infolist()} == {0x808}


def test_a_folder_entry_with_eleven_bytes_comes_last(world: World) -> None:
    entries = package_of(world, MAREN, "2025-01-01", "2025-02-01").infolist()
    assert entries[-1].filename == HISTORY
    assert entries[-1].file_size == len(b"placeholder")
    assert all(entry.filename.startswith(HISTORY) for entry in entries)


def test_lengths_stand_behind_the_data_as_in_a_stream(world: World) -> None:
    raw = b"".join(world.export(MAREN, moment("2025-01-01"), moment("2025-01-08")))
    _, _, flags, _, _, _, crc, packed, size = struct.unpack("<4s5H3I", raw[:26])
    assert (flags, crc, packed, size) == (0x808, 0, 0, 0)
    assert raw.count(b"PK\x07\x08") >= 3


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_note_lies_in_every_package_as_a_pdf(world: World, generation: Generation) -> None:
    package = package_of(world, MAREN, "2017-01-01", "2017-02-01", generation)
    name = next(one for one in package.namelist() if one.endswith(".pdf"))
    assert "ReadMeFirst" in name
    pdf = package.read(name)
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.endswith(b"%%EOF\n")
    table = int(pdf.split(b"startxref\n")[1].split(b"\n")[0])
    assert pdf[table : table + 4] == b"xref"
    places = re.findall(rb"(\d{10}) 00000 n", pdf)
    assert all(
        pdf[int(place) :].startswith(b"%d 0 obj" % count) for count, place in enumerate(places, 1)
    )


def test_somebody_without_plays_gets_the_note_alone(world: World) -> None:
    package = package_of(world, NOOR, "2016-01-01", "2026-11-20")
    assert [name for name in package.namelist() if name.endswith(".json")] == []
    assert len(package.namelist()) == 2


# The files


def test_files_are_cut_at_12_7_megabytes_and_carry_their_years(world: World) -> None:
    package = package_of(world, TEO, "2023-05-01", "2024-06-01")
    names = [one for one in package.namelist() if "Audio" in one]
    assert len(names) >= 2
    sizes = [package.getinfo(name).file_size for name in names]
    assert all(12_690_000 < size < 12_710_000 for size in sizes[:-1])
    for count, name in enumerate(names):
        found = json.loads(package.read(name))
        first, last = str(found[0]["ts"])[:4], str(found[-1]["ts"])[:4]
        years = first if first == last else f"{first}-{last}"
        assert name == f"{HISTORY}Streaming_History_Audio_{years}_{count}.json"


def test_rows_are_written_over_lines_with_two_blanks(world: World) -> None:
    package = package_of(world, MAREN, "2025-01-01", "2025-01-03")
    text = package.read(package.namelist()[0]).decode()
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False)


def test_new_files_are_in_order_and_old_ones_are_not(world: World) -> None:
    for generation, is_sorted in (("2024", True), ("2023", True), ("2021", False), ("2020", False)):
        package = package_of(world, MAREN, "2019-01-01", "2019-06-01", generation)
        times = [row["ts"] for row in rows(package, "udio" if is_sorted else "endsong")]
        assert (times == sorted(map(str, times))) is is_sorted


def test_old_packages_are_endsong_files_in_mydata(world: World) -> None:
    package = package_of(world, MAREN, "2019-01-01", "2020-06-01", "2020")
    names = package.namelist()
    assert names[0] == "MyData/endsong_0.json"
    assert all(name.startswith("MyData/") for name in names)
    assert b"\n" not in package.read(names[0])


def test_video_episodes_lie_in_files_of_their_own(world: World) -> None:
    package = package_of(world, AIKO, "2024-01-01", "2025-12-31")
    names = [name for name in package.namelist() if "Video" in name]
    assert names == [f"{HISTORY}Streaming_History_Video_2024-2025.json"]
    video = rows(package, "Video")
    assert all(row["spotify_episode_uri"] and row["offline_timestamp"] is None for row in video)
    assert all(row["offline"] is None for row in video)
    old = package_of(world, AIKO, "2020-06-01", "2021-06-01", "2021")
    assert "MyData/endvideo.json" in old.namelist()


# The rows


@pytest.mark.parametrize("generation", GENERATIONS)
def test_keys_stand_in_the_order_of_their_generation(world: World, generation: Generation) -> None:
    found = rows(package_of(world, MAREN, "2020-01-01", "2020-03-01", generation))
    assert {tuple(row) for row in found} == {tuple(KEYS[generation])}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_tells_the_same_plays(world: World, generation: Generation) -> None:
    span = ("2018-01-01", "2018-03-01")
    newest = rows(package_of(world, MAREN, *span))
    found = rows(package_of(world, MAREN, *span, generation))
    same = ["ts", "ms_played", *SONG, "episode_name", "reason_start", "shuffle", "incognito_mode"]
    assert Counter(tuple(row[key] for key in same) for row in found) == Counter(
        tuple(row[key] for key in same) for row in newest
    )


def test_values_have_the_types_of_real_rows(world: World) -> None:
    for row in rows(package_of(world, MAREN, "2023-01-01", "2024-01-01")):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(row["ts"]))
        assert type(row["ms_played"]) is int
        assert row["ms_played"] >= 0
        assert re.fullmatch(r"[A-Z]{2}", str(row["conn_country"]))
        is_track, is_episode = bool(row["spotify_track_uri"]), bool(row["spotify_episode_uri"])
        assert is_track is not is_episode
        assert all(bool(row[key]) is is_track for key in SONG)
        assert all(row[key] is None for key in BOOK)
        assert type(row["shuffle"]) is type(row["offline"]) is type(row["incognito_mode"]) is bool


def test_skips_are_unknown_between_spring_2016_and_october_2022(world: World) -> None:
    def kinds(start: str, end: str) -> set[type]:
        return {type(row["skipped"]) for row in rows(package_of(world, MAREN, start, end))}

    assert kinds("2016-02-19", "2016-03-10") == {bool}
    assert kinds("2016-04-01", "2016-06-01") == {type(None)}
    assert kinds("2022-10-01", "2022-10-13") == {type(None)}
    assert kinds("2022-10-15", "2022-11-15") == {bool}


def test_the_offline_moment_changes_its_unit_over_the_years(world: World) -> None:
    def values(start: str, end: str) -> list[Row]:
        return [
            row
            for row in rows(package_of(world, MAREN, start, end), "Audio")
            if row["spotify_track_uri"]
        ]

    early = values("2017-01-01", "2017-06-01")
    assert {(row["offline"], row["offline_timestamp"]) for row in early} == {(False, 0), (True, 1)}
    for row in values("2021-01-01", "2021-02-01"):
        assert int(row["offline_timestamp"] or 0) > 1e12
    for row in values("2023-01-01", "2023-02-01"):
        began = moment(str(row["ts"])[:19]).timestamp() - int(row["ms_played"] or 0) / 1000
        assert int(row["offline_timestamp"] or 0) <= began + 2


def test_old_offline_plays_share_the_moment_at_which_they_were_sent(world: World) -> None:
    found = rows(package_of(world, MAREN, "2016-02-19", "2017-12-31"))
    long_offline = [row for row in found if row["offline"] and int(row["ms_played"] or 0) > 60_000]
    assert Counter(row["ts"] for row in long_offline).most_common(1)[0][1] >= 4


def test_old_years_hold_rows_without_a_reason_and_rows_without_a_song(world: World) -> None:
    old = rows(package_of(world, MAREN, "2016-11-01", "2018-04-01"))
    without_end = [row for row in old if row["reason_end"] is None]
    assert without_end
    assert all(row["ip_addr"] is None for row in without_end)
    nameless = [
        row for row in old if not row["spotify_track_uri"] and not row["spotify_episode_uri"]
    ]
    assert 0 < len(nameless) < len(old) / 100
    new = rows(package_of(world, MAREN, "2024-01-01", "2025-01-01"))
    assert all(row["reason_end"] for row in new)


def test_platforms_are_long_once_and_short_today(world: World) -> None:
    old = {row["platform"] for row in rows(package_of(world, MAREN, "2019-01-01", "2019-03-01"))}
    new = {row["platform"] for row in rows(package_of(world, MAREN, "2024-01-01", "2024-03-01"))}
    assert "Android OS 11 API 30 (Google, Pixel 3a)" in old
    assert new == {"android", "osx", "cast"}


def test_addresses_are_those_that_are_kept_for_documentation(world: World) -> None:
    found = {row["ip_addr"] for row in rows(package_of(world, MAREN, "2024-01-01", "2024-03-01"))}
    assert all(str(one).startswith(("203.0.113.", "198.51.100.", "2001:db8:")) for one in found)


def test_doubles_are_exact_and_only_there_when_asked_for(world: World) -> None:
    span = ("2024-01-01", "2024-06-01")
    plain = [tuple(row.items()) for row in rows(package_of(world, MAREN, *span))]
    doubled = [
        tuple(row.items()) for row in rows(package_of(world, MAREN, *span, has_doubles=True))
    ]
    assert len(set(plain)) == len(plain)
    assert len(plain) < len(doubled) < len(plain) * 1.02
    assert set(doubled) == set(plain)


# The page


def read(url: str, path: str) -> zipfile.ZipFile:
    answer = requests.get(f"{url}{path}", timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert "my_spotify_data.zip" in answer.headers["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_the_page_links_to_everybodys_package(url: str) -> None:
    page = requests.get(f"{url}/account/privacy", timeout=10).text
    links = re.findall(r'href="(/account/privacy/\w+/my_spotify_data\.zip)"', page)
    assert [link.split("/")[3] for link in links] == [one.id for one in LISTENERS]
    assert read(url, links[-1]).namelist()


def test_a_download_runs_from_one_day_until_another_both_included(url: str) -> None:
    path = "/account/privacy/maren/my_spotify_data.zip?from=2025-03-01&until=2025-03-03"
    days = {str(row["ts"])[:10] for row in rows(read(url, path))}
    assert days == {"2025-03-01", "2025-03-02", "2025-03-03"}


def test_without_parameters_it_is_everything_until_now(url: str) -> None:
    found = rows(read(url, "/account/privacy/ruth/my_spotify_data.zip"))
    times = [str(row["ts"]) for row in found]
    assert times[0][:7] == "2025-01"
    assert WORLD_NOW - timedelta(days=3) < moment(max(times)[:19]) <= WORLD_NOW
    assert tuple(found[0]) == tuple(KEYS["2025"])


def test_nothing_after_the_worlds_now_is_sent(url: str) -> None:
    path = "/account/privacy/maren/my_spotify_data.zip?from=2026-11-01&until=2027-05-01"
    assert max(str(row["ts"]) for row in rows(read(url, path))) <= f"{WORLD_NOW:%Y-%m-%dT%H:%M:%SZ}"
    requests.put(f"{url}/_emulator/clock", json={"now": "2026-11-10T12:00:00Z"}, timeout=10)
    assert max(str(row["ts"]) for row in rows(read(url, path))) <= "2026-11-10T12:00:00Z"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nobody/my_spotify_data.zip", 404),
        ("maren/my_spotify_data.zip?from=yesterday", 400),
        ("maren/my_spotify_data.zip?until=2024-13-01", 400),
        ("maren/my_spotify_data.zip?generation=1999", 400),
    ],
)
def test_a_wrong_wish_is_refused(url: str, path: str, status: int) -> None:
    assert requests.get(f"{url}/account/privacy/{path}", timeout=10).status_code == status
