"""Spotify's Web API as the methods of one Client: a token in, frozen values or a SpotifyError out.

Knows paths, queries and bodies, when a GET is repeated, and that a refused token is renewed once.
It never waits for a Retry-After and never sends a write twice: whoever called decides.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar, overload

import msgspec
import stamina

from . import reading
from .deadline import Deadline
from .errors import (
    BadRequest,
    Nonsense,
    SpotifyError,
    TooLarge,
    Unauthorized,
    Unavailable,
    error_from,
)
from .reading import read
from .transport import LARGEST_ANSWER, Answer, Request, Transport
from .values import (
    Artist,
    CurrentlyPlaying,
    FoundTracks,
    Page,
    Playlist,
    PlaylistItem,
    Profile,
    RankedArtists,
    RankedTracks,
    RecentlyPlayed,
    TimeRange,
    Track,
)

Value = TypeVar("Value")
Row = TypeVar("Row")
Query = tuple[tuple[str, str], ...]

MOST_URIS = 100
MOST_LIBRARY_URIS = 40
LARGEST_COVER = 256 * 1024

_MOST_REPEATS = 2
# With less time left than this, a repeat would only end in the deadline.
_WORTH_A_REPEAT = 0.5
_PAGE = 50
_LAST_OFFSET = 100_000
_COVER_TOO_LARGE = "This picture is too large for Spotify; please take one under 190 KB."


class Rows(Iterator[Row], Generic[Row]):
    """Walks through a long list page by page; `skipped` counts the rows left out so far."""

    def __init__(self, fetch: Callable[[int], Page[Row]]) -> None:
        self.skipped = 0
        self._rows = self._walk(fetch)

    def __next__(self) -> Row:
        return next(self._rows)

    def _walk(self, fetch: Callable[[int], Page[Row]]) -> Iterator[Row]:
        # By our own count, never by the address in `next`: the token goes to one host only.
        offset = 0
        while offset <= _LAST_OFFSET:
            page = fetch(offset)
            self.skipped += page.skipped
            yield from page.rows
            offset += page.size
            if not page.has_more or not page.size:
                return
        raise Nonsense(detail="a list without an end")


class _Repeats:
    """Decides whether a failed GET is asked again: rarely, and only inside the deadline."""

    def __init__(self, deadline: Deadline, most: int) -> None:
        self._deadline = deadline
        self._left = most

    def allow(self, error: Exception) -> bool:
        if not isinstance(error, Unavailable) or error.retry_after is not None:
            return False
        self._left -= 1
        return self._left >= 0 and self._deadline.left() > _WORTH_A_REPEAT


class Client:
    """Asks Spotify in one person's name; for one thread at a time.

    `access_token(force_refresh)` gives a bearer token; it is asked with True once when Spotify
    refuses the first. `deadline` is in seconds and holds for a whole call, repeats included.
    """

    def __init__(
        self,
        api_url: str,
        access_token: Callable[[bool], str],
        *,
        deadline: float = 10.0,
        largest_answer: int = LARGEST_ANSWER,
    ) -> None:
        self._transport = Transport(api_url, largest_answer=largest_answer)
        self._access_token = access_token
        self._seconds = deadline

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    # What the person listens to

    def me(self) -> Profile:
        """Whose token it is."""
        return self._get("/me", reading.profile)

    def top_tracks(self, time_range: TimeRange, limit: int = 50) -> RankedTracks:
        """The person's tracks in rank order (scope user-top-read)."""
        query = (("time_range", time_range), ("limit", str(limit)))
        return self._get("/me/top/tracks", reading.top_tracks, query)

    def top_artists(self, time_range: TimeRange, limit: int = 50) -> RankedArtists:
        """The person's artists in rank order (scope user-top-read)."""
        query = (("time_range", time_range), ("limit", str(limit)))
        return self._get("/me/top/artists", reading.top_artists, query)

    def recently_played(
        self, limit: int = 50, after_ms: int | None = None, before_ms: int | None = None
    ) -> RecentlyPlayed:
        """At most the last 50 plays (scope user-read-recently-played); Unix ms, one of the two."""
        if after_ms is not None and before_ms is not None:
            raise ValueError("after_ms or before_ms, not both")
        query = [("limit", str(limit))]
        query += [("after", str(after_ms))] if after_ms is not None else []
        query += [("before", str(before_ms))] if before_ms is not None else []
        return self._get("/me/player/recently-played", reading.recently_played, tuple(query))

    def currently_playing(self) -> CurrentlyPlaying | None:
        """What runs now (scope user-read-currently-playing); None when nothing does."""
        answer = self._ask(Request("GET", "/me/player/currently-playing"))
        if answer.status == 204:
            return None
        return read(answer.body, reading.currently_playing)

    # What Spotify has

    def track(self, spotify_id: str) -> Track:
        """One track; the answer may carry another id, so keep the one you asked for."""
        return self._get(f"/tracks/{_checked(spotify_id)}", reading.track)

    def artist(self, spotify_id: str) -> Artist:
        """One artist."""
        return self._get(f"/artists/{_checked(spotify_id)}", reading.artist)

    def search_tracks(self, q: str, limit: int = 10) -> FoundTracks:
        """At most 10 tracks by a query in Spotify's language, such as `isrc:...`."""
        query = (("q", q), ("type", "track"), ("limit", str(limit)))
        return self._get("/search", reading.found_tracks, query)

    # Playlists

    def playlists(self) -> Rows[Playlist]:
        """All playlists in the person's library (scope playlist-read-private)."""

        def fetch(offset: int) -> Page[Playlist]:
            return self._get("/me/playlists", reading.playlists_page(offset), _page(offset))

        return Rows(fetch)

    def playlist(self, spotify_id: str) -> Playlist:
        """One playlist's head."""
        return self._get(_playlist_path(spotify_id), reading.playlist)

    def playlist_items(self, spotify_id: str) -> Rows[PlaylistItem]:
        """All tracks of a playlist the person owns or shares; Forbidden for another's."""
        path = _playlist_path(spotify_id, "/items")

        def fetch(offset: int) -> Page[PlaylistItem]:
            return self._get(path, reading.playlist_items_page(offset), _page(offset))

        return Rows(fetch)

    def create_playlist(self, name: str, description: str, public: bool = False) -> Playlist:
        """Makes an empty playlist, already in the library (scope playlist-modify-*)."""
        body = {"name": name, "description": description, "public": public}
        return self._change(_json("POST", "/me/playlists", body), reading.playlist)

    def rename_playlist(self, spotify_id: str, name: str) -> None:
        """Gives a playlist of the person's another name."""
        self._change(_json("PUT", _playlist_path(spotify_id), {"name": name}))

    def add_items(self, spotify_id: str, uris: Sequence[str]) -> str | None:
        """Appends at most 100 tracks in order; gives the snapshot id."""
        request = _json("POST", _playlist_path(spotify_id, "/items"), _uris(uris))
        return self._change(request, reading.snapshot_id)

    def replace_items(self, spotify_id: str, uris: Sequence[str]) -> str | None:
        """Puts at most 100 tracks in place of all; none empties it. Gives the snapshot id."""
        request = _json("PUT", _playlist_path(spotify_id, "/items"), _uris(uris))
        return self._change(request, reading.snapshot_id)

    def remove_items(
        self, spotify_id: str, uris: Sequence[str], snapshot_id: str | None = None
    ) -> str | None:
        """Takes out every occurrence of at most 100 tracks; gives the snapshot id."""
        body: dict[str, object] = {"items": [{"uri": uri} for uri in _at_most(MOST_URIS, uris)]}
        if snapshot_id is not None:
            body["snapshot_id"] = snapshot_id
        request = _json("DELETE", _playlist_path(spotify_id, "/items"), body)
        return self._change(request, reading.snapshot_id)

    def remove_playlist(self, spotify_id: str) -> None:
        """Takes a playlist out of the library; Spotify knows no true deleting."""
        uri = f"spotify:playlist:{_checked(spotify_id)}"
        self._change(Request("DELETE", "/me/library", (("uris", uri),)))

    def set_cover(self, spotify_id: str, jpeg: bytes) -> None:
        """Gives a playlist a picture (scope ugc-image-upload), at most about 190 KB of JPEG."""
        body = b64encode(jpeg)
        if len(body) > LARGEST_COVER:
            raise TooLarge(_COVER_TOO_LARGE, permanent=True)
        path = _playlist_path(spotify_id, "/images")
        self._change(Request("PUT", path, body=body, content_type="image/jpeg"))

    def in_library(self, uris: Sequence[str]) -> tuple[bool, ...]:
        """For each of at most 40 URIs, whether it is in the person's library."""
        asked = _at_most(MOST_LIBRARY_URIS, uris)
        query = (("uris", ",".join(asked)),)
        return self._get("/me/library/contains", reading.truths(len(asked)), query)

    # How it is asked

    def _get(self, path: str, shape: Callable[[object], Value], query: Query = ()) -> Value:
        return read(self._ask(Request("GET", path, query)).body, shape)

    @overload
    def _change(self, request: Request) -> None: ...
    @overload
    def _change(self, request: Request, shape: Callable[[object], Value]) -> Value: ...
    def _change(
        self, request: Request, shape: Callable[[object], Value] | None = None
    ) -> Value | None:
        answer = self._ask(request)
        if shape is None:
            return None
        try:
            return read(answer.body, shape)
        except Nonsense as error:
            error.may_have_happened = True
            raise

    def _ask(self, request: Request) -> Answer:
        deadline = Deadline(self._seconds)
        repeats = _Repeats(deadline, _MOST_REPEATS if request.method == "GET" else 0)
        token = self._access_token(False)
        try:
            return self._repeated(request, token, deadline, repeats)
        except Unauthorized:
            # A refused request was not done, so even a write may go out once more.
            token = self._access_token(True)
        return self._repeated(request, token, deadline, repeats)

    def _repeated(
        self, request: Request, token: str, deadline: Deadline, repeats: _Repeats
    ) -> Answer:
        for attempt in stamina.retry_context(
            repeats.allow, attempts=None, timeout=None, wait_max=0.3, wait_jitter=0.1
        ):
            with attempt:
                return self._once(request, token, deadline)
        raise AssertionError("the loop ends by an answer or an error")

    def _once(self, request: Request, token: str, deadline: Deadline) -> Answer:
        if not re.fullmatch("[!-~]+", token):
            raise Unauthorized(detail="the access token cannot be sent in a header")
        try:
            answer = self._transport.exchange(request, f"Bearer {token}", deadline)
            if answer.is_good:
                return answer
            body = answer.body.replace(token.encode(), b"[token]")
            raise error_from(answer.status, answer.headers, body)
        except SpotifyError as error:
            is_refused = 400 <= (error.status or 0) < 500
            error.may_have_happened = request.method != "GET" and error.was_sent and not is_refused
            raise


def _json(method: str, path: str, body: Mapping[str, object]) -> Request:
    return Request(method, path, body=msgspec.json.encode(body))


def _page(offset: int) -> Query:
    return (("limit", str(_PAGE)), ("offset", str(offset)))


def _uris(uris: Sequence[str]) -> Mapping[str, object]:
    return {"uris": _at_most(MOST_URIS, uris)}


def _at_most(most: int, uris: Sequence[str]) -> list[str]:
    if len(uris) > most:
        raise ValueError(f"at most {most} URIs in one call")
    return list(uris)


def _playlist_path(spotify_id: str, part: str = "") -> str:
    return f"/playlists/{_checked(spotify_id)}{part}"


def _checked(spotify_id: str) -> str:
    """An id as it may stand in a path; anything else never leaves the house."""
    if not re.fullmatch("[0-9A-Za-z]{1,64}", spotify_id):
        raise BadRequest("This is not an id of Spotify's; please check what was entered.")
    return spotify_id
