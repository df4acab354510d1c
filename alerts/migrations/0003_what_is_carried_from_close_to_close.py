"""The columns that the observation carries forward from the close before, and the shape of what computed a row."""

from django.db import migrations

COLUMNS = {
    "shape": "integer",
    "recheck_on": "date",
    "restructure_events": "integer",
    "restructured_on": "date",
    "extended_to": "date",
    "demands_missed_12m": "integer",
    "demand_worst_12m": "integer",
    "principal_paid_on": "date",
    "worst_seen_12m": "integer",
    "worst_seen_on": "date",
    "closes_missed_12m": "integer",
    "collateral_value": "numeric(20, 2)",
    "valued_on": "date",
    "led_until": "date",
}


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_observation_tables")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE alerts_loanday " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS.items()),
            "ALTER TABLE alerts_loanday " + ", ".join(f"DROP COLUMN {name}" for name in COLUMNS),
        ),
    ]
