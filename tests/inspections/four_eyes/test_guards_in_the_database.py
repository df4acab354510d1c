"""Direct SQL with the rights of the web process and of a worker: neither makes a verifier of the recorder nor changes a record.

What is told here is committed, because the raw connections see committed rows only: one bank for all, and a visit of its own for each test.
"""

import threading
from collections.abc import Iterator

import psycopg2
import pytest
from django.db import connections, transaction
from django.test import override_settings

from inspections.four_eyes import actions as four_eyes
from inspections.visits import actions as visits
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict
from tests import database
from tests.inspections.book import fill, make_task, open_bank, own_view, submit, submitted

REFUSED = (psycopg2.errors.IntegrityError, psycopg2.errors.CheckViolation, psycopg2.errors.IntegrityConstraintViolation)


@pytest.fixture(scope="module")
def bank(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield open_bank()
        database.TestDatabase.current.renew()


@pytest.fixture
def raw(bank) -> Iterator[psycopg2.extensions.connection]:
    """A raw connection with the rights of the web process, reading for the house: what is hidden could not even be tried."""
    for connection in database.raw_connection("web"):
        run(connection, "SELECT set_config('lw.reader', 'house', false)")
        yield connection


@pytest.fixture(params=["web", "worker"])
def attacker(request, bank):
    """A raw connection of a role that has told the trigger library to ignore every trigger there is, by name and by table."""
    for connection in database.raw_connection(request.param):
        with connection.cursor() as cursor:
            cursor.execute("SELECT array_agg(tgname::text) || array_agg(tgrelid::regclass || ':' || tgname) FROM pg_trigger WHERE NOT tgisinternal")
            cursor.execute("SELECT set_config('lw.reader', 'house', false)")
            cursor.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + ",".join(cursor.fetchone()[0]) + "}"])
        yield connection


