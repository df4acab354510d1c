"""Commercial property loans as filed: loans and properties in one XML file, and a summary property that is no property."""

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db.models import Sum

from borrowers.collateral.models import CollateralItem, Pledge, Valuation
from borrowers.loans.models import Loan, Position
from tests.borrowers.feeds.real_sets import DATA, a_lender, needs_data, raw, remarks, take

pytestmark = [*needs_data, pytest.mark.faults]  # whole published files: too long for the fast suite
FILE = "sec_cmbs_ex102_2017-11/exh_102.xml"
DAY = date(2017, 11, 13)


def test_each_loan_has_its_properties_and_no_summary_is_added_to_its_parts(as_worker, tmp_path):
    lender = a_lender("USD")
    done = take(lender, "cmbs_ex102", FILE, DAY)
    loans, properties = raw("sec_cmbs_ex102_2017-11/loans.csv"), raw("sec_cmbs_ex102_2017-11/properties.csv")
    several = set(properties.groupby("loan_no").size().loc[lambda n: n > 1].index)
    parts = properties[~properties["loan_no"].isin(several) | properties["assetNumber"].str.contains(".", regex=False)]
    valued = parts[parts["valuationSecuritizationAmount"] != ""]
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", len(properties), 42, 0)
    assert {one.number: (one.principal, one.rate) for one in Loan.objects.all()} == {
        f"CMBS-{row['assetNumber']}": (Decimal(row["originalLoanAmount"]), Decimal(row["originalInterestRatePercentage"]) * 100)
        for _, row in loans.iterrows()
    }
    balances = loans["reportPeriodEndActualBalanceAmount"].map(Decimal)
    assert Position.objects.filter(days_past_due=0).aggregate(s=Sum("balance"))["s"] == sum(balances, Decimal(0))
    pledged = Pledge.objects.values_list("loan__number", "item__number")
    assert sorted(pledged) == sorted((f"CMBS-{row['loan_no']}", f"CMBS-P{row['assetNumber']}") for _, row in parts.iterrows())
    assert CollateralItem.objects.count() == len(parts) == 39
    worth = dict(Valuation.objects.filter(method="appraisal").values_list("item__number", "value"))
    assert worth == {f"CMBS-P{row['assetNumber']}": Decimal(row["valuationSecuritizationAmount"]) for _, row in valued.iterrows()}
    assert remarks(done) == {"FURTHER_PROPERTY": 28, "SUMMARY_PROPERTY": len(several), "PROPERTY_NOT_VALUED": len(parts) - len(valued)}
    assert Loan.objects.get(number="CMBS-2").attributes["property_value"] == "323100000.00"
    assert take(lender, "cmbs_ex102", FILE, DAY).state == "already_loaded"
    _another_balance_of_the_day_waits_for_a_person(lender, done.delivery, tmp_path)


def _another_balance_of_the_day_waits_for_a_person(lender, delivery, tmp_path) -> None:
    tree = ElementTree.parse(DATA / FILE)
    first = next(one for one in tree.getroot() if one.find("{*}assetNumber").text == "1")
    first.find("{*}reportPeriodEndActualBalanceAmount").text = "77000000.00"
    tree.write(tmp_path / "touched.xml", encoding="utf-8", xml_declaration=True)
    other = take(lender, "cmbs_ex102", tmp_path / "touched.xml", DAY)
    assert (other.state, other.reasons) == ("held", {"OTHER_CONTENT": 1})
    assert other.notes["difference"] == {"to_delivery": delivery, "rows_that_would_change": 1}
