"""Who logs in to the database, and what each log-in may do. Web and workers own nothing; the owner migrates."""

import contextlib
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg2 import sql

URLS = {"owner": "OWNER_URL", "web": "WEB_URL", "worker": "WORKER_URL"}


def login(kind: str) -> tuple[str, str]:
    """Name and password under which the processes of `kind` (owner, web, worker) reach the database."""
    parts = urlsplit(getattr(settings, URLS[kind]))
    return unquote(parts.username or ""), unquote(parts.password or "")


@contextlib.contextmanager
def acting_as(kind: str) -> Iterator[BaseDatabaseWrapper]:
    """The default connection under another log-in for the length of the block; what was open before is closed, both times."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict["USER"], connection.settings_dict["PASSWORD"] = login(kind)
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict.update(before)


def ensure_roles(connection: BaseDatabaseWrapper) -> None:
    """Make the web and the worker log-in, or set their passwords; `connection` is the owner's."""
    with connection.cursor() as cursor:
        for kind in ("web", "worker"):
            name, password = login(kind)
            if name == login("owner")[0]:
                continue  # an installation that has one log-in only, against our advice
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            what = "ALTER ROLE {} LOGIN PASSWORD {}" if cursor.fetchone() else "CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}"
            cursor.execute(sql.SQL(what).format(sql.Identifier(name), sql.Literal(password)))


def grant_all(connection: BaseDatabaseWrapper) -> None:
    """Give web and worker what they need on every table there is and will be; run as the owner after each migration.

    They read and write rows. They cannot make, change or empty tables; append-only tables take INSERT alone, and row
    history is written by the owner's triggers only.
    """
    from loanwatch.trail import grants  # after the settings are loaded

    with connection.cursor() as cursor:
        cursor.execute(grants.HARDEN)
        for kind in ("web", "worker"):
            name, _ = login(kind)
            if name != login("owner")[0]:
                _grant_tables(cursor, name, grants.APPEND_ONLY + (grants.WEB_ADDS_ONLY if kind == "web" else ()), grants.HISTORY)
        _grant_functions(cursor, login("worker")[0], grants.WORKER_FUNCTIONS)


def _grant_tables(cursor: CursorWrapper, name: str, append_only: tuple[str, ...], history: tuple[str, ...]) -> None:
    role = sql.Identifier(name)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
    ):
        cursor.execute(sql.SQL(statement).format(role))
    for rights, tables in (("UPDATE, DELETE", append_only), ("INSERT, UPDATE, DELETE", (*history, "django_migrations"))):
        for table in _with_partitions(cursor, tables):
            cursor.execute(sql.SQL("REVOKE {} ON {} FROM {}").format(sql.SQL(rights), sql.Identifier(table), role))


def _with_partitions(cursor: CursorWrapper, tables: tuple[str, ...]) -> list[str]:
    """The tables of the list that exist, each with its partitions: a right on a partition would be a way round."""
    cursor.execute(
        """
        WITH RECURSIVE family AS (
            SELECT oid FROM pg_class WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            UNION SELECT inhrelid FROM pg_inherits JOIN family ON inhparent = family.oid
        )
        SELECT relname FROM pg_class JOIN family USING (oid) ORDER BY relname
        """,
        [list(tables)],
    )
    return [name for (name,) in cursor.fetchall()]


def _grant_functions(cursor: CursorWrapper, worker: str, functions: tuple[str, ...]) -> None:
    for function in functions:
        cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [function])
        if cursor.fetchone()[0]:  # the migration that makes it may be a later one
            signature = sql.SQL(function)
            cursor.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(signature))
            cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(signature, sql.Identifier(worker)))
