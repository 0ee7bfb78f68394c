"""Zips from strangers: what they declare is checked before anything is unpacked."""

import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine.errors import BadUpload, UploadTooLarge
from music_time_machine.formats.archive import Archive, Limits
from music_time_machine.formats.streams import Damaged
from tests.formats import hostile
from tests.formats.samples import extended_json, extended_row, extended_zip

HISTORY = extended_json([extended_row()] * 20)
FEW = replace(Limits(), members=3)


@pytest.fixture
def opened(tmp_path):
    archives = []

    def opener(content, limits=Limits()):  # noqa: B008
        path = tmp_path / "upload"
        path.write_bytes(content)
        archives.append(Archive(path, "my_spotify_data.zip", limits))
        return archives[-1]

    yield opener
    for archive in archives:
        archive.close()


def content_of(archive):
    with archive.open(archive.members[0]) as stream:
        return stream.read(10_000_000)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_a_file_as_it_was_packed(opened, method):
    archive = opened(hostile.zip_of({"MyData/endsong_0.json": HISTORY}, method))
    assert [(member.name, member.size) for member in archive.members] == [
        ("MyData/endsong_0.json", len(HISTORY))
    ]
    assert content_of(archive) == HISTORY


def test_a_folder_that_carries_bytes_is_no_file(opened):
    archive = opened(extended_zip({"endsong_0.json": [extended_row()]}))
    assert [member.name for member in archive.members] == [
        "Spotify Extended Streaming History/endsong_0.json",
        "Spotify Extended Streaming History/ReadMeFirst_ExtendedStreamingHistory.pdf",
    ]


def test_a_symbolic_link_is_no_file(opened):
    assert opened(hostile.linked("/etc/passwd")).members == ()


def test_a_path_is_only_shown_and_leads_nowhere(opened):
    paths = ["../../etc/./a.json", "/b.json", "C:\\temp\\..\\c.json", "x/\u202egnosj.d\x1b[31m"]
    archive = opened(hostile.zip_of(dict.fromkeys(paths, b"[]")))
    assert [member.name for member in archive.members] == [
        "etc/a.json",
        "b.json",
        "temp/c.json",
        "x/gnosj.d[31m",
    ]


def test_a_file_without_a_name_is_a_file(opened):
    archive = opened(hostile.crowded(1, name=b""))
    assert [member.name for member in archive.members] == ["unnamed file"]


def test_a_very_long_name_is_shortened_and_keeps_its_ending(opened):
    paths = ["x" * 5000 + ".json", "y/" * 2000 + "y.json"]
    archive = opened(hostile.zip_of(dict.fromkeys(paths, b"[]")))
    file, path = (member.name for member in archive.members)
    assert (len(file), len(path)) == (80, 120)
    assert file.endswith("...xx.json")
    assert path.endswith(".../y.json")


def test_reads_a_zip_with_a_zip64_record(opened):
    assert content_of(opened(hostile.in_zip64(hostile.zip_of({"a.json": HISTORY})))) == HISTORY


def test_reads_a_zip_with_a_comment(opened):
    packed = bytearray(hostile.zip_of({"a.json": HISTORY}))
    packed[-2:] = (9).to_bytes(2, "little")
    assert content_of(opened(bytes(packed) + b"a comment")) == HISTORY


def test_accepts_as_many_files_as_the_limit_and_no_more(opened):
    three, four = ({f"{name}.json": b"[]" for name in names} for names in ("abc", "abcd"))
    assert len(opened(hostile.zip_of(three), FEW).members) == 3
    with pytest.raises(UploadTooLarge, match="more than 3 files"):
        opened(hostile.zip_of(four), FEW)


@pytest.mark.parametrize("declared", [None, 1, 0])
def test_sixty_thousand_entries_are_refused_in_little_memory(opened, declared):
    packed = hostile.crowded(60_000, declared)
    with hostile.memory_within(16), pytest.raises(UploadTooLarge, match=r"more than 10,000 files"):
        opened(packed)


def test_sixty_thousand_entries_are_refused_behind_a_zip64_record(opened):
    packed = hostile.in_zip64(hostile.crowded(60_000))
    with hostile.memory_within(16), pytest.raises(UploadTooLarge, match=r"more than 10,000 files"):
        opened(packed)


