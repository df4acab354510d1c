"""Drawing: the sealed seed of a month made ahead, and one draw for every inspection that was handed in."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from secrets import token_bytes
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from inspections.planning.models import Kind
from inspections.sampling import rules, sealing
from inspections.sampling.facts import Drawable, drawables
from inspections.sampling.models import Draw, SamplingPolicy, SamplingSeed, SamplingStratum
from inspections.visits.models import Visit
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.clock import today
from loanwatch.trail.record import record

logger = logging.getLogger(__name__)

LONG_AGO = date(2000, 1, 1)
AT_ONCE = 500  # draws of one transaction of the night: whoever opens an inspection meanwhile waits no longer than that


def alone(lender: Lender) -> None:
    """One transaction at a time makes seeds, policies and draws of a lender; it is over in milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('loanwatch.sampling:' || %s, 0))", [str(lender.pk)])


@transaction.atomic
def install_policy(lender: Lender) -> SamplingPolicy:
    """The shipped policy, for a lender that has none in force yet; else the first one."""
    alone(lender)
    if there := SamplingPolicy.objects.filter(lender=lender, state=SamplingPolicy.State.APPROVED).order_by("valid_from").first():
        return there
    shipped = rules.SHIPPED
    kept = {name: getattr(shipped, name) for name in shipped.__dataclass_fields__ if name not in {"strata", "version"}}
    newest = SamplingPolicy.objects.filter(lender=lender).order_by("-version").first()
    version = newest.version + 1 if newest else 1
    policy = SamplingPolicy.objects.create(
        lender=lender, version=version, valid_from=LONG_AGO, why="Shipped with LoanWatch.", **kept
    )
    write_strata(policy, shipped.strata)
    policy.state, policy.text_hash = SamplingPolicy.State.APPROVED, rules.policy_hash(policy.as_rules())
    policy.save(update_fields=["state", "text_hash"])
    record("sampling.policy_shipped", by=None, subject=policy, version=version, text_hash=policy.text_hash)
    return policy


def write_strata(policy: SamplingPolicy, strata: Iterable[rules.Stratum]) -> None:
    """Write the rows of a new policy in this order."""
    SamplingStratum.objects.bulk_create(
        SamplingStratum(
            policy=policy, position=n, code=row.code, share=row.share, method=row.method, otherwise=row.otherwise, kinds=list(row.kinds),
            levels=list(row.levels), tiers=list(row.tiers), products=list(row.products), amount_from=row.amount_from,
            amount_below=row.amount_below,
        )
        for n, row in enumerate(strata, start=1)
    )  # fmt: skip


def policies_in_force(lender: Lender) -> list[SamplingPolicy]:
    """Approved versions, the one with the latest first day on top; the shipped one is installed where there is none."""
    approved = SamplingPolicy.objects.filter(lender=lender, state=SamplingPolicy.State.APPROVED).prefetch_related("strata").order_by("-valid_from")
    found = list(approved)
    if not found:
        install_policy(lender)
        found = list(approved.all())
    return found


@transaction.atomic
def ensure_seed(lender: Lender, month: date, *, on: date, fresh: bytes | None = None) -> SamplingSeed:
    """The sealed seed of a month, made now where there is none yet, with its hash published to the audit trail.

    month: any day of it; on: the business date on which it is published. fresh: 32 bytes for a demonstration book that must come
    out the same every time; otherwise the operating system gives them.
    """
    month = rules.month_of(month)
    if there := SamplingSeed.objects.filter(lender=lender, month=month).first():
        return there
    alone(lender)
    if there := SamplingSeed.objects.filter(lender=lender, month=month).first():
        return there
    fresh = fresh or token_bytes(rules.SEED_BYTES)
    seed = SamplingSeed.objects.create(
        lender=lender, month=month, commitment=rules.commitment(fresh), sealed=sealing.seal(fresh, lender.code, month), published_on=on
    )
    record("sampling.seed_published", by=None, subject=seed, month=f"{month:%Y-%m}", commitment=seed.commitment, ahead=seed.ahead)
    return seed


def ensure_drawn(visits: Iterable[Visit | int], *, on: date | None = None) -> dict[int, Draw]:
    """The draw of each of these inspections, made now where there is none yet: visit id -> Draw.

    Drafts and verification visits have none and are left out, and so is what waits for a decision until the evidence guard has examined it:
    a draw is made once, and flags raise its share. on: the business date; the lender's today when it is not given.
    A constant number of queries for each lender and month. Raises Conflict when the installation's secret was changed and the seed can't be read.
    """
    ids = {v.pk if isinstance(v, Visit) else int(v) for v in visits}
    there = {draw.visit_id: draw for draw in Draw.objects.filter(visit__in=ids)}
    missing = Visit.objects.filter(pk__in=ids - there.keys()).exclude(state=Visit.State.DRAFT).exclude(task__kind=Kind.VERIFY)
    missing = missing.exclude(state=Visit.State.SUBMITTED, examination__isnull=True)
    of_lender: dict[int, list[int]] = defaultdict(list)
    for pk, lender_id in missing.values_list("pk", "lender_id"):
        of_lender[lender_id].append(pk)
    for lender in Lender.objects.filter(pk__in=of_lender):
        _draw_all(lender, of_lender[lender.pk], on or today(lender.zone))
    if of_lender:
        there = {draw.visit_id: draw for draw in Draw.objects.filter(visit__in=ids)}
    return there


