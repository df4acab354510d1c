"""Form fields that lenders' figures need: amounts with separators, days, rows pasted from a table."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from borrowers.loans.schedules import OwnRow
from loanwatch.kernel.money import rounded

MOST_ROWS = 600
GROUPED = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$")


class AmountField(forms.DecimalField):
    """An amount of money as people write it: 1,250,000.00 or 1250000. A comma that groups nothing is a fault, never guessed."""

    def __init__(self, *, least: str = "0.01", **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_digits=20, decimal_places=2, min_value=Decimal(least), widget=widget, localize=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = ungrouped(value)
        return super().to_python(value)


def ungrouped(text: str) -> str:
    """The amount without its grouping commas and spaces."""
    text = re.sub(r"[\s\u00a0\u202f]", "", text)
    return text.replace(",", "") if GROUPED.match(text) else text


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget, input_formats=["%Y-%m-%d"])


def percent_field(label: Any, *, required: bool = True, help_text: Any = "", most: str = "100", decimals: int = 6) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(
        label=label, required=required, help_text=help_text, widget=widget, min_value=Decimal(0), max_value=Decimal(most),
        max_digits=9, decimal_places=decimals,
    )  # fmt: skip


class RowsField(forms.CharField):
    """Rows of a schedule, one a line: date, principal, interest, fee, parted by tabs, semicolons or spaces; as OwnRow.

    Interest and fee may be left out: interest is then what the balance bears, the fee nothing. "-" leaves one out in between.
    """

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_ROWS:
            raise forms.ValidationError(_("At most %(n)s rows.") % {"n": MOST_ROWS})
        return [self._row(place, re.split(r"[\t; ]+", line)) for place, line in enumerate(lines, 1)]

    def _row(self, place: int, cells: list[str]) -> OwnRow:
        try:
            due_on = date.fromisoformat(cells[0])
            amounts = [None if cell == "-" else Decimal(ungrouped(cell)) for cell in cells[1:4]]
        except (ValueError, InvalidOperation):
            amounts = []
        if not amounts or amounts[0] is None or len(cells) > 4 or not all(a is None or a.is_finite() for a in amounts):
            raise forms.ValidationError(
                _("Row %(row)s can't be read. Write it as 2026-03-15 10000.00 520.50, the date first.") % {"row": place}
            )
        return OwnRow(due_on, amounts[0], amounts[1] if len(amounts) > 1 else None, (amounts[2] if len(amounts) > 2 else None) or Decimal(0))


def check_decimals(form: forms.Form, currency: str, *names: str) -> None:
    """An error on each amount that has more decimals than people write in `currency`."""
    for name in names:
        amount = form.cleaned_data.get(name)
        if amount is not None and rounded(amount, currency) != amount:
            form.add_error(name, _("%(currency)s is written without decimals.") % {"currency": currency})


def currencies(own: str) -> list[tuple[str, str]]:
    """The lender's own currency first."""
    others = [code for code in ("CNY", "KRW", "USD", "EUR", "JPY", "HKD", "GBP", "VND") if code != own]
    return [(code, code) for code in (own, *others)]
