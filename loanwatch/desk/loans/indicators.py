"""What a close says of a loan and its borrower, indicator by indicator; what can't be judged names the input that is missing."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from alerts.observation.dictionary import GRAINS
from alerts.observation.fields import Field, Kind
from alerts.observation.models import BorrowerDay, LoanDay
from borrowers.loans.models import Loan
from loanwatch.desk import formats
from loanwatch.desk.closes import closes, frame

FAMILIES = {
    "REP": gettext_lazy("Repayment"),
    "ACC": gettext_lazy("Account behaviour"),
    "USE": gettext_lazy("Use of funds"),
    "FIN": gettext_lazy("Financial statements"),
    "COV": gettext_lazy("Covenants"),
    "COL": gettext_lazy("Collateral and guarantors"),
    "GRP": gettext_lazy("Group and related parties"),
    "MGT": gettext_lazy("Management and owners"),
    "EXT": gettext_lazy("From outside"),
    "IND": gettext_lazy("Industry"),
    "MSK": gettext_lazy("Masking and extension"),
    "REL": gettext_lazy("Relationship"),
    "": gettext_lazy("Plain figures"),
}
# Conduct of staff is for their superiors; it is not told beside a loan that the person may open.
NOT_SHOWN = ("PRC", "MSK-06")
SHOWS = ("all", "known", "missing")


def loan_indicators(request: HttpRequest, number: str) -> HttpResponse:
    """Every indicator of one loan and of its borrower at a close, by family; `?show=missing` lists what can't be judged and why."""
    loans = Loan.objects.visible_to(request.access).select_related("borrower", "product", "branch", "lender")
    loan = get_object_or_404(loans, number=number)
    as_of = closes(request).chosen(request.GET.get("as_of"))
    show = request.GET.get("show") if request.GET.get("show") in SHOWS else "all"
    seen = LoanDay.objects.filter(lender=loan.lender_id, as_of=as_of, loan=loan).first() if as_of else None
    of_borrower = BorrowerDay.objects.filter(lender=loan.lender_id, as_of=as_of, borrower=loan.borrower_id).first() if as_of else None
    rows = _rows("loan", seen, loan.currency) + _rows("borrower", of_borrower, loan.lender.currency)
    counts = {"all": len(rows), "missing": sum(row["missing"] for row in rows)}
    counts["known"] = counts["all"] - counts["missing"]
    context = frame(request) | {
        "loan": loan, "as_of": as_of, "offered": closes(request).offered(), "show": show, "counts": counts, "on_book": seen is not None,
        "tabs": [
            {"text": text, "url": f"?show={key}" + (f"&as_of={as_of.isoformat()}" if as_of else ""), "current": key == show, "count": counts[key]}
            for key, text in (("all", _("All")), ("known", _("Known")), ("missing", _("Not evaluable")))
        ],
        "families": _by_family([row for row in rows if show == "all" or row["missing"] == (show == "missing")]),
    }  # fmt: skip
    return render(request, "desk/loans/indicators.html", context)


def _rows(grain: str, seen: Model | None, currency: str) -> list[dict[str, Any]]:
    if seen is None:
        return []
    fields = [f for f in GRAINS[grain].values() if f.name != "as_of" and not f.indicator.startswith(NOT_SHOWN)]
    return [_row(f, getattr(seen, f.column, None), currency) for f in fields]


def _row(field: Field, value: Any, currency: str) -> dict[str, Any]:
    missing = value is None or value == ""
    return {
        "id": field.indicator, "grain": field.grain, "label": _(field.label), "meaning": _(field.meaning), "unit": _(field.unit), "missing": missing,
        "value": "" if missing else _shown(field, value, currency), "why": _(field.empty) if missing and field.empty else "",
        "owner": _(field.owner), "inputs": _(field.inputs),
    }  # fmt: skip


def _shown(field: Field, value: Any, currency: str) -> str:
    if field.kind == Kind.MONEY:
        return formats.money_with_unit(value, currency, get_language() or "en")
    if field.kind == Kind.RATIO:
        return formats.share(value)
    if field.kind == Kind.DATE:
        return formats.day(value, get_language() or "en") if isinstance(value, date) else str(value)
    if field.kind == Kind.BOOL:
        return _("Yes") if value else _("No")
    if field.kind == Kind.CHOICE:
        return str(_(dict(field.values).get(str(value), str(value))))
    if field.kind == Kind.NUMBER:
        return formats.number(Decimal(value).normalize(), 2)
    return formats.number(value) if field.kind == Kind.INT else str(value)


def _by_family(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in FAMILIES}
    for row in rows:
        found[row["id"][:3] if row["id"][:3] in FAMILIES else ""].append(row)
    return [(str(FAMILIES[key]), sorted(listed, key=lambda r: r["id"])) for key, listed in found.items() if listed]
