"""Columns of the loan's observation: what comes next and who pays, covenants and conditions of the approval."""

from django.db import migrations

COLUMNS = {
    "principal_due_90d": "numeric(20, 2)",
    "next_demand_on": "date",
    "next_demand": "numeric(20, 2)",
    "full_instalment_on": "date",
    "balance_before_due": "numeric(14, 6)",
    "returned_debits_3m": "integer",
    "returned_debit_retries_3m": "integer",
    "broken_promises_60d": "integer",
    "third_party_paid_share_6m": "numeric(14, 6)",
    "unknown_payer_share_6m": "numeric(14, 6)",
    "staff_payments_24m": "integer",
    "next_demand_days": "integer",
    "full_instalment_days": "integer",
    "covenant_headroom": "numeric(14, 6)",
    "covenant_breaches": "integer",
    "covenant_breaches_of_4": "integer",
    "covenant_waiver_expired": "boolean",
    "covenant_tests_missing": "integer",
    "approval_conditions": "integer",
    "condition_due_on": "date",
    "condition_overdue_days": "integer",
}


class Migration(migrations.Migration):
    dependencies = [("alerts", "0007_who_decides_a_class")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_loanday " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()),
            "ALTER TABLE alerts_loanday " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
        ),
    ]
