"""Portfolio figures at the close of a business day, read from the observation alone, over sets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from alerts.observation.models import LoanDay, RiskClass
from loanwatch.kernel.policy import Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, BranchReach
from loanwatch.trail.models import BusinessDay

BUCKETS = ("current", "1-29", "30-59", "60-89", "90+")  # the keys of the contract, best to worst
UNKNOWN = "unknown"  # days past due could not be told
OFF_BOOK = "off_book"  # on the book at the earlier close, no longer at the later one
CLOSED = (BusinessDay.State.CLOSED, BusinessDay.State.CLOSED_WITH_EXCEPTIONS)
GROUPS = {
    "branch": "branch__code",
    "product": "product_code",
    "manager": "manager__staff_no",
    "class": "risk_class",
    "bucket": "overdue_bucket",
}


class NotClosed(Exception):
    """Figures were asked for a date at which the lender's book was never closed; the message says which close there is."""


class NoSuchBranch(Exception):
    """A branch code that the lender does not have."""


def lender_of(access: Access) -> Lender:
    """The lender for whom this person works. Raises Refused for an account without one."""
    lender = access.person.lender if access.person else None
    if lender is None:
        raise Refused(_("This page is for people who work for a lender."), code="NO_LENDER")
    return lender


def closed_days(lender: Lender) -> QuerySet[BusinessDay]:
    """The closed business days of `lender`, the newest first."""
    return BusinessDay.objects.filter(lender=lender, state__in=CLOSED).order_by("-business_date")


def require_closed(lender: Lender, as_of: date) -> None:
    """Raises NotClosed with a sentence unless the book of `lender` was closed at `as_of`."""
    days = closed_days(lender)
    if days.filter(business_date=as_of).exists():
        return
    nearest = days.filter(business_date__lt=as_of).values_list("business_date", flat=True).first()
    parts = {"lender": lender.code, "date": as_of, "nearest": nearest}
    if nearest is None:
        raise NotClosed(_("%(date)s is not closed for %(lender)s, and no day before it is.") % parts)
    raise NotClosed(_("%(date)s is not closed for %(lender)s. The last close before it is %(nearest)s.") % parts)


def overdue_bucket() -> Case:
    """The contract's bucket of an observation, from days past due: the due date itself is current, day 30 is `30-59`."""
    edges = [(0, BUCKETS[0]), (29, BUCKETS[1]), (59, BUCKETS[2]), (89, BUCKETS[3])]
    whens = [When(days_past_due__lte=last, then=Value(name)) for last, name in edges]
    return Case(When(days_past_due=None, then=Value(UNKNOWN)), *whens, default=Value(BUCKETS[4]), output_field=CharField())


def book(lender: Lender, as_of: date, *, branch: str | None = None, access: Access | None = None) -> QuerySet[LoanDay]:
    """The observations of one close, as far as `access` reaches; None means the whole book: for the shell.

    `branch`: code of the node whose subtree, as the tree stood that day, is meant. Raises NoSuchBranch.
    """
    rows = LoanDay.objects.filter(lender=lender, as_of=as_of)
    if access is not None:
        rows = rows.visible_to(access)
    if branch:
        node = Branch.objects.filter(lender=lender, code=branch).first()
        if node is None:
            raise NoSuchBranch(_("%(lender)s has no branch with the code %(branch)s.") % {"lender": lender.code, "branch": branch})
        rows = rows.filter(branch_id__in=subtree(node, as_of))
    return rows.annotate(overdue_bucket=overdue_bucket()).order_by()


def subtree(node: Branch, on: date) -> QuerySet[BranchReach, Any]:
    """Subquery of branch ids at or below `node` as the tree stood on `on`."""
    return (
        BranchReach.objects.filter(ancestor=node, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on)).values("descendant_id")
    )


@dataclass
class Tally:
    """Loans and outstanding by currency of some part of the book."""

    loans: int = 0
    outstanding: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, currency: str, loans: int, amount: Decimal) -> None:
        self.loans += loans
        self.outstanding[currency] += amount


@dataclass
class Sheet:
    """The figures of one part of the book: in all, by bucket, by class."""

    whole: Tally = field(default_factory=Tally)
    buckets: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in BUCKETS})
    classes: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in RiskClass.values})

    def add(self, bucket: str, risk_class: str, currency: str, loans: int, amount: Decimal) -> None:
        for tally in (self.whole, self.buckets.setdefault(bucket, Tally()), self.classes[risk_class]):
            tally.add(currency, loans, amount)

    def as_json(self, currencies: list[str]) -> dict[str, Any]:
        """The contract's object; see `figures` for its shape."""
        return {
            "loans": self.whole.loans,
            "outstanding": {currency: _text(self.whole.outstanding[currency]) for currency in currencies},
            "buckets": {name: _cell(tally, currencies) for name, tally in self.buckets.items()},
            "par30": self._at_risk(BUCKETS[2:], currencies),
            "par90": self._at_risk(BUCKETS[4:], currencies),
            "classes": {name: _cell(tally, currencies) for name, tally in self.classes.items()},
        }

    def _at_risk(self, names: Iterable[str], currencies: list[str]) -> str | dict[str, str]:
        late = {c: sum((self.buckets[name].outstanding[c] for name in names), Decimal(0)) for c in currencies}
        return _by_currency({c: percent(late[c], self.whole.outstanding[c]) for c in currencies}, currencies)


