"""Opening what was sent: found by content, told in one sentence when it cannot be used."""

import gzip
import json
import sqlite3

import pytest

from music_time_machine.errors import BadUpload, UploadTooLarge
from music_time_machine.formats import Limits, open_upload
from music_time_machine.plays import LeftOut, Source
from tests.formats import hostile
from tests.formats.other_samples import (
    HEADLESS_ROW,
    account_row,
    database,
    headed_csv,
    headed_row,
    headless_csv,
    json_lines,
    listen,
    listenbrainz_zip,
    maloja_json,
    maloja_scrobble,
    page,
    podcast_row,
    scrobble,
)
from tests.formats.samples import (
    Generation,
    episode_row,
    extended_json,
    extended_row,
    extended_zip,
    nameless_row,
)

ACCOUNT_DATA = json.dumps([account_row()], indent=2).encode()
LISTENBRAINZ = json_lines([listen()])
HISTORY = extended_json([extended_row(), nameless_row()])


@pytest.fixture
def opened(tmp_path):
    uploads = []

    def opener(content, name="my_spotify_data.zip", limits=Limits()):  # noqa: B008
        path = tmp_path / "upload"
        path.write_bytes(content)
        uploads.append(open_upload(path, name, limits))
        return uploads[-1]

    yield opener
    for upload in uploads:
        upload.close()


@pytest.fixture
def opened_together(tmp_path):
    uploads = []

    def opener(files, limits=Limits()):  # noqa: B008
        folder = tmp_path / "together"
        folder.mkdir()
        for number, (_, content) in enumerate(files):
            (folder / str(number)).write_bytes(content)
        (folder / "names.json").write_text(json.dumps([name for name, _ in files]))
        uploads.append(open_upload(folder, "several files", limits))
        return uploads[-1]

    yield opener
    for upload in uploads:
        upload.close()


def rows_of(upload, file):
    return sum(piece.rows for piece in upload.pieces(file))


def left_out_of(upload, file):
    return [row.reason for piece in upload.pieces(file) for _, row in piece.left_out]


@pytest.fixture
def refusal(opened):
    def refuse(content, name="my_spotify_data.zip", limits=Limits()):  # noqa: B008
        with pytest.raises(BadUpload) as caught:
            opened(content, name, limits)
        sentence = str(caught.value)
        assert sentence.startswith(('"', "What is in "))
        assert ": " in sentence, "it says what to do next"
        assert sentence.endswith(".")
        assert ". " not in sentence, "it is one sentence"
        assert "\n" not in sentence
        assert len(sentence) < 240
        return caught.value

    return refuse


@pytest.mark.parametrize("generation", Generation)
def test_reads_every_file_of_a_zip_of_every_generation(opened, generation):
    rows_by_file = {
        "Streaming_History_Audio_2019_1.json": [
            extended_row("2019-01-01T00:00:00Z"),
            nameless_row(),
        ],
        "Streaming_History_Audio_2018_0.json": [extended_row("2018-01-01T00:00:00Z")],
        "Streaming_History_Video_2018-2019.json": [episode_row()],
    }
    upload = opened(extended_zip(rows_by_file, generation))
    assert upload.formats == ("Spotify's extended streaming history",)
    assert {file.format for file in upload.files} == set(upload.formats)
    assert [(file.index, file.name) for file in upload.files] == [
        (index, f"{generation.folder}/{name}") for index, name in enumerate(sorted(rows_by_file))
    ]
    assert upload.size == sum(file.size for file in upload.files)
    assert upload.ignored == (f"{generation.folder}/ReadMeFirst_ExtendedStreamingHistory.pdf",)
    assert upload.refused == ()
    assert [rows_of(upload, file) for file in upload.files] == [1, 2, 1]
    assert left_out_of(upload, upload.files[1]) == [LeftOut.NO_IDENTITY]


