"""Columns of the loan's observation: new loans that repay old ones, classes that wait or improved, visits put off."""

from django.db import migrations

COLUMNS = {
    "new_loan_repaid_share": "numeric(14, 6)",
    "new_loan_repaid_24m": "integer",
    "class_waits_since": "date",
    "upgrade_instalments": "numeric(14, 6)",
    "visits_postponed_12m": "integer",
    "visits_refused_12m": "integer",
    "class_wait_days": "integer",
}


class Migration(migrations.Migration):
    dependencies = [("alerts", "0014_what_passes_through_accounts")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_loanday " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()),
            "ALTER TABLE alerts_loanday " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
        ),
    ]
