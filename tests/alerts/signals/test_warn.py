"""What a close makes of the rules: alerts on four grains, within scope, snooze and limits; levels that hold; alerts that come back."""

from datetime import timedelta

import pytest

from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay
from alerts.rulebook.models import RuleSnooze, RuleTally, RuleTrial, TrialHit
from alerts.signals.models import Alert, AlertEvidence
from alerts.signals.warn import BORROWER, BRANCH, STAFF
from loanwatch.lenders.models import Parameter
from loanwatch.people.models import Role
from tests.alerts.signals.nights import DAYS, close, rule, warn
from tests.factories import LONG_AGO, BranchFactory, LoanDayFactory, LoanFactory, PersonFactory, close_days, hire

TEXT = "red when days_past_due >= 61\norange when days_past_due >= 31\nyellow when days_past_due >= 1"
pytestmark = pytest.mark.usefixtures("as_worker")


@pytest.fixture
def branch(db):
    made = BranchFactory()
    close_days(made.lender, *DAYS[:20])
    return made


@pytest.fixture
def loan(branch):
    return LoanFactory(branch=branch)


def nights(loan, *past_due, first=0):
    """Closes one after another at which the loan is so many days past due (None: not known); returns the alerts written at each."""
    written = []
    for day, days in zip(DAYS[first:], past_due, strict=False):
        LoanDayFactory(loan=loan, as_of=day, days_past_due=days)
        written.append(warn(loan.lender, day))
    return written


def test_a_night_in_which_nothing_changed_writes_no_alert(loan):
    rule(loan.lender, TEXT)
    assert nights(loan, 5, 6, 7) == [1, 0, 0]
    alert = Alert.objects.get()
    assert (alert.level, alert.opened_on, alert.grain, alert.episode, alert.reopened) == (1, DAYS[0], "loan", 1, 0)
    assert AlertEvidence.objects.get().values == {"days_past_due": 5}


def test_a_worse_level_appends_evidence_and_a_better_one_as_well(loan):
    rule(loan.lender, TEXT)
    nights(loan, 5, 31, 61, 30)
    assert list(AlertEvidence.objects.values_list("level", "as_of")) == [(1, DAYS[0]), (2, DAYS[1]), (3, DAYS[2]), (1, DAYS[3])]


def test_a_level_rises_at_once_and_falls_only_after_it_held(loan):
    rule(loan.lender, TEXT, hold_days=2)
    nights(loan, 5, 61)
    seen = []
    for n, days in enumerate((31, 61, 31, 31, 5, 5), 2):
        nights(loan, days, first=n)
        seen.append(Alert.objects.get().level)
    # lower at one close, red again; lower from the fourth on: it falls at the second close after, to where it then is
    assert seen == [3, 3, 3, 3, 1, 1]


def test_a_condition_is_cleared_when_it_stayed_clear(loan):
    rule(loan.lender, TEXT, cure_days=2)
    cleared = []
    for n, days in enumerate((5, 0, 5, 0, None, 0, 0)):
        nights(loan, days, first=n)
        cleared.append(Alert.objects.get().cleared_on)
    assert cleared == [None] * 5 + [DAYS[5], DAYS[5]]  # the run begins at the fourth close; what is not known does not end it
    assert nights(loan, 9, first=7) == [1]
    assert Alert.objects.get().cleared_on is None


def test_without_cure_a_condition_is_cleared_at_the_first_clear_close(loan):
    rule(loan.lender, TEXT)
    nights(loan, 5, 0)
    assert Alert.objects.get().cleared_on == DAYS[1]


def test_what_can_not_be_evaluated_leaves_an_open_alert_as_it_is_and_is_counted(loan):
    version = rule(loan.lender, TEXT)
    assert nights(loan, 5, None) == [1, 0]
    assert Alert.objects.get().cleared_on is None
    tally = RuleTally.objects.get(as_of=DAYS[1])
    assert (tally.rule_version, tally.red, tally.yellow, tally.clear, tally.not_evaluable) == (version, 0, 0, 0, 1)


# --- coming back ---


