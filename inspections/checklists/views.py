"""Inspection forms to read: the list, one version with its points and faults, two versions compared, and a form on trial."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import gettext as _

from alerts.observation.queries import lender_of
from inspections.checklists.faults import LANGUAGES
from inspections.checklists.models import Template
from inspections.checklists.queries import checkpoints_of, compared, faults_in, forms_of, in_language
from inspections.checklists.trying import try_out
from inspections.checklists.words import LANGUAGES as SPOKEN
from inspections.checklists.words import fault_sentence, field_words, plain, properties
from inspections.planning.models import Kind
from loanwatch.kernel import sheets
from loanwatch.lenders.models import Product
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 40
TONES = {"draft": "out", "proposed": "yellow", "live": "green", "retired": ""}
SORTS = {"code": "code", "points": "points", "state": "state", "kind": "kind"}


def _found(request: HttpRequest) -> Any:
    """The versions the address filters: those in use and those being written, unless states are asked for."""
    get = request.GET
    rows = forms_of(lender_of(request.access))
    states = [s for s in get.getlist("state") if s in Template.State.values]
    rows = rows.filter(state__in=states) if states else rows.exclude(state=Template.State.RETIRED)
    for name in ("kind", "product_kind", "security"):
        if chosen := [v for v in get.getlist(name) if v]:
            rows = rows.filter(**{f"{name}__in": chosen})
    sort = get.get("sort", "")
    return rows.order_by(("-" if sort.startswith("-") else "") + SORTS[sort.lstrip("-")], "-version") if sort.lstrip("-") in SORTS else rows


def form_list(request: HttpRequest) -> HttpResponse:
    """All forms with their use, points, languages and state."""
    page = Paginator(_found(request), PAGE).get_page(request.GET.get("page"))
    for form in page.object_list:
        form.words, form.tone = in_language(form.name), TONES[form.state]
    context = {
        "page": page, "forms": page.object_list, "query": request.GET.urlencode(), "may_write": request.access.may(Act.CHECKLIST_WRITE),
        "filtered": any(request.GET.getlist(n) for n in ("state", "kind", "product_kind", "security")),
        "options": {"state": Template.State.choices, "kind": Kind.choices, "product_kind": Product.Kind.choices, "security": Template.Security.choices},
    }  # fmt: skip
    return render(request, "inspections/checklists/list.html", context)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The points of the forms that the list shows, as a file. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    forms = list(_found(request))
    rows: list[tuple[Any, ...]] = []
    for form in forms:
        points = checkpoints_of(form.pk)
        by_code = {c.code: c for c in points}
        for c in points:
            texts = [c.label.get(language, "") for language in LANGUAGES]
            rows.append((form.code, form.version, form.get_state_display(), in_language(c.section.title), c.code, c.get_kind_display(), *texts,
                         c.required, " ".join(properties(c, by_code))))  # fmt: skip
    record("checklists.exported", by=request.access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    columns = [_("Form"), _("Version"), _("State"), _("Section"), _("Code"), _("Kind of answer"), "English", "中文", "한국어", _("Mandatory"), _("Properties")]
    head = [(_("Inspection forms"), lender_of(request.access).name), (_("Made by"), str(request.access.person), request.access.on)]
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="inspection-forms-{request.access.on}.{kind}"'
    return answer


def form_of(request: HttpRequest, template_id: int) -> Template:
    """A form of the reader's lender; 404 for another's."""
    return get_object_or_404(forms_of(lender_of(request.access)), pk=template_id)


def page_of(request: HttpRequest, form: Template, status: int = 200, **more: Any) -> HttpResponse:
    """One version as its page shows it; `more` for what a refused step has to say."""
    access = request.access
    points = checkpoints_of(form.pk)
    by_code = {c.code: c for c in points}
    faults = faults_in(form) if form.state in {"draft", "proposed"} else []
    at: dict[str, list[str]] = {}
    for fault in faults:
        at.setdefault(fault.code, []).append(fault_sentence(fault))
    sections = []
    for section in form.sections.order_by("position"):
        rows = [{"point": c, "label": in_language(c.label), "says": properties(c, by_code), "faults": at.get(c.code, []),
                 "lacks": [name for language, name in SPOKEN if not c.label.get(language)]} for c in points if c.section_id == section.pk]  # fmt: skip
        texts = [(language, name, section.title.get(language, "")) for language, name in SPOKEN]
        sections.append({"section": section, "title": in_language(section.title), "texts": texts, "rows": rows})
    others = list(forms_of(form.lender).filter(code=form.code).exclude(pk=form.pk).order_by("-version"))
    writes = form.state == "draft" and access.may(Act.CHECKLIST_WRITE) and access.person is not None and form.made_by_id == access.person.pk
    context = {
        "form": form, "name": in_language(form.name), "names": [(name, form.name.get(language, "")) for language, name in SPOKEN],
        "tone": TONES[form.state], "sections": sections, "faults": at.get("", []), "stops": any(f.stops for f in faults),
        "fault_count": sum(f.stops for f in faults), "others": others, "writes": writes,
        "weight": sum(int(c.score.get("weight", 0)) for c in points), "mandatory": sum(c.required for c in points), "count": len(points),
        "may_copy": access.may(Act.CHECKLIST_WRITE) and not any(o.state in {"draft", "proposed"} for o in [form, *others]),
        "may_approve": form.state == "proposed" and access.may(Act.CHECKLIST_APPROVE, form),
        "may_retire": form.state == "live" and access.may(Act.CHECKLIST_APPROVE, form),
    }  # fmt: skip
    return render(request, "inspections/checklists/form.html", context | more, status=status)


def form_page(request: HttpRequest, template_id: int) -> HttpResponse:
    """One version: its points with all that they carry, its faults, and the steps that follow for the reader."""
    return page_of(request, form_of(request, template_id))


def compare(request: HttpRequest, template_id: int) -> HttpResponse:
    """What this version says differently from another of the same form, which the address names (`?with=`), else the one before."""
    form = form_of(request, template_id)
    others = list(forms_of(form.lender).filter(code=form.code).exclude(pk=form.pk).order_by("-version"))
    wanted = request.GET.get("with", "")
    other = next((o for o in others if str(o.pk) == wanted), None) or next((o for o in others if o.version < form.version), None)
    points = {c.code: c for one in (other, form) if one for c in checkpoints_of(one.pk)}
    changes = [
        {"code": c.code, "label": in_language(points[c.code].label), "result": c.result,
         "fields": [(field_words(name), plain(before), plain(after)) for name, before, after in c.fields]}
        for c in (compared(other, form) if other else [])
    ]  # fmt: skip
    context = {"form": form, "name": in_language(form.name), "other": other, "others": others, "changes": changes}
    return render(request, "inspections/checklists/compare.html", context)


def try_form(request: HttpRequest, template_id: int) -> HttpResponse:
    """A form filled in on trial, in the language the address asks for. Nothing is stored."""
    form = form_of(request, template_id)
    given = request.POST if request.method == "POST" else {}
    language = request.GET.get("language", "")
    with translation.override(language if language in LANGUAGES else translation.get_language()):
        trial = try_out(checkpoints_of(form.pk), given)
        name = in_language(form.name)
    context = {"form": form, "name": name, "trial": trial, "tried": request.method == "POST", "language": language, "languages": SPOKEN}
    return render(request, "inspections/checklists/try.html", context)
