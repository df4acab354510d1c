"""What a risk officer finds on an own visit is read by nobody else before the inspection it verifies is decided, in plain SQL too."""

from django.db import migrations

KEPT = """
CREATE INDEX task_own_visit ON inspections_task (id) WHERE kind = 'verify' AND state <> 'done';

CREATE FUNCTION lw_kept_own_visits() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT v.id FROM inspections_task t JOIN inspections_visit v ON v.task_id = t.id
    WHERE t.kind = 'verify' AND t.state <> 'done' AND current_setting('lw.reader', true) IS DISTINCT FROM 'house'
      AND v.recorded_by_id::text IS DISTINCT FROM current_setting('lw.reader', true)
    UNION ALL
    SELECT c.own_visit_id FROM inspections_visit v JOIN inspections_verification c ON c.visit_id = v.id
    WHERE v.state = 'submitted' AND c.own_visit_id IS NOT NULL AND current_setting('lw.reader', true) IS DISTINCT FROM 'house'
      AND c.officer_id::text IS DISTINCT FROM current_setting('lw.reader', true)
$$;

-- Restrictive: they stand beside whatever else lets a reader see these rows.
CREATE POLICY own_visit_kept ON inspections_visitwords AS RESTRICTIVE USING (visit_id NOT IN (SELECT k FROM lw_kept_own_visits() k));
CREATE POLICY own_visit_kept ON inspections_answer AS RESTRICTIVE USING (visit_id NOT IN (SELECT k FROM lw_kept_own_visits() k));
CREATE POLICY own_visit_kept ON inspections_photo AS RESTRICTIVE USING (visit_id NOT IN (SELECT k FROM lw_kept_own_visits() k));
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0016_dismissals_keep_to_themselves")]
    operations = [migrations.RunSQL(KEPT, migrations.RunSQL.noop)]
