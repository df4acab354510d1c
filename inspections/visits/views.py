"""The phone pages of an inspection: today's visits, the form section by section, the last page before submitting."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.planning.models import Task
from inspections.planning.queries import my_tasks
from inspections.visits import actions, rules
from inspections.visits.forms import PositionForm, SubmitForm, fault_sentence, read_answers
from inspections.visits.models import Checkpoint, Photo, Visit
from inspections.visits.packet import before_for, is_masked
from inspections.visits.queries import checkpoints_of, in_language, own_visits, point_of, said_of, sheet_of, today_of
from loanwatch.people.access import Access
from loanwatch.people.models import Role

SHOWN_LATER = 20


def today(request: HttpRequest) -> HttpResponse:
    """Visits that are begun, returned, late or due today as cards; what follows as a list."""
    access = request.access
    tasks = list(my_tasks(access))
    now = [t for t in tasks if t.due_on <= access.on or t.state in {Task.State.STARTED, Task.State.RETURNED}]
    later = [t for t in tasks if t not in now]
    context = {
        "rows": today_of(access, now),
        "later": later[:SHOWN_LATER],
        "later_count": len(later),
        "today": access.on,
        "nav": _phone_nav(len(tasks), "today"),
    }
    return render(request, "inspections/visits/today.html", context)


def _phone_nav(to_do: int, current: str) -> list[dict[str, Any]]:
    return [
        {"icon": "calendar", "text": _("Today"), "url": reverse("visits:today"), "current": current == "today"},
        {"icon": "list-check", "text": _("Tasks"), "url": reverse("inspections:tasks"), "count": to_do},
    ]


def start(request: HttpRequest, task_id: int) -> HttpResponse:
    """Begin the form of a task, or go on with it."""
    tasks = Task.objects.visible_to(request.access)
    if not request.access.has(Role.ACCOUNT_MANAGER, Role.FIELD_AGENT):
        tasks = tasks.filter(assigned_to=request.access.person)  # a risk officer goes out on own verification visits alone
    task = get_object_or_404(tasks, pk=task_id)
    visit = actions.start_visit(task_id=task.pk, by=request.access)
    return redirect("visits:form", visit_id=visit.pk)


def form(request: HttpRequest, visit_id: int) -> HttpResponse:
    """One section of the form; posting saves it and goes to the next one. A submitted visit is shown on its reading page."""
    visit = get_object_or_404(own_visits(request.access), pk=visit_id)
    if visit.state != Visit.State.DRAFT and request.method == "GET":
        return redirect("visits:detail", visit_id=visit.pk)
    errors: dict[str, str] = {}
    typed: dict[str, str] = {}
    if request.method == "POST":
        found = read_answers(checkpoints_of(visit.template_id, visit.conditions_id), request.POST, said_of(visit))
        actions.save_answers(visit_id=visit.pk, answers=found.answers, by=request.access)
        _keep_photos(request, visit)
        errors, typed = found.errors, found.typed
        if not errors:
            return redirect(_next_address(request, visit))
    sheet = sheet_of(visit, errors=errors, typed=typed, masked=is_masked(request.access))
    number = _section_number(request, len(sheet.sections))
    context = {
        "visit": visit,
        "sheet": sheet,
        "section": sheet.sections[number - 1],
        "last": number == len(sheet.sections),
        "name": in_language(visit.template.name),
    }
    if request.GET.get("missing"):
        context["faults"] = _faults(visit, request.access)
    return render(
        request, "inspections/visits/form.html", context | {"number": number, "returned": _returned(visit)}, status=422 if errors else 200
    )


def _section_number(request: HttpRequest, sections: int) -> int:
    text = request.GET.get("s", "1")
    return min(max(int(text), 1), sections) if text.isdecimal() and len(text) < 4 else 1


def _next_address(request: HttpRequest, visit: Visit) -> str:
    where = request.POST.get("to", "")
    if where.isdecimal():
        return f"{reverse('visits:form', args=[visit.pk])}?s={where}"
    return reverse("visits:review" if where == "review" else "visits:today", args=[visit.pk] if where == "review" else [])


def _keep_photos(request: HttpRequest, visit: Visit) -> None:
    """Photos sent with the section, where the browser runs no script."""
    for name, files in request.FILES.lists():
        for upload in files if name.startswith("p-") else ():
            actions.add_photo(visit_id=visit.pk, code=name[2:], upload=upload, size=upload.size or 0, by=request.access)


def _returned(visit: Visit) -> Any:
    """The decision on the attempt before, when this one follows a return."""
    before = Visit.objects.filter(task_id=visit.task_id, attempt=visit.attempt - 1).first()
    return before.verifications.filter(decision="returned").select_related("officer").first() if before else None


def save(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Save what was just answered; says in JSON what is saved, what is now asked, and how far the form is."""
    visit = get_object_or_404(own_visits(request.access), pk=visit_id)
    found = read_answers(checkpoints_of(visit.template_id, visit.conditions_id), request.POST, said_of(visit))
    actions.save_answers(visit_id=visit.pk, answers=found.answers, by=request.access)
    return JsonResponse(_standing(visit, found.errors, request.access))


