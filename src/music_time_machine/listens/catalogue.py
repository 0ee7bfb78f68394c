"""The catalogue: tracks, artists and albums, shared by all accounts and written only here.

Knows how a track gets its one id, and which ids are one recording. Hides the keys, the bulk
inserts, and that a name is told in many spellings.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import Session

from ..db import JsonText, fill_in, insert_new, look_up, table_of
from ..models import Album, Artist, Join, ServerState, Track
from ..plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    TrackDetails,
    TrackNames,
    album_key,
    name_key,
    recording_key,
    storable_json,
)

IDS_A_QUERY = 2_000
JOINS = "joins"

_Row = tuple[object, ...]
_T = TypeVar("_T")


class TrackIds:
    """Track ids already looked up, by `TrackNames.key`: one for the life of an import.

    Forget it when a transaction is rolled back: ids of that transaction do not exist.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self._ids: dict[str, int] = {}
        self._limit = limit

    def resolve(self, session: Session, tracks: Sequence[TrackNames]) -> list[int]:
        """The id of each track; what is not in the catalogue yet is added to it."""
        keys = [track.key for track in tracks]
        if len(self._ids) > self._limit:
            self._ids.clear()
        unknown = {
            key: names for key, names in zip(keys, tracks, strict=True) if key not in self._ids
        }
        if unknown:
            self._ids |= _ids_of(session, unknown)
        return [self._ids[key] for key in keys]


def recordings_of(session: Session, tracks: Mapping[str, TrackNames]) -> dict[str, int]:
    """The recording of each track by key, whether it is in the catalogue or not."""
    return {key: joined or number for key, (number, joined) in _recordings(session, tracks).items()}


