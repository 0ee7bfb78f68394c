"""The database: one engine, reads, writes, and the few places where SQLite and PostgreSQL differ.

Hides connections, pragmas, BEGIN IMMEDIATE, bulk inserts and migrations. Knows no table of ours.
Every stored moment is UTC in whole milliseconds; the column types that say so live here.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CursorResult,
    Delete,
    Dialect,
    Engine,
    Integer,
    Select,
    Table,
    Text,
    Update,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from .moments import from_millis, to_millis

BUSY_SECONDS = 15
VALUES_A_QUERY = 5_000
MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 20_261_123  # any number that no other program on the server uses
SAFE_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


class UtcMillis(TypeDecorator[datetime]):
    """An aware datetime, stored as whole milliseconds since 1970 so that both databases agree."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        return Integer() if dialect.name == "sqlite" else BigInteger()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_millis(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_millis(value)


class Flag(TypeDecorator[bool]):
    """True, false or unknown; SQLite's strict tables know no boolean."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[bool] | TypeEngine[int]:
        return Integer() if dialect.name == "sqlite" else Boolean()

    def process_result_value(self, value: object, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class JsonText(TypeDecorator[str]):
    """JSON as text in and out: kept as it came on SQLite, as JSONB on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str] | TypeEngine[object]:
        if dialect.name == "sqlite":
            return Text()
        from sqlalchemy.dialects.postgresql import JSONB  # an archive in SQLite never meets it

        return JSONB[object](none_as_null=True)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> object:
        return value if value is None or dialect.name == "sqlite" else json.loads(value)

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)


class Database:
    """One archive's database and the folder for what is derived from it.

    Of what is derived, a process keeps open that of `archives_open` accounts.
    """

    def __init__(self, url: str, data_dir: Path, archives_open: int = 16) -> None:
        self.url = url
        self.data_dir = data_dir
        self.archives_open = archives_open
        self.engine = _engine(url)
        self._reading = _reading(self.engine)
        self._writing = self.engine.execution_options(mtm_begin="BEGIN IMMEDIATE")
        self._asking = self._reading.execution_options(mtm_begin="")
        os.register_at_fork(after_in_child=self._forget_connections)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; asked only where the dialects truly differ."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the archive and changes nothing."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def ask(self) -> Iterator[Connection]:
        """For what every page asks: rows alone, each statement seeing a state of its own.

        It costs a third of `read`, which begins and ends a transaction around them.
        """
        with self._asking.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One short transaction: all of it is committed at the end, or nothing."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def _forget_connections(self) -> None:
        # A forked child must neither use nor close its parent's connections.
        self.engine.dispose(close=False)


def insert_new(
    session: Session, table: Table, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> int:
    """Insert the rows whose primary or unique key is not there yet; how many that were.

    `rows` are tuples in the order of `names`, already as the database stores them. SQLite takes
    them by one prepared statement, PostgreSQL by COPY into a temporary table: the quickest of each.
    """
    if not rows:
        return 0
    connection = session.connection()
    columns = ", ".join(names)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
        before = _total_changes(connection)
        connection.exec_driver_sql(statement, list(rows))
        return _total_changes(connection) - before
    return _copy_new(connection, table.name, columns, rows)


def _total_changes(connection: Connection) -> int:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw.total_changes


def _copy_new(
    connection: Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]
) -> int:
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE newcomers ON COMMIT DROP AS "  # noqa: S608
        f"SELECT {columns} FROM {table} WITH NO DATA"
    )
    import psycopg  # half of the commands never meet it

    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor() as cursor, cursor.copy(f"COPY newcomers ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    done = connection.exec_driver_sql(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM newcomers ON CONFLICT DO NOTHING"  # noqa: S608
    )
    connection.exec_driver_sql("DROP TABLE newcomers")
    return done.rowcount


def whole_numbers(
    session: Session, statement: Select[*tuple[int, ...]], size: int = 20_000
) -> Iterator[list[tuple[int, ...]]]:
    """The rows of a statement over integer columns in batches of `size`, for a million and more.

    Straight from the driver, at half the cost of SQLAlchemy's rows, and never all in memory.
    """
    connection = session.connection()
    literal = statement.compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    ).string
    raw = connection.connection.driver_connection
    # PostgreSQL's driver fetches everything at once unless the cursor has a name.
    options = {} if connection.dialect.name == "sqlite" else {"name": "whole_numbers"}
    cursor = raw.cursor(**options)  # type: ignore[union-attr]
    with closing(cursor):
        cursor.execute(literal)
        while rows := cursor.fetchmany(size):
            yield rows


