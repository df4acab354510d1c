"""Opens legal entities and fills the tables of their calendars."""

from datetime import date

import holidays
from django.db import transaction

from loanwatch.kernel import calendars
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import DayException, Lender, LenderCalendar

FIRST_DAY = date(1970, 1, 1)  # before any loan: a lender's first calendar and its head office are never too late
FIRST_HOLIDAYS = 2005
NATIONAL = {calendars.CN: "CN", calendars.KR: "KR"}


@transaction.atomic
def open_lender(*, code: str, currency: str, zone: str, calendar: str, name: str = "", holidays_until: int) -> Lender:
    """A new lender with its calendar from 1970-01-01 on and the shipped parameters.

    For CN and KR the holiday table is filled from 2005 to the year `holidays_until`. Raises IntegrityError when the
    code is taken.
    """
    lender = Lender.objects.create(code=code, name=name or code, currency=currency, zone=zone)
    LenderCalendar.objects.create(lender=lender, kind=calendar, from_on=FIRST_DAY)
    if calendar in NATIONAL:
        fill_holidays(calendar, FIRST_HOLIDAYS, holidays_until)
    give_defaults(lender)
    return lender


def fill_holidays(calendar: str, first_year: int, last_year: int) -> int:
    """Write the holidays and make-up workdays of CN or KR that the table lacks; returns how many.

    A day that is there already, from whatever source, stays: what a person decided is not overwritten by a library.
    """
    years = range(first_year, last_year + 1)
    known = holidays.country_holidays(NATIONAL[calendar], years=years)
    source = f"holidays {holidays.__version__}"
    rows = [
        DayException(calendar=calendar, on=on, is_business=False, name=name[:120], source=source)
        for on, name in sorted(known.items())
        if on.weekday() < 5
    ]
    rows += [
        DayException(calendar=calendar, on=on, is_business=True, name="Make-up workday", source=source)
        for on in sorted(known.weekend_workdays)
        if on.year in years and on.weekday() >= 5
    ]
    before = DayException.objects.filter(calendar=calendar).count()
    DayException.objects.bulk_create(rows, ignore_conflicts=True)
    return DayException.objects.filter(calendar=calendar).count() - before
