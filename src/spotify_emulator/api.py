"""The Web API, `/v1`.

Knows the endpoints, their limits and their scopes, and how each refuses. Hides where the answers
come from.
"""

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from spotify_emulator.objects import (
    ArtistPage,
    CurrentlyPlayingObject,
    Cursors,
    HistoryPage,
    Maker,
    TrackPage,
)
from spotify_emulator.player import HELD, ITEMLESS
from spotify_emulator.removed import is_removed
from spotify_emulator.reply import json_reply
from spotify_emulator.state import here
from spotify_emulator.tokens import Token, is_alive
from spotify_emulator.world import RANGE_DAYS, TOP_LENGTH
from spotify_emulator.world.diary import NO_TRACK, Play
from spotify_emulator.world.listeners import Listener

P = ParamSpec("P")
PREFIX = "/v1"
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
_ID = re.compile(r"[0-9A-Za-z]{22}")
_METHODS = ["GET", "POST", "PUT", "DELETE"]


class _Problem(msgspec.Struct, frozen=True):
    status: int
    message: str


class _Refusal(msgspec.Struct, frozen=True):
    error: _Problem


class ApiError(Exception):
    """An answer in Spotify's error form."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


@blueprint.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    """Write an error down the way Spotify does."""
    response = json_reply(_Refusal(_Problem(error.status, error.message)), error.status)
    response.headers.update(error.headers)
    return response


@blueprint.errorhandler(HTTPException)
def refuse_otherwise(error: HTTPException) -> Response:
    """A wrong method is as unknown as a wrong address."""
    return refuse(ApiError(error.code or 500, error.name))


def needs(*scopes: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Let a request in only with a living token that covers these scopes."""

    def guard(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            token = _bearer()
            if not set(scopes) <= set(token.grant.scopes):
                raise ApiError(403, "Insufficient client scope")
            g.token = token
            return view(*args, **kwargs)

        return guarded

    return guard


def _bearer() -> Token:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    problem = "missing_token"
    if kind.lower() == "bearer" and text:
        emulator = here()
        token = emulator.tokens.read("access", text.strip())
        if token is not None and is_alive(token, emulator.config.clock()):
            return token
        problem = "invalid_token"
    raise ApiError(
        401,
        "Missing/invalid/expired access token",
        {"WWW-Authenticate": f'Bearer realm="spotify", error="{problem}"'},
    )


def _listener() -> Listener:
    token: Token = g.token
    listener = here().world.listener(token.grant.listener)
    if listener is None:
        raise ApiError(401, "Missing/invalid/expired access token")
    return listener


def _maker() -> Maker:
    emulator = here()
    host = request.host_url.rstrip("/")
    return Maker(emulator.config, emulator.world.catalogue, host, emulator.player)


@blueprint.get("/me")
@needs()
def show_me() -> Response:
    """The listener's profile."""
    token: Token = g.token
    return json_reply(_maker().user(_listener(), token.grant.scopes))


@blueprint.get("/me/top/<kind>")
@needs("user-top-read")
def list_top(kind: str) -> Response:
    """The listener's top tracks or artists, at most 50 of them."""
    if kind not in {"tracks", "artists"}:
        raise NotFound
    time_range = request.args.get("time_range", "medium_term")
    known = next((one for one in RANGE_DAYS if one == time_range), None)
    if known is None:
        raise ApiError(400, "Invalid time range")
    limit, offset = _number("limit", 20, 1, 50), _number("offset", 0, 0, 100_000)
    world, now, listener, maker = here().world, here().world_now(), _listener(), _maker()
    if kind == "tracks":
        tracks = [maker.track(one) for one in world.top_tracks(listener, known, now)]
        total, taken = len(tracks), tuple(tracks[offset : offset + limit])
        return json_reply(TrackPage(_href(), taken, *_page(limit, offset, total)))
    artists = [maker.artist(one) for one in world.top_artists(listener, known, now)]
    total, chosen = len(artists), tuple(artists[offset : offset + limit])
    return json_reply(ArtistPage(_href(), chosen, *_page(limit, offset, total)))


def _page(limit: int, offset: int, total: int) -> tuple[int, str | None, int, str | None, int]:
    """limit, next, offset, previous and total of a page."""
    if offset >= TOP_LENGTH:
        # Behind its end the list claims to be empty (web-api issue 1539).
        return 0, None, offset, None, 0
    has_next = offset + limit < total
    following = _href(offset=offset + limit, limit=limit) if has_next else None
    previous = _href(offset=max(0, offset - limit), limit=limit) if offset else None
    return limit, following, offset, previous, total


@blueprint.get("/me/player/recently-played")
@needs("user-read-recently-played")
def list_recently_played() -> Response:
    """The last 50 plays, newest first, or those of them before or after a moment."""
    limit = _number("limit", 20, 1, 50)
    after, before = _moment("after"), _moment("before")
    if after is not None and before is not None:
        raise ApiError(400, "Only one of after and before may be given")
    listener, maker, now = _listener(), _maker(), here().world_now()
    is_listed = partial(here().player.lists, int(now.timestamp() * 1000))
    plays = [
        play
        for play in here().world.recently_played(listener, now, is_listed)
        if (after is None or maker.played_ms(play) > after)
        and (before is None or maker.played_ms(play) < before)
    ]
    page = plays[:limit]
    cursors, following = None, None
    if page:
        oldest = maker.played_ms(page[-1])
        cursors = Cursors(after=str(maker.played_ms(page[0])), before=str(oldest))
        if len(plays) > limit and after is None:
            following = _href(before=oldest, limit=limit)
    items = tuple(maker.play(play, listener) for play in page)
    return json_reply(HistoryPage(_href(), items, limit, following, cursors))


@blueprint.get("/me/player/currently-playing")
@needs("user-read-currently-playing")
def show_currently_playing() -> Response:
    """What plays at this moment; nothing at all when nothing does, or in private."""
    listener, maker, now = _listener(), _maker(), here().world_now()
    mood = here().player.mood
    play = here().world.playing(listener, now)
    if mood in HELD:
        play = next(iter(here().world.recently_played(listener, now)), None)
    if mood == "nothing" or play is None or _is_hidden(play):
        return Response(status=204)
    now_ms = int(now.timestamp() * 1000)
    types = request.args.get("additional_types", "track").split(",")
    item = None
    if play.episode is None and mood not in ITEMLESS:
        item = maker.track(here().world.catalogue.tracks[play.track])
    return json_reply(
        CurrentlyPlayingObject(
            timestamp=play.started_ms,
            context=None if mood in ITEMLESS else maker.context(play, listener),
            progress_ms=None if mood in ITEMLESS else now_ms - play.started_ms,
            item=maker.episode(play.episode) if play.episode and "episode" in types else item,
            currently_playing_type=ITEMLESS.get(mood or "", "track" if item else "episode"),
            is_playing=mood != "paused",
            actions={"disallows": {"resuming": mood != "paused"}},
        )
    )


def _is_hidden(play: Play) -> bool:
    return play.is_private or (play.episode is None and play.track == NO_TRACK)


@blueprint.get("/tracks/<track_id>")
@needs()
def show_track(track_id: str) -> Response:
    """One track."""
    catalogue = here().world.catalogue
    number = catalogue.track_by_id.get(_checked(track_id))
    if number is None:
        raise ApiError(404, "Resource not found")
    return json_reply(_maker().track(catalogue.tracks[number], request.args.get("market")))


@blueprint.get("/artists/<artist_id>")
@needs()
def show_artist(artist_id: str) -> Response:
    """One artist."""
    catalogue = here().world.catalogue
    number = catalogue.artist_by_id.get(_checked(artist_id))
    if number is None:
        raise ApiError(404, "Resource not found")
    return json_reply(_maker().artist(catalogue.artists[number]))


@blueprint.route("/<path:rest>", methods=_METHODS)
@needs()
def answer_elsewhere(rest: str) -> Response:
    """Everything that is not there: forbidden if it was removed, unknown otherwise."""
    if is_removed(request.method, rest.rstrip("/")):
        raise ApiError(403, "Forbidden")
    raise ApiError(404, "Service not found")


def _checked(spotify_id: str) -> str:
    if not _ID.fullmatch(spotify_id):
        raise ApiError(400, "Invalid base62 id")
    return spotify_id


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        raise ApiError(400, f"Invalid {name}")
    return int(text)


def _moment(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,15}", text):
        raise ApiError(400, f"Invalid {name}")
    return int(text)


def _href(**changed: int) -> str:
    """This request's address, with some of its query changed."""
    gone = {*changed, "before", "after"} if changed else set()
    query: dict[str, str | int] = {k: v for k, v in request.args.items() if k not in gone}
    query |= changed
    return f"{request.base_url}?{urlencode(query)}" if query else request.base_url
