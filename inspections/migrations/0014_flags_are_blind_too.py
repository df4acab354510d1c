"""What the evidence guard noticed is as blind as the report it is about, for plain SQL too; prints are the house's alone.

A flag is not there for the person it concerns, nor for a risk officer who may not read the visit yet. That nobody judges a flag about
himself is asked with the owner's rights, for the judge might not see the flag.
"""

from django.db import migrations

POLICIES = """
ALTER TABLE inspections_flag ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_photoprint ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_reportprint ENABLE ROW LEVEL SECURITY;
CREATE POLICY blind ON inspections_flag USING (
    ((SELECT lw_reader_sees_all()) OR lw_reader_sees_visit(visit_id)) AND person_id::text <> coalesce(current_setting('lw.reader', true), '')
);
CREATE POLICY of_the_house ON inspections_photoprint USING (current_setting('lw.reader', true) = 'house');
CREATE POLICY of_the_house ON inspections_reportprint USING (current_setting('lw.reader', true) = 'house');
ALTER FUNCTION lw_flag_judgement_guard() SECURITY DEFINER;
"""

UNDO = """
ALTER FUNCTION lw_flag_judgement_guard() SECURITY INVOKER;
DROP POLICY of_the_house ON inspections_reportprint;
DROP POLICY of_the_house ON inspections_photoprint;
DROP POLICY blind ON inspections_flag;
ALTER TABLE inspections_reportprint DISABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_photoprint DISABLE ROW LEVEL SECURITY;
ALTER TABLE inspections_flag DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0013_blind_for_plain_sql_too")]
    operations = [migrations.RunSQL(POLICIES, UNDO)]
