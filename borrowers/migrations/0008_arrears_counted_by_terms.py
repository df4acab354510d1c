"""Arrears count by the terms of the product; figures of the core system that differ from ours are kept beside them."""

import django.db.models.deletion
from django.db import migrations, models

REVISED = [
    ("position", "position_revisions", ["loan", "valid_from"]),
    ("loanevent", "event_revisions", ["loan", "kind", "valid_from"]),
    ("guarantee", "guarantee_revisions", ["loan", "guarantor", "valid_from"]),
    ("countingpause", "pause_revisions", ["loan", "valid_from"]),
    ("pledge", "pledge_revisions", ["loan", "item", "valid_from"]),
    ("valuation", "valuation_revisions", ["item", "valid_from", "method"]),
]


class Migration(migrations.Migration):
    dependencies = [
        ("borrowers", "0007_feeds_that_did_not_come"),
        ("lenders", "0004_terms_and_calendar_changes"),
    ]

    operations = [
        *(
            migrations.AddIndex(
                model_name=model,
                index=models.Index(condition=models.Q(("revision__gt", 1)), fields=[*key, "revision"], name=name),
            )
            for model, name, key in REVISED
        ),
        migrations.AddIndex(
            model_name="repayment",
            index=models.Index(condition=models.Q(("amount__lt", 0)), fields=["loan", "seq"], name="repayment_taken_back"),
        ),
        migrations.RenameField("loanstate", "interest_unpaid_on", "interest_counts_from"),
        migrations.RenameField("loanstate", "principal_unpaid_on", "principal_counts_from"),
        migrations.AddField("loanstate", "counts_from", models.DateField(null=True)),
        # Until the next close allocates anew, what counted from the due date goes on counting from it.
        migrations.RunSQL("UPDATE borrowers_loanstate SET counts_from = oldest_unpaid_on", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ReconciliationDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bucket", models.SmallIntegerField()),
                ("as_of", models.DateField()),
                (
                    "figure",
                    models.CharField(
                        choices=[
                            ("days_past_due", "Days past due"),
                            ("balance", "Outstanding balance"),
                            ("overdue_principal", "Overdue principal"),
                            ("overdue_interest", "Overdue interest"),
                        ],
                        max_length=17,
                        verbose_name="figure",
                    ),
                ),
                ("delivered", models.DecimalField(decimal_places=2, max_digits=20, verbose_name="delivered")),
                ("computed", models.DecimalField(decimal_places=2, max_digits=20, verbose_name="computed")),
                ("size", models.DecimalField(decimal_places=2, max_digits=20, verbose_name="difference")),
                (
                    "lender",
                    models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="lenders.lender"),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="differences", to="borrowers.loan"
                    ),
                ),
            ],
            options={
                "ordering": ["-as_of", "-size", "id"],
                "indexes": [models.Index(fields=["lender", "as_of", "bucket"], name="difference_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "as_of", "figure"), name="one_difference_per_loan_day_figure"),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="difference_is_one"),
                ],
            },
        ),
    ]
