"""Old daily observations are dropped by a function of the owner, which refuses month-ends and anything recent."""

from django.db import migrations, models
from django.db.models.functions import Now

FUNCTION = """
CREATE FUNCTION lw_drop_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grain text;
    newest date;
    month_end date;
BEGIN
    SELECT max(business_date), max(business_date) FILTER (WHERE date_trunc('month', business_date) = date_trunc('month', for_day))
    INTO newest, month_end FROM trail_businessday WHERE lender_id = for_lender AND state IN ('closed', 'closed_with_exceptions');
    IF month_end IS NULL OR for_day = month_end OR for_day > newest - 31 THEN
        RAISE EXCEPTION 'the observation of % is kept', for_day USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Whoever reads the table now is not kept waiting behind this lock; the next tick tries again.
    PERFORM set_config('lock_timeout', '2s', true);
    FOREACH grain IN ARRAY ARRAY['alerts_loanday', 'alerts_borrowerday'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', format('%s_l%s_%s', grain, for_lender, to_char(for_day, 'YYYYMMDD')));
    END LOOP;
    INSERT INTO alerts_droppedday (lender_id, as_of) VALUES (for_lender, for_day) ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION lw_drop_observation_day(bigint, date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0012_what_is_known_of_a_borrower"), ("lenders", "0005_calendars_and_terms_change_under_four_eyes")]
    operations = [
        migrations.CreateModel(
            name="DroppedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField()),
                ("at", models.DateTimeField(db_default=Now())),
                ("lender", models.ForeignKey(db_constraint=False, on_delete=models.DO_NOTHING, related_name="+", to="lenders.lender")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("lender", "as_of"), name="one_dropped_day")]},
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION lw_drop_observation_day(bigint, date)"),
    ]