def test_a_table_of_contents_of_endless_names_is_refused(opened):
    packed = hostile.zip_of({f"{number}{'x' * 60_000}": b"" for number in range(150)})
    with hostile.memory_within(32), pytest.raises(UploadTooLarge):
        opened(packed)


def test_a_file_that_declares_a_gigabyte_is_refused(opened):
    with pytest.raises(UploadTooLarge, match=r'"endsong_0.json" takes 1.0 GB'):
        opened(hostile.declaring(1024**3, HISTORY))


def test_a_file_that_holds_a_gigabyte_is_refused(opened):
    limits = replace(Limits(), member_bytes=10_000_000)
    with pytest.raises(UploadTooLarge, match="takes 19 MB unpacked, and 10 MB is the most"):
        opened(hostile.zip_of({"a.json": b" " * 20_000_000}), limits)


def test_many_files_that_are_too_much_together_are_refused(opened):
    limits = replace(Limits(), total_bytes=5_000_000, free_bytes=10_000_000)
    files = {f"{number}.json": b" " * 1_000_000 for number in range(6)}
    with pytest.raises(UploadTooLarge, match="unpacks to more than 5 MB"):
        opened(hostile.zip_of(files), limits)


def test_a_zip_that_unpacks_to_far_more_than_its_size_is_refused(opened):
    with pytest.raises(UploadTooLarge, match="far more than"):
        opened(hostile.zip_of({"a.json": b" " * (65 * 1024**2)}))


def test_a_small_zip_may_unpack_to_far_more_than_its_size(opened):
    assert opened(hostile.zip_of({"a.json": b" " * (1024**2)})).members[0].size == 1024**2


def test_a_file_that_holds_more_than_it_declares_is_damaged_and_stays_small(opened):
    archive = opened(hostile.declaring(100, b"[" + b" " * 50_000_000 + b"]"))
    with (
        archive.open(archive.members[0]) as stream,
        hostile.memory_within(4),
        pytest.raises(Damaged),
    ):
        stream.read(1024**2)


def test_a_file_whose_bytes_were_changed_is_damaged(opened):
    packed = bytearray(hostile.zip_of({"a.json": HISTORY}, zipfile.ZIP_STORED))
    packed[packed.index(b"Paper")] ^= 1
    archive = opened(bytes(packed))
    with pytest.raises(Damaged):
        content_of(archive)


def test_a_file_whose_own_header_is_gone_is_damaged(opened):
    packed = hostile.zip_of({"a.json": HISTORY}).replace(b"PK\x03\x04", b"PK\x03\x05")
    archive = opened(packed)
    with pytest.raises(Damaged):
        content_of(archive)


def test_entries_that_share_their_bytes_are_refused(opened):
    with pytest.raises(BadUpload, match="overlap"):
        opened(hostile.overlapping(HISTORY, times=50))


def test_a_file_that_asks_for_a_password_is_refused(opened):
    with pytest.raises(BadUpload, match="password"):
        opened(hostile.locked(HISTORY))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_method_of_packing_is_refused(opened, method):
    with pytest.raises(BadUpload, match="packed in a way"):
        opened(hostile.zip_of({"a.json": HISTORY}, method))


def test_a_zip_cut_off_anywhere_is_damaged(opened):
    packed = extended_zip({"endsong_0.json": [extended_row()]})
    for length in range(4, len(packed) - 1):
        with pytest.raises(BadUpload, match="not downloaded to its end"):
            opened(packed[:length])


@given(changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_byte_leaves_the_truth_or_a_sentence(opened, changes):
    packed = bytearray(hostile.zip_of({"a.json": HISTORY[:900], "b.json": b"[]"}))
    for place, value in changes:
        packed[place % len(packed)] = value
    try:
        archive = opened(bytes(packed))
        contents = []
        for member in archive.members:
            with archive.open(member) as stream:
                contents.append(stream.read(10_000_000))
    except (BadUpload, Damaged) as error:
        assert str(error)  # noqa: PT017
    else:
        assert set(contents) <= {HISTORY[:900], b"[]"}


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18])
def test_a_few_bytes_of_a_zip_are_damaged(opened, content):
    with pytest.raises(BadUpload, match="is damaged"):
        opened(content)
