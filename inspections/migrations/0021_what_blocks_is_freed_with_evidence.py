"""A finding that blocks a borrower is put right with evidence, or a sentence why there is none, and freed with words."""

from django.db import migrations, models

EVIDENCE = """
CREATE FUNCTION lw_finding_evidence() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'remedied' AND NOT EXISTS (
        SELECT FROM (SELECT n.id, n.no_files FROM inspections_findingnote n WHERE n.finding_id = NEW.id AND n.kind = 'remedy' ORDER BY n.id DESC LIMIT 1) last
        WHERE last.no_files <> '' OR EXISTS (SELECT FROM inspections_findingfile f WHERE f.note_id = last.id)) THEN
        RAISE EXCEPTION 'finding % blocks a borrower: its remedy shows evidence, or says why there is none', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'verified' AND NOT EXISTS (
        SELECT FROM inspections_findingnote n WHERE n.finding_id = NEW.id AND n.kind = 'verified' AND n.by_id = NEW.verified_by_id AND n.text <> '') THEN
        RAISE EXCEPTION 'finding % blocks a borrower: whoever frees it says what was seen', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER finding_shows_evidence AFTER UPDATE OF state ON inspections_finding FOR EACH ROW
    WHEN (NEW.blocks <> '{}' AND NEW.state <> OLD.state AND NEW.state IN ('remedied', 'verified')) EXECUTE FUNCTION lw_finding_evidence();
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0020_a_check_follows_its_draw")]

    operations = [
        migrations.AddField("findingnote", "no_files", models.TextField(blank=True, db_default="", default="")),
        migrations.RunSQL(EVIDENCE, "DROP TRIGGER finding_shows_evidence ON inspections_finding; DROP FUNCTION lw_finding_evidence();"),
    ]
