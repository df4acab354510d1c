"""The dated branch tree: opened, moved and closed from a day on; what people see follows on that day."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people import actions
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role
from loanwatch.people.places import in_tree_order, parent_of
from loanwatch.people.tree import reach_of
from loanwatch.trail.models import AuditEvent
from tests.loanwatch.people.conftest import TODAY, browser_of

TOMORROW = TODAY + timedelta(days=1)


def codes(access: Access) -> set[str]:
    return set(Branch.objects.visible_to(access).values_list("code", flat=True))


def on(access: Access, day: date) -> Access:
    return Access.of(access.account, day)


def test_a_moved_branch_changes_who_sees_it_from_that_day_and_not_before(office, sysadmin):
    left, right = office.hire(Role.BRANCH_HEAD, "R1"), office.hire(Role.BRANCH_HEAD, "R2")
    actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch("R2"), on=TOMORROW)
    assert {"B11", "S111"} <= codes(on(left, TODAY)) and "B11" not in codes(on(right, TODAY))
    assert not {"B11", "S111"} & codes(on(left, TOMORROW)) and {"B11", "S111"} <= codes(on(right, TOMORROW))
    assert parent_of(office.branch("B11"), TODAY).code == "R1"
    assert parent_of(office.branch("B11"), TOMORROW).code == "R2"


def test_the_move_takes_the_whole_subtree_and_keeps_depths(office, sysadmin):
    actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch("HO"), on=TODAY)
    assert office.branch("S111").pk in reach_of(office.branch("HO"), TODAY)
    rows = office.branch("S111").reach_up.filter(to_on=None).values_list("ancestor__code", "depth")
    assert dict(rows) == {"S111": 0, "B11": 1, "HO": 2}


def test_moving_there_and_back_on_one_day_leaves_one_place(office, sysadmin):
    for parent in ("R2", "R1"):
        actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch(parent), on=TODAY)
    assert parent_of(office.branch("B11"), TODAY).code == "R1"
    assert office.branch("B11").reach_up.filter(depth=1, from_on=TODAY).count() == 1


def test_a_branch_cannot_be_moved_below_itself_or_below_its_own_rank(office, sysadmin):
    with pytest.raises(Conflict):
        actions.move_branch(by=sysadmin, branch=office.branch("R1"), parent=office.branch("B11"), on=TODAY)
    with pytest.raises(Conflict):
        actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch("B12"), on=TODAY)


def test_a_move_before_one_that_is_already_recorded_is_refused(office, sysadmin):
    actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch("R2"), on=TOMORROW)
    with pytest.raises(Conflict, match="later change"):
        actions.move_branch(by=sysadmin, branch=office.branch("B11"), parent=office.branch("HO"), on=TODAY)


def test_a_branch_is_opened_below_another_and_seen_from_above_at_once(office, sysadmin):
    head = office.hire(Role.BRANCH_HEAD, "R1")
    data = {"parent": office.branch("B12").pk, "code": "S121", "name": "Harbour", "kind": "sub_branch", "opened_on": TODAY.isoformat()}
    assert browser_of(sysadmin).post(reverse("people:branch_new"), data).status_code == 302
    assert "S121" in codes(head)
    assert AuditEvent.objects.filter(event="branch.opened").exists()


@pytest.mark.parametrize("changed", [{"code": "B11"}, {"kind": "region"}, {"name": ""}, {"opened_on": "soon"}, {"parent": "99999"}])
def test_a_branch_that_does_not_fit_is_not_opened(office, sysadmin, changed):
    data = {"parent": office.branch("B12").pk, "code": "S121", "name": "Harbour", "kind": "sub_branch", "opened_on": TODAY.isoformat()}
    assert browser_of(sysadmin).post(reverse("people:branch_new"), data | changed).status_code == 422
    assert not Branch.objects.filter(name="Harbour").exists()


def test_a_branch_closes_only_when_nothing_and_nobody_is_left_in_it(office, sysadmin):
    head = office.hire(Role.BRANCH_HEAD, "S111")
    with pytest.raises(Conflict, match="still open"):
        actions.close_branch(by=sysadmin, branch=office.branch("B11"), on=TODAY)
    with pytest.raises(Conflict, match="hold roles"):
        actions.close_branch(by=sysadmin, branch=office.branch("S111"), on=TODAY)
    actions.end_role(by=sysadmin, held=head.person.roles_held.get(), on=TODAY)
    answer = browser_of(sysadmin).post(reverse("people:branch_close", args=[office.branch("S111").pk]), {"on": TODAY.isoformat()})
    assert answer.status_code == 302 and office.branch("S111").closed_on == TODAY
    actions.close_branch(by=sysadmin, branch=office.branch("B11"), on=TOMORROW)


def test_a_regional_administrator_keeps_no_other_region(office):
    regional = office.hire(Role.SYSADMIN, "R1")
    with pytest.raises(Refused):
        actions.rename_branch(by=regional, branch=office.branch("B21"), name="Mine")
    with pytest.raises(Refused):
        actions.move_branch(by=regional, branch=office.branch("B11"), parent=office.branch("R2"), on=TODAY)
    assert browser_of(regional).get(reverse("people:branch", args=[office.branch("R2").pk])).status_code == 404


def test_the_tree_is_listed_with_parents_before_children(office):
    listed = [(branch.code, depth) for branch, depth in in_tree_order(Branch.objects.all(), TODAY)]
    assert listed == [("HO", 0), ("R1", 1), ("B11", 2), ("S111", 3), ("B12", 2), ("R2", 1), ("B21", 2)]


def test_a_renamed_branch_keeps_its_code(office, sysadmin):
    branch = office.branch("B11")
    assert browser_of(sysadmin).post(reverse("people:branch_rename", args=[branch.pk]), {"name": "Lakeside"}).status_code == 302
    assert (office.branch("B11").name, AuditEvent.objects.get(event="branch.renamed").details["after"]) == ("Lakeside", "Lakeside")
