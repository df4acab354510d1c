"""What an inspection found becomes a finding as it stands; whoever makes it milder is a risk officer and says why."""

import pytest
from django.test import Client

from borrowers.findings.actions import note_finding
from borrowers.findings.models import VisitFinding
from inspections.checklists.models import Checkpoint, Section, Template
from inspections.findings import proposing
from inspections.findings.models import Finding
from inspections.visits.actions import start_visit
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Refused
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, Bank, make_loan, make_task

MILDER = ({"severity": 1}, {"blocking": []}, {"severity": 2, "blocking": ["new_disbursement"]})


@pytest.fixture
def red(bank: Bank) -> VisitFinding:
    return note_finding(loan=make_loan(bank), subject="visit:900", points=["stock"], level=3, text="Stock: no", on=TODAY, by=bank.officer.person)


@pytest.mark.parametrize("who", ["head", "credit", "auditor"])
@pytest.mark.parametrize("changed", MILDER)
def test_only_a_risk_officer_makes_a_finding_milder_than_the_inspection(bank: Bank, red, who: str, changed) -> None:
    with pytest.raises(Refused, match="Only a risk officer"):
        proposing.accept(proposal_id=red.pk, by=getattr(bank, who), reason="It is not so bad.", **changed)
    assert not Finding.objects.exists()


@pytest.mark.parametrize("changed", MILDER)
def test_a_risk_officer_says_why_it_is_milder_and_the_trail_keeps_what_was_proposed(bank: Bank, red, changed) -> None:
    with pytest.raises(Refused, match="Say why"):
        proposing.accept(proposal_id=red.pk, by=bank.officer, reason=" ", **changed)
    made = proposing.accept(proposal_id=red.pk, by=bank.officer, reason="Counted the day after.", **changed)
    assert made.notes.get().text == "Counted the day after."
    told = AuditEvent.objects.get(event="finding.made_milder").details
    assert told["proposed"] == {"severity": 3, "blocks": ["new_disbursement"]}
    assert told["raised"] == {"severity": made.severity, "blocks": made.blocks}
    assert told["reason"] == "Counted the day after."


def test_a_branch_head_takes_it_as_it_stands_or_harder(bank: Bank, red) -> None:
    made = proposing.accept(proposal_id=red.pk, by=bank.head, blocking=["new_disbursement", "extension"])
    assert (made.severity, made.blocks, made.notes.get().text) == (3, ["new_disbursement", "extension"], "")
    assert not AuditEvent.objects.filter(event="finding.made_milder").exists()


def test_the_form_asks_for_the_reason(bank: Bank, red, settings) -> None:
    settings.BUSINESS_DATE = TODAY.isoformat()
    form = {"severity": 1, "text": "Stock: no", "measure": "Count it."}
    officer, head = Client(), Client()
    officer.force_login(bank.officer.account)
    head.force_login(bank.head.account)
    path = f"/findings/proposed/{red.pk}/"
    assert head.post(path, form | {"reason": "So."}).status_code == 403
    refused = officer.post(path, form)
    assert refused.status_code == 422
    assert "Say why the finding is milder" in refused.content.decode()
    assert officer.post(path, form | {"reason": "Counted the day after."}).status_code == 302
    assert Finding.objects.get().blocks == []


def test_a_page_of_proposals_is_written_with_two_queries_and_names_the_conditions_too(bank: Bank, django_assert_num_queries) -> None:
    visits = [start_visit(task_id=make_task(bank).pk, by=bank.manager) for _n in range(2)]
    conditions = Template.objects.create(lender=bank.lender, code="conditions", version=1, kind="routine", name={"en": "Conditions"}, loan=visits[0].loan)
    section = Section.objects.create(template=conditions, position=1, title={"en": "Conditions"})
    Checkpoint.objects.create(section=section, position=1, code="condition-7", kind="yes_no", label={"en": "Kept?"}, signal={"en": "A condition was not kept."})
    Visit.objects.filter(pk=visits[0].pk).update(conditions=conditions)
    found = [
        note_finding(loan=visit.loan, subject=f"visit:{visit.pk}", points=["condition-7"], level=2, text="Kept? no", on=TODAY, by=bank.officer.person)
        for visit in visits
    ]
    with django_assert_num_queries(2):
        texts = proposing.texts_of(found)
    assert texts == {found[0].pk: "A condition was not kept.\nKept? no", found[1].pk: "Kept? no"}
