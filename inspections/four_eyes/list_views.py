"""The four-eyes queue, batches of off-site checks, questions to the recorder, and splits."""

import logging
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.four_eyes import actions
from inspections.four_eyes.asking import answer_question, questions_for
from inspections.four_eyes.batches import MOST, batchable, confirm_batch, offer_batch, view_batch
from inspections.four_eyes.deciding import to_settle
from inspections.four_eyes.forms import AnswerForm, QueueFilters, SettleForm
from inspections.four_eyes.models import Explanation, Verification
from inspections.four_eyes.queries import queue, side_by_side, splits, waited
from inspections.planning.models import Kind
from inspections.sampling.actions import ensure_drawn
from inspections.visits.actions import NotComplete
from inspections.visits.models import Visit
from inspections.visits.queries import in_language
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house

logger = logging.getLogger(__name__)

PAGE = 50
DRAWN_AT_ONCE = 500  # of the queue, when it is listed; the step of the day draws the rest
SORTS = {"verify_by": "verify_by", "borrower": "task__borrower__name", "recorded_by": "recorded_by__name", "waiting": "-submitted_at", "method": "draw__method"}


def waiting(request: HttpRequest) -> HttpResponse:
    """Visits that wait for a second pair of eyes, the most urgent on top."""
    access = request.access
    filters = QueueFilters(request.GET)
    filters.is_valid()
    told = filters.cleaned_data
    found = queue(access, late=bool(told.get("late")))
    undrawn = _draw(list(found.filter(draw=None).values_list("pk", flat=True)[:DRAWN_AT_ONCE]), access)
    if told.get("kind") in Kind.values:
        found = found.filter(task__kind=told["kind"])
    if told.get("method"):
        found = found.filter(draw__method=told["method"])
    begun = Verification.objects.filter(visit=OuterRef("pk"), officer=access.person, decision="")
    if told.get("mine"):
        found = found.filter(Exists(begun))
    found = _sorted(found.select_related("draw"), told.get("sort", ""))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for visit in page:
        visit.waited_days = waited(visit, access.on)
        visit.begun_by = [v.officer for v in visit.verifications.all()]
    verifies = access.may(Act.VISIT_VERIFY)
    context = {
        "page": page, "kinds": [k for k in Kind.choices if k[0] != Kind.VERIFY], "methods": Verification.Method.choices[:2], "today": access.on, "verifies": verifies,
        "undrawn": undrawn, "filtered": any(told.get(name) for name in ("kind", "late", "method", "mine")),
        "in_batch": batchable(access).count() if verifies else 0, "split": splits(access).count() if access.may(Act.VISIT_SETTLE) else 0,
    }  # fmt: skip
    return render(request, "inspections/four_eyes/queue.html", context)


def _draw(visit_ids: list[int], access: Access) -> str:
    """Draw what waits for it; the sentence that says why it can't be drawn, else empty text. What is drawn already can be verified."""
    try:
        with transaction.atomic(), as_house():
            ensure_drawn(visit_ids, on=access.on)
    except Conflict as no:
        logger.error("the queue of %s is not drawn: %s", access.account, no.sentence)
        return no.sentence
    return ""


def _sorted(found: Any, sort: str) -> Any:
    name = SORTS.get(sort.removeprefix("-"))
    if name is None or sort == "verify_by":
        return found
    flipped = sort.startswith("-")
    return found.order_by(name.removeprefix("-") if flipped == name.startswith("-") else f"-{name.removeprefix('-')}", "id")


