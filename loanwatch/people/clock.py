"""The one place that asks what day it is, for the requests of people. Work on the book never does: its date is an argument."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def today(zone: str = "UTC") -> date:
    """The calendar date in `zone` now, or the test clock's (LOANWATCH_BUSINESS_DATE)."""
    if settings.BUSINESS_DATE:
        return date.fromisoformat(settings.BUSINESS_DATE)
    return datetime.now(ZoneInfo(zone)).date()
