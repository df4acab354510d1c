"""The parcel: all that a phone must have to make the coming inspections without a network. A fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from borrowers.collateral.models import Pledge
from borrowers.covenants.models import ApprovalCondition
from borrowers.loans.models import Guarantee
from inspections.checklists.actions import conditions_sheet
from inspections.checklists.models import Checkpoint, Template
from inspections.checklists.prefill import values_for
from inspections.checklists.queries import INSTEAD, in_language
from inspections.checklists.rules import Point
from inspections.four_eyes.models import Verification
from inspections.planning.models import Kind, Task
from inspections.planning.queries import my_tasks
from inspections.planning.rules import days_late
from inspections.sending import rules
from inspections.sending.models import Carried, Sending
from inspections.visits.models import Answer, Photo, Visit
from inspections.visits.packet import is_masked, packet_of, same_hands
from inspections.visits.queries import yes_no_options
from loanwatch.people.access import Access
from loanwatch.people.models import Role

AHEAD = 14  # days ahead whose tasks are carried
MOST_TASKS = 60


@dataclass
class Around:
    """What belongs to the tasks of one parcel, by id."""

    last: dict[int, Visit] = field(default_factory=dict)  # task -> its last attempt
    returned: dict[int, Verification] = field(default_factory=dict)  # visit -> the decision that returned it
    earlier: dict[int, dict[str, Any]] = field(default_factory=dict)  # visit -> answers and photos of a returned attempt
    forms: dict[int, Template] = field(default_factory=dict)  # task -> template
    conditions: dict[int, Template] = field(default_factory=dict)  # task -> conditions of the approval
    before: dict[int, dict[str, Any]] = field(default_factory=dict)  # loan -> answers of its last confirmed visit
    before_visit: dict[int, int] = field(default_factory=dict)  # loan -> its last confirmed visit
    sending: dict[int, Sending] = field(default_factory=dict)  # task -> what is on its way from one of the person's phones


def carried_tasks(access: Access) -> tuple[list[Task], int]:
    """The tasks a phone carries, the one due first on top, and how many follow later: begun, returned, or due within 14 days."""
    tasks = list(my_tasks(access))
    near = access.on + timedelta(days=AHEAD)
    now = [t for t in tasks if t.state in {Task.State.STARTED, Task.State.RETURNED} or min(t.due_on, t.planned_on or t.due_on) <= near]
    return now[:MOST_TASKS], len(tasks) - len(now[:MOST_TASKS])


def parcel_of(access: Access, csrf: str) -> dict[str, Any]:
    """The parcel of one person, JSON-ready, words in the reader's language; keeps that the person's phone now carries these tasks."""
    tasks, later = carried_tasks(access)
    around = _around(access, tasks)
    tasks = [t for t in tasks if t.pk in around.forms]
    sections = _sections({t.pk for t in [*around.forms.values(), *around.conditions.values()]})
    person = access.person
    if person:
        Carried.objects.bulk_create([Carried(lender_id=t.lender_id, person=person, task=t) for t in tasks], ignore_conflicts=True)
    return {
        "format": rules.FORMAT,
        "made_at": timezone.now().isoformat(),
        "server_time": timezone.now().isoformat(),
        "as_of": access.on.isoformat(),
        "csrf": csrf,
        "language": get_language() or "en",
        "person": {"id": person.pk, "name": person.name, "role": _role_words(access)} if person else None,
        "concludes": not is_masked(access),
        "tasks": [_task(t, access, around, sections) for t in tasks],
        "templates": {
            str(t.pk): {"id": t.pk, "code": t.code, "version": t.version, "name": in_language(t.name), "sections": sections.get(t.pk, [])}
            for t in {t.pk: t for t in around.forms.values()}.values()
        },
        "limits": {
            "photos": rules.MOST_FILES,
            "piece": rules.PIECE,
            "photo_bytes": rules.MOST_PHOTO,
            "document_bytes": rules.MOST_DOCUMENT,
        },
        "later": later,
    }


def _role_words(access: Access) -> str:
    for role in (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER, Role.FIELD_AGENT):
        if access.has(role):
            return str(role.label)
    return ""


def _task(task: Task, access: Access, around: Around, sections: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    last, template = around.last.get(task.pk), around.forms[task.pk]
    conditions = around.conditions.get(task.pk)
    decided = around.returned.get(last.pk) if last else None
    before = {} if is_masked(access) else around.before.get(task.loan_id, {})
    on_way = around.sending.get(task.pk)
    extra = sections.get(conditions.pk, []) if conditions else []
    return {
        "id": task.pk,
        "number": task.number,
        "kind": task.kind,
        "kind_words": task.get_kind_display(),
        "state": task.state,
        "opened_on": task.opened_on.isoformat(),
        "due_on": task.due_on.isoformat(),
        "days_late": days_late(task.due_on, task.state, access.on),
        "planned_on": task.planned_on.isoformat() if task.planned_on else None,
        "planned_at": task.planned_at.strftime("%H:%M") if task.planned_at else None,
        "returned": {"reason": decided.get_reason_display(), "explanation": decided.explanation} if decided else None,
        **packet_of(task, access),
        "template": template.pk,
        "conditions": conditions.pk if conditions else None,
        "before": before,
        "before_visit": 0 if is_masked(access) else around.before_visit.get(task.loan_id, 0),
        "prefill": _prefill(task, access, [*sections.get(template.pk, []), *extra], before, around.earlier.get(last.pk, {}) if last else {}),
        "extra_sections": extra,
        "earlier": around.earlier.get(last.pk) if last else None,
        # Another phone's inspection is told of, not gone on with: only that phone has the answers and pictures.
        "visit": {"client_id": None, "id": last.pk} if last and last.state == Visit.State.DRAFT else None,
        "on_way": {"client_id": str(on_way.client_id), "heard_at": on_way.heard_at.isoformat(), "finished": on_way.finished} if on_way else None,
    }


def _prefill(
    task: Task, access: Access, sections: Iterable[dict[str, Any]], before: dict[str, Any], earlier: dict[str, Any]
) -> dict[str, Any]:
    """What a point may be filled in with: after a return what was recorded then, else what the form takes from the last visit or from what
    the bank knows. Somebody of an agency gets neither. Only a form that names facts of the bank costs queries.
    """
    points = [point for section in sections for point in section["points"]]
    said = earlier.get("answers", {})
    found = {p["code"]: {**said[p["code"]], "from": _("returned inspection")} for p in points if p["code"] in said}
    if is_masked(access):
        return found
    open_points = [Point(p["code"], p["kind"], prefill=p["prefill"]) for p in points if p["prefill"] and p["code"] not in said]
    task.loan.borrower = task.borrower  # read already
    known = values_for(task.loan, open_points, access.on, before)
    return found | {code: {"note": "", **given} for code, given in known.items()}


# What belongs to the tasks ------------------------------------------------------------------------------------------------


def _around(access: Access, tasks: Sequence[Task]) -> Around:
    found = Around()
    for visit in Visit.objects.filter(task__in=tasks).select_related("template", "conditions", "recorded_by").order_by("attempt"):
        found.last[visit.task_id] = visit
    _returned(found, access)
    _forms(found, access, tasks)
    _before(found, tasks)
    own = Sending.objects.of(access).filter(task__in=tasks).exclude(state=Sending.State.RECEIVED).order_by("heard_at")
    found.sending = {s.task_id: s for s in own.only("client_id", "task_id", "heard_at", "finished")}
    return found


def _returned(found: Around, access: Access) -> None:
    back = [v.pk for v in found.last.values() if v.state == Visit.State.RETURNED and same_hands(access, v)]
    found.returned = {v.visit_id: v for v in Verification.objects.filter(visit__in=back, decision=Verification.Decision.RETURNED)}
    found.earlier = {
        v.pk: {"answers": {}, "photos": {}, "conclusion": v.conclusion, "summary": v.summary} for v in found.last.values() if v.pk in back
    }
    for answer in Answer.objects.filter(visit__in=back).select_related("checkpoint"):
        found.earlier[answer.visit_id]["answers"][answer.checkpoint.code] = {"value": answer.value, "note": answer.note}
    counted = Photo.objects.filter(visit__in=back).order_by().values_list("visit_id", "checkpoint__code", "what")
    for visit_id, code, what, number in counted.annotate(number=Count("pk")):
        found.earlier[visit_id]["photos"].setdefault(code, {})[what] = number


def _forms(found: Around, access: Access, tasks: Sequence[Task]) -> None:
    """As `visits.actions.form_of` says it, for all tasks at once."""
    loans = {t.loan_id for t in tasks}
    verified = {t.loan_id for t in tasks if t.kind == Kind.VERIFY}
    waiting = Visit.objects.filter(loan__in=verified, state=Visit.State.SUBMITTED).exclude(task__kind=Kind.VERIFY)
    to_verify = {v.loan_id: v for v in waiting.select_related("template", "conditions").order_by("pk")}
    live: dict[tuple[int, str, str, str], Template] = {}
    for template in Template.objects.filter(lender__in={t.lender_id for t in tasks}, state=Template.State.LIVE, loan__isnull=True):
        live[template.lender_id, template.kind, template.product_kind, template.security] = template
    pledged: dict[int, set[str]] = defaultdict(set)
    pledges = Pledge.objects.filter(loan__in=loans, withdrawn=False, to_on__isnull=True)
    for loan_id, kind in pledges.values_list("loan_id", "item__kind"):
        pledged[loan_id].add(kind)
    standing = Guarantee.objects.filter(loan__in=loans, withdrawn=False, to_on__isnull=True)
    guaranteed = set(standing.values_list("loan_id", flat=True))
    sheets = _condition_sheets(access, tasks)
    for task in tasks:
        last = found.last.get(task.pk)
        form: Template | None
        conditions: Template | None
        if last and last.state in {Visit.State.DRAFT, Visit.State.RETURNED} and same_hands(access, last):
            form, conditions = last.template, last.conditions
        elif task.kind == Kind.VERIFY and task.loan_id in to_verify:
            form, conditions = to_verify[task.loan_id].template, to_verify[task.loan_id].conditions
        else:
            security = _security(pledged[task.loan_id], guaranteed=task.loan_id in guaranteed)
            form, conditions = _live_form(live, task, security), sheets.get(task.loan_id)
        if form:
            found.forms[task.pk] = form
            if conditions and not is_masked(access):  # what the approval asks is not an agency's to know
                found.conditions[task.pk] = conditions


def _security(pledged: set[str], *, guaranteed: bool) -> str:
    if "inventory" in pledged:
        return Template.Security.STOCK
    return Template.Security.GUARANTEE if guaranteed and not pledged else ""


def _live_form(live: dict[tuple[int, str, str, str], Template], task: Task, security: str) -> Template | None:
    product = task.loan.product.kind
    for wanted in [task.kind, *([INSTEAD[Kind(task.kind)]] if task.kind in INSTEAD else [])]:
        for use in ((product, security), (product, ""), ("", security), ("", "")):
            if template := live.get((task.lender_id, wanted, *use)):
                return template
    return None


def _condition_sheets(access: Access, tasks: Sequence[Task]) -> dict[int, Template]:
    """Loan -> the sheet of its approval's conditions. A sheet that is out of date or not there yet is written, which costs queries once."""
    open_now = Q(met_on__isnull=True) | Q(met_on__gt=access.on)
    known: dict[int, list[ApprovalCondition]] = defaultdict(list)
    for condition in ApprovalCondition.objects.in_force(access.on).filter(open_now, borrower_id__in={t.borrower_id for t in tasks}):
        known[condition.borrower_id].append(condition)
    last: dict[int, Template] = {}
    for sheet in Template.objects.filter(loan__in={t.loan_id for t in tasks}).order_by("version"):
        if sheet.loan_id is not None:
            last[sheet.loan_id] = sheet
    texts: dict[int, set[str]] = defaultdict(set)
    for template_id, hint in Checkpoint.objects.filter(section__template__in=list(last.values())).values_list("section__template_id", "code"):
        texts[template_id].add(hint)
    found: dict[int, Template] = {}
    for task in tasks:
        asked = {
            f"condition-{c.reference}"[:40]
            for c in known[task.borrower_id]
            if (c.loan_id or task.loan_id) == task.loan_id and (c.facility_id is None or c.facility_id == task.loan.facility_id)
        }
        if not asked:
            continue
        known_sheet = last.get(task.loan_id)
        fits = known_sheet is not None and texts[known_sheet.pk] == asked
        if made := known_sheet if fits else conditions_sheet(task.loan, access.on):
            found[task.loan_id] = made
    return found


