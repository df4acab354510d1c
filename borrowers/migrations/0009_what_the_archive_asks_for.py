"""To which loans a requirement applies, paper acts one after another, and nothing destroyed while a legal hold stands."""

from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = """
CREATE FUNCTION lw_document_destroy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.destroyed_on IS NOT NULL AND NEW.destroyed_on IS DISTINCT FROM OLD.destroyed_on THEN
        RAISE EXCEPTION 'document % is destroyed and stays so', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.destroyed_on IS NULL AND NEW.destroyed_on IS NOT NULL
       AND EXISTS (SELECT FROM borrowers_legalhold h WHERE h.borrower_id = NEW.borrower_id AND h.lifted_on IS NULL) THEN
        RAISE EXCEPTION 'document % is under a legal hold', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_destroy_guard BEFORE UPDATE ON borrowers_document FOR EACH ROW EXECUTE FUNCTION lw_document_destroy_guard();
CREATE FUNCTION lw_document_delete_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER document_delete_guard BEFORE DELETE ON borrowers_document FOR EACH ROW EXECUTE FUNCTION lw_document_delete_guard();
CREATE TRIGGER legal_hold_delete_guard BEFORE DELETE ON borrowers_legalhold FOR EACH ROW EXECUTE FUNCTION lw_document_delete_guard();
"""
UNGUARD = """
DROP TRIGGER legal_hold_delete_guard ON borrowers_legalhold;
DROP TRIGGER document_delete_guard ON borrowers_document;
DROP FUNCTION lw_document_delete_guard();
DROP TRIGGER document_destroy_guard ON borrowers_document;
DROP FUNCTION lw_document_destroy_guard();
"""
APPLIES_TO = [
    ("all", "every loan"),
    ("person", "loans to persons"),
    ("company", "loans to companies"),
    ("secured", "loans with collateral"),
    ("insurable", "loans with collateral that can burn or be stolen"),
    ("guaranteed", "loans with a guarantee"),
]


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0008_arrears_counted_by_terms")]
    operations = in_one_go([
        migrations.AddField(
            "requireddocument", "applies_to", models.CharField(choices=APPLIES_TO, default="all", max_length=10, verbose_name="applies to")
        ),
        migrations.AddConstraint(
            "requireddocument",
            models.CheckConstraint(condition=models.Q(("within_days__gte", 0)), name="requirement_within_days_not_negative"),
        ),
        migrations.AddField("shelfentry", "seq", models.SmallIntegerField(default=1)),
        migrations.AlterModelOptions("shelfentry", options={"ordering": ["document", "seq"]}),
        migrations.AddConstraint(
            "shelfentry", models.UniqueConstraint(fields=("document", "seq"), name="one_shelf_act_after_another")
        ),
        migrations.AddConstraint(
            "documentversion", models.UniqueConstraint(fields=("document", "sha256"), name="same_bytes_once_per_document")
        ),
        migrations.AddIndex("documentversion", models.Index(fields=["sha256"], name="document_version_by_content")),
        migrations.AddIndex("document", models.Index(fields=["lender", "expires_on"], name="document_by_expiry")),
        migrations.AddIndex("document", models.Index(fields=["loan"], name="document_by_loan")),
        migrations.RunSQL(GUARD, UNGUARD),
    ])
