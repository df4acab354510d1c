"""A file brought on the screen is tried first; it is loaded when the person says so, once, and only by that person."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from borrowers.feeds.models import Delivery
from borrowers.loans.models import Loan
from loanwatch.people.models import Role
from tests.borrowers.feeds.conftest import loans

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(tmp_path):
    with override_settings(MEDIA_ROOT=tmp_path / "media", BUSINESS_DATE="2007-08-02"):
        yield


@pytest.fixture
def bring(client, staff, lender):
    def one(content: str, name: str = "core.csv", who: str = "CA1", role: str = Role.CREDIT_ADMIN, **form):
        client.force_login(staff(who, role).account, backend=BACKEND)
        sent = {"format": "mortgage_acquisition", "business_date": "2007-07-31", "file": SimpleUploadedFile(name, content.encode()), **form}
        return client.post(reverse("feeds:upload"), sent)

    return one


def note_of(answer) -> str:
    return answer.content.decode().split('name="note" value="')[1].split('"')[0]


def test_a_trial_tells_all_and_loads_nothing_until_the_person_says_so(bring, client):
    answer = bring(loans("L1", "L2"))
    assert "Nothing has been loaded yet." in answer.content.decode()
    assert not Loan.objects.exists()
    assert not Delivery.objects.exists()
    assert client.post(reverse("feeds:load_tried"), {"note": note_of(answer)}).status_code == 302
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.rows_applied, delivery.channel, delivery.filename) == ("applied", 2, "screen", "core.csv")
    assert delivery.received_by.staff_no == "CA1"
    assert default_storage.listdir("uploads")[1] == []
    assert client.post(reverse("feeds:load_tried"), {"note": note_of(answer)}).status_code == 409


def test_what_one_person_tried_another_can_not_load(bring, client, staff):
    note = note_of(bring(loans("L1")))
    client.force_login(staff("CA2").account, backend=BACKEND)
    assert client.post(reverse("feeds:load_tried"), {"note": note}).status_code == 409
    assert client.post(reverse("feeds:load_tried"), {"note": note + "x"}).status_code == 409
    assert not Delivery.objects.exists()


def test_a_bad_file_is_reported_with_its_rows_and_what_to_do(bring):
    shown = bring(loans("L1") + "L2,short\n").content.decode()
    assert "TRUNCATED" in shown
    assert "Ask the sender for the whole file." in shown
    assert "BAD_NUMBER" in bring(loans("L1", "L2", orig_upb="1E5"), who="CA2").content.decode()


def test_the_senders_name_is_shown_without_path_and_invisible_signs(bring, client):
    answer = bring(loans("L1"), name="..\\..\\etc\u202e/evil\u200b.csv")
    client.post(reverse("feeds:load_tried"), {"note": note_of(answer)})
    assert Delivery.objects.get().filename == "evil.csv"


def test_a_file_of_more_than_five_megabytes_is_sent_to_the_command(bring):
    answer = bring(loans("L1") + "x" * (5 * 1024 * 1024))
    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.content.decode()


def test_a_system_administrator_brings_files_and_sees_no_cell_of_them(bring):
    shown = bring(loans("L1", "L2", orig_upb="12S000"), who="SA1", role=Role.SYSADMIN).content.decode()
    assert "BAD_NUMBER" in shown
    assert "12S000" not in shown


def test_an_auditor_brings_nothing(bring):
    assert bring(loans("L1"), who="AU1", role=Role.AUDITOR).status_code == 403
