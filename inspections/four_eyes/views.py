"""The verification page, and the reading page of a visit."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.evidence.queries import flags_of
from inspections.findings.queries import owner_of
from inspections.four_eyes import actions, rules
from inspections.four_eyes.asking import ask_recorder, may_answer, withdraw_question
from inspections.four_eyes.forms import DecisionForm, GiveUpForm, OwnViewForm, QuestionForm, WithdrawForm
from inspections.four_eyes.models import Explanation, Settlement, Verification
from inspections.four_eyes.opening import prepare
from inspections.four_eyes.queries import (
    Row,
    SideBySide,
    blind_sheet,
    decisions_needed,
    minutes_of_photos,
    photo_pairs,
    side_by_side,
    verification_of,
    verify_days,
    why_not,
)
from inspections.visits.actions import NotComplete
from inspections.visits.forms import fault_sentence, read_answers
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import in_language, last_figures, points_of, sheet_of, states_of, visits_readable_by, with_readability
from inspections.visits.serving import photo_answer
from loanwatch.people.access import Access
from loanwatch.people.models import Role
from loanwatch.people.policy import Act
from loanwatch.people.reader import as_house


def verify(request: HttpRequest, visit_id: int) -> HttpResponse:
    """First the officer's own view, blind; then both side by side with the decision. `step` in a post says which form was sent."""
    access = request.access
    visits = Visit.objects.filter(loan__branch_id__in=access.subtree(Role.RISK_OFFICER)).exclude(state=Visit.State.DRAFT)
    visit = get_object_or_404(
        visits.select_related("lender", "loan__borrower", "loan__product", "task__alert__rule", "recorded_by", "template", "words"), pk=visit_id
    )
    if visit.state != Visit.State.SUBMITTED and request.method == "GET":
        return redirect("visits:detail", visit_id=visit.pk)
    if request.method == "POST":
        return STEPS.get(request.POST.get("step", ""), _decision_posted)(request, visit)
    access.check(Act.VISIT_VERIFY, visit)
    refused = why_not(visit, access)
    verification = verification_of(access, visit)
    if not refused and verification is None:  # the time of the check runs from the first look at the form
        verification = actions.open_verification(visit_id=visit.pk, by=access)
    if not refused and verification is not None and verification.own_task_id is not None and verification.own_recorded_at is None:
        verification = actions.adopt_own_visit(visit_id=visit.pk, by=access) or verification
        visit = visits.select_related("lender", "loan__borrower", "loan__product", "task__alert__rule", "recorded_by", "template", "words").get(pk=visit_id)
    if verification is None or verification.own_recorded_at is None:
        return _own_view_page(request, visit, OwnViewForm(), {}, refused=refused)
    return _comparison_page(request, visit, verification, DecisionForm(initial={"seen_hash": visit.content_hash}))


def _own_view_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = OwnViewForm(request.POST)
    found = read_answers(points_of(visit), request.POST, {})
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


def _go_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    task = actions.plan_own_visit(visit_id=visit.pk, by=request.access).own_task
    messages.success(request, _("%(task)s is on your phone. What you find there becomes your view.") % {"task": task})
    return redirect("four_eyes:verify", visit_id=visit.pk)


def _stay_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = GiveUpForm(request.POST)
    if form.is_valid():
        actions.give_up_own_visit(visit_id=visit.pk, reason=form.cleaned_data["reason"], by=request.access)
        return redirect("four_eyes:verify", visit_id=visit.pk)
    return _own_view_page(request, visit, OwnViewForm(), {}, give_up=form, status=422)


