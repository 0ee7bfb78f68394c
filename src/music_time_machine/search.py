"""The index of names: what in the catalogue has the words of a query.

Knows how names are folded into words and how far the index has come; derived from the tables, and
rebuilt at will. Hides SQLite's FTS5 and PostgreSQL's full text behind two functions.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from .db import Database, insert_new, table_of, whole_numbers
from .models import Album, Artist, Import, ServerState, Track

LONGEST_QUERY = 200
LONGEST_WORD = 40
MOST_CHUNKS = 12
MOST_MATCHES = 200_000
BATCH = 2_000
AT_ONCE = 10_000  # what a search adds itself before it answers: half a second's work
LOCK_PATIENCE = "500ms"


class Shelf(IntEnum):
    """What a row of the index names; a row's number is 4 * id + shelf. Stored: never renumber."""

    ARTIST = 0
    ALBUM = 1
    TRACK = 2  # episodes and chapters too


_NAMED: dict[Shelf, type[Artist] | type[Album] | type[Track]] = {
    Shelf.ARTIST: Artist,
    Shelf.ALBUM: Album,
    Shelf.TRACK: Track,
}


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Ids of the whole catalogue, every account's: whoever shows them keeps to one account's.

    `is_capped`: more matched than was fetched. `is_behind`: names that came in lately are missing.
    """

    artist_ids: NDArray[np.int64]
    album_ids: NDArray[np.int64]
    track_ids: NDArray[np.int64]
    is_capped: bool
    is_behind: bool


# ---- Words --------------------------------------------------------------------------------------

# Letters that are letters of their own to Unicode, and accents to most people.
_LOOKALIKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th", "æ": "ae"}
    | {"œ": "oe"}
)
# Scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, kana and the ideographs.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff"
_UNSPACED += "\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_UNSPACED}]+|[^\\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_FULL_WIDTH = {sign: sign + 0xFEE0 for sign in range(0x21, 0x7F)}


def fold(name: str) -> str:
    """A name without accents, case and compatibility forms: `Björk` and `BJORK` are `bjork`."""
    apart = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in apart if not unicodedata.category(c).startswith("M"))
    return plain.casefold().translate(_LOOKALIKES)


@lru_cache(maxsize=4_096)  # the artist of a track was, as a rule, that of the track before
def words_of(name: str) -> frozenset[str]:
    """The words under which a name is found: letters and digits, `AC/DC` also as `acdc`.

    Runs of a script without blanks are cut into pairs of characters, the last one alone, so that
    any piece of them can be found. A name of nothing but signs is one word.
    """
    words: set[str] = set()
    for chunk in fold(name).split():
        runs = _RUN.findall(chunk)
        for run in runs:
            words.update([*_pairs(run), run[-1]] if _is_unspaced(run) else [run[:LONGEST_WORD]])
        if len(runs) > 1:
            words.add("".join(runs)[:LONGEST_WORD])
    return frozenset(words) or _signs(name)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query; `is_begun`: any word that begins with it will do."""

    letters: str
    is_begun: bool


Way = tuple[Word, ...]
Query = tuple[tuple[Way, ...], ...]
"""All of these are looked for; each may be written in several ways, each way all of its words."""


def parse(query: str) -> Query:
    """What a person typed as words, the last one begun; empty when there is nothing to look for."""
    text = query[:LONGEST_QUERY]
    chunks = [runs for chunk in fold(text).split() if (runs := _RUN.findall(chunk))][:MOST_CHUNKS]
    if not chunks:
        return tuple(((Word(word, is_begun=True),),) for word in _signs(text))
    return (*(_ways(runs, False) for runs in chunks[:-1]), _ways(chunks[-1], True))


def _ways(runs: list[str], is_begun: bool) -> tuple[Way, ...]:
    words = [word for run in runs[:-1] for word in _query_words(run, False)]
    apart = (*words, *_query_words(runs[-1], is_begun))
    joined = (Word("".join(runs)[:LONGEST_WORD], is_begun),)
    return (apart,) if len(runs) == 1 else (apart, joined)


def _query_words(run: str, is_begun: bool) -> list[Word]:
    if _is_unspaced(run):
        return [Word(pair, is_begun=True) for pair in _pairs(run) or [run]]
    return [Word(run[:LONGEST_WORD], is_begun)]


def _pairs(run: str) -> list[str]:
    return [one + other for one, other in pairwise(run)]


def _is_unspaced(run: str) -> bool:
    return _IS_UNSPACED.match(run) is not None


def _signs(name: str) -> frozenset[str]:
    """A name like `!!!` as one word. Wide forms, because plain signs mean something to an index."""
    signs = "".join(c for c in fold(name) if unicodedata.category(c)[0] not in "CZ")
    return frozenset([signs[:LONGEST_WORD].translate(_FULL_WIDTH)]) if signs else frozenset()


# ---- Finding ------------------------------------------------------------------------------------


def matches(db: Database, query: str) -> Matches:
    """Everything in the catalogue whose name has all words of the query, at most 200,000 things.

    An index that has fallen behind is first brought up a little, unless an import is running.
    """
    wanted = parse(query)
    with db.read() as session:
        is_behind = _is_behind(session)
        is_time = is_behind and wanted and not _is_importing(session)
    if is_time:
        catch_up(db, AT_ONCE)
    with db.read() as session:
        is_behind = is_behind and _is_behind(session)
        numbers = _numbers(session, wanted) if wanted else np.empty(0, np.int64)
    shelf, ids = numbers & 3, numbers >> 2
    return Matches(
        artist_ids=ids[shelf == Shelf.ARTIST],
        album_ids=ids[shelf == Shelf.ALBUM],
        track_ids=ids[shelf == Shelf.TRACK],
        is_capped=len(numbers) == MOST_MATCHES,
        is_behind=is_behind,
    )


