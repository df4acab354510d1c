"""The observation of borrowers, partitioned like that of loans; one owner function makes the day's partitions of both."""

from django.db import migrations

TABLE = """
CREATE TABLE alerts_borrowerday (
    lender_id bigint NOT NULL,
    as_of date NOT NULL,
    borrower_id bigint NOT NULL,
    bucket smallint NOT NULL,
    branch_id bigint NOT NULL,
    manager_id bigint,
    kind varchar(8) NOT NULL,
    segment varchar(8) NOT NULL,
    industry varchar(80) NOT NULL,
    currency varchar(3) NOT NULL,
    loans integer NOT NULL,
    outstanding numeric(20, 2) NOT NULL,
    outstanding_90 numeric(20, 2) NOT NULL,
    days_past_due integer,
    shape integer,
    recheck_on date,
    PRIMARY KEY (lender_id, as_of, borrower_id)
) PARTITION BY LIST (lender_id);
CREATE INDEX borrowerday_by_branch ON alerts_borrowerday (as_of, branch_id);
CREATE INDEX borrowerday_by_borrower ON alerts_borrowerday (borrower_id, as_of);
"""
FUNCTIONS = """
CREATE OR REPLACE FUNCTION lw_make_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grain text;
    lender_table text;
    day_table text;
BEGIN
    -- Two workers that open the same day wait for each other here, not in the middle of an ATTACH.
    PERFORM pg_advisory_xact_lock(hashtextextended(format('alerts_loanday_l%s', for_lender), 0));
    FOREACH grain IN ARRAY ARRAY['alerts_loanday', 'alerts_borrowerday'] LOOP
        lender_table := format('%s_l%s', grain, for_lender);
        day_table := format('%s_%s', lender_table, to_char(for_day, 'YYYYMMDD'));
        IF to_regclass(lender_table) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s) PARTITION BY RANGE (as_of)', lender_table, grain, for_lender);
        END IF;
        IF to_regclass(day_table) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', day_table, grain);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', lender_table, day_table, for_day, for_day + 1);
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION lw_analyse_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE alerts_loanday_l%s_%s', for_lender, to_char(for_day, 'YYYYMMDD'));
    EXECUTE format('ANALYZE alerts_borrowerday_l%s_%s', for_lender, to_char(for_day, 'YYYYMMDD'));
END $$;
"""
# Days that are closed already have rows of loans only; the first night afterwards computes every borrower from the facts.
EXISTING = """
DO $$ DECLARE d record; BEGIN
    FOR d IN SELECT lender_id, business_date FROM trail_businessday WHERE state <> 'due' LOOP
        PERFORM lw_make_observation_day(d.lender_id, d.business_date);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0003_what_is_carried_from_close_to_close"), ("trail", "0003_when_the_scheduler_was_heard")]
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE alerts_borrowerday CASCADE"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
    ]
