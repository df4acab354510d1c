"""Why an inspection handed in again has its method: an attempt before had a stricter one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inspections", "0018_what_is_told_elsewhere_is_blind_too")]

    operations = [
        migrations.AlterField(
            "draw",
            "reason",
            models.CharField(
                choices=[
                    ("all", "All of these"),
                    ("drawn", "Drawn by the number"),
                    ("not_drawn", "Not drawn by the number"),
                    ("earlier", "As strictly as an earlier attempt"),
                ],
                max_length=9,
                verbose_name="reason",
            ),
        )
    ]
