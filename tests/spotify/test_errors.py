"""Each refusal of Spotify's, in each of its wordings, ends as one class and one clear sentence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music_time_machine.spotify import (
    BadRequest,
    Client,
    Forbidden,
    NotFound,
    RateLimited,
    SpotifyError,
    TooLarge,
)
from music_time_machine.spotify.errors import error_from
from tests.spotify.faulty import Server, says, sends


def caught_from(client: Client) -> SpotifyError:
    with pytest.raises(SpotifyError) as caught:
        client.me()
    return caught.value


LAPSED = (
    "Active premium subscription required for the owner of the app. When the subscription status"
    " changes, it can take a few hours before requests are allowed again."
)


def refusal(message: str) -> bytes:
    return json.dumps({"error": {"status": 403, "message": message}}).encode()


@pytest.mark.parametrize(
    ("body", "cause", "next_step"),
    [
        (refusal("Insufficient client scope"), "scope", "connect again"),
        (refusal(LAPSED), "premium", "Premium is renewed"),
        (refusal("Forbidden"), "removed_or_foreign", "something else"),
        (
            refusal("User not registered in the Developer Dashboard"),
            "not_registered",
            "keeper can add it",
        ),
        (b"User not registered in the Developer Dashboard", "not_registered", "keeper can add it"),
        (
            b"Check settings on developer.spotify.com/dashboard, the user may not be registered.",
            "not_registered",
            "keeper can add it",
        ),
        (b"", "removed_or_foreign", "something else"),
        (b"<html><b>403</b></html>", "removed_or_foreign", "something else"),
        (b"\xff\xfe", "removed_or_foreign", "something else"),
        (b"[" * 65000, "removed_or_foreign", "something else"),
    ],
)
def test_a_forbidden_call_tells_its_cause_and_what_to_do(
    client: Client, server: Server, body: bytes, cause: str, next_step: str
) -> None:
    server.will(sends(body, 403))
    error = caught_from(client)
    assert isinstance(error, Forbidden)
    assert (error.cause, error.permanent, error.status) == (cause, True, 403)
    assert next_step in str(error)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadRequest), (404, NotFound), (410, NotFound), (413, TooLarge)]
)
@pytest.mark.parametrize("body", [b"Plain words", b'{"error":{"message":"Plain words"}}'])
def test_a_refusal_is_final_and_keeps_spotifys_words(
    client: Client, server: Server, status: int, kind: type[SpotifyError], body: bytes
) -> None:
    server.will(sends(body, status))
    error = caught_from(client)
    assert type(error) is kind
    assert (error.permanent, error.status, error.detail) == (True, status, "Plain words")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"error":"invalid_request","error_description":"limit must be 1 to 50"}',
         "limit must be 1 to 50 invalid_request"),
        (b'{"error":{"status":400,"message":"Invalid limit","reason":"BAD"}}', "Invalid limit BAD"),
        (b'{"error":{"message":null,"reason":[1]}}', ""),
        (b'{"error":null}', ""),
        (b'{"error":["a"]}', ""),
        (b"[1, 2]", ""),
        (b"null", ""),
        (b'"just a text"', "just a text"),
        (b"line one\r\nline two\x1b[31m", "line one  line two [31m"),
        (b"<!doctype html>", ""),
    ],
)  # fmt: skip
def test_spotifys_words_are_kept_on_one_line(
    client: Client, server: Server, body: bytes, detail: str
) -> None:
    server.will(sends(body, 400))
    assert caught_from(client).detail == detail


def test_spotifys_words_are_kept_short(client: Client, server: Server) -> None:
    server.will(sends(b"a" * 50_000, 400))
    assert len(caught_from(client).detail) == 200


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "74214"}, 74214.0),
        ({"Retry-After": "99999999999"}, 604_800.0),
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "٣"}, None),
        (
            {
                "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
                "Retry-After": "Sun, 22 Nov 2026 10:02:30 GMT",
            },
            150.0,
        ),
        (
            {
                "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
                "Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT",
            },
            0.0,
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 10:02:30 GMT"}, None),
        ({"Date": "yesterday", "Retry-After": "Sun, 22 Nov 2026 10:02:30 GMT"}, None),
        (
            {
                "Date": "Sun, 22 Nov 2026 10:00:00 -0000",
                "Retry-After": "Sun, 22 Nov 2026 10:02:30 GMT",
            },
            150.0,
        ),
    ],
)
def test_too_many_calls_raise_at_once_with_the_seconds_to_wait(
    client: Client, server: Server, headers: dict[str, str], seconds: float | None
) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    server.will(sends(b"Too many requests", 429, encoded))
    error = caught_from(client)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.quota, error.permanent) == (seconds, False, False)
    assert len(server.asked) == 1


def test_a_used_up_quota_is_told_from_a_burst(client: Client, server: Server) -> None:
    refusal = {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}
    server.will(says({"error": refusal}, 429, {"Retry-After": "48925"}))
    error = caught_from(client)
    assert isinstance(error, RateLimited)
    assert (error.quota, error.retry_after) == (True, 48925.0)
    assert str(error) == (
        "This app has used up its share of Spotify for now; please try again in about 14 hours."
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("1", "in a minute."),
        ("90", "in a minute."),
        ("91", "in about 2 minutes."),
        ("5400", "in about 90 minutes."),
        ("7200", "in about 2 hours."),
        ("259200", "in about 3 days."),
        ("text", "in a few minutes."),
    ],
)
def test_the_wait_is_told_in_words(
    client: Client, server: Server, seconds: str, words: str
) -> None:
    server.will(sends(b"", 429, {"Retry-After": seconds}))
    assert str(caught_from(client)).endswith(words)


def test_a_quota_without_a_time_opens_tomorrow(client: Client, server: Server) -> None:
    server.will(says({"error": {"reason": "QUOTA_EXCEEDED"}}, 429))
    assert str(caught_from(client)).endswith("please try again tomorrow.")


def test_a_limited_write_surely_did_not_happen(client: Client, server: Server) -> None:
    server.will(sends(b"", 429))
    with pytest.raises(RateLimited) as caught:
        client.create_playlist("A", "B")
    assert not caught.value.may_have_happened
    assert len(server.asked) == 1


DATES = st.sampled_from(
    ["Sun, 22 Nov 2026 10:00:00 GMT", "Sun, 22 Nov 9999 10:00:00 -2400", "1 2 3"]
)
HEADER = st.text(max_size=40) | DATES | st.integers().map(str)


@settings(deadline=None)
@given(
    status=st.integers(300, 999),
    retry_after=HEADER,
    date=HEADER,
    body=st.binary(max_size=80) | st.text(max_size=80).map(refusal),
)
def test_any_refusal_at_all_is_one_of_our_errors(
    status: int, retry_after: str, date: str, body: bytes
) -> None:
    error = error_from(status, {"Retry-After": retry_after, "Date": date}, body)
    assert error.status == status
    assert error.retry_after is None or 0 <= error.retry_after <= 604_800
    assert str(error).endswith(".")
    assert error.detail.isprintable()
