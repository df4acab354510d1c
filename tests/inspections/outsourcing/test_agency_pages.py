"""The pages about agencies, as each role meets them, and how few questions they ask of the database."""

import io
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inspections.outsourcing import actions
from inspections.outsourcing.models import Agency, Contract, Order, OrderedVisit
from inspections.outsourcing.reviewing import Judgement, review
from tests.inspections.book import make_task, own_view
from tests.inspections.outsourcing.test_orders import accepted, delivered, firm, ordered  # noqa: F401


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = "2026-11-20"


def browser(access) -> Client:
    client = Client()
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_credit_administrator_adds_an_agency_and_proposes_a_contract_that_another_agrees_to(bank, firm):  # noqa: F811
    one, other = browser(bank.credit), browser(bank.credit2)
    assert one.post("/agencies/", {"code": "east", "name": "East Visits"}).status_code == 302
    terms = {"number": "E-1", "from_on": "2026-11-01", "to_on": "2027-11-01", "accept_days": 2, "deliver_days": 8, "most_open": 20, "late_percent": 10, "free_reworks": 1}
    assert one.post("/agencies/east/contract/", terms | {"fee_routine": "250"}).status_code == 302
    contract = Contract.objects.get(number="E-1")
    assert "another credit administrator" in one.get("/agencies/east/").content.decode()
    assert other.post("/agencies/east/", {"step": "agree", "contract": contract.pk}).status_code == 302
    contract.refresh_from_db()
    assert (contract.state, contract.currency) == ("agreed", "CNY")


def test_a_contract_without_a_fee_or_with_impossible_terms_says_what_to_mend(bank, firm):  # noqa: F811
    page = browser(bank.credit).post(
        "/agencies/north/contract/",
        {"number": "E-2", "from_on": "2026-11-01", "to_on": "2026-10-01", "accept_days": 0, "deliver_days": 0, "most_open": 1, "late_percent": 101, "free_reworks": 0},
    )
    assert page.status_code == 422
    for words in ("at least one kind", "must end after", "at least 1", "at most 100"):
        assert words in page.content.decode()
    assert not Contract.objects.filter(number="E-2").exists()


def test_a_branch_head_orders_visits_and_sees_where_each_stands(bank, firm):  # noqa: F811
    task = make_task(bank)
    head = browser(bank.head)
    shown = head.get("/agencies/orders/new/", {"agency": firm.agency.pk, "branch": bank.branch.pk})
    assert task.number in shown.content.decode()
    sent = head.post("/agencies/orders/new/", {"agency": firm.agency.pk, "branch": bank.branch.pk, "task": [task.pk]})
    order = Order.objects.get()
    assert sent.status_code == 302
    page = head.get(f"/agencies/orders/{order.pk}/").content.decode()
    assert "Waiting for the agency" in page
    assert head.post(f"/agencies/orders/{order.pk}/", {"reason": ""}).status_code == 422
    assert head.post(f"/agencies/orders/{order.pk}/", {"reason": "Too dear"}).status_code == 302
    assert OrderedVisit.objects.get().state == "dropped"


def test_the_agency_answers_and_shares_out_on_its_own_page(bank, firm):  # noqa: F811
    order = ordered(firm)
    lead = browser(firm.lead)
    assert order.number in lead.get("/agency/").content.decode()
    assert lead.post(f"/agency/orders/{order.pk}/answer/", {"answer_is": "accept"}).status_code == 302
    item = order.visits.get()
    assert lead.post(f"/agency/visits/{item.pk}/give/", {"person": firm.second.person.pk}).status_code == 302
    seconds = browser(firm.second).get("/agency/").content.decode()
    assert item.task.borrower.name in seconds
    assert "<select" not in seconds, "only the one who leads shares out"


def test_an_agent_is_shown_no_loan_no_amount_and_no_visit_of_a_colleague(bank, firm):  # noqa: F811
    item = accepted(firm)
    page = browser(firm.second).get("/agency/").content.decode()
    assert item.task.borrower.name not in page
    leads = browser(firm.lead).get("/agency/").content.decode()
    leads = leads.replace(item.task.borrower.name, "")  # which in these tests holds the number of the loan
    for hidden in (item.task.loan.number, "800,000", "Normal", bank.manager.person.name):
        assert hidden not in leads


