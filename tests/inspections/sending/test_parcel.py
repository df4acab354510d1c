"""What a phone is given to carry: all that its forms need, no more than its owner may know, in a fixed number of questions."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.covenants.models import ApprovalCondition
from inspections.checklists.models import Checkpoint, Section, Template
from inspections.four_eyes import actions as four_eyes
from inspections.planning.models import Task
from inspections.sending.models import Carried
from inspections.sending.parcel import parcel_of
from inspections.visits import actions as visits
from inspections.visits.models import Visit
from loanwatch.people.models import Role
from tests.inspections.book import TODAY, hire, make_alert, make_loan, make_task, own_view, submitted
from tests.inspections.sending.phone import Phone


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = "2026-11-20"


def of(parcel, task):
    return next(t for t in parcel["tasks"] if t["id"] == task.pk)


def test_the_parcel_holds_each_form_once_and_everything_a_visit_needs(bank):
    tasks = [make_task(bank) for _ in range(3)]
    parcel = parcel_of(bank.manager, "token")
    assert {t["template"] for t in parcel["tasks"]} == {int(key) for key in parcel["templates"]}
    told = of(parcel, tasks[0])
    assert told["borrower"]["phone"] == "0512-555" and told["borrower"]["latitude"] == "31.300000"
    assert told["loan"] == {"number": tasks[0].loan.number, "amount_words": "800,000.00 CNY"}
    assert parcel["csrf"] == "token" and parcel["limits"]["piece"] == 262_144


def test_the_number_of_questions_to_the_database_grows_only_by_the_facts_that_forms_name(bank):
    def asked() -> int:
        with CaptureQueriesContext(connection, ) as found:
            parcel_of(bank.manager, "")
        return len(found)

    make_task(bank)
    make_task(bank, kind="special")
    parcel_of(bank.manager, "")
    few = asked()
    for kind in ("first", "routine", "special", "routine"):
        make_task(bank, kind=kind)
    facts = [p for t in parcel_of(bank.manager, "")["templates"].values() for s in t["sections"] for p in s["points"] if "fact:" in p["prefill"]]
    assert few <= 22 + 2 * len(facts)
    assert asked() <= few + 4 * 2 * len(facts)


@pytest.mark.parametrize("kind", ["first", "routine", "special", "maturity"])
@pytest.mark.parametrize("product", ["working_capital", "mortgage", "fixed_asset"])
def test_the_phone_gets_the_form_that_the_page_would_open(bank, kind, product):
    task = make_task(bank, make_loan(bank, kind=product), kind=kind)
    told = of(parcel_of(bank.manager, ""), task)
    visit = visits.start_visit(task_id=task.pk, by=bank.manager)
    assert (told["template"], told["conditions"]) == (visit.template_id, visit.conditions_id)


def test_what_is_due_in_two_weeks_is_carried_and_what_follows_is_counted(bank):
    near, far = make_task(bank, due_on=TODAY + timedelta(days=14)), make_task(bank, due_on=TODAY + timedelta(days=15))
    parcel = parcel_of(bank.manager, "")
    assert {t["id"] for t in parcel["tasks"]} >= {near.pk} and far.pk not in {t["id"] for t in parcel["tasks"]}
    assert parcel["later"] == 1


def test_what_lies_on_a_phone_is_written_down_once(bank):
    task = make_task(bank)
    for _ in range(2):
        parcel_of(bank.manager, "")
    assert Carried.objects.filter(task=task, person=bank.manager.person).count() == 1


def test_an_agency_gets_no_amount_no_figure_and_no_alert(bank):
    loan = make_loan(bank)
    first = submitted(bank, make_task(bank, loan))
    own_view(first, bank.officer)
    four_eyes.confirm_visit(visit_id=first.pk, seen_hash=first.content_hash, by=bank.officer)
    alert = make_alert(bank, loan)
    task = make_task(bank, loan, kind="special", to=bank.agent)
    Task.objects.filter(pk=task.pk).update(alert=alert)
    told = of(parcel_of(bank.agent, ""), task)
    assert (told["loan"], told["before"], told["why"]) == (None, {}, "Special inspection")
    assert alert.number not in str(told) and loan.number not in str(told["loan"])
    Task.objects.filter(pk=task.pk).update(assigned_to=bank.manager.person)
    told = of(parcel_of(bank.manager, ""), task)
    assert alert.number in told["why"] and told["before"]


def test_a_point_is_offered_what_the_bank_knows_and_an_agency_is_offered_nothing(bank):
    Template.objects.filter(lender=bank.lender, kind="routine", product_kind="mortgage").update(state="retired", retired_on=TODAY)
    template = Template.objects.create(
        lender=bank.lender, code="known", version=1, kind="routine", name={"en": "Known"}, product_kind="mortgage", shipped=True
    )
    section = Section.objects.create(template=template, position=1, title={"en": "One"})
    for position, (code, kind, prefill) in enumerate([("amount", "money", "fact:principal"), ("where", "text", "fact:address")], start=1):
        Checkpoint.objects.create(section=section, position=position, code=code, kind=kind, label={"en": code}, prefill=prefill)
    for state in ("proposed", "live"):
        Template.objects.filter(pk=template.pk).update(state=state)
    task = make_task(bank, make_loan(bank, kind="mortgage"))
    offered = of(parcel_of(bank.manager, ""), task)["prefill"]
    assert {code: given["value"] for code, given in offered.items()} == {"amount": "800000.00", "where": "18 Loufeng Rd"}
    assert "as of 2026-01-10" in offered["amount"]["from"]
    Task.objects.filter(pk=task.pk).update(assigned_to=bank.agent.person)
    assert of(parcel_of(bank.agent, ""), task)["prefill"] == {}


def test_words_come_in_the_readers_language(bank):
    make_task(bank)
    told = Phone(bank.manager).client.get("/m/parcel/", headers={"Accept-Language": "ko"}).json()
    section = next(iter(told["templates"].values()))["sections"][0]
    assert any("가" <= sign <= "힣" for sign in section["title"] + section["points"][0]["label"])


# The verifier's own visit -------------------------------------------------------------------------------------------------


@pytest.fixture
def own_visit(bank) -> Visit:
    visit = submitted(bank)
    task = make_task(bank, visit.loan, kind="verify", to=bank.officer)
    told = Phone(bank.officer).fill(task.pk, summary="Half the stock is gone.", conclusion="problem").send()
    assert told.status_code == 200, told.content
    return Visit.objects.get(pk=told.json()["visit"])


def test_an_officers_own_visit_uses_the_form_of_the_visit_and_ends_with_a_conclusion(bank, own_visit):
    first = Visit.objects.get(loan=own_visit.loan, task__kind="routine")
    assert (own_visit.template_id, own_visit.conclusion) == (first.template_id, "problem")


def test_nobody_reads_an_officers_own_visit_before_the_decision(bank, own_visit):
    others = ("manager", "head", "credit", "auditor", "officer2")
    assert [w for w in others if Visit.objects.readable_by(bank.people[w]).filter(pk=own_visit.pk).exists()] == []
    assert Visit.objects.readable_by(bank.officer).filter(pk=own_visit.pk).exists()
    Task.objects.filter(pk=own_visit.task_id).update(state="done", closed_on=TODAY)
    assert [w for w in others if Visit.objects.readable_by(bank.people[w]).filter(pk=own_visit.pk).exists()] == list(others)


def test_material_of_an_agency_carries_no_conclusion(bank):
    task = make_task(bank, to=bank.agent)
    told = Phone(bank.agent).fill(task.pk, conclusion="problem").send()
    assert Visit.objects.get(pk=told.json()["visit"]).conclusion == "not_given"


def test_a_person_of_bank_and_agency_is_of_the_bank(bank):
    both = hire(bank, "both", Role.FIELD_AGENT, bank.branch)
    assert parcel_of(both, "")["concludes"] is False
    assert parcel_of(bank.manager, "")["concludes"] is True


def test_the_conditions_of_the_approval_are_the_banks_to_know(bank):
    loan = make_loan(bank)
    ApprovalCondition.objects.create(
        lender=bank.lender, bucket=loan.bucket, borrower=loan.borrower, loan=loan, reference="C-7", text="Keep 20 % own funds", valid_from=TODAY,
        known_from=TODAY, due_on=TODAY,
    )  # fmt: skip
    make_task(bank, loan)
    given = make_task(bank, loan, kind="special", to=bank.agent)
    assert "Keep 20 % own funds" in json.dumps(parcel_of(bank.manager, ""), default=str)
    assert "Keep 20 % own funds" not in json.dumps(parcel_of(bank.agent, ""), default=str)
    assert visits.start_visit(task_id=given.pk, by=bank.agent).conditions is None


def test_nobody_who_records_is_told_how_far_a_figure_may_be_off(bank):
    make_task(bank)
    (form,) = parcel_of(bank.manager, "")["templates"].values()
    assert not {"tolerance", "material", "key_point", "signal"} & {key for part in form["sections"] for point in part["points"] for key in point}
