"""The pages of agreement: groups, filters, files, and what they say of few points."""

import pytest
from django.urls import reverse

from tests.inspections import book
from tests.inspections.agreement.test_agreement import checked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bank(settings):
    from django.utils import timezone

    settings.BUSINESS_DATE = f"{timezone.now():%Y-%m-%d}"
    bank = book.open_bank()
    checked(bank, "s" * 27 + "ddm", done=True)
    checked(bank, "ss", recorder=bank.manager2, officer=bank.officer2, done=True)
    return bank


def text_of(client, access, url) -> str:
    client.force_login(access.account)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig")


def test_the_share_stands_with_its_points_and_interval_and_few_points_are_said_to_say_nothing(client, bank):
    page = text_of(client, bank.head, reverse("agreement:home"))
    assert "90.0%" in page and "74.4%" in page and "96.5%" in page
    assert "Fewer than 30 points say nothing." in page


@pytest.mark.parametrize("by", ["manager", "checkpoint", "officer", "branch", "template", "month"])
def test_every_group_opens_sorted_and_narrowed_and_leaves_as_a_file(client, bank, by):
    sort = {"checkpoint": "-material", "month": "-points", "officer": "same"}.get(by, "name")
    query = f"?by={by}&sort={sort}&days=90&branch={bank.branch.code}&method=desk&kind=routine"
    page = text_of(client, bank.auditor, reverse("agreement:home") + query)
    assert '<td class="n num" data-l="Points">' in page and "No check fits" not in page
    text_of(client, bank.auditor, reverse("agreement:export", args=["csv"]) + query)


def test_a_filter_that_makes_no_sense_is_as_good_as_none(client, bank):
    assert "90.0%" in text_of(client, bank.head, reverse("agreement:home") + "?by=moon&days=x&sort=-moon&kind=?")


def test_signs_open_for_the_superior_with_figures_and_leave_as_a_file(client, bank):
    page = text_of(client, bank.head, reverse("agreement:signs"))
    assert bank.officer.person.name in page and bank.officer2.person.name in page
    for sort in ("name", "-seconds", "pair"):
        text_of(client, bank.credit, reverse("agreement:signs") + f"?sort={sort}&days=365&branch=MAIN")
    assert "No officer fits these filters" in text_of(client, bank.head, reverse("agreement:signs") + "?only=signs")
    assert bank.officer.person.staff_no in text_of(client, bank.auditor, reverse("agreement:signs_export", args=["csv"]))


def test_the_file_says_as_well_that_few_points_say_nothing(client, bank):
    text = text_of(client, bank.auditor, reverse("agreement:export", args=["csv"]) + "?by=manager")
    assert text.count("too few points") == 1 and "90.0" in text


def test_an_empty_period_says_so(client, bank):
    assert "No check was decided in this period" in text_of(client, book.open_bank().head, reverse("agreement:home"))
