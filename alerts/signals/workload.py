"""The workload line of a branch: which alerts its hours of the week reach, ranked by the loss that an hour of work may spare.

An aid for putting alerts in order, no more. The expected loss of an alert is its exposure times a probability of default by level times
a loss given default; all three are the lender's dated parameters. An alert without an amount, or with one in another currency than the
lender's, can't be compared and stands above all others. Alerts on staff conduct are in no ranking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, DecimalField, F, Q, QuerySet, Value, When

from alerts.signals.models import Alert, Level
from alerts.signals.queries import setting
from alerts.signals.worklist_models import LineAccepted
from loanwatch.lenders.defaults import EPOCH, SHIPPED
from loanwatch.lenders.models import Lender, Parameter
from loanwatch.people.models import Branch, BranchReach, Role, RoleHeld

WORKED_ON = (Alert.State.OPEN, Alert.State.ACKNOWLEDGED, Alert.State.HANDLING)  # what waits for its second check is done
PLACES = Decimal("0.000000000001")


@dataclass(frozen=True)
class Terms:
    """The parameters of a day. minutes, chance (of default): by level; loss_share: of the exposure; hours of the branch's week."""

    minutes: Mapping[int, Decimal]
    chance: Mapping[int, Decimal]
    loss_share: Decimal
    hours: Decimal
    managers: int  # whose hours they are; 0 where the branch has hours of its own

    def loss(self, level: int) -> Decimal:
        """The share of the exposure that is expected to be lost at a level."""
        return (self.chance[level] * self.loss_share).quantize(PLACES)

    def per_hour(self, level: int) -> Decimal:
        """What a unit of exposure at a level weighs: the share expected to be lost, over the hours that an alert of the level takes."""
        return (self.loss(level) * 60 / self.minutes[level]).quantize(PLACES)


@dataclass(frozen=True)
class Line:
    """What the hours of a branch reach. Amounts in the lender's currency; an alert counts its exposure even where another names the same loan."""

    branch: Branch
    week: date
    terms: Terms
    currency: str
    above: frozenset[int]  # ids of the alerts that the hours reach
    hours_asked: Decimal  # of all alerts
    below: int
    exposure: Decimal
    expected_loss: Decimal
    incomparable: int  # without an amount in the lender's currency; above all others

    @property
    def all(self) -> int:
        return len(self.above) + self.below


RANKED = """
WITH ranked AS (
    SELECT a.id, l.minutes, CASE WHEN a.borrower_id IS NOT NULL AND a.currency = %(currency)s THEN a.exposure END AS exposure, l.loss,
           sum(l.minutes) OVER (ORDER BY CASE WHEN a.borrower_id IS NOT NULL AND a.currency = %(currency)s THEN a.exposure END * l.per_hour
                                DESC NULLS FIRST, a.due_on, a.id) AS spent
    FROM alerts_alert a
    JOIN unnest(%(levels)s::int[], %(minutes)s::numeric[], %(loss)s::numeric[], %(per_hour)s::numeric[]) AS l (level, minutes, loss, per_hour)
         ON l.level = a.level
    WHERE a.branch_id = ANY(%(branches)s) AND a.state <> 'closed' AND a.state <> 'submitted' AND NOT a.staff_conduct
)
SELECT array_agg(id) FILTER (WHERE spent <= %(most)s), coalesce(sum(minutes), 0), count(*) FILTER (WHERE spent > %(most)s),
       coalesce(sum(exposure) FILTER (WHERE spent > %(most)s), 0), coalesce(sum(round(exposure * loss, 2)) FILTER (WHERE spent > %(most)s), 0),
       count(*) FILTER (WHERE exposure IS NULL)
FROM ranked
"""


def monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def reach_of(branch: Branch, on: date) -> QuerySet[BranchReach, Any]:
    """Subquery of the ids of the branch and those below it."""
    below = BranchReach.objects.filter(ancestor=branch, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
    return below.values("descendant_id")


def terms(branch: Branch, on: date) -> Terms:
    """The parameters in force on `on` for a branch. Hours: its own, else those of an account manager times the managers at or below it."""
    lender = branch.lender
    hours = setting(lender, "alerts.hours_per_week", on)
    own = hours["branches"].get(branch.code)
    held = RoleHeld.objects.filter(role=Role.ACCOUNT_MANAGER, branch_id__in=reach_of(branch, on), from_on__lte=on)
    held = held.filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).filter(Q(person__left_on__isnull=True) | Q(person__left_on__gt=on))
    managers = 0 if own is not None else held.values("person_id").distinct().count()
    return Terms(
        minutes=_by_level(setting(lender, "alerts.minutes", on)),
        chance=_by_level(setting(lender, "alerts.default_probability", on)),
        loss_share=_exact(setting(lender, "alerts.loss_given_default", on)),
        hours=_exact(own) if own is not None else managers * _exact(hours["per_account_manager"]),
        managers=managers,
    )


def _by_level(value: Mapping[str, Any]) -> dict[int, Decimal]:
    return {level.value: _exact(value[level.name.lower()]) for level in Level}


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


def line(branch: Branch, on: date) -> Line:
    """Rank the branch's open alerts and draw the line where its hours end: the first that does not fit and all after it are below.

    One statement over the branch's part of the index of open alerts; closed ones and other branches are not read.
    """
    known, lender = terms(branch, on), branch.lender
    levels = [level.value for level in Level]
    with connection.cursor() as cursor:
        cursor.execute(
            RANKED,
            {
                "currency": lender.currency, "most": known.hours * 60, "levels": levels, "minutes": [known.minutes[n] for n in levels],
                "loss": [known.loss(n) for n in levels], "per_hour": [known.per_hour(n) for n in levels],
                "branches": list(reach_of(branch, on).values_list("descendant_id", flat=True)),
            },
        )  # fmt: skip
        above, minutes, below, exposure, loss, incomparable = cursor.fetchone()
    asked = (Decimal(minutes) / 60).quantize(Decimal("0.01"))
    return Line(branch, monday(on), known, lender.currency, frozenset(above or ()), asked, below, Decimal(exposure), Decimal(loss), incomparable)


def ranked(alerts: Any, drawn: Line, on: date) -> Any:
    """Of `alerts` those that the line of the branch is about, in its order, each with `expected_loss` (None where it can't be compared)."""
    money = DecimalField(max_digits=30, decimal_places=12)
    exposure = Case(When(borrower__isnull=False, currency=drawn.currency, then=F("exposure")), output_field=money)

    def weigh(share: Any) -> Case:
        return Case(*[When(level=level, then=Value(share(level), output_field=money)) for level in Level.values], output_field=money)

    return (
        alerts.filter(branch_id__in=reach_of(drawn.branch, on), staff_conduct=False)
        .exclude(state=Alert.State.CLOSED)
        .exclude(state=Alert.State.SUBMITTED)
        .annotate(expected_loss=exposure * weigh(drawn.terms.loss), per_hour=exposure * weigh(drawn.terms.per_hour))
        .order_by(F("per_hour").desc(nulls_first=True), F("due_on").asc(nulls_last=True), "id")
    )


def accepted(branch: Branch, on: date) -> LineAccepted | None:
    """The last word of the branch head on what falls below the line in the week of `on`."""
    return LineAccepted.objects.filter(branch=branch, week=monday(on)).select_related("by").order_by("-nth").first()


def sources(lender: Lender, on: date) -> list[dict[str, Any]]:
    """The parameters that the ranking stands on, with value, first day, source and confidence, as they count on `on`. One query."""
    keys = ("alerts.hours_per_week", "alerts.minutes", "alerts.default_probability", "alerts.loss_given_default")
    found: dict[str, dict[str, Any]] = {
        key: {"key": key, "value": value, "from": EPOCH, "source": source, "confidence": str(Parameter.Confidence(confidence).label)}
        for key, value, source, confidence in SHIPPED
        if key in keys
    }
    in_force = Parameter.objects.filter(lender=lender, key__in=keys, valid_from__lte=on).filter(~Q(approved_by="") | Q(proposed_by=""))
    for row in in_force.order_by("valid_from", "pk"):
        found[row.key] = {"key": row.key, "value": row.value, "from": row.valid_from, "source": row.source, "confidence": row.get_confidence_display()}
    return [found[key] for key in keys]
