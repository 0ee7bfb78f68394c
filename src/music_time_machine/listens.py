"""The one door through which plays, tracks, artists and albums are written.

Knows when two plays are the same one, and gives every track one id. Writing twice adds nothing.
Hides the bulk inserts, the codes of reasons and devices, and the archive's version.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from .db import insert_new, table_of, to_millis
from .models import Account, Album, Archive, Artist, Listen, Track
from .plays import (
    AlbumDetails,
    ArtistDetails,
    Kind,
    Play,
    Source,
    TrackDetails,
    album_key,
    name_key,
    storable_json,
)

# Spotify's API stamps a play near its start, or near its end; an export stamps the end. Around the
# stretch that an export row covers, this much is allowed for clocks and late reports.
SLACK = timedelta(seconds=30)
IDS_A_QUERY = 2_000

# Stored as positions in this tuple: only ever append. 0 is a reason Spotify added since.
REASONS = (
    "other",
    "trackdone",
    "clickrow",
    "fwdbtn",
    "playbtn",
    "appload",
    "backbtn",
    "popup",
    "remote",
    "unknown",
    "trackerror",
    "clickside",
    "uriopen",
    "endplay",
    "logout",
    "unexpected-exit",
    "unexpected-exit-while-paused",
)
_REASON_CODES = {reason: code for code, reason in enumerate(REASONS)}


class Device(IntEnum):
    """The kind of thing that played: what is left of Spotify's long platform texts. Stored."""

    OTHER = 0
    ANDROID = 1
    IOS = 2
    WINDOWS = 3
    MACOS = 4
    LINUX = 5
    WEB = 6
    CAST = 7
    SPEAKER = 8


# The first word found decides: "Partner android_tv" is a box, "web_player windows" a page.
_DEVICE_WORDS = (
    ("partner", Device.SPEAKER),
    ("sonos", Device.SPEAKER),
    ("web", Device.WEB),
    ("cast", Device.CAST),
    ("android", Device.ANDROID),
    ("ios", Device.IOS),
    ("iphone", Device.IOS),
    ("ipad", Device.IOS),
    ("windows", Device.WINDOWS),
    ("os x", Device.MACOS),
    ("osx", Device.MACOS),
    ("macos", Device.MACOS),
    ("linux", Device.LINUX),
)

_COLUMNS = (
    "account_id",
    "played_at",
    "track_id",
    "ms_played",
    "source",
    "import_id",
    "reason_start",
    "reason_end",
    "shuffle",
    "skipped",
    "offline",
    "incognito",
    "platform",
    "country",
)
_Row = tuple[object, ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch: every play is either `added` or `known`."""

    added: int
    known: int


class TrackIds:
    """Track ids already looked up, by `track_key`: one for the life of an import.

    Forget it when a transaction is rolled back: ids of that transaction do not exist.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self._ids: dict[str, int] = {}
        self._limit = limit

    def resolve(self, session: Session, plays: Sequence[Play]) -> list[int]:
        """The track id of each play; what is not in the catalogue yet is added to it."""
        keys = [play.track_key for play in plays]
        if len(self._ids) > self._limit:
            self._ids.clear()
        unknown = {key: play for key, play in zip(keys, plays, strict=True) if key not in self._ids}
        if unknown:
            found = _ids_by_key(session, Track, unknown)
            missing = {key: play for key, play in unknown.items() if key not in found}
            if missing:
                _add_tracks(session, missing)
                found |= _ids_by_key(session, Track, missing)
            self._ids |= found
        return [self._ids[key] for key in keys]


def record(
    session: Session,
    account: Account,
    plays: Sequence[Play],
    ids: TrackIds,
    now: datetime,
    import_id: int | None = None,
) -> Recorded:
    """Store the plays that are not there yet, within the caller's transaction.

    All of one call come from one source. An export's row that covers a play of the API takes its
    place, because it knows the true length: that counts as known, as does an exact repeat.
    """
    if not plays:
        return Recorded(0, 0)
    version = _lock_archive(session, account)
    plays = sorted(plays, key=attrgetter("played_at"))
    is_newer = _is_newer(session, account, plays[0].played_at)
    track_ids = ids.resolve(session, plays)
    lengths = _lengths(session, plays, track_ids)
    rows = [
        _row(account.id, play, track_id, length, import_id)
        for play, track_id, length in zip(plays, track_ids, lengths, strict=True)
    ]
    fresh, replaced = _set_apart_known(session, account, plays, rows)
    added = insert_new(session, table_of(Listen), _COLUMNS, fresh)
    if added or replaced:
        _raise_version(session, account, version, now, rewritten=bool(replaced) or not is_newer)
    return Recorded(added, len(plays) - added)


def keep_tracks(session: Session, tracks: Iterable[TrackDetails]) -> dict[str, int]:
    """Put what Spotify's API says of tracks into the catalogue; their ids by Spotify's id."""
    wanted = {track.track_key: track for track in tracks}
    artist_ids = keep_artists(session, [track.artist for track in wanted.values()])
    known = _ids_by_key(session, Track, wanted)
    for key in sorted(wanted):
        track = wanted[key]
        facts = _track_facts(session, track, artist_ids[track.artist])
        if key in known:
            session.execute(update(Track).where(Track.id == known[key]).values(**facts))
        else:
            names = ("key", "kind", "spotify_id", "title")
            insert_new(
                session,
                table_of(Track),
                names,
                [(key, str(Kind.TRACK), track.spotify_id, track.title)],
            )
            session.execute(update(Track).where(Track.key == key).values(**facts))
    ids = _ids_by_key(session, Track, wanted)
    return {wanted[key].spotify_id: track_id for key, track_id in ids.items()}


def keep_artists(session: Session, artists: Iterable[ArtistDetails]) -> dict[ArtistDetails, int]:
    """Put artists of Spotify's API into the catalogue; the id of each."""
    wanted = sorted(set(artists), key=lambda artist: (artist.name, artist.spotify_id or ""))
    return {artist: _keep_artist(session, artist) for artist in wanted}


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
    if row is None or (row.spotify_id is not None and artist.spotify_id is not None):
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
        "duration_ms": track.duration_ms,
        "is_explicit": track.is_explicit,
        "isrc": track.isrc,
        "raw": storable_json(track.raw),
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
            spotify_id=album.spotify_id,
            release_date=album.release_date,
            image_url=album.image_url,
            raw=storable_json(album.raw),
        )
    )
    return session.execute(select(Album.id).where(Album.key == key)).scalar_one()


