"""Web and workers own nothing, whatever a program error makes them try."""

import psycopg2
import pytest


def _run(connection, statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("who", ["web_connection", "worker_connection"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE stolen (a int)",
        "DROP TABLE lenders_lender CASCADE",
        "TRUNCATE lenders_lender CASCADE",
        "ALTER TABLE lenders_lender DISABLE TRIGGER ALL",
        "DELETE FROM django_migrations",
        "CREATE ROLE helper SUPERUSER",
        "SET ROLE loanwatch",
        "SET session_replication_role = replica",
    ],
)
def test_the_web_and_worker_logins_cannot_touch_what_the_owner_made(request, who, statement):
    connection = request.getfixturevalue(who)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _run(connection, statement)


@pytest.mark.parametrize("who", ["web_connection", "worker_connection"])
def test_the_web_and_worker_logins_own_no_table(request, who):
    connection = request.getfixturevalue(who)
    assert _run(connection, "SELECT relname FROM pg_class JOIN pg_roles r ON relowner = r.oid WHERE rolname = current_user") == []


def test_every_append_only_table_takes_inserts_only(owner_connection):
    from loanwatch.trail.grants import APPEND_ONLY

    rights = _run(
        owner_connection,
        "SELECT table_name, string_agg(DISTINCT privilege_type, ', ' ORDER BY privilege_type) FROM information_schema.role_table_grants "
        "WHERE grantee IN ('loanwatch_web', 'loanwatch_worker') GROUP BY table_name",
    )
    given = dict(rights)
    assert {table: given[table] for table in APPEND_ONLY} == dict.fromkeys(APPEND_ONLY, "INSERT, SELECT")


def test_nobody_writes_row_history_by_hand(owner_connection):
    from loanwatch.trail.grants import HISTORY

    rights = _run(
        owner_connection,
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee IN ('loanwatch_web', 'loanwatch_worker')",
    )
    assert {right for table, right in rights if table in HISTORY} <= {"SELECT"}
