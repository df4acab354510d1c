"""How much of a year interest runs for: day counts as contracts name them. Pure.

30/360 is the variant 30E/360 (ISDA 2006, section 4.16(g)): a day number of 31 counts as 30 at both ends, and February is not
stretched to 30. It is additive: the parts of a period add up to the period. The US variant, whose end depends on its
beginning, is not additive and is not offered.
"""

from datetime import date
from fractions import Fraction

THIRTY_360, ACT_360, ACT_365 = "30/360", "ACT/360", "ACT/365"
CONVENTIONS = (THIRTY_360, ACT_360, ACT_365)


def days_between(convention: str, start: date, end: date) -> int:
    """The days that interest runs for from `start` (counted) to before `end`; negative when `end` is earlier.

    Raises ValueError for a convention that is not in CONVENTIONS.
    """
    if convention == THIRTY_360:
        return 360 * (end.year - start.year) + 30 * (end.month - start.month) + min(end.day, 30) - min(start.day, 30)
    if convention in (ACT_360, ACT_365):
        return (end - start).days
    raise ValueError(f"{convention} is no day count; there are {', '.join(CONVENTIONS)}.")


def year_fraction(convention: str, start: date, end: date) -> Fraction:
    """`days_between` as an exact part of a year of 360 or, for ACT/365, 365 days; leap years change nothing (ACT/365 Fixed)."""
    return Fraction(days_between(convention, start, end), 365 if convention == ACT_365 else 360)