def known_ids(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """The ids of those tracks that are in the catalogue, by `TrackNames.key`; adds nothing."""
    return _ids_by_key(session, Track, keys)


def keep_tracks(session: Session, tracks: Iterable[TrackDetails]) -> dict[str, int]:
    """Put what Spotify's API says of tracks into the catalogue; their ids by Spotify's id."""
    wanted = {_names(track).key: track for track in tracks}
    artist_ids = keep_artists(session, [track.artist for track in wanted.values()])
    known = _ids_by_key(session, Track, wanted)
    _add_tracks(session, {key: _names(wanted[key]) for key in wanted.keys() - known.keys()})
    for key in sorted(wanted):
        facts = _track_facts(session, wanted[key], artist_ids[wanted[key].artist])
        session.execute(update(Track).where(Track.key == key).values(**facts))
    join_recordings(session, {track.isrc for track in wanted.values() if track.isrc is not None})
    ids = _ids_by_key(session, Track, wanted)
    return {wanted[key].spotify_id: track_id for key, track_id in ids.items()}


def keep_artists(session: Session, artists: Iterable[ArtistDetails]) -> dict[ArtistDetails, int]:
    """Put artists of Spotify's API into the catalogue; the id of each."""
    wanted = sorted(set(artists), key=lambda artist: (artist.name, artist.spotify_id or ""))
    return {artist: _keep_artist(session, artist) for artist in wanted}


def join_recordings(session: Session, isrcs: Iterable[str]) -> None:
    """Make one recording of all tracks that share an ISRC, and tell every archive by a `Join`.

    The smallest number stays, so that the outcome does not depend on which track came first.
    """
    for some in slices(sorted(set(isrcs)), IDS_A_QUERY):
        statement = (
            select(Track.isrc, func.min(Track.recording))
            .where(Track.isrc.in_(some))
            .group_by(Track.isrc)
            .having(func.min(Track.recording) != func.max(Track.recording))
        )
        for isrc, smallest in session.execute(statement).all():
            others = set(session.scalars(select(Track.recording).where(Track.isrc == isrc)))
            session.execute(
                update(Track)
                .where(Track.recording.in_(sorted(others | {smallest})))
                .values(
                    names=func.coalesce(Track.names, Track.recording),
                    recording=min(others | {smallest}),
                )
            )
            # Under a lock, so that numbers are committed in their order: archives count on it.
            insert_new(session, table_of(ServerState), ("name", "number"), [(JOINS, 0)])
            locked = select(ServerState.number).where(ServerState.name == JOINS)
            session.execute(locked.with_for_update()).one()
            session.execute(insert(Join).values(recording=min(others | {smallest})))


def slices(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The things in lists of at most `size`."""
    iterator = iter(things)
    while some := list(islice(iterator, size)):
        yield some


def _names(track: TrackDetails) -> TrackNames:
    album = track.album.name if track.album is not None else None
    return TrackNames(Kind.TRACK, track.title, track.artist.name, album, track.spotify_id)


def _keep_artist(session: Session, artist: ArtistDetails) -> int:
    """Found by Spotify's id, else by name; a name that another id has already is not taken."""
    if artist.spotify_id is not None:
        found = session.scalar(select(Artist.id).where(Artist.spotify_id == artist.spotify_id))
        if found is not None:
            if artist.raw is not None:
                session.execute(
                    update(Artist)
                    .where(Artist.id == found)
                    .values(image_url=artist.image_url, raw=storable_json(artist.raw))
                )
            return found
    key = name_key(artist.name)
    row = session.execute(select(Artist.id, Artist.spotify_id).where(Artist.key == key)).first()
    # Another writer may have kept this very artist since we looked for its id.
    is_taken = row is not None and row.spotify_id not in (None, artist.spotify_id)
    if row is None or (is_taken and artist.spotify_id is not None):
        key = key if row is None else f"spotify:{artist.spotify_id}"
        insert_new(session, table_of(Artist), ("key", "name"), [(key, artist.name)])
    statement = update(Artist).where(Artist.key == key)
    if artist.spotify_id is not None:
        session.execute(statement.values(spotify_id=artist.spotify_id))
    if artist.raw is not None:
        raw = storable_json(artist.raw)
        session.execute(statement.values(image_url=artist.image_url, raw=raw))
    return session.execute(select(Artist.id).where(Artist.key == key)).scalar_one()


def _track_facts(session: Session, track: TrackDetails, artist_id: int) -> Mapping[str, object]:
    facts: dict[str, object] = {
        "artist_id": artist_id,
        # What Spotify once told is not forgotten when an answer lacks it.
        "duration_ms": func.coalesce(track.duration_ms, Track.duration_ms),
        "is_explicit": func.coalesce(track.is_explicit, Track.is_explicit),
        "isrc": func.coalesce(track.isrc, Track.isrc),
        "raw": func.coalesce(literal(storable_json(track.raw), JsonText()), Track.raw),
    }
    if track.album is not None:
        facts["album_id"] = _keep_album(session, track.album, track.artist.name, artist_id)
    return facts


def _keep_album(session: Session, album: AlbumDetails, artist: str, artist_id: int) -> int:
    key = album_key(artist, album.name)
    names = ("key", "name", "artist_id")
    insert_new(session, table_of(Album), names, [(key, album.name, artist_id)])
    session.execute(
        update(Album)
        .where(Album.key == key)
        .values(
            spotify_id=func.coalesce(album.spotify_id, Album.spotify_id),
            release_date=func.coalesce(album.release_date, Album.release_date),
            image_url=func.coalesce(album.image_url, Album.image_url),
            raw=func.coalesce(literal(storable_json(album.raw), JsonText()), Album.raw),
        )
    )
    return session.execute(select(Album.id).where(Album.key == key)).scalar_one()


def _ids_of(session: Session, tracks: Mapping[str, TrackNames]) -> dict[str, int]:
    """The ids of tracks by key; the missing are added, and what was not told is filled in."""
    found: dict[str, int] = {}
    lacking: list[tuple[int, int | None, TrackNames]] = []
    names = ("key", "id", "artist_id", "album_id", "isrc", "duration_ms")
    for key, track_id, artist_id, *known in look_up(session, table_of(Track), names, "key", tracks):
        found[key] = track_id
        told = tracks[key]
        said = (told.album, told.isrc, told.duration_ms)
        if any(old is None and new is not None for old, new in zip(known, said, strict=True)):
            lacking.append((track_id, artist_id, told))
    _fill_in(session, lacking)
    missing = {key: names for key, names in tracks.items() if key not in found}
    if missing:
        _add_tracks(session, missing)
        found |= _ids_by_key(session, Track, missing)
    isrcs = {names.isrc for names in tracks.values() if names.isrc is not None}
    if isrcs:
        join_recordings(session, isrcs)
    return found


def _fill_in(session: Session, lacking: Sequence[tuple[int, int | None, TrackNames]]) -> None:
    """Keep what was not told before of tracks (id, artist's id); what was told stays."""
    filed = [
        (track_id, artist_id, told, album_key(told.artist, told.album) if told.album else "")
        for track_id, artist_id, told in sorted(lacking, key=itemgetter(0))
    ]
    albums = {key: (key, told.album, artist_id) for _, artist_id, told, key in filed if key}
    rows: list[_Row] = [albums[key] for key in sorted(albums)]
    insert_new(session, table_of(Album), ("key", "name", "artist_id"), rows)
    album_ids = _ids_by_key(session, Album, albums)
    rows = [
        (album_ids.get(key), told.isrc, told.duration_ms, track_id)
        for track_id, _, told, key in filed
    ]
    fill_in(session, table_of(Track), ("album_id", "isrc", "duration_ms"), rows)


def _ids_by_key(
    session: Session, table: type[Track] | type[Artist] | type[Album], keys: Iterable[str]
) -> dict[str, int]:
    return dict(look_up(session, table_of(table), ("key", "id"), "key", keys))


def _add_tracks(session: Session, tracks: Mapping[str, TrackNames]) -> None:
    """Add tracks by their names; sorted, so that two imports never wait in a circle."""
    filed = [
        (
            key,
            names,
            "" if names.artist is None else _artist_key(names),
            "" if names.album is None else album_key(names.artist, names.album),
        )
        for key, names in sorted(tracks.items())
    ]
    artists = {artist: names.artist for _, names, artist, _ in filed if artist}
    insert_new(session, table_of(Artist), ("key", "name"), sorted(artists.items()))
    artist_ids = _ids_by_key(session, Artist, artists)
    albums = {
        album: (album, names.album, artist_ids.get(artist))
        for _, names, artist, album in filed
        if album
    }
    rows: list[_Row] = [albums[key] for key in sorted(albums)]
    insert_new(session, table_of(Album), ("key", "name", "artist_id"), rows)
    album_ids = _ids_by_key(session, Album, albums)
    recordings = _recordings(session, tracks)
    rows = [
        (
            key,
            names.kind.value,
            names.spotify_id,
            names.title,
            artist_ids.get(artist),
            album_ids.get(album),
            names.duration_ms,
            names.isrc,
            *_as_stored(*recordings[key]),
        )
        for key, names, artist, album in filed
    ]
    told = ("key", "kind", "spotify_id", "title", "artist_id", "album_id", "duration_ms", "isrc")
    insert_new(session, table_of(Track), (*told, "names", "recording"), rows)


def _as_stored(number: int, joined: int | None) -> tuple[int | None, int]:
    """(names, recording) of a track: the names only where they are not the recording's own."""
    return (None, number) if joined is None else (number, joined)


def _recordings(
    session: Session, tracks: Mapping[str, TrackNames]
) -> dict[str, tuple[int, int | None]]:
    """By key the number of a track's names, and the recording that an ISRC has joined them to."""
    numbers = {key: recording_key(track.artist, track.title) for key, track in tracks.items()}
    columns, wanted = ("names", "recording"), set(numbers.values())
    joined: dict[int, int] = dict(look_up(session, table_of(Track), columns, "names", wanted))
    return {key: (number, joined.get(number)) for key, number in numbers.items()}


def _artist_key(track: TrackNames) -> str:
    """A podcast's show and a band of the same name are two."""
    key = name_key(track.artist or "")
    return key if track.kind is Kind.TRACK else f"{track.kind}:{key}"