def _own_view_page(
    request: HttpRequest, visit: Visit, form: OwnViewForm, errors: dict[str, str], *, refused: str = "", give_up: GiveUpForm | None = None, status: int = 200
) -> HttpResponse:
    found = read_answers(points_of(visit), request.POST, {})
    sheet = blind_sheet(visit, None, errors=errors, typed=found.typed, before=last_figures(visit.loan_id, visit))
    for question in sheet.questions:
        question.value, question.note = found.answers.get(question.code, (None, ""))
        question.typed = found.typed.get(question.code, question.value if isinstance(question.value, str) else "")
    faults = [{"code": q.code, "label": q.label, "text": q.error} for q in sheet.questions if q.error]
    verification = verification_of(request.access, visit)
    draw = None if refused else prepare([visit.pk]).get(visit.pk)
    context = {
        "visit": visit, "sheet": sheet, "form": form, "faults": faults, "refused": refused, "verification": verification, "give_up": give_up or GiveUpForm(),
        "draw": draw, "must_go": draw is not None and draw.method == "visit" and not (verification and verification.desk_reason),
        "name": in_language(visit.template.name), "steps": _steps(visit, verification, "own"), "verify_by": _verify_by(visit), "today": request.access.on,
    }  # fmt: skip
    return render(request, "inspections/four_eyes/own_view.html", context, status=status)