@pytest.mark.parametrize("name", ["endsong_0.json", "renamed.txt", "photo.png", "", "../../x.json"])
def test_a_loose_file_is_known_by_its_content(opened, name):
    upload = opened(HISTORY, name)
    (file,) = upload.files
    assert (file.index, file.size) == (0, len(HISTORY))
    assert upload.size == len(HISTORY)
    assert upload.ignored == ()
    assert rows_of(upload, file) == 2
    assert left_out_of(upload, file) == [LeftOut.NO_IDENTITY]


def test_files_in_a_zip_are_known_by_their_content(opened):
    files = {"a/deep/folder/without-ending": HISTORY, "endsong_0.json": hostile.PNG}
    upload = opened(hostile.zip_of(files), name="holiday.png")
    assert [file.name for file in upload.files] == ["a/deep/folder/without-ending"]
    assert upload.ignored == ("endsong_0.json",)


def test_files_of_one_name_keep_their_places(opened):
    files = {"b/endsong_0.json": HISTORY, "a/endsong_0.json": extended_json([episode_row()] * 5)}
    upload = opened(hostile.zip_of(files))
    assert [file.name for file in upload.files] == ["a/endsong_0.json", "b/endsong_0.json"]
    assert [rows_of(upload, file) for file in upload.files] == [5, 2]


def test_a_file_can_be_read_again_and_beside_another(opened):
    upload = opened(
        extended_zip({"a.json": [extended_row()] * 4000, "b.json": [episode_row()] * 9})
    )
    first, second = upload.files
    half_read = upload.pieces(first)
    begun = next(half_read).rows
    assert rows_of(upload, second) == 9
    assert begun + sum(piece.rows for piece in half_read) == 4000
    assert rows_of(upload, first) == 4000


def test_accepts_a_byte_order_mark(opened):
    upload = opened(b"\xef\xbb\xbf" + HISTORY, "endsong_0.json")
    assert rows_of(upload, upload.files[0]) == 2


def test_a_year_without_a_play_beside_others_is_named_and_has_no_rows(opened):
    upload = opened(extended_zip({"a.json": [], "b.json": [extended_row()]}, others={"c": b"[]"}))
    assert [file.name.rpartition("/")[2] for file in upload.files] == ["b.json"]
    assert "c" in upload.ignored


def test_other_files_of_a_package_are_named_and_not_read(opened):
    others = {
        "Spotify Account Data/Userdata.json": b'{"username": "canary"}',
        "Spotify Account Data/Playlist1.json": b'{"playlists": [{"items": []}]}',
        "inner.zip": hostile.zip_of({"endsong_1.json": HISTORY}),
    }
    upload = opened(extended_zip({"a.json": [extended_row()]}, others=others))
    folder = "Spotify Extended Streaming History"
    assert [file.name for file in upload.files] == [f"{folder}/a.json"]
    assert set(upload.ignored) == {*others, f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf"}


def test_several_kinds_in_one_zip_are_read_each_in_its_way(opened, tmp_path):
    files = {
        "1.json": HISTORY,
        "2/StreamingHistory_music_0.json": ACCOUNT_DATA,
        "2/StreamingHistory_podcast_0.json": json.dumps([podcast_row()]).encode(),
        "3/3.jsonl": LISTENBRAINZ,
        "4.csv": headless_csv([HEADLESS_ROW]),
        "5.csv": headed_csv([headed_row()]),
        "6.json": json.dumps([page([scrobble()])]).encode(),
        "7.json": maloja_json([maloja_scrobble()]),
        "8.db": database(tmp_path / "teaching.db"),
    }
    upload = opened(hostile.zip_of(files))
    assert upload.formats == (
        "Spotify's extended streaming history",
        "Spotify's account data",
        "ListenBrainz",
        "Last.fm",
        "Maloja",
        "the teaching project's music_time_machine.db",
    )
    assert [file.name for file in upload.files] == sorted(files)
    pieces = [piece for file in upload.files for piece in upload.pieces(file)]
    assert [source for piece in pieces for source in piece.source] == [
        Source.EXTENDED_HISTORY,
        Source.ACCOUNT_DATA,
        Source.ACCOUNT_DATA,
        Source.LISTENBRAINZ,
        Source.LASTFM_MINUTES,
        Source.LASTFM,
        Source.LASTFM,
        Source.MALOJA,
    ]
    assert len(pieces[-1].placings) == 1


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (ACCOUNT_DATA, "Spotify's account data"),
        (LISTENBRAINZ, "ListenBrainz"),
        (json.dumps([listen()]).encode(), "ListenBrainz"),
        (headless_csv([HEADLESS_ROW]), "Last.fm"),
        (headed_csv([headed_row()]), "Last.fm"),
        (json.dumps(page([scrobble()])).encode(), "Last.fm"),
        (maloja_json([maloja_scrobble()]), "Maloja"),
    ],
    ids=range(7),
)
def test_a_loose_file_of_any_kind_is_known_by_its_content(opened, content, title):
    upload = opened(content, "renamed.bin")
    assert (upload.formats, upload.files[0].format) == ((title,), title)
    assert rows_of(upload, upload.files[0]) == 1


