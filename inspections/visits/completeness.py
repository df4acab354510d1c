"""Whether a draft may be handed in: what its form, its position and its words still lack."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from inspections.visits import rules
from inspections.visits.models import Visit
from inspections.visits.packet import before_for
from inspections.visits.queries import checkpoints_of, point_of, said_of
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.models import Role

CONCLUDES = (Role.ACCOUNT_MANAGER, Role.RISK_OFFICER)  # whose visits end with a conclusion; a field agent delivers material


class NotComplete(Conflict):
    """The form lacks something; `faults` says what, by checkpoint code or by field name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(_("The inspection is not complete yet. Nothing was submitted."), code="VISIT_INCOMPLETE")
        self.faults = dict(faults)


def check_complete(
    visit: Visit,
    visited_on: date,
    conclusion: str,
    summary: str,
    position_reason: str,
    *,
    by: Access,
    before: Mapping[str, Any] | None = None,
    said: Mapping[str, rules.Said] | None = None,
) -> None:
    """Whether a draft may be handed in like this. Raises NotComplete with what is missing.

    before: as in `submit_visit`. said: what the draft will say, where its pictures are still to be added.
    """
    points = [point_of(c) for c in checkpoints_of(visit.template_id, visit.conditions_id)]
    faults = rules.missing(points, said_of(visit) if said is None else said, before_for(visit, by) if before is None else before)
    if not visit.task.opened_on <= visited_on <= by.on:
        faults["visited_on"] = "date"
    if by.has(*CONCLUDES) and conclusion not in set(Visit.Conclusion.values) - {Visit.Conclusion.NOT_GIVEN}:
        faults["conclusion"] = "answer"
    if not summary.strip():
        faults["summary"] = "answer"
    doubt = rules.position_doubt(has_position=visit.latitude is not None, accuracy=visit.accuracy, distance=visit.distance)
    if doubt and not position_reason.strip():
        faults["position_reason"] = doubt
    if faults:
        raise NotComplete(faults)
