"""Small indexes by which a night finds the loans whose allocation may have changed."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0016_decided_classes_and_receipts")]
    operations = [
        migrations.AddIndex("instalment", models.Index(fields=["lender", "bucket"], condition=Q(version__gt=1), name="plan_replaced")),
        migrations.AddIndex(
            "repayment", models.Index(fields=["lender", "bucket"], condition=Q(paid_on__gt=F("known_from")), name="repayment_told_ahead")
        ),
        migrations.AddIndex(
            "correction",
            models.Index(
                fields=["lender", "known_from"],
                condition=Q(subject="borrowers.loan", field__in=["product_id", "disbursed_on", "position_fed"]),
                name="loan_under_other_terms",
            ),
        ),
    ]
