"""Pages of the outbox, for those who watch that messages arrive."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loanwatch.kernel.policy import Conflict
from loanwatch.people.policy import Act
from loanwatch.trail.outbox import actions, queries
from loanwatch.trail.outbox.forms import ManyForm, OutboxFilters, SettleForm
from loanwatch.trail.outbox.models import OutboxMessage
from loanwatch.trail.outbox.rules import VERDICTS
from loanwatch.trail.outbox.words import KINDS, kind_word, masked, reason_word
from loanwatch.trail.queries import zone_of
from loanwatch.trail.views import BoundedPaginator

PER_PAGE = 50


def outbox(request: HttpRequest) -> HttpResponse:
    """All messages, the newest first; every filter is in the URL."""
    form = OutboxFilters(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    page = BoundedPaginator(queries.messages(request.access, **asked), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "trail/outbox/list.html",
        {
            "page": page,
            "rows": [_row(message) for message in page],
            "figures": queries.figures(request.access),
            "zone": zone_of(request.access),
            "form": form,
            "states": OutboxMessage.State.choices,
            "kinds": list(KINDS.items()),
            "channels": OutboxMessage.Channel.choices,
            "filtered": any(asked.values()),
            "may_settle": request.access.may(Act.OUTBOX_SETTLE),
        },
    )


def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: what it says, its attempts, its receipt, and the decision it may wait for."""
    return _page(request, _seen(request, pk))


def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a person's decision about one message."""
    found = _seen(request, pk)
    if not any(found.state in states for states in VERDICTS.values()):
        raise Conflict(_("This message is in another state by now; look at it again."), code="MESSAGE_MOVED")
    form = SettleForm(request.POST, state=found.state)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    actions.settle(message_id=found.pk, by=request.access, **form.cleaned_data)
    messages.success(request, _("The decision is kept."))
    return redirect("outbox:message", pk)


def settle_many(request: HttpRequest) -> HttpResponse:
    """The same decision about several messages of the list."""
    form = ManyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose messages and say why."))
        return redirect("outbox:list")
    asked = form.cleaned_data
    settled, left = actions.settle_many(ids=asked["ids"], verdict=asked["verdict"], reason=asked["reason"], by=request.access)
    messages.success(request, ngettext("%(n)s message is settled.", "%(n)s messages are settled.", settled) % {"n": settled})
    if left:
        messages.warning(request, ngettext("%(n)s message was left as it is.", "%(n)s messages were left as they are.", left) % {"n": left})
    return redirect("outbox:list")


def _seen(request: HttpRequest, pk: int) -> OutboxMessage:
    found = OutboxMessage.objects.visible_to(request.access).select_related("lender").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _row(found: OutboxMessage) -> dict[str, Any]:
    return {"message": found, "kind": kind_word(found.kind), "recipient": masked(found.recipient), "reason": reason_word(found.reason),
            "undecided": found.state in {"uncertain", "failed"}}  # fmt: skip


def _page(request: HttpRequest, found: OutboxMessage, form: SettleForm | None = None, status: int = 200) -> HttpResponse:
    access = request.access
    open_to_decide = any(found.state in states for states in VERDICTS.values())
    if form is None and open_to_decide and access.may(Act.OUTBOX_SETTLE):
        form = SettleForm(state=found.state)
    context = _row(found) | {
        "form": form,
        # Who keeps the system need not read what a borrower is told (docs/access.md).
        "may_read": access.may(Act.BORROWER_SEE),
        "settlements": found.settlements.select_related("by"),
    }
    return render(request, "trail/outbox/message.html", context, status=status)
