"""Which back-tests there are, what they found, and which loans stand behind a figure."""

from datetime import date
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from alerts.backtests import rules
from alerts.backtests.models import BacktestRow, BacktestRun
from alerts.backtests.walking import kept_closes
from alerts.rulebook.models import Rule
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch

FIRED, RIGHT, WRONG, MISSED = "fired", "right", "wrong", "missed"
KINDS = (FIRED, RIGHT, WRONG, MISSED)


def runs(lender: Lender) -> QuerySet[BacktestRun]:
    """The lender's back-tests, the newest first."""
    return BacktestRun.objects.filter(lender=lender).select_related("rule", "version", "asked_by", "cancelled_by").order_by("-pk")


def span(lender: Lender) -> tuple[date, date] | None:
    """The first and the last close whose observations are kept; None before the first close."""
    closes = kept_closes(lender, rules.MONTHLY)
    return (closes[0], closes[-1]) if closes else None


def levels_of(run: BacktestRun) -> dict[int, rules.Figures]:
    """The figures of a run that is done, by least level; empty before."""
    return {int(level): rules.Figures.from_json(stored) for level, stored in run.result["levels"].items()} if run.result else {}


def parts_of(run: BacktestRun, access: Access) -> list[dict[str, Any]]:
    """The parts of a run that is done, as the reader may see them: branches only of the own subtree.

    Each is the `name`, and `levels` by least level.
    """
    stored = run.result["parts"] if run.result else []
    if run.cut == rules.BRANCH:
        names = dict(Branch.objects.filter(lender=run.lender_id, pk__in=access.subtree()).values_list("code", "name"))
        stored = [part for part in stored if part["part"] in names]
    else:
        names = _names(run)
    figures = [{int(level): rules.Figures.from_json(told) for level, told in part["levels"].items()} for part in stored]
    return [{"name": names.get(part["part"], part["part"]) or "–", "levels": levels} for part, levels in zip(stored, figures, strict=True)]


def _names(run: BacktestRun) -> dict[str, str]:
    if run.cut == rules.SIZE:
        return {"1": _("Smallest quarter"), "2": _("Second quarter"), "3": _("Third quarter"), "4": _("Largest quarter")}
    return {value: str(label) for value, label in Borrower.Segment.choices} if run.cut == rules.SEGMENT else {}


def listed(rule: Rule) -> bool:
    """Whether the subjects of a rule are ever listed: those of a rule on the conduct of staff are counted only."""
    return not rule.staff_conduct and rule.grain in (Rule.Grain.LOAN, Rule.Grain.BORROWER)


def subjects(run: BacktestRun, access: Access, kind: str, least: int) -> Any:
    """A query set of the loans or borrowers behind the figures that this person may see, those that reached the target first, then by first firing.

    kind: fired; right: fired and the target followed; wrong: fired, the window is over and it never followed; missed: the target followed
    without a firing. Each is subject, first, closes and worst of its firings, and reached: the last target that followed.
    """
    model: Any = Loan if run.rule.grain == Rule.Grain.LOAN else Borrower
    hit = Q(level__gte=least)
    judged = Q(complete=True, in_target=False)
    rows = BacktestRow.objects.filter(run=run, subject__in=model.objects.visible_to(access).order_by().values("pk"))
    found = rows.values("subject").annotate(
        first=Min("as_of", filter=hit), closes=Count("pk", filter=hit), worst=Max("level"),
        right=Count("pk", filter=hit & judged & Q(reached_on__isnull=False)), wrong=Count("pk", filter=hit & judged & Q(reached_on__isnull=True)),
        reached=Max("reached_on", filter=judged),
    )  # fmt: skip
    wanted = {
        FIRED: Q(closes__gt=0), RIGHT: Q(right__gt=0), WRONG: Q(wrong__gt=0, right=0), MISSED: Q(closes=0, reached__isnull=False),
    }[kind]  # fmt: skip
    none = ExpressionWrapper(Q(reached__isnull=True), output_field=BooleanField())
    return found.filter(wanted).annotate(none=none).order_by("none", F("first").asc(nulls_last=True), "subject")


def named(run: BacktestRun, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `about`, the loan or borrower."""
    keys = [row["subject"] for row in rows]
    if run.rule.grain == Rule.Grain.LOAN:
        known: dict[int, Any] = {loan.pk: loan for loan in Loan.objects.filter(pk__in=keys).select_related("borrower")}
    else:
        known = dict(Borrower.objects.in_bulk(keys))
    return [row | {"about": known[row["subject"]]} for row in rows if row["subject"] in known]
