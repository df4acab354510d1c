"""What the shipped parameters are called on pages, and what shape a value of each must have."""

import math
from typing import Any

from django.utils.translation import gettext_lazy as _

# Said by the inspection plan now; what was in force stays in the table for the years it counted.
RETIRED = ("inspection.first_days", "inspection.routine_days", "inspection.special_days")

NAMES: dict[str, Any] = {
    "class.days_past_due": _("Risk class by days past due"),
    "buckets.days_past_due": _("Overdue buckets"),
    "arrears.materiality_minor": _("Arrears too small to count, in hundredths"),
    "arrears.materiality_percent": _("Arrears too small to count, % of the outstanding amount"),
    "arrears.grace_days": _("Days of grace before arrears count"),
    "arrears.convention": _("Day from which a due date on a holiday counts"),
    "arrears.allocation_order": _("Order in which a payment serves the parts of a demand"),
    "restructure.observation_months": _("Months a restructured loan is watched"),
    "valuation.allowed_days": _("Days a collateral valuation may be old, by type"),
    "extension.edge_days": _("Days just before a limit, for extensions"),
    "inspection.size_limits": _("Amounts from which a loan is large or medium"),
    "inspection.task_days": _("Days by which inspection tasks are planned"),
    "inspection.verify_days": _("Days from handing in an inspection to its verification"),
    "evidence.pictures": _("From when pictures of inspections are the same, old, far away or taken too close together"),
    "evidence.places": _("From when places and times of inspections are in doubt"),
    "evidence.words": _("From when the words of two reports are the same"),
    "evidence.figures": _("From when figures of an inspection contradict the accounts or the last visit"),
    "rating.allowed_days": _("Days an internal rating may be old"),
    "maturity.notice_days": _("Days before maturity that a loan is taken up, by term or product kind"),
    "deadline.days_before": _("Days before something falls due that it appears on the list"),
    "limits.sector": _("Limits by industry"),
    "conduct.least_points": _("Fewest points from which a person's checks say something"),
    "observation.keep_days": _("Days that daily observations are kept"),
    "promise.paid_share": _("Share of a promise that must be paid for it to be kept"),
    "proceeds.forbidden": _("Kinds of payee that loan money must not go to, by product kind"),
    "proceeds.entrusted_limit": _("Amount from which the lender pays the payee itself, by product kind"),
    "proceeds.proven_share": _("Share of a loan whose use must be proven"),
    "insurance.required_kinds": _("Kinds of collateral that must be insured"),
    "masking.large_repayment": _("Share of a loan from which a repayment is asked where it came from"),
    "statements.idle_cash": _("Limits for much cash beside many loans"),
    "figures.current_days": _("Days a figure from outside counts as today's"),
    "group.control_share": _("Percent of the shares from which somebody controls"),
    "group.most_sharing": _("Most borrowers that may share a phone, address or person to be linked by it"),
    "news.weights": _("Weights of adverse news, by matter"),
    "alerts.cooldown_days": _("Days a closed alert stays closed at the same level"),
    "reminder.send": _("Borrowers are reminded of demands"),
    "reminder.days_before": _("Days before a due date on which a borrower is reminded, by product kind"),
    "reminder.days_after": _("Days after a demand that was not met on which a borrower is reminded, by product kind"),
    "reminder.most_per_week": _("Most reminders to one borrower in seven days"),
    "reminder.quiet_hours": _("Hours in which nobody is disturbed"),
    "reminder.language": _("Language of reminders, by currency of the loan"),
    "rules.quality": _("When a warning rule is proposed for tightening or retiring, and the hours that an alert takes"),
    "rules.trial_days": _("Longest test run of a warning rule, days"),
    "rules.snooze_days": _("Longest silence of a warning rule for one borrower, days"),
    "limit.past_due_watch": _("Rule limit: days past due that are a warning sign"),
    "limit.past_due_substandard": _("Rule limit: days past due of substandard"),
    "limit.past_due_doubtful": _("Rule limit: days past due of doubtful"),
    "limit.past_due_loss": _("Rule limit: days past due of loss"),
    "limit.probation_past_due": _("Rule limit: days past due that end a probation"),
    "limit.debtor_bad_share": _("Rule limit: share of a debtor's claims that are non-performing"),
    "limit.debtor_overdue_elsewhere": _("Rule limit: share of a debtor's debts at all banks that are overdue"),
    "limit.entrusted_payment": _("Rule limit: payment that the lender makes itself"),
    "limit.use_check_amount": _("Rule limit: loan whose use is checked"),
    "limit.use_check_borrower": _("Rule limit: borrower whose use of money is checked"),
    "limit.covenant_headroom": _("Rule limit: distance to a covenant that is watched"),
    "limit.rating_age": _("Rule limit: age of an internal rating, days"),
    "limit.statement_age": _("Rule limit: age of a financial statement, days"),
    "limit.new_money_share": _("Rule limit: share of a loan whose use is proven"),
    "day.automatic": _("Business days close by themselves"),
    "day.closed_by": _("When a business day should be closed: calendar days after it, hour and minute"),
    "findings.due_days": _("Working days to put a finding right, by severity"),
    "findings.remind_days": _("Working days before and after the due date of a finding on which people are told"),
    "findings.extensions": _("How often, and by how many days, the due date of a finding may be moved"),
    "findings.repeated_days": _("Days within which a finding that comes back counts as repeated"),
    "holds.by_hand_days": _("Longest hold placed by hand, days"),
    "holds.answer_minutes": _("Minutes for which an answer about holds may be relied on"),
    "holds.certificate_days": _("Days for which a printed certificate about holds is valid"),
    "four_eyes.two_above": _("Amount above which two risk officers verify an inspection, by currency"),
    "four_eyes.cooling_months": _("Months a former account manager does not verify"),
}