@transaction.atomic
def _draw_all(lender: Lender, ids: list[int], on: date) -> None:
    policies = policies_in_force(lender)
    alone(lender)
    ids = sorted(set(ids) - set(Draw.objects.filter(visit__in=ids).values_list("visit_id", flat=True)))
    by_policy: dict[int, list[Drawable]] = defaultdict(list)
    for last_points in {policy.last_points for policy in policies}:
        for one in drawables(lender, ids, on=on, last_points=last_points):
            policy = next((p for p in policies if p.valid_from <= one.submitted_on), policies[-1])
            if policy.last_points == last_points:
                by_policy[policy.pk].append(one)
    opened: dict[date, tuple[SamplingSeed, bytes]] = {}
    made: list[Draw] = []
    for policy in policies:
        text = policy.as_rules()
        for one in by_policy[policy.pk]:
            seed, clear = _seed(lender, one.submitted_on, on, opened)
            if seed.seed:  # the number could have been known: nothing is drawn, and drawing the month again names the inspection
                logger.error("inspection %s was handed in in %s, whose seed is open: it is not drawn", one.visit_id, seed)
                continue
            made.append(_draw_one(policy, text, one, (seed, clear), on))
    Draw.objects.bulk_create(made)
    for month, (seed, _clear) in opened.items():
        record("sampling.drawn", by=None, subject=seed, month=f"{month:%Y-%m}", draws=sum(draw.seed_id == seed.pk for draw in made))


def unsealed(seed: SamplingSeed, lender: Lender) -> bytes:
    """The seed in the clear, for drawing and for the auditor. Raises Conflict."""
    try:
        return sealing.unseal(seed.sealed, lender.code, seed.month)
    except sealing.NotOurs:
        raise Conflict(
            _("The sealed seed of this month can't be read with the secret of this installation. Put the former secret back beside the new one."),
            code="SEED_UNREADABLE",
        ) from None


def _seed(lender: Lender, day: date, on: date, opened: dict[date, tuple[SamplingSeed, bytes]]) -> tuple[SamplingSeed, bytes]:
    month = rules.month_of(day)
    if month not in opened:
        seed = ensure_seed(lender, month, on=on)
        opened[month] = seed, unsealed(seed, lender)
    return opened[month]


def _draw_one(policy: SamplingPolicy, as_rules: rules.Policy, one: Drawable, seed: tuple[SamplingSeed, bytes], on: date) -> Draw:
    outcome = rules.draw(as_rules, one.facts, seed[1], one.visit_id, one.content_hash)
    row = next((s for s in policy.strata.all() if s.code == outcome.stratum), None)
    return Draw(
        lender_id=policy.lender_id, visit_id=one.visit_id, seed=seed[0], policy=policy, policy_hash=policy.text_hash, stratum=row,
        content_hash=one.content_hash, facts=one.facts.as_json(), share=outcome.share, number=outcome.number, method=outcome.method,
        reason=outcome.reason, drawn_on=on,
    )  # fmt: skip


def draw_of_the_day(cursor: CursorWrapper, key: dict[str, Any], lender: Lender) -> int:
    """The step `draw`: publishes next month's hash, and draws what was handed in and nobody has opened yet. Returns the draws made.

    Inspections that the evidence guard has not got to yet stay undrawn until it has, or until somebody opens them.
    """
    ensure_seed(lender, key["day"], on=key["day"])
    ensure_seed(lender, rules.next_month(key["day"]), on=key["day"])
    # What is decided was drawn when it was opened, or before there were draws: only what waits is looked at, however old the book is.
    waiting = Visit.objects.filter(lender=lender, state=Visit.State.SUBMITTED, draw__isnull=True, submitted_on__lte=key["day"])
    ids = list(waiting.filter(examination__isnull=False).exclude(task__kind=Kind.VERIFY).order_by("pk").values_list("pk", flat=True))
    made = 0
    for part in (ids[n : n + AT_ONCE] for n in range(0, len(ids), AT_ONCE)):
        try:
            made += len(ensure_drawn(part, on=key["day"]))
        except Conflict as no:  # the night goes on; who opens one of them is told why
            logger.error("inspections are not drawn: %s", no.sentence)
            break
    return made
