"""Columns of the loan's observation: what weakens its cover, and where its money went."""

from django.db import migrations

COLUMNS = {
    "claim_weight": "integer",
    "insured_until": "date",
    "items_uninsured": "integer",
    "insurance_payee_wrong": "boolean",
    "stock_short": "numeric(14, 6)",
    "stock_access_refused": "boolean",
    "price_change_7d": "numeric(14, 6)",
    "backer_signals": "integer",
    "rights_until": "date",
    "collateral_claim": "varchar(10)",
    "insurance_days": "integer",
    "uninsured_items": "integer",
    "guarantor_signals": "integer",
    "guarantor_class": "varchar(16)",
    "rights_lapse_days": "integer",
    "paid_outside_share": "numeric(14, 6)",
    "forbidden_use_share": "numeric(14, 6)",
    "forbidden_payments": "integer",
    "returned_share": "numeric(14, 6)",
    "proven_share": "numeric(14, 6)",
    "split_payments": "integer",
    "cash_share": "numeric(14, 6)",
    "project_behind": "numeric(20, 6)",
    "project_stands_since": "date",
    "proofs_missing_days": "integer",
    "project_stands_days": "integer",
}


class Migration(migrations.Migration):
    dependencies = [("alerts", "0010_what_a_rerun_found_different")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_loanday " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()),
            "ALTER TABLE alerts_loanday " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
        ),
    ]
