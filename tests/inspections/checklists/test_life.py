"""A form is written by one credit administrator and put into use by another; what was proposed never changes."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from borrowers.covenants.models import ApprovalCondition
from borrowers.loans.models import Guarantee
from inspections.checklists import drafting
from inspections.checklists.actions import conditions_sheet
from inspections.checklists.models import Checkpoint, Section, Template
from inspections.checklists.prefill import FACTS, fits, values_for
from inspections.checklists.queries import compared, form_for, template_for
from inspections.checklists.rules import Point
from inspections.visits import actions as visits
from inspections.visits.queries import last_answers, points_of
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from tests.inspections.book import TODAY, fill, hire, make_loan, make_task, open_bank, submit

SAID = {"label": {"en": "Is the roof dry?", "zh-hans": "屋顶是否漏水？", "ko": "지붕이 온전합니까?"}, "kind": "yes_no", "required": True}


@pytest.fixture
def credit2(bank):
    return hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)


@pytest.fixture
def draft(bank):
    live = Template.objects.get(lender=bank.lender, code="special")
    return drafting.copy_as_draft(template_id=live.pk, by=bank.credit)


def refused(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_a_copy_says_the_same_and_is_the_next_version(bank, draft):
    live = Template.objects.get(lender=bank.lender, code="special", state="live")
    assert (draft.version, draft.state, draft.made_by) == (2, "draft", bank.credit.person)
    assert compared(live, draft) == []


def test_only_one_draft_of_a_form_is_open(bank, draft):
    with pytest.raises(Conflict, match="open draft"):
        drafting.copy_as_draft(template_id=draft.pk, by=bank.credit)


def test_a_draft_is_written_by_its_writer_alone(bank, draft, credit2):
    with pytest.raises(Conflict, match="Another person"):
        drafting.add_section(template_id=draft.pk, title={"en": "More"}, by=credit2)


@pytest.mark.parametrize("who", ["manager", "officer", "head", "auditor", "agent"])
def test_nobody_but_credit_administration_writes_forms(bank, draft, who):
    with pytest.raises(Refused):
        drafting.add_section(template_id=draft.pk, title={"en": "More"}, by=bank.people[who])


def test_points_are_added_moved_and_taken_out(bank, draft):
    said = {"template_id": draft.pk, "by": bank.credit}
    first, second = draft.sections.order_by("position")[:2]
    point = drafting.save_point(section_id=first.pk, point_id=None, fields={**SAID, "code": "roof"}, **said)
    assert first.checkpoints.order_by("position").last() == point
    drafting.move_point(point_id=point.pk, up=False, **said)
    point.refresh_from_db()
    assert (point.section, point.position) == (second, 1), "past the last place it goes to the next section"
    drafting.move_point(point_id=point.pk, up=True, **said)
    point.refresh_from_db()
    assert point.section == first
    drafting.move_section(section_id=first.pk, up=False, **said)
    assert [s.pk for s in draft.sections.order_by("position")][:2] == [second.pk, first.pk]
    drafting.drop_point(point_id=point.pk, **said)
    drafting.drop_section(section_id=second.pk, **said)
    assert not Checkpoint.objects.filter(pk=point.pk).exists() and not Section.objects.filter(pk=second.pk).exists()


def test_a_code_is_given_once_in_a_form(bank, draft):
    with pytest.raises(Conflict, match="this code"):
        section = draft.sections.last()
        drafting.save_point(template_id=draft.pk, section_id=section.pk, point_id=None, fields={**SAID, "code": "operating"}, by=bank.credit)


def test_a_faulty_form_is_not_proposed(bank, draft):
    section = draft.sections.first()
    fields = {**SAID, "code": "roof", "shown_when": {"code": "later", "in": ["yes"]}}
    drafting.save_point(template_id=draft.pk, section_id=section.pk, point_id=None, fields=fields, by=bank.credit)
    with pytest.raises(Conflict, match="faults"):
        drafting.propose(template_id=draft.pk, change_note="A roof.", by=bank.credit)


def test_who_wrote_a_form_does_not_approve_it_and_another_does(bank, draft, credit2):
    with pytest.raises(Conflict, match="what changes"):
        drafting.propose(template_id=draft.pk, change_note=" ", by=bank.credit)
    drafting.propose(template_id=draft.pk, change_note="The same again.", by=bank.credit)
    with pytest.raises(Refused):
        drafting.approve(template_id=draft.pk, by=bank.credit)
    drafting.approve(template_id=draft.pk, by=credit2)
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by, draft.valid_from) == ("live", credit2.person, TODAY)
    assert Template.objects.get(lender=bank.lender, code="special", version=1).state == "retired"
    assert template_for(bank.lender, "special", "card") == draft


def test_a_visit_keeps_the_version_it_was_begun_with(bank, draft, credit2):
    visit = visits.start_visit(task_id=make_task(bank, kind="special").pk, by=bank.manager)
    drafting.propose(template_id=draft.pk, change_note="The same again.", by=bank.credit)
    drafting.approve(template_id=draft.pk, by=credit2)
    visit.refresh_from_db()
    assert visit.template.version == 1
    assert visits.start_visit(task_id=make_task(bank, kind="special").pk, by=bank.manager).template == draft


def test_a_returned_form_is_a_draft_again_with_the_reason(bank, draft, credit2):
    drafting.propose(template_id=draft.pk, change_note="The same again.", by=bank.credit)
    with pytest.raises(Conflict, match="why"):
        drafting.give_back(template_id=draft.pk, reason="", by=credit2)
    drafting.give_back(template_id=draft.pk, reason="Point 3 is unclear.", by=credit2)
    draft.refresh_from_db()
    assert (draft.state, draft.return_reason) == ("draft", "Point 3 is unclear.")
    drafting.discard(template_id=draft.pk, by=bank.credit)
    assert not Template.objects.filter(pk=draft.pk).exists()


def test_the_database_keeps_a_proposed_form_as_it_is(bank, draft):
    point = Checkpoint.objects.filter(section__template=draft).first()
    Checkpoint.objects.filter(pk=point.pk).update(tolerance=11)  # a draft changes
    drafting.propose(template_id=draft.pk, change_note="The same again.", by=bank.credit)
    refused(lambda: Checkpoint.objects.filter(pk=point.pk).update(tolerance=99))
    refused(lambda: Checkpoint.objects.filter(pk=point.pk).delete())
    refused(lambda: Section.objects.create(template=draft, position=99, title={"en": "Late"}))
    refused(lambda: Template.objects.filter(pk=draft.pk).update(name={"en": "Other"}))
    refused(lambda: Template.objects.filter(pk=draft.pk).update(made_by=bank.officer.person))
    refused(lambda: Template.objects.filter(pk=draft.pk).delete())


def test_the_database_lets_nobody_put_a_form_into_use_alone(bank, draft):
    own = {"state": "live", "approved_by": bank.credit.person, "approved_at": "2026-11-20T10:00Z"}
    refused(lambda: Template.objects.filter(pk=draft.pk).update(**own))  # a draft
    drafting.propose(template_id=draft.pk, change_note="The same again.", by=bank.credit)
    refused(lambda: Template.objects.filter(pk=draft.pk).update(state="live"))  # by nobody
    refused(lambda: Template.objects.filter(pk=draft.pk).update(**own))  # by its writer
    refused(lambda: Template.objects.filter(pk=draft.pk).update(shipped=True))
    refused(lambda: Template.objects.create(lender=bank.lender, code="new", version=1, kind="routine", name={}, state="live"))
    false = Template.objects.create(lender=bank.lender, code="guaranteed", version=2, kind="first", name={}, shipped=True)
    refused(lambda: Template.objects.filter(pk=false.pk).update(state="live"))  # one that only says it was shipped


def test_a_live_form_only_retires(bank):
    live = Template.objects.filter(lender=bank.lender, code="special")
    refused(lambda: live.update(state="draft"))
    live.update(state="retired")
    refused(lambda: live.update(state="live"))


# Which form ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "product", "security", "form"),
    [
        ("first", "mortgage", "", "use-of-proceeds"),
        ("routine", "working_capital", "", "working-capital"),
        ("routine", "fixed_asset", "", "fixed-asset"),
        ("routine", "personal_business", "", "personal-business"),
        ("routine", "mortgage", "guarantee", "mortgage"),
        ("routine", "micro", "", "micro-farm"),
        ("routine", "working_capital", "guarantee", "guaranteed"),
        ("routine", "working_capital", "stock", "pledged-stock"),
        ("special", "micro", "", "special"),
        ("maturity", "card", "", "maturity"),
        ("verify", "micro", "", "micro-farm"),
        ("off_site", "working_capital", "stock", "off-site"),
    ],
)
def test_kind_product_and_security_choose_the_form(bank, kind, product, security, form):
    assert template_for(bank.lender, kind, product, security).code == form


def test_a_guaranteed_loan_is_inspected_with_the_form_for_guarantees(bank):
    loan, guarantor = make_loan(bank), make_loan(bank).borrower
    assert form_for(loan, "routine").code == "working-capital"
    Guarantee.objects.create(
        lender=bank.lender, loan=loan, guarantor=guarantor, amount=100, bucket=loan.bucket, valid_from=date(2026, 1, 10), known_from=date(2026, 1, 10)
    )
    assert form_for(loan, "routine").code == "guaranteed"


# Conditions of the approval --------------------------------------------------------------------------------------------------


def condition(loan, reference="K1", text="Mortgage registered", *, revision=1, met_on=None, known=date(2026, 1, 10), of=None):
    return ApprovalCondition.objects.create(
        lender=loan.lender, borrower=loan.borrower, loan=of or loan, reference=reference, text=text, due_on=date(2026, 3, 1), met_on=met_on,
        bucket=loan.bucket, valid_from=date(2026, 1, 10), known_from=known, revision=revision,
    )  # fmt: skip


def test_open_conditions_of_the_approval_are_asked_on_the_visit_and_frozen_with_it(bank):
    loan = make_loan(bank)
    condition(loan)
    condition(loan, "K2", "Audit by June", met_on=date(2026, 2, 1))
    visit = visits.start_visit(task_id=make_task(bank, loan).pk, by=bank.manager)
    last = points_of(visit)[-1]
    assert (last.code, last.kind, last.at_desk, last.key_point) == ("condition-K1", "yes_no", True, True)
    assert "Mortgage registered" in last.label["en"] and last.section.title["en"] == "Conditions of the approval"
    assert not any(p.code == "condition-K2" for p in points_of(visit)), "one that is met is asked no more"
    condition(loan, text="Mortgage of first rank registered", revision=2, known=date(2026, 11, 1))
    assert conditions_sheet(loan, TODAY).version == 2 and conditions_sheet(loan, TODAY) == conditions_sheet(loan, TODAY)
    visit.refresh_from_db()
    assert "first rank" not in points_of(visit)[-1].label["en"], "the visit keeps what it was begun with"


def test_a_condition_that_is_not_met_fails_and_lowers_the_score(bank):
    loan = make_loan(bank)
    condition(loan)
    visit = visits.start_visit(task_id=make_task(bank, loan).pk, by=bank.manager)
    fill(visit, bank.manager, **{"condition-K1": ("no", "Still at the registry.")})
    visit = submit(visit, bank.manager)
    assert visit.score is not None and visit.score < 100


def test_a_loan_without_conditions_has_no_sheet(bank):
    assert conditions_sheet(make_loan(bank), TODAY) is None


# Filled in beforehand --------------------------------------------------------------------------------------------------------


def test_every_fact_that_a_shipped_form_names_is_known_and_fits_its_point(bank):
    for point in Checkpoint.objects.filter(section__template__lender=bank.lender).exclude(prefill=""):
        assert fits(point.prefill, point.kind), point.code


def test_each_fact_can_be_asked_of_a_loan_of_which_little_is_known(bank):
    loan = make_loan(bank, principal=800_000)
    points = [Point(name, next(iter(named.kinds)), prefill=f"fact:{name}") for name, named in FACTS.items()]
    found = values_for(loan, points, TODAY, {})
    assert found["address"]["value"] == "18 Loufeng Rd" and found["principal"]["value"] == "800000.00"
    assert "2026-01-10" in found["principal"]["from"]
    assert set(found) == {"address", "principal"}


def test_the_last_confirmed_visit_fills_in_and_a_form_without_one_stays_empty(bank):
    points = [Point("area", "number", prefill="last"), Point("staff", "number", prefill="fact:address")]
    loan = make_loan(bank)
    assert values_for(loan, points, TODAY, last_answers(loan.pk)) == {}
    assert values_for(loan, points, TODAY, {"area": "12"})["area"]["value"] == "12"


# Pages -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, bank):
    client.force_login(bank.credit.person.accounts.get())
    return client


def test_a_form_is_designed_without_any_script(browser, bank, credit2):
    answer = browser.post(
        reverse("checklists:new"), {"code": "orchard", "kind": "routine", "product_kind": "micro", "security": "guarantee", "name_en": "Orchards"}
    )
    draft = Template.objects.get(lender=bank.lender, code="orchard")
    assert answer.headers["Location"] == reverse("checklists:form", args=[draft.pk])
    section = draft.sections.get()
    point = {
        "section": section.pk, "code": "trees", "kind": "choice", "label_en": "How do the trees stand?", "required": "on", "tolerance": "10",
        "option-0-value": "good", "option-0-en": "Good", "option-1-value": "bad", "option-1-en": "Bad", "fails": "bad", "signal_en": "Trees suffer.",
        "evidence-0-when": "fails", "evidence-0-photo": "on", "weight": "5", "full": "good",
    }  # fmt: skip
    assert browser.post(reverse("checklists:point_new", args=[draft.pk]), point).status_code == 302
    trees = Checkpoint.objects.get(section=section)
    assert (trees.options[1]["value"], trees.fails_when, trees.evidence, trees.score) == (
        "bad", ["bad"], [{"when": "fails", "needs": ["photo"]}], {"weight": 5, "full": ["good"]}
    )  # fmt: skip
    crop = {"section": section.pk, "code": "crop", "kind": "number", "label_en": "Crop", "tolerance": "10", "shown_code": "trees", "shown_on": "good"}
    browser.post(reverse("checklists:point_new", args=[draft.pk]), crop)
    browser.post(reverse("checklists:change", args=[draft.pk]), {"what": "point_up", "on": Checkpoint.objects.get(code="crop", section=section).pk})
    page = browser.get(reverse("checklists:form", args=[draft.pk])).content.decode()
    assert "comes later" in page and "한국어 missing" in page
    assert "must be mended first" in page
    again = browser.get(reverse("checklists:point", args=[draft.pk, trees.pk])).content.decode()
    assert 'value="good"' in again and "Trees suffer." in again


def test_a_form_is_tried_out_and_nothing_is_stored(browser, bank):
    form = Template.objects.get(lender=bank.lender, code="working-capital")
    url = reverse("checklists:try", args=[form.pk])
    before = Checkpoint.objects.count()
    page = browser.post(url, {"a-operating": "no", "b-staff_present": "100", "a-staff_present": "60"}).content.decode()
    assert "The business is not operating." in page and "a note, a list" in page and "Still missing" in page
    assert Checkpoint.objects.count() == before
    assert "企业是否正常经营" in browser.get(url + "?language=zh-hans").content.decode()


def test_the_list_filters_compares_and_exports(browser, bank, draft):
    page = browser.get(reverse("checklists:list") + "?state=draft").content.decode()
    assert "special v2" in page and "pledged-stock" not in page
    drafting.describe(template_id=draft.pk, by=bank.credit, change_note="x")
    point = Checkpoint.objects.filter(section__template=draft, code="operating").get()
    Checkpoint.objects.filter(pk=point.pk).update(tolerance=20)
    assert "Tolerance" in browser.get(reverse("checklists:compare", args=[draft.pk])).content.decode()
    assert "屋" not in page and b"operating" in browser.get(reverse("checklists:export", args=["csv"])).content


def test_a_form_of_another_lender_is_not_there(browser, bank):
    foreign = Template.objects.filter(lender=open_bank().lender).first()
    for name in ("form", "compare", "try", "use", "point_new"):
        assert browser.get(reverse(f"checklists:{name}", args=[foreign.pk])).status_code == 404
    for name in ("copy", "propose", "approve", "return", "retire", "discard", "change"):
        assert browser.post(reverse(f"checklists:{name}", args=[foreign.pk])).status_code == 404