PACKS: dict[str, Any] = {
    "generic": _("Generic"),
    "cn_bank": _("Bank in China"),
    "cn_small_loan": _("Small-loan company in China"),
    "kr_bank": _("Bank in Korea"),
}

# Words that a value must be taken from: a value among them can only be replaced by another of them.
CHOICES = (("none", "following", "modified_following", "preceding"), ("fee", "interest", "principal"))


def name_of(key: str) -> Any:
    """What people call the parameter; its key when nobody has named it."""
    return NAMES.get(key, key)


def pack_name(name: str) -> Any:
    """What people call a pack of parameters; its file's name when nobody has named it."""
    return PACKS.get(name, name)


def fault_of(value: Any, example: Any, where: str = "") -> str:
    """Why `value` can't replace `example`, the value in force: empty when it has the same shape.

    Same shape: a number where a number stands, not negative where that is not; yes or no for yes or no; a list of rows of
    the shape of its first row; an object with the same keys at least.
    """
    if isinstance(example, bool) or isinstance(value, bool):
        return "" if isinstance(example, bool) and isinstance(value, bool) else _at(where, _("Write true or false."))
    if isinstance(example, int | float):
        return _number_fault(value, example, where)
    if isinstance(example, str):
        return _text_fault(value, example, where)
    if isinstance(example, list):
        if not isinstance(value, list) or not value:
            return _at(where, _("Write a list in square brackets with at least one entry."))
        faults = (fault_of(row, example[0], f"{where}[{number}]") for number, row in enumerate(value, 1)) if example else iter(())
        return next((fault for fault in faults if fault), "") or _order_fault(value, example, where)
    if isinstance(example, dict):
        if not isinstance(value, dict) or set(example) - set(value):
            return _at(where, _("Write an object with the keys %(keys)s.") % {"keys": ", ".join(sorted(example))})
        sample = next(iter(example.values()), None)
        faults = (fault_of(part, example.get(key, sample), f"{where}.{key}".lstrip(".")) for key, part in value.items())
        return next((fault for fault in faults if fault), "")
    return ""


def _text_fault(value: Any, example: str, where: str) -> str:
    if not isinstance(value, str) or not value:
        return _at(where, _("Write a text in quotation marks."))
    allowed = next((words for words in CHOICES if example in words), None)
    return _at(where, _("Write one of %(words)s.") % {"words": ", ".join(allowed)}) if allowed and value not in allowed else ""


def _order_fault(value: list[Any], example: list[Any], where: str) -> str:
    """An order of words names each of them once."""
    words = next((w for w in CHOICES if sorted(map(str, example)) == sorted(w)), None)
    return _at(where, _("Name each of %(words)s once.") % {"words": ", ".join(words)}) if words and sorted(value) != sorted(words) else ""


def _number_fault(value: Any, example: int | float, where: str) -> str:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return _at(where, _("Write a number."))
    if isinstance(example, int) and not isinstance(value, int):
        return _at(where, _("Write a whole number."))
    return _at(where, _("The number can't be negative.")) if value < 0 <= example else ""


def _at(where: str, sentence: Any) -> str:
    return str(_("At %(place)s: %(sentence)s")) % {"place": where, "sentence": sentence} if where else str(sentence)
