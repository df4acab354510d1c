"""Sampling in the database: one draw for each inspection, a seed nobody opens early, and a month that is drawn again to the last digit."""

import json
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from alerts.signals.models import Alert
from borrowers.conduct.actions import note_act
from inspections.evidence.models import Examination, Flag
from inspections.four_eyes.models import Verification
from inspections.sampling import actions, policies, rules, sealing
from inspections.sampling.actions import draw_of_the_day, ensure_drawn, ensure_seed
from inspections.sampling.models import Draw, SamplingPolicy, SamplingSeed
from inspections.sampling.preview import preview
from inspections.sampling.redraw import open_seed, redraw
from inspections.visits.models import Template, Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.inspections import book
from tests.inspections.book import TODAY

pytestmark = pytest.mark.django_db

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def bank():
    return book.open_bank()


@pytest.fixture
def visit(bank):
    return handed_in(bank)


def handed_in(bank, task=None, *, seed: int = 0, by: Access | None = None, attempt: int = 1, examined: bool = True) -> Visit:
    """A visit as the draw sees it: submitted, sealed and examined. What it says does not matter here."""
    task = task or book.make_task(bank)
    template = Template.objects.filter(lender=bank.lender, kind="routine").first()
    draft = Visit.objects.create(
        task=task, lender=bank.lender, bucket=task.bucket, loan=task.loan, branch=task.branch, template=template, recorded_by=(by or bank.manager).person,
        attempt=attempt,
    )  # fmt: skip
    Visit.objects.filter(pk=draft.pk).update(
        state="submitted", submitted_at=timezone.now(), submitted_on=TODAY, visited_on=TODAY, conclusion="no_problem",
        content_hash=sha256(f"{draft.pk} {seed}".encode()).hexdigest(),
    )  # fmt: skip
    if examined:
        Examination.objects.create(lender=bank.lender, visit=draft, examined_on=TODAY)
    return Visit.objects.get(pk=draft.pk)


def send_back(visit: Visit, bank) -> None:
    made = Verification.objects.create(lender=visit.lender, visit=visit, officer=bank.officer.person)
    Verification.objects.filter(pk=made.pk).update(own_conclusion="no_problem", own_recorded_at=timezone.now(), desk_reason="Gone away")
    Verification.objects.filter(pk=made.pk).update(
        decision="returned", reason="incomplete", explanation="Thin.", decided_at=timezone.now(), seen_hash=visit.content_hash
    )
    Visit.objects.filter(pk=visit.pk).update(state="returned")


def later(access: Access, day: date = DECEMBER) -> Access:
    return Access.of(access.account, day)


def refused_by_the_database(sql: str, *values) -> str:
    with pytest.raises((IntegrityError, ProgrammingError)) as no, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(no.value)


# One draw for each -----------------------------------------------------------------------------------------------------------


def test_every_visit_handed_in_gets_one_draw_with_the_facts_that_made_its_share(bank, visit):
    drawn = ensure_drawn([visit], on=TODAY)[visit.pk]
    assert drawn.content_hash == visit.content_hash and drawn.facts["kind"] == "routine" and drawn.share == 5
    assert drawn.seed.month == date(2026, 11, 1) and drawn.policy_hash == drawn.policy.text_hash
    assert ensure_drawn([visit.pk], on=TODAY + timedelta(days=3))[visit.pk].pk == drawn.pk
    assert Draw.objects.filter(visit=visit).count() == 1


def test_a_draft_and_a_verification_visit_are_not_drawn(bank):
    from inspections.visits import actions as visits

    draft = visits.start_visit(task_id=book.make_task(bank).pk, by=bank.manager)
    assert ensure_drawn([draft], on=TODAY) == {}


def test_many_visits_are_drawn_with_as_many_queries_as_one(bank, visit, django_assert_max_num_queries):
    ensure_seed(bank.lender, TODAY, on=TODAY)
    ensure_drawn([visit], on=TODAY)
    more = [handed_in(bank, seed=n) for n in range(1, 5)]
    with django_assert_max_num_queries(24):
        assert len(ensure_drawn(more, on=TODAY)) == 4
    with django_assert_max_num_queries(2):
        ensure_drawn([visit, *more], on=TODAY)


