"""Opening the seed of a month that is over, and drawing the month again from it: by whoever is entitled, with the same result."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.evidence.actions import ensure_examined
from inspections.planning.models import Kind
from inspections.sampling import rules
from inspections.sampling.actions import ensure_drawn, unsealed
from inspections.sampling.models import Draw, SamplingPolicy, SamplingSeed
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.models import AuditEvent
from loanwatch.trail.record import record


@transaction.atomic
def open_seed(*, by: Access, seed: SamplingSeed) -> SamplingSeed:
    """Open the seed of a month, once and for all. What was handed in in it and is not drawn yet is examined and drawn before.

    Raises Refused for all but an auditor; Conflict while the month runs, when it is open already, or when the sealed text is
    not what was published.
    """
    by.check(Act.SAMPLING_UNSEAL)
    found = SamplingSeed.objects.select_for_update(of=("self",)).select_related("lender").get(pk=seed.pk)
    if found.seed:
        raise Conflict(_("This seed is open already."), code="SEED_OPEN")
    if by.on < found.ends_before:
        raise Conflict(_("The seed of a month is opened after the month is over: until then inspections are still drawn with it."), code="MONTH_RUNS")
    left = list(submitted_in(found).filter(draw__isnull=True).values_list("pk", flat=True))
    ensure_examined(left, on=by.on)
    ensure_drawn(left, on=by.on)
    clear = unsealed(found, found.lender)
    if rules.commitment(clear) != found.commitment:
        raise Conflict(_("The sealed seed is not the one whose hash was published. It stays closed; audit must be told."), code="SEED_CHANGED")
    found.seed, found.opened_by, found.opened_on, found.opened_at = clear.hex(), by.person, by.on, timezone.now()
    found.save(update_fields=["seed", "opened_by", "opened_on", "opened_at"])
    record("sampling.seed_opened", by=by, subject=found, month=str(found), commitment=found.commitment)
    return found


def submitted_in(seed: SamplingSeed) -> Any:
    """The inspections of which a draw is made with this seed: handed in in its month, verification visits left out."""
    within = Visit.objects.filter(lender_id=seed.lender_id, submitted_on__gte=seed.month, submitted_on__lt=seed.ends_before)
    return within.exclude(state=Visit.State.DRAFT).exclude(task__kind=Kind.VERIFY)


@dataclass(frozen=True)
class Difference:
    """Something of a month that is not what the seed and the approved policy say. `kept` and `again` as text."""

    inspection: str  # the task's number, empty for what is about the month or a policy
    what: str  # seed, commitment, policy, content, share, number, method, reason, missing
    sentence: str
    kept: str = ""
    again: str = ""


@dataclass
class Redrawn:
    """A month drawn again. `equal`: draws in which nothing differs."""

    month: str
    commitment: str
    draws: int = 0
    equal: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def all_equal(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        return {
            "month": self.month, "commitment": self.commitment, "draws": self.draws, "equal": self.equal, "all_equal": self.all_equal,
            "differences": [vars(d) for d in self.differences],
        }  # fmt: skip


def redraw(seed: SamplingSeed) -> Redrawn:
    """Draw the month again from its opened seed: hash, policies, every number, share and method. Writes nothing; six queries.

    Raises Conflict while the seed is sealed. The caller has made sure that the reader is entitled.
    """
    if not seed.seed:
        raise Conflict(_("The seed of this month is still sealed. An auditor opens it after the month is over."), code="SEED_SEALED")
    found = Redrawn(str(seed), seed.commitment)
    found.differences += _seed_differences(seed)
    draws = list(Draw.objects.filter(seed=seed).select_related("visit__task").order_by("visit_id"))
    policies = {p.pk: p for p in SamplingPolicy.objects.filter(lender_id=seed.lender_id).prefetch_related("strata")}
    texts = {pk: policy.as_rules() for pk, policy in policies.items()}
    found.differences += _policy_differences(policies, texts, {draw.policy_id for draw in draws})
    for draw in draws:
        differing = list(_draw_differences(draw, policies[draw.policy_id], texts[draw.policy_id], bytes.fromhex(seed.seed)))
        found.draws += 1
        found.equal += not differing
        found.differences += differing
    for visit in submitted_in(seed).filter(draw__isnull=True).select_related("task").order_by("pk"):
        found.differences.append(Difference(visit.task.number, "missing", _("This inspection was handed in in the month and was never drawn.")))
    return found


def _seed_differences(seed: SamplingSeed) -> list[Difference]:
    differing = []
    again = rules.commitment(bytes.fromhex(seed.seed))
    if again != seed.commitment:
        differing.append(Difference("", "seed", _("The opened seed does not have the published hash."), seed.commitment, again))
    told = AuditEvent.objects.filter(event="sampling.seed_published", subject_kind="inspections.samplingseed", subject_id=str(seed.pk))
    published = told.values_list("details__commitment", flat=True).first()
    if published != seed.commitment:
        sentence = _("The hash beside the seed is not the one that the audit trail says was published.")
        differing.append(Difference("", "commitment", sentence, seed.commitment, published or ""))
    return differing


def _policy_differences(policies: dict[int, SamplingPolicy], texts: dict[int, rules.Policy], used: set[int]) -> list[Difference]:
    told = AuditEvent.objects.filter(
        event__in=["sampling.approved", "sampling.policy_shipped"], subject_kind="inspections.samplingpolicy", subject_id__in=[str(pk) for pk in used]
    )  # fmt: skip
    approved = {int(pk): text for pk, text in told.values_list("subject_id", "details__text_hash")}
    differing = []
    for pk in sorted(used):
        again = rules.policy_hash(texts[pk])
        if again != policies[pk].text_hash or again != approved.get(pk):
            sentence = _("Version %(version)s of the sampling policy is not what was approved.") % {"version": policies[pk].version}
            differing.append(Difference("", "policy", sentence, approved.get(pk) or "", again))
    return differing


def _draw_differences(draw: Draw, policy: SamplingPolicy, text: rules.Policy, seed: bytes) -> list[Difference]:
    number = draw.visit.task.number
    again = rules.draw(text, rules.Facts.of_json(draw.facts), seed, draw.visit_id, draw.content_hash)
    checked = (
        ("content", _("The inspection does not have the content of which the draw was made."), draw.content_hash, draw.visit.content_hash),
        ("policy", _("The draw was made by another text of the policy."), draw.policy_hash, policy.text_hash),
        ("share", _("The share does not follow from the policy and the facts of the draw."), draw.share, again.share),
        ("number", _("The number does not follow from the seed."), draw.number, again.number),
        ("method", _("The method does not follow from number and share."), draw.method, again.method),
        ("reason", _("The reason does not follow from number and share."), draw.reason, again.reason),
    )
    return [Difference(number, what, sentence, str(kept), str(new)) for what, sentence, kept, new in checked if kept != new]
