"""What repeats a report, and what another officer thinks of it, is as blind as the report; and the role is asked for in its table and day.

A phone's manifest and files, the recorder's signature and the facts of conduct that hang on a visit follow the visit. Another officer's
check, its results, its questions and a settlement follow the check. Guards that count the checks of others read with the owner's rights.
Where no limit is named for a currency two officers verify.
"""

from django.db import migrations

READERS = """
CREATE FUNCTION lw_reader() RETURNS bigint LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN current_setting('lw.reader', true) ~ '^[0-9]{1,18}$' THEN current_setting('lw.reader', true)::bigint ELSE -1 END
$$;

-- Another officer's check: before it holds a view there is nothing in it. Once the reader has decided, or enough others have (then they
-- differ, and a third person is asked), it is no secret any more that and how they did.
CREATE FUNCTION lw_reader_sees_check(asked bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id
        WHERE c.id = asked AND (
            c.officer_id = lw_reader() OR c.own_recorded_at IS NULL OR v.state <> 'submitted'
            OR EXISTS (SELECT 1 FROM inspections_verification o WHERE o.visit_id = v.id AND o.officer_id = lw_reader() AND o.decision <> '')
            OR (SELECT count(*) FROM inspections_verification o WHERE o.visit_id = v.id AND o.decision <> '') >= lw_decisions_needed(v)))
$$;

CREATE FUNCTION lw_reader_is_asked(asked bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM inspections_verification c JOIN inspections_visit v ON v.id = c.visit_id
                   WHERE c.id = asked AND v.recorded_by_id = lw_reader())
$$;

CREATE FUNCTION lw_reader_sees_subject(subject text) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN subject ~ '^visit:[0-9]{1,18}$' THEN lw_reader_sees_visit(substr(subject, 7)::bigint) ELSE true END
$$;
"""

POLICIES = """
ALTER TABLE inspections_sending ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_sentfile ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_signature ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_verification ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_pointresult ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_explanation ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_settlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE borrowers_conductfact ENABLE ROW LEVEL SECURITY;
CREATE POLICY blind ON inspections_sending USING (
    (SELECT lw_reader_sees_all()) OR person_id = (SELECT lw_reader()) OR (visit_id IS NOT NULL AND lw_reader_sees_visit(visit_id)));
CREATE POLICY blind ON inspections_sentfile USING (
    (SELECT lw_reader_sees_all()) OR EXISTS (SELECT 1 FROM inspections_sending s WHERE s.id = sending_id));
CREATE POLICY blind ON inspections_signature USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_visit(visit_id));
-- A new row is the officer's own: while it is written the functions can't find it yet.
CREATE POLICY blind ON inspections_verification USING (
    (SELECT lw_reader_sees_all()) OR officer_id = (SELECT lw_reader()) OR lw_reader_sees_check(id));
CREATE POLICY blind ON inspections_pointresult USING ((SELECT lw_reader_sees_all()) OR lw_reader_sees_check(verification_id));
CREATE POLICY blind ON inspections_explanation USING (
    (SELECT lw_reader_sees_all()) OR lw_reader_sees_check(verification_id)
    OR lw_reader_is_asked(verification_id));
CREATE POLICY blind ON inspections_settlement USING (
    (SELECT lw_reader_sees_all()) OR person_id = (SELECT lw_reader())
    OR EXISTS (SELECT 1 FROM inspections_visit v WHERE v.id = visit_id AND v.state <> 'submitted'));
CREATE POLICY blind ON borrowers_conductfact USING (
    (SELECT lw_reader_sees_all()) OR person_id = (SELECT lw_reader()) OR lw_reader_sees_subject(subject));
"""

RIGHTS = """
ALTER FUNCTION lw_visit_guard() SECURITY DEFINER;
ALTER FUNCTION lw_verification_guard() SECURITY DEFINER;
ALTER FUNCTION lw_settlement_guard() SECURITY DEFINER;
ALTER FUNCTION lw_point_result_guard() SECURITY DEFINER;
ALTER FUNCTION lw_explanation_guard() SECURITY DEFINER;
"""

NEEDED = """
CREATE OR REPLACE FUNCTION lw_decisions_needed(visit inspections_visit) RETURNS integer LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN l.principal <= (lw_parameter(visit.lender_id, 'four_eyes.two_above', visit.submitted_on) ->> l.currency)::numeric THEN 1 ELSE 2 END
    FROM borrowers_loan l WHERE l.id = visit.loan_id
$$;
"""

ROLE = """
CREATE FUNCTION lw_role_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who bigint := CASE TG_TABLE_NAME WHEN 'inspections_settlement' THEN (to_jsonb(NEW) ->> 'person_id')::bigint ELSE (to_jsonb(NEW) ->> 'officer_id')::bigint END;
    at timestamptz := CASE TG_TABLE_NAME WHEN 'inspections_settlement' THEN (to_jsonb(NEW) ->> 'settled_at')::timestamptz
                      ELSE coalesce((to_jsonb(NEW) ->> 'decided_at')::timestamptz, (to_jsonb(NEW) ->> 'opened_at')::timestamptz) END;
    day date;
BEGIN
    SELECT greatest(at, v.submitted_at)::date INTO day FROM inspections_visit v WHERE v.id = NEW.visit_id;
    -- A day wide on both sides: the lender's calendar day is not the server's.
    IF NOT EXISTS (
        SELECT 1 FROM people_roleheld h JOIN inspections_visit v ON v.id = NEW.visit_id JOIN borrowers_loan l ON l.id = v.loan_id
        WHERE h.person_id = who AND (h.role = 'risk_officer' OR (h.role = 'credit_admin' AND TG_TABLE_NAME = 'inspections_settlement'))
          AND h.from_on <= day + 1 AND (h.to_on IS NULL OR h.to_on > day - 1)
          AND (h.branch_id IS NULL OR EXISTS (
               SELECT 1 FROM people_branchreach r WHERE r.ancestor_id = h.branch_id AND r.descendant_id IN (v.branch_id, l.branch_id)
               AND r.from_on <= day + 1 AND (r.to_on IS NULL OR r.to_on > day - 1)))) THEN
        RAISE EXCEPTION 'person % holds no role on that day by which inspection % is decided', who, NEW.visit_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'officer_holds_the_role';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_guard BEFORE INSERT OR UPDATE ON inspections_verification FOR EACH ROW EXECUTE FUNCTION lw_role_guard();
CREATE TRIGGER role_guard BEFORE INSERT ON inspections_settlement FOR EACH ROW EXECUTE FUNCTION lw_role_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("borrowers", "0018_what_inspections_found"),
        ("inspections", "0017_an_own_visit_stays_with_its_officer"),
        ("people", "0003_roles_kept_apart"),
    ]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (READERS, POLICIES, RIGHTS, NEEDED, ROLE)]
