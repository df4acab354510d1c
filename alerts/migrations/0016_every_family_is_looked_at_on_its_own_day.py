"""A recheck date for each family of indicators instead of one for the row.

The column is made anew rather than turned: no partition is rewritten, and the first close after a release computes all rows
afresh, because their shape is another one.
"""

from django.db import migrations

TABLES = ("alerts_loanday", "alerts_borrowerday")


def _as(kind: str) -> str:
    return "; ".join(f"ALTER TABLE {table} DROP COLUMN recheck_on; ALTER TABLE {table} ADD COLUMN recheck_on {kind}" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("alerts", "0015_masking_of_a_loan")]
    operations = [migrations.RunSQL(_as("date[]"), _as("date"))]
