"""Every fact that is revised by a further row, and every entry of a log, is written once: the triggers say so to the owner too."""

from django.db import migrations

TABLES = (
    "correction", "guarantee", "pledge", "valuation", "countingpause", "covenanttest", "covenantwaiver", "borroweridentifier", "relatedparty",
    "groupmembership", "keycustomertier", "financialstatement", "externalsignal", "disbursementpayment", "accounttransaction", "insurance",
    "registration", "seizure", "documentversion", "shelfentry",
)  # fmt: skip
FACTS = (
    "borrower", "loan", "position", "instalment", "repayment", "loanevent", "guarantee", "custody", "checkduty", "collateralitem", "pledge",
    "valuation", "priceindex", "facility", "countingpause", "covenant", "covenanttest", "covenantwaiver", "borroweridentifier", "relatedparty",
    "customergroup", "groupmembership", "keycustomertier", "financialstatement", "externalsignal", "disbursementpayment", "depositaccount",
    "accounttransaction", "insurance", "registration", "seizure", "correction",
)  # fmt: skip
ANALYSE = f"""
CREATE OR REPLACE FUNCTION lw_analyse_facts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE {", ".join(f"borrowers_{fact}" for fact in FACTS)};
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0005_every_fact_of_the_trade")]
    operations = [
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON borrowers_{table} FOR EACH ROW EXECUTE FUNCTION lw_append_only()",
                f"DROP TRIGGER append_only_guard ON borrowers_{table}",
            )
            for table in TABLES
        ),
        migrations.RunSQL(ANALYSE, migrations.RunSQL.noop),
    ]
