"""How often two views agree, what is said of few points, and which figures are a sign of a rubber stamp and to whom they are shown."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from inspections.agreement import rules
from inspections.agreement.queries import grouped, lines, officers, results, whole
from inspections.agreement.rules import Agreement, Work, signs, wilson
from inspections.evidence.models import Examination
from inspections.four_eyes.models import PointResult, Verification
from inspections.sampling.actions import ensure_drawn
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Template, Visit
from loanwatch.kernel.policy import Refused
from loanwatch.people.models import Role
from tests.inspections import book
from tests.inspections.book import TODAY

NUMBER = count(1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
REPORT = "The hall was full, forty people at work, the press is new."


@pytest.fixture
def bank(db):
    return book.open_bank()


def checked(
    bank, results_of: str, *, officer=None, recorder=None, seconds=600, minutes=300, method="desk", decision="confirmed", words="My own words on it.",
    place=None, done=False, red=False, decided=True,
) -> Verification:  # fmt: skip
    """One decided check. results_of: a letter a point, s same, d differs, m material, o one-sided."""
    recorder, officer = recorder or bank.manager, officer or bank.officer
    task = book.make_task(bank, to=recorder)
    template = Template.objects.filter(lender=bank.lender, kind="routine").first()
    visit = Visit.objects.create(
        task=task, lender=bank.lender, bucket=task.bucket, loan=task.loan, branch=place or task.branch, template=template, recorded_by=recorder.person
    )
    handed_in = timezone.now() - timedelta(minutes=minutes)
    Visit.objects.filter(pk=visit.pk).update(
        state="submitted", submitted_at=handed_in, submitted_on=TODAY, visited_on=TODAY, conclusion="no_problem", summary=REPORT,
        content_hash=sha256(str(next(NUMBER)).encode()).hexdigest(),
    )  # fmt: skip
    visit = Visit.objects.get(pk=visit.pk)
    if red:
        book.make_alert(bank, task.loan, level=3)
        Examination.objects.create(lender=visit.lender, visit=visit, examined_on=TODAY)
        assert ensure_drawn([visit.pk], on=TODAY)[visit.pk].method == "visit"
    now = timezone.now()
    made = Verification.objects.create(lender=bank.lender, visit=visit, officer=officer.person, method="desk", opened_at=now - timedelta(seconds=seconds))
    Verification.objects.filter(pk=made.pk).update(own_conclusion="no_problem", own_summary=words, own_recorded_at=now, desk_reason="Gone away")
    points = list(Checkpoint.objects.filter(section__template=template).order_by("section__position", "position")[: len(results_of)])
    kinds = {"s": "same", "d": "differs", "m": "material", "o": "one_sided"}
    PointResult.objects.bulk_create(
        PointResult(verification=made, checkpoint=points[n % len(points)], code=f"{points[n % len(points)].code}{n // len(points) or ''}", result=kinds[letter])
        for n, letter in enumerate(results_of)
    )
    if decided:
        decide(made, decision)
    if done:
        type(task).objects.filter(pk=task.pk).update(state="done", submitted_on=TODAY, closed_on=TODAY)
    made.refresh_from_db()
    return made


def decide(check: Verification, decision: str = "confirmed", at: datetime | None = None) -> None:
    told = {"decision": decision, "decided_at": at or timezone.now(), "seen_hash": check.visit.content_hash, "explanation": "Seen."}
    told["reason"] = "" if decision == "confirmed" else "place"
    Verification.objects.filter(pk=check.pk).update(**told)


def by(access, dimension: str, sort: str = "same", **narrowed):
    found = results(access, **narrowed)
    return lines(grouped(found, dimension, sort), found, dimension, timezone.now().date())


# The figures -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (90, 100, 0.8256, 0.9448), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons_and_stays_between_none_and_all(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_few_points_say_nothing_and_thirty_say_something():
    assert not Agreement(29, 0, 0).tells
    assert Agreement(30, 0, 0).tells
    assert Agreement(20, 5, 4, one_sided=50).points == 29


def test_shares_are_of_the_points_that_both_sides_answered():
    assert Agreement(6, 3, 1, one_sided=10).shares == (60.0, 30.0, 10.0)
    assert Agreement(0, 0, 0, one_sided=3).shares == (None, None, None)


ORDINARY = Work(
    checks=20, points=400, same=370, full=20, full_points=400, all_same=9,
    seconds_per_point=Decimal("24.0"), at_once=0, largest_pair=8, recorders=5, drawn=3, not_gone=0, same_words=0
)


@pytest.mark.parametrize(
    ("changed", "sign"),
    [
        ({"all_same": 18}, ""), ({"all_same": 19}, "all_same"), ({"all_same": 20, "full_points": 99}, ""), ({"all_same": 20, "full_points": 100}, "all_same"),
        ({"checks": 60, "full": 9, "all_same": 9}, ""), ({"checks": 60, "full": 10, "all_same": 10}, "all_same"),  # the other fifty in a batch
        ({"seconds_per_point": Decimal("5.0")}, ""), ({"seconds_per_point": Decimal("4.9")}, "hurried"), ({"seconds_per_point": None}, ""),
        ({"at_once": 3}, ""), ({"at_once": 4}, "at_once"),
        ({"largest_pair": 15}, ""), ({"largest_pair": 16}, "one_pair"), ({"largest_pair": 20, "recorders": 2}, ""),
        ({"not_gone": 1}, "not_gone"), ({"same_words": 1}, ""), ({"same_words": 2}, "same_words"),
        ({"checks": 9, "full": 9, "all_same": 9, "at_once": 9, "largest_pair": 9, "seconds_per_point": Decimal(1)}, ""),
    ],
)  # fmt: skip
def test_a_sign_is_shown_from_its_limit_on_and_not_of_few_checks(changed, sign):
    assert signs(Work(**(vars(ORDINARY) | changed))) == ([sign] if sign else [])
    assert set(rules.LIMITS) >= {sign} - {""}


# The questions ---------------------------------------------------------------------------------------------------------------


def test_agreement_is_counted_by_manager_checkpoint_officer_branch_form_and_month(bank):
    checked(bank, "sssd")
    checked(bank, "ssmo", recorder=bank.manager2, officer=bank.officer2)
    manager, second = by(bank.head, "manager", "name")
    assert {manager.name[:7], second.name[:7]} == {"Manager"}
    told = {line.agreement.material: line.agreement for line in (manager, second)}
    assert (told[0].same, told[0].differs, told[0].points) == (3, 1, 4)
    assert (told[1].same, told[1].one_sided, told[1].points, told[1].checks) == (2, 1, 3, 1)
    assert len(by(bank.head, "officer")) == 2
    assert [line.agreement.points for line in by(bank.head, "branch")] == [7]
    assert [line.agreement.points for line in by(bank.head, "template")] == [7]
    assert [line.name for line in by(bank.head, "month")] == [f"{timezone.now():%Y-%m}"]
    first_point = by(bank.head, "checkpoint", "-points")[0]
    assert (first_point.agreement.points, first_point.agreement.same) == (2, 2) and first_point.name
    assert whole(results(bank.head)).points == 7


def test_groups_with_few_points_stand_below_those_that_say_something(bank):
    checked(bank, "d" * 5)
    checked(bank, "s" * 30, recorder=bank.manager2)
    assert [line.agreement.points for line in by(bank.head, "manager", "same")] == [30, 5]


def test_a_filter_narrows_to_a_manager_an_officer_a_method_and_a_period(bank):
    checked(bank, "ss")
    checked(bank, "dd", recorder=bank.manager2)
    of = bank.manager2.person.staff_no
    assert whole(results(bank.head, manager=of)).differs == 2 and whole(results(bank.head, manager=of)).same == 0
    assert whole(results(bank.head, method="visit")).points == 0
    today = timezone.now().date()
    assert whole(results(bank.head, since=today + timedelta(days=1))).points == 0
    assert whole(results(bank.head, since=today, until=today)).points == 4


def test_the_number_of_queries_does_not_grow_with_the_rows(bank, django_assert_num_queries):
    for recorder in (bank.manager, bank.manager2, book.hire(bank, "manager3", Role.ACCOUNT_MANAGER, bank.branch)):
        checked(bank, "sd", recorder=recorder)
    for dimension, queries in {"manager": 2, "officer": 2, "branch": 2, "checkpoint": 3, "template": 3, "month": 1}.items():
        with django_assert_num_queries(queries):
            by(bank.head, dimension)


def test_what_one_had_a_part_in_is_left_out_and_other_branches_are_not_seen(bank):
    checked(bank, "sss", done=True)
    assert whole(results(bank.officer)).points == 0
    assert whole(results(bank.officer2)).points == 3
    assert whole(results(bank.sibling_officer)).points == 0


def test_a_risk_officer_sees_nothing_of_a_returned_visit_whose_next_attempt_still_waits_for_blind_eyes(bank):
    checked(bank, "mmm", decision="returned")
    assert whole(results(bank.officer2)).points == 0
    assert whole(results(bank.head)).points == 3


# Signs -----------------------------------------------------------------------------------------------------------------------


def work_of(bank, reader, **asked):
    today = timezone.now().date()
    found = officers(reader, since=today - timedelta(days=1), until=today, **asked)
    return {o.person_id: o for o in found}


def test_the_work_of_an_officer_is_told_in_figures(bank):
    checked(bank, "ssss", seconds=8, minutes=3, words=REPORT.upper().replace(",", ""))
    checked(bank, "sssd", seconds=40, minutes=6, recorder=bank.manager2)
    checked(bank, "ss", officer=bank.officer2)
    found = work_of(bank, bank.head)
    work = found[bank.officer.person.pk].work
    assert (work.checks, work.points, work.same, work.all_same) == (2, 8, 7, 1)
    assert work.seconds_per_point == Decimal("6.0")  # the median of 2 and 10
    assert (work.at_once, work.largest_pair, work.recorders, work.same_words) == (1, 1, 2, 1)
    assert found[bank.officer2.person.pk].work.checks == 1


def test_an_own_visit_that_was_drawn_and_decided_at_the_desk_is_counted(bank):
    made = checked(bank, "ss", red=True)
    afterwards = checked(bank, "ss")
    book.make_alert(bank, afterwards.visit.loan, level=3)
    Examination.objects.create(lender=bank.lender, visit=afterwards.visit, examined_on=TODAY)
    assert ensure_drawn([afterwards.visit_id], on=TODAY)[afterwards.visit_id].method == "visit"  # too late to be gone to
    officer = work_of(bank, bank.auditor)[made.officer_id]
    assert (officer.work.drawn, officer.work.not_gone, officer.signs) == (1, 1, ["not_gone"])


def test_with_two_officers_one_who_goes_is_enough(bank):
    made = checked(bank, "ss", red=True, decided=False)
    task = book.make_task(bank, made.visit.loan, kind="verify", to=bank.officer2)
    seen = visits.start_visit(task_id=task.pk, by=bank.officer2)
    book.fill(seen, bank.officer2)
    seen = book.submit(seen, bank.officer2)
    other = Verification.objects.create(lender=bank.lender, visit=made.visit, officer=bank.officer2.person, method="visit", own_task=task)
    Verification.objects.filter(pk=other.pk).update(own_visit=seen, own_conclusion="no_problem", own_recorded_at=timezone.now())
    decide(made)
    work = work_of(bank, bank.auditor)[made.officer_id].work
    assert (work.drawn, work.not_gone) == (1, 0)


def test_a_decision_counts_on_the_day_of_the_lenders_calendar(bank):
    """Half past seven in Shanghai is still the evening before in UTC."""
    made = checked(bank, "ss", decided=False)
    day = timezone.now().astimezone(SHANGHAI).date()
    decide(made, at=datetime.combine(day, time(7, 30), SHANGHAI))
    today = {"since": day, "until": day}
    assert [o.work.checks for o in officers(bank.head, **today)] == [1]
    assert whole(results(bank.head, **today)).points == 2
    yesterday = {"since": day - timedelta(days=1), "until": day - timedelta(days=1)}
    assert officers(bank.head, **yesterday) == [] and whole(results(bank.head, **yesterday)).points == 0


def test_signs_are_shown_to_branch_heads_credit_administration_and_audit_and_never_to_the_officer(bank):
    made = checked(bank, "ss")
    for reader in (bank.head, bank.credit, bank.auditor):
        assert set(work_of(bank, reader)) == {made.officer_id}
    for reader in (bank.officer, bank.officer2, bank.manager):
        with pytest.raises(Refused):
            work_of(bank, reader)


def test_a_branch_head_who_verified_in_an_earlier_post_is_not_shown_own_figures(bank):
    promoted = book.hire(bank, "promoted", Role.RISK_OFFICER, bank.branch)
    checked(bank, "ss", officer=promoted)
    promoted.held[:] = [("branch_head", bank.branch.pk)]
    assert work_of(bank, promoted) == {}
    assert len(work_of(bank, bank.head)) == 1
