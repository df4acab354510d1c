"""A legal hold keeps the papers of an item for everybody whose loan it secures; what a destroyed document told of people goes with it."""

from django.db import migrations

HOLD = """
CREATE OR REPLACE FUNCTION lw_document_destroy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.destroyed_on IS NOT NULL AND NEW.destroyed_on IS DISTINCT FROM OLD.destroyed_on THEN
        RAISE EXCEPTION 'document % is destroyed and stays so', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.destroyed_on IS NULL AND NEW.destroyed_on IS NOT NULL
       AND EXISTS (SELECT FROM borrowers_legalhold h WHERE h.lifted_on IS NULL AND (h.borrower_id = NEW.borrower_id OR h.borrower_id IN (
           SELECT l.borrower_id FROM borrowers_pledge p JOIN borrowers_loan l ON l.id = p.loan_id
           WHERE p.item_id = NEW.item_id AND NOT p.withdrawn AND NOT EXISTS (
               SELECT FROM borrowers_pledge later WHERE later.loan_id = p.loan_id AND later.item_id = p.item_id
               AND later.valid_from = p.valid_from AND later.revision > p.revision)))) THEN
        RAISE EXCEPTION 'document % is under a legal hold', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
HOLD_BEFORE = """
CREATE OR REPLACE FUNCTION lw_document_destroy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
# A version is written once; the end of its document alone takes away what it told of people: where a picture was taken, by
# which camera, and what the file was called. As the owner's function it may, although the log-ins of web and worker may not.
FORGET = """
CREATE FUNCTION lw_document_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.evidence = '{}'::jsonb AND NEW.filename = ''
           AND to_jsonb(NEW) - 'evidence' - 'filename' = to_jsonb(OLD) - 'evidence' - 'filename'
           AND EXISTS (SELECT FROM borrowers_document d WHERE d.id = OLD.document_id AND d.destroyed_on IS NOT NULL) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
DROP TRIGGER append_only_guard ON borrowers_documentversion;
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_documentversion
    FOR EACH ROW EXECUTE FUNCTION lw_document_version_guard();
CREATE FUNCTION lw_document_forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE borrowers_documentversion SET evidence = '{}', filename = '' WHERE document_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER document_forget AFTER UPDATE OF destroyed_on ON borrowers_document
    FOR EACH ROW WHEN (OLD.destroyed_on IS NULL AND NEW.destroyed_on IS NOT NULL) EXECUTE FUNCTION lw_document_forget();
UPDATE borrowers_documentversion v SET evidence = '{}', filename = ''
    FROM borrowers_document d WHERE d.id = v.document_id AND d.destroyed_on IS NOT NULL;
UPDATE borrowers_document SET title = '' WHERE destroyed_on IS NOT NULL;
"""
REMEMBER = """
DROP TRIGGER document_forget ON borrowers_document;
DROP FUNCTION lw_document_forget();
DROP TRIGGER append_only_guard ON borrowers_documentversion;
CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_documentversion FOR EACH ROW EXECUTE FUNCTION lw_append_only();
DROP FUNCTION lw_document_version_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0011_since_when_a_correction_is_so")]
    operations = [migrations.RunSQL(HOLD, HOLD_BEFORE), migrations.RunSQL(FORGET, REMEMBER)]
