"""What the Web API answers, described by us from what is known about it, and a check against it.

A description says for each field what it holds, whether it may be null or may be missing. A field
that is not described, and one that Spotify removed, is a fault like a missing one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Check = Callable[[Json, str], list[str]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object."""

    check: Check
    may_be_null: bool = False
    may_be_missing: bool = False


def text(pattern: str = r"(?s).*") -> Check:
    """A string of a certain look."""
    look = re.compile(pattern)

    def check(value: Json, path: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{path}: {value!r} is no text"]
        return [] if look.fullmatch(value) else [f"{path}: {value!r} does not look right"]

    return check


def whole(low: int = 0, high: int = 2**53) -> Check:
    """A whole number."""

    def check(value: Json, path: str) -> list[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"{path}: {value!r} is no whole number"]
        return [] if low <= value <= high else [f"{path}: {value} is out of bounds"]

    return check


def truth(value: Json, path: str) -> list[str]:
    """True or false."""
    return [] if isinstance(value, bool) else [f"{path}: {value!r} is neither true nor false"]


def many(item: Check, low: int = 0, high: int = 1000) -> Check:
    """A list of things that all look the same."""

    def check(value: Json, path: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{path}: no list"]
        faults = [] if low <= len(value) <= high else [f"{path}: {len(value)} items"]
        for place, one in enumerate(value):
            faults += item(one, f"{path}[{place}]")
        return faults

    return check


def shape(**fields: Field | Check) -> Check:
    """An object with these fields and no others."""
    known = {
        name: field if isinstance(field, Field) else Field(field) for name, field in fields.items()
    }

    def check(value: Json, path: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{path}: no object"]
        faults = [f"{path}.{name}: not described" for name in value.keys() - known.keys()]
        for name, field in known.items():
            if name not in value:
                faults += [] if field.may_be_missing else [f"{path}.{name}: missing"]
            elif value[name] is None:
                faults += [] if field.may_be_null else [f"{path}.{name}: null"]
            else:
                faults += field.check(value[name], f"{path}.{name}")
        return faults

    return check


def nullable(check: Check) -> Field:
    """May be null."""
    return Field(check, may_be_null=True)


def optional(check: Check) -> Field:
    """May be missing."""
    return Field(check, may_be_missing=True)


def of_type(kind: str, **more: Field | Check) -> dict[str, Field | Check]:
    """What everything with an id has."""
    return {
        "external_urls": shape(spotify=text(rf"https://open\.spotify\.com/{kind}/\w+")),
        "href": text(rf"http://127\.0\.0\.1:\d+/v1/{kind}s/\w+"),
        "id": text(r"[0-9A-Za-z]{22}"),
        "type": text(kind),
        "uri": text(rf"spotify:{kind}:\w+"),
        **more,
    }


IMAGES = many(
    shape(
        url=text(r"http://127\.0\.0\.1:\d+/image/\S+"),
        height=nullable(whole(1)),
        width=nullable(whole(1)),
    )
)
FOLLOWERS = shape(href=nullable(text()), total=whole())
MARKETS = many(text(r"[A-Z]{2}"))
MOMENT = text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

SIMPLE_ARTIST = shape(**of_type("artist", name=text(r".+")))
_ARTIST = of_type("artist", name=text(r".+"), images=IMAGES)
_ALBUM = of_type(
    "album",
    album_type=text("album|single|compilation|ep"),
    artists=many(SIMPLE_ARTIST, low=1),
    images=IMAGES,
    name=text(),
    release_date=text(r"\d{4}(-\d\d(-\d\d)?)?"),
    release_date_precision=text("year|month|day"),
    total_tracks=whole(1),
)
_TRACK = of_type(
    "track",
    artists=many(SIMPLE_ARTIST, low=1),
    disc_number=whole(1),
    duration_ms=whole(1),
    explicit=truth,
    external_ids=shape(isrc=text(r"[A-Z]{2}[0-9A-Z]{3}\d{7}")),
    is_local=truth,
    is_playable=optional(truth),
    name=text(r".+"),
    preview_url=nullable(text(r"https://.*")),
    track_number=whole(1),
)
_USER: dict[str, Field | Check] = {
    "display_name": nullable(text()),
    "external_urls": shape(spotify=text(r"https://open\.spotify\.com/user/\w+")),
    "href": text(r"http://127\.0\.0\.1:\d+/v1/users/\w+"),
    "id": text(r"\w+"),
    "images": IMAGES,
    "type": text("user"),
    "uri": text(r"spotify:user:\w+"),
}
ACCOUNT_ID = text(r"[0-9A-Za-z]{10,22}")


@dataclass(frozen=True, slots=True)
class Contract:
    """The objects of one shape of the API."""

    user: Check
    artist: Check
    track: Check


# Removed in February 2026: what only the older shapes have.
_OLD_ARTIST = {
    "followers": FOLLOWERS,
    "popularity": whole(0, 100),
    "genres": many(text(r".+"), low=1),
}
_OLD_TRACK = {"available_markets": MARKETS, "popularity": whole(0, 100)}
_OLD_USER = {
    "country": optional(text(r"[A-Z]{2}")),
    "email": optional(text(r"\S+@\S+")),
    "explicit_content": optional(shape(filter_enabled=truth, filter_locked=truth)),
    "followers": FOLLOWERS,
    "product": optional(text("premium|free|open")),
}

STRICT = Contract(
    user=shape(**_USER, account_id=ACCOUNT_ID),
    artist=shape(**_ARTIST, genres=optional(many(text(), high=0))),
    track=shape(**_TRACK, album=shape(**_ALBUM)),
)
LEGACY = Contract(
    user=shape(**_USER, **_OLD_USER),
    artist=shape(**_ARTIST, **_OLD_ARTIST),
    track=shape(**_TRACK, **_OLD_TRACK, album=shape(**_ALBUM, available_markets=MARKETS)),
)
TRANSITION = Contract(
    user=shape(**_USER, **_OLD_USER, account_id=ACCOUNT_ID),
    artist=LEGACY.artist,
    track=LEGACY.track,
)

CONTEXT = shape(
    type=text("album|artist|playlist|collection"),
    href=text(r"http://127\.0\.0\.1:\d+/v1/\S+"),
    external_urls=shape(spotify=text(r"https://open\.spotify\.com/\S+")),
    uri=text(r"spotify:\S+"),
)
ERROR = shape(error=shape(status=whole(400, 599), message=text(r".+"), reason=optional(text())))
TOKENS = shape(
    access_token=text(r"[\w-]{60,}"),
    token_type=text("Bearer"),
    expires_in=whole(3600, 3600),
    scope=text(),
    refresh_token=optional(text(r"[\w-]{60,}")),
)


def page(item: Check) -> Check:
    """A page that is counted from the front."""
    address = text(r"http://127\.0\.0\.1:\d+/v1/\S+")
    return shape(
        href=address,
        items=many(item, high=50),
        limit=whole(0, 50),
        next=nullable(address),
        offset=whole(),
        previous=nullable(address),
        total=whole(),
    )


def history(track: Check) -> Check:
    """Recently played."""
    address = text(r"http://127\.0\.0\.1:\d+/v1/\S+")
    return shape(
        href=address,
        items=many(shape(track=track, played_at=MOMENT, context=nullable(CONTEXT)), high=50),
        limit=whole(1, 50),
        next=nullable(address),
        cursors=nullable(shape(after=text(r"\d{13}"), before=text(r"\d{13}"))),
    )


def currently_playing(track: Check) -> Check:
    """What plays now."""
    return shape(
        timestamp=whole(10**12),
        context=nullable(CONTEXT),
        progress_ms=nullable(whole()),
        item=nullable(track),
        currently_playing_type=text("track|episode|ad|unknown"),
        is_playing=truth,
        actions=shape(disallows=lambda value, path: [] if isinstance(value, dict) else [path]),
    )
