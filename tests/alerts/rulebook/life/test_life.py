from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from alerts.rulebook import actions, holding
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.life import MOVES
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.queries import live_versions
from loanwatch.day import steps
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role, RoleHeld
from loanwatch.people.policy import Act
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import AuditEvent
from tests.alerts.rulebook.life.conftest import TEXT, a_draft
from tests.factories import DAY, LONG_AGO, BranchFactory, hire

TOMORROW, LATER = DAY + timedelta(days=1), DAY + timedelta(days=10)


def events():
    return list(AuditEvent.objects.filter(event__startswith="rule.").order_by("id").values_list("event", flat=True))


def test_a_rule_goes_from_draft_to_live_to_retired_by_two_persons_and_leaves_a_trail(draft, officer, credit, branch):
    assert (draft.state, draft.version, draft.made_by, draft.authors) == ("draft", 1, officer.person, [officer.person.pk])
    actions.check(version_id=draft.pk, by=officer)
    actions.approve(version_id=draft.pk, by=credit, valid_from=TOMORROW)
    assert [v.pk for v in live_versions(branch.lender, TOMORROW, "loan")] == [draft.pk]
    assert live_versions(branch.lender, DAY, "loan") == []
    actions.retire(version_id=draft.pk, by=credit, from_on=LATER, reason="Fires on everybody.")
    assert [v.pk for v in live_versions(branch.lender, LATER - timedelta(days=1), "loan")] == [draft.pk]
    assert live_versions(branch.lender, LATER, "loan") == []
    assert events() == ["rule.drafted", "rule.checked", "rule.approved", "rule.retired"]


def test_a_further_version_replaces_the_one_in_force_on_its_day_and_not_before(checked, officer, credit, branch):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    second = actions.save_draft(by=officer, draft=a_draft(text="red when days_past_due > 60", handling_days={"red": 3}, why="Another reason."))
    assert (second.version, second.rule.why) == (2, "Who pays late has less money than planned.")
    actions.check(version_id=second.pk, by=officer)
    actions.approve(version_id=second.pk, by=credit, valid_from=LATER)
    assert [v.version for v in live_versions(branch.lender, LATER - timedelta(days=1), "loan")] == [1]
    assert [v.version for v in live_versions(branch.lender, LATER, "loan")] == [2]
    for day, why in ((LATER - timedelta(days=1), "Who pays late has less money than planned."), (LATER, "Another reason.")):
        with connection.cursor() as cursor:
            steps.run(cursor, "warn_branches", key_of(branch.lender.pk, day), branch.lender)
        assert Rule.objects.get(pk=checked.rule_id).why == why


def test_a_planned_version_that_is_cancelled_leaves_the_words_of_the_one_in_force(checked, officer, credit, branch):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    second = actions.check(version_id=actions.save_draft(by=officer, draft=a_draft(name="Another name")).pk, by=officer)
    actions.approve(version_id=second.pk, by=credit, valid_from=LATER)
    actions.retire(version_id=second.pk, by=credit, from_on=LATER, reason="Not needed.")
    with connection.cursor() as cursor:
        assert actions.words_of_the_day(cursor, branch.lender, LATER) == 0
    assert Rule.objects.get(pk=checked.rule_id).name == "Late with a payment"
    assert live_versions(branch.lender, LATER, "loan") == []