def _decision_posted(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            decided = _decide(request, visit, form)
        except NotComplete as lacking:
            form.mark(lacking.faults)
        else:
            messages.success(request, _said(decided))
            return redirect("inspections:four_eyes")
    verification = get_object_or_404(Verification, visit=visit, officer=request.access.person)
    return _comparison_page(request, visit, verification, form, status=422)


def _decide(request: HttpRequest, visit: Visit, form: DecisionForm) -> Visit:
    told, decision = form.cleaned_data, request.POST.get("decision")
    on: dict[str, Any] = {"visit_id": visit.pk, "seen_hash": told["seen_hash"], "explanation": told["explanation"], "by": request.access}
    if decision == "return":
        return actions.return_visit(reason=told["reason"], **on)
    extra = {"proposed_class": told["proposed_class"], "review_asked": told["review_asked"], "finding": form.finding()}
    if decision == "overrule":
        return actions.overrule_visit(**on, **extra)
    return actions.confirm_visit(**on, **extra)


def _said(visit: Visit) -> str:
    if visit.state == Visit.State.RETURNED:
        return _("The inspection was returned. The account manager finds it on the task list.")
    if visit.state == Visit.State.VERIFIED:
        return _("The inspection is confirmed and sealed.")
    return _("Your decision is recorded. Another person must decide as well before the inspection is closed.")


def _asked(request: HttpRequest, visit: Visit) -> HttpResponse:
    verification = get_object_or_404(Verification, visit=visit, officer=request.access.person)
    decision = DecisionForm(initial={"seen_hash": visit.content_hash})
    form = QuestionForm(request.POST, points=_points(side_by_side(visit, verification)))
    if form.is_valid():
        try:
            ask_recorder(visit_id=visit.pk, code=form.cleaned_data["code"], question=form.cleaned_data["question"], by=request.access)
            messages.success(request, _("%(person)s was asked and finds the question on the page of questions.") % {"person": visit.recorded_by})
            return redirect("four_eyes:verify", visit_id=visit.pk)
        except NotComplete as lacking:
            form.mark(lacking.faults)
    return _comparison_page(request, visit, verification, decision, question=form, status=422)


def _withdrawn(request: HttpRequest, visit: Visit) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            withdraw_question(explanation_id=form.cleaned_data["explanation"], words=form.cleaned_data["words"], by=request.access)
            messages.success(request, _("The question is withdrawn; the inspection can be confirmed without an answer."))
        except Explanation.DoesNotExist:
            get_object_or_404(Explanation.objects.none())
    else:
        messages.error(request, _("Say in words why you withdraw the question."))
    return redirect("four_eyes:verify", visit_id=visit.pk)


STEPS = {"own": _own_view_posted, "go": _go_posted, "stay": _stay_posted, "ask": _asked, "withdraw": _withdrawn}


def _points(view: SideBySide) -> list[tuple[str, str]]:
    """Points that may be asked about: those that differ first."""
    rows = sorted(view.rows, key=lambda row: -rules.WORSE.index(row.result))
    return [*((row.question.code, row.question.label) for row in rows if row.asked is None), ("conclusion", _("Conclusion"))]


def _comparison_page(
    request: HttpRequest, visit: Visit, verification: Verification, form: DecisionForm, *, question: QuestionForm | None = None, status: int = 200
) -> HttpResponse:
    view = side_by_side(visit, verification)
    everything = request.GET.get("rows") == "all"
    pairs, other = photo_pairs(visit, verification)
    needed = decisions_needed(visit)
    prepare([visit.pk])  # an own view recorded by program may have opened it without
    context = {
        "visit": visit, "verification": verification, "view": view, "form": form, "everything": everything, "sections": _rows(view, everything),
        "photos": _photos(visit), "pairs": pairs[:2], "other": other, "minutes": minutes_of_photos(visit), "flags": flags_of(visit, request.access),
        "questions": _questions(verification), "askable": may_answer(visit.recorded_by, request.access.on),
        "question": question or QuestionForm(points=_points(view)), "needed": needed, "owner": owner_of(visit.loan.borrower, visit.loan, request.access.on),
        "steps": _steps(visit, verification, "compare", needed), "name": in_language(visit.template.name), "verify_by": _verify_by(visit),
        "today": request.access.on,
    }  # fmt: skip
    return render(request, "inspections/four_eyes/compare.html", context, status=status)


def _questions(verification: Verification) -> list[Explanation]:
    found = list(verification.explanations.select_related("checkpoint", "answered_by"))
    for asked in found:
        asked.withdraw = WithdrawForm(initial={"explanation": asked.pk}, auto_id=f"w{asked.pk}_%s")
    return found


def _rows(view: SideBySide, everything: bool) -> list[tuple[str, list[Row]]]:
    """All points, or differences, key points and failing points only; a section without a row is left out."""
    shown = [(title, [row for row in rows if everything or row.counts]) for title, rows in view.sections]
    return [(title, rows) for title, rows in shown if rows]


def _verify_by(visit: Visit) -> Any:
    if visit.submitted_on is None:
        return None
    return rules.deadline(visit.task.kind, visit.submitted_on, verify_days(visit.lender, visit.submitted_on))


def _steps(visit: Visit, verification: Verification | None, now: str, needed: int = 1) -> list[tuple[str, str]]:
    on_site = verification is not None and verification.method == Verification.Method.VISIT
    decided = verification is not None and bool(verification.decision)
    steps = [
        (_("Account manager reported"), "done"),
        (_("Case drawn by risk"), "done"),
        (_("Officer on site") if on_site else _("Your own view"), "now" if now == "own" else "done"),
        (_("Compare and conclude"), "done" if decided else "now" if now == "compare" else ""),
    ]
    if needed > 1:
        steps.append((_("Second officer decides"), "now" if decided else ""))
    return [*steps, (_("Rectified"), "")]


def _photos(visit: Visit) -> list[Photo]:
    found = visit.photos.select_related("checkpoint", "reused_from__visit__task", "reused_from__visit__recorded_by")
    with as_house():  # of the other inspection its number and day are told, whether or not the reader may open it
        photos = list(found)
    for photo in photos:
        photo.words = in_language(photo.checkpoint.label)
    return photos


def detail(request: HttpRequest, visit_id: int) -> HttpResponse:
    """A visit to read: answers, photos, decision, seal, history. What may not be read yet is not there."""
    access = request.access
    seen = with_readability(Visit.objects.visible_to(access), access).select_related(
        "task__borrower", "task__branch", "loan", "recorded_by", "verified_by", "template", "words"
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
    """The decision, and both views side by side for those who see loans; an agency learns why its visit came back, no more.

    While a second officer or a third person is awaited nobody is told how the first one decided.
    """
    if visit.state not in {Visit.State.RETURNED, Visit.State.VERIFIED}:
        return {}
    settled = Settlement.objects.filter(visit=visit).select_related("person").first()
    told = visit.verifications.exclude(decision="").select_related("officer").order_by("-decided_at")
    decided = told.filter(decision=settled.outcome).first() if settled else told.first()
    if decided is None:
        return {}
    if not access.may(Act.LOAN_SEE):
        return {"decided": decided} if decided.decision == "returned" else {}
    view = side_by_side(visit, decided)
    return {"decided": decided, "settled": settled, "view": view, "verification": decided, "sections": _rows(view, everything=False)}


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
    return photo_answer(found)
