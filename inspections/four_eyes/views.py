"""The four-eyes queue, the verification page, and the reading page of a visit."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.four_eyes import actions, rules
from inspections.four_eyes.forms import DecisionForm, OwnViewForm, QueueFilters
from inspections.four_eyes.models import Verification
from inspections.four_eyes.queries import Row, SideBySide, blind_sheet, queue, side_by_side, verification_of, verify_days, waited, why_not
from inspections.planning.models import Kind
from inspections.visits.actions import NotComplete
from inspections.visits.forms import fault_sentence, read_answers
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import checkpoints_of, in_language, last_figures, sheet_of, states_of, visits_readable_by, with_readability
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.policy import Act

PAGE = 50


def waiting(request: HttpRequest) -> HttpResponse:
    """Visits that wait for a second pair of eyes, the most urgent on top."""
    access = request.access
    filters = QueueFilters(request.GET)
    filters.is_valid()
    found = queue(access, late=bool(filters.cleaned_data.get("late")))
    if filters.cleaned_data.get("kind") in Kind.values:
        found = found.filter(task__kind=filters.cleaned_data["kind"])
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for visit in page:
        visit.waited_days = waited(visit, access.on)
        visit.begun_by = [v.officer for v in visit.verifications.all()]
    context = {
        "page": page,
        "kinds": Kind.choices,
        "today": access.on,
        "verifies": access.may(Act.VISIT_VERIFY),
        "filtered": bool(request.GET.get("kind") or request.GET.get("late")),
    }
    return render(request, "inspections/four_eyes/queue.html", context)


def verify(request: HttpRequest, visit_id: int) -> HttpResponse:
    """First the officer's own view, blind; then both side by side with the decision."""
    access = request.access
    visits = Visit.objects.filter(loan__branch_id__in=access.subtree(Role.RISK_OFFICER)).exclude(state=Visit.State.DRAFT)
    visit = get_object_or_404(
        visits.select_related("lender", "loan__borrower", "loan__product", "task__alert__rule", "recorded_by", "template"), pk=visit_id
    )
    verification = verification_of(access, visit)
    if visit.state != Visit.State.SUBMITTED and request.method == "GET":
        return redirect("visits:detail", visit_id=visit.pk)
    if request.method == "POST":
        return _own_view_posted(request, visit) if request.POST.get("step") == "own" else _decision_posted(request, visit)
    access.check(Act.VISIT_VERIFY, visit)
    if verification is None or verification.own_recorded_at is None:
        return _own_view_page(request, visit, OwnViewForm(), {}, refused=why_not(visit, access))
    return _comparison_page(request, visit, verification, DecisionForm(initial={"seen_hash": visit.content_hash}))


def _own_view_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = OwnViewForm(request.POST)
    found = read_answers(checkpoints_of(visit.template_id, visit.conditions_id), request.POST, {})
    errors = found.errors
    if form.is_valid() and not errors:
        try:
            told = form.cleaned_data
            actions.record_own_view(
                visit_id=visit.pk, answers=found.answers, conclusion=told["conclusion"], summary=told["summary"], by=request.access
            )
            return redirect("four_eyes:verify", visit_id=visit.pk)
        except NotComplete as lacking:
            errors = {code: fault_sentence(fault) for code, fault in lacking.faults.items()}
    return _own_view_page(request, visit, form, errors, status=422)


def _own_view_page(
    request: HttpRequest, visit: Visit, form: OwnViewForm, errors: dict[str, str], *, refused: str = "", status: int = 200
) -> HttpResponse:
    found = read_answers(checkpoints_of(visit.template_id, visit.conditions_id), request.POST, {})
    sheet = blind_sheet(visit, None, errors=errors, typed=found.typed, before=last_figures(visit.loan_id, visit))
    for question in sheet.questions:
        question.value, question.note = found.answers.get(question.code, (None, ""))
        question.typed = found.typed.get(question.code, question.value or "")
    faults = [{"code": q.code, "label": q.label, "text": q.error} for q in sheet.questions if q.error]
    context = {
        "visit": visit,
        "sheet": sheet,
        "form": form,
        "faults": faults,
        "refused": refused,
        "name": in_language(visit.template.name),
        "steps": _steps("own"),
    }
    return render(
        request,
        "inspections/four_eyes/own_view.html",
        context | {"verify_by": _verify_by(visit), "today": request.access.on},
        status=status,
    )


def _decision_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = DecisionForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            if request.POST.get("decision") == "return":
                actions.return_visit(
                    visit_id=visit.pk,
                    seen_hash=told["seen_hash"],
                    reason=told["reason"],
                    explanation=told["explanation"],
                    by=request.access,
                )
                messages.success(request, _("The inspection was returned. The account manager finds it on the task list."))
            else:
                actions.confirm_visit(visit_id=visit.pk, seen_hash=told["seen_hash"], explanation=told["explanation"], by=request.access)
                messages.success(request, _("The inspection is confirmed and sealed."))
            return redirect("inspections:four_eyes")
        except NotComplete as lacking:
            form.mark(lacking.faults)
    verification = get_object_or_404(Verification, visit=visit, officer=request.access.person)
    return _comparison_page(request, visit, verification, form, status=422)


