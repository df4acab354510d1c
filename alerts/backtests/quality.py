"""What came of the alerts of every rule in a period: outcomes, lead time, what was flagged in time, missing data. Few queries, however many rules."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from alerts.backtests.rules import MONTHLY, looked_at, share
from alerts.backtests.thumb import Thumb, Worth
from alerts.observation.models import DroppedDay, LoanDay
from alerts.observation.queries import closed_days
from alerts.rulebook.models import Rule, RuleTally
from alerts.rulebook.queries import rulebook
from alerts.signals.models import Alert, AlertClosure
from loanwatch.kernel.calendars import add_months
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access

KEY = "rules.quality"
LONGEST_MEMORY = 730  # days before 90 days past due within which an alert counts as one that warned of it
TENTH = Decimal("0.1")

# Loans that stand 90 days past due at a month's last close and did not at the one before; and for each rule, when it first warned of them.
ENTERED = """
WITH bad AS (
    SELECT o.loan_id, o.borrower_id, e.nth, o.as_of - (o.days_past_due - 90) AS reached_on
    FROM ({seen}) o (loan_id, borrower_id, as_of, days_past_due) JOIN unnest(%s::date[]) WITH ORDINALITY AS e (as_of, nth) ON e.as_of = o.as_of
), entered AS MATERIALIZED (
    SELECT b.* FROM bad b WHERE b.nth > 1 AND NOT EXISTS (SELECT FROM bad p WHERE p.loan_id = b.loan_id AND p.nth = b.nth - 1)
), seen (rule_id, loan_id, borrower_id, opened_on, acknowledged_at) AS MATERIALIZED ({alerts}), warned AS (
    SELECT a.rule_id, e.loan_id, e.nth, e.reached_on - min(a.opened_on) AS lead,
           bool_or(a.opened_on <= e.reached_on - %s AND (a.acknowledged_at AT TIME ZONE %s)::date <= e.reached_on - %s) AS worked
    FROM entered e JOIN seen a ON (a.loan_id = e.loan_id OR a.loan_id IS NULL AND a.borrower_id = e.borrower_id)
    WHERE a.opened_on <= e.reached_on AND a.opened_on > e.reached_on - %s
    GROUP BY a.rule_id, e.loan_id, e.nth, e.reached_on
)
SELECT NULL, (SELECT count(*) FROM entered), count(DISTINCT (loan_id, nth)) FILTER (WHERE worked), NULL FROM warned
UNION ALL
SELECT rule_id, NULL, count(*) FILTER (WHERE worked), percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FROM warned GROUP BY rule_id
"""


@dataclass(frozen=True)
class Quality:
    """The worth of each rule, and of all together: entered, flagged as in `Worth`, by any rule. closes: last closes of months looked at."""

    rows: list[tuple[Rule, Worth]]
    entered: int
    flagged: int
    since: date
    until: date

    @property
    def flagged_share(self) -> Decimal | None:
        """flagged / entered, by any rule."""
        return share(self.flagged, self.entered)


def thumb_of(lender: Lender, on: date) -> Thumb:
    """The rules of thumb in force on a day; the shipped ones where the lender has set none."""
    try:
        return Thumb.of(parameter(lender, KEY, on))
    except KeyError:
        return Thumb()


def quality(access: Access, lender: Lender, until: date, months: int, thumb: Thumb) -> Quality:
    """What came of the rules in the `months` before `until`, that day included, as far as the reader sees alerts and loans."""
    since = add_months(until, -months)
    period, before = Q(closed_on__gt=since, closed_on__lte=until), Q(closed_on__gt=add_months(until, -2 * months), closed_on__lte=since)
    alerts = Alert.objects.visible_to(access).filter(lender=lender)
    outcomes = {name: Count("pk", filter=period & Q(outcome=name)) for name in Alert.Outcome.values}
    earlier = {f"{name}_before": Count("pk", filter=before & Q(outcome=name)) for name in Alert.Outcome.values}
    opened = Count("pk", filter=Q(opened_on__gt=since, opened_on__lte=until))
    openings: Any = alerts.order_by().values("rule_id").annotate(opened=opened)
    counted: dict[int, dict[str, Any]] = {row["rule_id"]: row for row in openings}
    # every closing counts, also that of an alert which has opened again since
    closures = AlertClosure.objects.filter(alert__in=alerts.order_by().values("pk")).order_by().values("alert__rule_id").annotate(**outcomes, **earlier)
    for row in closures:
        counted.setdefault(row["alert__rule_id"], {}).update(row)
    tallies, by_month = _tallies(lender, since, until), _by_month(alerts, since, until)
    entered, flagged, warned = _entered(access, lender, since, until, thumb)
    weeks = Decimal((until - since).days) / 7
    rows = []
    for rule in rulebook(lender, until):
        said, told = counted.get(rule.pk, {}), tallies.get(rule.pk, {})
        real = said.get("resolved_before", 0) + said.get("recovery_before", 0)
        flags, lead = warned.get(rule.pk, (0, None))
        rows.append((rule, Worth(
            opened=said.get("opened", 0), **{name: said.get(name, 0) for name in Alert.Outcome.values},
            was=share(real, real + said.get("false_alarm_before", 0)), lead=lead, entered=entered, flagged=flags,
            observed=told.get("observed") or 0, not_evaluable=told.get("missing") or 0, fired=told.get("fired") or 0,
            months=by_month[rule.pk], weeks=weeks, live=rule.live is not None,
        )))  # fmt: skip
    return Quality(rows, entered, flagged, since, until)


def _tallies(lender: Lender, since: date, until: date) -> dict[int, dict[str, Any]]:
    fired = Sum("red") + Sum("orange") + Sum("yellow")
    rows: Any = RuleTally.objects.filter(lender=lender, as_of__gt=since, as_of__lte=until).values("rule_version__rule_id")
    rows = rows.annotate(missing=Sum("not_evaluable"), fired=fired, observed=fired + Sum("clear") + Sum("not_evaluable"))
    return {row["rule_version__rule_id"]: row for row in rows.order_by()}


def _by_month(alerts: Any, since: date, until: date) -> defaultdict[int, tuple[int, ...]]:
    """Alerts opened in each month of the period, by rule; noughts for a rule without any."""
    first = since.replace(day=1)
    months = [add_months(first, n) for n in range((until.year - first.year) * 12 + until.month - first.month + 1)][1:]
    found: dict[int, dict[date, int]] = {}
    rows = alerts.filter(opened_on__gte=months[0], opened_on__lte=until).order_by().annotate(month=TruncMonth("opened_on")).values("rule_id", "month")
    for row in rows.annotate(n=Count("pk")):
        found.setdefault(row["rule_id"], {})[row["month"]] = row["n"]
    filled: defaultdict[int, tuple[int, ...]] = defaultdict(lambda: (0,) * len(months))
    filled.update({rule: tuple(by.get(month, 0) for month in months) for rule, by in found.items()})
    return filled


def _entered(access: Access, lender: Lender, since: date, until: date, thumb: Thumb) -> tuple[int, int, dict[int, tuple[int, Decimal | None]]]:
    """Loans that reached 90 days past due, how many of them were flagged in time by any rule, and by rule: flagged, median lead."""
    dropped = DroppedDay.objects.filter(lender=lender).values("as_of")
    closes = closed_days(lender).filter(business_date__lte=until, business_date__gte=since.replace(day=1)).exclude(business_date__in=dropped)
    ends = looked_at(closes.values_list("business_date", flat=True), MONTHLY)
    if len(ends) < 2:
        return 0, 0, {}
    days = LoanDay.objects.visible_to(access).filter(lender=lender, as_of__in=ends, days_past_due__gte=90).order_by()
    loans, loan_values = days.values_list("loan_id", "borrower_id", "as_of", "days_past_due").query.sql_with_params()
    alerts = Alert.objects.visible_to(access).filter(lender=lender, borrower__isnull=False, raised_by=None).order_by()
    seen, alert_values = alerts.values_list("rule_id", "loan_id", "borrower_id", "opened_on", "acknowledged_at").query.sql_with_params()
    # an alert that has opened again forgot when it was acknowledged; its closures have not
    rounds: Any = AlertClosure.objects.filter(alert__in=alerts.values("pk")).order_by()
    rounds = rounds.values_list("alert__rule_id", "alert__loan_id", "alert__borrower_id", "alert__opened_on", "acknowledged_at")
    closed, closed_values = rounds.query.sql_with_params()
    seen, alert_values = f"{seen} UNION ALL {closed}", (*alert_values, *closed_values)
    values = [*loan_values, ends, *alert_values, thumb.worked_days, lender.zone, thumb.worked_days, LONGEST_MEMORY]
    with connection.cursor() as cursor:
        cursor.execute(ENTERED.format(seen=loans, alerts=seen), values)
        (_none, entered, flagged, _lead), *rows = sorted(cursor.fetchall(), key=lambda row: row[0] is not None)
    told = {rule: (n, Decimal(str(lead)).quantize(TENTH, rounding=ROUND_HALF_UP) if lead is not None else None) for rule, _e, n, lead in rows}
    return entered, flagged, told
