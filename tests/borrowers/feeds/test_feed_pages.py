"""Who keeps the feeds sees every delivery and why rows were set aside; who may not read borrowers sees no cell."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import find
from borrowers.feeds.models import Delivery, QuarantinedRow
from loanwatch.people.models import Role
from loanwatch.people.tree import open_branch
from tests.borrowers.feeds.conftest import JULY, loans, months

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture
def row(deliver) -> QuarantinedRow:
    done = deliver("mortgage_acquisition", loans("L1") + loans("L2", orig_upb="12S000").splitlines(keepends=True)[1])
    return QuarantinedRow.objects.get(delivery_id=done.delivery)


def test_the_list_tells_each_delivery_and_filters_by_state(client, staff, row):
    client.force_login(staff("CA1").account, backend=BACKEND)
    page = client.get(reverse("feeds:deliveries"))
    assert page.status_code == 200
    assert "mortgage_acquisition" in page.content.decode()
    assert "mortgage_acquisition</a>" not in client.get(reverse("feeds:deliveries") + "?state=held").content.decode()


def test_a_delivery_shows_line_reason_and_value_and_credit_administration_decides_there(client, staff, row):
    client.force_login(staff("CA1").account, backend=BACKEND)
    page = client.get(reverse("feeds:delivery", args=[row.delivery_id])).content.decode()
    assert "BAD_NUMBER" in page
    assert "12S000" in page
    assert client.post(reverse("feeds:correct", args=[row.pk]), {"cell.orig_upb": "125000"}).status_code == 302
    assert client.post(reverse("feeds:release", args=[row.pk])).status_code == 403
    client.force_login(staff("CA2").account, backend=BACKEND)
    assert client.post(reverse("feeds:release", args=[row.pk])).status_code == 302
    assert client.post(reverse("feeds:reject", args=[row.pk]), {"note": "typed twice"}).status_code == 409


def test_a_system_administrator_sees_the_reason_but_no_cell(client, staff, row):
    client.force_login(staff("SA1", Role.SYSADMIN).account, backend=BACKEND)
    page = client.get(reverse("feeds:delivery", args=[row.delivery_id])).content.decode()
    assert "BAD_NUMBER" in page
    assert "12S000" not in page
    assert client.post(reverse("feeds:reject", args=[row.pk]), {"note": "typed twice"}).status_code == 403


def test_an_account_manager_does_not_see_feeds(client, staff, row):
    client.force_login(staff("AM1", Role.ACCOUNT_MANAGER).account, backend=BACKEND)
    assert client.get(reverse("feeds:deliveries")).status_code == 403


def test_a_file_that_changes_positions_told_by_another_feed_is_held_and_its_page_says_so(
    client, staff, two_loans, deliver, lender, tmp_path
):
    deliver("mortgage_performance", months({"loan_id": "L1"}))
    path = tmp_path / "core.csv"
    path.write_text(months({"loan_id": "L1", "current_actual_upb": "1"}))
    done = load(Order(lender, replace(find("mortgage_performance"), name="core_positions"), path, JULY))
    assert (done.state, done.notes["difference"]["to_delivery"]) == ("held", None)
    client.force_login(staff("CA1").account, backend=BACKEND)
    page = client.get(reverse("feeds:delivery", args=[done.delivery]))
    assert page.status_code == 200
    assert "Open the delivery before" not in page.content.decode()
    assert "1 rows would make a fact new or change one." in page.content.decode()


def test_a_role_in_one_branch_shows_no_cell_of_a_file_that_tells_of_all(client, staff, row, deliver):
    open_branch(row.delivery.lender, code="B1", name="One", kind="branch", on=date(2000, 1, 1))
    people = [staff("CA1", branch="B1"), staff("AU1", Role.AUDITOR, branch="B1")]
    addresses = [reverse("feeds:delivery", args=[row.delivery_id]), reverse("feeds:quarantine"), reverse("feeds:row", args=[row.pk])]
    for access in people:
        client.force_login(access.account, backend=BACKEND)
        for address in addresses:
            page = client.get(address).content.decode()
            assert "12S000" not in page
            assert "The cells tell of every branch." in page
    client.force_login(people[0].account, backend=BACKEND)
    assert client.get(reverse("feeds:rejects", args=[row.delivery_id])).status_code == 409
    assert client.post(reverse("feeds:reject", args=[row.pk]), {"note": "typed twice"}).status_code == 409


def test_rows_of_a_format_that_is_gone_answer_with_a_sentence(client, staff, row):
    Delivery.objects.filter(pk=row.delivery_id).update(format="retired_format")
    client.force_login(staff("CA1").account, backend=BACKEND)
    assert client.get(reverse("feeds:rejects", args=[row.delivery_id])).status_code == 409
    assert client.post(reverse("feeds:release", args=[row.pk])).status_code == 409
    done = client.post(reverse("feeds:decide"), {"what": "release", "row": [row.pk]})
    assert "not in use any more" in done.content.decode()


def test_who_corrected_a_row_may_reject_it_on_its_page(client, staff, row):
    client.force_login(staff("CA1").account, backend=BACKEND)
    client.post(reverse("feeds:correct", args=[row.pk]), {"cell.orig_upb": "125000"})
    assert client.post(reverse("feeds:reject", args=[row.pk]), {"note": "typed twice"}).status_code == 302


@pytest.mark.parametrize("upto", ["0001-01-01", "9999-12-31", "1899-12-31", "2007-02-30", "never"])
def test_a_day_that_no_calendar_reaches_moves_the_board_nowhere(client, staff, row, upto):
    client.force_login(staff("CA1").account, backend=BACKEND)
    assert client.get(reverse("feeds:board"), {"upto": upto}).status_code == 200
