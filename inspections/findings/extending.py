"""More time for a finding: asked for by its owner with the reason, agreed or refused by somebody else, a limited number of times."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.findings import rules
from inspections.findings.actions import author, locked, require_owner, taking_part
from inspections.findings.models import Finding, FindingExtension, FindingNote
from inspections.findings.queries import setting
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record


def limits(finding: Finding) -> tuple[int, date]:
    """How often more time can still be agreed, and until which day at most, by what was in force when the finding was raised."""
    limit = setting(finding.lender, "findings.extensions", finding.raised_on)
    used = FindingExtension.objects.filter(finding=finding, agreed=True).count()
    return max(int(limit["most"]) - used, 0), finding.due_on + timedelta(days=int(limit["days"]))


@transaction.atomic
def ask_for_time(*, finding_id: int, by: Access, until_on: date, reason: str) -> FindingExtension:
    """Ask for a later due date, with the reason; nothing changes until another person agrees.

    Raises Finding.DoesNotExist, Refused unless the owner asks and says why, Conflict while one is unanswered, when the finding is not
    with its owner, the limit is used up, or the day is not after the due date or later than one extension reaches.
    """
    finding = locked(finding_id, by)
    require_owner(finding, by)
    if not reason.strip():
        raise Refused(_("Say why more time is needed."), code="REASON_MISSING")
    if finding.state not in rules.TO_DO:
        raise Conflict(_("Finding %(number)s is not with its owner now. Nothing was changed.") % {"number": finding.number}, code="FINDING_STATE")
    if FindingExtension.objects.filter(finding=finding, answered_by__isnull=True).exists():
        raise Conflict(_("More time was asked for already; another person has to answer first."), code="EXTENSION_ASKED")
    left, latest = limits(finding)
    if not left:
        most = FindingExtension.objects.filter(finding=finding, agreed=True).count()
        said = ngettext(
            "The due date was moved %(n)d time already and can't be moved again.",
            "The due date was moved %(n)d times already and can't be moved again.",
            most,
        )
        raise Conflict(said % {"n": most}, code="EXTENSIONS_USED_UP")
    if not max(finding.due_on, by.on - timedelta(days=1)) < until_on <= latest:
        raise Conflict(_("More time can be given until %(latest)s at most, and until today at least.") % {"latest": latest}, code="EXTENSION_DATES")
    made = FindingExtension.objects.create(
        finding=finding, before_on=finding.due_on, until_on=until_on, reason=reason.strip(), asked_by=author(by), asked_on=by.on
    )
    FindingNote.objects.create(finding=finding, kind=FindingNote.Kind.ASKED, text=made.reason, on=by.on, by=author(by))
    record("finding.time_asked", by=by, subject=finding, number=finding.number, until_on=until_on.isoformat(), reason=made.reason)
    return made


@transaction.atomic
def answer_time(*, finding_id: int, by: Access, agrees: bool, text: str = "") -> Finding:
    """Agree to the later due date that was asked for, or refuse it with the reason.

    Raises Finding.DoesNotExist, Refused without the right, for whoever asked, owns or handed in a remedy, and for a refusal without
    a reason; Conflict when nothing waits.
    """
    finding = locked(finding_id, by)
    by.check(Act.FINDING_VERIFY)
    asked = FindingExtension.objects.select_for_update().filter(finding=finding, answered_by__isnull=True).first()
    if asked is None:
        raise Conflict(_("Nobody has asked for more time, or somebody has answered already."), code="EXTENSION_NOT_ASKED")
    me = author(by)
    if me.pk == asked.asked_by_id or me.pk in taking_part(finding):
        raise Refused(_("Whoever asks for more time, or owns the finding, can't agree to it."), code="NOT_INDEPENDENT")
    if not agrees and not text.strip():
        raise Refused(_("Say why there is no more time."), code="REASON_MISSING")
    asked.answered_by, asked.answered_on, asked.agreed, asked.answer = me, by.on, agrees, text.strip()
    asked.save(update_fields=["answered_by", "answered_on", "agreed", "answer"])
    if agrees:
        finding.due_on = asked.until_on
        finding.save(update_fields=["due_on"])
    kind = FindingNote.Kind.AGREED if agrees else FindingNote.Kind.REFUSED
    FindingNote.objects.create(finding=finding, kind=kind, text=text.strip(), on=by.on, by=me)
    event = "finding.time_agreed" if agrees else "finding.time_refused"
    record(event, by=by, subject=finding, number=finding.number, before_on=asked.before_on.isoformat(), until_on=asked.until_on.isoformat())
    return finding
