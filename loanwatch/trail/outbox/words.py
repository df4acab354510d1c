"""What kinds of messages and reasons are called on pages. A name that is not here is shown as it is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# By the first part of the kind: `reminder.soon_7` is a `reminder.soon`.
KINDS: dict[str, Any] = {
    "reminder.soon": _("Reminder before the due date"),
    "reminder.due": _("Reminder on the due date"),
    "reminder.overdue": _("Reminder after the due date"),
    "notice.day": _("Daily notice to staff"),
    "notice.escalation": _("Alerts that have waited too long"),
    "notice.finding": _("Findings that fall due or are late"),
    "notice.case": _("Cases whose level rose"),
}
REASONS: dict[str, Any] = {
    "paid": _("Paid before it was sent"),
    "opted_out": _("The borrower does not want reminders"),
    "capped": _("One too many in seven days"),
    "plan_changed": _("The demand is no longer on the plan"),
    "moved": _("The due date moved"),
    "stayed": _("The arrears are stayed"),
    "off_book": _("The loan was settled, written off or transferred"),
    "address_changed": _("The borrower is reached in another way by now"),
    "too_late": _("It could not be sent in time"),
    "by_hand": _("Dropped by a person"),
}


def kind_word(kind: str) -> Any:
    return KINDS.get(kind.partition("_")[0], kind)


def reason_word(reason: str) -> Any:
    return REASONS.get(reason, reason)


def masked(recipient: str) -> str:
    """A number by its last four signs, an address by its first and its domain; a staff number as it is."""
    name, at, domain = recipient.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"*** {recipient[-4:]}" if sum(sign.isdigit() for sign in recipient) > 7 else recipient