def _before(found: Around, tasks: Sequence[Task]) -> None:
    confirmed = Visit.objects.filter(loan__in={t.loan_id for t in tasks}, state=Visit.State.VERIFIED).exclude(task__kind=Kind.VERIFY)
    newest = confirmed.order_by("loan_id", "-visited_on", "-id").distinct("loan_id")
    found.before_visit = dict(newest.values_list("loan_id", "pk"))
    said = Answer.objects.filter(visit__in=found.before_visit.values(), value__isnull=False)
    for loan_id, code, value in said.values_list("visit__loan_id", "checkpoint__code", "value"):
        found.before.setdefault(loan_id, {})[code] = value


# Forms in words -----------------------------------------------------------------------------------------------------------


def _sections(template_ids: set[int]) -> dict[int, list[dict[str, Any]]]:
    """The sections of each template with their points, in the reader's language. One query."""
    points = Checkpoint.objects.filter(section__template__in=template_ids).select_related("section")
    found: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for point in points.order_by("section__template_id", "section__position", "position"):
        sections = found[point.section.template_id]
        section = sections.setdefault(point.section_id, {"title": in_language(point.section.title), "points": []})
        section["points"].append(point_words(point))
    return {template: list(sections.values()) for template, sections in found.items()}


def point_words(point: Checkpoint) -> dict[str, Any]:
    """A checkpoint as the phone's form shows it and its rules read it; not how far a figure may be off, nor what a failure signals."""
    options = [(o["value"], in_language(o["label"])) for o in point.options]
    return {
        "code": point.code,
        "kind": point.kind,
        "label": in_language(point.label),
        "hint": in_language(point.hint),
        "required": point.required,
        "options": [{"value": v, "label": label} for v, label in (yes_no_options() if point.kind == "yes_no" else options)],
        "columns": [{"code": c["code"], "label": in_language(c["label"]), "kind": c["kind"]} for c in point.columns],
        "unit": point.unit,
        "fails_when": point.fails_when,
        "shown_when": point.shown_when,
        "evidence": point.evidence,
        "prefill": point.prefill,
    }