def batch(request: HttpRequest) -> HttpResponse:
    """Off-site checks in one go: own conclusions first, then those that agree are confirmed; posting answers with what became of each."""
    access = request.access
    results = None
    if request.method == "POST":
        results = _batch_posted(request)
    undrawn = ""
    try:
        offered = offer_batch(access)
    except Conflict as no:
        undrawn, offered = no.sentence, list(batchable(access).select_related("words")[:MOST])
    own = {v.visit_id: v for v in Verification.objects.filter(visit__in=offered, officer=access.person)}
    with_view = [visit for visit in offered if visit.pk in own and own[visit.pk].own_recorded_at and not own[visit.pk].decision]
    for visit in with_view:
        visit.own = own[visit.pk]
        visit.agrees = visit.own.own_conclusion == visit.conclusion
    context = {
        "blind": [visit for visit in offered if visit.pk not in own or not own[visit.pk].own_recorded_at], "compared": with_view, "results": results,
        "conclusions": [c for c in Visit.Conclusion.choices if c[0] != "not_given"], "today": access.on, "undrawn": undrawn,
    }  # fmt: skip
    return render(request, "inspections/four_eyes/batch.html", context)


def _batch_posted(request: HttpRequest) -> list[dict[str, Any]]:
    ids = {int(name.removeprefix("c-")) for name in request.POST if name.startswith("c-") and name[2:].isdigit() and request.POST[name]}
    chosen = {int(pk) for pk in request.POST.getlist("item") if pk.isdigit()}
    if request.POST.get("step") == "view":
        done = view_batch(conclusions={pk: request.POST[f"c-{pk}"] for pk in sorted(ids)}, by=request.access)
    else:
        done = confirm_batch(hashes={pk: request.POST.get(f"hash-{pk}", "") for pk in sorted(chosen)}, by=request.access)
    known = Visit.objects.visible_to(request.access).select_related("task__borrower").in_bulk([item.visit_id for item in done])
    return [{"visit": known.get(item.visit_id), "fine": item.fine, "sentence": item.sentence} for item in done]


def questions(request: HttpRequest) -> HttpResponse:
    """What risk officers asked this person about own visits, with the answers."""
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer_question(explanation_id=form.cleaned_data["explanation"], answer=form.cleaned_data["answer"], by=request.access)
            messages.success(request, _("Your answer is with the risk officer."))
            return redirect("inspections:questions")
        except NotComplete as lacking:
            form.mark(lacking.faults)
        except Explanation.DoesNotExist:
            get_object_or_404(Explanation.objects.none())
    page = Paginator(questions_for(request.access), PAGE).get_page(request.GET.get("page"))
    for asked in page:
        asked.point = in_language(asked.checkpoint.label) if asked.checkpoint else _("Conclusion")
        typed = form.is_bound and str(asked.pk) == request.POST.get("explanation")
        asked.form = form if typed else AnswerForm(initial={"explanation": asked.pk}, auto_id=f"a{asked.pk}_%s")
    return render(request, "inspections/four_eyes/questions.html", {"page": page}, status=422 if form.is_bound else 200)


def split_list(request: HttpRequest) -> HttpResponse:
    """Inspections on which two officers decided differently."""
    page = Paginator(splits(request.access), PAGE).get_page(request.GET.get("page"))
    for visit in page:
        visit.waited_days = waited(visit, request.access.on)
    return render(request, "inspections/four_eyes/splits.html", {"page": page})


def settle(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Both decisions of a split with the views they came from; a third person says which counts."""
    access = request.access
    try:
        with transaction.atomic():
            visit = to_settle(visit_id, access)
    except Visit.DoesNotExist:
        visit = get_object_or_404(Visit.objects.none())
    decided = list(Verification.objects.filter(visit=visit).exclude(decision="").select_related("officer"))
    choices = [(v.pk, _("%(officer)s: %(decision)s") % {"officer": v.officer, "decision": v.get_decision_display()}) for v in decided]
    form = SettleForm(request.POST or None, decided=choices, initial={"seen_hash": visit.content_hash})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            actions.settle_split(
                visit_id=visit.pk, seen_hash=told["seen_hash"], verification_id=int(told["verification"]), explanation=told["explanation"], by=access
            )
            messages.success(request, _("The split is settled."))
            return redirect("inspections:splits")
        except NotComplete as lacking:
            form.mark(lacking.faults)
    with as_house():  # the third person decides between two views, and sees all three
        views = [(v, side_by_side(visit, v)) for v in decided]
        return render(
            request, "inspections/four_eyes/settle.html", {"visit": visit, "views": views, "form": form}, status=422 if form.is_bound else 200
        )
