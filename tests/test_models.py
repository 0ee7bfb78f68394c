"""The tables: cut by account so that they can be sharded, and the same as the migrations make."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from music_time_machine.db import Database
from music_time_machine.models import SHARED, Base

PER_ACCOUNT = [table for table in Base.metadata.sorted_tables if table.name not in SHARED]


def by_name(table: Table) -> str:
    return table.name


@pytest.mark.parametrize("table", PER_ACCOUNT, ids=by_name)
def test_the_account_comes_first_in_every_key(table: Table) -> None:
    keys = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    keys += [index for index in table.indexes if index.unique]  # type: ignore[misc]
    assert keys
    for key in keys:
        assert next(iter(key.columns)).name == "account_id"


@pytest.mark.parametrize("table", PER_ACCOUNT, ids=by_name)
def test_foreign_keys_stay_with_the_account_or_go_to_shared_tables(table: Table) -> None:
    for key in table.constraints:
        if isinstance(key, ForeignKeyConstraint):
            target = key.elements[0].column.table.name
            assert target in SHARED or key.column_keys[0] == "account_id"


@pytest.mark.parametrize("table", PER_ACCOUNT, ids=by_name)
def test_no_id_of_an_account_comes_from_a_sequence(table: Table) -> None:
    assert table.autoincrement_column is None or len(table.primary_key.columns) == 1
    for column in table.primary_key.columns:
        assert column.identity is None
        assert column.default is None or not column.default.is_sequence


@pytest.mark.parametrize("table", list(Base.metadata.sorted_tables), ids=by_name)
def test_every_table_is_strict_on_sqlite(table: Table) -> None:
    assert table.dialect_options["sqlite"]["strict"] is True


def test_the_migrations_make_what_the_models_say(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _o, name, _k, _r, _c: not _is_no_model(str(name)),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def _is_no_model(name: str) -> bool:
    """The queue's tables are huey's; the search index is each database's own kind."""
    return name.startswith(("huey", "search", "ix_search"))