def test_what_the_evidence_guard_has_not_examined_is_not_drawn_until_it_has(bank):
    """Else whoever lists the queue before the night would draw without the points for flags, once and for ever."""
    waiting = handed_in(bank, examined=False)
    assert ensure_drawn([waiting], on=TODAY) == {}
    with connection.cursor() as cursor:
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 0
    Examination.objects.create(lender=bank.lender, visit=waiting, examined_on=TODAY)
    Flag.objects.create(
        lender=bank.lender, visit=waiting, person=waiting.recorded_by, branch=waiting.branch, kind="clock", code="clock", noticed_on=TODAY
    )  # fmt: skip
    drawn = ensure_drawn([waiting], on=TODAY)[waiting.pk]
    assert (drawn.facts["flags"], drawn.share) == (1, 15)


def test_what_is_decided_without_a_draw_is_left_alone_by_the_night(bank):
    """A book of ten years is not drawn backwards on the first close after the upgrade."""
    old = handed_in(bank)
    send_back(old, bank)
    with connection.cursor() as cursor:
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 0
    assert not Draw.objects.exists()


def test_the_night_draws_in_portions(bank, monkeypatch):
    monkeypatch.setattr(actions, "AT_ONCE", 2)
    for n in range(3):
        handed_in(bank, seed=n)
    with connection.cursor() as cursor:
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 3
    assert AuditEvent.objects.filter(event="sampling.drawn").count() == 2


def test_a_returned_inspection_handed_in_again_is_checked_at_least_as_strictly(bank):
    task = book.make_task(bank)
    alert = book.make_alert(bank, task.loan, level=3)
    first = handed_in(bank, task)
    assert ensure_drawn([first], on=TODAY)[first.pk].method == "visit"
    send_back(first, bank)
    Alert.objects.filter(pk=alert.pk).update(opened_on=TODAY + timedelta(days=9))  # as if there had never been one
    for seed in range(1, 4):
        again = handed_in(bank, task, attempt=seed + 1, seed=seed)
        drawn = ensure_drawn([again], on=TODAY)[again.pk]
        assert drawn.method == "visit" and drawn.share == 5 and drawn.facts["before"] == "visit"
        assert drawn.reason in {"earlier", "drawn"}
        send_back(again, bank)


def test_a_visit_on_a_loan_with_a_red_alert_goes_to_an_own_visit(bank):
    loan = book.make_loan(bank)
    book.make_alert(bank, loan, level=3)
    visit = handed_in(bank, book.make_task(bank, loan))
    drawn = ensure_drawn([visit], on=TODAY)[visit.pk]
    assert (drawn.method, drawn.reason, drawn.share, drawn.stratum.code) == ("visit", "all", 100, "red")


def test_closing_the_alert_after_handing_in_makes_no_smaller_share(bank):
    loan = book.make_loan(bank)
    alert = book.make_alert(bank, loan, level=2, opened_on=TODAY - timedelta(days=9))
    visit = handed_in(bank, book.make_task(bank, loan))
    type(alert).objects.filter(pk=alert.pk).update(
        state="closed", closed_on=TODAY + timedelta(days=1), outcome="false_alarm", submitted_by=bank.manager.person,
        submitted_at=timezone.now(), closed_by=bank.officer.person,
    )  # fmt: skip
    assert ensure_drawn([visit], on=TODAY + timedelta(days=2))[visit.pk].stratum.code == "orange"


def test_an_alert_about_the_conduct_of_staff_is_not_one_on_the_loan(bank):
    loan = book.make_loan(bank)
    book.make_alert(bank, loan, level=3, staff_conduct=True)
    assert ensure_drawn([handed_in(bank, book.make_task(bank, loan))], on=TODAY).popitem()[1].stratum.code == "normal"