def run(connection, statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def refused(connection, statement, *values):
    with pytest.raises(REFUSED):
        run(connection, statement, *values)


VERIFIED = "UPDATE inspections_visit SET state = 'verified', verified_by_id = %s, verified_at = now() WHERE id = %s"


def test_a_submitted_visit_is_verified_by_a_recorded_decision_of_another_person_only(bank, attacker):
    visit = submitted(bank)
    recorder, officer = bank.manager.person.pk, bank.officer.person.pk
    refused(attacker, VERIFIED, recorder, visit.pk)
    refused(attacker, VERIFIED, officer, visit.pk)
    refused(attacker, "UPDATE inspections_visit SET state = 'returned' WHERE id = %s", visit.pk)
    refused(attacker, "UPDATE inspections_visit SET recorded_by_id = %s WHERE id = %s", officer, visit.pk)
    insert = (
        "INSERT INTO inspections_verification (lender_id, visit_id, officer_id, own_conclusion, own_summary,"
        " seen_hash, decision, reason, explanation"
    )
    begun = insert + ") VALUES (%s, %s, %s, '', '', '', '', '', '')"
    refused(attacker, begun, bank.lender.pk, visit.pk, recorder)
    decided = insert + ", own_recorded_at, decided_at) VALUES (%s, %s, %s, 'no_problem', '', %s, 'confirmed', '', '', now(), now())"
    refused(attacker, decided, bank.lender.pk, visit.pk, officer, visit.content_hash)
    # The decision of one officer verifies in that officer's name only, and only on the sealed content.
    run(attacker, begun, bank.lender.pk, visit.pk, officer)
    decide = (
        "UPDATE inspections_verification SET decision = 'confirmed', decided_at = now(), seen_hash = %s,"
        " own_recorded_at = now(), own_conclusion = 'concern' WHERE visit_id = %s"
    )
    refused(attacker, decide, visit.content_hash, visit.pk)
    refused(attacker, "UPDATE inspections_verification SET officer_id = %s WHERE visit_id = %s", recorder, visit.pk)
    run(attacker, "UPDATE inspections_verification SET own_recorded_at = now(), own_conclusion = 'concern' WHERE visit_id = %s", visit.pk)
    refused(attacker, "UPDATE inspections_verification SET own_conclusion = 'no_problem' WHERE visit_id = %s", visit.pk)
    confirm = "UPDATE inspections_verification SET decision = 'confirmed', decided_at = now(), seen_hash = %s WHERE visit_id = %s"
    refused(attacker, confirm, "0" * 64, visit.pk)
    run(attacker, confirm, visit.content_hash, visit.pk)
    refused(attacker, VERIFIED, recorder, visit.pk)
    refused(attacker, VERIFIED, bank.officer2.person.pk, visit.pk)
    refused(attacker, "UPDATE inspections_visit SET state = 'returned' WHERE id = %s", visit.pk)
    assert run(attacker, VERIFIED, officer, visit.pk) == 1


def test_the_account_manager_of_the_loan_opens_no_verification(bank, attacker):
    task = make_task(bank, to=bank.manager2)
    visit = visits.start_visit(task_id=task.pk, by=bank.manager2)
    fill(visit, bank.manager2)
    visit = submit(visit, bank.manager2)
    lead = bank.manager.person.pk
    refused(
        attacker,
        "INSERT INTO inspections_verification (lender_id, visit_id, officer_id, own_conclusion, own_summary, seen_hash,"
        " decision, reason, explanation)"
        " VALUES (%s, %s, %s, '', '', '', '', '', '')",
        bank.lender.pk,
        visit.pk,
        lead,
    )


def test_nothing_of_a_submitted_or_verified_visit_changes_or_goes(bank, attacker):
    visit = submitted(bank)
    own_view(visit, bank.officer)

    def attack():
        for change in (
            "summary = 'x'",
            "conclusion = 'problem'",
            "visited_on = visited_on - 1",
            f"content_hash = '{'a' * 64}'",
            "state = 'draft'",
            "latitude = 0",
            "submitted_at = now() - interval '9 days'",
            "state = 'submitted', submitted_on = submitted_on - 9",
        ):
            refused(attacker, f"UPDATE inspections_visit SET {change} WHERE id = %s", visit.pk)
        refused(attacker, "UPDATE inspections_answer SET value = '\"no\"' WHERE visit_id = %s", visit.pk)
        refused(attacker, "DELETE FROM inspections_answer WHERE visit_id = %s", visit.pk)
        refused(
            attacker,
            "INSERT INTO inspections_answer (visit_id, checkpoint_id, note, saved_at) SELECT visit_id, checkpoint_id, '',"
            " now() FROM inspections_answer WHERE visit_id = %s LIMIT 1",
            visit.pk,
        )
        refused(attacker, "UPDATE inspections_photo SET reused_from_id = NULL, taken_at = now() WHERE visit_id = %s", visit.pk)
        refused(attacker, "DELETE FROM inspections_photo WHERE visit_id = %s", visit.pk)
        refused(attacker, "DELETE FROM inspections_verification WHERE visit_id = %s", visit.pk)
        refused(attacker, "DELETE FROM inspections_ownanswer")
        refused(attacker, "UPDATE inspections_ownanswer SET value = '\"no\"'")
        refused(attacker, "DELETE FROM inspections_reading")
        refused(attacker, "DELETE FROM inspections_visit WHERE id = %s", visit.pk)

    attack()
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    attack()
    refused(attacker, "UPDATE inspections_visit SET verified_by_id = %s WHERE id = %s", bank.officer2.person.pk, visit.pk)
    refused(attacker, "UPDATE inspections_visit SET state = 'returned', verified_by_id = NULL, verified_at = NULL WHERE id = %s", visit.pk)
    refused(attacker, "UPDATE inspections_verification SET explanation = 'x' WHERE visit_id = %s", visit.pk)


def test_an_answer_is_not_moved_from_a_draft_into_a_submitted_visit(bank, attacker):
    visit = submitted(bank)
    draft = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    visits.save_answers(visit_id=draft.pk, answers={"remarks": ("Later.", "")}, by=bank.manager)
    refused(attacker, "UPDATE inspections_answer SET visit_id = %s WHERE visit_id = %s", visit.pk, draft.pk)


def test_a_draft_is_not_born_submitted_and_jumps_no_step(bank, attacker):
    draft = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    refused(attacker, VERIFIED, bank.officer.person.pk, draft.pk)
    refused(
        attacker,
        "INSERT INTO inspections_visit (task_id, attempt, lender_id, bucket, loan_id, branch_id, template_id,"
        " recorded_by_id, state, conclusion, summary,"
        " position_reason, content_hash, submitted_at, submitted_on, visited_on)"
        " SELECT task_id, 9, lender_id, bucket, loan_id, branch_id, template_id, recorded_by_id, 'submitted', 'concern', '',"
        " '', repeat('a', 64), now(), current_date, current_date"
        " FROM inspections_visit WHERE id = %s",
        draft.pk,
    )


def test_an_officer_is_not_let_in_by_hand_before_the_own_view(bank, attacker):
    visit = submitted(bank)
    refused(attacker, "INSERT INTO inspections_reading (visit_id, person_id) VALUES (%s, %s)", visit.pk, bank.officer.person.pk)


def test_a_temporary_table_does_not_stand_in_for_the_real_one(bank, attacker):
    visit = submitted(bank)
    officer = bank.officer.person.pk
    with attacker.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE inspections_verification (LIKE public.inspections_verification INCLUDING DEFAULTS)")
        cursor.execute(
            "INSERT INTO pg_temp.inspections_verification (id, lender_id, visit_id, officer_id, opened_at, own_conclusion,"
            " own_summary, own_recorded_at, seen_hash,"
            " decision, reason, explanation, decided_at) VALUES (1, %s, %s, %s, now(), 'concern', '', now(), %s,"
            " 'confirmed', '', '', now())",
            [bank.lender.pk, visit.pk, officer, visit.content_hash],
        )
        cursor.execute("SET search_path = pg_temp, public")
    refused(
        attacker,
        "UPDATE public.inspections_visit SET state = 'verified', verified_by_id = %s, verified_at = now() WHERE id = %s",
        officer,
        visit.pk,
    )


FORBIDDEN = (
    "INSERT INTO inspections_visitevent SELECT * FROM inspections_visitevent LIMIT 0",
    "UPDATE inspections_visitevent SET state = 'verified'",
    "DELETE FROM inspections_visitevent",
    "TRUNCATE inspections_visit CASCADE",
    "ALTER TABLE inspections_visit DISABLE TRIGGER visit_guard",
    "DROP TRIGGER visit_guard ON inspections_visit",
    "CREATE OR REPLACE FUNCTION lw_visit_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
)


def test_history_is_not_forged_and_guards_are_not_removed(bank, attacker):
    submitted(bank)
    for statement in FORBIDDEN:
        with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.IntegrityError)):
            run(attacker, statement)


