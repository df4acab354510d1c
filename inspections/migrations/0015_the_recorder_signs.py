"""The recorder's own signature under a visit, frozen with it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARD = """
CREATE TRIGGER frozen_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_signature FOR EACH ROW EXECUTE FUNCTION lw_visit_content_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("inspections", "0014_flags_are_blind_too")]

    operations = [
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                ("file", models.CharField(blank=True, max_length=120)),
                ("original", models.CharField(blank=True, max_length=120)),
                ("sent_sha256", models.CharField(blank=True, max_length=64)),
                ("signed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "visit",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="signature", to="inspections.visit"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("name", ""), _negated=True), models.Q(("file", ""), _negated=True), _connector="OR"),
                        name="signature_is_typed_or_drawn",
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER frozen_guard ON inspections_signature;"),
    ]
