"""The board, the plans and the page of a delivery, as credit administration sees them."""

from datetime import date, time

import pytest
from django.test import override_settings
from django.urls import reverse

from borrowers.feeds.actions import Order, load
from borrowers.feeds.models import Delivery, FeedGap, FeedPlan
from borrowers.feeds.own_formats import find_for
from loanwatch.people.models import Role
from tests.borrowers.feeds.conftest import JULY, loans, months

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def august(tmp_path):
    with override_settings(BUSINESS_DATE="2007-08-02", MEDIA_ROOT=tmp_path / "media"):
        yield


@pytest.fixture
def credit(client, staff):
    access = staff("CA1")
    client.force_login(access.account, backend=BACKEND)
    return access


@pytest.fixture
def plan(lender) -> FeedPlan:
    return FeedPlan.objects.create(
        lender=lender, format="mortgage_performance", by_time=time(7), from_on=date(2007, 7, 1), contact="extension 4"
    )


def page(client, name, *args, **query) -> str:
    answer = client.get(reverse(f"feeds:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_board_says_what_to_do_first(client, credit):
    assert "No feed is planned and none was loaded" in page(client, "board")


def test_a_missing_feed_stands_on_top_with_whom_to_ask_and_the_day_may_be_let_go_with_a_reason(client, credit, plan):
    shown = page(client, "board")
    assert "1 feed is missing." in shown
    assert "Ask extension 4." in shown
    asked = {"format": plan.format, "business_date": "2007-07-31"}
    client.post(reverse("feeds:let_close"), asked)
    assert not FeedGap.objects.exists()
    client.post(reverse("feeds:let_close"), {**asked, "reason": "strike"})
    assert FeedGap.objects.get().let_go_by == credit.person
    assert "is missing" not in page(client, "board")


def test_the_board_filters_by_how_a_date_stands_and_by_feed(client, credit, plan, deliver):
    deliver("mortgage_acquisition", loans("L1"))
    assert "mortgage_acquisition</a>" in page(client, "board")
    missing_only = page(client, "board", standing="missing")
    assert "mortgage_performance</a>" in missing_only
    assert "mortgage_acquisition</a>" not in missing_only
    assert "No feed fits the filters" in page(client, "board", standing="held")


def test_a_plan_is_laid_down_and_ended_on_the_page(client, credit):
    form = {
        "format": "mortgage_performance",
        "every": "month",
        "days_after": "2",
        "by_time": "08:30",
        "blocks_close": "on",
        "contact": "",
        "from_on": "2007-08-01",
    }
    assert client.post(reverse("feeds:plan_new"), {**form, "by_time": "soon"}).status_code == 422
    assert client.post(reverse("feeds:plan_new"), form).status_code == 302
    plan = FeedPlan.objects.get()
    assert "by 08:30, 2 days later" in page(client, "plans")
    assert client.post(reverse("feeds:plan_end", args=[plan.pk]), {"to_on": "2007-09-01"}).status_code == 302
    plan.refresh_from_db()
    assert plan.to_on == date(2007, 9, 1)


def test_the_page_of_other_content_shows_what_would_change_and_only_another_person_gets_the_button(
    client, credit, staff, two_loans, deliver
):
    done = deliver("mortgage_acquisition", loans("L1", "L2", orig_interest_rate="7.125"), received_by=credit)
    shown = page(client, "delivery", done.delivery)
    assert "You brought it, so another credit administrator must approve it." in shown
    assert reverse("feeds:approve", args=[done.delivery]) not in shown
    assert client.post(reverse("feeds:approve", args=[done.delivery])).status_code == 403
    client.force_login(staff("CA2").account, backend=BACKEND)
    assert reverse("feeds:approve", args=[done.delivery]) in page(client, "delivery", done.delivery)
    assert client.post(reverse("feeds:approve", args=[done.delivery])).status_code == 302
    assert Delivery.objects.get(pk=done.delivery).state == "applied"
    assert client.post(reverse("feeds:approve", args=[done.delivery])).status_code == 409


def test_a_held_file_is_declined_on_the_page_with_a_reason(client, credit, two_loans, deliver):
    done = deliver("mortgage_performance", months({"loan_id": "L1", "current_actual_upb": "NaN"}))
    client.post(reverse("feeds:decline", args=[done.delivery]), {"reason": ""})
    assert Delivery.objects.get(pk=done.delivery).state == "held"
    client.post(reverse("feeds:decline", args=[done.delivery]), {"reason": "wrong system"})
    assert "Declined by CA1: wrong system" in page(client, "delivery", done.delivery)


def test_what_a_second_file_changed_is_told_field_by_field_to_those_who_may_read_loans(client, credit, staff, two_loans, deliver):
    done = deliver("mortgage_acquisition", loans("L1", "L2", orig_interest_rate="7.125"), approved_by=staff("CA2"))
    shown = page(client, "delivery", done.delivery)
    assert "Before and after" in shown
    assert "7.125000" in shown
    client.force_login(staff("SA1", Role.SYSADMIN).account, backend=BACKEND)
    assert "7.125000" not in page(client, "delivery", done.delivery)


def test_rejects_come_back_in_the_shape_of_the_senders_file_and_are_loaded_when_mended(client, credit, deliver):
    header, bad = loans("L2", orig_upb="12S000").splitlines()
    formula = bad.replace("L2", "L3").replace("OTHER", "=1+1").replace("12S000", "-5")
    done = deliver("mortgage_acquisition", loans("L1") + bad + "\n" + formula + "\n")
    assert done.quarantined == 2
    answer = client.get(reverse("feeds:rejects", args=[done.delivery]))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == header + ",_reason,_sentence"
    assert lines[1].startswith("L2,")
    assert ",BAD_NUMBER," in lines[1]
    assert "=1+1" not in lines[2]
    assert ",-5," in lines[2]
    assert "seller_name" in lines[2]


def test_a_mended_file_of_rejects_is_read_as_if_the_reasons_were_not_there(client, credit, lender, deliver, tmp_path):
    done = deliver("mortgage_acquisition", loans("L1") + loans("L2", orig_upb="12S000").splitlines()[1] + "\n")
    mended = client.get(reverse("feeds:rejects", args=[done.delivery])).content.replace(b"12S000", b"125000")
    path = tmp_path / "mended.csv"
    path.write_bytes(mended)
    again = load(Order(lender, find_for(lender, "mortgage_acquisition"), path, JULY, all_rows=True))
    assert (again.state, again.applied) == ("applied", 1)


def test_the_board_asks_the_database_as_often_for_one_feed_as_for_many(
    client, credit, plan, lender, deliver, django_assert_max_num_queries
):
    deliver("mortgage_acquisition", loans("L1"))
    for number in range(5):
        FeedPlan.objects.create(lender=lender, format=f"feed_{number}", by_time=time(7), from_on=date(2007, 7, 1))
    with django_assert_max_num_queries(30):
        page(client, "board")
