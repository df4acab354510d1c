"""A lending system gets a key that asks for holds and can do nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_roles_kept_apart")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(
                choices=[("all", "Everything you may do"), ("holds", "Ask whether a borrower is blocked, nothing else")],
                db_default="all",
                default="all",
                max_length=5,
                verbose_name="may",
            ),
        ),
    ]
