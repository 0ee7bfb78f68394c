"""From what Spotify's API says to what the catalogue and the archive keep: tracks, artists, plays.

Knows both vocabularies and what stands in for a name that is missing. Pure: no table, no request.
"""

from . import spotify
from .plays import AlbumDetails, ArtistDetails, Kind, Play, Source, TrackDetails, clean_text

UNTITLED = "Untitled"
UNKNOWN_ARTIST = "Unknown artist"


def track_details(track: spotify.Track) -> TrackDetails:
    """What the API says of a track, as the catalogue keeps it."""
    album = track.album
    return TrackDetails(
        spotify_id=track.id,
        title=clean_text(track.name) or UNTITLED,
        artist=artist_details(track.artists[0])
        if track.artists
        else ArtistDetails(None, UNKNOWN_ARTIST),
        album=AlbumDetails(
            spotify_id=album.id,
            name=clean_text(album.name) or UNTITLED,
            release_date=clean_text(album.release_date),
            image_url=album.image_url,
            raw=album.raw,
        )
        if album is not None
        else None,
        duration_ms=track.duration_ms,
        is_explicit=track.explicit,
        isrc=clean_text(track.isrc),
        raw=track.raw,
    )


def artist_details(artist: spotify.Artist) -> ArtistDetails:
    """What the API says of an artist, as the catalogue keeps it."""
    return ArtistDetails(
        spotify_id=artist.id,
        name=clean_text(artist.name) or UNKNOWN_ARTIST,
        image_url=artist.image_url,
        raw=artist.raw,
    )


def recent_play(played: spotify.Play) -> Play:
    """A row of the recently played list as a play; how long it lasted is not told."""
    track = played.track
    artist = clean_text(track.artists[0].name) if track.artists else None
    return Play(
        source=Source.RECENTLY_PLAYED,
        played_at=played.played_at,
        ms_played=None,
        kind=Kind.TRACK,
        title=clean_text(track.name) or UNTITLED,
        artist=artist or UNKNOWN_ARTIST,
        album=clean_text(track.album.name) if track.album else None,
        spotify_id=track.id,
        duration_ms=track.duration_ms,
        isrc=clean_text(track.isrc),
    )
