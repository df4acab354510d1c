"""A worker that has loaded many facts may have their statistics refreshed: without them the same night's plans are wrong."""

from django.db import migrations

FACTS = (
    "borrower", "loan", "position", "instalment", "repayment", "loanevent", "guarantee", "custody", "checkduty", "collateralitem", "pledge",
    "valuation", "priceindex",
)  # fmt: skip
FUNCTION = f"""
CREATE FUNCTION lw_analyse_facts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE {", ".join(f"borrowers_{fact}" for fact in FACTS)};
END $$;
REVOKE ALL ON FUNCTION lw_analyse_facts() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0003_what_a_delivery_left_out")]
    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION lw_analyse_facts()")]
