"""The worklist of rows set aside: filters, several cells corrected at once, several rows decided about, each with its result."""

from dataclasses import replace

import pytest
from django.urls import reverse

from borrowers.feeds.importer import formats
from borrowers.feeds.models import QuarantinedRow
from borrowers.loans.models import Loan
from loanwatch.people.models import Role
from tests.borrowers.feeds.conftest import loans

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(tolerant, deliver) -> list[QuarantinedRow]:
    """Two rows with a bad amount and one with a bad day, of an applied file."""
    bad = [loans(n, orig_upb="12S000").splitlines()[1] for n in ("L2", "L3")] + [loans("L4", orig_date="13/2007").splitlines()[1]]
    done = deliver("mortgage_acquisition", loans("L1") + "\n".join(bad) + "\n")
    assert (done.state, done.quarantined) == ("applied", 3)
    return list(QuarantinedRow.objects.filter(delivery_id=done.delivery).order_by("line"))


@pytest.fixture
def tolerant(monkeypatch):
    """The feed takes nine bad rows in ten."""
    monkeypatch.setattr("tests.borrowers.feeds.conftest.find", lambda name: replace(formats.find(name), hold_over_percent=90))


@pytest.fixture
def as_credit(client, staff):
    def one(staff_no: str):
        access = staff(staff_no)
        client.force_login(access.account, backend=BACKEND)
        return access

    return one


def worklist(client, **query) -> str:
    return client.get(reverse("feeds:quarantine"), query).content.decode()


def test_the_worklist_shows_waiting_rows_of_all_deliveries_and_filters_by_reason(rows, client, as_credit):
    as_credit("CA1")
    assert worklist(client).count('name="row"') == 3
    assert worklist(client, reason="BAD_DATE").count('name="row"') == 1
    assert worklist(client, feed="mortgage_acquisition", waits="no", corrected="no").count('name="row"') == 3
    assert "No row fits the filters" in worklist(client, waits="yes")
    assert "No row fits the filters" in worklist(client, age="7")


def test_several_cells_are_corrected_in_one_form_and_the_faulty_one_is_marked(rows, client, as_credit):
    as_credit("CA1")
    pane = client.get(reverse("feeds:row", args=[rows[0].pk])).content.decode()
    assert pane.index("orig_upb") < pane.index("loan_id")
    assert "the fault" in pane
    sent = {"cell.orig_upb": "125000", "cell.orig_interest_rate": "6.5", "cell.seller_name": "OTHER"}
    assert client.post(reverse("feeds:correct", args=[rows[0].pk]), sent).status_code == 302
    rows[0].refresh_from_db()
    assert rows[0].corrected == {"orig_upb": "125000", "orig_interest_rate": "6.5"}
    assert "As it came: 12S000" in client.get(reverse("feeds:row", args=[rows[0].pk])).content.decode()
    assert client.post(reverse("feeds:correct", args=[rows[0].pk]), sent).status_code == 409
    assert client.post(reverse("feeds:correct", args=[rows[0].pk]), {"cell.no_such": "1"}).status_code == 409


def test_several_rows_are_released_at_once_and_each_has_its_own_result(rows, client, as_credit):
    as_credit("CA1")
    client.post(reverse("feeds:correct", args=[rows[0].pk]), {"cell.orig_upb": "125000"})
    as_credit("CA2")
    answer = client.post(reverse("feeds:decide"), {"what": "release", "row": [r.pk for r in rows]}).content.decode()
    assert "2 rows could not be decided about and wait as before." in answer
    assert list(QuarantinedRow.objects.order_by("line").values_list("state", flat=True)) == ["released", "waiting", "waiting"]
    assert Loan.objects.filter(number="L2").exists()


def test_rows_are_rejected_only_with_a_reason(rows, client, as_credit):
    as_credit("CA1")
    client.post(reverse("feeds:decide"), {"what": "reject", "row": [rows[0].pk], "note": ""})
    assert client.post(reverse("feeds:reject", args=[rows[0].pk]), {"note": " "}).status_code == 409
    assert QuarantinedRow.objects.filter(state="rejected").count() == 0
    client.post(reverse("feeds:decide"), {"what": "reject", "row": [r.pk for r in rows[:2]], "note": "typed twice"})
    assert list(QuarantinedRow.objects.filter(state="rejected").values_list("note", flat=True)) == ["typed twice", "typed twice"]
    assert client.post(reverse("feeds:decide"), {"what": "release"}).status_code == 302


def test_a_system_administrator_sees_that_rows_wait_but_no_cell_and_decides_nothing(rows, client, staff):
    client.force_login(staff("SA1", Role.SYSADMIN).account, backend=BACKEND)
    shown = worklist(client)
    assert "This is no number" in shown
    assert "12S000" not in shown
    assert "12S000" not in client.get(reverse("feeds:row", args=[rows[0].pk])).content.decode()
    assert client.post(reverse("feeds:decide"), {"what": "release", "row": [rows[0].pk]}).status_code == 403


def test_an_empty_worklist_says_that_all_is_done(client, as_credit, lender):
    as_credit("CA1")
    assert "No row waits" in worklist(client)
