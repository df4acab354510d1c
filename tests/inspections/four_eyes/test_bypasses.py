"""Ways round four eyes, numbered. Each is first shown to work with its guard taken away, then refused with the guard in place.

The first part is SQL with the rights of web process and worker. What it attacks is committed; the owner takes the guard away
in a transaction that is rolled back. The second part goes through pages, endpoint, batch and the ORM.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connections, transaction
from django.test import Client, override_settings
from django.urls import reverse

from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes import deciding, queries
from inspections.four_eyes.asking import ask_recorder
from inspections.four_eyes.batches import view_batch
from inspections.four_eyes.models import Verification
from inspections.visits import actions as visits
from inspections.visits.models import Answer, Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Role, RoleHeld
from loanwatch.people.routes import all_routes
from loanwatch.trail.models import AuditEvent
from tests import database
from tests.inspections.book import TODAY, fill, hire, make_loan, make_task, open_bank, own_view, submit, submitted

REFUSED = (psycopg2.errors.IntegrityError, psycopg2.errors.InsufficientPrivilege)
BEGIN = (
    "INSERT INTO inspections_verification (lender_id, visit_id, officer_id, own_conclusion, own_summary, seen_hash, decision, reason, explanation)"
    " SELECT lender_id, id, %(who)s, '', '', '', '', '', '' FROM inspections_visit WHERE id = %(visit)s"
)
OWN = "UPDATE inspections_verification SET own_recorded_at = now(), own_conclusion = 'no_problem' WHERE visit_id = %(visit)s AND officer_id = %(who)s"
DECIDE = "UPDATE inspections_verification SET decision = 'confirmed', decided_at = now(), seen_hash = %(hash)s WHERE visit_id = %(visit)s AND officer_id = %(who)s"
VERIFY = "UPDATE inspections_visit SET state = 'verified', verified_by_id = %(who)s, verified_at = now() WHERE id = %(visit)s"
SETTLE = (
    "INSERT INTO inspections_settlement (lender_id, visit_id, person_id, outcome, conclusion, explanation, seen_hash)"
    " SELECT lender_id, id, %(who)s, 'confirmed', 'no_problem', 'x', content_hash FROM inspections_visit WHERE id = %(visit)s"
)
GUARD = {
    "visit": "ALTER TABLE inspections_visit DISABLE TRIGGER visit_guard",
    "verification": "ALTER TABLE inspections_verification DISABLE TRIGGER verification_guard",
    "role": "ALTER TABLE inspections_verification DISABLE TRIGGER role_guard",
    "settler's role": "ALTER TABLE inspections_settlement DISABLE TRIGGER role_guard",
    "method": "ALTER TABLE inspections_verification DISABLE TRIGGER method_guard",
    "word": "ALTER TABLE inspections_verification DISABLE TRIGGER verification_word",
    "answers": "ALTER TABLE inspections_answer DISABLE TRIGGER frozen_guard",
    "photos": "ALTER TABLE inspections_photo DISABLE TRIGGER frozen_guard",
    "own answers": "ALTER TABLE inspections_ownanswer DISABLE TRIGGER frozen_guard",
    "reading": "ALTER TABLE inspections_reading DISABLE TRIGGER reading_guard",
    "settlement": "ALTER TABLE inspections_settlement DISABLE TRIGGER settlement_guard",
    "results": "ALTER TABLE inspections_pointresult DISABLE TRIGGER USER",
    "explanation": "ALTER TABLE inspections_explanation DISABLE TRIGGER explanation_guard",
    "own view first": "ALTER TABLE inspections_verification DROP CONSTRAINT decided_after_own_view",
    "one person": "ALTER TABLE inspections_verification DROP CONSTRAINT one_verification_per_visit_and_officer",
    "maker is not checker": "ALTER TABLE inspections_visit DROP CONSTRAINT verifier_is_not_recorder",
}
Values = dict[str, Any]


@dataclass(frozen=True)
class Bypass:
    """One way round: what is there before, the statement, and the guards that must be away for it to work."""

    title: str
    made: Callable[[Any], Values]
    statement: str
    guards: tuple[str, ...]


def of(visit: Visit, who: Access | None = None, **more: Any) -> Values:
    return {"visit": visit.pk, "who": who.person.pk if who and who.person else None, "hash": visit.content_hash, **more}


def viewed(bank) -> Visit:
    visit = submitted(bank)
    own_view(visit, bank.officer)
    return visit


def decided_by_sql(bank, visit: Visit, who: Access) -> None:
    for connection in database.raw_connection("web"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lw.reader', 'house', false)")
            cursor.execute(DECIDE, of(visit, who))
            assert cursor.rowcount == 1


def decided(bank) -> Visit:
    visit = viewed(bank)
    decided_by_sql(bank, visit, bank.officer)
    return visit


def confirmed(bank) -> Visit:
    visit = viewed(bank)
    return four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)


def by_other(bank) -> Visit:
    """Recorded by the second manager on a loan of the first."""
    visit = visits.start_visit(task_id=make_task(bank, to=bank.manager2).pk, by=bank.manager2)
    fill(visit, bank.manager2)
    return submit(visit, bank.manager2)


def handed_over(bank) -> Values:
    """A loan that the officer led until yesterday."""
    loan = make_loan(bank, lead=bank.officer)
    visit = submitted(bank, make_task(bank, loan))
    for connection in database.raw_connection("owner"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE borrowers_custody SET to_on = %s WHERE loan_id = %s", [TODAY, loan.pk])
    return of(visit, bank.officer)


def of_the_agency(bank) -> Values:
    visit = visits.start_visit(task_id=make_task(bank, to=bank.agent).pk, by=bank.agent)
    fill(visit, bank.agent)
    visit = submit(visit, bank.agent)
    colleague = hire(bank, "colleague", Role.RISK_OFFICER, bank.branch)
    person = colleague.person
    person.agency = "Agency"
    person.save()
    return of(visit, colleague)


def big(bank) -> Visit:
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=200_000_000)))
    for officer in (bank.officer, bank.officer2):
        own_view(visit, officer)
    return visit


def one_of_two(bank) -> Values:
    visit = big(bank)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    return of(visit, bank.officer)


def split(bank) -> Values:
    visit = big(bank)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="place", explanation="Where?", by=bank.officer2)
    return of(visit, bank.officer)


def gone_by_the_maker(bank) -> Values:
    """The officer's verification visit, made by the account manager in the officer's place."""
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    for connection in database.raw_connection("owner"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inspections_task SET assigned_to_id = %s WHERE id = %s", [bank.manager.person.pk, task.pk])
    own = visits.start_visit(task_id=task.pk, by=bank.manager)
    fill(own, bank.manager, seed=9)
    submit(own, bank.manager)
    return of(visit, bank.officer, own=own.pk)


def asked(bank) -> Values:
    visit = viewed(bank)
    told = ask_recorder(visit_id=visit.pk, code="conclusion", question="Why?", by=bank.officer)
    return of(visit, bank.manager2, asked=told.pk)


def draft(bank) -> Values:
    return of(visits.start_visit(task_id=make_task(bank).pk, by=bank.manager), bank.officer)


BYPASSES = {
    1: Bypass("the recorder begins the check", lambda b: of(submitted(b), b.manager), BEGIN, ("verification", "role")),
    2: Bypass("the account manager of the loan begins it", lambda b: of(by_other(b), b.manager), BEGIN, ("verification", "role")),
    3: Bypass("the account manager until yesterday begins it", handed_over, BEGIN, ("verification",)),
    4: Bypass("somebody of the agency that made the visit begins it", of_the_agency, BEGIN, ("verification",)),
    5: Bypass("somebody who is no risk officer begins it", lambda b: of(submitted(b), b.manager2), BEGIN, ("verification", "role")),
    6: Bypass("the second account of one person makes a second check", lambda b: of(viewed(b), b.officer), BEGIN, ("one person",)),
    7: Bypass(
        "a check is born with its decision", lambda b: of(submitted(b), b.officer),
        "INSERT INTO inspections_verification (lender_id, visit_id, officer_id, own_conclusion, own_summary, seen_hash, decision, reason, explanation,"
        " own_recorded_at, decided_at) SELECT lender_id, id, %(who)s, 'no_problem', '', content_hash, 'confirmed', '', '', now(), now()"
        " FROM inspections_visit WHERE id = %(visit)s", ("verification",),
    ),
    8: Bypass(
        "a decision without an own view", lambda b: (four_eyes.open_verification(visit_id=(v := submitted(b)).pk, by=b.officer), of(v, b.officer))[1],
        DECIDE, ("verification", "own view first"),
    ),
    9: Bypass("a decision on other content", lambda b: of(viewed(b), b.officer) | {"hash": "0" * 64}, DECIDE, ("verification",)),
    10: Bypass(
        "the own view changed after reading", lambda b: of(viewed(b), b.officer),
        "UPDATE inspections_verification SET own_conclusion = 'problem' WHERE visit_id = %(visit)s", ("verification",),
    ),
    11: Bypass(
        "own answers changed after reading", lambda b: of(viewed(b), b.officer),
        "UPDATE inspections_ownanswer SET note = 'x' WHERE verification_id = (SELECT id FROM inspections_verification WHERE visit_id = %(visit)s)", ("own answers",),
    ),
    12: Bypass(
        "the decision put into another officer's name", lambda b: of(viewed(b), b.officer2),
        "UPDATE inspections_verification SET officer_id = %(who)s WHERE visit_id = %(visit)s", ("verification",),
    ),
    13: Bypass("verified without any decision", lambda b: of(submitted(b), b.officer), VERIFY, ("visit",)),
    14: Bypass("verified in the name of who did not decide", lambda b: of(decided(b), b.officer2), VERIFY, ("visit",)),
    15: Bypass("verified by the recorder", lambda b: of(decided(b), b.manager), VERIFY, ("visit", "maker is not checker")),
    16: Bypass(
        "the recorder swapped afterwards", lambda b: of(confirmed(b), b.manager2),
        "UPDATE inspections_visit SET recorded_by_id = %(who)s WHERE id = %(visit)s", ("visit",),
    ),
    17: Bypass("an answer edited after verification", lambda b: of(confirmed(b)), "UPDATE inspections_answer SET note = 'x' WHERE visit_id = %(visit)s", ("answers",)),
    18: Bypass("a photo taken out after verification", lambda b: of(confirmed(b)), "DELETE FROM inspections_photo WHERE visit_id = %(visit)s", ("photos",)),
    19: Bypass(
        "sealed content rewritten with its seal", lambda b: of(submitted(b)),
        "UPDATE inspections_visit SET content_hash = repeat('a', 64) WHERE id = %(visit)s", ("visit",),
    ),
    20: Bypass(
        "states skipped", draft, "UPDATE inspections_visit SET state = 'returned', submitted_at = now(), submitted_on = current_date, visited_on = current_date,"
        " content_hash = repeat('a', 64), conclusion = 'concern' WHERE id = %(visit)s", ("visit",),
    ),
    21: Bypass("a returned one made verified", lambda b: (v := viewed(b), four_eyes.return_visit(
        visit_id=v.pk, seen_hash=v.content_hash, reason="place", explanation="Where?", by=b.officer), of(v, b.officer))[2], VERIFY, ("visit",)),
    22: Bypass(
        "the check deleted", lambda b: {"made": four_eyes.open_verification(visit_id=submitted(b).pk, by=b.officer).pk},
        "DELETE FROM inspections_verification WHERE id = %(made)s", ("verification",),
    ),
    23: Bypass(
        "a reading forged", lambda b: of(submitted(b), b.officer), "INSERT INTO inspections_reading (visit_id, person_id) VALUES (%(visit)s, %(who)s)", ("reading",),
    ),
    24: Bypass("one decision where two are needed", one_of_two, VERIFY, ("visit",)),
    25: Bypass("the second of two is the first again", one_of_two, DECIDE, ("verification",)),
    26: Bypass("a third decision after enough", lambda b: (v := decided(b), own_view(v, b.officer2), of(v, b.officer2))[2], DECIDE, ("verification",)),
    27: Bypass("a split decided by the last one", split, VERIFY, ("visit",)),
    28: Bypass("a split settled by one who took part", split, SETTLE, ("settlement",)),
    29: Bypass("settled where nothing is split", lambda b: of(decided(b), b.credit), SETTLE, ("settlement",)),
    30: Bypass("settled by the recorder", lambda b: split(b) | {"who": b.manager.person.pk}, SETTLE, ("settlement", "settler's role")),
    31: Bypass(
        "the maker's visit named as the officer's own", gone_by_the_maker,
        "UPDATE inspections_verification SET own_visit_id = %(own)s WHERE visit_id = %(visit)s", ("verification",),
    ),
    32: Bypass(
        "a visit to the place waved through in a batch", lambda b: (four_eyes.open_verification(visit_id=(v := submitted(b)).pk, by=b.officer), of(v, b.officer))[1],
        "UPDATE inspections_verification SET method = 'batch' WHERE visit_id = %(visit)s", ("verification", "method"),
    ),
    33: Bypass(
        "results of the points rewritten", lambda b: of(confirmed(b)),
        "UPDATE inspections_pointresult SET result = 'same' WHERE verification_id IN (SELECT id FROM inspections_verification WHERE visit_id = %(visit)s)", ("results",),
    ),
    34: Bypass(
        "a question answered by somebody else", asked,
        "UPDATE inspections_explanation SET answer = 'x', answered_by_id = %(who)s, answered_at = now() WHERE id = %(asked)s", ("explanation",),
    ),
    35: Bypass("a visit to verify a verification", lambda b: of(own_visit_of(b), b.officer2), BEGIN, ("verification",)),
}  # fmt: skip


def own_visit_of(bank) -> Visit:
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    own = visits.start_visit(task_id=task.pk, by=bank.officer)
    fill(own, bank.officer, seed=11)
    return submit(own, bank.officer, conclusion="concern")


@pytest.fixture(scope="module")
def committed(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield open_bank()
        database.TestDatabase.current.renew()


@contextlib.contextmanager
def rolled_back(kind: str) -> Iterator[Any]:
    """A cursor of a log-in that reads for the house and whose work is undone."""
    for connection in database.raw_connection(kind):
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lw.reader', 'house', false)")
            try:
                yield cursor
            finally:
                connection.rollback()


SAMPLE = (1, 8, 10, 14, 24, 27)


@pytest.mark.parametrize("number", [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.faults) for n in BYPASSES])
def test_by_sql(committed, number):
    bypass = BYPASSES[number]
    values = bypass.made(committed)
    with rolled_back("owner") as cursor:
        for guard in bypass.guards:
            cursor.execute(GUARD[guard])
        cursor.execute(bypass.statement, values)
        assert cursor.rowcount > 0, f"{bypass.title}: with the guard away it works"
    for kind in ("web", "worker"):
        with rolled_back(kind) as cursor, pytest.raises(REFUSED):
            cursor.execute(bypass.statement, values)


def test_36_the_conclusion_that_counts_is_not_the_deciders_to_write(committed):
    visit = viewed(committed)
    forged = DECIDE.replace("decision = 'confirmed'", "decision = 'confirmed', decided_conclusion = 'problem'")
    told = "SELECT decided_conclusion FROM inspections_verification WHERE visit_id = %(visit)s"
    for kind, guards, expected in (("owner", ("verification", "word"), "problem"), ("web", (), "no_problem"), ("worker", (), "no_problem")):
        with rolled_back(kind) as cursor:
            for guard in guards:
                cursor.execute(GUARD[guard])
            cursor.execute(forged, of(visit, committed.officer))
            cursor.execute(told, of(visit))
            assert cursor.fetchone() == (expected,), kind


def test_37_no_setting_of_a_session_switches_a_guard_off(committed):
    visit = submitted(committed)
    for kind in ("web", "worker"):
        with rolled_back(kind) as cursor:
            cursor.execute("SELECT set_config('pgtrigger.ignore', '{visit_guard,inspections_visit:visit_guard}', true)")
            with pytest.raises(REFUSED):
                cursor.execute(VERIFY, of(visit, committed.officer))
        for statement in (
            "SET session_replication_role = replica", "TRUNCATE inspections_verification CASCADE", GUARD["visit"], "DROP TRIGGER visit_guard ON inspections_visit",
            "DROP POLICY blind ON inspections_answer", "ALTER FUNCTION lw_visit_guard() RENAME TO lw_gone", "SET ROLE loanwatch",
        ):  # fmt: skip
            with rolled_back(kind) as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)


def test_38_temporary_tables_and_search_paths_shadow_nothing(committed):
    visit = submitted(committed)
    for kind in ("web", "worker"):
        with rolled_back(kind) as cursor:
            for table in ("inspections_verification", "inspections_settlement", "inspections_reading", "people_roleheld", "lenders_parameter"):
                cursor.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING DEFAULTS)")
            cursor.execute("SET search_path = pg_temp, public")
            with pytest.raises(REFUSED):
                cursor.execute(VERIFY.replace("inspections_visit ", "public.inspections_visit "), of(visit, committed.officer))
        with rolled_back(kind) as cursor:
            # A shadow of the roles does not make an officer one who may read.
            cursor.execute("CREATE TEMP TABLE people_roleheld (LIKE public.people_roleheld)")
            cursor.execute("SET search_path = pg_temp, public")
            cursor.execute("SELECT set_config('lw.reader', %s, true)", [str(committed.officer.person.pk)])
            cursor.execute("SELECT count(*) FROM public.inspections_answer WHERE visit_id = %s", [visit.pk])
            assert cursor.fetchone() == (0,)


# --- races ---


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run at the same instant, each on a connection of its own; what each came to."""
    gate, found = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            found.append(act().state)
        except (Conflict, Refused) as refusal:
            found.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def race(bank, again: str) -> None:
    visit = viewed(bank)
    own_view(visit, bank.officer2)
    second = bank.officer if again == "same" else bank.officer2
    said = {"visit_id": visit.pk, "seen_hash": visit.content_hash}
    found = at_once(
        lambda: four_eyes.confirm_visit(by=bank.officer, **said),
        lambda: four_eyes.return_visit(by=second, reason="place", explanation="Where?", **said),
    )
    assert found[0] == "VISIT_DECIDED" and found[1] in {"verified", "returned"}, found
    assert Verification.objects.filter(visit=visit).exclude(decision="").count() == 1
    events = AuditEvent.objects.filter(subject_kind="inspections.visit", subject_id=str(visit.pk), event__in=["visit.verified", "visit.returned"])
    assert events.count() == 1