def test_a_listenbrainz_export_is_its_months_and_the_rest_is_named(opened):
    upload = opened(listenbrainz_zip({"2023/12": [listen()], "2024/3": [listen()] * 2}))
    assert [(file.name, rows_of(upload, file)) for file in upload.files] == [
        ("listens/2023/12.jsonl", 1),
        ("listens/2024/3.jsonl", 2),
    ]
    assert upload.ignored == ("user.json", "feedback.jsonl", "pinned_recording.jsonl")


def test_files_sent_together_are_one_upload(opened_together):
    upload = opened_together(
        [
            ("b.zip", extended_zip({"a.json": [extended_row()]})),
            ("C:\\x\\a.json", ACCOUNT_DATA),
            ("b.zip", hostile.zip_of({"a.json": HISTORY, "photo.png": hostile.PNG})),
        ]
    )
    assert [(file.name, rows_of(upload, file)) for file in upload.files] == [
        ("Spotify Extended Streaming History/a.json", 1),
        ("a.json", 1),
        ("a.json", 2),
    ]
    assert upload.formats[1] == "Spotify's account data"
    assert upload.ignored[-1] == "photo.png"
    assert upload.refused == ()


def test_a_file_of_no_use_does_not_spoil_the_others(opened_together):
    upload = opened_together(
        [
            ("cut.json", HISTORY[:-30]),
            ("empty.json", b""),
            ("good.json", HISTORY),
            ("locked.zip", hostile.locked(HISTORY)),
            ("photo.png", hostile.PNG),
            ("Userdata.json", b'{"username": "canary"}'),
            ("photos.zip", hostile.zip_of({"a.png": hostile.PNG})),
        ]
    )
    assert [file.name for file in upload.files] == ["good.json"]
    assert upload.ignored == ("empty.json", "photo.png", "Userdata.json")
    assert [sentence.split(" ")[0] for sentence in upload.refused] == [
        '"cut.json"',
        '"locked.zip"',
        '"photos.zip"',
    ]


def test_one_file_in_a_folder_is_refused_as_if_it_came_alone(opened_together):
    with pytest.raises(UploadTooLarge, match=r'^"a.zip" holds more than'):
        opened_together([("a.zip", hostile.crowded(60_000))])


def test_files_of_which_none_is_of_use_are_refused_together(opened_together):
    files = [(f"{number}.png", hostile.PNG) for number in range(9)]
    with pytest.raises(BadUpload) as caught:
        opened_together(files)
    sentence = str(caught.value)
    assert '"0.png" is a picture' in sentence
    assert sentence.endswith("4 more of these files cannot be used either.")


