"""Writing a rule: as text or as rows, with what may be written next, what is wrong and what it would say at the last close."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from alerts.observation.queries import closed_days, lender_of
from alerts.rulebook.actions import save_draft
from alerts.rulebook.completion import accepts
from alerts.rulebook.drafting import CODE, stamp
from alerts.rulebook.editing.builder import LEVELS, OPERATORS, WITHOUT_VALUE, Part, Row, parts_of
from alerts.rulebook.editing.forms import RuleForm, begun, begun_from
from alerts.rulebook.editing.preview import preview
from alerts.rulebook.language import MAX_CHARACTERS
from alerts.rulebook.life import OPEN, SYSTEM
from alerts.rulebook.messages import placed, sentence
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.vocabulary import fields_of

MOST_SUGGESTED = 60
NOT_SENT_AGAIN = {"csrfmiddlewaretoken", "page", "do"}

def rule_new(request: HttpRequest) -> HttpResponse:
    """A rule of the lender's own, from its first word."""
    lender = lender_of(request.access)
    form = RuleForm(request.POST if request.method == "POST" else None, lender=lender, rule=None, initial=begun(lender))
    return _edit(request, form, None)


def rule_edit(request: HttpRequest, code: str) -> HttpResponse:
    """The open draft of a rule, or a further version that begins as the one in force."""
    lender = lender_of(request.access)
    rule = get_object_or_404(Rule.objects.select_related("lender").exclude(code__startswith=SYSTEM), lender=lender, code=code)
    versions = list(rule.versions.order_by("-version"))
    opened = next((v for v in versions if v.state in OPEN), None)
    if opened is not None and opened.state == RuleVersion.State.CHECKED:
        messages.warning(request, _("Version %(n)s is checked and waits for approval. Have it returned to write on it.") % {"n": opened.version})
        return redirect("rulebook:rule", rule.code)
    base = opened or next((v for v in versions if v.state == RuleVersion.State.LIVE), versions[0] if versions else None)
    initial = begun_from(rule, base, stamp(opened) if opened else "")
    form = RuleForm(request.POST if request.method == "POST" else None, lender=lender, rule=rule, initial=initial)
    return _edit(request, form, rule, opened=opened, versions=versions)


def _edit(request: HttpRequest, form: RuleForm, rule: Rule | None, **shown: Any) -> HttpResponse:
    """Shows the form, turns text into rows and back, adds and takes away rows, or keeps the draft."""
    do = request.POST.get("do", "save") if form.is_bound else ""
    view, parts, status = request.POST.get("view", "text"), RuleForm.parts_in(request.POST), 200
    if do == "save" and form.is_valid():
        new = rule is None
        version = save_draft(by=request.access, draft=form.draft(), new=new, seen=None if new else form.cleaned_data["seen"])
        messages.success(request, _("Version %(n)s is saved as a draft.") % {"n": version.version})
        return redirect("rulebook:edit", version.rule.code)
    if do == "save":
        status = 422
    elif do == "builder":
        tree = form.read()
        parts = (parts_of(tree) if tree else None) or ()
        view = "builder" if parts else "text"
        shown["too_rich"] = tree is not None and not parts
    elif do == "text":
        view = "text"
    elif do.startswith(("add-", "drop-")):
        parts = _rearranged(parts, do)
    if form.is_bound:
        form.read()
    if do not in ("", "save", "preview"):
        form.unjudged()
    context = {"form": form, "rule": rule, "view": view, "parts": _filled(parts), "grain": form.named_grain, "levels": LEVELS, **_checked(form), **shown}
    if do == "preview":
        context |= _previewed(request, form)
        form.unjudged()
    return render(request, "alerts/rulebook/editing/editor.html", context | _offered(form.named_grain), status=status)