def percent(part: Decimal, whole: Decimal) -> str:
    """`part` of `whole` in percent with four decimals, half up; of an empty whole it is 0.0000."""
    value = part * 100 / whole if whole else Decimal(0)
    return str(value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP))


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _by_currency(values: Mapping[str, str], currencies: list[str]) -> str | dict[str, str]:
    return values[currencies[0]] if len(currencies) == 1 else dict(values)


def _cell(tally: Tally, currencies: list[str]) -> dict[str, Any]:
    return {"loans": tally.loans, "outstanding": _by_currency({c: _text(tally.outstanding[c]) for c in currencies}, currencies)}


def figures(
    lender: Lender,
    as_of: date,
    *,
    by: str | None = None,
    branch: str | None = None,
    roll_from: date | None = None,
    access: Access | None = None,
) -> dict[str, Any]:
    """Portfolio figures of `lender` at the close of `as_of`, as JSON values.

    `loans`; `outstanding` {currency: amount}; `buckets` and `classes` {name: {loans, outstanding}}; `par30` and `par90`: outstanding of
    loans 30 (90) or more days past due, in percent of all outstanding, four decimals half up. Amounts are text with two decimals.
    In a book of one currency `par30`, `par90` and the `outstanding` of a bucket or class are plain text; in a book of several they are
    {currency: text}: currencies are never added. A bucket `unknown` appears only when days past due of some loan could not be told.
    `by`: branch, product, manager, class or bucket adds `groups` {code: the same figures}; a loan without a manager counts under "".
    `branch`: code of the node whose subtree is counted. `roll_from`: an earlier close, adds `roll` {bucket then: {bucket now: loans}}
    over the loans on the book then; `off_book` are those no longer on it.
    Raises NotClosed for a date that was not closed, NoSuchBranch for an unknown code, KeyError for an unknown `by`.
    """
    require_closed(lender, as_of)
    if roll_from is not None:
        require_closed(lender, roll_from)
    grouping = GROUPS[by] if by else None
    rows = book(lender, as_of, branch=branch, access=access)
    columns = list(dict.fromkeys([c for c in (grouping,) if c] + ["overdue_bucket", "risk_class", "currency"]))
    whole, found = Sheet(), set()
    groups: dict[str, Sheet] = defaultdict(Sheet)
    for line in rows.values(*columns).annotate(n=Count("loan_id"), amount=Sum("outstanding")):
        parts = (line["overdue_bucket"], line["risk_class"], line["currency"], line["n"], line["amount"])
        found.add(line["currency"])
        whole.add(*parts)
        if grouping:
            groups[line[grouping] or ""].add(*parts)
    currencies = sorted(found) or [lender.currency]
    answer = {"lender": lender.code, "as_of": as_of.isoformat(), **whole.as_json(currencies)}
    if grouping:
        answer["by"] = by
        answer["groups"] = {name: groups[name].as_json(currencies) for name in sorted(groups)}
    if roll_from is not None:
        answer["roll_from"] = roll_from.isoformat()
        answer["roll"] = roll(lender, roll_from, as_of, branch=branch, access=access)
    return answer


def roll(lender: Lender, then: date, now: date, *, branch: str | None = None, access: Access | None = None) -> dict[str, dict[str, int]]:
    """Where the loans on the book at the close of `then` stood at the close of `now`: {bucket then: {bucket now: loans}}."""
    later = LoanDay.objects.filter(lender=lender, as_of=now, loan_id=OuterRef("loan_id")).annotate(b=overdue_bucket()).values("b")
    moves = (
        book(lender, then, branch=branch, access=access)
        .annotate(later_bucket=Coalesce(Subquery(later), Value(OFF_BOOK)))
        .values("overdue_bucket", "later_bucket")
        .annotate(n=Count("loan_id"))
    )
    table: dict[str, dict[str, int]] = {name: dict.fromkeys((*BUCKETS, OFF_BOOK), 0) for name in BUCKETS}
    for move in moves:
        table.setdefault(move["overdue_bucket"], dict.fromkeys((*BUCKETS, OFF_BOOK), 0))[move["later_bucket"]] = move["n"]
    return table