def look_up(
    session: Session, table: Table, names: Sequence[str], column: str, wanted: Iterable[object]
) -> Iterator[tuple[Any, ...]]:
    """Columns of the rows whose `column` is one of the wanted values, straight from the driver.

    `column` may have a condition before it: `is_open AND name`.
    For values by the thousand, at a tenth of what building and compiling a statement costs.
    """
    connection = session.connection()
    mark = _mark(connection)
    columns = ", ".join(names)
    iterator = iter(wanted)
    while some := tuple(islice(iterator, VALUES_A_QUERY)):
        marks = ", ".join([mark] * len(some))
        statement = f"SELECT {columns} FROM {table.name} WHERE {column} IN ({marks})"  # noqa: S608
        yield from connection.exec_driver_sql(statement, some).cursor.fetchall()


def change_keys(
    session: Session,
    table: Table,
    column: str,
    value: object,
    names: Sequence[str],
    keys: Sequence[tuple[object, ...]],
) -> None:
    """Set one column of the rows with these keys, tuples in the order of `names`."""
    if not keys:
        return
    connection = session.connection()
    where, mark = _is_key(connection, names), _mark(connection)
    statement = f"UPDATE {table.name} SET {column} = {mark} WHERE {where}"  # noqa: S608
    connection.exec_driver_sql(statement, [(value, *key) for key in keys])


def fill_in(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Set those of the columns that are NULL; a row is a value for each column, then the id."""
    if not rows:
        return
    connection = session.connection()
    mark = _mark(connection)
    values = ", ".join(f"{column} = coalesce({column}, {mark})" for column in columns)
    statement = f"UPDATE {table.name} SET {values} WHERE id = {mark}"  # noqa: S608
    connection.exec_driver_sql(statement, list(rows))


def delete_keys(
    session: Session, table: Table, names: Sequence[str], keys: Sequence[tuple[object, ...]]
) -> None:
    """Delete the rows with these keys: tuples in the order of `names`, as they are stored."""
    if not keys:
        return
    connection = session.connection()
    where = _is_key(connection, names)
    connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {where}", list(keys))  # noqa: S608


def _is_key(connection: Connection, names: Sequence[str]) -> str:
    return " AND ".join(f"{name} = {_mark(connection)}" for name in names)


def _mark(connection: Connection) -> str:
    """How the driver marks a value in a statement."""
    return "?" if connection.dialect.name == "sqlite" else "%s"


class month_of(FunctionElement[str]):  # noqa: N801 - reads like the function that it is in SQL
    """The month of a calendar day as `2026-11`, in SQL."""

    inherit_cache = True
    type = Text()


@compiles(month_of, "sqlite")
def _month_on_sqlite(element: month_of, compiler: SQLCompiler, **options: object) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 7)"


@compiles(month_of, "postgresql")
def _month_on_postgresql(element: month_of, compiler: SQLCompiler, **options: object) -> str:
    return f"to_char({compiler.process(element.clauses, **options)}, 'YYYY-MM')"


def changed(session: Session, statement: Update | Delete) -> int:
    """Run an update or delete; how many rows it touched."""
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema at `url` to a version, the newest as a rule; a new one gets all of it."""
    from alembic import command  # a third of the start of every other command
    from alembic.config import Config

    _make_folder(url)
    engine = _engine(url)
    try:
        # One transaction, begun as a writer: killed in the middle it leaves the old schema, and of
        # two upgrades at once the second finds nothing left to do.
        with engine.execution_options(mtm_begin="BEGIN IMMEDIATE").begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def is_empty(database: Database) -> bool:
    """Whether the database has none of our tables yet."""
    return _revision(database) is None


def schema_problem(database: Database) -> str | None:
    """What is wrong with the schema's version, and what to do; None when it is right."""
    known = sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    current = _revision(database)
    if current == known[-1]:
        return None
    if current is None:
        return "The database is empty. Make its tables with: mtm db upgrade"
    if current in known:
        return "The database is older than this program. Bring it up to date with: mtm db upgrade"
    return "The database is newer than this program. Install the newer Music Time Machine."


def _revision(database: Database) -> str | None:
    """The schema's version, as Alembic keeps it."""
    if database.url.startswith("sqlite:///"):
        _make_folder(database.url)
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def sqlite_warning() -> str | None:
    """A sentence when this Python's SQLite has the known WAL-reset fault, else None."""
    version = sqlite3.sqlite_version_info
    if version >= SAFE_SQLITE[0] or any(
        version[:2] == safe[:2] and version >= safe for safe in SAFE_SQLITE
    ):
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} has a rare fault when several processes reset its log; "
        "3.51.3 or newer is safer."
    )


def _make_folder(url: str) -> None:
    prefix = "sqlite:///"
    if url.startswith(prefix):
        path = Path(url.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # before SQLite makes it readable to everybody


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        return engine
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _reading(engine: Engine) -> Engine:
    # SQLite's transactions see one state anyway; PostgreSQL's default sees a new one a statement.
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _prepare_sqlite(raw: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # With isolation_level None the driver starts no transaction of its own: _begin_sqlite does.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A plain BEGIN that reads first and writes later fails under load however long one waits.
    begin = connection.get_execution_options().get("mtm_begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)
