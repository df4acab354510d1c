"""What a policy would ask of each risk officer: the own visits expected of the inspections of the last 90 days."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Q

from inspections.planning.models import Kind
from inspections.sampling import rules
from inspections.sampling.facts import drawables
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import BranchReach, Role, RoleHeld

DAYS = 90
WEEKS = Decimal(DAYS) / 7


@dataclass
class Load:
    """What falls to one officer in a week, as an average: inspections handed in, and own visits expected; one decimal."""

    name: str
    staff_no: str
    inspections: Decimal
    visits: Decimal
    now: Decimal  # own visits under the policy in force today


@dataclass
class Preview:
    """The whole lender and each officer. `unmanned`: own visits a week in branches where nobody is a risk officer."""

    inspections: int
    visits: Decimal  # a week
    now: Decimal
    by_stratum: list[tuple[str, int, Decimal]]  # row, inspections in 90 days, own visits or desk checks expected of them
    loads: list[Load]
    unmanned: Decimal
    since: date


def preview(lender: Lender, policy: rules.Policy, in_force: rules.Policy, on: date) -> Preview:
    """Expected own visits per officer and week, had the policy counted in the 90 days before `on`.

    The inspections of a branch are shared equally among the risk officers who reach it. Seven queries.
    """
    since = on - timedelta(days=DAYS - 1)
    handed_in = Visit.objects.filter(lender=lender, submitted_on__range=(since, on)).exclude(state=Visit.State.DRAFT).exclude(task__kind=Kind.VERIFY)
    ids = list(handed_in.values_list("pk", flat=True))
    found = drawables(lender, ids, on=on, last_points=policy.last_points)
    counted: dict[int, int] = defaultdict(int)
    visits: dict[int, Decimal] = defaultdict(Decimal)
    now: dict[int, Decimal] = defaultdict(Decimal)
    rows: dict[str, list[Decimal]] = {row.code: [Decimal(0), Decimal(0)] for row in (*policy.strata, rules.Stratum("", Decimal(0)))}
    for one in found:
        counted[one.branch_id] += 1
        share = rules.share_of(policy, one.facts)
        visits[one.branch_id] += _visits(share)
        now[one.branch_id] += _visits(rules.share_of(in_force, one.facts))
        row = rows[share.stratum.code if share.stratum else ""]
        row[0] += 1
        row[1] += share.share / 100
    loads, manned = _loads(counted, visits, now, on)
    return Preview(
        len(found), _weekly(sum(visits.values(), Decimal(0))), _weekly(sum(now.values(), Decimal(0))),
        [(code, int(n), _tenth(expected)) for code, (n, expected) in rows.items() if code or n],
        loads, _weekly(sum((expected for branch, expected in visits.items() if branch not in manned), Decimal(0))), since,
    )  # fmt: skip


def _visits(share: rules.Share) -> Decimal:
    """How many own visits one inspection makes on average."""
    method, otherwise = (share.stratum.method, share.stratum.otherwise) if share.stratum else (rules.VISIT, rules.DESK)
    part = share.share / 100
    return part * (method == rules.VISIT) + (1 - part) * (otherwise == rules.VISIT)


def _loads(counted: dict[int, int], visits: dict[int, Decimal], now: dict[int, Decimal], on: date) -> tuple[list[Load], set[int]]:
    held = RoleHeld.objects.filter(role=Role.RISK_OFFICER, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    reach = BranchReach.objects.filter(descendant_id__in=counted, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    above: dict[int, set[int]] = defaultdict(set)
    for ancestor, below in reach.values_list("ancestor_id", "descendant_id"):
        above[ancestor].add(below)
    officers: dict[int, set[int]] = defaultdict(set)  # branch -> people
    people = {}
    in_reach = held.filter(branch_id__in=above).annotate(who=F("person__name"), number=F("person__staff_no"))
    for person, branch, name, staff_no in in_reach.values_list("person_id", "branch_id", "who", "number"):
        people[person] = Load(name, staff_no, Decimal(0), Decimal(0), Decimal(0))
        for below in above[branch]:
            officers[below].add(person)
    for branch, those in officers.items():
        for person in those:
            load = people[person]
            load.inspections += Decimal(counted[branch]) / len(those)
            load.visits += visits[branch] / len(those)
            load.now += now[branch] / len(those)
    for load in people.values():
        load.inspections, load.visits, load.now = _weekly(load.inspections), _weekly(load.visits), _weekly(load.now)
    return sorted(people.values(), key=lambda load: (-load.visits, load.name)), set(officers)


def _weekly(total: Decimal) -> Decimal:
    return _tenth(total / WEEKS)


def _tenth(figure: Decimal) -> Decimal:
    return figure.quantize(Decimal("0.1"), ROUND_HALF_UP)
