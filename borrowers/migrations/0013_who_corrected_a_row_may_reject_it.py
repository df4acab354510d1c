"""A row is released by another person than the one who corrected it; reject it may either."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0012_a_hold_reaches_the_collateral")]

    operations = [
        migrations.RemoveConstraint(model_name="quarantinedrow", name="correction_is_released_by_another_person"),
        migrations.AddConstraint(
            model_name="quarantinedrow",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="released")
                | models.Q(corrected_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(corrected_by=models.F("decided_by")),
                name="correction_is_released_by_another_person",
                violation_error_message="The person who corrected a row can't release it.",
            ),
        ),
    ]
