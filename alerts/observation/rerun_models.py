"""What a re-run of a closed day found to be different."""

from django.db import models

from loanwatch.lenders.models import Lender

__all__ = ["RunDifference"]


class RunDifference(models.Model):
    """One figure of one subject at one close: as it stands (`then`), and as the re-run computed it (`now`). Kept for ever.

    `field` empty: the subject itself is there on one side only. grain `rule`: the level at which the rule with the code `field`
    stands for the loan. Of each grain and field the first thousand are kept; the run has the full count.
    """

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    business_date = models.DateField()
    run_version = models.SmallIntegerField()
    grain = models.CharField(max_length=10)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=80)
    field = models.CharField(max_length=60, blank=True)
    then = models.JSONField(null=True)
    now = models.JSONField(null=True)

    class Meta:
        ordering = ["grain", "label", "field"]
        indexes = [models.Index(fields=["lender", "business_date", "run_version", "grain", "field"], name="difference_by_run")]