@pytest.mark.parametrize("again", ["other", "same"])
def test_39_two_who_decide_at_the_same_instant_are_one_decision(committed, again):
    race(committed, again)


@pytest.mark.faults
@pytest.mark.parametrize("again", ["other", "same"])
def test_40_nor_do_they_in_twenty_repetitions(committed, again):
    for _ in range(20):
        race(committed, again)


# --- pages, endpoint, batch, ORM ---


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()


def browser(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def both_roles(bank) -> Access:
    """The recorder, who has become a risk officer since (nobody is both over one branch) and has a second account."""
    RoleHeld.objects.filter(person=bank.manager.person).update(to_on=TODAY)
    RoleHeld.objects.create(person=bank.manager.person, role=Role.RISK_OFFICER, branch=bank.branch, from_on=TODAY)
    return Access.of(Account.objects.create(username="second-account", person=bank.manager.person), TODAY)


OWN_VIEW = {"step": "own", "conclusion": "no_problem"}


def test_41_the_recorder_verifies_on_the_page_under_a_second_account(bank, monkeypatch):
    visit, second = submitted(bank), both_roles(bank)
    assert browser(second.account).post(reverse("four_eyes:verify", args=[visit.pk]), OWN_VIEW).status_code == 403
    assert not Verification.objects.exists()
    monkeypatch.setattr("loanwatch.people.policy._not_recorder", lambda holder, visit: True)
    monkeypatch.setattr("inspections.four_eyes.opening.why_not", lambda visit, access: "")
    with pytest.raises((IntegrityError, Refused)), transaction.atomic():
        four_eyes.open_verification(visit_id=visit.pk, by=second)


def test_42_with_every_check_of_the_program_away_the_database_refuses_the_account_manager(bank, monkeypatch):
    visit = visits.start_visit(task_id=make_task(bank, to=bank.manager2).pk, by=bank.manager2)
    fill(visit, bank.manager2)
    visit, second = submit(visit, bank.manager2), both_roles(bank)
    with pytest.raises(Refused):
        four_eyes.open_verification(visit_id=visit.pk, by=second)
    monkeypatch.setattr("inspections.four_eyes.opening.why_not", lambda visit, access: "")
    with pytest.raises(IntegrityError, match="can't verify"), transaction.atomic():
        four_eyes.open_verification(visit_id=visit.pk, by=second)


def test_43_the_endpoint_writes_nothing(bank):
    visit, client = submitted(bank), browser(bank.officer.account)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(reverse("api:inspection", args=[visit.pk]), {"state": "verified"}, content_type="application/json")
        assert answer.status_code in {403, 405}, method
    assert Visit.objects.get(pk=visit.pk).state == "submitted"


def test_44_own_visits_slip_into_no_batch(bank):
    visit, second = submitted(bank), both_roles(bank)
    assert [item.fine for item in view_batch(conclusions={visit.pk: "no_problem"}, by=second)] == [False]


def test_45_the_orm_is_no_way_round(bank):
    visit = submitted(bank)
    for change in ({"state": "verified", "verified_by": bank.officer.person, "verified_at": visit.submitted_at}, {"recorded_by": bank.officer.person}, {"summary": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(visit=visit).update(note="x")


def test_46_there_is_no_admin_site_and_no_acting_for_somebody(bank):
    assert "django.contrib.admin" not in django_settings.INSTALLED_APPS
    names = [name for name, _route, _pattern in all_routes()]
    assert not [name for name in names if any(word in name for word in ("admin:", "hijack", "impersonat", "act_as"))]
    client = browser(bank.credit.account)
    assert client.post(reverse("four_eyes:verify", args=[submitted(bank).pk]), OWN_VIEW | {"officer": bank.officer.person.pk}).status_code == 403


def test_47_a_role_withdrawn_counts_in_an_open_session(bank):
    visit, client = submitted(bank), browser(bank.officer.account)
    assert client.get(reverse("four_eyes:verify", args=[visit.pk])).status_code == 200
    RoleHeld.objects.filter(person=bank.officer.person).update(to_on=TODAY)
    assert client.post(reverse("four_eyes:verify", args=[visit.pk]), OWN_VIEW).status_code == 403


def test_48_a_decision_posted_without_an_own_view(bank):
    visit, client = submitted(bank), browser(bank.officer.account)
    four_eyes.open_verification(visit_id=visit.pk, by=bank.officer)
    answer = client.post(reverse("four_eyes:verify", args=[visit.pk]), {"decision": "confirm", "seen_hash": visit.content_hash})
    assert answer.status_code == 409 and visit.summary not in answer.content.decode()


def test_49_a_decision_on_content_that_changed(bank, monkeypatch):
    visit = viewed(bank)
    monkeypatch.setattr(deciding, "content_of", lambda visit: {"other": "content"})
    with pytest.raises(Conflict, match="not what was submitted"):
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    monkeypatch.setattr(deciding, "_require_content", lambda visit, seen_hash: None)
    with pytest.raises(IntegrityError, match="other content"), transaction.atomic():
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash="0" * 64, by=bank.officer)


def test_50_a_second_decision_after_the_first_even_with_the_count_forgotten(bank, monkeypatch):
    visit = viewed(bank)
    own_view(visit, bank.officer2)
    Verification.objects.filter(officer=bank.officer.person).update(
        decision="confirmed", decided_at=visit.submitted_at, seen_hash=visit.content_hash
    )
    monkeypatch.setattr(deciding, "decisions_needed", lambda visit: 9)
    with pytest.raises(IntegrityError, match="already decided"), transaction.atomic():
        four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="place", explanation="Where?", by=bank.officer2)
    assert queries.decisions_needed(visit) == 1
