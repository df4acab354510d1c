"""Makes test databases: one is migrated by the owner and kept as a pattern, every process of a run works on copies of it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import ClassVar

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2 import sql

from loanwatch.embedded import roles, schema
from loanwatch.embedded.locks import Lock
from loanwatch.embedded.state import State


class TestDatabase:
    """One copy, held by one process. Another run beside this one gets another copy."""

    current: ClassVar["TestDatabase"]
    days_left_behind: ClassVar[int] = 0  # whose partitions the owner has made for tests that were rolled back
    __test__ = False

    def __init__(self, name: str, pattern: str, held: Lock) -> None:
        self.name, self.pattern, self.held = name, pattern, held

    @classmethod
    def take(cls) -> "TestDatabase":
        """Make the pattern if migrations changed, and a copy under a name no other process uses."""
        state = State.current()
        pattern = f"pattern_{hashlib.sha256(schema.fingerprint().encode()).hexdigest()[:16]}"
        with state.lock("test-pattern").alone():
            with roles.acting_as("owner") as connection:
                roles.ensure_roles(connection)
            if not _exists(pattern):
                _make_pattern(pattern)
        number = 0
        while not (held := state.lock(f"test-copy-{number}")).take(wait=False):
            number += 1
        cls.current = cls(f"test_loanwatch_{number}", pattern, held)
        cls.current.renew()
        return cls.current

    def renew(self) -> None:
        """Throw the copy away, with whoever is still connected to it, and copy the pattern again."""
        connections.close_all()
        _as_owner(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)),
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self.name), sql.Identifier(self.pattern)),
        )
        connections["default"].settings_dict["NAME"] = self.name
        TestDatabase.days_left_behind = 0

    def give_back(self) -> None:
        connections.close_all()
        _as_owner(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))
        self.held.release()


def log_in_as(kind: str) -> None:
    """Let the default connection be opened by `web` or `worker` from now on."""
    connection = connections["default"]
    user, password = roles.login(kind)
    if connection.settings_dict["USER"] != user:
        connection.close()
        connection.settings_dict.update(USER=user, PASSWORD=password)


def raw_connection(kind: str) -> Iterator[psycopg2.extensions.connection]:
    """A connection beside Django's; every statement is a transaction of its own."""
    user, password = roles.login(kind)
    place = connections["default"].settings_dict
    made = psycopg2.connect(host=place["HOST"], port=place["PORT"], dbname=place["NAME"], user=user, password=password)
    made.autocommit = True
    yield made
    made.close()


def _make_pattern(name: str) -> None:
    """Migrate a fresh database, or a copy of the last pattern where only new migrations have come since; drop the last pattern."""
    files = schema.deciding_files()
    draft = f"draft_{name}"
    base = next((old for old in _patterns() if _leads_to(old, files)), None)
    _as_owner(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)),
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(draft), sql.Identifier(base or "template1")),
    )
    for old in _patterns():
        _as_owner(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
    place = connections["default"].settings_dict
    before, place["NAME"] = place["NAME"], draft
    try:
        schema.migrate()
    finally:
        place["NAME"] = before
    _as_owner(
        sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(draft), sql.Literal(json.dumps(files))),
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)),
    )


def _leads_to(pattern: str, files: Mapping[str, str]) -> bool:
    """Whether every migration this pattern was made with is still there, word for word."""
    rows = _as_owner(sql.SQL("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {}").format(sql.Literal(pattern)))
    applied = json.loads(rows[0][0]) if rows and rows[0][0] else {}
    migrations = {path: digest for path, digest in applied.items() if "/migrations/" in path}
    return bool(migrations) and migrations.items() <= files.items()


def _as_owner(*statements: sql.Composable) -> list[tuple]:
    """Run statements that belong to no database, and return the last one's rows."""
    connection = psycopg2.connect(settings.OWNER_URL)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _exists(name: str) -> bool:
    return name in _patterns()


def _patterns() -> list[str]:
    return [name for (name,) in _as_owner(sql.SQL(r"SELECT datname FROM pg_database WHERE datname LIKE 'pattern\_%'"))]
