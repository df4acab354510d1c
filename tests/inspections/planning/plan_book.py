"""Plans for the tests of the inspection plan."""

from datetime import date
from typing import Any

from inspections.planning.models import PlanRow, PlanVersion
from tests.inspections.book import LONG_AGO, Bank, hire


def make_plan(bank: Bank, *rows: dict[str, Any], valid_from: date = LONG_AGO, state: str = "approved", **fields: Any) -> PlanVersion:
    """A version with the lines given, made by `credit` and approved by `credit2`."""
    number = PlanVersion.objects.filter(lender=bank.lender).count() + 1
    version = PlanVersion.objects.create(lender=bank.lender, number=number, valid_from=valid_from, made_by=bank.credit.person, source="Test", **fields)
    PlanRow.objects.bulk_create(PlanRow(version=version, place=place, **row) for place, row in enumerate(rows, start=1))
    second = bank.people.setdefault("credit2", None) or hire(bank, "credit2", "credit_admin", bank.branch)
    bank.people["credit2"] = second
    for new in ("proposed", "approved")[: ("draft", "proposed", "approved").index(state)]:
        version.state = new
        version.approved_by = second.person if new == "approved" else None
        version.save()
    return version
