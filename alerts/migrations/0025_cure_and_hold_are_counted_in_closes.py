"""Say of cure and hold what is counted: closes, after the first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0024_a_version_begins_as_its_writers_draft")]

    operations = [
        migrations.AlterField(
            model_name="ruleversion",
            name="cure_days",
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name="closes that stay clear after the first before it is cleared"),
        ),
        migrations.AlterField(
            model_name="ruleversion",
            name="hold_days",
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name="closes that stay lower after the first before a level falls"),
        ),
    ]