def test_nothing_sent_at_all_is_told(opened_together):
    with pytest.raises(BadUpload, match="Nothing was sent"):
        opened_together([])


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(members=3), "more than 3 files"),
        (Limits(total_bytes=3 * len(HISTORY)), "unpacks to more than"),
        (Limits(zips=1), "one zip too many"),
    ],
)
def test_the_limits_hold_for_all_files_together(opened_together, limits, words):
    two = hostile.zip_of({"a.json": HISTORY, "b.json": HISTORY})
    upload = opened_together([("1.zip", two), ("2.zip", two)], limits)
    assert len(upload.files) == 2
    (sentence,) = upload.refused
    assert sentence.startswith('"2.zip" ')
    assert words in sentence


def test_a_damaged_file_in_a_zip_costs_only_itself(opened):
    packed = bytearray(
        hostile.zip_of({"a.json": HISTORY, "b.json": HISTORY}, hostile.zipfile.ZIP_STORED)
    )
    packed[packed.rindex(b"Paper")] ^= 1
    upload = opened(bytes(packed))
    assert [file.name for file in upload.files] == ["a.json"]
    (sentence,) = upload.refused
    assert sentence.startswith('"b.json" is damaged')


def test_another_database_is_named_for_what_it_is(refusal, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE messages (body TEXT)")
    connection.close()
    assert "is an SQLite database, but not" in str(refusal(path.read_bytes(), "other.db"))


def test_a_database_that_only_looks_like_the_teaching_projects_ends_in_a_sentence(opened, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tracks (snapshots TEXT)")
    connection.close()
    upload = opened(path.read_bytes(), "other.db")
    with pytest.raises(BadUpload, match=r'^"other.db" is an SQLite database, but not'):
        list(upload.pieces(upload.files[0]))


def test_the_upload_is_closed_after_use(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(extended_zip({"a.json": [extended_row()]}))
    with open_upload(path, "x.zip") as upload:
        pass
    with pytest.raises(ValueError, match="closed"):
        list(upload.pieces(upload.files[0]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"just some words", "no listening history that can be read here"),
        (b"\0" * 500, "no listening history that can be read here"),
        (b"artist,album,track,date\n", "no listening history that can be read here"),
        (hostile.PNG, "is a picture"),
        (b"\xff\xd8\xff\xe0" + b"x" * 100, "is a picture"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"<!doctype html><title>Sign in</title>", "is a web page"),
        (gzip.compress(HISTORY), "packed in another way than zip"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 100, "packed in another way than zip"),
        (HISTORY.decode().encode("utf-16"), "UTF-16"),
        (HISTORY.decode().encode("utf-16-le"), "UTF-16"),
        (HISTORY.decode().encode("utf-16-be"), "UTF-16"),
        (ACCOUNT_DATA[:-3], "is cut off"),
        (LISTENBRAINZ[:-20], "is cut off"),
        (maloja_json([maloja_scrobble()])[:-1], "is cut off"),
        (b'{"ts": "2024-03-05T18:04:09Z", "ms_played": 1}', "is JSON, but not a listening"),
        (maloja_json([]).decode().encode("utf-16-be"), "UTF-16"),
        (b"[]", "without a single play"),
        (b"\xef\xbb\xbf [\r\n]\n", "without a single play"),
        (b'[{"a": 1}]', "a JSON list, but not of plays"),
        (HISTORY[:-300], "is cut off"),
        (HISTORY[:40], "is cut off"),
        (b"[", "is cut off"),
    ],
)
def test_a_file_that_is_no_history_is_refused_by_what_it_is(refusal, content, words):
    error = refusal(content, "upload.json")
    assert words in str(error)
    assert str(error).startswith('"upload.json" ')
    assert error.status == 400


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "a zip with no file in it"),
        ({"folder/": b""}, "a zip with no file in it"),
        ({"a.png": hostile.PNG, "b.jpg": hostile.PNG}, "holds no listening history"),
        ({"Userdata.json": b'{"username": "canary"}'}, "holds no listening history"),
        ({"a.json": b"[1, 2]", "empty.json": b""}, "holds no listening history"),
        ({"user.json": b'{"user_id": 7}', "feedback.jsonl": b""}, "holds no listening history"),
        ({"a.json": b"[]", "b.json": b"[]"}, "without a single play"),
        ({"a.json": HISTORY.decode().encode("utf-16")}, "UTF-16"),
        ({"x.zip": hostile.zip_of({"endsong_0.json": HISTORY})}, "unpack it once"),
    ],
)
def test_a_zip_without_a_history_is_refused_by_what_it_holds(refusal, files, words):
    error = refusal(hostile.zip_of(files))
    assert words in str(error)
    assert '"my_spotify_data.zip"' in str(error)
    assert error.status == 400


