"""Operators see how the days stand, what stands in the way and what to do now; who may decide, decides here."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.observation.rerun_models import RunDifference
from loanwatch.desk.days.rules import Past, time_left
from loanwatch.desk.days.sentences import age_words, how_long
from loanwatch.lenders.models import DayException, LenderCalendar
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent, Beat, BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import last_closed
from tests.loanwatch.people.conftest import TODAY, Office, browser_of, office  # noqa: F401  the fixture

YESTERDAY = TODAY - timedelta(days=1)


def day(office: Office, on: date, state: str, version: int = 1, **values) -> BusinessDay:  # noqa: F811
    return BusinessDay.objects.create(lender=office.lender, business_date=on, state=state, run_version=version, slices=2, **values)


def rerun(office: Office, on: date, state: str, version: int = 2) -> BusinessDay:  # noqa: F811
    asker = office.hire(Role.CREDIT_ADMIN, "HO", "Asker").person
    return day(office, on, state, version, asked_by=asker, asked_reason="A backdated payment", asked_at=timezone.now())


def unit(of: BusinessDay, step: str, order: int, bucket: int, state: str, **values) -> RunUnit:
    return RunUnit.objects.create(**{
        "lender": of.lender, "business_date": of.business_date, "run_version": of.run_version, "step": step, "step_order": order, "bucket": bucket,
        "bucket_from": bucket, "bucket_to": bucket, "state": state, "rows_out": 10, "seconds": 0.5, **values,
    })  # fmt: skip


def set_aside(of: BusinessDay, **values) -> RunException:
    return RunException.objects.create(**{
        "lender": of.lender, "business_date": of.business_date, "run_version": 1, "step": "warn", "bucket": 0,
        "error": "Traceback (most recent call last):\n  …\nValueError: two currencies", **values,
    })  # fmt: skip


def page(browser: Client, **asked: str) -> str:
    return browser.get(reverse("days:calendar"), asked).content.decode()


@pytest.fixture
def operator(office) -> Client:  # noqa: F811
    LenderCalendar.objects.create(lender=office.lender, kind="CN", from_on=date(2020, 1, 1))
    return browser_of(office.hire(Role.SYSADMIN, "HO", "Operator"))


# Which run stands --------------------------------------------------------------------------------------------------------------


def test_the_last_closed_day_is_the_newest_that_is_closed_and_a_rerun_beside_it_changes_nothing(office):  # noqa: F811
    assert last_closed(office.lender) is None
    day(office, YESTERDAY - timedelta(days=1), "closed")
    day(office, YESTERDAY, "closed")
    day(office, TODAY, "closing")
    assert last_closed(office.lender) == YESTERDAY
    rerun(office, YESTERDAY, "comparing")
    assert last_closed(office.lender) == YESTERDAY


def test_a_day_that_was_replaced_is_shown_once_as_the_run_that_stands(office, operator):  # noqa: F811
    day(office, YESTERDAY, "replaced")
    rerun(office, YESTERDAY, "closed")
    shown = operator.get(reverse("days:list"))
    assert [(line.day.business_date, line.day.run_version) for line in shown.context["days"]] == [(YESTERDAY, 2)]
    detail = operator.get(reverse("days:day", args=["ONE", YESTERDAY.isoformat()]))
    assert [run.run_version for run in detail.context["runs"]] == [2, 1]


# The calendar ------------------------------------------------------------------------------------------------------------------


def cells(answer) -> dict[date, object]:
    return {cell.on: cell for week in answer.context["weeks"] for cell in week if cell}


def test_the_month_shows_every_date_with_its_state_and_the_holidays(office, operator):  # noqa: F811
    day(office, date(2026, 10, 8), "closed")
    person = office.hire(Role.CREDIT_ADMIN, "HO").person
    day(office, date(2026, 10, 9), "closed_with_exceptions", accepted_by=person, reason="A loan in two currencies")
    day(office, date(2026, 10, 12), "due")
    DayException.objects.create(calendar="CN", on=date(2026, 10, 1), is_business=False, name="National Day", source="holidays 1")
    answer = operator.get(reverse("days:calendar"), {"month": "2026-10"})
    found = cells(answer)
    assert len(found) == 31
    assert [found[date(2026, 10, d)].kind for d in (1, 8, 9, 10, 12, 13)] == ["rest", "closed", "closed_with_exceptions", "rest", "due", "waiting"]
    assert found[date(2026, 10, 1)].holiday == "National Day"
    text = answer.content.decode()
    assert 'href="/trail/days/ONE/2026-10-08/"' in text and "month=2026-09" in text and "month=2026-11" in text


def test_the_calendar_opens_with_the_month_of_the_newest_day_taken_and_a_wrong_month_is_ignored(office, operator):  # noqa: F811
    assert operator.get(reverse("days:calendar")).context["month"] == TODAY.replace(day=1)
    day(office, date(2025, 3, 4), "closed")
    for asked in ({}, {"month": "2025-13"}, {"month": "x"}, {"month": "9999-01"}):
        assert operator.get(reverse("days:calendar"), asked).context["month"] == date(2025, 3, 1)


def test_an_empty_installation_says_what_comes_first(office, operator):  # noqa: F811
    assert "The first day appears when the scheduler or the command run_day opens it." in page(operator)


def test_a_person_sees_the_days_of_the_own_lender_only(office, operator):  # noqa: F811
    other = office.lender.__class__.objects.create(code="TWO", name="Bank two", currency="CNY", zone="Asia/Shanghai")
    BusinessDay.objects.create(lender=other, business_date=TODAY, state="closed")
    set_aside(BusinessDay.objects.get(lender=other))
    answer = operator.get(reverse("days:calendar"), {"lender": "TWO"})
    assert answer.context["lender"].code == "ONE" and answer.context["faults"] == []
    assert operator.get(reverse("days:day", args=["TWO", TODAY.isoformat()])).status_code == 404


# The day at work ---------------------------------------------------------------------------------------------------------------


def test_the_day_at_work_shows_its_units_and_asks_again_until_it_is_closed(office, operator):  # noqa: F811
    Beat.objects.create(name="worker:worker1@host", at=timezone.now())
    at_work = day(office, TODAY, "closing", opened_at=timezone.now())
    unit(at_work, "allocate", 1, 0, "done")
    unit(at_work, "observe", 2, 0, "running", owner="host:77:1", attempts=1, claimed_at=timezone.now())
    unit(at_work, "observe", 2, 1, "todo", failures=1, attempts=1)
    text = page(operator)
    assert 'hx-trigger="every 5s"' in text and "1 of 3 units" in text and "20 Nov 2026 is being closed: Observe loans." in text
    assert "running with host:77:1" in text and "0 done, 1 running, 1 waiting, 0 set aside" in text and "u again" in text
    BusinessDay.objects.update(state="closed")
    assert "hx-trigger" not in page(operator)


def test_a_part_brings_the_calendar_along_only_when_a_day_has_begun_or_ended(office, operator):  # noqa: F811
    day(office, TODAY, "closing", opened_at=timezone.now())
    part = {"HX-Request": "true"}
    stamp = operator.get(reverse("days:calendar")).context["stamp"]
    same = operator.get(reverse("days:calendar"), {"was": stamp}, headers=part).content.decode()
    assert "days-month" not in same and "<html" not in same
    other = operator.get(reverse("days:calendar"), {"was": "2026-11-19-1-closing"}, headers=part).content.decode()
    assert 'id="days-month" hx-swap-oob="true"' in other


def test_without_a_worker_the_page_says_that_nothing_is_lost(office, operator):  # noqa: F811
    unit(day(office, TODAY, "closing", opened_at=timezone.now()), "observe", 2, 0, "todo")
    assert "No worker was heard for five minutes" in page(operator)
    Beat.objects.create(name="worker:worker1@host", at=timezone.now() - timedelta(seconds=290))
    assert "No worker was heard for five minutes" not in page(operator)


def test_processes_are_listed_with_their_host_those_that_fell_silent_first(office, operator):  # noqa: F811
    now = timezone.now()
    for name, ago in (("tick", 3), ("worker:worker1@north", 5), ("worker:worker2@south", 400), ("worker:old@gone", 8 * 86400)):
        Beat.objects.create(name=name, at=now - timedelta(seconds=ago))
    found = [(process.kind, process.host, process.alive) for _word, process, _heard in operator.get(reverse("days:calendar")).context["processes"]]
    assert found == [("worker", "south", False), ("scheduler", "", True), ("worker", "north", True)]


# About how long ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "before", "seconds"),
    [
        ({"observe": 1.0}, [], None),
        ({"observe": 1.0}, [Past(10, {"warn": 10})], None),
        ({"observe": 1.0}, [Past(10, {"observe": 10})], 10),
        ({"observe": 0.5, "warn": 1.0}, [Past(20, {"observe": 30, "warn": 10})], 12.5),
        ({"observe": 0.0}, [Past(10, {"observe": 10})], 0),
        ({"observe": 1.0}, [Past(10, {"observe": 10}), Past(9000, {"observe": 10}), Past(12, {"observe": 12})], 10),
        ({"observe": 1.0}, [Past(0, {"observe": 10})], None),
    ],
    ids=["no day before", "a new step", "one worker", "two workers", "all done", "a night that was interrupted", "a day without time"],
)
def test_the_time_left_is_told_from_days_before_or_not_at_all(left, before, seconds):
    assert time_left(left, before) == (None if seconds is None else pytest.approx(seconds))


def test_the_page_tells_the_time_left_only_where_a_day_before_tells_it(office, operator):  # noqa: F811
    Beat.objects.create(name="worker:w@h", at=timezone.now())
    at_work = day(office, TODAY, "closing", opened_at=timezone.now())
    unit(at_work, "observe", 2, 0, "todo")
    assert "About" not in page(operator)
    now = timezone.now()
    before = day(office, YESTERDAY, "closed", opened_at=now - timedelta(seconds=40), closed_at=now)
    unit(before, "observe", 2, 0, "done", seconds=40)
    assert "About 40 seconds left." in page(operator)


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "about 10 seconds"), (114, "about 110 seconds"), (115, "about 2 minutes"), (7200, "about 2 h 00 min"), (9000, "about 2 h 30 min")]
)
def test_the_time_left_is_never_told_more_finely_than_it_is_known(seconds, words):
    assert how_long(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(None, "–"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 days")])
def test_ages_are_told_in_one_unit(seconds, words):
    assert age_words(seconds) == words


# What was set aside ------------------------------------------------------------------------------------------------------------


def stuck(office: Office) -> tuple[BusinessDay, RunException]:  # noqa: F811
    """A day on which all is done but one unit, which was set aside."""
    run = day(office, TODAY, "closing", opened_at=timezone.now())
    unit(run, "observe", 2, 0, "done")
    unit(run, "warn", 3, 0, "failed", attempts=3, failures=3)
    return run, set_aside(run)


def test_an_exception_shows_its_last_line_first_and_its_trace_behind(office, operator):  # noqa: F811
    _run, fault = stuck(office)
    RunException.objects.filter(pk=fault.pk).update(trace_id="abcd1234", tries=2, tried_at=timezone.now())
    text = operator.get(reverse("days:day", args=["ONE", TODAY.isoformat()])).content.decode()
    assert "ValueError: two currencies" in text and "Traceback (most recent call last)" in text and "abcd1234" in text
    assert "tried again 2 times" in text and "Warn on loans" in text
    assert "20 Nov 2026 waits for a decision: 1 exception." in text


@pytest.mark.parametrize(("role", "linked"), [(Role.CREDIT_ADMIN, True), (Role.SYSADMIN, False)])
def test_the_loan_of_an_exception_is_a_link_for_those_who_may_open_it(office, role, linked):  # noqa: F811
    set_aside(day(office, TODAY, "closing"), loan_id=7, subject="LN-000007")
    text = browser_of(office.hire(role, "HO")).get(reverse("days:day", args=["ONE", TODAY.isoformat()])).content.decode()
    assert "LN-000007" in text and ('href="/loans/LN-000007/"' in text) is linked


def test_trying_again_puts_the_unit_back_on_the_list_under_the_name_of_who_asked(office, operator):  # noqa: F811
    _run, fault = stuck(office)
    answer = operator.post(reverse("days:retry", args=[fault.pk]), follow=True)
    assert "A worker tries it again." in answer.content.decode()
    assert RunUnit.objects.get(step="warn").state == "todo"
    assert AuditEvent.objects.filter(event="exception.retried").count() == 1


@pytest.mark.parametrize(("role", "status"), [(Role.SYSADMIN, 302), (Role.CREDIT_ADMIN, 302), (Role.AUDITOR, 403), (Role.RISK_OFFICER, 403)])
def test_only_the_administrators_have_something_tried_again(office, role, status):  # noqa: F811
    _run, fault = stuck(office)
    browser = browser_of(office.hire(role, "HO"))
    assert browser.post(reverse("days:retry", args=[fault.pk])).status_code == status
    if role == Role.AUDITOR:
        assert "Try again" not in page(browser)


def test_what_is_repaired_is_not_tried_again(office, operator):  # noqa: F811
    _run, fault = stuck(office)
    RunException.objects.update(resolved_at=timezone.now())
    assert operator.post(reverse("days:retry", args=[fault.pk])).status_code == 409


# Closing with exceptions ---------------------------------------------------------------------------------------------------------


def test_credit_administration_closes_a_day_with_exceptions_under_its_name_and_reason(office):  # noqa: F811
    stuck(office)
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO", "Chen Yifan"))
    address = reverse("days:accept", args=["ONE", TODAY.isoformat()])
    assert address in browser.get(reverse("days:day", args=["ONE", TODAY.isoformat()])).content.decode()
    assert "ValueError: two currencies" in browser.get(address).content.decode()
    answer = browser.post(address, {"reason": "One loan, mended tomorrow by the core system."}, follow=True)
    run = BusinessDay.objects.get()
    assert (run.state, run.accepted_by.name.startswith("Chen Yifan")) == ("closed_with_exceptions", True)
    assert "The day is closed with exceptions." in answer.content.decode() and "mended tomorrow" in answer.content.decode()
    assert browser.get(address).status_code == 409


def test_a_close_with_exceptions_without_a_reason_is_refused_and_nothing_is_lost(office):  # noqa: F811
    stuck(office)
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO"))
    for reason in ("", "         ", "too short"):
        assert browser.post(reverse("days:accept", args=["ONE", TODAY.isoformat()]), {"reason": reason}).status_code == 422
    assert BusinessDay.objects.get().state == "closing"


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.AUDITOR, Role.BRANCH_HEAD])
def test_nobody_else_closes_with_exceptions(office, role):  # noqa: F811
    stuck(office)
    browser = browser_of(office.hire(role, "HO"))
    assert browser.post(reverse("days:accept", args=["ONE", TODAY.isoformat()]), {"reason": "It would be convenient."}).status_code == 403
    assert "Close with exceptions" not in browser.get(reverse("days:day", args=["ONE", TODAY.isoformat()])).content.decode()


def test_a_day_on_which_units_still_run_is_not_offered_for_a_close_with_exceptions(office):  # noqa: F811
    run, _fault = stuck(office)
    unit(run, "warn", 3, 1, "running", owner="x", lease_until=timezone.now() + timedelta(seconds=30))
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO"))
    address = reverse("days:accept", args=["ONE", TODAY.isoformat()])
    assert address not in browser.get(reverse("days:day", args=["ONE", TODAY.isoformat()])).content.decode()
    assert browser.post(address, {"reason": "It would be convenient."}).status_code == 409


# The list, and what a page costs -------------------------------------------------------------------------------------------------


def test_the_list_of_days_is_filtered_by_state_and_keeps_asking_while_one_is_closing(office, operator):  # noqa: F811
    day(office, YESTERDAY, "closed")
    unit(day(office, TODAY, "closing"), "observe", 2, 0, "todo")
    part = operator.get(reverse("days:list"), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 5s"' in part and "0 of 1 units" in part and "<html" not in part
    assert [line.day.state for line in operator.get(reverse("days:list"), {"state": "closed"}).context["days"]] == ["closed"]
    assert "No day in this state" in operator.get(reverse("days:list"), {"state": "closed_with_exceptions"}).content.decode()


@pytest.mark.parametrize("wrong", [("ONE", "2026-02-30"), ("ONE", "2020-01-01"), ("TWO", TODAY.isoformat()), ("ONE", "x")])
def test_an_address_of_no_day_is_not_found(office, operator, wrong):  # noqa: F811
    day(office, TODAY, "closing")
    assert operator.get(reverse("days:day", args=wrong)).status_code == 404


def test_the_pages_ask_the_same_number_of_questions_for_a_long_history_and_many_units(office, operator, django_assert_max_num_queries):  # noqa: F811
    for back in range(1, 31):
        before = day(office, TODAY - timedelta(days=back), "closed", opened_at=timezone.now(), closed_at=timezone.now())
        unit(before, "observe", 2, 0, "done")
        set_aside(before, bucket=back)
    at_work = day(office, TODAY, "closing", opened_at=timezone.now())
    for bucket in range(60):
        unit(at_work, "observe", 2, bucket, "todo")
    with django_assert_max_num_queries(20):
        assert len(operator.get(reverse("days:list")).context["days"]) == 31
    with django_assert_max_num_queries(46):
        assert len(operator.get(reverse("days:calendar")).context["faults"]) == 30
    with django_assert_max_num_queries(30):
        operator.get(reverse("days:day", args=["ONE", TODAY.isoformat()]))


# Running a day again -------------------------------------------------------------------------------------------------------------

WHY = "A payment that was booked with a wrong date."


@pytest.fixture
def compared(office) -> BusinessDay:  # noqa: F811
    """A closed day, and a re-run of it that found two differences and waits for a decision."""
    day(office, YESTERDAY, "closed")
    found = rerun(office, YESTERDAY, "compared")
    for label, then, now in (("LN-1", 3, 0), ("LN-2", 31, 30)):
        RunDifference.objects.create(
            lender=office.lender, business_date=YESTERDAY, run_version=2, grain="loan", subject_id=1, label=label, field="days_past_due", then=then, now=now
        )
    BusinessDay.objects.filter(pk=found.pk).update(differences={"loan": {"days_past_due": 2}}, known_on=TODAY)
    return BusinessDay.objects.get(pk=found.pk)


def run_address(name: str, *more: object) -> str:
    return reverse(f"days:{name}", args=["ONE", YESTERDAY.isoformat(), *more])


def test_a_closed_day_is_asked_to_be_run_again_for_a_reason(office):  # noqa: F811
    day(office, YESTERDAY, "closed")
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO"))
    assert browser.get(run_address("rerun")).status_code == 200
    assert browser.post(run_address("rerun"), {"reason": "", "known_on": YESTERDAY.isoformat()}).status_code == 422
    assert browser.post(run_address("rerun"), {"reason": WHY, "known_on": TODAY.isoformat()}).status_code == 422, "nobody knows what comes after the last close"
    answer = browser.post(run_address("rerun"), {"reason": WHY, "known_on": YESTERDAY.isoformat(), "only_changed": "on"})
    assert answer.status_code == 302 and answer["Location"] == run_address("run", 2)
    made = BusinessDay.objects.get(run_version=2)
    assert (made.state, made.asked_reason) == ("comparing", WHY)
    assert last_closed(office.lender) == YESTERDAY


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.BRANCH_HEAD, Role.RISK_OFFICER])
def test_nobody_else_has_a_day_run_again(office, role):  # noqa: F811
    day(office, YESTERDAY, "closed")
    assert browser_of(office.hire(role, "HO")).post(run_address("rerun"), {"reason": WHY, "known_on": YESTERDAY.isoformat()}).status_code == 403


def test_differences_are_counted_and_their_rows_shown_by_figure(office, compared):  # noqa: F811
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO"))
    answer = browser.get(run_address("run", 2))
    text = answer.content.decode()
    assert answer.context["counts"] == [{"grain": "loan", "field": "days_past_due", "n": 2}]
    assert "LN-1" in text and "LN-2" in text and 'href="/loans/LN-2/"' in text
    assert len(browser.get(run_address("run", 2), {"grain": "loan", "field": "overdue_principal"}).context["page"]) == 0


@pytest.mark.parametrize(("role", "branch"), [(Role.SYSADMIN, "HO"), (Role.CREDIT_ADMIN, "B11")])
def test_who_does_not_see_every_loan_sees_numbers_and_no_rows(office, compared, role, branch):  # noqa: F811
    browser = browser_of(office.hire(role, branch))
    answer = browser.get(run_address("run", 2))
    assert answer.context["counts"][0]["n"] == 2 and "LN-1" not in answer.content.decode()
    export = browser.get(run_address("differences", 2, "csv"))
    assert export.status_code == 403 or "LN-1" not in export.content.decode()


def test_differences_are_exported_by_the_same_filter_and_the_trail_keeps_it(office, compared):  # noqa: F811
    browser = browser_of(office.hire(Role.CREDIT_ADMIN, "HO"))
    text = browser.get(run_address("differences", 2, "csv"), {"field": "days_past_due"}).content.decode("utf-8-sig")
    assert "LN-2,days_past_due,31,30" in text
    assert AuditEvent.objects.get(event="day.differences_exported").details["rows"] == 2
    assert browser.get(run_address("differences", 2, "pdf")).status_code == 404


def test_nobody_reads_what_a_rerun_found_of_their_own_conduct(office, compared):  # noqa: F811
    reader, other = (office.hire(Role.CREDIT_ADMIN, "HO", name) for name in ("Reader", "Other"))
    of = {"lender": office.lender, "business_date": YESTERDAY, "run_version": 2, "grain": "staff", "field": "inspections_overdue", "then": 1, "now": 7}
    for who in (reader, other):
        RunDifference.objects.create(subject_id=who.person.pk, label=f"own-{who.person.pk}", **of)
    RunDifference.objects.create(**of | {"grain": "loan", "subject_id": reader.person.pk, "label": "LN-9"})
    for where in (run_address("run", 2), run_address("differences", 2, "csv")):
        text = browser_of(reader).get(where).content.decode("utf-8-sig")
        assert f"own-{other.person.pk}" in text and "LN-9" in text
        assert f"own-{reader.person.pk}" not in text


def test_another_credit_administrator_lets_the_new_figures_stand_and_never_the_one_who_asked(office, compared):  # noqa: F811
    other = browser_of(office.hire(Role.CREDIT_ADMIN, "HO", "Other"))
    asker = browser_of(compared.asked_by.accounts.get())
    assert "Another credit administrator decides" in asker.get(run_address("run", 2)).content.decode()
    assert asker.post(run_address("replace", 2), {"reason": WHY}).status_code == 403
    assert other.post(run_address("replace", 2), {"reason": "no"}).status_code == 422
    assert other.post(run_address("replace", 2), {"reason": WHY}).status_code == 302
    assert BusinessDay.objects.get(pk=compared.pk).state == "replacing"


def test_a_run_that_is_dropped_leaves_what_stands(office, compared):  # noqa: F811
    browser = browser_of(office.hire(Role.SYSADMIN, "HO"))
    assert browser.post(run_address("drop", 2), {"reason": WHY}).status_code == 302
    assert BusinessDay.objects.get(pk=compared.pk).state == "dropped"
    assert browser.post(run_address("drop", 2), {"reason": WHY}).status_code == 409


def test_the_page_of_a_run_at_work_asks_until_it_is_done(office, compared):  # noqa: F811
    browser, part = browser_of(office.hire(Role.CREDIT_ADMIN, "HO")), {"HX-Request": "true"}
    BusinessDay.objects.filter(pk=compared.pk).update(state="comparing")
    assert 'hx-trigger="every 5s"' in browser.get(run_address("run", 2)).content.decode()
    assert browser.get(run_address("run", 2), headers=part).status_code == 204
    BusinessDay.objects.filter(pk=compared.pk).update(state="compared")
    assert browser.get(run_address("run", 2), headers=part)["HX-Refresh"] == "true"


def test_a_rerun_that_waits_is_named_on_the_overview(office, compared):  # noqa: F811
    text = page(browser_of(office.hire(Role.AUDITOR, "HO")))
    assert "was run again for Asker" in text and run_address("run", 2) in text