@pytest.mark.parametrize(("after", "same"), [(14, True), (15, False)])
def test_a_rule_that_fires_within_the_window_reopens_the_alert_and_later_begins_the_next_episode(loan, after, same):
    rule(loan.lender, TEXT)
    nights(loan, 5, 0)
    first = Alert.objects.get()
    close(first, DAYS[1])
    nights(loan, 32, first=1 + after)
    alerts = list(Alert.objects.order_by("id"))
    if same:
        (alert,) = alerts
        assert (alert.state, alert.reopened, alert.reopened_on, alert.level, alert.closed_by, alert.outcome) == ("open", 1, DAYS[15], 2, None, "")
        assert (alert.opened_on, alert.number) == (DAYS[0], first.number)
        assert list(alert.evidence.values_list("as_of", "level")) == [(DAYS[0], 1), (DAYS[15], 2)]
    else:
        assert [(a.episode, a.previous, a.state) for a in alerts] == [(1, None, "closed"), (2, first, "open")]


@pytest.mark.parametrize("outcome", ["accepted", "false_alarm"])
def test_what_was_accepted_does_not_come_back_at_the_same_level_but_at_a_worse_one(loan, outcome):
    rule(loan.lender, TEXT)
    nights(loan, 5)
    close(Alert.objects.get(), DAYS[1], outcome)
    assert nights(loan, 6, 7, 31, first=1) == [0, 0, 1]
    alert = Alert.objects.get()
    assert (alert.state, alert.reopened, alert.level) == ("open", 1, 2)


def test_an_alert_closed_after_this_close_is_not_opened_by_it_again(loan):
    rule(loan.lender, TEXT)
    nights(loan, 5)
    close(Alert.objects.get(), DAYS[3])
    assert nights(loan, 6, first=1) == [0]


def test_nothing_but_the_night_opens_a_closed_alert(loan):
    rule(loan.lender, TEXT)
    nights(loan, 5)
    alert = Alert.objects.get()
    close(alert, DAYS[1])
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="closed and can no longer change"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(state="open")


# --- whom it is about ---


def test_a_rule_on_borrowers_warns_on_the_borrower_whom_the_account_manager_of_a_loan_sees(branch):
    manager, stranger = hire(branch, Role.ACCOUNT_MANAGER), hire(branch, Role.ACCOUNT_MANAGER)
    loan = LoanFactory(branch=branch, lead=manager.person)
    rule(branch.lender, "red when outstanding > 0", "borrower")
    BorrowerDay.objects.create(
        lender=branch.lender, as_of=DAYS[0], borrower=loan.borrower, bucket=loan.bucket, branch=branch, manager=manager.person, kind="company",
        segment="small", industry="", currency="CNY", loans=1, outstanding=10, outstanding_90=10,
    )  # fmt: skip
    assert warn(branch.lender, DAYS[0], BORROWER) == 1
    alert = Alert.objects.get()
    assert (alert.loan, alert.borrower, alert.grain, alert.concerns) == (None, loan.borrower, "borrower", None)
    assert AlertEvidence.objects.get().values == {"outstanding": "10.00"}
    assert Alert.objects.visible_to(manager).exists()
    assert not Alert.objects.visible_to(stranger).exists()
    assert warn(branch.lender, DAYS[0], BORROWER) == 0


def test_a_rule_on_staff_is_always_about_conduct_and_hidden_from_the_person(branch):
    manager, officer = hire(branch, Role.ACCOUNT_MANAGER), hire(branch, Role.RISK_OFFICER)
    rule(branch.lender, "red when copied_pictures_90d >= 1", "staff")
    for access in (manager, officer):
        StaffDay.objects.create(
            lender=branch.lender, as_of=DAYS[0], person=access.person, branch=branch, loans=1, outstanding=5, inspections_overdue=0,
            copied_pictures_90d=1, surprise_defaults_12m=0, edge_extensions_quarter=0,
        )  # fmt: skip
    assert warn(branch.lender, DAYS[0], STAFF) == 2
    assert {a.concerns for a in Alert.objects.visible_to(officer)} == {manager.person}
    assert not Alert.objects.visible_to(manager).exists()
    assert set(Alert.objects.values_list("staff_conduct", flat=True)) == {True}


def test_a_rule_on_branches_and_one_on_staff_do_not_mix(branch):
    BranchDay.objects.create(lender=branch.lender, as_of=DAYS[0], branch=branch, loans=1, outstanding=5)
    rule(branch.lender, "red when loans >= 1", "branch")
    assert (warn(branch.lender, DAYS[0], BRANCH), warn(branch.lender, DAYS[0], BRANCH)) == (1, 0)
    assert Alert.objects.get().grain == "branch"