def test_a_version_with_a_planned_successor_may_end_earlier_but_never_later(checked, officer, credit, branch):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    second = actions.check(version_id=actions.save_draft(by=officer, draft=a_draft()).pk, by=officer)
    actions.approve(version_id=second.pk, by=credit, valid_from=LATER)
    for day in (LATER, LATER + timedelta(days=1)):
        with pytest.raises(Conflict, match="ends on"):
            actions.retire(version_id=checked.pk, by=credit, from_on=day, reason="No.")
    sooner = LATER - timedelta(days=1)
    assert actions.retire(version_id=checked.pk, by=credit, from_on=sooner, reason="Fires on everybody.").valid_to == sooner
    assert live_versions(branch.lender, sooner, "loan") == []
    assert [v.version for v in live_versions(branch.lender, LATER, "loan")] == [2]
    for change in ({"valid_to": LATER}, {"valid_to": None}, {"valid_to": TOMORROW - timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleVersion.objects.filter(pk=checked.pk).update(**change)


# Writing ---------------------------------------------------------------------------------------------------------------------


def test_what_does_not_parse_is_not_kept_and_every_error_has_its_place(officer):
    with pytest.raises(RuleRefused) as refused:
        actions.save_draft(by=officer, draft=a_draft(text="red when days_past_du > 1"), new=True)
    assert [(e.line, e.column, e.word) for e in refused.value.errors] == [(1, 10, "days_past_du")]
    assert not Rule.objects.filter(code="OWN-01").exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"code": "own-01"}, "RULE_CODE"),
        ({"grain": "house"}, "RULE_GRAIN"),
        ({"handling_days": {"red": 3}}, "HANDLING_DAYS"),
        ({"handling_days": {"red": 0, "yellow": 15}}, "HANDLING_DAYS"),
        ({"handling_days": {"red": 251, "yellow": 15}}, "HANDLING_DAYS"),
        ({"cure_days": 401}, "RULE_DAYS"),
        ({"hold_days": -1}, "RULE_DAYS"),
        ({"products": ("NONE",)}, "SCOPE_UNKNOWN"),
        ({"segments": ("giant",)}, "SCOPE_UNKNOWN"),
        ({"branches": ("NOWHERE",)}, "SCOPE_UNKNOWN"),
        ({"grain": "borrower", "text": "red when loans > 3", "products": ("SB",)}, "SCOPE_GRAIN"),
        ({"grain": "branch", "text": "red when roll_ratio > 2", "products": ("SB",)}, "SCOPE_GRAIN"),
        ({"grain": "branch", "text": "red when roll_ratio > 2", "segments": ("small",)}, "SCOPE_GRAIN"),
        ({"grain": "staff", "text": "red when impossible_routes_30d > 2", "segments": ("small",)}, "SCOPE_GRAIN"),
    ],
)
def test_a_draft_that_does_not_fit_the_lender_is_refused(officer, changed, code):
    with pytest.raises(Refused) as refused:
        actions.save_draft(by=officer, draft=a_draft(**changed), new=True)
    assert refused.value.code == code


def test_the_limits_of_times_and_scope_are_accepted(officer, branch):
    made = actions.save_draft(
        by=officer, new=True,
        draft=a_draft(handling_days={"red": 1, "yellow": 250, "orange": 9}, cure_days=400, hold_days=0, branches=(branch.code,), segments=("small",)),
    )  # fmt: skip
    assert made.handling_days == {"red": 1, "yellow": 250}
    assert (made.branches, made.segments, made.products) == ([branch.code], ["small"], [])


def test_a_rule_on_borrowers_may_count_for_some_sizes_and_branches(officer, branch):
    parts = {"grain": "borrower", "text": "red when loans > 3", "handling_days": {"red": 3}, "segments": ("small",), "branches": (branch.code,)}
    assert actions.save_draft(by=officer, draft=a_draft(**parts), new=True).segments == ["small"]


def test_a_code_is_given_once_and_a_rule_keeps_what_it_looks_at(draft, officer):
    with pytest.raises(Conflict, match="already"):
        actions.save_draft(by=officer, draft=a_draft(), new=True)
    with pytest.raises(Refused, match="never changes"):
        actions.save_draft(by=officer, draft=a_draft(grain="branch", text="red when roll_ratio > 2", handling_days={"red": 3}))


