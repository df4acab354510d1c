"""What hangs between a phone and the server, and what to do about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.sending import rules
from inspections.sending.models import Sending
from inspections.sending.refusals import sentence_of
from loanwatch.people.access import Access
from loanwatch.people.policy import Act


@dataclass(frozen=True)
class Hanging:
    """One sending that waits for somebody, with the words of the page. It tells nothing of what was recorded."""

    sending: Sending
    why: str
    to_do: str
    seen: bool  # the reader may know which borrower it is about
    kilobytes_here: int
    kilobytes: int


def hanging_sendings(access: Access) -> QuerySet[Sending, Any]:
    """Refused, or on its way without a word of the phone for a day; the one that waits longest on top."""
    since = timezone.now() - timedelta(hours=rules.LONG_WAIT)
    waiting = Q(state=Sending.State.REFUSED) | Q(state=Sending.State.RECEIVING, heard_at__lt=since)
    return Sending.objects.visible_to(access).filter(waiting).order_by("heard_at", "pk")


def hanging_of(access: Access, *, state: str = "", reason: str = "") -> "HangingRows":
    """The rows of the page; filters that name nothing filter nothing."""
    found = hanging_sendings(access).select_related("task__borrower", "person", "branch")
    if state in Sending.State.values:
        found = found.filter(state=state)
    if reason:
        found = found.filter(reason=reason)
    return HangingRows(access, found.defer("manifest").annotate(bytes_here=Sum("files__received"), bytes_all=Sum("files__size")))


class HangingRows:
    """Rows that are read a page at a time."""

    def __init__(self, access: Access, found: QuerySet[Sending, Any]) -> None:
        self.found = found
        self.seen = access.may(Act.TASK_SEE)

    def __len__(self) -> int:
        return self.found.count()

    def __getitem__(self, part: slice) -> list[Hanging]:
        return [_row(s, self.seen) for s in self.found[part]]


def _row(sending: Any, seen: bool) -> Hanging:
    return Hanging(sending, sentence_for_head(sending), to_do_about(sending), seen, (sending.bytes_here or 0) // 1024, (sending.bytes_all or 0) // 1024)


def reasons(access: Access) -> list[tuple[str, str]]:
    """The refusals that stand on the page, as code and words."""
    found = set(hanging_sendings(access).exclude(reason="").values_list("reason", flat=True))
    return [(code, str(reason_words().get(code, code))) for code in sorted(found)]


def reason_words() -> dict[str, str]:
    return {
        "TASK_REASSIGNED": _("Given to another person"),
        "TASK_CANCELLED": _("Task cancelled"),
        "DONE_BY_OTHER": _("Done by another person"),
        "DONE_ALREADY": _("Sent twice by different ways"),
        "VISIT_INCOMPLETE": _("Not complete"),
        "TEMPLATE_UNKNOWN": _("Form unknown"),
        "OTHER_FORM_BEGUN": _("Begun with another form"),
        "NOT_A_PHOTO": _("Photo damaged"),
        "TOO_MANY_PHOTOS": _("Too many photos"),
    }


def sentence_for_head(sending: Sending) -> str:
    """Why it hangs, for somebody who does not hold the phone."""
    if sending.state == Sending.State.RECEIVING:
        if sending.finished:
            return _("The inspection is finished on the phone, and the phone has not been heard of for more than a day.")
        return _("The inspection is begun on the phone and not finished; a copy of the answers is kept here.")
    return {
        "TASK_REASSIGNED": _("The task was given to another person while the inspection was being made."),
        "TASK_CANCELLED": _("The task was cancelled while the inspection was being made."),
        "DONE_BY_OTHER": _("Another person handed in this inspection first."),
        "DONE_ALREADY": _("The same person handed in this inspection from another device or page."),
        "VISIT_INCOMPLETE": _("The form lacks something; the phone shows what."),
        "TEMPLATE_UNKNOWN": _("The form it was filled in with is not known here."),
        "OTHER_FORM_BEGUN": _("The inspection was begun on another page with another version of the form."),
    }.get(sending.reason, sentence_of(sending.reason))


def to_do_about(sending: Sending) -> str:
    """What somebody can do about it, in a sentence."""
    if sending.state == Sending.State.RECEIVING:
        return _("Ask the person to open the phone page where there is a network. If the phone is lost, give the task to somebody anew.")
    return {
        "TASK_REASSIGNED": _("Give the task back to this person; the phone can then send it once more."),
        "TASK_CANCELLED": _("Nothing has to be done. If the visit matters, ask for a special inspection."),
        "DONE_BY_OTHER": _("Nothing has to be done. What this person recorded is kept as it came."),
        "DONE_ALREADY": _("Nothing has to be done. What came second is kept as it came."),
        "VISIT_INCOMPLETE": _("Ask the person to complete the form on the phone and to send it again."),
        "OTHER_FORM_BEGUN": _("Ask the person to hand in the inspection on the page where it was begun."),
    }.get(sending.reason, _("Ask the person to follow what the phone says; if that does not help, call the system administrator."))
