"""The work list of class proposals."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from alerts.classification.actions import decide
from alerts.classification.models import ClassProposal
from alerts.classification.queries import proposals, waiting
from loanwatch.people.policy import Act

PAGE = 50


class DecideForm(forms.Form):
    decision = forms.ChoiceField(choices=[("confirm", "confirm"), ("overrule", "overrule")])
    reason = forms.CharField(required=False, max_length=2000)

    def clean(self) -> dict[str, object]:
        found = super().clean() or {}
        if found.get("decision") == "overrule" and not (found.get("reason") or "").strip():
            self.add_error("reason", _("To overrule a proposed class, say why."))
        return found


def proposal_list(request: HttpRequest) -> HttpResponse:
    """Proposals in one state; those that wait are the first view."""
    state = request.GET.get("state", "")
    state = state if state in ClassProposal.State.values else ClassProposal.State.PROPOSED.value
    page = Paginator(proposals(request.access, state), PAGE).get_page(request.GET.get("page"))
    return render(request, "alerts/classification/list.html", _context(request, page, state))


def _context(
    request: HttpRequest, page: object, state: str, form: DecideForm | None = None, chosen: int | None = None
) -> dict[str, object]:
    count = waiting(request.access)
    tabs = [
        {
            "text": label,
            "url": f"?state={value}",
            "current": value == state,
            "count": count if value == ClassProposal.State.PROPOSED else None,
        }
        for value, label in ClassProposal.State.choices
    ]
    may_decide = request.access.may(Act.CLASS_CONFIRM) and state == ClassProposal.State.PROPOSED
    return {"page": page, "tabs": tabs, "state": state, "may_decide": may_decide, "form": form, "chosen": chosen}


def decide_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or overrule one proposal."""
    form = DecideForm(request.POST)
    if not form.is_valid():
        # One that waits may have left the first page meanwhile: the list with its fault shows this one alone.
        get_object_or_404(proposals(request.access), pk=pk)
        page = Paginator(proposals(request.access).filter(pk=pk), PAGE).get_page(1)
        context = _context(request, page, ClassProposal.State.PROPOSED.value, form, pk)
        return render(request, "alerts/classification/list.html", context, status=422)
    try:
        proposal = decide(
            proposal_id=pk, by=request.access, agrees=form.cleaned_data["decision"] == "confirm", reason=form.cleaned_data["reason"]
        )
    except ClassProposal.DoesNotExist:
        raise Http404 from None
    parts = {"loan": proposal.loan.number, "class": proposal.get_new_class_display()}
    if proposal.state == ClassProposal.State.CONFIRMED:
        messages.success(request, _("%(loan)s: class “%(class)s” confirmed.") % parts)
    else:
        messages.success(request, _("%(loan)s: proposed class “%(class)s” overruled.") % parts)
    return redirect("classification:list")
