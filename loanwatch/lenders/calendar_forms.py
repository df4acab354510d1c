"""What a credit administrator types about calendars and the terms of products."""

import csv
import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from loanwatch.lenders.calendar_changes import Day
from loanwatch.lenders.models import ProductTerms

WORDS = {"holiday": False, "workday": True, "normal": None}
MOST_DAYS = 400


class DaysField(forms.CharField):
    """Days of a change, one a line: date, holiday | workday | normal, name. Parted by commas, tabs, semicolons or spaces."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_DAYS:
            raise forms.ValidationError(_("At most %(n)s days in one change.") % {"n": MOST_DAYS})
        days = [self._day(place, line) for place, line in enumerate(lines, 1)]
        if len({d.on for d in days}) < len(days):
            raise forms.ValidationError(_("A day stands twice in the list."))
        return days

    def _day(self, place: int, line: str) -> Day:
        cells = next(csv.reader([line])) if "," in line else re.split(r"[\t;]+|\s+", line, maxsplit=2)
        try:
            on, word = date.fromisoformat(cells[0].strip()), cells[1].strip().lower()
            return Day(on, WORDS[word], cells[2].strip()[:120] if len(cells) > 2 else "")
        except (ValueError, KeyError, IndexError):
            raise forms.ValidationError(
                _("Line %(line)s can't be read. Write it as 2027-02-17, holiday, Spring Festival; the word is holiday, workday or normal.")
                % {"line": place}
            ) from None


class ChangeForm(forms.Form):
    """Days that become holidays or workdays, with the notice that says so."""

    days = DaysField(
        label=pgettext_lazy("list of dates", "Days"), max_length=40_000, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line, or pasted from a CSV file: date, holiday or workday or normal, name. Normal takes a day back to Monday to Friday."
        ),
    )  # fmt: skip
    source = forms.CharField(label=gettext_lazy("Source"), max_length=120, help_text=gettext_lazy("The notice that announces it."))

    def __init__(self, *args: Any, table: dict[date, bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def clean_days(self) -> list[Day]:
        days: list[Day] = self.cleaned_data["days"]
        changing = [d for d in days if self.table.get(d.on) != d.is_business]
        if not changing:
            raise forms.ValidationError(_("The calendar says all this already."))
        idle = [d for d in changing if d.is_business is not None and d.on not in self.table and d.is_business == (d.on.weekday() < 5)]
        if idle:
            raise forms.ValidationError(_("%(day)s is that already by its weekday.") % {"day": idle[0].on})
        return changing


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class TermsForm(forms.ModelForm):
    """How demands of a product count, from a day on."""

    class Meta:
        model = ProductTerms
        fields = ["valid_from", "convention", "grace_days", "materiality_minor", "materiality_percent", "day_count", "source"]
        widgets = {"valid_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "valid_from": gettext_lazy("Closed days keep the terms they were closed with."),
            "grace_days": gettext_lazy("Up to so many days past due count as none; one more counts in full."),
            "materiality_minor": gettext_lazy("In hundredths of the loan's currency. Arrears up to this amount do not count as days past due."),
            "materiality_percent": gettext_lazy("Arrears up to this share of the outstanding principal do not count either."),
            "day_count": gettext_lazy("For schedules that are made here."),
            "source": gettext_lazy("The contract form, rule or decision that sets them."),
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if day < self.today:
            raise forms.ValidationError(_("Terms count from today or a later day, never backwards."))
        return day
