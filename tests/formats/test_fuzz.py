"""Whatever is sent, the worst that comes out is a sentence."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine.errors import BadUpload
from music_time_machine.formats import open_upload, own_json
from tests.formats.hostile import zip_of
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
    scrobble,
)
from tests.formats.samples import extended_json, extended_row
from tests.formats.test_own_json import PLACING, PLAY

SAMPLES = {
    "extended": extended_json([extended_row()] * 2),
    "account": json.dumps([account_row()] * 3).encode(),
    "listenbrainz": json_lines([listen()] * 2),
    "listenbrainz list": json.dumps([listen()]).encode(),
    "listenbrainz zip": listenbrainz_zip({"2024/3": [listen()]}),
    "last.fm minutes": headless_csv([HEADLESS_ROW] * 3),
    "last.fm seconds": headed_csv([headed_row()] * 3),
    "last.fm pages": json.dumps([page([scrobble()]), page([])]).encode(),
    "maloja": maloja_json([maloja_scrobble()] * 2),
    "own": b"".join(own_json.write([PLAY] * 2, [PLACING])),
    "zip": zip_of({"a.json": extended_json([extended_row()]), "b.csv": headed_csv([headed_row()])}),
}

# (where, how much goes, what comes): the same change may cut, insert, overwrite and shorten.
changes = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 0, 1, 5, 10**6]),
        st.binary(max_size=8)
        | st.sampled_from([b"[", b"]", b"{", b"}", b'"', b",", b"\\", b"\n", b"null", b"1e999"]),
    ),
    min_size=1,
    max_size=4,
)


def changed(content, places):
    for where, gone, new in places:
        at = int(where * len(content))
        content = content[:at] + new + content[at + gone :]
    return content


def read(path, content):
    path.write_bytes(content)
    try:
        with open_upload(path, "upload") as upload:
            for file in upload.files:
                try:
                    rows = sum(piece.rows for piece in upload.pieces(file))
                    assert rows <= len(content)
                except BadUpload as error:
                    assert str(error).endswith((".", "again."))  # noqa: PT017
    except BadUpload as error:
        assert str(error).endswith(".")  # noqa: PT017


@pytest.mark.parametrize("name", [*SAMPLES, "teaching"])
@given(places=changes)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_changed_sample_is_read_or_refused_in_a_sentence(tmp_path, name, places):
    sample = SAMPLES.get(name) or database(tmp_path / "sample.db")
    read(tmp_path / "upload", changed(sample, places))


@given(content=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_are_refused_in_a_sentence(tmp_path, content):
    read(tmp_path / "upload", content)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_cut_off_anywhere_is_read_or_refused_in_a_sentence(tmp_path, name):
    for length in range(0, len(SAMPLES[name]), 7):
        read(tmp_path / "upload", SAMPLES[name][:length])
