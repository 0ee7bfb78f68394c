"""Renewing a token: what is sent, what is kept, and which failure means that consent has ended."""

import logging
from base64 import b64decode
from urllib.parse import parse_qs

import pytest

from music_time_machine.spotify import (
    BadClient,
    BadRequest,
    NeedsReconnect,
    Nonsense,
    RateLimited,
    SpotifyError,
    Tokens,
    Unavailable,
    refresh_tokens,
)
from tests.spotify.faulty import Behaviour, Server, drips, hangs, resets, says, sends

GOOD = {
    "access_token": "fresh-access",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "user-top-read user-read-recently-played",
}


def refreshed(server: Server, deadline: float = 10.0) -> Tokens:
    return refresh_tokens(server.url, "the client", "a secret", "old-refresh+/=", deadline=deadline)


def failure(server: Server, deadline: float = 10.0) -> SpotifyError:
    with pytest.raises(SpotifyError) as caught:
        refreshed(server, deadline)
    return caught.value


def test_sends_the_form_with_basic_credentials(server: Server) -> None:
    server.will(says(GOOD))
    refreshed(server)
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/api/token")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["old-refresh+/="],
    }
    kind, _, credentials = asked.headers["authorization"].partition(" ")
    assert (kind, b64decode(credentials)) == ("Basic", b"the client:a secret")


def test_an_answer_without_a_refresh_token_means_keep_the_old(server: Server) -> None:
    server.will(says(GOOD))
    tokens = refreshed(server)
    assert tokens == Tokens(
        access_token="fresh-access",
        expires_in=3600,
        refresh_token=None,
        scope="user-top-read user-read-recently-played",
    )


@pytest.mark.parametrize(
    ("sent", "kept"), [("new-refresh", "new-refresh"), ("", None), (None, None)]
)
def test_a_new_refresh_token_replaces_the_old_unless_it_is_empty(
    server: Server, sent: str | None, kept: str | None
) -> None:
    server.will(says(GOOD | {"refresh_token": sent}))
    assert refreshed(server).refresh_token == kept


@pytest.mark.parametrize("lasts", [None, "an hour", -5, 0, True])
def test_a_life_that_cannot_be_read_is_the_usual_hour(server: Server, lasts: object) -> None:
    server.will(says(GOOD | {"expires_in": lasts}))
    assert refreshed(server).expires_in == 3600


@pytest.mark.parametrize("said", ["Refresh token revoked", "Invalid refresh token", None])
def test_an_invalid_grant_alone_means_connect_again(server: Server, said: str | None) -> None:
    server.will(says({"error": "invalid_grant", "error_description": said}, 400))
    error = failure(server)
    assert isinstance(error, NeedsReconnect)
    assert error.permanent
    assert "connect again" in str(error)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("said", [{"error_description": "Invalid client secret"}, {}])
def test_an_unknown_client_is_for_the_keeper_to_correct(
    server: Server, status: int, said: dict[str, str]
) -> None:
    server.will(says({"error": "invalid_client"} | said, status))
    error = failure(server)
    assert isinstance(error, BadClient)
    assert "client id and secret" in str(error)


OTHER_FAILURES: dict[str, tuple[Behaviour, type[SpotifyError]]] = {
    "another error": (says({"error": "unsupported_grant_type"}, 400), BadRequest),
    "invalid_grant with 500": (says({"error": "invalid_grant"}, 500), Unavailable),
    "503": (sends(b"<html>", 503), Unavailable),
    "429": (sends(b"", 429, {"Retry-After": "9"}), RateLimited),
    "resets": (resets(), Unavailable),
    "hangs": (hangs(), Unavailable),
    "drips": (drips(b"HTTP/1.1 200 OK\r\n\r\n", b" "), Unavailable),
    "HTML": (sends(b"<html>"), Nonsense),
    "no token": (says({"token_type": "Bearer"}), Nonsense),
    "an empty token": (says(GOOD | {"access_token": ""}), Nonsense),
    "a token of another type": (says(GOOD | {"access_token": 7}), Nonsense),
    "a redirect": (sends(b"", 302, {"Location": "http://192.0.2.1/"}), Nonsense),
}


@pytest.mark.parametrize(("behaviour", "kind"), OTHER_FAILURES.values(), ids=OTHER_FAILURES.keys())
def test_any_other_failure_leaves_the_tokens_worth_keeping_and_is_not_repeated(
    server: Server, behaviour: Behaviour, kind: type[SpotifyError]
) -> None:
    server.will(behaviour)
    assert type(failure(server, deadline=0.4)) is kind
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_secret_is_in_an_error_a_value_or_a_log(
    server: Server, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.will(sends(b'"canary-refresh" and "canary-secret" were refused', status))
    with caplog.at_level(logging.DEBUG), pytest.raises(SpotifyError) as caught:
        refresh_tokens(server.url, "the client", "canary-secret", "canary-refresh")
    told = repr(caught.value) + str(caught.value) + caught.value.detail + caplog.text
    assert "canary" not in told


def test_tokens_do_not_show_themselves(server: Server) -> None:
    server.will(says(GOOD | {"refresh_token": "new-refresh"}))
    shown = repr(refreshed(server))
    assert "fresh-access" not in shown
    assert "new-refresh" not in shown
