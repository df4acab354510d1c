"""Packs of parameters for a kind of lender: what they offer, what is in force, and taking over the difference under four eyes."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loanwatch.lenders import parameter_packs as actions
from loanwatch.lenders.forms import PackForm
from loanwatch.lenders.models import Parameter
from loanwatch.lenders.pack_files import Pack, packs
from loanwatch.lenders.views import reader_lender, written
from loanwatch.lenders.words import name_of, pack_name
from loanwatch.people.policy import Act


def pack_list(request: HttpRequest) -> HttpResponse:
    """Every pack, with how much of it is in force, differs, waits or ships off."""
    lender = reader_lender(request)
    rows = [
        {"name": pack.name, "title": pack_name(pack.name), "values": len(pack.values), **_counts(actions.compare(lender, pack, request.access.on))}
        for pack in packs().values()
    ]
    return render(request, "lenders/packs.html", {"packs": rows})


def _counts(lines: list[actions.Line]) -> dict[str, int]:
    return {state: sum(line.state == state for line in lines) for state in (actions.SAME, actions.DIFFERS, actions.NEW, actions.WAITS, actions.OFF)}


def _pack(name: str) -> Pack:
    found = packs().get(name)
    if found is None:
        raise Http404
    return found


def pack_page(request: HttpRequest, pack: str) -> HttpResponse:
    """One pack beside what is in force."""
    return _page(request, _pack(pack))


def _page(request: HttpRequest, pack: Pack, form: PackForm | None = None, status: int = 200) -> HttpResponse:
    access = request.access
    lines = actions.compare(reader_lender(request), pack, access.on)
    words = {
        actions.SAME: (_("In force"), "green"), actions.DIFFERS: (_("Differs"), "yellow"), actions.NEW: (_("New"), "blue"),
        actions.WAITS: (_("Waiting for approval"), "yellow"), actions.OFF: (_("Ships off"), "out"),
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "line": line, "name": name_of(line.offered.key), "offered": written(line.offered.value),
            "now": written(newest.value) if (newest := line.later or line.now) else "",
            "word": words[line.state][0], "tone": words[line.state][1], "open": line.state in (actions.DIFFERS, actions.NEW),
            "confidence": _confidence(line.offered.confidence),
        }
        for line in lines
    ]  # fmt: skip
    approvable = [line.waiting.pk for line in lines if line.waiting and access.may(Act.PARAMETER_APPROVE, line.waiting)]
    context = {
        "pack": pack.name, "title": pack_name(pack.name), "rows": rows, "counts": _counts(lines), "approvable": approvable,
        "may_propose": access.may(Act.PARAMETER_PROPOSE) and any(row["open"] for row in rows),
        "form": form or PackForm(today=access.on, initial={"valid_from": access.on}),
    }  # fmt: skip
    return render(request, "lenders/pack.html", context, status=status)


def _confidence(value: str) -> str:
    return str(Parameter.Confidence(value).label)


def pack_propose(request: HttpRequest, pack: str) -> HttpResponse:
    """Propose the chosen values in one go; what could not be proposed is said for each."""
    found = _pack(pack)
    form = PackForm(request.POST, today=request.access.on)
    keys = request.POST.getlist("key")
    if not keys:
        form.add_error(None, _("Choose at least one value."))
    if not form.is_valid():
        return _page(request, found, form, status=422)
    results = actions.propose_pack(
        by=request.access, lender=reader_lender(request), pack=found, keys=keys, valid_from=form.cleaned_data["valid_from"]
    )
    _say(request, results, ngettext("%(n)s value proposed. Another credit administrator must approve it.",
                                    "%(n)s values proposed. Another credit administrator must approve them.", _done(results)))  # fmt: skip
    return redirect("lenders:pack", pack=pack)


def approve_many(request: HttpRequest) -> HttpResponse:
    """Approve the chosen proposals, each for itself."""
    ids = [int(text) for text in request.POST.getlist("parameter") if text.isdecimal() and len(text) < 18]
    results = actions.approve_many(by=request.access, lender=reader_lender(request), ids=ids)
    _say(request, results, ngettext("%(n)s value approved. It is in force from its day.",
                                    "%(n)s values approved. They are in force from their days.", _done(results)))  # fmt: skip
    return redirect("lenders:parameters")


def _done(results: list[actions.Result]) -> int:
    return sum(not result.fault for result in results)


def _say(request: HttpRequest, results: list[actions.Result], sentence: str) -> None:
    if done := _done(results):
        messages.success(request, sentence % {"n": done})
    for result in results:
        if result.fault:
            messages.warning(request, _("%(name)s: %(fault)s") % {"name": name_of(result.key), "fault": result.fault})
    if not results:
        messages.warning(request, _("Nothing of this waits for approval any more."))