def _numbers(session: Session, query: Query) -> NDArray[np.int64]:
    if _is_sqlite(session):
        number, condition = column("rowid", BigInteger), literal_column("search").op("MATCH")
        found: ColumnElement[bool] = condition(literal(_fts5(query)))
    else:
        number = column("number", BigInteger)
        found = column("words").op("@@")(cast(literal(_tsquery(query)), TSQUERY))
    statement = select(number).select_from(table("search")).where(found).limit(MOST_MATCHES)
    batches = [np.array(batch, np.int64)[:, 0] for batch in whole_numbers(session, statement)]
    return np.concatenate([np.empty(0, np.int64), *batches])


def _fts5(query: Query) -> str:
    """The query for FTS5: each word in quotes, so that none of the person's signs means a thing."""
    return " AND ".join(_any(chunk, " OR ", " AND ", '"{}"', '"{}" *') for chunk in query)


def _tsquery(query: Query) -> str:
    """The same for PostgreSQL."""
    return " & ".join(_any(chunk, " | ", " & ", "'{}'", "'{}':*") for chunk in query)


def _any(ways: tuple[Way, ...], or_: str, and_: str, whole: str, begun: str) -> str:
    written = (
        and_.join((begun if word.is_begun else whole).format(word.letters) for word in way)
        for way in ways
    )
    return "(" + or_.join(f"({way})" for way in written) + ")"


# ---- Indexing -----------------------------------------------------------------------------------


def catch_up(db: Database, limit: int) -> int:
    """Index what came into the catalogue since, at most `limit` names; how many that were.

    In short transactions, so that a kill loses one and an import waits for one at most. A name is
    indexed once: whoever deletes or renames rows of the catalogue must empty the index.
    """
    with db.read() as session:
        if not _is_behind(session):
            return 0
    done = 0
    for shelf in Shelf:
        settled = _settled(db, shelf)
        while done < limit and (more := _index(db, shelf, settled, min(BATCH, limit - done))):
            done += more
    return done


def _index(db: Database, shelf: Shelf, settled: int, limit: int) -> int:
    with db.write() as session:
        mark = _locked_mark(session, shelf)
        statement = _names(shelf, mark, settled).limit(limit)
        rows = session.execute(statement).all()
        if not rows:
            return 0
        _insert(
            session, [(4 * row.id + shelf, words_of(row.name) | words_of(row.by)) for row in rows]
        )
        session.execute(
            update(ServerState).where(ServerState.name == _mark(shelf)).values(number=rows[-1].id)
        )
    return len(rows)


def _names(shelf: Shelf, mark: int, settled: int) -> Select[int, str, str]:
    """The names of a shelf between two ids; a track and an album are found by their artist too."""
    if shelf is Shelf.ARTIST:
        statement = select(Artist.id, Artist.name.label("name"), literal("").label("by"))
    elif shelf is Shelf.ALBUM:
        by = func.coalesce(Artist.name, "").label("by")
        statement = select(Album.id, Album.name.label("name"), by).outerjoin(
            Artist, Artist.id == Album.artist_id
        )
    else:
        by = func.coalesce(Artist.name, "").label("by")
        statement = select(Track.id, Track.title.label("name"), by).outerjoin(
            Artist, Artist.id == Track.artist_id
        )
    named = _NAMED[shelf]
    return statement.where(named.id > mark, named.id <= settled).order_by(named.id)


def _insert(session: Session, rows: list[tuple[int, frozenset[str]]]) -> None:
    connection = session.connection()
    if _is_sqlite(session):
        connection.exec_driver_sql(
            "INSERT INTO search (rowid, words) VALUES (?, ?)",
            [(number, " ".join(sorted(words))) for number, words in rows],
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO search (number, words) VALUES (%s, array_to_tsvector(%s::text[]))",
            [(number, sorted(words)) for number, words in rows],
        )


def _settled(db: Database, shelf: Shelf) -> int:
    """The id up to which nothing of the catalogue can appear any more.

    SQLite's writers come one after another. PostgreSQL's may commit in another order than they took
    their ids; a SHARE lock is granted once all of them have ended, and let go at once.
    """
    named = _NAMED[shelf]
    try:
        with db.write() as session:
            if not _is_sqlite(session):
                session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"))
                session.execute(text(f"LOCK TABLE {table_of(named).name} IN SHARE MODE"))
            return session.scalar(select(func.max(named.id))) or 0
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            return 0  # somebody is writing just now; the next minute comes
        raise


def _is_behind(session: Session) -> bool:
    statement = select(ServerState.name, ServerState.number).where(
        ServerState.name.in_([_mark(shelf) for shelf in Shelf])
    )
    marks = dict(session.execute(statement).all())
    return any(
        (session.scalar(select(func.max(_NAMED[shelf].id))) or 0) > marks.get(_mark(shelf), 0)
        for shelf in Shelf
    )


def _is_importing(session: Session) -> bool:
    """Whether somebody is writing plays just now: then the worker is about, and indexes them."""
    return bool(session.scalar(select(exists().where(Import.state == "running"))))


def _locked_mark(session: Session, shelf: Shelf) -> int:
    insert_new(session, table_of(ServerState), ("name", "number"), [(_mark(shelf), 0)])
    statement = select(ServerState.number).where(ServerState.name == _mark(shelf))
    return session.execute(statement.with_for_update()).scalar_one()


def _mark(shelf: Shelf) -> str:
    return f"search_{shelf.name.lower()}"


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
