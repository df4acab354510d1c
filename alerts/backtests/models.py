"""Back-tests: what a rule would have said at closes that are past, and what became of the loans."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.backtests import rules
from alerts.rulebook.models import Rule, RuleVersion
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

__all__ = ["BacktestClose", "BacktestRow", "BacktestRun", "BacktestTarget"]


class BacktestRun(models.Model):
    """A rule asked of past closes, on somebody's order. Never deleted; what it found stays as it was found.

    A worker that takes it holds a lease; each close it has walked through is one transaction with `closes_done`. It walks from the
    newest close to the oldest, so that at every close it knows when the target is next reached.
    """

    class State(models.TextChoices):
        QUEUED = rules.QUEUED, _("Waiting")
        RUNNING = rules.RUNNING, _("Running")
        DONE = rules.DONE, _("Done")
        CANCELLED = rules.CANCELLED, _("Cancelled")
        FAILED = rules.FAILED, _("Failed")

    class Target(models.TextChoices):
        DPD30 = "dpd30", _("30 days past due")
        DPD60 = "dpd60", _("60 days past due")
        DPD90 = "dpd90", _("90 days past due")
        CHARGED_OFF = rules.CHARGED_OFF, _("Charged off or written off")

    class Pace(models.TextChoices):
        MONTHLY = rules.MONTHLY, _("The last close of each month")
        EVERY = rules.EVERY, _("Every close")

    class Cut(models.TextChoices):
        NONE = rules.NO_CUT, _("The whole book")
        PRODUCT = rules.PRODUCT, pgettext_lazy("cut of figures", "Product")
        BRANCH = rules.BRANCH, pgettext_lazy("cut of figures", "Branch")
        SEGMENT = rules.SEGMENT, pgettext_lazy("cut of figures", "Segment")
        SIZE = rules.SIZE, pgettext_lazy("cut of figures", "Size")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="backtests")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="backtests", null=True)  # empty: a text of its own
    text = models.TextField(_("rule text"))
    tree = models.JSONField()
    target = models.CharField(_("target"), max_length=12, choices=Target.choices, default=Target.DPD90)
    months = models.SmallIntegerField(_("within months"), default=12)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    pace = models.CharField(_("closes"), max_length=5, choices=Pace.choices, default=Pace.MONTHLY)
    gap = models.SmallIntegerField(_("clear closes before it counts as begun anew"), default=1)
    hours = models.DecimalField(_("hours that an alert takes"), max_digits=6, decimal_places=2)
    cut = models.CharField(_("by"), max_length=7, choices=Cut.choices, default=Cut.NONE, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # empty: from the shell
    asked_at = models.DateTimeField(db_default=Now())
    cancelled_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    claims = models.IntegerField(default=0)  # fences off a worker whose lease has gone to another
    lost = models.SmallIntegerField(default=0)  # times in a row that a worker was lost at the same close
    closes = models.SmallIntegerField(null=True)  # to walk through
    closes_done = models.SmallIntegerField(default=0)
    done_down_to = models.DateField(null=True)  # the oldest close that is done
    last_close = models.DateField(null=True)  # the lender's newest close when it began: what is not over then stays open
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)  # of work
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="backtest_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(months__in=rules.HORIZONS, gap__range=(1, 400), hours__gt=0), name="backtest_in_bounds"),
            models.CheckConstraint(condition=Q(state="done") ^ Q(result__isnull=True), name="backtest_done_has_its_result"),
            models.CheckConstraint(condition=Q(state="running") ^ Q(lease_until__isnull=True), name="backtest_running_has_a_lease"),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state__in=["queued", "running"]), name="backtest_waiting")]

    def __str__(self) -> str:
        return f"{self.rule_id} #{self.pk}"


class BacktestRow(models.Model):
    """A subject at a close at which the rule fired, or which the target followed within the window.

    `nth`: number of the close, the newest 0, the one before -1. `part`: what the figures are cut by. `reached_on`: when the target is next reached, within
    the window. `complete`: the window is over.
    """

    run = models.ForeignKey(BacktestRun, models.PROTECT, related_name="rows")
    as_of = models.DateField()
    nth = models.SmallIntegerField()
    subject = models.BigIntegerField()
    part = models.CharField(max_length=40, blank=True)
    level = models.SmallIntegerField()
    in_target = models.BooleanField()
    reached_on = models.DateField(null=True)
    complete = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "subject", "as_of"], name="one_backtest_row_per_subject_and_close")]


class BacktestClose(models.Model):
    """How many subjects of one part stood how at one close."""

    run = models.ForeignKey(BacktestRun, models.PROTECT, related_name="counts")
    as_of = models.DateField()
    part = models.CharField(max_length=40, blank=True)
    complete = models.BooleanField()
    observed = models.IntegerField()
    not_evaluable = models.IntegerField()
    in_target = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "as_of", "part"], name="one_backtest_count_per_part_and_close")]


class BacktestTarget(models.Model):
    """The next close at which a subject stands in the target, seen from where the run has come to. Emptied when the run ends."""

    run = models.ForeignKey(BacktestRun, models.PROTECT, related_name="+")
    subject = models.BigIntegerField()
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "subject"], name="one_next_target_per_subject")]