def test_two_writers_of_one_draft_do_not_overwrite_each_other(draft, officer, colleague):
    seen = actions.stamp(draft)
    kept = actions.save_draft(by=colleague, draft=a_draft(text="red when days_past_due > 30"), seen=seen)
    assert (kept.pk, kept.authors) == (draft.pk, sorted([officer.person.pk, colleague.person.pk]))
    with pytest.raises(Conflict, match="meanwhile"):
        actions.save_draft(by=officer, draft=a_draft(text="red when days_past_due > 31"), seen=seen)
    assert RuleVersion.objects.get(pk=draft.pk).text == "red when days_past_due > 30"


def test_only_a_draft_is_written_on_and_only_its_writers_give_it_up(draft, officer, colleague):
    with pytest.raises(Refused, match="written at"):
        actions.drop_draft(version_id=draft.pk, by=colleague)
    actions.check(version_id=draft.pk, by=colleague)
    with pytest.raises(Conflict, match="waits for approval"):
        actions.save_draft(by=officer, draft=a_draft())
    with pytest.raises(Conflict, match="does not follow"):
        actions.drop_draft(version_id=draft.pk, by=officer)
    actions.return_draft(version_id=draft.pk, by=colleague, reason="The limit is too low.")
    actions.drop_draft(version_id=draft.pk, by=officer)
    assert actions.save_draft(by=officer, draft=a_draft()).version == 2


@pytest.mark.parametrize("left_out", ["why", "look_at", "basis"])
def test_a_rule_is_checked_only_when_it_says_why_what_to_look_at_and_on_what_it_rests(officer, left_out):
    made = actions.save_draft(by=officer, draft=a_draft(**{left_out: "  "}), new=True)
    with pytest.raises(Refused) as refused:
        actions.check(version_id=made.pk, by=officer)
    assert refused.value.code == "INCOMPLETE"


def test_a_return_says_why(checked, credit):
    with pytest.raises(Refused, match="Say why"):
        actions.return_draft(version_id=checked.pk, by=credit, reason=" ")
    returned = actions.return_draft(version_id=checked.pk, by=credit, reason="Say what to look at.")
    assert (returned.state, returned.reason, returned.checked_by) == ("draft", "Say what to look at.", None)


# Approving -------------------------------------------------------------------------------------------------------------------


def both(access):
    """The same person with both roles, as a small lender might have it."""
    for role in (Role.RISK_OFFICER, Role.CREDIT_ADMIN):
        RoleHeld.objects.get_or_create(person=access.person, role=role, branch_id=access.branches_held()[0], defaults={"from_on": LONG_AGO})
    return type(access).of(access.account, access.on)


def test_no_writer_and_no_checker_approves(branch, officer, colleague, credit):
    writer, checker = both(officer), both(colleague)
    made = actions.save_draft(by=officer, draft=a_draft(), new=True)
    further = a_draft(text=TEXT + "\norange when days_past_due > 30", handling_days={"yellow": 9, "orange": 5, "red": 3})
    actions.save_draft(by=both(credit), draft=further)
    actions.check(version_id=made.pk, by=checker)
    for person in (writer, checker, both(credit)):
        with pytest.raises(Refused, match="neither wrote nor checked"):
            actions.approve(version_id=made.pk, by=person, valid_from=TOMORROW)
    with pytest.raises(Refused, match="credit administrator"):
        actions.approve(version_id=made.pk, by=hire(branch, Role.RISK_OFFICER), valid_from=TOMORROW)
    assert actions.approve(version_id=made.pk, by=hire(branch, Role.CREDIT_ADMIN), valid_from=TOMORROW).state == "live"


@pytest.mark.parametrize("who", ["author", "checker", "nobody"])
def test_the_database_refuses_an_approval_by_the_author_the_checker_or_nobody(checked, who, colleague, officer):
    approver = {"author": officer.person.pk, "checker": checked.checked_by_id, "nobody": None}[who]
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.filter(pk=checked.pk).update(state="live", valid_from=TOMORROW, approved_by=approver)