def rule_preview(request: HttpRequest) -> HttpResponse:
    """What the rule in the form would say at the last close, as a part of the editor or a page of its own."""
    lender = lender_of(request.access)
    code = request.POST.get("rule", "")
    rule = Rule.objects.filter(lender=lender, code=code).first() if CODE.fullmatch(code) else None
    form = RuleForm(request.POST, lender=lender, rule=rule)
    template = "preview_part.html" if request.htmx else "preview.html"
    sent = [(name, value) for name in request.POST for value in request.POST.getlist(name) if name not in NOT_SENT_AGAIN]
    context = {"rule": rule, "form": form, "part": True, "grain": form.named_grain, "sent": sent, **_previewed(request, form)}
    return render(request, f"alerts/rulebook/editing/{template}", context)


def rule_complete(request: HttpRequest) -> JsonResponse:
    """What may be written at `position` of `text`: text, kind, label, meaning, unit, sample and how many signs it replaces."""
    text, grain = request.POST.get("text", "")[: 2 * MAX_CHARACTERS], request.POST.get("grain", "loan")
    place = request.POST.get("position", "")
    position = int(place) if place.isascii() and place.isdecimal() and len(place) < 6 else len(text)
    found = accepts(text, min(position, len(text)), grain if grain in Rule.Grain.values else "loan")
    said = [
        {"text": s.text, "kind": s.kind, "label": s.label and _(s.label), "meaning": s.meaning and _(s.meaning), "unit": s.unit and _(s.unit), "sample": s.sample}
        for s in found[:MOST_SUGGESTED]
    ]
    return JsonResponse({"suggestions": said})


def _previewed(request: HttpRequest, form: RuleForm) -> dict[str, Any]:
    day: date | None = closed_days(form.lender).values_list("business_date", flat=True).first()
    form.is_valid()  # fills what is valid; a name still missing keeps nobody from seeing what the rule would say
    context = {"as_of": day, **_checked(form)}
    if form.tree is None or day is None or form.scope_faults:
        return context | {"scope_faults": form.scope_faults}
    page = request.POST.get("page", "1")
    asked = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    draft = form.draft()
    draft = replace(draft, code=form.rule.code, staff_conduct=form.rule.staff_conduct) if form.rule else draft
    return context | {"preview": preview(request.access, form.lender, day, draft, form.tree, asked)}


def _checked(form: RuleForm) -> dict[str, Any]:
    told = [{"line": e.line, "column": e.column, "length": len(e.word), "text": placed(e), "said": sentence(e), "proposal": e.proposal} for e in form.errors_in_text]
    return {"told": told}


def _rearranged(parts: tuple[Part, ...], do: str) -> tuple[Part, ...]:
    """The rows after `add-<level>` or `drop-<level>-<place>`."""
    what, level, *place = do.split("-")
    found = []
    for part in parts:
        rows = part.rows
        if part.level == level and what == "add":
            rows = (*rows, Row())
        elif part.level == level and what == "drop":
            rows = tuple(row for at, row in enumerate(rows) if [str(at)] != place)
        found.append(replace(part, rows=rows))
    return tuple(found)


def _filled(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(replace(part, rows=part.rows or (Row(),)) for part in parts)


def _offered(grain: str) -> dict[str, Any]:
    """What the builder offers: comparisons in words, and the fields with what they are called."""
    words = {
        ">": _("is more than"), ">=": _("is at least"), "<": _("is less than"), "<=": _("is at most"), "=": _("is equal to"),
        "!=": _("is not equal to"), "between": _("lies between"), "not between": _("does not lie between"), "in": _("is one of"),
        "not in": _("is none of"), "contains": _("contains the text"), "not contains": _("does not contain the text"),
        "is empty": _("is empty"), "is not empty": _("is not empty"), "is true": _("is so"), "is not true": _("is not so"),
    }  # fmt: skip
    fields = [(name, _(field.label)) for name, field in fields_of(grain).items()]
    return {"operators": [(op, words[op]) for op in (*OPERATORS, *WITHOUT_VALUE)], "fields": fields}
