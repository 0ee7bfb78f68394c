"""Every way in which an answer can fail to come: one clear error in time, and nothing else."""

import gzip
import logging
import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from music_time_machine.spotify import (
    BadRequest,
    Client,
    Nonsense,
    SpotifyError,
    TooLarge,
    Unavailable,
)
from tests.spotify.answers import PROFILE
from tests.spotify.conftest import TokenSource
from tests.spotify.faulty import (
    Behaviour,
    Server,
    drips,
    hangs,
    pours,
    raw,
    resets,
    says,
    sends,
)

OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"
LIST_ID = "3pLaYlIsT0000000000001"

# None of these ends by itself: without a deadline over all of it the test would not end either.
ENDLESS: dict[str, Behaviour] = {
    "hangs": hangs(),
    "hangs in the headers": hangs(JSON),
    "hangs in the body": hangs(JSON + b'Content-Length: 100\r\n\r\n{"id":'),
    "drips the status line": drips(b"HTTP/1.1 200 O", b"O"),
    "drips a header": drips(JSON + b"X-Long: ", b"a"),
    "drips headers": drips(JSON, b"X-A: b\r\n"),
    "drips interim answers": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drips the body": drips(JSON + b"Content-Length: 100000\r\n\r\n", b" "),
    "drips chunks": drips(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "drips until the end": drips(JSON + b"\r\n", b" "),
    "drips an error's body": drips(b"HTTP/1.1 404 No\r\nContent-Length: 9999\r\n\r\n", b" "),
}

BROKEN: dict[str, Behaviour] = {
    "closes": raw(b""),
    "resets": resets(),
    "resets in the body": resets(JSON + b'Content-Length: 100\r\n\r\n{"id":'),
    "closes in the body": raw(JSON + b'Content-Length: 100\r\n\r\n{"id":'),
    "closes in a chunk": raw(JSON + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "a chunk without a length": raw(JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "speaks another protocol": raw(b"SSH-2.0-something\r\n\r\n"),
    "a status that is none": raw(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a thousand headers": raw(JSON + b"X-A: b\r\n" * 1000 + b"\r\n{}"),
    "a header without an end": pours(JSON + b"X-Long: ", b"a" * 65536, 4),
}

UNREADABLE: dict[str, Behaviour] = {
    "HTML": sends(b"<!doctype html><title>Sign in to this network</title>"),
    "nothing": sends(b""),
    "no more than headers": raw(JSON),
    "no content": sends(b"", 204),
    "null": sends(b"null"),
    "a text": sends(b'"hello"'),
    "a list": sends(b"[]"),
    "a number": sends(b"1e999"),
    "half of it": sends(b'{"id": "alice", "acc'),
    "not UTF-8": sends(b'{"id": "\xff\xfe"}'),
    "half a character": sends(b'{"id": "\\ud800"}'),
    "deep lists": sends(b"[" * 200_000 + b"]" * 200_000),
    "deep objects": sends(b'{"id":' * 200_000),
    "deep beside the id": sends(b'{"id":"alice","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "wrong type": says(PROFILE | {"id": 7}),
    "no identity": says({"display_name": "Alice"}),
    "a redirect": sends(b"", 302, {"Location": "http://192.0.2.1/"}),
    "said to be gzip": sends(b"{}", 200, {"Content-Encoding": "gzip"}),
    "unheard-of status": sends(b"{}", 333),
}


def cases(behaviours: dict[str, Behaviour]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("behaviour", behaviours.values(), ids=behaviours.keys())


@cases(ENDLESS)
def test_an_answer_without_an_end_is_given_up_at_the_deadline(
    hasty: Client, server: Server, behaviour: Behaviour
) -> None:
    server.will(behaviour)
    with pytest.raises(Unavailable, match="took too long") as caught:
        hasty.me()
    assert not caught.value.permanent
    assert len(server.asked) == 1


@cases(ENDLESS)
def test_a_write_without_an_answer_in_time_is_left_in_doubt(
    hasty: Client, server: Server, behaviour: Behaviour
) -> None:
    server.will(behaviour)
    with pytest.raises(Unavailable, match="took too long") as caught:
        hasty.rename_playlist(LIST_ID, "A")
    assert caught.value.may_have_happened
    assert len(server.asked) == 1


@cases(BROKEN)
def test_a_broken_answer_is_asked_for_twice_more(
    client: Client, server: Server, behaviour: Behaviour
) -> None:
    server.will(behaviour)
    with pytest.raises(Unavailable, match="broke off"):
        client.me()
    assert len(server.asked) == 3


def test_a_good_answer_after_two_broken_ones_is_all_that_is_seen(
    client: Client, server: Server
) -> None:
    server.will(BROKEN["resets in the body"], BROKEN["closes"], says(PROFILE))
    assert client.me().id == "alice"


@cases(UNREADABLE)
def test_what_cannot_be_read_is_nonsense_and_not_asked_for_again(
    client: Client, server: Server, behaviour: Behaviour
) -> None:
    server.will(behaviour)
    with pytest.raises(Nonsense, match="cannot read"):
        client.me()
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_trouble_at_spotify_is_asked_about_twice_more(
    client: Client, server: Server, status: int
) -> None:
    server.will(sends(b"upstream connect error", status))
    with pytest.raises(Unavailable, match="has trouble") as caught:
        client.me()
    assert len(server.asked) == 3
    assert caught.value.status == status


def test_trouble_that_passes_is_not_seen(client: Client, server: Server) -> None:
    server.will(sends(b"", 502), sends(b"", 503), says(PROFILE))
    assert client.me().id == "alice"


def test_trouble_that_names_a_time_is_not_asked_about_again(client: Client, server: Server) -> None:
    server.will(sends(b"", 503, {"Retry-After": "120"}))
    with pytest.raises(Unavailable) as caught:
        client.me()
    assert len(server.asked) == 1
    assert caught.value.retry_after == 120


def test_a_refused_token_does_not_give_new_repeats(client: Client, server: Server) -> None:
    server.will(sends(b"", 502), sends(b"", 401), sends(b"", 502))
    with pytest.raises(Unavailable):
        client.me()
    assert len(server.asked) == 4


def test_an_answer_of_a_gigabyte_is_not_read(hasty: Client, server: Server) -> None:
    piece = b" " * 1_000_000
    server.will(pours(JSON + b"Content-Length: 1000000000\r\n\r\n", piece, 1000))
    with pytest.raises(TooLarge, match="too large") as caught:
        hasty.me()
    assert not caught.value.permanent


def test_what_unpacks_to_too_much_is_not_read(hasty: Client, server: Server) -> None:
    server.will(sends(gzip.compress(b" " * 50_000_000), 200, {"Content-Encoding": "gzip"}))
    with pytest.raises(TooLarge):
        hasty.me()


def test_an_answer_just_within_the_limit_is_read(hasty: Client, server: Server) -> None:
    server.will(says(PROFILE | {"more": "x" * 990_000}))
    assert hasty.me().id == "alice"


def test_a_long_refusal_is_still_a_refusal(hasty: Client, server: Server) -> None:
    server.will(pours(b"HTTP/1.1 404 No\r\nContent-Length: 9000000\r\n\r\n", b" " * 90_000, 100))
    with pytest.raises(SpotifyError, match="cannot find"):
        hasty.me()


def test_a_packed_answer_is_read(client: Client, server: Server) -> None:
    packed = gzip.compress(b'{"id": "alice", "account_id": "acc_1"}')
    server.will(sends(packed, 200, {"Content-Encoding": "gzip"}))
    assert client.me().account_id == "acc_1"


def test_no_cookie_is_kept(client: Client, server: Server) -> None:
    server.will(says(PROFILE, headers={"Set-Cookie": "sp_t=1; Path=/"}))
    client.me()
    client.me()
    assert "cookie" not in server.asked[1].headers


def test_the_call_after_a_failure_gets_its_own_connection(hasty: Client, server: Server) -> None:
    server.will(hangs(JSON + b"Content-Length: 9\r\n\r\n"), says(PROFILE))
    with pytest.raises(Unavailable):
        hasty.me()
    assert hasty.me().id == "alice"


def test_nobody_listening_is_said_plainly(tokens: TokenSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with Client(url, tokens) as client:
        with pytest.raises(Unavailable, match="internet connection"):
            client.me()
        with pytest.raises(Unavailable) as caught:
            client.rename_playlist(LIST_ID, "A")
    assert not caught.value.may_have_happened


@pytest.fixture
def no_look_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose look-up of names hangs until the test is over."""
    over = Event()

    def look_up(*asked: object) -> list[object]:
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
    over.set()


def test_a_name_look_up_that_hangs_is_given_up_too(tokens: TokenSource, no_look_up: None) -> None:
    with Client("http://spotify.invalid", tokens, deadline=0.2) as client:
        with pytest.raises(Unavailable, match="took too long"):
            client.me()
        with pytest.raises(Unavailable) as caught:
            client.rename_playlist(LIST_ID, "A")
    assert not caught.value.may_have_happened


def test_an_unknown_name_is_said_plainly(
    tokens: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*asked: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with Client("http://spotify.invalid", tokens) as client:
        with pytest.raises(Unavailable, match="address could not be found"):
            client.me()
        with pytest.raises(Unavailable) as caught:
            client.rename_playlist(LIST_ID, "A")
    assert not caught.value.may_have_happened


def test_a_silent_address_leaves_time_for_the_next(
    server: Server, tokens: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, connect = socket.getaddrinfo, socket.socket.connect
    port = int(server.url.split(":")[2].split("/")[0])

    def look_up(host: str, *asked: int) -> list[object]:
        if host != "spotify.invalid":
            return list(ask(host, *asked))
        return [(2, 1, 6, "", ("192.0.2.1", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    def keep_silent(self: socket.socket, address: tuple[str, int]) -> None:
        if address[0] != "192.0.2.1":
            return connect(self, address)
        Event().wait(self.gettimeout())
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", keep_silent)
    server.will(says(PROFILE))
    with Client(f"http://spotify.invalid:{port}/v1", tokens, deadline=0.4) as client:
        assert client.me().id == "alice"


def test_a_handshake_that_hangs_is_given_up_too(tokens: TokenSource) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with (
            Client(url, tokens, deadline=0.2) as client,
            pytest.raises(Unavailable, match="took too long"),
        ):
            client.me()


def test_no_tls_is_said_plainly(server: Server, tokens: TokenSource) -> None:
    server.will(raw(b""))
    with socket.create_server(("127.0.0.1", 0)) as plain:
        url = f"https://127.0.0.1:{plain.getsockname()[1]}"
        with Client(url, tokens, deadline=0.4) as client:
            answering = _answer_plainly(plain)
            with pytest.raises(Unavailable, match="secure connection"):
                client.me()
            answering()


def _answer_plainly(listener: socket.socket) -> Callable[[], None]:
    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")

    thread = Thread(target=answer, daemon=True)
    thread.start()
    return thread.join


@pytest.mark.parametrize("url", ["", "spotify", "ftp://127.0.0.1", "http://", "http://[::1", "://"])
def test_an_address_that_is_none_is_a_mistake_to_correct(tokens: TokenSource, url: str) -> None:
    with Client(url, tokens) as client, pytest.raises(BadRequest, match="not a web address") as got:
        client.me()
    assert got.value.permanent


def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(
    client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    server.will(says(PROFILE))
    assert client.me().id == "alice"


def test_a_proxy_of_the_environment_is_asked_about_the_world_in_the_same_time(
    server: Server, tokens: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    server.will(says(PROFILE), drips(JSON, b"X-A: b\r\n"))
    with Client("http://spotify.invalid/v1", tokens, deadline=0.4) as client:
        assert client.me().id == "alice"
        with pytest.raises(Unavailable, match="took too long"):
            client.me()


def test_a_netrc_of_the_keeper_does_not_replace_the_token(
    client: Client,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login keeper password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.will(says(PROFILE))
    client.me()
    assert server.asked[0].headers["authorization"] == "Bearer token-0"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 200])
def test_a_token_is_in_no_error_and_in_no_log(
    server: Server,
    status: int,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    canary = "canary-BQDxyz~123"
    server.will(sends(f'"{canary}", said the echo'.encode(), status))
    with (
        caplog.at_level(logging.DEBUG),
        Client(server.url, lambda force: canary) as client,
        pytest.raises(SpotifyError) as caught,
    ):
        client.me()
    told = [str(caught.value), repr(caught.value), caught.value.detail, caplog.text]
    told += capsys.readouterr()
    assert not any(canary in text for text in told)
    assert server.asked[0].headers["authorization"] == f"Bearer {canary}"