@pytest.mark.parametrize(("changed", "share"), [(4, 5), (5, 25)])
def test_a_manager_whose_reports_were_changed_much_is_drawn_more(bank, changed, share):
    """Over the last hundred points: 15 % raise the share, 14 % do not. Older points do not count."""
    loan = book.make_loan(bank)
    for n, (points, differs) in enumerate([(60, 10), (40, changed), (30, 30)]):
        note_act(
            "visit_verified", lender=bank.lender, person=bank.manager.person, on=TODAY - timedelta(days=n + 1), subject=f"visit:{9_000 + n}",
            loan=loan, figure=differs, points=points, changed=differs, decision="confirmed", conclusion="no_problem", verifier="S1",
        )  # fmt: skip
    drawn = ensure_drawn([handed_in(bank, book.make_task(bank, loan))], on=TODAY).popitem()[1]
    assert (drawn.facts["person_points"], drawn.facts["person_changed"]) == (100, 10 + changed)
    assert drawn.share == share


def test_the_close_draws_what_nobody_has_opened_and_publishes_next_months_hash(bank, visit):
    with connection.cursor() as cursor:
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 1
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 0
    assert Draw.objects.get().visit_id == visit.pk
    november, december = SamplingSeed.objects.order_by("month")
    assert (november.month, november.ahead) == (date(2026, 11, 1), False)
    assert (december.month, december.ahead) == (DECEMBER, True)
    told = AuditEvent.objects.get(event="sampling.seed_published", subject_id=str(december.pk))
    assert told.details["commitment"] == december.commitment


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE inspections_draw SET method = 'desk'",
        "DELETE FROM inspections_draw",
        "UPDATE inspections_samplingpolicy SET base_share = 0",
        "UPDATE inspections_samplingstratum SET share = 0",
        "DELETE FROM inspections_samplingstratum",
        "UPDATE inspections_samplingseed SET commitment = repeat('0', 64)",
        "UPDATE inspections_samplingseed SET sealed = ''",
        "DELETE FROM inspections_samplingseed",
    ],
)
def test_the_database_lets_nobody_change_a_draw_a_policy_in_force_or_a_seed(visit, sql):
    ensure_drawn([visit], on=TODAY)
    refused_by_the_database(sql)


def copied_draw(visit, **changed) -> dict:
    from inspections.sampling.facts import drawables

    policy, seed = policies_of(visit), ensure_seed(visit.lender, visit.submitted_on, on=TODAY)
    one = drawables(visit.lender, [visit.pk], on=TODAY, last_points=100)[0]
    row = {
        "lender": visit.lender, "visit": visit, "seed": seed, "policy": policy, "policy_hash": policy.text_hash, "content_hash": visit.content_hash,
        "facts": one.facts.as_json(), "share": Decimal(5), "number": "0" * 64, "method": "desk", "reason": "not_drawn", "drawn_on": TODAY,
    }  # fmt: skip
    return row | changed


def policies_of(visit):
    from inspections.sampling.actions import policies_in_force

    return policies_in_force(visit.lender)[0]


