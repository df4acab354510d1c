"""The designer: a draft is begun or copied, written point by point, and taken through its life. Every step works without a script."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.checklists import drafting
from inspections.checklists.forms import PointForm, UseForm, cells_of, initial_of, texts_of, three_texts
from inspections.checklists.models import Checkpoint, Template
from inspections.checklists.queries import checkpoints_of, faults_in, in_language
from inspections.checklists.rules import NEEDS, WHEN
from inspections.checklists.views import form_of, page_of
from inspections.checklists.words import fault_sentence
from loanwatch.kernel.policy import Conflict


def new_form(request: HttpRequest) -> HttpResponse:
    """Begin a form of an own code."""
    form = UseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafting.begin(by=request.access, **form.fields_of())
        except Conflict as refused:
            form.add_error("code", refused.sentence)
        else:
            return redirect("checklists:form", draft.pk)
    return render(request, "inspections/checklists/use.html", {"form": form}, status=422 if form.is_bound else 200)


def use(request: HttpRequest, template_id: int) -> HttpResponse:
    """What a draft is for, and its name."""
    draft = form_of(request, template_id)
    kept = {name: getattr(draft, name) for name in ("kind", "product_kind", "security")} | three_texts("name", draft.name)
    form = UseForm(request.POST or None, initial=kept, new=False)
    if request.method == "POST" and form.is_valid():
        drafting.describe(template_id=draft.pk, by=request.access, **form.fields_of())
        return redirect("checklists:form", draft.pk)
    drafting.check_writable(draft, request.access)
    return render(request, "inspections/checklists/use.html", {"form": form, "draft": draft}, status=422 if form.is_bound else 200)


def point(request: HttpRequest, template_id: int, point_id: int | None = None) -> HttpResponse:
    """Write one point of a draft, or a new one at the end of the section that the address names."""
    draft = form_of(request, template_id)
    stored = get_object_or_404(Checkpoint, pk=point_id, section__template=draft) if point_id else None
    drafting.check_writable(draft, request.access)
    points = checkpoints_of(draft.pk)
    before = points[: next((n for n, c in enumerate(points) if stored and c.pk == stored.pk), len(points))]
    sections = [(s.pk, in_language(s.title)) for s in draft.sections.order_by("position")]
    initial = initial_of(stored) if stored else {"section": request.GET.get("section", sections[-1][0] if sections else "")}
    form = PointForm(
        request.POST or None,
        initial=initial,
        sections=sections,
        earlier=[(c.code, f"{c.code} · {in_language(c.label)}") for c in before],
        cells=request.POST or (cells_of(stored) if stored else {}),
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = drafting.save_point(
                template_id=draft.pk, section_id=int(form.cleaned_data["section"]), point_id=point_id, fields=form.fields_of(), by=request.access
            )
        except Conflict as refused:
            if refused.code != "POINT_CODE_TAKEN":
                raise
            form.add_error("code", refused.sentence)
        else:
            messages.success(request, _("The point is saved."))
            again = redirect("checklists:point_new", draft.pk) if "another" in request.POST else redirect("checklists:form", draft.pk)
            again["Location"] += f"?section={saved.section_id}" if "another" in request.POST else f"#p-{saved.code}"
            return again
    faults = [fault_sentence(f) for f in faults_in(draft) if stored and f.code == stored.code]
    context = {
        "form": form, "draft": draft, "point": stored, "faults": faults, "needs": NEEDS, "whens": WHEN,
        "lists": [c.code for c in points if c.kind in {"items", "document"}], "label": in_language(stored.label) if stored else "",
    }  # fmt: skip
    return render(request, "inspections/checklists/point.html", context, status=422 if form.is_bound else 200)


def change(request: HttpRequest, template_id: int) -> HttpResponse:
    """A step in the order of a draft: `what` names it and `on` the section or point it is about."""
    draft = form_of(request, template_id)
    what, on = request.POST.get("what", ""), request.POST.get("on", "")
    number = int(on) if on.isdigit() and len(on) < 18 else 0
    said: dict[str, Any] = {"template_id": draft.pk, "by": request.access}
    steps: dict[str, Callable[[], Any]] = {
        "section_add": lambda: drafting.add_section(title=texts_of(request.POST, "title"), **said),
        "section_name": lambda: drafting.name_section(section_id=number, title=texts_of(request.POST, "title"), **said),
        "section_up": lambda: drafting.move_section(section_id=number, up=True, **said),
        "section_down": lambda: drafting.move_section(section_id=number, up=False, **said),
        "section_drop": lambda: drafting.drop_section(section_id=number, **said),
        "point_up": lambda: drafting.move_point(point_id=number, up=True, **said),
        "point_down": lambda: drafting.move_point(point_id=number, up=False, **said),
        "point_drop": lambda: drafting.drop_point(point_id=number, **said),
    }
    if what not in steps:
        raise Conflict(_("This step is not known. Reload the page."), code="UNKNOWN_STEP")
    steps[what]()
    answer = redirect("checklists:form", draft.pk)
    answer["Location"] += f"#{'s' if what.startswith('section') else 'i'}-{number}" if number and not what.endswith("drop") else "#sections"
    return answer


def copy(request: HttpRequest, template_id: int) -> HttpResponse:
    """The next version as a draft that says the same."""
    draft = drafting.copy_as_draft(template_id=form_of(request, template_id).pk, by=request.access)
    messages.success(request, _("A draft that says the same is open. Change it, then propose it."))
    return redirect("checklists:form", draft.pk)


def discard(request: HttpRequest, template_id: int) -> HttpResponse:
    """Give a draft up."""
    drafting.discard(template_id=form_of(request, template_id).pk, by=request.access)
    messages.success(request, _("The draft is given up."))
    return redirect("checklists:list")


def _step(request: HttpRequest, form: Template, step: Callable[[], Any], done: str) -> HttpResponse:
    """A step of the form's life; what was left out is said on its page."""
    try:
        step()
    except Conflict as refused:
        if refused.code not in {"NO_CHANGE_NOTE", "FORM_FAULTY", "NO_REASON"}:
            raise
        return page_of(request, form, status=422, refused=refused.sentence)
    messages.success(request, done)
    return redirect("checklists:form", form.pk)


def propose(request: HttpRequest, template_id: int) -> HttpResponse:
    """Hand the draft to another credit administrator."""
    form = form_of(request, template_id)
    note = request.POST.get("change_note", "")
    step = lambda: drafting.propose(template_id=form.pk, change_note=note, by=request.access)  # noqa: E731
    return _step(request, form, step, _("The form waits for another credit administrator."))


def approve(request: HttpRequest, template_id: int) -> HttpResponse:
    """Put it into use."""
    form = form_of(request, template_id)
    step = lambda: drafting.approve(template_id=form.pk, by=request.access)  # noqa: E731
    return _step(request, form, step, _("The form is in use from today. Inspections already begun keep the version they have."))


def give_back(request: HttpRequest, template_id: int) -> HttpResponse:
    """Return it to its writer."""
    form = form_of(request, template_id)
    step = lambda: drafting.give_back(template_id=form.pk, reason=request.POST.get("reason", ""), by=request.access)  # noqa: E731
    return _step(request, form, step, _("The form is returned to its writer."))


def retire(request: HttpRequest, template_id: int) -> HttpResponse:
    """Take it out of use."""
    form = form_of(request, template_id)
    step = lambda: drafting.retire(template_id=form.pk, by=request.access)  # noqa: E731
    return _step(request, form, step, _("The form is out of use."))


