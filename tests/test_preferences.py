"""What a person has chosen: kept whole, changed field by field, refused with a sentence."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music_time_machine import accounts, preferences
from music_time_machine.config import Settings
from music_time_machine.db import Database
from music_time_machine.models import Account
from music_time_machine.preferences import (
    COLOURS,
    MOST_SECONDS,
    Preferences,
    Rule,
    WrongChoice,
)

choices = st.builds(
    Preferences,
    st.sampled_from([None, "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
    st.builds(
        Rule,
        st.integers(0, MOST_SECONDS),
        st.one_of(st.none(), st.integers(1, 100)),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    st.booleans(),
    st.sampled_from(COLOURS),
)


def test_whoever_has_chosen_nothing_has_the_defaults(db: Database, alice: Account) -> None:
    assert preferences.find(db, alice) == Preferences(None, Rule(30, None), is_one_recording=True)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=choices, then=choices)
def test_what_is_chosen_is_kept_and_a_form_of_it_says_the_same(
    db: Database, alice: Account, bob: Account, first: Preferences, then: Preferences
) -> None:
    preferences.keep(db, alice, first)
    assert preferences.find(db, alice) == first
    assert preferences.change(db, alice, then.fields) == then
    assert preferences.find(db, alice) == then
    assert preferences.find(db, bob) == Preferences()


@pytest.mark.parametrize("name", sorted(Preferences().fields))
def test_a_field_that_is_not_sent_stays(db: Database, alice: Account, name: str) -> None:
    before = Preferences("Asia/Kathmandu", Rule(11, 22, skipped=False, private=False), False)
    after = Preferences("UTC", Rule(44, 55, episodes=True), colours="moss")
    preferences.keep(db, alice, before)
    changed = preferences.change(db, alice, {name: after.fields[name]}).fields
    assert changed == {**before.fields, name: after.fields[name]}


def test_a_time_zone_alone_touches_nothing_else(
    db: Database, alice: Account, settings: Settings
) -> None:
    before = Preferences(None, Rule(7, 8, skipped=False, episodes=True), is_one_recording=False)
    preferences.keep(db, alice, before)
    preferences.change(db, alice, {"time_zone": "Pacific/Chatham", "csrf_token": "whatever"})
    found = preferences.find(db, alice)
    assert (found.rule, found.is_one_recording) == (before.rule, False)
    named = accounts.find(db, alice.id, settings)
    assert named is not None
    assert (named.zone.key, named.has_own_zone) == ("Pacific/Chatham", True)


BY_SHARE = {"counts_by": "percent"}


@pytest.mark.parametrize(
    ("fields", "wrong", "words"),
    [
        ({"time_zone": "../../etc/passwd"}, "time_zone", "not a time zone"),
        ({"time_zone": "Europe"}, "time_zone", "not a time zone"),
        ({"time_zone": "a\0b"}, "time_zone", "not a time zone"),
        ({"time_zone": "x" * 10_000}, "time_zone", "not a time zone"),
        ({"time_zone": "\ud800"}, "time_zone", "not a time zone"),
        *(({"least_seconds": text}, "least_seconds", "from 0 to 600")
          for text in ("", "-1", "601", "3.5", "1e2", "thirty", "３０", "9" * 5_000, "0x1")),
        *(({**BY_SHARE, "least_percent": text}, "least_percent", "from 1 to 100")
          for text in ("", "0", "101", "50 %", "-50")),
        ({"counts_by": "taste"}, "counts_by", "seconds or percent"),
        ({"colours": "mauve"}, "colours", "lamplight, sky, moss or contrast"),
        ({"colours": ""}, "colours", "lamplight, sky, moss or contrast"),
        *(({name: "maybe"}, name, "yes or no")
          for name in ("skipped", "private", "episodes", "one_recording")),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_refused_with_its_sentence_and_nothing_is_kept(
    db: Database, alice: Account, fields: dict[str, str], wrong: str, words: str
) -> None:
    with pytest.raises(WrongChoice) as refused:
        preferences.change(db, alice, {"episodes": "yes", **fields})
    assert list(refused.value.problems) == [wrong]
    assert words in str(refused.value)
    assert refused.value.status == 400
    assert preferences.find(db, alice) == Preferences()


def test_every_wrong_field_has_its_own_sentence(db: Database, alice: Account) -> None:
    fields = {"time_zone": "Mars/Base", "least_seconds": "x", **BY_SHARE, "least_percent": "x"}
    with pytest.raises(WrongChoice) as refused:
        preferences.change(db, alice, fields)
    assert set(refused.value.problems) == {"time_zone", "least_seconds", "least_percent"}


def test_a_share_nobody_asks_for_is_not_read(db: Database, alice: Account) -> None:
    fields = {"counts_by": "seconds", "least_percent": "rubbish", "least_seconds": " 45 "}
    assert preferences.change(db, alice, fields).rule == Rule(45, None)
    assert preferences.change(db, alice, BY_SHARE).rule == Rule(45, 50)


def test_an_empty_time_zone_is_again_the_browsers_own(
    db: Database, alice: Account, settings: Settings
) -> None:
    preferences.change(db, alice, {"time_zone": "Asia/Kathmandu"})
    preferences.change(db, alice, {"time_zone": ""})
    found = accounts.find(db, alice.id, settings)
    assert found is not None
    assert not found.has_own_zone


def test_two_who_choose_different_things_at_once_both_get_theirs(
    db: Database, alice: Account
) -> None:
    fields = [
        {"time_zone": "Asia/Tokyo"},
        {"skipped": "no"},
        {"private": "no"},
        {"episodes": "yes"},
    ]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda some: preferences.change(db, alice, some), fields))
    rule = Rule(skipped=False, private=False, episodes=True)
    assert preferences.find(db, alice) == Preferences("Asia/Tokyo", rule)
