"""What is in force for reminders on a day: their settings and their words."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.reminders.models import ContactPreference, ContactWay, ReminderText
from alerts.reminders.rules import LANGUAGES, SHIPPED, Settings
from borrowers.loans.models import LoanState
from borrowers.parties.models import Borrower
from loanwatch.lenders.defaults import SHIPPED as SHIPPED_PARAMETERS
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.trail.outbox.models import OutboxMessage

KEYS = ("reminder.send", "reminder.days_before", "reminder.days_after", "reminder.most_per_week", "reminder.quiet_hours", "reminder.language")
_SHIPPED = {key: value for key, value, _source, _confidence in SHIPPED_PARAMETERS}


def settings_of(lender: Lender, on: date) -> Settings:
    """The approved settings in force on `on`; a lender set up before a parameter was shipped has the shipped value. One query."""
    values: dict[str, Any] = {key: _SHIPPED[key] for key in KEYS}
    approved = ~Q(approved_by="") | Q(proposed_by="")
    rows = Parameter.objects.filter(approved, lender=lender, key__in=KEYS, valid_from__lte=on).order_by("valid_from", "id")
    values |= dict(rows.values_list("key", "value"))
    quiet = values["reminder.quiet_hours"]
    return Settings(
        send=values["reminder.send"],
        days_before=values["reminder.days_before"],
        days_after=values["reminder.days_after"],
        most_per_week=values["reminder.most_per_week"],
        quiet_from=quiet["from"] % 24,
        quiet_until=quiet["until"] % 24,
        language={key: code for key, code in values["reminder.language"].items() if code in LANGUAGES},
    )


def words(lender: Lender, on: date) -> dict[tuple[str, str], tuple[int, str, str]]:
    """(kind, language) → (version, headline, text) in force on `on`: of the versions whose day has come, the highest. One query."""
    found = {key: (1, headline, text) for key, (headline, text) in SHIPPED.items()}
    rows = ReminderText.objects.filter(lender=lender, valid_from__lte=on).order_by("version")
    for row in rows:
        found[row.kind, row.language] = (row.version, row.headline, row.body)
    return found


def versions(lender: Lender, kind: str, language: str) -> list[ReminderText]:
    """The versions that people made, the newest first."""
    return list(ReminderText.objects.filter(lender=lender, kind=kind, language=language).select_related("made_by").order_by("-version"))


def open_preferences(borrower: Borrower, on: date) -> QuerySet[ContactPreference]:
    """What the borrower does not want on `on` or later."""
    return ContactPreference.objects.filter(borrower=borrower).filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).select_related("made_by")


def messages_of(borrower: Borrower) -> QuerySet[OutboxMessage]:
    """What was or will be told to the borrower, the newest first."""
    return OutboxMessage.objects.filter(lane=f"borrower:{borrower.pk}").order_by("-id")


def unreachable(lender: Lender) -> int:
    """Borrowers with a repayment plan on the book whom no reminder can reach: no telephone and no other way."""
    owing = LoanState.objects.filter(lender=lender, loan__borrower=OuterRef("pk"))
    other_way = ContactWay.objects.filter(borrower=OuterRef("pk")).exclude(address="")
    return Borrower.objects.filter(Exists(owing), ~Exists(other_way), lender=lender, phone="").count()