def _ids_by_key(
    session: Session, table: type[Track] | type[Artist] | type[Album], keys: Iterable[str]
) -> dict[str, int]:
    ids: dict[str, int] = {}
    for some in _slices(keys, IDS_A_QUERY):
        statement = select(table.key, table.id).where(table.key.in_(some))
        ids.update(session.execute(statement).all())
    return ids


def _add_tracks(session: Session, plays: Mapping[str, Play]) -> None:
    """Add tracks known by a play alone; sorted, so that two imports never wait in a circle."""
    artists = {_artist_key(p): p.artist for p in plays.values() if p.artist is not None}
    rows: list[_Row] = [(key, artists[key]) for key in sorted(artists)]
    insert_new(session, table_of(Artist), ("key", "name"), rows)
    artist_ids = _ids_by_key(session, Artist, artists)
    albums = {
        album_key(play.artist, play.album): (play.album, artist_ids.get(_artist_key(play)))
        for play in plays.values()
        if play.album is not None
    }
    rows = [(key, *albums[key]) for key in sorted(albums)]
    insert_new(session, table_of(Album), ("key", "name", "artist_id"), rows)
    album_ids = _ids_by_key(session, Album, albums)
    rows = [
        (
            key,
            str(play.kind),
            play.spotify_id,
            play.title,
            artist_ids.get(_artist_key(play)),
            album_ids[album_key(play.artist, play.album)] if play.album is not None else None,
        )
        for key, play in sorted(plays.items())
    ]
    names = ("key", "kind", "spotify_id", "title", "artist_id", "album_id")
    insert_new(session, table_of(Track), names, rows)


def _artist_key(play: Play) -> str:
    """A podcast's show and a band of the same name are two."""
    key = name_key(play.artist or "")
    return key if play.kind is Kind.TRACK else f"{play.kind}:{key}"


def _row(account_id: int, play: Play, track_id: int, ms_played: int, import_id: int | None) -> _Row:
    return (
        account_id,
        to_millis(play.played_at),
        track_id,
        ms_played,
        int(play.source),
        import_id,
        _reason(play.reason_start),
        _reason(play.reason_end),
        play.shuffle,
        play.skipped,
        play.offline,
        play.incognito,
        _device(play.platform),
        play.country,
    )


def _reason(reason: str | None) -> int | None:
    return None if not reason else _REASON_CODES.get(reason, 0)


# Remembered, because a file says the same few again and again; bounded, because a file may not.
@lru_cache(maxsize=1_000)
def _device(platform: str | None) -> int | None:
    if platform is None:
        return None
    text = platform.lower()
    return next((int(code) for word, code in _DEVICE_WORDS if word in text), int(Device.OTHER))


