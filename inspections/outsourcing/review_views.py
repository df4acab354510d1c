"""The batch of what agencies delivered: pictures of now beside those of the last visit, what the evidence guard noticed, one judgement each."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.evidence.actions import ensure_examined
from inspections.evidence.queries import flags_of
from inspections.outsourcing import queries, rules
from inspections.outsourcing.forms import OrderFilters, ReviewForm
from inspections.outsourcing.reviewing import Judgement, Outcome, review_many
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import in_language
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house

BATCH = 12  # with pictures; more would not be looked at


def deliveries(request: HttpRequest) -> HttpResponse:
    """What waits for a review, twelve at a time. Posting judges every item that has a decision; each answers for itself."""
    access, filters = request.access, OrderFilters(request.GET)
    filters.is_valid()
    found = queries.to_review(access)
    if code := filters.cleaned_data.get("agency"):
        found = found.filter(order__agency__code=code)
    page = Paginator(found, BATCH).get_page(request.GET.get("page"))
    with as_house():
        ensure_examined([item.visit_id_now for item in page.object_list if item.visit_id_now])
    outcomes: dict[int, Outcome] = {}
    forms = {item.pk: ReviewForm(request.POST if request.method == "POST" else None, prefix=f"v{item.pk}") for item in page.object_list}
    if request.method == "POST":
        access.check(Act.AGENCY_REVIEW)
        told = {pk: form.cleaned_data for pk, form in forms.items() if form.is_valid() and form.cleaned_data["decision"]}
        items = {pk: Judgement(said["decision"], said["quality"], said["note"]) for pk, said in told.items()}
        outcomes = {one.item: one for one in review_many(items=items, by=access)}
        done = sum(one.done for one in outcomes.values())
        if done:
            messages.success(request, ngettext("%(n)s visit is reviewed.", "%(n)s visits are reviewed.", done) % {"n": done})
        if done == len(outcomes):
            return redirect(request.get_full_path())
        if not outcomes:
            messages.warning(request, _("Nothing was chosen. Say for at least one visit what becomes of it."))
    context = {
        "page": page, "items": [_item(item, forms[item.pk], outcomes.get(item.pk), access) for item in page.object_list],
        "agencies": list(queries.agencies_of(access).values_list("code", "name")), "filtered": bool(filters.cleaned_data.get("agency")),
        "may_review": access.may(Act.AGENCY_REVIEW),
    }  # fmt: skip
    refused = any(not one.done for one in outcomes.values())
    return render(request, "inspections/outsourcing/deliveries.html", context, status=422 if refused else 200)


def _item(item: Any, form: ReviewForm, outcome: Outcome | None, access: Access) -> dict[str, Any]:
    """One delivered visit. A risk officer who has not recorded the own view sees that it came, and nothing of what it says."""
    visit = Visit.objects.readable_by(access).filter(pk=item.visit_id_now).select_related("template").first()
    shown: dict[str, Any] = {
        "item": item, "form": form, "outcome": outcome, "visit": visit, "standing": queries.standing_words(item.standing),
        "late": rules.days_late(item.delivered_on, item.order.deliver_by), "done": bool(outcome and outcome.done),
    }  # fmt: skip
    if visit is None:
        return shown
    before = Visit.objects.filter(loan_id=visit.loan_id, state=Visit.State.VERIFIED).exclude(task_id=visit.task_id).order_by("-visited_on", "-id").first()
    pairs = _pairs(_photos(visit), _photos(before) if before else [])
    return shown | {"pairs": pairs, "before": before, "flags": flags_of(visit, access)}


def _photos(visit: Visit) -> list[Photo]:
    photos = list(visit.photos.select_related("checkpoint").order_by("checkpoint__section__position", "checkpoint__position", "id"))
    for photo in photos:
        photo.words = in_language(photo.checkpoint.label)
    return photos


def _pairs(now: list[Photo], before: list[Photo]) -> list[tuple[Photo, Photo | None]]:
    """Each new picture with the last visit's picture of the same point, where there is one."""
    earlier: dict[str, list[Photo]] = {}
    for photo in before:
        earlier.setdefault(photo.checkpoint.code, []).append(photo)
    return [(photo, earlier[photo.checkpoint.code].pop(0) if earlier.get(photo.checkpoint.code) else None) for photo in now]