def test_a_rule_counts_only_from_a_day_that_is_not_taken(checked, credit):
    with pytest.raises(Conflict, match="closed"):
        actions.approve(version_id=checked.pk, by=credit, valid_from=DAY)
    assert actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW).valid_from == TOMORROW


def test_a_version_is_not_approved_before_one_that_is_planned(checked, officer, credit):
    actions.approve(version_id=checked.pk, by=credit, valid_from=LATER)
    second = actions.check(version_id=actions.save_draft(by=officer, draft=a_draft()).pk, by=officer)
    for day in (TOMORROW, LATER):
        with pytest.raises(Conflict, match="Choose a day after"):
            actions.approve(version_id=second.pk, by=credit, valid_from=day)
    assert actions.approve(version_id=second.pk, by=credit, valid_from=LATER + timedelta(days=1)).state == "live"


def test_retiring_needs_a_reason_an_open_day_and_a_live_version(checked, credit, officer):
    with pytest.raises(Conflict, match="does not follow"):
        actions.retire(version_id=checked.pk, by=credit, from_on=LATER, reason="No.")
    actions.approve(version_id=checked.pk, by=credit, valid_from=LATER)
    with pytest.raises(Refused, match="Say why"):
        actions.retire(version_id=checked.pk, by=credit, from_on=LATER, reason="")
    with pytest.raises(Conflict, match="closed"):
        actions.retire(version_id=checked.pk, by=credit, from_on=DAY, reason="No.")
    with pytest.raises(Conflict, match="only counts from"):
        actions.retire(version_id=checked.pk, by=credit, from_on=TOMORROW, reason="No.")
    with pytest.raises(Refused, match="credit administration"):
        actions.retire(version_id=checked.pk, by=officer, from_on=LATER, reason="No.")
    assert actions.retire(version_id=checked.pk, by=credit, from_on=LATER, reason="Never meant.").valid_to == LATER


ACTS = {
    Act.RULE_WRITE: lambda version, by: actions.save_draft(by=by, draft=a_draft()),
    Act.RULE_CHECK: lambda version, by: actions.check(version_id=version.pk, by=by),
    Act.RULE_RETURN: lambda version, by: actions.return_draft(version_id=version.pk, by=by, reason="No."),
    Act.RULE_APPROVE: lambda version, by: actions.approve(version_id=version.pk, by=by, valid_from=TOMORROW),
    Act.RULE_RETIRE: lambda version, by: actions.retire(version_id=version.pk, by=by, from_on=LATER, reason="No."),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_other_role_touches_the_rulebook_and_no_other_lender_sees_it(draft, branch, act):
    for role in (Role.ACCOUNT_MANAGER, Role.BRANCH_HEAD, Role.AUDITOR, Role.SYSADMIN):
        with pytest.raises(Refused):
            ACTS[act](draft, hire(branch, role))
    stranger = both(hire(BranchFactory(), Role.RISK_OFFICER))
    with pytest.raises((RuleVersion.DoesNotExist, Rule.DoesNotExist)):
        ACTS[act](draft, stranger)


# The database ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("was", MOVES)
@pytest.mark.parametrize("becomes", MOVES)
def test_the_database_allows_the_moves_of_the_table_and_no_other(draft, officer, colleague, credit, was, becomes):
    if was != "draft":
        state_of(draft, was, officer, credit)
    wanted = {"state": becomes}
    if becomes == "live":
        wanted |= {"valid_from": TOMORROW, "approved_by": credit.person, "checked_by": officer.person} if was == "checked" else {}
    if becomes == "retired" and was == "live":
        wanted |= {"valid_to": LATER}
    rows = RuleVersion.objects.filter(pk=draft.pk)
    if becomes == was or becomes in MOVES[was]:
        assert rows.update(**wanted) == 1
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wanted)


