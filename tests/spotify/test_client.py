"""What each call asks, what it gives, and what happens with a refused token."""

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from music_time_machine.spotify import (
    BadRequest,
    Client,
    Forbidden,
    Nonsense,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from tests.spotify import answers
from tests.spotify.answers import (
    ARTIST,
    CURRENTLY_PLAYING,
    EPISODE,
    LOCAL_TRACK,
    PLAY,
    PLAYLIST,
    PLAYLIST_ROW,
    PROFILE,
    RECENTLY_PLAYED,
    TRACK,
    numbered,
    page,
)
from tests.spotify.conftest import TokenSource
from tests.spotify.faulty import Server, resets, says, sends

LIST_ID = "3pLaYlIsT0000000000001"
URIS = ["spotify:track:7tRaCk0000000000000001", "spotify:track:7tRaCk0000000000000002"]


# Reading


def test_asks_who_it_is_with_the_bearer_token(client: Client, server: Server) -> None:
    server.will(says(PROFILE))
    profile = client.me()
    assert (profile.account_id, profile.id, profile.display_name) == (
        "acc_2c5f0c1f3d",
        "alice",
        "Alice",
    )
    assert profile.image_url is None
    [asked] = server.asked
    assert (asked.method, asked.path, asked.query) == ("GET", "/v1/me", {})
    assert asked.headers["authorization"] == "Bearer token-0"


def test_reads_a_top_list_in_rank_order(client: Client, server: Server) -> None:
    server.will(says(page(numbered(TRACK, 1), numbered(TRACK, 2))))
    top = client.top_tracks("long_term")
    assert [track.name for track in top.items] == ["Track 1", "Track 2"]
    assert (top.ranks, top.skipped) == ((1, 2), 0)
    [asked] = server.asked
    assert asked.path == "/v1/me/top/tracks"
    assert asked.query == {"time_range": "long_term", "limit": "50"}


def test_a_row_left_out_of_a_top_list_leaves_a_gap_in_the_ranks(
    client: Client, server: Server
) -> None:
    server.will(says(page(TRACK, None, LOCAL_TRACK, EPISODE, numbered(TRACK, 5))))
    top = client.top_tracks("short_term")
    assert (top.ranks, top.skipped) == ((1, 5), 3)


def test_reads_top_artists_with_their_pictures(client: Client, server: Server) -> None:
    server.will(says(page(ARTIST, None)))
    top = client.top_artists("medium_term", limit=10)
    [artist] = top.items
    assert (artist.name, artist.genres, top.skipped) == ("Vesna Halloran", (), 1)
    assert artist.image_url == "https://i.scdn.co/image/ab02"
    [asked] = server.asked
    assert asked.path == "/v1/me/top/artists"
    assert asked.query == {"time_range": "medium_term", "limit": "10"}


def test_an_empty_top_list_is_no_error(client: Client, server: Server) -> None:
    server.will(says(page()))
    assert client.top_artists("short_term").items == ()


def test_reads_recent_plays_to_the_millisecond_in_utc(client: Client, server: Server) -> None:
    server.will(says(RECENTLY_PLAYED))
    recent = client.recently_played(after_ms=1_793_000_000_000)
    assert [play.played_at for play in recent.items] == [
        datetime(2026, 10, 30, 21, 4, 52, 922_000, tzinfo=UTC),
        datetime(2026, 10, 30, 21, 1, tzinfo=UTC),
    ]
    assert [play.context_uri for play in recent.items] == [
        "spotify:album:1aB2cD3eF4gH5iJ6kL7mN8",
        None,
    ]
    assert (recent.after_ms, recent.before_ms) == (1_793_394_292_922, 1_793_394_060_000)
    [asked] = server.asked
    assert asked.path == "/v1/me/player/recently-played"
    assert asked.query == {"limit": "50", "after": "1793000000000"}


def test_no_cursor_means_there_is_no_more(client: Client, server: Server) -> None:
    server.will(says(RECENTLY_PLAYED | {"items": [], "cursors": None}))
    recent = client.recently_played(before_ms=1)
    assert (recent.items, recent.after_ms, recent.before_ms) == ((), None, None)


def test_plays_of_episodes_and_local_files_are_left_out_and_counted(
    client: Client, server: Server
) -> None:
    rows = [PLAY, PLAY | {"track": EPISODE}, PLAY | {"track": LOCAL_TRACK}, None]
    rows.append(PLAY | {"track": None})
    server.will(says(RECENTLY_PLAYED | {"items": rows}))
    recent = client.recently_played()
    assert (len(recent.items), recent.skipped) == (1, 4)


def test_after_and_before_at_once_is_a_mistake_of_the_caller(client: Client) -> None:
    with pytest.raises(ValueError, match="not both"):
        client.recently_played(after_ms=1, before_ms=2)


def test_nothing_playing_is_none(client: Client, server: Server) -> None:
    server.will(sends(b"", 204))
    assert client.currently_playing() is None


def test_tells_what_is_playing(client: Client, server: Server) -> None:
    server.will(says(CURRENTLY_PLAYING))
    playing = client.currently_playing()
    assert playing is not None
    assert playing.track is not None
    assert (playing.track.name, playing.is_playing, playing.progress_ms) == (
        "Žlutá ulice",
        True,
        42_000,
    )
    assert server.asked[0].path == "/v1/me/player/currently-playing"


@pytest.mark.parametrize(
    "heard",
    [
        {"item": None, "currently_playing_type": "ad"},
        {"item": EPISODE, "currently_playing_type": "episode"},
        {"item": LOCAL_TRACK},
    ],
)
def test_what_plays_may_be_no_track(
    client: Client, server: Server, heard: dict[str, object]
) -> None:
    server.will(says(CURRENTLY_PLAYING | heard))
    playing = client.currently_playing()
    assert playing is not None
    assert playing.track is None


def test_reads_one_track_and_one_artist(client: Client, server: Server) -> None:
    server.will(says(TRACK), says(ARTIST))
    track = client.track("7tRaCk0000000000000001")
    assert client.artist("4Zk3LmNn8Qw2rT6yU1oPaS").name == "Vesna Halloran"
    assert track.album is not None
    assert (track.isrc, track.album.release_date, track.album.release_date_precision) == (
        "XXA019800042",
        "1998-04",
        "month",
    )
    assert [asked.path for asked in server.asked] == [
        "/v1/tracks/7tRaCk0000000000000001",
        "/v1/artists/4Zk3LmNn8Qw2rT6yU1oPaS",
    ]


def test_searches_tracks(client: Client, server: Server) -> None:
    server.will(says({"tracks": page(TRACK, None)}))
    found = client.search_tracks('track:"Žlutá & ulice"')
    assert (len(found.items), found.skipped) == (1, 1)
    assert server.asked[0].query == {
        "q": 'track:"Žlutá & ulice"',
        "type": "track",
        "limit": "10",
    }


@pytest.mark.parametrize("wrong", ["", "..", "../me", "a/b", "a?b=c", "a b", "ä"])
def test_what_is_no_id_is_never_sent(client: Client, server: Server, wrong: str) -> None:
    calls: list[Callable[[str], object]] = [
        client.track,
        client.artist,
        client.playlist,
        client.playlist_items,
        client.remove_playlist,
    ]
    for call in calls:
        with pytest.raises(BadRequest, match="not an id"):
            call(wrong)
    assert server.asked == []


# Lists of many pages


def test_walks_through_all_pages_by_its_own_count(client: Client, server: Server) -> None:
    elsewhere = {"next": "http://192.0.2.1/steal-the-token"}
    server.will(says(page(*[PLAYLIST] * 50, **elsewhere)), says(page(PLAYLIST, None, PLAYLIST)))
    rows = client.playlists()
    assert len(list(rows)) == 52
    assert rows.skipped == 1
    assert [asked.query for asked in server.asked] == [
        {"limit": "50", "offset": "0"},
        {"limit": "50", "offset": "50"},
    ]


def test_asks_for_a_page_only_when_it_is_needed(client: Client, server: Server) -> None:
    server.will(says(page(PLAYLIST, next="more")))
    next(client.playlists())
    assert len(server.asked) == 1


def test_rows_of_a_playlist_keep_their_positions(client: Client, server: Server) -> None:
    local = PLAYLIST_ROW | {"is_local": True, "item": LOCAL_TRACK}
    rows = [PLAYLIST_ROW, None, PLAYLIST_ROW | {"item": None}, local, PLAYLIST_ROW]
    rows.append(PLAYLIST_ROW | {"item": EPISODE})
    server.will(says(page(*rows, next="more")), says(page(PLAYLIST_ROW)))
    walked = client.playlist_items(LIST_ID)
    items = list(walked)
    assert [item.position for item in items] == [0, 4, 6]
    assert walked.skipped == 4
    assert items[0].added_at == datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert server.asked[1].path == f"/v1/playlists/{LIST_ID}/items"


def test_a_page_without_next_ends_by_the_total(client: Client, server: Server) -> None:
    first = answers.without(page(PLAYLIST, total=2), "next")
    server.will(says(first))
    assert len(list(client.playlists())) == 2


def test_a_list_without_an_end_is_nonsense(client: Client, server: Server) -> None:
    server.will(says(page(*[None] * 20_000, next="more")))
    with pytest.raises(Nonsense):
        list(client.playlists())
    assert len(server.asked) == 6


def test_an_empty_page_ends_the_walk(client: Client, server: Server) -> None:
    server.will(says(page(next="more")))
    assert list(client.playlists()) == []


def test_reads_a_playlist_under_old_and_new_names(client: Client, server: Server) -> None:
    old = answers.without(PLAYLIST, "items") | {"tracks": {"total": 7}}
    server.will(says(PLAYLIST), says(old), says(answers.without(PLAYLIST, "items")))
    heads = [client.playlist(LIST_ID) for _ in range(3)]
    assert [head.total for head in heads] == [12, 7, None]
    assert (heads[0].owner_id, heads[0].public, heads[0].images) == ("alice", False, ())


def test_reads_rows_of_a_playlist_under_the_old_name(client: Client, server: Server) -> None:
    old = answers.without(PLAYLIST_ROW, "item") | {"track": TRACK}
    server.will(says(page(old)))
    assert [item.track.name for item in client.playlist_items(LIST_ID)] == ["Žlutá ulice"]


# Writing


def test_creates_a_private_playlist_unless_told_otherwise(client: Client, server: Server) -> None:
    server.will(says(PLAYLIST, 201))
    made = client.create_playlist("Forgotten gems", "Found again")
    assert (made.id, made.url) == (LIST_ID, f"https://open.spotify.com/playlist/{LIST_ID}")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/me/playlists")
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {"name": "Forgotten gems", "description": "Found again", "public": False}


def test_renames_a_playlist(client: Client, server: Server) -> None:
    server.will(sends(b""))
    client.rename_playlist(LIST_ID, "Čas")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PUT", f"/v1/playlists/{LIST_ID}")
    assert asked.json == {"name": "Čas"}


def test_adds_items_in_order(client: Client, server: Server) -> None:
    server.will(says({"snapshot_id": "AAAAB2"}, 201))
    assert client.add_items(LIST_ID, URIS) == "AAAAB2"
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v1/playlists/{LIST_ID}/items")
    assert asked.json == {"uris": URIS}


def test_replaces_items_and_empties_with_none(client: Client, server: Server) -> None:
    server.will(says({"snapshot_id": "AAAAB3"}))
    assert client.replace_items(LIST_ID, URIS) == "AAAAB3"
    client.replace_items(LIST_ID, [])
    assert [(asked.method, asked.json) for asked in server.asked] == [
        ("PUT", {"uris": URIS}),
        ("PUT", {"uris": []}),
    ]


def test_removes_items_of_the_snapshot_it_knows(client: Client, server: Server) -> None:
    server.will(says({"snapshot_id": "AAAAB4"}))
    assert client.remove_items(LIST_ID, URIS[:1], "AAAAB3") == "AAAAB4"
    client.remove_items(LIST_ID, URIS[:1])
    assert [asked.method for asked in server.asked] == ["DELETE", "DELETE"]
    assert server.asked[0].path == f"/v1/playlists/{LIST_ID}/items"
    assert [asked.json for asked in server.asked] == [
        {"items": [{"uri": URIS[0]}], "snapshot_id": "AAAAB3"},
        {"items": [{"uri": URIS[0]}]},
    ]


def test_removes_a_playlist_from_the_library_by_query_without_a_body(
    client: Client, server: Server
) -> None:
    server.will(sends(b""))
    client.remove_playlist(LIST_ID)
    [asked] = server.asked
    assert (asked.method, asked.path, asked.body) == ("DELETE", "/v1/me/library", b"")
    assert asked.query == {"uris": f"spotify:playlist:{LIST_ID}"}


def test_sets_a_cover_as_base64_of_a_jpeg(client: Client, server: Server) -> None:
    server.will(sends(b"", 202))
    client.set_cover(LIST_ID, b"\xff\xd8 a picture \xff\xd9")
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PUT", f"/v1/playlists/{LIST_ID}/images")
    assert asked.headers["content-type"] == "image/jpeg"
    assert b64decode(asked.body, validate=True) == b"\xff\xd8 a picture \xff\xd9"


def test_a_cover_too_large_is_refused_before_it_is_sent(client: Client, server: Server) -> None:
    with pytest.raises(TooLarge, match="under 190 KB") as caught:
        client.set_cover(LIST_ID, bytes(200_000))
    assert caught.value.permanent
    assert server.asked == []


def test_asks_what_is_in_the_library(client: Client, server: Server) -> None:
    server.will(says([True, False]))
    assert client.in_library(URIS) == (True, False)
    [asked] = server.asked
    assert (asked.method, asked.path) == ("GET", "/v1/me/library/contains")
    assert asked.query == {"uris": ",".join(URIS)}


@pytest.mark.parametrize("answer", [[True], [True, None], {"items": []}, None])
def test_an_answer_that_does_not_match_the_uris_is_nonsense(
    client: Client, server: Server, answer: object
) -> None:
    server.will(says(answer))
    with pytest.raises(Nonsense):
        client.in_library(URIS)


def test_more_uris_than_fit_one_call_are_a_mistake_of_the_caller(
    client: Client, server: Server
) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        client.add_items(LIST_ID, URIS[:1] * 101)
    with pytest.raises(ValueError, match="at most 40"):
        client.in_library(URIS[:1] * 41)
    assert server.asked == []


WRITES: dict[str, Callable[[Client], object]] = {
    "create": lambda client: client.create_playlist("A", "B"),
    "rename": lambda client: client.rename_playlist(LIST_ID, "A"),
    "add": lambda client: client.add_items(LIST_ID, URIS),
    "replace": lambda client: client.replace_items(LIST_ID, URIS),
    "remove items": lambda client: client.remove_items(LIST_ID, URIS),
    "remove": lambda client: client.remove_playlist(LIST_ID),
    "cover": lambda client: client.set_cover(LIST_ID, b"\xff\xd8"),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@every_write
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_is_sent_once_and_left_in_doubt_when_spotify_has_trouble(
    client: Client, server: Server, write: Callable[[Client], object], status: int
) -> None:
    server.will(sends(b"<html>Bad gateway</html>", status))
    with pytest.raises(Unavailable) as caught:
        write(client)
    assert len(server.asked) == 1
    assert caught.value.may_have_happened
    assert (caught.value.status, caught.value.permanent) == (status, False)


@every_write
def test_a_write_whose_answer_is_lost_is_sent_once_and_left_in_doubt(
    client: Client, server: Server, write: Callable[[Client], object]
) -> None:
    server.will(resets())
    with pytest.raises(Unavailable) as caught:
        write(client)
    assert len(server.asked) == 1
    assert caught.value.may_have_happened


@every_write
@pytest.mark.parametrize(
    ("status", "error"), [(400, BadRequest), (403, Forbidden), (404, NotFound)]
)
def test_a_refused_write_surely_did_not_happen(
    client: Client,
    server: Server,
    write: Callable[[Client], object],
    status: int,
    error: type[Exception],
) -> None:
    server.will(says({"error": {"status": status, "message": "No"}}, status))
    with pytest.raises(error) as caught:
        write(client)
    assert not caught.value.may_have_happened  # type: ignore[attr-defined]


def test_a_created_playlist_that_cannot_be_read_is_left_in_doubt(
    client: Client, server: Server
) -> None:
    server.will(sends(b"<html>", 201))
    with pytest.raises(Nonsense) as caught:
        client.create_playlist("A", "B")
    assert caught.value.may_have_happened


def test_a_change_without_a_snapshot_id_is_still_done(client: Client, server: Server) -> None:
    server.will(says({}))
    assert client.add_items(LIST_ID, URIS) is None


# Tokens


def test_a_refused_token_is_renewed_once_and_the_call_repeated(
    client: Client, server: Server, tokens: TokenSource
) -> None:
    server.will(says({"error": {"status": 401, "message": "No token"}}, 401), says(PROFILE))
    assert client.me().id == "alice"
    assert tokens.demands == [False, True]
    assert [asked.headers["authorization"] for asked in server.asked] == [
        "Bearer token-0",
        "Bearer token-1",
    ]


def test_a_second_refusal_is_the_end(client: Client, server: Server, tokens: TokenSource) -> None:
    server.will(says({"error": {"status": 401, "message": "No token"}}, 401))
    with pytest.raises(Unauthorized, match="connect again") as caught:
        client.me()
    assert len(server.asked) == 2
    assert tokens.demands == [False, True]
    assert caught.value.permanent


@every_write
def test_a_refused_write_was_not_done_so_it_goes_out_once_more(
    client: Client, server: Server, write: Callable[[Client], object]
) -> None:
    server.will(sends(b"Unauthorized.", 401), says(PLAYLIST))
    write(client)
    assert len(server.asked) == 2
    assert server.asked[0].body == server.asked[1].body


def test_a_renewal_that_fails_is_not_tried_again(server: Server) -> None:
    demands: list[bool] = []

    def token(force_refresh: bool) -> str:
        demands.append(force_refresh)
        if force_refresh:
            raise Unavailable("The accounts service is down.")
        return "old"

    server.will(sends(b"", 401))
    with Client(server.url, token) as client, pytest.raises(Unavailable, match="accounts service"):
        client.me()
    assert demands == [False, True]
    assert len(server.asked) == 1


def test_a_write_whose_token_cannot_be_renewed_surely_did_not_happen(server: Server) -> None:
    def token(force_refresh: bool) -> str:
        raise Unavailable("The accounts service is down.")

    with Client(server.url, token) as client, pytest.raises(Unavailable) as caught:
        client.create_playlist("A", "B")
    assert not caught.value.may_have_happened


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Evil: 1", "emoji-🙂", "tab\t"])
def test_a_token_that_fits_no_header_is_refused_without_being_told(
    server: Server, token: str
) -> None:
    with Client(server.url, lambda force: token) as client, pytest.raises(Unauthorized) as caught:
        client.me()
    assert server.asked == []
    assert token == "" or token not in repr(caught.value) + caught.value.detail


def test_one_connection_serves_many_calls(client: Client, server: Server) -> None:
    server.will(says(PROFILE))
    for _ in range(5):
        client.me()
    assert (len(server.asked), server.connections) == (5, 1)
