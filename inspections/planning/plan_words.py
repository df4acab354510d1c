"""A line of the plan in words: which loans it is about, and what is due when."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.planning.models import Occasion, PlanRow


def conditions(row: PlanRow) -> list[str]:
    """What a loan must be for the line to fit, one phrase each; none where every loan fits."""
    found = []
    if row.product_kind:
        found.append(str(row.get_product_kind_display()))
    if row.size:
        found.append(_("size: %(size)s") % {"size": row.get_size_display().lower()})
    found += _range(row.class_from, row.class_to, row.get_class_from_display(), row.get_class_to_display(), _("class %(low)s"), _("class %(low)s or worse"),
                    _("class %(high)s or better"), _("class %(low)s to %(high)s"))  # fmt: skip
    found += _range(row.level_from, row.level_to, row.get_level_from_display(), row.get_level_to_display(), _("worst open alert: %(low)s"),
                    _("open alert %(low)s or worse"), _("no open alert above %(high)s"), _("worst open alert %(low)s to %(high)s"))  # fmt: skip
    found += _range(row.tier_from, row.tier_to, row.tier_from, row.tier_to, _("key customer of tier %(low)s"), _("key customer of tier %(low)s or lower"),
                    _("key customer of tier %(high)s or higher"), _("key customer of tier %(low)s to %(high)s"))  # fmt: skip
    low, high = (f"{amount:,.0f}" if amount is not None else "" for amount in (row.exposure_from, row.exposure_to))
    if low and high:
        found.append(_("exposure from %(low)s to below %(high)s") % {"low": low, "high": high})
    elif low or high:
        found.append(_("exposure from %(amount)s") % {"amount": low} if low else _("exposure below %(amount)s") % {"amount": high})
    return found


def _range(low: int | None, high: int | None, low_words: object, high_words: object, same: str, at_least: str, at_most: str, between: str) -> list[str]:
    if low is None and high is None:
        return []
    words = same if low == high else at_least if high is None else at_most if low is None else between
    return [words % {"low": low_words, "high": high_words}]


def when(row: PlanRow) -> str:
    """When the inspection is due, as a phrase: every 90 days, within 5 days, 30 days before maturity."""
    if row.days is None:
        return _("none")
    n = {"n": row.days}
    if row.occasion == Occasion.ROUTINE:
        return ngettext("every %(n)d day", "every %(n)d days", row.days) % n
    if row.occasion == Occasion.MATURITY:
        return ngettext("%(n)d day before maturity", "%(n)d days before maturity", row.days) % n
    return ngettext("within %(n)d day", "within %(n)d days", row.days) % n
