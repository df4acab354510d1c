"""The planted cases of the demo book are found by the day's own steps."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.db.models import F

from alerts.observation.models import BranchDay, LoanDay
from alerts.signals.models import Alert
from borrowers.kinds import KINDS
from borrowers.loans.models import Loan
from inspections.visits.models import Photo, Visit
from loanwatch.demo import answer_key, conduct
from loanwatch.demo.acts import make_acts
from loanwatch.demo.readings import RULES
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Account
from loanwatch.trail.models import BusinessDay
from tests.loanwatch.demo.comparing import compare, compare_planted, drawn_again
from tests.loanwatch.demo.conftest import AS_OF

pytestmark = pytest.mark.django_db
CASES = answer_key.garden().cases
NAMES = [f"{note.number} {case.code}" for note, case in CASES]
LEVELS = {"yellow": 1, "orange": 2, "red": 3}


def test_every_planted_loan_has_the_number_of_the_answer_key(made: dict[str, Any]) -> None:
    told = [(row["loan"], row["code"]) for row in made["planted"]]
    assert told == [(note.number, case.code) for note, case in CASES]
    assert Loan.objects.filter(number__in=[number for number, _ in told]).count() == len(told)


@pytest.mark.parametrize(
    ("note", "case"), [(n, c) for n, c in CASES if c.sees], ids=[i for i, (_, c) in zip(NAMES, CASES, strict=True) if c.sees]
)
def test_the_observation_sees_what_was_planted(closed: dict[str, Any], note: Any, case: Any) -> None:
    row = LoanDay.objects.get(as_of=AS_OF, loan__number=note.number)
    assert {column: str(getattr(row, column)) for column in case.sees} == case.sees


@pytest.mark.parametrize(
    ("note", "case"), [(n, c) for n, c in CASES if c.shows], ids=[i for i, (_, c) in zip(NAMES, CASES, strict=True) if c.shows]
)
def test_the_expected_alerts_are_open_and_no_other_level(closed: dict[str, Any], note: Any, case: Any) -> None:
    holding = Alert.objects.open().filter(loan__number=note.number, cleared_on=None, rule__code__in=case.shows)
    assert dict(holding.values_list("rule__code", "level")) == {rule: LEVELS[level] for rule, level in case.shows.items() if level and RULES[rule].ships_live}


def test_the_planted_indicators_of_live_rules_have_their_alerts(closed: dict[str, Any]) -> None:
    told = {(note.party.number, rule): level for note, case in CASES for rule, (_, level) in case.finds.items() if RULES[rule].ships_live}
    holding = Alert.objects.open().filter(cleared_on=None, borrower__number__in={number for number, _ in told}, branch__isnull=False)
    found = {(number, rule): level for number, rule, level in holding.values_list("borrower__number", "rule__code", "level")}
    assert {key: found.get(key, 0) for key in told} == {key: LEVELS.get(level, 0) for key, level in told.items()}


def test_the_planted_conduct_has_its_alerts_about_the_person(closed: dict[str, Any]) -> None:
    told = {(login, rule): LEVELS[level] for login, rule, _, level, _ in conduct.STAFF_KEY if RULES[rule].ships_live}
    holding = Alert.objects.open().filter(cleared_on=None, concerns__isnull=False, rule__grain="staff", staff_conduct=True)
    found = holding.values_list("concerns__accounts__username", "rule__code", "level")
    assert {(login, rule): level for login, rule, level in found if (login, rule) in told} == told


def test_a_rule_that_ships_off_opens_nothing(closed: dict[str, Any]) -> None:
    off = {code for code, rule in RULES.items() if not rule.ships_live}
    assert off and not Alert.objects.filter(rule__code__in=off).exists()


def test_the_alerts_of_the_book_stay_few_enough_to_be_worked(closed: dict[str, Any]) -> None:
    """More than 120 of the 300 loans are planted cases; no single rule floods the worklist."""
    open_now = Alert.objects.open().filter(cleared_on=None)
    assert open_now.count() < 330
    assert {rule for rule, count in Counter(open_now.values_list("rule__code", flat=True)).items() if count > 40} == set()


def test_the_figures_of_the_closes_are_the_generators_own(closed: dict[str, Any]) -> None:
    lender = Lender.objects.get(code="DEMO")
    closes = list(BusinessDay.objects.filter(lender=lender, state="closed").order_by("business_date").values_list("business_date", flat=True))
    assert len(closes) >= 10 and closes[-1] == AS_OF
    drawn = drawn_again(AS_OF)
    compare(drawn, closes)
    for close in (closes[0], closes[2], AS_OF):
        compare_planted(drawn, close)


def test_every_planted_indicator_names_one_of_the_catalogue_and_a_level() -> None:
    told = [(indicator, level) for _, case in CASES for indicator, (_, level) in case.finds.items()]
    assert all(re.fullmatch(r"[A-Z]{3}-\d\d", indicator) and level in {"", *LEVELS} for indicator, level in told)
    assert len({indicator for indicator, _ in told}) >= 50


def test_what_is_told_around_a_planted_case_is_all_that_is_told(made: dict[str, Any]) -> None:
    quiet = {note.party.number for note, _ in CASES if note.party.quiet}
    garden = answer_key.garden()
    for kind, count in ((k, len(rows)) for k, rows in garden.told.items() if k in {"statement", "outside_figure", "external_signal", "account"}):
        assert KINDS[kind].model.objects.filter(borrower__number__in=quiet).count() == count, kind


def test_a_payment_told_late_left_the_loan_in_arrears_as_known_then(closed: dict[str, Any]) -> None:
    number = next(n.number for n, c in CASES if c.code == "told_late")
    as_known = LoanDay.objects.filter(loan__number=number, as_of__in=[date(2026, 10, 30), AS_OF]).order_by("as_of")
    assert [row.days_past_due for row in as_known] == [4, 0]


def test_a_loan_repaid_by_a_new_one_is_off_the_book_and_says_by_which(closed: dict[str, Any]) -> None:
    numbers = {c.code: n.number for n, c in CASES}
    event = Loan.objects.get(number=numbers["old_repaid_by_new"]).events.get(kind="refinance")
    assert event.other_loan.number == numbers["new_repays_old"]
    assert not LoanDay.objects.filter(as_of=AS_OF, loan__number=numbers["old_repaid_by_new"]).exists()


def test_the_branch_of_the_box_ticker_shows_a_bad_vintage(closed: dict[str, Any]) -> None:
    ratios = dict(BranchDay.objects.filter(as_of=AS_OF, vintage_ratio__isnull=False).values_list("branch__code", "vintage_ratio"))
    assert ratios["122"] > 2
    assert Alert.objects.open().filter(branch__code="122", loan=None, borrower=None, rule__code="IND-06", cleared_on=None).exists()


def test_the_box_ticker_never_finds_a_problem_and_takes_minutes(made: dict[str, Any]) -> None:
    visits = Visit.objects.filter(recorded_by__accounts__username="am122c").exclude(state="draft")
    assert visits.count() > 10
    assert set(visits.exclude(task__kind="special").values_list("conclusion", flat=True)) == {"no_problem"}


def test_the_same_photograph_is_marked_as_reused_in_the_second_and_third_inspection(made: dict[str, Any]) -> None:
    numbers = [n.number for n, c in CASES if c.code == "same_photo"]
    photos = Photo.objects.filter(visit__loan__number__in=numbers).order_by("visit__loan__number", "id")
    assert [photo.reused_from_id is not None for photo in photos] == [False, False, True, True, True, True]


def test_each_role_of_the_contract_can_log_in(made: dict[str, Any]) -> None:
    roles = ("manager", "officer", "head", "credit", "agent", "auditor", "sysadmin", "borrower")
    wanted = {name + number for name in roles for number in ("", "2")} | {"officer3"}
    accounts = Account.objects.filter(username__in=wanted, is_active=True)
    assert {a.username for a in accounts} == wanted
    assert all(a.check_password("a-password-for-tests") for a in accounts)


def test_the_answer_key_in_the_documentation_is_the_one_the_book_is_made_from() -> None:
    assert answer_key.PAGE.read_text(encoding="utf-8") == answer_key.of_any_day()


def test_people_act_on_the_alerts_of_the_closed_history_once(closed: dict[str, Any]) -> None:
    lender = Lender.objects.get(code="DEMO")
    made = make_acts(lender)
    assert made["closed"] > 5 and made["handled"] > made["closed"]
    assert not Alert.objects.filter(state="closed", closed_by=F("submitted_by")).exists()
    assert make_acts(lender) == {"already": True}


def test_people_do_not_act_while_days_wait_to_be_closed(made: dict[str, Any]) -> None:
    lender = Lender.objects.get(code="DEMO")
    BusinessDay.objects.create(lender=lender, business_date=date(2026, 11, 23), state="due")
    with pytest.raises(ValueError, match="not closed yet"):
        make_acts(lender)