def test_the_batch_of_deliveries_shows_pictures_to_the_branch_head_and_not_to_a_verifier_who_has_no_own_view(bank, firm):  # noqa: F811
    _item, visit = delivered(firm)
    photo = f"/inspections/photos/{visit.photos.first().pk}/"
    assert photo in browser(bank.head).get("/agencies/deliveries/").content.decode()
    blind = browser(bank.officer).get("/agencies/deliveries/").content.decode()
    assert photo not in blind
    assert "record your own view first" in blind
    own_view(visit, bank.officer)
    assert photo in browser(bank.officer).get("/agencies/deliveries/").content.decode()


def test_a_batch_is_reviewed_in_one_post_and_a_refused_item_says_why(bank, firm):  # noqa: F811
    item, _visit = delivered(firm)
    head = browser(bank.head)
    refused = head.post("/agencies/deliveries/", {f"v{item.pk}-decision": "accept"})
    assert refused.status_code == 422
    assert "grade from 1 to 5" in refused.content.decode()
    assert head.post("/agencies/deliveries/", {f"v{item.pk}-decision": "accept", f"v{item.pk}-quality": "4"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "accepted"
    assert "Nothing waits" in head.get("/agencies/deliveries/").content.decode()


def test_what_is_owed_is_shown_by_month_and_exported_visit_by_visit(bank, firm):  # noqa: F811
    item, _visit = delivered(firm)
    review(visit_id=item.pk, judgement=Judgement("accept", 4), by=bank.head)
    assert "¥300.00" in browser(bank.credit).get("/agencies/north/").content.decode()
    sheet = browser(bank.credit).get("/agencies/north/owed.csv").content.decode("utf-8-sig")
    assert "300.00" in sheet
    assert zipfile.is_zipfile(io.BytesIO(browser(bank.auditor).get("/agencies/north/owed.xlsx").content))
    assert browser(bank.credit).get("/agencies/north/owed.pdf").status_code == 404


def test_a_link_is_shown_once(bank, firm):  # noqa: F811
    head, place = browser(bank.head), firm.agency.agents.get(person=firm.second.person)
    page = head.post("/agencies/north/", {"step": "link", "agent": place.pk}, follow=True).content.decode()
    assert "/m/in/" in page
    assert "/m/in/" not in head.get("/agencies/north/").content.decode()


@pytest.mark.parametrize(
    ("who", "agencies", "new_order", "own"),
    [("credit", 200, 200, 403), ("head", 200, 200, 403), ("officer", 200, 403, 403), ("auditor", 200, 403, 403), ("manager", 403, 403, 403), ("agent", 403, 403, 200)],
)
def test_each_role_sees_its_own_side(bank, firm, who, agencies, new_order, own):  # noqa: F811
    client = browser(bank.people[who])
    assert [client.get(at).status_code for at in ("/agencies/", "/agencies/orders/new/", "/agency/")] == [agencies, new_order, own]


def test_an_order_of_another_branch_is_not_there(bank, firm):  # noqa: F811
    order = ordered(firm)
    assert browser(bank.sibling_officer).get(f"/agencies/orders/{order.pk}/").status_code == 404


def test_a_list_asks_as_many_questions_for_many_orders_as_for_one(bank, firm):  # noqa: F811
    head = browser(bank.head)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert head.get("/agencies/orders/").status_code == 200
        return len(found)

    ordered(firm)
    head.get("/agencies/orders/")
    one = asked()
    for _ in range(2):
        ordered(firm)
    assert asked() == one


def test_an_agency_whose_people_work_under_its_name_keeps_the_name(bank, firm):  # noqa: F811
    page = browser(bank.credit).post("/agencies/", {"code": "north", "name": "Northern"})
    assert page.status_code in {409, 422}
    assert Agency.objects.get(code="north").name == "North Inspections"
    actions.suspend(agency_id=firm.agency.pk, reason="", by=bank.credit)
