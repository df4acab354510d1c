"""Columns of the borrower's observation: sums over the bookings on its accounts, and what follows from them."""

from django.db import migrations

COLUMNS = {
    "accounts_here": "integer",
    "accounts_elsewhere": "integer",
    "account_opened_on": "date",
    "month_end_balance": "numeric(20, 2)",
    "largest_buyer_share": "numeric(14, 6)",
    "largest_buyer_change": "numeric(14, 6)",
    "inflow_change": "numeric(14, 6)",
    "average_balance": "numeric(20, 2)",
    "average_balance_change": "numeric(14, 6)",
    "sales_return": "numeric(14, 6)",
    "dormant_days": "integer",
    "payroll_change": "numeric(14, 6)",
    "tax_payments_change": "numeric(14, 6)",
    "utilities_change": "numeric(14, 6)",
    "payments_stopped": "integer",
    "outside_lenders_new_90d": "integer",
    "outside_lenders_share_90d": "numeric(14, 6)",
    "related_flow_share_90d": "numeric(14, 6)",
    "round_trip_share_90d": "numeric(14, 6)",
    "our_inflow_share_change": "numeric(14, 6)",
    "inflow_3m": "numeric(20, 2)",
    "inflow_3m_last_year": "numeric(20, 2)",
    "inflow_elsewhere_3m": "numeric(20, 2)",
    "inflow_elsewhere_3m_last_year": "numeric(20, 2)",
    "net_3m": "numeric(20, 2)",
    "net_days_3m": "numeric(28, 2)",
    "net_3m_before": "numeric(20, 2)",
    "net_days_3m_before": "numeric(28, 2)",
    "sales_here_12m": "numeric(20, 2)",
    "payroll_3m": "numeric(20, 2)",
    "tax_payments_3m": "numeric(20, 2)",
    "utilities_3m": "numeric(20, 2)",
    "payroll_6m_before": "numeric(20, 2)",
    "tax_payments_6m_before": "numeric(20, 2)",
    "utilities_6m_before": "numeric(20, 2)",
    "payroll_2m": "numeric(20, 2)",
    "tax_payments_2m": "numeric(20, 2)",
    "utilities_2m": "numeric(20, 2)",
    "outside_lenders_90d": "integer",
    "outside_lenders_paid_90d": "numeric(20, 2)",
    "outflow_90d": "numeric(20, 2)",
    "turnover_90d": "numeric(20, 2)",
    "related_90d": "numeric(20, 2)",
    "back_90d": "numeric(20, 2)",
    "credited_on": "date",
}


class Migration(migrations.Migration):
    dependencies = [("alerts", "0013_daily_observations_are_not_kept_for_ever")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_borrowerday " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()),
            "ALTER TABLE alerts_borrowerday " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
        ),
    ]
