"""Answers in the shapes of Spotify's Web API, strict as of 2026, with invented names."""

from copy import deepcopy

Json = dict[str, object]

ARTIST: Json = {
    "external_urls": {"spotify": "https://open.spotify.com/artist/4Zk3LmNn8Qw2rT6yU1oPaS"},
    "href": "https://api.spotify.com/v1/artists/4Zk3LmNn8Qw2rT6yU1oPaS",
    "id": "4Zk3LmNn8Qw2rT6yU1oPaS",
    "images": [
        {"url": "https://i.scdn.co/image/ab01", "height": 640, "width": 640},
        {"url": "https://i.scdn.co/image/ab02", "height": 320, "width": 320},
        {"url": "https://i.scdn.co/image/ab03", "height": 160, "width": 160},
    ],
    "name": "Vesna Halloran",
    "type": "artist",
    "uri": "spotify:artist:4Zk3LmNn8Qw2rT6yU1oPaS",
}

NAMED_ARTIST: Json = {
    key: ARTIST[key] for key in ("external_urls", "href", "id", "name", "type", "uri")
}

ALBUM: Json = {
    "album_type": "album",
    "artists": [NAMED_ARTIST],
    "external_urls": {"spotify": "https://open.spotify.com/album/1aB2cD3eF4gH5iJ6kL7mN8"},
    "href": "https://api.spotify.com/v1/albums/1aB2cD3eF4gH5iJ6kL7mN8",
    "id": "1aB2cD3eF4gH5iJ6kL7mN8",
    "images": [],
    "name": "Lantern Weather",
    "release_date": "1998-04",
    "release_date_precision": "month",
    "total_tracks": 11,
    "type": "album",
    "uri": "spotify:album:1aB2cD3eF4gH5iJ6kL7mN8",
}

TRACK: Json = {
    "album": ALBUM,
    "artists": [NAMED_ARTIST],
    "disc_number": 1,
    "duration_ms": 215_040,
    "explicit": False,
    "external_ids": {"isrc": "XXA019800042"},
    "external_urls": {"spotify": "https://open.spotify.com/track/7tRaCk0000000000000001"},
    "href": "https://api.spotify.com/v1/tracks/7tRaCk0000000000000001",
    "id": "7tRaCk0000000000000001",
    "is_local": False,
    "name": "Žlutá ulice",
    "preview_url": None,
    "track_number": 4,
    "type": "track",
    "uri": "spotify:track:7tRaCk0000000000000001",
}

EPISODE: Json = {
    "id": "5ePiSoDe00000000000001",
    "name": "An hour about tide tables",
    "type": "episode",
    "uri": "spotify:episode:5ePiSoDe00000000000001",
}

LOCAL_TRACK: Json = {
    "album": {"id": None, "name": "Kitchen tapes", "uri": None, "type": "album"},
    "artists": [{"id": None, "name": "Us", "uri": None, "type": "artist"}],
    "duration_ms": 61_000,
    "id": None,
    "href": None,
    "is_local": True,
    "name": "Rain, take two",
    "type": "track",
    "uri": "spotify:local:Us:Kitchen+tapes:Rain%2C+take+two:61",
}

PROFILE: Json = {
    "account_id": "acc_2c5f0c1f3d",
    "display_name": "Alice",
    "external_urls": {"spotify": "https://open.spotify.com/user/alice"},
    "href": "https://api.spotify.com/v1/users/alice",
    "id": "alice",
    "images": [],
    "type": "user",
    "uri": "spotify:user:alice",
}

PLAY: Json = {
    "track": TRACK,
    "played_at": "2026-10-30T21:04:52.922Z",
    "context": {"type": "album", "uri": "spotify:album:1aB2cD3eF4gH5iJ6kL7mN8"},
}

RECENTLY_PLAYED: Json = {
    "href": "https://api.spotify.com/v1/me/player/recently-played?limit=50",
    "items": [PLAY, PLAY | {"played_at": "2026-10-30T21:01:00Z", "context": None}],
    "limit": 50,
    "next": "https://api.spotify.com/v1/me/player/recently-played?before=1793394060000&limit=50",
    "cursors": {"after": "1793394292922", "before": "1793394060000"},
}

CURRENTLY_PLAYING: Json = {
    "timestamp": 1_793_394_292_922,
    "context": None,
    "progress_ms": 42_000,
    "item": TRACK,
    "currently_playing_type": "track",
    "is_playing": True,
    "actions": {"disallows": {}},
}

PLAYLIST: Json = {
    "collaborative": False,
    "description": "Found again",
    "external_urls": {"spotify": "https://open.spotify.com/playlist/3pLaYlIsT0000000000001"},
    "href": "https://api.spotify.com/v1/playlists/3pLaYlIsT0000000000001",
    "id": "3pLaYlIsT0000000000001",
    "images": None,
    "items": {"href": "https://api.spotify.com/v1/playlists/3p/items", "total": 12},
    "name": "Forgotten gems",
    "owner": {"display_name": "Alice", "id": "alice", "type": "user", "uri": "spotify:user:alice"},
    "public": False,
    "snapshot_id": "AAAAB1",
    "type": "playlist",
    "uri": "spotify:playlist:3pLaYlIsT0000000000001",
}

PLAYLIST_ROW: Json = {
    "added_at": "2026-09-01T08:00:00Z",
    "added_by": None,
    "is_local": False,
    "item": TRACK,
}


def page(*items: object, **more: object) -> Json:
    """One page of offset paging."""
    told: Json = {
        "href": "https://api.spotify.com/v1/somewhere",
        "items": list(items),
        "limit": 50,
        "next": None,
        "offset": 0,
        "previous": None,
        "total": len(items),
    }
    return deepcopy(told | more)


def without(value: Json, *keys: str) -> Json:
    """The same without these keys."""
    return {key: item for key, item in value.items() if key not in keys}


def numbered(track: Json, number: int) -> Json:
    """Another track of the same shape."""
    return track | {"id": f"7tRaCk{number:016}", "name": f"Track {number}"}
