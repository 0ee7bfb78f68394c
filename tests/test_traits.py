"""How a play was played, in one number: every bit is where it was stored, and comes out again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from music_time_machine.moments import EPOCH
from music_time_machine.plays import Kind, Play, Source
from music_time_machine.traits import (
    FALSE,
    NOT_TOLD,
    REASONS,
    TRUE,
    Device,
    Trait,
    country,
    country_bits,
    device_code,
    flag,
    pack,
    reason_code,
    value,
    values,
)

FLAGS = (Trait.SHUFFLE, Trait.SKIPPED, Trait.OFFLINE, Trait.PRIVATE)
WIDTHS = {
    Trait.COUNTRY: 10, Trait.ASSUMED: 1, Trait.SHUFFLE: 2, Trait.SKIPPED: 2, Trait.OFFLINE: 2,
    Trait.PRIVATE: 2, Trait.REASON_END: 5, Trait.DEVICE: 4, Trait.REASON_START: 5,
}  # fmt: skip
PLATFORMS = {
    "Android OS 11 API 30 (Google, Pixel 3a)": Device.ANDROID,
    "ios": Device.IOS,
    "iOS 17.4 (iPhone12,1)": Device.IOS,
    "Windows 10 (10.0.19045; x64)": Device.WINDOWS,
    "OS X 10.13.6 [x86 8]": Device.MACOS,
    "osx": Device.MACOS,
    "Linux [x86-64 0]": Device.LINUX,
    "web_player windows 10;chrome": Device.WEB,
    "Partner amazon_salmon Amazon;Echo_Dot": Device.SPEAKER,
    "Partner android_tv Sony;BRAVIA": Device.SPEAKER,
    "cast": Device.CAST,
    "not_applicable": Device.OTHER,
}

HEARD = Play(Source.EXTENDED_HISTORY, EPOCH, 1, Kind.TRACK, "Copper Sky", "The Almanacs")

flags = st.sampled_from([None, False, True])
reasons = st.sampled_from([None, *REASONS])
platforms = st.sampled_from([None, *PLATFORMS])
countries = st.one_of(st.none(), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2))


def test_the_codes_that_are_stored_never_change() -> None:
    assert REASONS[:3] == ("other", "trackdone", "clickrow")
    assert reason_code("trackdone") == 2
    assert reason_code("unexpected-exit-while-paused") == 17
    assert [int(device) for device in Device] == list(range(1, 10))
    assert [int(trait) for trait in Trait] == [0, 10, 11, 13, 15, 17, 19, 24, 28]
    assert (NOT_TOLD, FALSE, TRUE) == (0, 1, 2)


def test_no_two_traits_share_a_bit() -> None:
    free = 0
    for trait, width in sorted(WIDTHS.items()):
        assert trait == free
        free = trait + width
    assert free == 33


@pytest.mark.parametrize(("platform", "device"), PLATFORMS.items())
def test_of_a_platform_only_the_kind_of_device_is_kept(platform: str, device: Device) -> None:
    assert device_code(platform) == device


def test_what_is_not_told_is_zero_and_is_not_false() -> None:
    nothing = pack(HEARD)
    assert nothing == 0
    no = pack(
        replace(
            HEARD, shuffle=False, skipped=False, offline=False, incognito=False,
            reason_start="", reason_end="", platform=" ", country="",
        )
    )  # fmt: skip
    assert [flag(no, trait) for trait in FLAGS] == [False] * 4
    assert [flag(nothing, trait) for trait in FLAGS] == [None] * 4
    for trait in set(Trait) - set(FLAGS):
        assert value(no, trait) == 0


def test_a_reason_added_since_is_other() -> None:
    assert reason_code("teleported") == reason_code("other") == 1
    assert reason_code(None) == reason_code("") == 0


@pytest.mark.parametrize("told", ["", "D", "DEU", "ZZZ", "1A", "d\u00e9", "\u00c4\u00d6", "  "])
def test_what_is_no_country_of_two_letters_is_not_told(told: str) -> None:
    assert country_bits(told) == 0
    assert country(country_bits(told)) is None


def test_every_country_of_two_letters_comes_back_and_fits() -> None:
    letters = [chr(65 + n) for n in range(26)]
    codes = [first + second for first in letters for second in letters]
    assert [country(country_bits(code.lower())) for code in codes] == codes
    assert max(map(country_bits, codes)) < 1 << WIDTHS[Trait.COUNTRY]


@given(
    where=countries, shuffle=flags, skipped=flags, offline=flags, private=flags, start=reasons,
    end=reasons, platform=platforms, is_assumed=st.booleans(),
)  # fmt: skip
def test_all_that_was_packed_comes_out_again(
    where: str | None,
    shuffle: bool | None,
    skipped: bool | None,
    offline: bool | None,
    private: bool | None,
    start: str | None,
    end: str | None,
    platform: str | None,
    is_assumed: bool,
) -> None:
    bits = pack(
        replace(
            HEARD, country=where, shuffle=shuffle, skipped=skipped, offline=offline,
            incognito=private, reason_start=start, reason_end=end, platform=platform,
            ms_played=None if is_assumed else 1,
        )
    )  # fmt: skip
    assert 0 <= bits < 1 << 33
    assert country(bits) == where
    assert [flag(bits, trait) for trait in FLAGS] == [shuffle, skipped, offline, private]
    assert value(bits, Trait.ASSUMED) == is_assumed
    for told, trait in ((start, Trait.REASON_START), (end, Trait.REASON_END)):
        assert value(bits, trait) == (0 if told is None else REASONS.index(told) + 1)
    assert value(bits, Trait.DEVICE) == (0 if platform is None else PLATFORMS[platform])
    for trait in Trait:
        assert values(np.array([0, bits], np.int64), trait).tolist() == [0, value(bits, trait)]


@pytest.mark.parametrize(("ms_played", "is_assumed"), [(None, 1), (0, 0), (180_000, 0)])
def test_a_length_that_is_not_told_is_marked(ms_played: int | None, is_assumed: int) -> None:
    assert value(pack(replace(HEARD, ms_played=ms_played)), Trait.ASSUMED) == is_assumed
