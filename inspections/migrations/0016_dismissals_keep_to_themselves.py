"""What was dismissed is asked for downstream alone: the fact of the inspection knows nothing of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inspections", "0015_the_recorder_signs")]

    operations = [
        migrations.AlterField(
            "findingdismissal",
            "visit_finding",
            models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="borrowers.visitfinding"),
        ),
    ]
