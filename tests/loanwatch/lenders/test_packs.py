"""Packs of parameters: what ships off is never applied, and the rest comes into force under four eyes."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from alerts.rulebook.limits import LIMITS, PREFIX, typed
from alerts.rulebook.queries import limit_values
from loanwatch.kernel.policy import Refused
from loanwatch.lenders import pack_files
from loanwatch.lenders import parameter_packs as actions
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.lenders.pack_files import packs
from loanwatch.lenders.queries import parameter
from loanwatch.lenders.words import NAMES, PACKS, fault_of
from loanwatch.people.models import Role
from tests.factories import DAY, BranchFactory, hire

LATER = DAY + timedelta(days=30)


@pytest.fixture
def branch(db):
    return BranchFactory()


@pytest.fixture
def first(branch):
    return hire(branch, Role.CREDIT_ADMIN)


@pytest.fixture
def second(branch):
    return hire(branch, Role.CREDIT_ADMIN)


def states(lender, name):
    return {line.offered.key: line.state for line in actions.compare(lender, packs()[name], DAY)}


def test_every_value_of_every_pack_has_a_name_a_source_and_a_value_that_a_rule_can_read():
    assert set(packs()) == set(PACKS)
    for pack in packs().values():
        for value in pack.values:
            assert value.key in NAMES, f"{pack.name}: {value.key} has no name on pages"
            if value.key.startswith(PREFIX):
                name = value.key.removeprefix(PREFIX)
                assert name in LIMITS
                assert typed(name, value.value) is not None


def test_a_pack_value_has_the_shape_of_the_shipped_one(branch):
    for pack in packs().values():
        for line in actions.compare(branch.lender, pack, DAY):
            assert line.now is None or fault_of(line.offered.value, line.now.value) == "", line.offered.key


def test_a_new_lender_has_the_generic_limits_that_are_confirmed_and_no_other(branch):
    found = limit_values(branch.lender, DAY)
    assert (found["past_due_watch"], found["past_due_substandard"]) == (30, 90)
    assert not {"new_money_share", "past_due_doubtful", "entrusted_payment"} & set(found)


def test_a_pack_is_proposed_by_one_and_approved_by_another_in_one_go(branch, first, second):
    lender = branch.lender
    before = states(lender, "cn_bank")
    assert before["limit.past_due_doubtful"] == "new"
    assert before["limit.past_due_substandard"] == "same"
    assert (before["limit.entrusted_payment"], before["arrears.grace_days"]) == ("off", "off")
    results = actions.propose_pack(by=first, lender=lender, pack=packs()["cn_bank"], keys=list(before), valid_from=LATER)
    assert {r.key for r in results if not r.fault} == {"limit.past_due_doubtful", "limit.past_due_loss"}
    assert states(lender, "cn_bank")["limit.past_due_doubtful"] == "waits"
    assert "past_due_doubtful" not in limit_values(lender, LATER)
    ids = list(Parameter.objects.filter(lender=lender, approved_by="").exclude(proposed_by="").values_list("pk", flat=True))
    assert all("did not propose" in r.fault for r in actions.approve_many(by=first, lender=lender, ids=ids))
    assert [r.fault for r in actions.approve_many(by=second, lender=lender, ids=ids)] == ["", ""]
    assert [limit_values(lender, day).get("past_due_doubtful") for day in (LATER - timedelta(days=1), LATER)] == [None, 270]
    assert states(lender, "cn_bank")["limit.past_due_doubtful"] == "same"


def test_what_ships_off_and_what_waits_already_is_not_proposed_and_says_why(branch, first):
    both = ["limit.entrusted_payment", "limit.past_due_loss"]
    actions.propose_pack(by=first, lender=branch.lender, pack=packs()["cn_bank"], keys=both[1:], valid_from=LATER)
    results = actions.propose_pack(by=first, lender=branch.lender, pack=packs()["cn_bank"], keys=both, valid_from=LATER)
    assert [(r.key, bool(r.fault)) for r in results] == [(key, True) for key in both]
    assert "not confirmed" in results[0].fault
    assert "waits" in results[1].fault


@pytest.mark.parametrize("role", [Role.RISK_OFFICER, Role.AUDITOR, Role.SYSADMIN])
def test_nobody_but_credit_administration_applies_a_pack(branch, role):
    with pytest.raises(Refused):
        actions.propose_pack(by=hire(branch, role), lender=branch.lender, pack=packs()["cn_bank"], keys=[], valid_from=LATER)
    with pytest.raises(Refused):
        actions.approve_many(by=hire(branch, role), lender=branch.lender, ids=[])


def test_a_proposal_of_another_lender_is_not_there(branch, second, first):
    stranger = hire(BranchFactory(), Role.CREDIT_ADMIN)
    actions.propose_pack(by=first, lender=branch.lender, pack=packs()["cn_bank"], keys=["limit.past_due_loss"], valid_from=LATER)
    ids = list(Parameter.objects.exclude(proposed_by="").values_list("pk", flat=True))
    assert actions.approve_many(by=stranger, lender=stranger.person.lender, ids=ids) == []


def test_a_pack_file_that_does_not_say_where_a_value_comes_from_is_refused(tmp_path):
    file = tmp_path / "house.toml"
    file.write_text('[[value]]\nkey = "a"\nvalue = 1\nvalid_from = 2026-01-01\nconfidence = "own"\n')
    with pytest.raises(ValueError, match="source"):
        pack_files._read(file)
    file.write_text('[[value]]\nkey = "a"\nvalue = 1\nvalid_from = 2026-01-01\nconfidence = "sure"\nsource = "x"\n')
    with pytest.raises(ValueError, match="confidence"):
        pack_files._read(file)


def test_a_lender_is_opened_with_a_pack(db):
    call_command("new_lender", "SEOUL", "--currency", "KRW", "--zone", "Asia/Seoul", "--calendar", "KR", "--pack", "kr_bank", verbosity=0)
    lender = Lender.objects.get(code="SEOUL")
    assert limit_values(lender, DAY)["use_check_amount"] == 100_000_000
    assert parameter(lender, "class.days_past_due", DAY)[1]["over"] == 90, "days for calendar months are not confirmed"
    assert "use_check_amount" not in limit_values(lender, date(1989, 12, 31))


def test_the_pages_show_pack_and_values_in_force_and_take_the_difference_over(client, branch, first, second):
    client.force_login(first.account)
    assert client.get(reverse("lenders:packs")).status_code == 200
    page = reverse("lenders:pack", args=["cn_bank"])
    shown = client.get(page).content.decode()
    assert "Ships off" in shown
    assert "limit.past_due_loss" in shown
    propose = reverse("lenders:pack_propose", args=["cn_bank"])
    assert client.post(propose, {"valid_from": "2999-01-01"}).status_code == 422
    client.post(propose, {"valid_from": "2999-01-01", "key": "limit.past_due_loss"})
    assert Parameter.objects.get(key="limit.past_due_loss").proposed_by == first.person.staff_no
    client.force_login(second.account)
    shown = client.get(page).content.decode()
    assert "Approve 1 value" in shown
    client.post(reverse("lenders:approve_many"), {"parameter": Parameter.objects.get(key="limit.past_due_loss").pk})
    assert Parameter.objects.get(key="limit.past_due_loss").approved_by == second.person.staff_no
    assert client.get(reverse("lenders:pack", args=["none"])).status_code == 404