def _lengths(session: Session, plays: Sequence[Play], track_ids: Sequence[int]) -> list[int]:
    """The ms of each play; where the source does not tell, the track's own length."""
    asking = {i for p, i in zip(plays, track_ids, strict=True) if p.ms_played is None}
    if not asking:
        return [play.ms_played or 0 for play in plays]
    known: dict[int, int] = {}
    for some in _slices(asking, IDS_A_QUERY):
        statement = select(Track.id, Track.duration_ms).where(Track.id.in_(some))
        known |= {track_id: ms or 0 for track_id, ms in session.execute(statement)}
    return [
        known.get(track_id, 0) if play.ms_played is None else play.ms_played
        for play, track_id in zip(plays, track_ids, strict=True)
    ]


def _set_apart_known(
    session: Session, account: Account, plays: Sequence[Play], rows: Sequence[_Row]
) -> tuple[Sequence[_Row], int]:
    """The rows left to insert, and how many plays of the API gave way to an export's row."""
    if plays[0].source is Source.RECENTLY_PLAYED:
        covered = _match(plays, rows, _others(session, account, plays, Source.EXTENDED_HISTORY))
        return [row for index, row in enumerate(rows) if index not in covered], 0
    matches = _match(plays, rows, _others(session, account, plays, Source.RECENTLY_PLAYED))
    for played_at, track_id, ms_played in matches.values():
        session.execute(
            delete(Listen).where(
                Listen.account_id == account.id,
                Listen.played_at == played_at,
                Listen.track_id == track_id,
                Listen.ms_played == ms_played,
            )
        )
    insert_new(session, table_of(Listen), _COLUMNS, [rows[index] for index in sorted(matches)])
    return [row for index, row in enumerate(rows) if index not in matches], len(matches)


_Key = tuple[datetime, int, int]


def _others(
    session: Session, account: Account, plays: Sequence[Play], source: Source
) -> dict[int, list[_Key]]:
    """The account's listens of the other source around the plays' time, by track, oldest first."""
    longest = timedelta(milliseconds=max(play.ms_played or 0 for play in plays))
    reach = SLACK + max(longest, timedelta(hours=1))
    statement = (
        select(Listen.played_at, Listen.track_id, Listen.ms_played)
        .where(
            Listen.account_id == account.id,
            Listen.played_at >= plays[0].played_at - reach,
            Listen.played_at <= plays[-1].played_at + reach,
            Listen.source == source,
        )
        .order_by(Listen.played_at)
    )
    found: dict[int, list[_Key]] = {}
    for played_at, track_id, ms_played in session.execute(statement):
        found.setdefault(track_id, []).append((played_at, track_id, ms_played))
    return found


def _match(
    plays: Sequence[Play], rows: Sequence[_Row], others: dict[int, list[_Key]]
) -> dict[int, _Key]:
    """Pairs one to one, in time's order: the index of a play to the stored listen it is."""
    pairs: dict[int, _Key] = {}
    if not others:
        return pairs
    for index, (play, row) in enumerate(zip(plays, rows, strict=True)):
        candidates = others.get(row[2], []) if isinstance(row[2], int) else []
        for position, other in enumerate(candidates):
            if _is_same(play, other):
                pairs[index] = candidates.pop(position)
                break
    return pairs


def _is_same(play: Play, other: _Key) -> bool:
    """Whether the API's stamp lies within the stretch that the export's row covers."""
    if play.source is Source.RECENTLY_PLAYED:
        stamp, end, ms_played = play.played_at, other[0], other[2]
    else:
        stamp, end, ms_played = other[0], play.played_at, play.ms_played or 0
    start = end - timedelta(milliseconds=ms_played)
    return start - SLACK <= stamp <= end + SLACK


def _lock_archive(session: Session, account: Account) -> int:
    """The archive's version, with its row locked: one writer an account at a time."""
    names = ("account_id", "version", "rewritten")
    insert_new(session, table_of(Archive), names, [(account.id, 0, 0)])
    return session.execute(
        select(Archive.version).where(Archive.account_id == account.id).with_for_update()
    ).scalar_one()


def _raise_version(
    session: Session, account: Account, version: int, now: datetime, *, rewritten: bool
) -> None:
    new = max(version + 1, to_millis(now))
    values = {"version": new, "rewritten": new} if rewritten else {"version": new}
    session.execute(update(Archive).where(Archive.account_id == account.id).values(**values))


def _is_newer(session: Session, account: Account, first: datetime) -> bool:
    newest = session.scalar(
        select(func.max(Listen.played_at)).where(Listen.account_id == account.id)
    )
    return newest is None or first > newest


def _slices(things: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(things)
    while some := list(islice(iterator, size)):
        yield some