@pytest.mark.parametrize(
    ("content", "words", "status"),
    [
        (hostile.crowded(60_000), "more than 10,000 files", 413),
        (hostile.declaring(1024**3, HISTORY), "takes 1.0 GB unpacked", 413),
        (hostile.zip_of({"a.json": b" " * (65 * 1024**2)}), "far more than", 413),
        (hostile.declaring(100, b"[" + b" " * 50_000_000), "is damaged", 400),
        (hostile.overlapping(HISTORY, 50), "overlap", 400),
        (hostile.locked(HISTORY), "password", 400),
        (hostile.zip_of({"a.json": HISTORY})[:-30], "not downloaded to its end", 400),
        (hostile.linked("/etc/passwd"), "a zip with no file in it", 400),
    ],
)
def test_a_hostile_zip_is_refused_in_little_memory(refusal, content, words, status):
    with hostile.memory_within(16):
        error = refusal(content)
    assert words in str(error)
    assert error.status == status


def test_ten_thousand_pictures_are_refused_in_little_memory(refusal):
    packed = hostile.zip_of({f"{number}.png": hostile.PNG for number in range(10_000)})
    with hostile.memory_within(64):
        error = refusal(packed)
    assert "holds no listening history" in str(error)


def test_a_loose_file_beyond_the_limit_is_refused(refusal):
    error = refusal(HISTORY, "endsong_0.json", Limits(member_bytes=1000))
    assert isinstance(error, UploadTooLarge)
    assert error.status == 413


def test_a_name_from_outside_is_shown_without_folders_and_tricks(refusal):
    error = refusal(b"", "C:\\Users\\canary\\\u202e<b>\x1b[31mdata\n.zip")
    assert str(error).startswith('"<b>[31mdata.zip" is empty')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HISTORY[:-300], "is cut off"),
        (HISTORY[:-3] + b"!]", "is not valid JSON"),
        (HISTORY[:-1] + b"," + b"[" * 100_000, "is cut off"),
        (HISTORY[:-1] + b"," + b"[" * 100_000 + b"]", "nested too deeply"),
    ],
)
def test_a_file_that_turns_out_damaged_is_named_in_a_sentence(opened, content, words):
    files = {"a.json": HISTORY, "b.json": content}
    upload = opened(hostile.zip_of(files))
    assert rows_of(upload, upload.files[0]) == 2
    with pytest.raises(BadUpload, match=words) as caught:
        list(upload.pieces(upload.files[1]))
    sentence = str(caught.value)
    assert sentence.startswith('"b.json" is ')
    assert sentence.endswith(": export or download it once more, unchanged.")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "content",
    [
        extended_json([extended_row()] * 3000)[:-500],
        json.dumps([account_row()] * 3000).encode()[:-50],
        json_lines([listen()] * 3000)[:-50],
        maloja_json([maloja_scrobble()] * 3000)[:-50],
    ],
    ids=["extended", "account", "listenbrainz", "maloja"],
)
def test_what_comes_before_the_damage_can_be_kept(opened, content):
    upload = opened(hostile.zip_of({"a.json": content}))
    got = []
    with pytest.raises(BadUpload):
        got.extend(upload.pieces(upload.files[0]))
    assert 0 < sum(piece.rows for piece in got) < 3000


def test_a_long_history_is_read_in_little_memory(opened):
    rows = [extended_row(track=f"Song {number % 500}") for number in range(40_000)]
    upload = opened(extended_zip({"a.json": rows}))
    del rows
    with hostile.memory_within(24):
        assert rows_of(upload, upload.files[0]) == 40_000