def state_of(draft, state, officer, credit):
    if state == "dropped":
        return actions.drop_draft(version_id=draft.pk, by=officer)
    actions.check(version_id=draft.pk, by=officer)
    if state in ("live", "retired"):
        actions.approve(version_id=draft.pk, by=credit, valid_from=TOMORROW)
    if state == "retired":
        actions.retire(version_id=draft.pk, by=credit, from_on=LATER, reason="No.")
    return None


@pytest.mark.parametrize("column", ["text", "fingerprint", "handling_days", "tree", "products", "segments", "branches", "cure_days", "hold_days", "name", "why"])
def test_what_a_checked_version_says_is_frozen(checked, column):
    value = {"handling_days": {"red": 1}, "tree": {"x": 1}, "cure_days": 1, "hold_days": 1, "products": ["A"], "segments": ["B"], "branches": ["C"]}
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        RuleVersion.objects.filter(pk=checked.pk).update(**{column: value.get(column, "other")})


def test_versions_stay_and_keep_their_makers_and_dates(checked, credit, colleague):
    rows = RuleVersion.objects.filter(pk=checked.pk)
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    for change in ({"made_by": colleague.person}, {"authors": []}, {"valid_from": LONG_AGO}, {"approved_by": colleague.person}, {"version": 7}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        rows.delete()
    forged = {"text": "", "tree": {}, "fingerprint": "", "handling_days": {}, "state": "live", "valid_from": LATER, "made_by": colleague.person}
    with pytest.raises(IntegrityError, match="begins as a draft"), transaction.atomic():
        RuleVersion.objects.create(rule=checked.rule, version=9, **forged)


def test_two_versions_of_a_rule_are_never_in_force_on_one_day(checked, officer, credit):
    actions.approve(version_id=checked.pk, by=credit, valid_from=TOMORROW)
    second = actions.check(version_id=actions.save_draft(by=officer, draft=a_draft()).pk, by=officer)
    with pytest.raises(IntegrityError, match="one_version_in_force"), transaction.atomic():
        RuleVersion.objects.filter(pk=second.pk).update(state="live", valid_from=LATER, approved_by=credit.person)


def test_the_history_of_a_version_is_kept(checked, credit):
    actions.return_draft(version_id=checked.pk, by=credit, reason="Not yet.")
    kept = checked.state_text_authors_checked_by_approved_by_valid_from_valid_to_reason_events.order_by("pgh_id")
    assert [(row.state, row.reason) for row in kept] == [("checked", ""), ("draft", "Not yet.")]


# At the same instant ---------------------------------------------------------------------------------------------------------


def at_once(version_id, people):
    def approve(access):
        try:
            actions.approve(version_id=version_id, by=access, valid_from=TOMORROW)
            return "approved"
        except Conflict as fault:
            return fault.sentence
        except IntegrityError:
            return "database"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(approve, people), key=len)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_the_same_instant_one_counts_and_the_other_is_told(transactional_db, branch, officer, credit, monkeypatch):
    made, other = (
        actions.check(version_id=actions.save_draft(by=officer, draft=a_draft(code=code), new=True).pk, by=officer) for code in ("OWN-01", "OWN-02")
    )
    both_of_them = [credit, hire(branch, Role.CREDIT_ADMIN)]
    gate, lender_of = Barrier(2), holding.lender_of

    def together(by):
        gate.wait(10)
        return lender_of(by)

    with monkeypatch.context() as patch:
        patch.setattr(holding, "lender_of", together)
        results = at_once(made.pk, both_of_them)
    assert results[0] == "approved"
    assert "does not follow" in results[1]
    assert AuditEvent.objects.filter(event="rule.approved").count() == 1

    def unlocked(version_id, by):
        found = RuleVersion.objects.select_related("rule__lender").get(pk=version_id)
        gate.wait(10)
        return found

    monkeypatch.setattr(actions, "locked", unlocked)
    assert "does not follow" not in at_once(other.pk, both_of_them)[1], "without the lock the other is not told"
