"""Words of reminders, and how borrowers may be reached: kept by people, each change in the trail."""

from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from alerts.reminders.models import ContactPreference, ContactWay, ReminderText
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.parameters import require_open
from loanwatch.people.access import Access
from loanwatch.people.models import Person
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


@transaction.atomic
def keep_text(*, lender: Lender, kind: str, language: str, headline: str, body: str, valid_from: date, reason: str, by: Access) -> ReminderText:
    """A further version of the words of one kind in one language, in force from `valid_from`.

    Raises Refused, or Conflict for a day that is closed already: what was said under it stays as it was.
    """
    by.check(Act.REMINDER_KEEP)
    made_by = _person(by)
    require_open(lender, valid_from)
    Lender.objects.select_for_update().get(pk=lender.pk)  # one new version at a time
    last = ReminderText.objects.filter(lender=lender, kind=kind, language=language).aggregate(v=Max("version"))["v"] or 1
    made = ReminderText.objects.create(
        lender=lender, kind=kind, language=language, version=last + 1, headline=headline, body=body, valid_from=valid_from, reason=reason, made_by=made_by
    )
    record("reminder.text_made", by=by, subject=made, kind=kind, language=language, version=made.version, valid_from=valid_from.isoformat(), reason=reason)
    return made


@transaction.atomic
def keep_way(*, borrower_id: int, language: str, channel: str, address: str, by: Access) -> ContactWay:
    """In which language and where a borrower is reached. The trail keeps that it changed, not the address."""
    borrower = _borrower(borrower_id, by)
    way, made = ContactWay.objects.update_or_create(
        borrower=borrower, defaults={"lender": borrower.lender, "language": language, "channel": channel, "address": address, "changed_by": _person(by)}
    )
    record("contact.changed", by=by, subject=borrower, language=language, channel=channel, own_address=bool(address), first=made)
    return way


@transaction.atomic
def opt_out(*, borrower_id: int, channel: str, from_on: date, told_by: str, by: Access) -> ContactPreference:
    """The borrower does not want reminders on `channel` (empty: on any) from a day on. Raises Conflict when that is kept already."""
    borrower = _borrower(borrower_id, by)
    if ContactPreference.objects.filter(borrower=borrower, channel=channel, to_on=None).exists():
        raise Conflict(_("That is kept already."), code="OPTED_OUT")
    made = ContactPreference.objects.create(
        lender=borrower.lender, borrower=borrower, channel=channel, from_on=from_on, told_by=told_by, made_by=_person(by)
    )
    record("contact.opted_out", by=by, subject=borrower, channel=channel, from_on=from_on.isoformat(), told_by=told_by)
    return made


@transaction.atomic
def opt_in(*, preference_id: int, by: Access) -> ContactPreference:
    """From today the borrower wants reminders again. Raises Conflict when it was ended already."""
    found = ContactPreference.objects.select_for_update(of=("self",)).select_related("borrower").get(pk=preference_id)
    _borrower(found.borrower_id, by)
    if found.to_on is not None:
        raise Conflict(_("That was ended already."), code="OPTED_IN")
    found.to_on = max(by.on, found.from_on)
    found.save(update_fields=["to_on"])
    record("contact.opted_in", by=by, subject=found.borrower, channel=found.channel, to_on=found.to_on.isoformat())
    return found


def _borrower(pk: int, by: Access) -> Borrower:
    by.check(Act.CONTACT_KEEP)
    return Borrower.objects.visible_to(by).select_for_update(of=("self",)).get(pk=pk)


def _person(by: Access) -> Person:
    if by.person is None:
        raise Refused(_("Only a member of staff keeps this."), code="NO_PERSON")
    return by.person
