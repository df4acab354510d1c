"""Calendars and parameters of a lender as of a date."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from loanwatch.kernel import calendars
from loanwatch.lenders.models import DayException, Lender, LenderCalendar, Parameter, Product, ProductTerms

LONGEST_GAP = 40  # days; a calendar without a business day for longer than this is a fault in its table

NATIONAL = {calendars.CN, calendars.KR}


class NoBusinessDay(Exception):
    """A date that the lender's calendar does not work on; the message says which calendar."""


def calendar_kind(lender: Lender, on: date) -> str:
    """The kind of calendar that `lender` keeps on `on`. Before its first row the first one counts."""
    rows = list(LenderCalendar.objects.filter(lender=lender).order_by("from_on").values_list("from_on", "kind"))
    if not rows:
        return calendars.DAILY
    return next((kind for start, kind in reversed(rows) if start <= on), rows[0][1])


def business_days(lender: Lender, first: date, last: date) -> list[date]:
    """The business days of `lender` from `first` to `last`, both included, in order."""
    changes = list(LenderCalendar.objects.filter(lender=lender).order_by("from_on").values_list("from_on", "kind"))
    exceptions: dict[str, dict[date, bool]] = {}
    for calendar, on, works in DayException.objects.filter(on__range=(first, last)).values_list("calendar", "on", "is_business"):
        exceptions.setdefault(calendar, {})[on] = works

    def kind_on(day: date) -> str:
        if not changes:
            return calendars.DAILY
        return next((kind for start, kind in reversed(changes) if start <= day), changes[0][1])

    return [d for d in calendars.days(first, last) if calendars.is_business_day(k := kind_on(d), d, exceptions.get(k, {}))]


def closed_days(lender: Lender, first: date, last: date) -> set[date]:
    """The days from `first` to `last`, both included, on which people don't work by the national calendar that `lender` keeps.

    None on a calendar of every day or of month-ends: these say when a business day is closed, not when a demand may fall due.
    """
    changes = list(LenderCalendar.objects.filter(lender=lender).order_by("from_on").values_list("from_on", "kind"))
    if not {kind for _, kind in changes} & NATIONAL:
        return set()
    open_days = set(business_days(lender, first, last))
    closed = {d for d in calendars.days(first, last) if d not in open_days}
    return {d for d in closed if next((kind for start, kind in reversed(changes) if start <= d), changes[0][1]) in NATIONAL}


def require_business_day(lender: Lender, day: date) -> None:
    """Raises NoBusinessDay with a sentence when `lender` does not work on `day`."""
    if not business_days(lender, day, day):
        raise NoBusinessDay(f"{day} is no business day of {lender.code} (calendar {calendar_kind(lender, day)}). Nothing was done.")


def parameter(lender: Lender, key: str, on: date) -> Any:
    """The approved (or shipped) value of `key` in force on `on`. Raises KeyError when there is none."""
    row = (
        Parameter.objects.filter(lender=lender, key=key, valid_from__lte=on)
        .filter(~Q(approved_by="") | Q(proposed_by=""))
        .order_by("-valid_from", "-id")
        .values_list("value", flat=True)
        .first()
    )
    if row is None:
        raise KeyError(f"{lender.code} has no parameter {key} in force on {on}.")
    return row


class InForce(Mapping[str, Any]):
    """All parameters of a lender in force on a date, asked for at once. A missing key raises KeyError as `parameter` does."""

    def __init__(self, lender: Lender, on: date) -> None:
        rows = Parameter.objects.filter(~Q(approved_by="") | Q(proposed_by=""), lender=lender, valid_from__lte=on)
        self.lender, self.on = lender, on
        self._values = dict(rows.order_by("valid_from", "id").values_list("key", "value"))

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            raise KeyError(f"{self.lender.code} has no parameter {key} in force on {self.on}.")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def product_terms(product: Product, on: date) -> ProductTerms:
    """The approved (or shipped) terms of a product in force on `on`: those with the newest day, of one day the last approved.

    Where there are none, an unsaved row that says what the lender's parameters `arrears.*` say, with day count ACT/360; a
    parameter that is missing too leaves the model's default: the due date itself, no grace, nothing too small to count.
    """
    known = ProductTerms.objects.filter(~Q(approved_by="") | Q(proposed_by=""), product=product, valid_from__lte=on)
    if (found := known.order_by("-valid_from", "-id").first()) is not None:
        return found
    names = ("convention", "grace_days", "materiality_minor", "materiality_percent")
    keys = {f"arrears.{name}": name for name in names}
    rows = Parameter.objects.filter(~Q(approved_by="") | Q(proposed_by=""), lender_id=product.lender_id, key__in=keys, valid_from__lte=on)
    values = {keys[key]: value for key, value in rows.order_by("valid_from", "id").values_list("key", "value")}
    if "materiality_percent" in values:
        values["materiality_percent"] = Decimal(str(values["materiality_percent"]))
    return ProductTerms(product=product, valid_from=on, source="", **values)


def working_day_after(lender: Lender, day: date, count: int) -> date:
    """The `count`-th working day after `day`, for deadlines of people; 0 gives `day` itself.

    On a calendar of month-ends or of every day, people still work Monday to Friday.
    """
    kind = calendar_kind(lender, day)
    exceptions: dict[date, bool] = {}
    if kind in {calendars.CN, calendars.KR}:
        rows = DayException.objects.filter(calendar=kind, on__range=(day, day + timedelta(days=3 * count + LONGEST_GAP)))
        exceptions = dict(rows.values_list("on", "is_business"))
    found = day
    while count > 0:
        found += timedelta(days=1)
        count -= calendars.is_business_day(calendars.CN, found, exceptions)
    return found