def test_the_database_refuses_a_draw_of_other_content_with_another_months_seed_or_by_a_policy_not_in_force(bank, visit):
    other_month = ensure_seed(bank.lender, DECEMBER, on=TODAY)
    draft = policies.draft_policy(by=bank.credit, lender=bank.lender, values=values(), strata=rules.SHIPPED.strata)
    for wrong in ({"content_hash": "1" * 64}, {"seed": other_month}, {"policy": draft}, {"policy_hash": "1" * 64}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draw.objects.create(**copied_draw(visit, **wrong))
    Draw.objects.create(**copied_draw(visit))
    with pytest.raises(IntegrityError), transaction.atomic():
        Draw.objects.create(**copied_draw(visit))


# The sealed seed -------------------------------------------------------------------------------------------------------------


def test_the_seed_lies_encrypted_for_its_lender_and_month_alone(bank, settings):
    seed = ensure_seed(bank.lender, TODAY, on=TODAY)
    clear = sealing.unseal(seed.sealed, bank.lender.code, seed.month)
    assert len(clear) == 32 and rules.commitment(clear) == seed.commitment and clear.hex() not in seed.sealed
    for code, month in ((bank.lender.code, DECEMBER), ("OTHER", seed.month)):
        with pytest.raises(sealing.NotOurs):
            sealing.unseal(seed.sealed, code, month)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret of the installation"
    with pytest.raises(sealing.NotOurs):
        sealing.unseal(seed.sealed, bank.lender.code, seed.month)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert sealing.unseal(seed.sealed, bank.lender.code, seed.month) == clear


def test_after_the_secret_was_changed_nothing_is_drawn_and_the_night_goes_on(bank, visit, settings):
    ensure_seed(bank.lender, TODAY, on=TODAY)
    settings.SECRET_KEY = "another secret of the installation"
    with pytest.raises(Conflict) as no:
        ensure_drawn([visit], on=TODAY)
    assert no.value.code == "SEED_UNREADABLE"
    with connection.cursor() as cursor:
        assert draw_of_the_day(cursor, {"day": TODAY}, bank.lender) == 0


def test_only_an_auditor_opens_a_seed_and_only_after_the_month(bank, visit):
    seed = ensure_drawn([visit], on=TODAY)[visit.pk].seed
    with pytest.raises(Refused):
        open_seed(by=later(bank.officer), seed=seed)
    with pytest.raises(Conflict) as no:
        open_seed(by=later(bank.auditor, date(2026, 11, 30)), seed=seed)
    assert no.value.code == "MONTH_RUNS"
    opened = open_seed(by=later(bank.auditor), seed=seed)
    assert rules.commitment(bytes.fromhex(opened.seed)) == seed.commitment
    with pytest.raises(Conflict):
        open_seed(by=later(bank.auditor), seed=seed)


def test_opening_draws_first_what_was_not_drawn_yet(bank, visit):
    seed = ensure_seed(bank.lender, TODAY, on=TODAY)
    open_seed(by=later(bank.auditor), seed=seed)
    assert Draw.objects.get().visit_id == visit.pk


def test_the_database_too_opens_a_seed_only_late_whole_and_for_an_auditor(bank, visit):
    seed = ensure_seed(bank.lender, TODAY, on=TODAY)
    clear = sealing.unseal(seed.sealed, bank.lender.code, seed.month).hex()
    sql = "UPDATE inspections_samplingseed SET seed = %s, opened_by_id = %s, opened_on = %s, opened_at = now() WHERE id = %s"
    auditor, officer = bank.auditor.person.pk, bank.officer.person.pk
    assert "are not drawn yet" in refused_by_the_database(sql, clear, auditor, DECEMBER, seed.pk)
    ensure_drawn([visit], on=TODAY)
    assert "after the month is over" in refused_by_the_database(sql, clear, auditor, date(2026, 11, 30), seed.pk)
    assert "whose hash was published" in refused_by_the_database(sql, "0" * 64, auditor, DECEMBER, seed.pk)
    assert "only an auditor" in refused_by_the_database(sql, clear, officer, DECEMBER, seed.pk)
    with connection.cursor() as cursor:
        cursor.execute(sql, [clear, auditor, DECEMBER, seed.pk])


def test_with_an_opened_seed_nothing_more_is_drawn(bank, visit):
    seed = ensure_drawn([visit], on=TODAY)[visit.pk].seed
    open_seed(by=later(bank.auditor), seed=seed)
    late = handed_in(bank, seed=7)
    assert ensure_drawn([late], on=TODAY) == {}
    assert [d.what for d in redraw(SamplingSeed.objects.get(pk=seed.pk)).differences] == ["missing"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Draw.objects.create(**copied_draw(late))


# Drawn again -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def month(bank):
    """A month of five draws, open."""
    loan = book.make_loan(bank)
    book.make_alert(bank, loan, level=2)
    visits = [handed_in(bank, book.make_task(bank, loan)), *(handed_in(bank, seed=n) for n in range(1, 5))]
    seed = ensure_drawn(visits, on=TODAY)[visits[0].pk].seed
    return open_seed(by=later(bank.auditor), seed=seed)


def forged(table: str, sql: str, *values) -> None:
    """As if somebody had got behind every guard: a copy of the table, changed, stands before the real one in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS TABLE public.{table}")
        cursor.execute(sql, values)


def test_an_auditor_draws_the_same_sample_again_from_the_opened_seed(month, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        found = redraw(month)
    assert (found.draws, found.equal, found.differences, found.all_equal) == (5, 5, [], True)


def test_the_sample_is_drawn_again_with_a_hash_function_alone(month):
    """As the document says it is done outside of LoanWatch: nothing of LoanWatch is called here."""
    import hmac

    for drawn in Draw.objects.filter(seed=month):
        text = f"loanwatch-draw-1\n{drawn.visit_id}\n{drawn.content_hash}\n".encode()
        number = hmac.new(bytes.fromhex(month.seed), text, "sha256").hexdigest()
        assert number == drawn.number
        assert (drawn.reason == "drawn") == (int(number, 16) * 10_000 < int(drawn.share * 100) * 2**256)


def test_a_sealed_month_can_not_be_drawn_again(bank, visit):
    seed = ensure_drawn([visit], on=TODAY)[visit.pk].seed
    with pytest.raises(Conflict) as no:
        redraw(seed)
    assert no.value.code == "SEED_SEALED"


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE inspections_draw SET method = CASE method WHEN 'desk' THEN 'visit' ELSE 'desk' END WHERE visit_id = %s", {"method"}),
        ("UPDATE inspections_draw SET number = repeat('0', 64) WHERE visit_id = %s", {"number"}),
        ("UPDATE inspections_draw SET share = 1 WHERE visit_id = %s", {"share"}),
        ("UPDATE inspections_draw SET facts = facts || '{\"level\": 0, \"alerts\": 0}' WHERE visit_id = %s", {"share"}),
        ("UPDATE inspections_draw SET content_hash = repeat('0', 64) WHERE visit_id = %s", {"content", "number"}),
        ("DELETE FROM inspections_draw WHERE visit_id = %s", {"missing"}),
    ],
)
def test_a_draw_that_was_tampered_with_is_named(month, sql, what):
    drawn = Draw.objects.filter(seed=month).order_by("visit_id").first()
    forged("inspections_draw", sql, drawn.visit_id)
    found = redraw(month)
    assert what <= {d.what for d in found.differences} and {d.inspection for d in found.differences} == {drawn.visit.task.number}
    assert not found.all_equal and found.equal == 4


def test_a_seed_that_was_exchanged_is_named(month):
    forged("inspections_samplingseed", "UPDATE inspections_samplingseed SET seed = repeat('ab', 32) WHERE id = %s", month.pk
    )  # fmt: skip
    month.refresh_from_db()
    assert {"seed", "number"} <= {d.what for d in redraw(month).differences}


def test_a_seed_exchanged_together_with_its_hash_is_named_by_the_audit_trail(month):
    other = bytes(32)
    forged("inspections_samplingseed", "UPDATE inspections_samplingseed SET seed = %s, commitment = %s WHERE id = %s",
        other.hex(), rules.commitment(other), month.pk,
    )  # fmt: skip
    month.refresh_from_db()
    assert "commitment" in {d.what for d in redraw(month).differences}


def test_a_policy_that_was_changed_behind_the_guard_is_named(month):
    forged("inspections_samplingstratum", "UPDATE inspections_samplingstratum SET share = 0 WHERE code = 'orange'")
    found = redraw(month)
    assert {"policy", "share"} <= {d.what for d in found.differences}


def test_the_command_says_that_all_are_equal_or_what_differs(bank, month):
    out = StringIO()
    call_command("sampling", "redraw", "--month", "2026-11", "--lender", bank.lender.code, "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["draws"], told["all_equal"], told["differences"]) == (5, True, [])
    forged("inspections_draw", "UPDATE inspections_draw SET share = 1")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("sampling", "redraw", "--month", "2026-11", "--lender", bank.lender.code, stdout=out)
    assert "The share does not follow" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("sampling", "redraw", "--month", "2026-10", "--lender", bank.lender.code)


# The policy ------------------------------------------------------------------------------------------------------------------


def values(**changed) -> dict:
    kept = {name: getattr(rules.SHIPPED, name) for name in rules.SHIPPED.__dataclass_fields__ if name not in {"strata", "version"}}
    return kept | {"valid_from": TODAY + timedelta(days=1), "why": "More of the small ones."} | changed


@pytest.fixture
def second_credit(bank):
    return book.hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)


def drafted(bank, **changed) -> SamplingPolicy:
    return policies.draft_policy(by=bank.credit, lender=bank.lender, values=values(**changed), strata=[rules.Stratum("all", Decimal(40))])


def test_a_policy_is_written_by_one_and_approved_by_another_and_counts_from_its_day(bank, second_credit):
    made = policies.propose_policy(by=bank.credit, policy=drafted(bank))
    with pytest.raises(Refused):
        policies.approve_policy(by=bank.credit, policy=made, seen_hash=made.text_hash)
    with pytest.raises(Refused):
        policies.approve_policy(by=bank.officer, policy=made, seen_hash=made.text_hash)
    policies.approve_policy(by=second_credit, policy=made, seen_hash=made.text_hash)
    today = handed_in(bank)
    tomorrow = handed_in(bank, book.make_task(bank), seed=3)
    assert ensure_drawn([today, tomorrow], on=TODAY)[today.pk].share == 5  # handed in today: by the policy of today


def test_what_was_changed_while_it_was_read_is_not_approved(bank, second_credit):
    made = policies.propose_policy(by=bank.credit, policy=drafted(bank))
    policies.return_policy(by=second_credit, policy=made, reason="Forty is too many.")
    policies.change_draft(by=bank.credit, policy=made, values=values(base_share=Decimal(9)), strata=[rules.Stratum("all", Decimal(30))])
    again = policies.propose_policy(by=bank.credit, policy=made)
    with pytest.raises(Conflict) as no:
        policies.approve_policy(by=second_credit, policy=again, seen_hash=made.text_hash)
    assert no.value.code == "POLICY_CHANGED"


def test_nobody_changes_the_draft_of_another_and_then_approves_it(bank, second_credit):
    with pytest.raises(Refused):
        policies.change_draft(by=second_credit, policy=drafted(bank), values=values(), strata=[rules.Stratum("all", Decimal(1))])


def test_no_policy_counts_for_what_was_handed_in_already(bank, second_credit):
    with pytest.raises(Conflict) as no:
        policies.propose_policy(by=bank.credit, policy=drafted(bank, valid_from=TODAY))
    assert no.value.code == "TOO_EARLY"
    made = policies.propose_policy(by=bank.credit, policy=drafted(bank))
    with pytest.raises(Conflict):
        policies.approve_policy(by=later(second_credit, TODAY + timedelta(days=1)), policy=made, seen_hash=made.text_hash)


def test_the_database_refuses_a_policy_approved_by_its_maker_or_changed_after_the_proposal(bank):
    made = policies.propose_policy(by=bank.credit, policy=drafted(bank))
    refused_by_the_database(
        "UPDATE inspections_samplingpolicy SET state = 'approved', approved_by_id = made_by_id, approved_at = now() WHERE id = %s", made.pk
    )
    refused_by_the_database("UPDATE inspections_samplingpolicy SET base_share = 1 WHERE id = %s", made.pk)
    refused_by_the_database("UPDATE inspections_samplingstratum SET share = 1 WHERE policy_id = %s", made.pk)


def test_a_policy_without_rows_or_with_two_rows_of_a_name_is_refused(bank):
    for rows in ([], [rules.Stratum("all", Decimal(1)), rules.Stratum("all", Decimal(2))]):
        with pytest.raises(Conflict):
            policies.draft_policy(by=bank.credit, lender=bank.lender, values=values(), strata=rows)


def test_the_preview_says_what_a_policy_would_ask_of_each_officer_and_week(bank):
    for n in range(6):
        handed_in(bank, seed=n)
    everything = rules.Policy(**{**vars(rules.SHIPPED), "strata": (rules.Stratum("all", Decimal(100)),)})
    found = preview(bank.lender, everything, rules.SHIPPED, TODAY)
    assert found.inspections == 6 and found.visits == Decimal("0.5")  # six in 90 days
    assert [(load.visits, load.inspections) for load in found.loads] == [(Decimal("0.2"), Decimal("0.2"))] * 2  # shared by two
    assert found.by_stratum[0] == ("all", 6, Decimal("6.0")) and found.unmanned == 0