def _standing(visit: Visit, errors: dict[str, str], access: Access) -> dict[str, Any]:
    sheet = sheet_of(visit, masked=is_masked(access))
    return {
        "saved": _("Saved at %(time)s") % {"time": timezone.localtime().strftime("%H:%M")},
        "progress": _("%(answered)s of %(total)s answered") % {"answered": sheet.answered, "total": sheet.total},
        "shown": [q.code for q in sheet.questions if q.shown],
        "failed": [q.code for q in sheet.questions if q.failed or q.jump is not None],
        "sections": {section.number: f"{section.answered}/{section.total}" for section in sheet.sections},
        "errors": errors,
    }


def add_photo(request: HttpRequest, visit_id: int, code: str) -> HttpResponse:
    """Keep a photo and answer with the photos of that checkpoint as they now stand."""
    visit = get_object_or_404(own_visits(request.access), pk=visit_id)
    checkpoint = get_object_or_404(Checkpoint, section__template_id=visit.template_id, code=code)
    upload = request.FILES.get("photo")
    if upload is None:
        return JsonResponse({"code": "NO_PHOTO", "detail": fault_sentence("photo")}, status=422)
    actions.add_photo(visit_id=visit.pk, code=code, upload=upload, size=upload.size or 0, by=request.access)
    question = next(q for q in sheet_of(visit, masked=is_masked(request.access)).questions if q.code == checkpoint.code)
    return render(request, "inspections/visits/_shots.html", {"visit": visit, "question": question, "open": True})


def remove_photo(request: HttpRequest, visit_id: int, photo_id: int) -> HttpResponse:
    """Take a photo out of a draft and go back to its section."""
    visit = get_object_or_404(own_visits(request.access), pk=visit_id)
    photo = get_object_or_404(Photo.objects.select_related("checkpoint__section"), pk=photo_id, visit=visit)
    actions.remove_photo(visit_id=visit.pk, photo_id=photo.pk, by=request.access)
    return redirect(f"{reverse('visits:form', args=[visit.pk])}?s={photo.checkpoint.section.position}")


def position(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Keep the phone's position; answers with the part that shows it."""
    visit = get_object_or_404(own_visits(request.access), pk=visit_id)
    given = PositionForm(request.POST)
    if not given.is_valid():
        return JsonResponse({"code": "NO_POSITION", "detail": _("The phone gave no usable position.")}, status=422)
    where = given.cleaned_data
    visit = actions.set_position(
        visit_id=visit.pk,
        latitude=round(where["latitude"], 6),
        longitude=round(where["longitude"], 6),
        accuracy=round(where["accuracy"]),
        by=request.access,
    )
    return render(request, "inspections/visits/_position.html", {"visit": visit, "open": True})


def review(request: HttpRequest, visit_id: int) -> HttpResponse:
    """All answers on one page, what is missing with links, and the conclusion; posting submits."""
    access = request.access
    visit = get_object_or_404(own_visits(access), pk=visit_id)
    if visit.state != Visit.State.DRAFT and request.method == "GET":
        return redirect("visits:detail", visit_id=visit.pk)
    doubt = rules.position_doubt(has_position=visit.latitude is not None, accuracy=visit.accuracy, distance=visit.distance)
    first = {
        "visited_on": visit.visited_on,
        "conclusion": visit.conclusion,
        "summary": visit.summary,
        "position_reason": visit.position_reason,
    }
    given = SubmitForm(request.POST or None, initial=first, concludes=access.has(*actions.CONCLUDES), doubt=doubt)
    if request.method == "POST" and given.is_valid():
        try:
            told = given.cleaned_data
            actions.submit_visit(
                visit_id=visit.pk,
                visited_on=told["visited_on"],
                conclusion=told.get("conclusion", ""),
                summary=told["summary"],
                position_reason=told.get("position_reason", ""),
                by=access,
            )
            return redirect("visits:detail", visit_id=visit.pk)
        except actions.NotComplete as lacking:
            given.mark(lacking.faults)
    sheet = sheet_of(visit, masked=is_masked(access))
    context = {"visit": visit, "form": given, "sheet": sheet, "faults": _faults(visit, access), "name": in_language(visit.template.name)}
    return render(request, "inspections/visits/review.html", context, status=422 if request.method == "POST" else 200)


def _faults(visit: Visit, access: Access) -> list[dict[str, Any]]:
    """What the form still lacks, each with its words and the section to go to."""
    checkpoints = checkpoints_of(visit.template_id, visit.conditions_id)
    found = rules.missing([point_of(c) for c in checkpoints], said_of(visit), before_for(visit, access))
    places = {c.code: c for c in checkpoints}
    sections = sorted({c.section.position for c in checkpoints})
    return [
        {
            "code": code,
            "label": in_language(places[code].label),
            "text": fault_sentence(fault),
            "section": sections.index(places[code].section.position) + 1,
        }
        for code, fault in found.items()
    ]
