"""Opening a database as a store, and saying clearly when it is none."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Delete, Engine, Table, bindparam, create_engine, delete, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from whybench.errors import MissingExtra, NotWritable, StoreError, StoreFull, UsageError
from whybench.store.schema import VERSION, meta, metadata


class Database:
    """A store's database: short transactions whose errors come out as store errors."""

    def __init__(self, url: str, create: bool = True) -> None:
        self._engine = connect(url, create)
        self._shown = self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from."""
        with guarded(self._shown), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, durable when the block ends."""
        with guarded(self._shown), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def replace(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Put one row in place of that with the same key; returns whether there was one."""
    gone = connection.execute(_deletion(table, tuple(key)), key)
    connection.execute(table.insert(), {**key, **values})
    return gone.rowcount > 0


@cache
def _deletion(table: Table, names: tuple[str, ...]) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(name) for name in names))


def parse(url: str) -> URL:
    """A store's URL, or the path of an SQLite file, taken apart; raises UsageError where it is neither."""
    try:
        return make_url(url if "://" in url else f"sqlite:///{url}")
    except (ArgumentError, ValueError) as error:
        raise UsageError(f"store {url!r} is no URL; write sqlite:///FILE or postgresql+psycopg://...") from error


def connect(url: str, create: bool = True) -> Engine:
    """An engine on the store at a URL, made where there is none and `create` allows it.

    Raises UsageError for a URL that cannot be read, StoreError for a place that holds something else.
    """
    parsed = parse(url)
    shown = parsed.render_as_string(hide_password=True)
    memory = parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:")
    on_disk = parsed.get_backend_name() == "sqlite" and not memory
    if on_disk and not create and not Path(str(parsed.database)).is_file():
        raise UsageError(f"no store at {shown}; run a suite first, or name another store")
    try:
        engine = create_engine(parsed, **({"poolclass": StaticPool} if memory else {}))
    except NoSuchModuleError as error:
        raise UsageError(
            f"store {shown!r}: unknown kind of database; use sqlite:/// or postgresql+psycopg://"
        ) from error
    except ModuleNotFoundError as error:
        if parsed.get_driver_name() == "psycopg":
            raise MissingExtra("psycopg", "postgres") from error
        raise UsageError(f"store {shown!r} needs {error.name}; use sqlite:/// or postgresql+psycopg://") from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _durable)
    with guarded(shown), engine.begin() as connection:
        _prepare(connection, shown)
    return engine


@contextmanager
def guarded(shown: str) -> Iterator[None]:
    """Database errors as store errors, in one sentence."""
    try:
        yield
    except DBAPIError as error:
        cause = str(error.orig)
        if "disk is full" in cause or "No space left" in cause or os.strerror(errno.ENOSPC) in cause:
            raise StoreFull(
                f"no room left on the disk of {shown}: free some and run again; what was stored is intact"
            ) from error
        if "readonly" in cause or "read-only" in cause:
            raise NotWritable(f"cannot write to {shown}: {cause}; what was stored is intact") from error
        if "not a database" in cause or "malformed" in cause:
            raise StoreError(f"{shown} is no whybench store, or is damaged ({cause}); name another store") from error
        raise StoreError(f"store {shown}: {cause}") from error


def _durable(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _prepare(connection: Connection, shown: str) -> None:
    tables = inspect(connection).get_table_names()
    if tables and meta.name not in tables:
        raise StoreError(f"{shown} is a database of something else (tables {', '.join(tables[:5])}), no whybench store")
    metadata.create_all(connection)
    version = connection.execute(select(meta.c.version)).scalar()
    if version is None:
        connection.execute(meta.insert().values(version=VERSION))
    elif version != VERSION:
        raise StoreError(f"{shown} has schema version {version}; this whybench reads version {VERSION}")
