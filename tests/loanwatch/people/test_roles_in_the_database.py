"""What the database itself refuses about roles, asked by SQL with the rights of the web process."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from loanwatch.people.models import BranchReach, Role, RoleHeld
from loanwatch.people.places import move_branch
from tests.loanwatch.people.conftest import grant

JAN, JUL = date(2026, 1, 1), date(2026, 7, 1)
AM, RO = Role.ACCOUNT_MANAGER, Role.RISK_OFFICER


def refused(sql: str, *values: object, naming: str) -> None:
    with pytest.raises(DatabaseError) as fault, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    diag = fault.value.__cause__.diag
    assert naming in (diag.constraint_name or "") + (diag.message_primary or "")


def insert(person, role, branch, from_on=JAN, to_on=None, granted_by=None):
    return (
        "INSERT INTO people_roleheld (person_id, role, branch_id, from_on, to_on, granted_by_id) VALUES (%s, %s, %s, %s, %s, %s)",
        person.pk, role, branch.pk if branch else None, from_on, to_on, granted_by.pk if granted_by else None,
    )  # fmt: skip


@pytest.mark.parametrize(("held_in", "asked_in"), [("B11", "B11"), ("R1", "B11"), ("B11", "HO"), ("S111", "R1")])
def test_nobody_is_manager_and_officer_over_the_same_branches(office, held_in, asked_in):
    person = office.newcomer()
    grant(person, AM, office.branch(held_in))
    refused(*insert(person, RO, office.branch(asked_in)), naming="manager_and_officer_kept_apart")


def test_manager_here_and_officer_in_another_branch_is_allowed(office):
    person = office.newcomer()
    grant(person, AM, office.branch("B11"))
    grant(person, RO, office.branch("B12"))
    assert person.roles_held.count() == 2


def test_officer_after_having_been_manager_is_allowed_from_the_day_the_role_ended(office):
    person = office.newcomer()
    grant(person, AM, office.branch("B11"), JAN, JUL)
    refused(*insert(person, RO, office.branch("B11"), date(2026, 6, 30)), naming="manager_and_officer_kept_apart")
    grant(person, RO, office.branch("B11"), JUL)


def test_an_ended_role_cannot_be_stretched_over_the_other_one(office):
    person = office.newcomer()
    held = grant(person, AM, office.branch("B11"), JAN, JUL)
    grant(person, RO, office.branch("B11"), JUL)
    refused("UPDATE people_roleheld SET to_on = NULL WHERE id = %s", held.pk, naming="")
    refused("UPDATE people_roleheld SET to_on = '2026-08-01' WHERE id = %s", held.pk, naming="")


def test_moving_a_branch_cannot_bring_the_two_roles_together(office):
    person = office.newcomer()
    grant(person, AM, office.branch("B12"))
    grant(person, RO, office.branch("R2"))
    with pytest.raises(IntegrityError), transaction.atomic():
        move_branch(branch=office.branch("B12"), parent=office.branch("R2"), on=JUL)
    assert BranchReach.objects.filter(ancestor=office.branch("R1"), descendant=office.branch("B12"), to_on=None).exists()


def test_a_role_is_ended_and_neither_deleted_nor_rewritten(office):
    held = grant(office.newcomer(), AM, office.branch("B11"))
    refused("DELETE FROM people_roleheld WHERE id = %s", held.pk, naming="role_is_ended_not_deleted")
    refused("UPDATE people_roleheld SET role = 'auditor' WHERE id = %s", held.pk, naming="role_is_ended_not_rewritten")
    refused("UPDATE people_roleheld SET from_on = '2020-01-01' WHERE id = %s", held.pk, naming="role_is_ended_not_rewritten")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_roleheld SET to_on = '2026-07-01' WHERE id = %s", [held.pk])


def test_the_guards_have_no_switch_in_the_session(office):
    held = grant(office.newcomer(), AM, office.branch("B11"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{people_roleheld:ended_guard}'")
    refused("DELETE FROM people_roleheld WHERE id = %s", held.pk, naming="role_is_ended_not_deleted")
    refused("SET LOCAL session_replication_role = replica", naming="permission denied")


def test_nobody_grants_a_role_to_themselves(office):
    person = office.newcomer()
    refused(*insert(person, Role.AUDITOR, office.branch("HO"), granted_by=person), naming="nobody_grants_a_role_to_themselves")


@pytest.mark.parametrize("role", [role.value for role in Role if role not in {Role.SYSADMIN, Role.BORROWER}])
def test_only_a_system_administrator_holds_a_role_over_the_whole_installation(office, role):
    refused(*insert(office.newcomer(), role, None), naming="only_sysadmin_without_a_branch")


def test_the_web_process_cannot_write_the_history_of_roles(office):
    grant(office.newcomer(), AM, office.branch("B11"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_roleheldevent")
        assert cursor.fetchone()[0] >= 1
    refused("DELETE FROM people_roleheldevent", naming="permission denied")
    refused("UPDATE people_roleheldevent SET role = 'auditor'", naming="permission denied")


def test_a_role_held_twice_over_everything_is_refused(office):
    person = office.newcomer()
    grant(person, Role.SYSADMIN, None)
    refused(*insert(person, Role.SYSADMIN, None), naming="one_open_role")
    assert RoleHeld.objects.filter(person=person).count() == 1
