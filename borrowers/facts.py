"""What every fact carries: whose it is, since when it was so, since when we knew, and the delivery or person it came from.

Three shapes of facts:

- *Master data* (`Fact`, with a number of its own): one row per thing. A change is written to the row and kept, with the
  value before, as a `Correction`; the row of an earlier day is read back through them.
- *Revised facts* (`RevisedFact`): a change is a further row with the next `revision` of the same key; none is overwritten.
  What was known on a day is the highest revision known from that day or earlier, unless it withdraws the fact.
- *Flows* (repayments, instalments): appended in the order in which they became known; a reversal is a flow of its own.
"""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from borrowers.feeds.models import Delivery
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

BUCKETS = 256  # fixed: a unit of work covers a range of them, so a growing book is cut finer without rewriting a row


class Fact(models.Model):
    """`known_from` is the business date of the delivery or entry; `recorded_at` is for audit only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    valid_from = models.DateField(_("valid from"))
    known_from = models.DateField(_("known from"))
    recorded_at = models.DateTimeField(db_default=Now())
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True)
    entered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # a person, where no delivery told of it

    class Meta:
        abstract = True


class LoanFact(Fact):
    """A fact that the nightly run reads by bucket: the borrower's, so that all of a borrower's facts lie together."""

    bucket = models.SmallIntegerField()

    class Meta:
        abstract = True


class ByTheMillion(models.Model):
    """A fact of which one delivery brings millions. What its rows refer to is checked once per statement, not once per row.

    A row-by-row foreign key costs more than the rest of the load. The trigger `refers_to_what_is_there` refuses the same, and that a
    row lies with another lender or in another bucket than its loan; `nothing_refers_to_it` keeps what is referred to.
    """

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)
    entered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)

    class Meta:
        abstract = True


class RevisedQuerySet(models.QuerySet[Any]):
    def known_on(self, known_on: date) -> "RevisedQuerySet":
        """The rows that were the truth as known on `known_on`: the last revision of each key by then, unless withdrawn."""
        same = {name: OuterRef(name) for name in self.model.KEY}
        later = self.model.objects.filter(**same, revision__gt=OuterRef("revision"), known_from__lte=known_on)
        return self.filter(~Exists(later), known_from__lte=known_on, withdrawn=False)

    def in_force(self, on: date, known_on: date | None = None) -> "RevisedQuerySet":
        """Of those, the ones that hold on `on`: begun by then, and not ended before or on that day."""
        found = self.known_on(known_on or on).filter(valid_from__lte=on)
        if any(field.name == "to_on" for field in self.model._meta.fields):
            found = found.filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
        return found


class RevisedFact(Fact):
    """A fact that is corrected by a further row. `KEY` names the fields by which revisions belong together."""

    KEY: tuple[str, ...] = ()

    revision = models.SmallIntegerField(db_default=1)
    withdrawn = models.BooleanField(db_default=False)

    objects = RevisedQuerySet.as_manager()

    class Meta:
        abstract = True


class RevisedLoanFact(RevisedFact):
    """A revised fact that the nightly run reads by bucket."""

    bucket = models.SmallIntegerField()

    class Meta:
        abstract = True


def one_per_key(name: str, *key: str) -> models.UniqueConstraint:
    """Each revision of a key once."""
    return models.UniqueConstraint(fields=[*key, "revision"], name=name)


def revisions_by_key(name: str, *key: str) -> models.Index:
    """The few rows that revise an earlier one, so that asking for them costs nothing where there are none."""
    return models.Index(fields=[*key, "revision"], condition=Q(revision__gt=1), name=name)


def ends_after_it_begins(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gte=F("valid_from")), name=name)


class Correction(models.Model):
    """One changed field of master data: what it was, what it became, since when that is so and since when we know.

    Append-only. The value as known on K: of the corrections with `known_from` after K the earliest one's `before`, or,
    where there is none, what the row says.
    """

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=40)  # label of the model, such as borrowers.loan
    subject_id = models.BigIntegerField()
    field = models.CharField(max_length=40)  # name of the column
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    valid_from = models.DateField()  # what a person said it is so since; of a delivery, its business date
    told_on = models.DateField(null=True)  # the business date as of which it was told: a later telling is never undone by an earlier one
    known_from = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="corrections", null=True)
    entered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["subject", "subject_id", "known_from"], name="correction_by_subject"),
            # Loans that came under other terms of counting, for the night's allocation.
            models.Index(
                fields=["lender", "known_from"],
                condition=Q(subject="borrowers.loan", field__in=["product_id", "disbursed_on", "position_fed"]),
                name="loan_under_other_terms",
            ),
        ]
