"""Nights over a handful of loans whose facts a test writes itself: allocation and observation only, in one transaction."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction

from alerts.observation.models import LoanDay
from alerts.observation.observe import observe
from borrowers.facts import RevisedFact
from borrowers.loans.allocation import allocate
from borrowers.loans.models import Loan, Repayment
from loanwatch.lenders.models import Lender
from loanwatch.trail.ledger import key_of
from loanwatch.trail.models import BusinessDay
from tests.factories import BranchFactory, LoanFactory, ProductFactory, schedule
from tests.observed import assert_carried_is_fresh


def observe_day(lender: Lender, day: date, previous: date | None) -> None:
    """The steps of a night that observation needs: allocation and observation, carried forward from `previous`."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT lw_make_observation_day(%s, %s)", [lender.pk, day])
        key = key_of(lender.pk, day, previous=previous)
        allocate(cursor, key, lender)
        observe(cursor, key, lender)


class Nights:
    """A lender with loans of its one branch; `close` observes a day, carried forward from the one closed before."""

    def __init__(self) -> None:
        self.branch = BranchFactory()
        self.lender: Lender = self.branch.lender
        self.last: date | None = None

    def loan(self, kind: str = "working_capital", **given: Any) -> Loan:
        product = ProductFactory(lender=self.lender, code=kind, kind=kind)
        return LoanFactory(branch=self.branch, product=product, **{"principal": Decimal(1000)} | given)

    def fact(self, model: type[models.Model], subject: models.Model, valid_from: date, **given: Any) -> Any:
        """A fact of the loan, borrower or item, known on the day it is about unless told otherwise; a key told again is a revision."""
        names = {f.name for f in model._meta.fields}
        name = next((n for n in (subject._meta.model_name, "item", "account") if n in names), "")
        row = {"lender": self.lender, "valid_from": valid_from, "known_from": valid_from, name: subject} | given
        if "bucket" in names and "bucket" not in row:
            row["bucket"] = getattr(subject, "bucket", None) if hasattr(subject, "bucket") else subject.borrower.bucket
        if "borrower" in names and "borrower" not in row:
            row["borrower"] = subject.borrower
        if issubclass(model, RevisedFact):
            row["revision"] = model.objects.filter(**{key: row[key] for key in model.KEY}).count() + 1
        return model.objects.create(**row)

    def pay(self, loan: Loan, paid_on: date, amount: int, *, known_from: date | None = None, **given: Any) -> Repayment:
        last = Repayment.objects.filter(loan=loan).order_by("-seq").first()
        return Repayment.objects.create(
            loan=loan, lender=self.lender, bucket=loan.bucket, seq=last.seq + 1 if last else 1, paid_on=paid_on, amount=amount,
            cum_paid_minor=(last.cum_paid_minor if last else 0) + amount * 100, valid_from=paid_on, known_from=known_from or paid_on, **given,
        )  # fmt: skip

    def close(self, *days: date, fresh: bool = True) -> None:
        """Observe each day in turn; of the last, hold what was carried against what the facts alone give."""
        for loan in Loan.objects.filter(lender=self.lender, instalments=None):
            schedule(loan, (date(2027, 12, 10), int(loan.principal)))  # on the book, and nothing falls due for long
        for day in days:
            observe_day(self.lender, day, self.last)
            BusinessDay.objects.create(lender=self.lender, business_date=day, previous_date=self.last, state=BusinessDay.State.CLOSED)
            self.last = day
            if fresh and day == days[-1]:
                assert_carried_is_fresh(self.lender, day)

    def seen(self, loan: Loan, field: str, on: date | None = None) -> Any:
        return LoanDay.objects.values_list(field, flat=True).get(loan=loan, as_of=on or self.last)

    def series(self, loan: Loan, field: str, *days: date) -> list[Any]:
        """The field at the close of each of these days, which are closed here."""
        self.close(*days)
        return [self.seen(loan, field, day) for day in days]