def _comparison_page(request: HttpRequest, visit: Visit, verification: Verification, form: DecisionForm, status: int = 200) -> HttpResponse:
    view = side_by_side(visit, verification)
    everything = request.GET.get("rows") == "all"
    context = {
        "visit": visit,
        "verification": verification,
        "view": view,
        "form": form,
        "everything": everything,
        "sections": _rows(view, everything),
        "photos": _photos(visit),
        "steps": _steps("compare"),
        "name": in_language(visit.template.name),
        "verify_by": _verify_by(visit),
        "today": request.access.on,
    }
    return render(request, "inspections/four_eyes/compare.html", context, status=status)


def _rows(view: SideBySide, everything: bool) -> list[tuple[str, list[Row]]]:
    """All points, or differences and failing points only; a section without a row is left out."""
    shown = [(title, [row for row in rows if everything or row.counts]) for title, rows in view.sections]
    return [(title, rows) for title, rows in shown if rows]


def _verify_by(visit: Visit) -> Any:
    if visit.submitted_on is None:
        return None
    return rules.deadline(visit.task.kind, visit.submitted_on, verify_days(visit.lender, visit.submitted_on))


def _steps(now: str) -> list[tuple[str, str]]:
    return [
        (_("Account manager submitted"), "done"),
        (_("Your own view"), "now" if now == "own" else "done"),
        (_("Compare and decide"), "now" if now == "compare" else ""),
    ]


def _photos(visit: Visit) -> list[Photo]:
    found = visit.photos.select_related("checkpoint", "reused_from__visit__task", "reused_from__visit__recorded_by")
    photos = list(found)
    for photo in photos:
        photo.words = in_language(photo.checkpoint.label)
    return photos


def detail(request: HttpRequest, visit_id: int) -> HttpResponse:
    """A visit to read: answers, photos, decision, seal, history. What may not be read yet is not there."""
    access = request.access
    seen = with_readability(Visit.objects.visible_to(access), access).select_related(
        "task__borrower", "task__branch", "loan", "recorded_by", "verified_by", "template"
    )
    visit = get_object_or_404(seen, pk=visit_id)
    context = {"visit": visit, "name": in_language(visit.template.name), "today": access.on, "sees_loans": access.may(Act.LOAN_SEE)}
    if visit.state == Visit.State.DRAFT and visit.recorded_by_id != (access.person.pk if access.person else None):
        context["hidden"] = "draft"
    elif not visit.readable:
        context["hidden"] = "blind"
    else:
        context |= {"sheet": sheet_of(visit), "photos": _photos(visit), "attempts": _attempts(visit, access)} | _decision(visit, access)
    context["history"] = _history(visit) if "hidden" not in context else []
    return render(request, "inspections/visits/detail.html", context)


def _attempts(visit: Visit, access: Access) -> Any:
    return (
        Visit.objects.visible_to(access)
        .filter(task_id=visit.task_id)
        .exclude(state=Visit.State.DRAFT)
        .exclude(pk=visit.pk)
        .order_by("attempt")
    )


def _decision(visit: Visit, access: Access) -> dict[str, Any]:
    """The decision, and both views side by side for those who see loans; an agency learns why its visit came back, no more."""
    decided = visit.verifications.exclude(decision="").select_related("officer").first()
    if decided is None:
        return {}
    if not access.may(Act.LOAN_SEE):
        return {"decided": decided} if decided.decision == "returned" else {}
    view = side_by_side(visit, decided)
    return {"decided": decided, "view": view, "verification": decided, "sections": _rows(view, everything=False)}


def _history(visit: Visit) -> list[dict[str, Any]]:
    looks = {
        "draft": ("pencil", ""),
        "submitted": ("send", "acc"),
        "returned": ("arrow-back-up", "orange"),
        "verified": ("eye-check", "green"),
    }
    return [
        {"icon": looks[state][0], "tone": looks[state][1], "title": Visit.State(state).label, "when": at} for state, at in states_of(visit)
    ]


def photo(request: HttpRequest, photo_id: int) -> FileResponse:
    """One photo, for those who may read its visit."""
    found = get_object_or_404(Photo.objects.filter(visit__in=visits_readable_by(request.access)), pk=photo_id)
    response = FileResponse(default_storage.open(found.file), content_type="image/jpeg")
    response["Content-Disposition"] = f'inline; filename="photo-{found.pk}.jpg"'
    response["Cache-Control"] = "private, max-age=3600"
    return response
