"""A message that is tried again late at night waits for the morning."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_loans_set_aside_and_days_run_again")]
    operations = [
        migrations.AddField("outboxmessage", "hour_from", models.SmallIntegerField(null=True)),
        migrations.AddField("outboxmessage", "hour_to", models.SmallIntegerField(null=True)),
        migrations.AddConstraint(
            "outboxmessage",
            models.CheckConstraint(
                condition=Q(hour_from__isnull=True, hour_to__isnull=True) | Q(hour_from__range=(0, 23), hour_to__range=(0, 24)), name="hours_of_a_day"
            ),
        ),
    ]
