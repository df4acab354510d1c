"""Statistics of a day's observation for the columns that are joined, grouped and filtered by: of two hundred others nobody asks."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION lw_analyse_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE day_of text := for_lender || '_' || to_char(for_day, 'YYYYMMDD');
BEGIN
    EXECUTE format('ANALYZE alerts_loanday_l%s (lender_id, as_of, loan_id, borrower_id, bucket, branch_id, product_id, product_kind, manager_id, segment, '
                   'currency, outstanding, days_past_due, dpd_bucket, risk_class)', day_of);
    EXECUTE format('ANALYZE alerts_borrowerday_l%s (lender_id, as_of, borrower_id, bucket, branch_id, manager_id, kind, industry, currency, outstanding, '
                   'days_past_due)', day_of);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0019_alerts_are_handled_in_cases")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
