"""The pages of sampling and agreement: who is shown what, and that nothing of a draw reaches the manager."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from inspections.evidence.actions import ensure_examined
from inspections.sampling import rules
from inspections.sampling.actions import ensure_drawn
from inspections.sampling.models import Draw, SamplingPolicy
from loanwatch.people.models import Role
from tests.inspections import book
from tests.inspections.book import TODAY
from tests.inspections.sampling.test_sampling import handed_in

pytestmark = pytest.mark.django_db
DECEMBER = date(2026, 12, 2)


@pytest.fixture(autouse=True)
def today(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()


@pytest.fixture
def bank():
    return book.open_bank()


@pytest.fixture
def at(client):
    """Open a page as somebody: at(access, url) or at(access, url, post=...)."""

    def opened(access, url, post=None, follow=False):
        client.force_login(access.account)
        return client.get(url, follow=follow) if post is None else client.post(url, post, follow=follow)

    return opened


def month_of(bank) -> str:
    return reverse("sampling:month", args=["2026-11"])


def test_months_policy_and_draws_are_shown_to_officer_credit_administration_and_audit(bank, at):
    drawn = ensure_drawn([handed_in(bank)], on=TODAY).popitem()[1]
    for reader in (bank.officer, bank.credit, bank.auditor):
        home = at(reader, reverse("sampling:home"))
        assert drawn.seed.commitment in home.content.decode() and "Shipped with LoanWatch" in home.content.decode()
        assert drawn.visit.task.number in at(reader, month_of(bank)).content.decode()
        assert at(reader, reverse("sampling:policy", args=[drawn.policy_id])).status_code == 200


def test_no_page_of_sampling_or_agreement_opens_for_a_manager_an_agent_or_a_branch_head_of_sampling(bank, at):
    ensure_drawn([handed_in(bank)], on=TODAY)
    policy = SamplingPolicy.objects.get(lender=bank.lender)
    pages = [reverse("sampling:home"), month_of(bank), reverse("sampling:policy", args=[policy.pk]), reverse("sampling:export", args=["2026-11", "csv"])]
    for reader in (bank.manager, bank.agent, bank.head):
        assert {at(reader, page).status_code for page in pages} == {403}
    for reader in (bank.manager, bank.agent):
        assert at(reader, reverse("agreement:home")).status_code == 403
    assert at(bank.officer, reverse("agreement:signs")).status_code == 403
    assert at(bank.officer, reverse("agreement:home") + "?by=officer").status_code == 403


def test_what_a_manager_may_open_says_nothing_of_draw_seed_or_share(bank, at):
    """Before and after handing in: no number, no hash of a seed, no method stands on a page the manager opens."""
    visit = book.submitted(bank)
    ensure_examined([visit.pk], on=TODAY)
    drawn = ensure_drawn([visit], on=TODAY)[visit.pk]
    secrets = [drawn.number, drawn.number[:13], drawn.seed.commitment, drawn.policy_hash, drawn.seed.sealed]
    pages = [reverse("visits:detail", args=[visit.pk]), reverse("inspections:tasks"), reverse("visits:today")]
    for url in (*pages, f"/api/v1/inspections/{visit.pk}/", "/api/v1/inspections/"):
        answer = at(bank.manager, url, follow=True)
        text = answer.content.decode()
        assert answer.status_code in {200, 404}
        assert not any(secret in text for secret in secrets) and "draw" not in (text if url.startswith("/api") else "")


def test_an_officer_is_told_the_method_at_once_and_the_share_after_the_decision(bank, at):
    drawn = ensure_drawn([handed_in(bank)], on=TODAY).popitem()[1]
    shown = f"{rules.fraction(drawn.number):.4f}"
    assert shown not in at(bank.officer, month_of(bank)).content.decode()
    assert "after the decision" in at(bank.officer, month_of(bank)).content.decode()
    assert shown in at(bank.auditor, month_of(bank)).content.decode()


def test_nobody_is_shown_the_draw_of_an_own_inspection(bank, at):
    visit = handed_in(bank)
    ensure_drawn([visit], on=TODAY)
    both = book.hire(bank, "both", Role.CREDIT_ADMIN, bank.branch)
    assert Draw.objects.visible_to(both).count() == 1
    own = book.make_task(bank, to=both)
    assert len(ensure_drawn([handed_in(bank, own, by=both)], on=TODAY)) == 1 and Draw.objects.visible_to(both).count() == 1
    assert own.number not in at(both, month_of(bank)).content.decode()


def test_an_auditor_opens_the_month_and_everybody_entitled_draws_it_again(bank, at, settings):
    ensure_drawn([handed_in(bank), handed_in(bank)], on=TODAY)
    open_url = reverse("sampling:open", args=["2026-11"])
    assert at(bank.auditor, open_url, {}).status_code == 409  # the month runs
    settings.BUSINESS_DATE = DECEMBER.isoformat()
    assert at(bank.officer, open_url, {}).status_code == 403
    assert at(bank.auditor, open_url, {}).status_code == 302
    assert "2 draws made again from the seed: all equal" in at(bank.officer, month_of(bank) + "?redraw=1").content.decode()


def test_the_draws_of_a_month_leave_as_a_file_with_what_is_needed_to_check_them(bank, at):
    drawn = ensure_drawn([handed_in(bank)], on=TODAY).popitem()[1]
    for kind in ("csv", "xlsx"):
        assert at(bank.auditor, reverse("sampling:export", args=["2026-11", kind])).status_code == 200
    text = at(bank.auditor, reverse("sampling:export", args=["2026-11", "csv"])).content.decode("utf-8-sig")
    assert drawn.number in text and drawn.content_hash in text and drawn.seed.commitment in text
    assert drawn.number not in at(bank.officer, reverse("sampling:export", args=["2026-11", "csv"])).content.decode("utf-8-sig")
    assert at(bank.auditor, reverse("sampling:export", args=["2026-11", "pdf"])).status_code == 404


def form(**changed) -> dict:
    told = {
        "valid_from": (TODAY + timedelta(days=1)).isoformat(), "why": "More small loans.", "base_share": "5", "flag_points": "10", "alert_points": "2",
        "class_points": "5", "exposure_from": "", "exposure_points": "5", "most_points": "30", "last_points": "100", "least_points": "30",
        "disagree_from": "15", "raised_points": "20", "rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0", "rows-0-code": "red", "rows-0-share": "100",
        "rows-0-method": "visit", "rows-0-otherwise": "desk", "rows-0-levels": ["3"], "rows-1-code": "rest", "rows-1-share": "8",
        "rows-1-method": "visit", "rows-1-otherwise": "desk",
    }  # fmt: skip
    return told | changed


def test_a_policy_is_drafted_previewed_proposed_and_approved_on_its_pages(bank, at):
    handed_in(bank)
    second = book.hire(bank, "credit2", Role.CREDIT_ADMIN, bank.branch)
    assert at(bank.credit, reverse("sampling:new")).status_code == 200
    assert at(bank.credit, reverse("sampling:new"), form()).status_code == 302
    made = SamplingPolicy.objects.get(lender=bank.lender, state="draft")
    page = reverse("sampling:policy", args=[made.pk])
    assert "What it asks of each officer" in at(bank.credit, page).content.decode()
    assert at(bank.credit, reverse("sampling:edit", args=[made.pk]), form(why="Better words.")).status_code == 302
    assert at(second, reverse("sampling:edit", args=[made.pk]), form()).status_code == 403
    assert at(bank.credit, reverse("sampling:propose", args=[made.pk]), {}).status_code == 302
    made.refresh_from_db()
    approve = reverse("sampling:approve", args=[made.pk])
    assert at(bank.credit, approve, {"seen_hash": made.text_hash}).status_code == 403
    assert at(second, approve, {"seen_hash": "stale"}).status_code == 409
    assert at(second, approve, {"seen_hash": made.text_hash}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.approved_by_id, [row.code for row in made.strata.all()]) == ("approved", second.person.pk, ["red", "rest"])


@pytest.mark.parametrize(
    "wrong",
    [{"valid_from": TODAY.isoformat()}, {"rows-1-code": "red"}, {"rows-1-share": "101"}, {"least_points": "101"}, {"rows-1-otherwise": "visit"}, {"rows-0-code": ""}],
)
def test_a_policy_that_makes_no_sense_is_given_back_with_what_is_wrong(bank, at, wrong):
    assert at(bank.credit, reverse("sampling:new"), form(**wrong)).status_code == 422
    assert not SamplingPolicy.objects.filter(lender=bank.lender, state="draft").exists()


def test_a_version_is_returned_or_withdrawn_with_a_reason(bank, at):
    at(bank.credit, reverse("sampling:new"), form())
    made = SamplingPolicy.objects.get(lender=bank.lender, state="draft")
    url = reverse("sampling:return", args=[made.pk])
    at(bank.credit, reverse("sampling:propose", args=[made.pk]), {})
    at(bank.credit, url, {"do": "return", "reason": ""})
    made.refresh_from_db()
    assert made.state == "proposed"
    at(bank.credit, url, {"do": "return", "reason": "Too many."})
    at(bank.credit, url, {"do": "withdraw", "reason": "Not needed."})
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_a_policy_of_another_lender_is_not_there(bank, at):
    other = book.open_bank()
    ensure_drawn([handed_in(other)], on=TODAY)
    policy = SamplingPolicy.objects.get(lender=other.lender)
    assert at(bank.auditor, reverse("sampling:policy", args=[policy.pk])).status_code == 404
    assert at(bank.auditor, month_of(bank)).status_code == 404
    assert at(bank.auditor, reverse("sampling:month", args=["2026-99"])).status_code == 404