def test_the_database_keeps_every_state_of_a_visit(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT state, verified_by_id FROM inspections_visitevent WHERE pgh_obj_id = %s ORDER BY pgh_id", [visit.pk])
        rows = cursor.fetchall()
    assert rows == [("draft", None), ("submitted", None), ("verified", bank.officer.person.pk)]


def test_of_two_officers_who_decide_at_once_one_wins(bank):
    visit = submitted(bank)
    for officer in (bank.officer, bank.officer2):
        own_view(visit, officer)
    gate, results = threading.Barrier(2), []

    def decide(officer):
        try:
            gate.wait()
            four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=officer)
            results.append(officer.person.pk)
        except Conflict as conflict:
            results.append(conflict.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(officer,)) for officer in (bank.officer, bank.officer2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "VISIT_DECIDED" in results
    assert Visit.objects.get(pk=visit.pk).verified_by_id in results


def test_an_answer_does_not_slip_into_a_visit_that_is_being_submitted(bank, raw):
    """The answer is written while the submission is not committed yet: it waits, and is refused."""
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    fill(visit, bank.manager)
    outcome = []

    def write():
        try:
            run(raw, "UPDATE inspections_answer SET note = 'late' WHERE visit_id = %s", visit.pk)
            outcome.append("written")
        except REFUSED:
            outcome.append("refused")

    with transaction.atomic():
        submit(visit, bank.manager)
        late = threading.Thread(target=write)
        late.start()
        late.join(0.5)
        assert late.is_alive(), "it waits for the submission"
    late.join()
    assert outcome == ["refused"]
