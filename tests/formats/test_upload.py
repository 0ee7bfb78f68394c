"""Opening what was sent: found by content, told in one sentence when it cannot be used."""

import gzip
import json

import pytest

from music_time_machine.errors import BadUpload, UploadTooLarge
from music_time_machine.formats import Limits, open_upload
from music_time_machine.plays import LeftOut, Play
from tests.formats import hostile
from tests.formats.samples import (
    Generation,
    episode_row,
    extended_json,
    extended_row,
    extended_zip,
    nameless_row,
)

ACCOUNT_DATA = json.dumps(
    [
        {
            "endTime": "2024-03-05 18:04",
            "artistName": "The Hollow Orchard",
            "trackName": "Paper Lanterns",
            "msPlayed": 187_000,
        }
    ],
    indent=2,
).encode()
LISTENBRAINZ = b'{"listened_at": 1709661849, "track_metadata": {"track_name": "Paper Lanterns"}}\n'
MALOJA = b'{"maloja":{"export_time":1709661849},"scrobbles":[]}'
LASTFM = (
    b'[{"track":[{"artist":{"#text":"The Hollow Orchard","mbid":""},"name":"Paper Lanterns"}]}]'
)
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
    assert upload.format.name == "spotify_extended"
    assert upload.format.title == "Spotify's extended streaming history"
    assert [(file.index, file.name) for file in upload.files] == list(
        enumerate(sorted(rows_by_file))
    )
    assert upload.size == sum(file.size for file in upload.files)
    assert upload.ignored == ("ReadMeFirst_ExtendedStreamingHistory.pdf",)
    things = [list(upload.rows(file)) for file in upload.files]
    assert [len(each) for each in things] == [1, 2, 1]
    assert things[1][1] is LeftOut.NO_IDENTITY


@pytest.mark.parametrize("name", ["endsong_0.json", "renamed.txt", "photo.png", "", "../../x.json"])
def test_a_loose_file_is_known_by_its_content(opened, name):
    upload = opened(HISTORY, name)
    (file,) = upload.files
    assert (file.index, file.size) == (0, len(HISTORY))
    assert upload.size == len(HISTORY)
    assert upload.ignored == ()
    first, second = upload.rows(file)
    assert isinstance(first, Play)
    assert second is LeftOut.NO_IDENTITY


def test_files_in_a_zip_are_known_by_their_content(opened):
    files = {"a/deep/folder/without-ending": HISTORY, "endsong_0.json": hostile.PNG}
    upload = opened(hostile.zip_of(files), name="holiday.png")
    assert [file.name for file in upload.files] == ["without-ending"]
    assert upload.ignored == ("endsong_0.json",)


def test_files_of_one_name_keep_their_places(opened):
    files = {"b/endsong_0.json": HISTORY, "a/endsong_0.json": extended_json([episode_row()] * 5)}
    upload = opened(hostile.zip_of(files))
    assert [len(list(upload.rows(file))) for file in upload.files] == [2, 5]


def test_a_file_can_be_read_again_and_beside_another(opened):
    upload = opened(
        extended_zip({"a.json": [extended_row()] * 4000, "b.json": [episode_row()] * 9})
    )
    first, second = upload.files
    half_read = upload.rows(first)
    next(half_read)
    assert len(list(upload.rows(second))) == 9
    assert len(list(half_read)) == 3999
    assert len(list(upload.rows(first))) == 4000


def test_accepts_a_byte_order_mark(opened):
    upload = opened(b"\xef\xbb\xbf" + HISTORY, "endsong_0.json")
    assert len(list(upload.rows(upload.files[0]))) == 2


def test_a_year_without_a_play_beside_others_has_no_rows(opened):
    upload = opened(extended_zip({"a.json": [], "b.json": [extended_row()]}))
    assert [len(list(upload.rows(file))) for file in upload.files] == [0, 1]


def test_other_files_of_a_package_are_named_and_not_read(opened):
    others = {
        "Spotify Account Data/StreamingHistory_music_0.json": ACCOUNT_DATA,
        "Spotify Account Data/Userdata.json": b'{"username": "canary"}',
        "inner.zip": hostile.zip_of({"endsong_1.json": HISTORY}),
    }
    upload = opened(extended_zip({"a.json": [extended_row()]}, others=others))
    assert [file.name for file in upload.files] == ["a.json"]
    assert set(upload.ignored) == {
        "StreamingHistory_music_0.json",
        "Userdata.json",
        "inner.zip",
        "ReadMeFirst_ExtendedStreamingHistory.pdf",
    }


def test_the_upload_is_closed_after_use(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(extended_zip({"a.json": [extended_row()]}))
    with open_upload(path, "x.zip") as upload:
        pass
    with pytest.raises(ValueError, match="closed"):
        list(upload.rows(upload.files[0]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"just some words", "neither a zip nor a JSON file"),
        (b"\0" * 500, "neither a zip nor a JSON file"),
        (b"artist,album,track,date\n", "neither a zip nor a JSON file"),
        (hostile.PNG, "is a picture"),
        (b"\xff\xd8\xff\xe0" + b"x" * 100, "is a picture"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"<!doctype html><title>Sign in</title>", "is a web page"),
        (gzip.compress(HISTORY), "packed in another way than zip"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 100, "packed in another way than zip"),
        (HISTORY.decode().encode("utf-16"), "UTF-16"),
        (HISTORY.decode().encode("utf-16-le"), "UTF-16"),
        (HISTORY.decode().encode("utf-16-be"), "UTF-16"),
        (ACCOUNT_DATA, "Spotify's account data, not the extended streaming history"),
        (LISTENBRAINZ, "a ListenBrainz export"),
        (MALOJA, "a Maloja export"),
        (LASTFM, "a Last.fm export"),
        (b'{"ts": "2024-03-05T18:04:09Z", "ms_played": 1}', "is a JSON object"),
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
        ({"a.png": hostile.PNG, "StreamingHistory0.json": ACCOUNT_DATA}, "account data"),
        ({"a.json": b"[]", "x.zip": b"PK\x03\x04", "z.json": ACCOUNT_DATA}, "account data"),
        ({"listens/2024/3.jsonl": LISTENBRAINZ}, "a ListenBrainz export"),
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
    assert len(list(upload.rows(upload.files[0]))) == 2
    with pytest.raises(BadUpload, match=words) as caught:
        list(upload.rows(upload.files[1]))
    sentence = str(caught.value)
    assert sentence.startswith('"b.json" is ')
    assert sentence.endswith(": download it from Spotify again and send it unchanged.")
    assert caught.value.status == 400


def test_what_comes_before_the_damage_can_be_kept(opened):
    rows = [extended_row()] * 3000
    text = extended_json(rows)
    upload = opened(hostile.zip_of({"a.json": text[:-500]}))
    got = []
    with pytest.raises(BadUpload):
        got.extend(upload.rows(upload.files[0]))
    assert 0 < len(got) < 3000
    assert all(isinstance(thing, Play) for thing in got)


def test_a_long_history_is_read_in_little_memory(opened):
    rows = [extended_row(track=f"Song {number % 500}") for number in range(40_000)]
    upload = opened(extended_zip({"a.json": rows}))
    del rows
    with hostile.memory_within(16):
        assert sum(1 for _ in upload.rows(upload.files[0])) == 40_000
