"""Credit administration keeps products; what a feed names is never renamed or deleted."""

import pytest
from django.urls import reverse

from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.loanwatch.people.conftest import browser_of


def test_a_product_is_added_and_taken_out_of_use(bank):
    browser = browser_of(bank.first)
    assert (
        browser.post(reverse("lenders:product_new"), {"code": "WC1", "name": "Working capital", "kind": "working_capital"}).status_code
        == 302
    )
    product = Product.objects.get(lender=bank.lender, code="WC1")
    assert product.active
    assert (
        browser.post(reverse("lenders:product", args=[product.pk]), {"name": "Working capital I", "kind": "working_capital"}).status_code
        == 302
    )
    product.refresh_from_db()
    assert (product.code, product.name, product.active) == ("WC1", "Working capital I", False)
    assert AuditEvent.objects.get(event="product.changed").details["before"] == {
        "name": "Working capital",
        "kind": "working_capital",
        "active": True,
    }


@pytest.mark.parametrize("changed", [{"code": "WC1"}, {"kind": "gold"}, {"name": ""}])
def test_a_product_with_a_fault_is_not_added(bank, changed):
    Product.objects.create(lender=bank.lender, code="WC1", name="There", kind="micro")
    data = {"code": "WC2", "name": "New", "kind": "micro"} | changed
    assert browser_of(bank.first).post(reverse("lenders:product_new"), data).status_code == 422
    assert Product.objects.filter(lender=bank.lender).count() == 1


def test_products_of_another_lender_do_not_exist_for_us(bank):
    other = Lender.objects.create(code="TWO", name="Bank two", currency="CNY", zone="Asia/Shanghai")
    theirs = Product.objects.create(lender=other, code="X", name="Theirs", kind="micro")
    browser = browser_of(bank.first)
    assert browser.get(reverse("lenders:product", args=[theirs.pk])).status_code == 404
    assert "Theirs" not in browser.get(reverse("lenders:products")).content.decode()


def test_an_auditor_keeps_no_products(bank):
    assert browser_of(bank.hire(Role.AUDITOR, "HO")).get(reverse("lenders:products")).status_code == 403