# --- scope, snooze, limits, trials ---


def test_a_rule_counts_only_for_its_branches_with_all_below_its_products_and_segments(branch):
    lender = branch.lender
    below, beside = BranchFactory(lender=lender, parent=branch), BranchFactory(lender=lender)
    loans = [LoanFactory(branch=b) for b in (branch, below, beside)]
    for each in loans:
        LoanDayFactory(loan=each, as_of=DAYS[0], days_past_due=5)
    rule(lender, TEXT, branches=[branch.code])
    rule(lender, TEXT, code="T-02", products=["NONE"])
    rule(lender, TEXT, code="T-03", segments=["small"], products=[loans[0].product.code])
    warn(lender, DAYS[0])
    assert set(Alert.objects.filter(rule__code="T-01").values_list("loan", flat=True)) == {loans[0].pk, loans[1].pk}
    assert Alert.objects.filter(rule__code="T-02").count() == 0
    assert Alert.objects.filter(rule__code="T-03").count() == 3
    assert RuleTally.objects.get(rule_version__rule__code="T-02").clear == 3


@pytest.mark.parametrize(("day", "opens"), [(0, 1), (1, 0), (3, 0), (4, 1)])
def test_a_snoozed_rule_opens_nothing_for_the_borrower_from_its_first_to_its_last_day(loan, day, opens):
    version = rule(loan.lender, TEXT)
    RuleSnooze.objects.create(
        lender=loan.lender, rule=version.rule, borrower=loan.borrower, from_on=DAYS[1], until=DAYS[3], reason="Agreed", by=PersonFactory(lender=loan.lender)
    )
    assert nights(loan, 5, first=day) == [opens]


def test_the_evidence_names_the_limit_with_its_value_source_and_day(loan):
    rule(loan.lender, "red when days_past_due > limit.past_due_doubtful")
    assert nights(loan, 40) == [0]  # nobody has set it
    Parameter.objects.create(lender=loan.lender, key="limit.past_due_doubtful", value=30, valid_from=LONG_AGO, source="House rule 7", confidence="own")
    assert nights(loan, 30, 31, first=1) == [0, 1]
    (mark,) = AlertEvidence.objects.get().thresholds
    assert mark["limits"] == {"past_due_doubtful": 30}
    assert mark["sources"] == {"past_due_doubtful": {"source": "House rule 7", "from": LONG_AGO.isoformat()}}


def test_a_trial_leaves_hits_beside_those_of_the_live_version_and_no_alert(branch):
    lender = branch.lender
    version = rule(lender, "red when days_past_due >= 61")
    writer = PersonFactory(lender=lender)
    draft = version.rule.versions.create(
        version=2, text="", tree=version.tree, fingerprint="x", handling_days={}, state="draft", made_by=writer, authors=[writer.pk]
    )
    from alerts.rulebook.language import parse
    from alerts.rulebook.writing import tree_to_json

    trial = RuleTrial.objects.create(
        lender=lender, rule_version=draft, from_on=DAYS[0], to_on=DAYS[1], text="", tree=tree_to_json(parse("yellow when days_past_due >= 30", "loan")),
        by=PersonFactory(lender=lender),
    )  # fmt: skip
    loans = [LoanFactory(branch=branch) for _ in range(3)]
    for each, days in zip(loans, (70, 30, 29), strict=True):
        LoanDayFactory(loan=each, as_of=DAYS[0], days_past_due=days)
    for _ in range(2):
        warn(lender, DAYS[0])
    hits = TrialHit.objects.filter(trial=trial).order_by("subject").values_list("subject", "level", "live_level")
    assert sorted(hits) == sorted([(loans[0].pk, 1, 3), (loans[1].pk, 1, 0)])
    assert list(Alert.objects.values_list("loan", flat=True)) == [loans[0].pk]


def test_a_repair_of_one_loan_touches_no_other(branch):
    one, other = LoanFactory(branch=branch), LoanFactory(branch=branch)
    rule(branch.lender, TEXT)
    for each in (one, other):
        LoanDayFactory(loan=each, as_of=DAYS[0], days_past_due=5)
    assert warn(branch.lender, DAYS[0], only=[one.pk]) == 1
    assert LoanDay.objects.filter(as_of=DAYS[0]).count() == 2
    assert Alert.objects.get().loan == one
    assert DAYS[1] - DAYS[0] == timedelta(days=1)
