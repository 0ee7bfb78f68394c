"""The way out of an archive: all that it was told, in the one file that an import takes in again.

Knows which columns make up a thing that was told. Hides that it comes in pieces, of one state of
the archive, whatever is written meanwhile. What the API said of a track in full is left out.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from sqlalchemy import BigInteger, Select, select, text, type_coerce, union_all
from sqlalchemy.orm import Session

from ..db import Database, whole_numbers
from ..formats import own_json
from ..listens.catalogue import IDS_A_QUERY, slices
from ..models import Account, Album, Artist, Echo, Listen, SnapshotTrack, Track
from ..moments import from_millis
from ..plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    Placing,
    Play,
    Source,
    TrackDetails,
    TrackNames,
)
from ..traits import REASONS, Device, Trait, country, flag, value

PLACINGS_AT_ONCE = 1_000


def export(db: Database, account: Account) -> Iterator[bytes]:
    """Our own JSON of everything that this account's archive was told, oldest first."""
    with db.read() as session:
        yield from own_json.write(_plays(session, account), _placings(session, account))


def _plays(session: Session, account: Account) -> Iterator[Play]:
    parts = [
        select(
            type_coerce(table.played_at, BigInteger), table.track_id, table.ms_played, table.nth,
            table.source, table.traits,
        ).where(table.account_id == account.id)
        for table in (Listen, Echo)
    ]  # fmt: skip
    told = union_all(*parts).order_by(text("1, 2, 3, 4, 5"))
    known: dict[int, TrackNames] = {}
    for rows in whole_numbers(session, cast("Select[*tuple[int, ...]]", told)):
        known |= _names(session, {row[1] for row in rows} - known.keys())
        for stamp, track, *rest in rows:
            yield _play(known[track], stamp, *rest)


def _play(names: TrackNames, stamp: int, ms: int, nth: int, source: int, traits: int) -> Play:
    is_assumed = value(traits, Trait.ASSUMED) == 1
    device = value(traits, Trait.DEVICE)
    return Play(
        source=Source(source),
        played_at=from_millis(stamp),
        ms_played=None if is_assumed else ms,
        kind=names.kind,
        title=names.title,
        artist=names.artist,
        album=names.album,
        spotify_id=names.spotify_id,
        reason_start=_reason(value(traits, Trait.REASON_START)),
        reason_end=_reason(value(traits, Trait.REASON_END)),
        shuffle=flag(traits, Trait.SHUFFLE),
        skipped=flag(traits, Trait.SKIPPED),
        offline=flag(traits, Trait.OFFLINE),
        incognito=flag(traits, Trait.PRIVATE),
        platform=Device(device).name.lower() if device else None,
        country=country(traits),
        # An assumed length is read as the play's own again, even if the track's has been mended.
        duration_ms=(ms or None) if is_assumed else names.duration_ms,
        isrc=names.isrc,
        nth=nth,
    )


def _reason(code: int) -> str | None:
    return REASONS[code - 1] if code else None


def _names(session: Session, track_ids: Iterable[int]) -> dict[int, TrackNames]:
    found: dict[int, TrackNames] = {}
    for some in slices(sorted(track_ids), IDS_A_QUERY):
        statement = (
            select(
                Track.id, Track.kind, Track.title, Artist.name, Album.name, Track.spotify_id,
                Track.isrc, Track.duration_ms,
            )
            .outerjoin(Artist, Artist.id == Track.artist_id)
            .outerjoin(Album, Album.id == Track.album_id)
            .where(Track.id.in_(some))
        )  # fmt: skip
        for track_id, kind, title, artist, album, spotify_id, isrc, ms in session.execute(
            statement
        ):
            found[track_id] = TrackNames(Kind(kind), title, artist, album, spotify_id, isrc, ms)
    return found


def _placings(session: Session, account: Account) -> Iterator[Placing]:
    place = SnapshotTrack
    statement = (
        select(place.local_date, place.time_range, place.rank, Track, Artist, Album)
        .join(Track, Track.id == place.track_id)
        .join(Artist, Artist.id == Track.artist_id)
        .outerjoin(Album, Album.id == Track.album_id)
        .where(place.account_id == account.id, Track.spotify_id.is_not(None))
        .order_by(place.local_date, place.time_range, place.rank)
        .execution_options(yield_per=PLACINGS_AT_ONCE)
    )
    for day, time_range, rank, track, artist, album in session.execute(statement):
        yield Placing(day, time_range, rank, _details(track, artist, album))


def _details(track: Track, artist: Artist, album: Album | None) -> TrackDetails:
    return TrackDetails(
        spotify_id=track.spotify_id or "",
        title=track.title,
        artist=ArtistDetails(artist.spotify_id, artist.name, artist.image_url),
        album=None
        if album is None
        else AlbumDetails(album.spotify_id, album.name, album.release_date, album.image_url),
        duration_ms=track.duration_ms,
        is_explicit=track.is_explicit,
        isrc=track.isrc,
    )
