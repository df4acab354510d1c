"""The partitioned observation table, and the owner functions that make its partitions ahead.

Workers own nothing, so they can't make a partition themselves; and `CREATE TABLE … PARTITION OF` would wait behind every
open read, while making a table and attaching it does not.
"""

from django.db import migrations

TABLE = """
CREATE TABLE alerts_loanday (
    lender_id bigint NOT NULL,
    as_of date NOT NULL,
    loan_id bigint NOT NULL,
    borrower_id bigint NOT NULL,
    bucket smallint NOT NULL,
    branch_id bigint NOT NULL,
    product_id bigint NOT NULL,
    manager_id bigint,
    currency varchar(3) NOT NULL,
    product_code varchar(30) NOT NULL,
    product_kind varchar(20) NOT NULL,
    segment varchar(8) NOT NULL,
    principal numeric(20, 2) NOT NULL,
    rate numeric(9, 6),
    outstanding numeric(20, 2) NOT NULL,
    overdue_principal numeric(20, 2),
    overdue_interest numeric(20, 2),
    days_past_due integer,
    delivered_days_past_due integer,
    interest_days_past_due integer,
    principal_days_past_due integer,
    dpd_bucket smallint NOT NULL,
    days_to_maturity integer,
    months_on_book integer,
    instalments_missed_12m integer,
    worst_dpd_12m integer,
    late_payments_6m integer,
    lateness_slope_6 numeric(12, 4),
    lateness_rising_3 boolean,
    lateness_last integer,
    part_payment_share_6m numeric(9, 6),
    restructured boolean NOT NULL,
    restructures integer NOT NULL,
    relapse_days integer,
    extensions_24m integer NOT NULL,
    edge_extensions_24m integer NOT NULL,
    months_no_principal integer,
    rollovers integer NOT NULL,
    collateral_items smallint NOT NULL,
    ltv numeric(14, 6),
    ltv_agreed numeric(9, 6),
    value_change numeric(14, 6),
    valuation_age_days integer,
    valuation_allowed_days integer,
    guarantors smallint NOT NULL,
    guarantor_dpd integer,
    circle_length smallint NOT NULL,
    circle_share numeric(14, 6),
    circle_worst_dpd integer,
    inspection_overdue_days integer,
    inputs_missing smallint NOT NULL,
    inputs_missing_days integer NOT NULL,
    handover_gap_days integer,
    risk_class varchar(16) NOT NULL,
    PRIMARY KEY (lender_id, as_of, loan_id)
) PARTITION BY LIST (lender_id);
CREATE INDEX loanday_by_branch ON alerts_loanday (as_of, branch_id);
CREATE INDEX loanday_by_bucket ON alerts_loanday (lender_id, as_of, bucket);
CREATE INDEX loanday_by_loan ON alerts_loanday (loan_id, as_of);
"""

FUNCTIONS = """
CREATE FUNCTION lw_make_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lender_table text := format('alerts_loanday_l%s', for_lender);
    day_table text := format('alerts_loanday_l%s_%s', for_lender, to_char(for_day, 'YYYYMMDD'));
BEGIN
    -- Two workers that open the same day wait for each other here, not in the middle of an ATTACH.
    PERFORM pg_advisory_xact_lock(hashtextextended(lender_table, 0));
    IF to_regclass(lender_table) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF alerts_loanday FOR VALUES IN (%s) PARTITION BY RANGE (as_of)', lender_table, for_lender);
    END IF;
    IF to_regclass(day_table) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE alerts_loanday INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', day_table);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', lender_table, day_table, for_day, for_day + 1);
    END IF;
END $$;
REVOKE ALL ON FUNCTION lw_make_observation_day(bigint, date) FROM PUBLIC;

CREATE FUNCTION lw_analyse_observation_day(for_lender bigint, for_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE alerts_loanday_l%s_%s', for_lender, to_char(for_day, 'YYYYMMDD'));
END $$;
REVOKE ALL ON FUNCTION lw_analyse_observation_day(bigint, date) FROM PUBLIC;
"""

EVIDENCE = """
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON alerts_alertevidence FOR EACH ROW EXECUTE FUNCTION lw_append_only();
CREATE FUNCTION lw_alert_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'alerts are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'closed' THEN
        RAISE EXCEPTION 'alert % is closed and can no longer change', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_guard BEFORE UPDATE OR DELETE ON alerts_alert FOR EACH ROW EXECUTE FUNCTION lw_alert_stays_closed();
"""


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_initial"), ("lenders", "0002_guard_functions")]
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE alerts_loanday CASCADE"),
        migrations.RunSQL(
            FUNCTIONS, "DROP FUNCTION lw_make_observation_day(bigint, date); DROP FUNCTION lw_analyse_observation_day(bigint, date);"
        ),
        migrations.RunSQL(EVIDENCE, "DROP TRIGGER closed_guard ON alerts_alert; DROP FUNCTION lw_alert_stays_closed(); DROP TRIGGER append_only_guard ON alerts_alertevidence"),
    ]
