"""How a borrower may be reached, what borrowers do not want, and the versions of what they are told."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0004_borrowers_are_observed"),
        ("borrowers", "0015_facts_for_every_indicator"),
        ("lenders", "0005_calendars_and_terms_change_under_four_eyes"),
        ("people", "0003_roles_kept_apart"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[("sms", "Text message"), ("email", "E-mail"), ("messenger", "Messenger")],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("to_on", models.DateField(blank=True, null=True, verbose_name="until")),
                ("told_by", models.CharField(max_length=120, verbose_name="told by")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="borrowers.borrower"
                    ),
                ),
                ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
            ],
            options={
                "ordering": ["-from_on", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("to_on__isnull", True), ("to_on__gte", models.F("from_on")), _connector="OR"),
                        name="preference_ends_after_it_begins",
                    ),
                    models.CheckConstraint(condition=models.Q(("told_by", ""), _negated=True), name="preference_was_told_by_somebody"),
                    models.UniqueConstraint(
                        condition=models.Q(("to_on__isnull", True)), fields=("borrower", "channel"), name="one_open_preference"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactWay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")],
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("sms", "Text message"), ("email", "E-mail"), ("messenger", "Messenger")],
                        default="sms",
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address or number")),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "borrower",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="borrowers.borrower"),
                ),
                ("changed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("channel", "sms"), models.Q(("address", ""), _negated=True), _connector="OR"),
                        name="way_has_an_address",
                        violation_error_message="Say where.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReminderText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("soon", "Before the due date"),
                            ("due", "On the due date"),
                            ("overdue", "After the due date"),
                            ("digest", "Daily notice to staff"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("zh-hans", "简体中文"), ("ko", "한국어")], max_length=10, verbose_name="language"
                    ),
                ),
                ("version", models.SmallIntegerField(verbose_name="version")),
                ("headline", models.CharField(max_length=120, verbose_name="subject line")),
                ("body", models.TextField(max_length=1000, verbose_name="text")),
                ("valid_from", models.DateField(verbose_name="in force from")),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
            ],
            options={
                "ordering": ["kind", "language", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("lender", "kind", "language", "version"), name="one_text_per_version"),
                    models.CheckConstraint(condition=models.Q(("version__gte", 2)), name="version_one_is_shipped"),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("body", ""), _negated=True), models.Q(("reason", ""), _negated=True)),
                        name="text_says_something_and_why",
                    ),
                ],
            },
        ),
    ]
