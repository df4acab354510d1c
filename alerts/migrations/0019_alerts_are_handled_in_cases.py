"""What people and the day do with an alert beyond closing it, and the cases that gather alerts."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARD = """
CREATE OR REPLACE FUNCTION lw_alert_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'alerts are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- the rule fires again within the reopening window: counted, dated, and as new
    IF OLD.state = 'closed' AND NOT (NEW.state = 'open' AND NEW.reopened = OLD.reopened + 1 AND NEW.reopened_on > OLD.opened_on
                                     AND NEW.opened_on = OLD.opened_on AND NEW.rule_id = OLD.rule_id) THEN
        RAISE EXCEPTION 'alert % is closed and can no longer change', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state <> 'closed' AND NEW.reopened <> OLD.reopened THEN
        RAISE EXCEPTION 'alert % is open and can not be reopened', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
""" + "".join(
    f"CREATE TRIGGER append_only_guard BEFORE UPDATE OR DELETE ON alerts_{name} FOR EACH ROW EXECUTE FUNCTION lw_append_only();\n"
    for name in ("alertescalation", "alertfile", "alertorder", "alertsignal", "caseevent")
)


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0018_versions_are_guarded"),
        ("borrowers", "0017_what_the_night_allocates_anew"),
        ("lenders", "0005_calendars_and_terms_change_under_four_eyes"),
        ("people", "0003_roles_kept_apart"),
    ]

    operations = in_one_go([
        migrations.CreateModel(
            name="AlertEscalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.SmallIntegerField()),
                (
                    "stage",
                    models.SmallIntegerField(
                        choices=[(1, "Account manager reminded"), (2, "Branch head told"), (3, "Credit administration told")],
                        verbose_name="stage",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[("acknowledge", "Not acknowledged in time"), ("handling", "Not handled in time")],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("on", models.DateField(verbose_name="on")),
            ],
            options={
                "ordering": ["alert", "id"],
            },
        ),
        migrations.CreateModel(
            name="AlertFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=200, verbose_name="file")),
                ("sha256", models.CharField(max_length=64)),
                ("stored_sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField(verbose_name="size")),
                ("content_type", models.CharField(max_length=80)),
                ("stored_as", models.CharField(max_length=200, unique=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="AlertOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField(verbose_name="reason")),
                ("from_on", models.DateField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="AlertSignal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("person", "A person"), ("visit", "An inspection"), ("outside", "Outside records")],
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("business", "Business in trouble"),
                            ("owner", "Owner or key person"),
                            ("cash", "Cash and payments"),
                            ("stock", "Stock or orders"),
                            ("collateral", "Collateral"),
                            ("guarantor", "Guarantor or group"),
                            ("purpose", "Use of the money"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("level", models.SmallIntegerField(choices=[(1, "Yellow"), (2, "Orange"), (3, "Red")], verbose_name="level")),
                ("text", models.TextField(verbose_name="what was seen")),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("on", models.DateField(verbose_name="on")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="case number")),
                ("cause", models.CharField(blank=True, max_length=200, verbose_name="cause")),
                ("level", models.SmallIntegerField(choices=[(1, "Yellow"), (2, "Orange"), (3, "Red")], null=True, verbose_name="level")),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=6, verbose_name="state"),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("closed_on", models.DateField(null=True, verbose_name="closed on")),
            ],
            options={
                "ordering": ["-opened_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="CaseAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="CaseEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="on")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("escalated", "Level rose"),
                            ("eased", "Level fell"),
                            ("joined", "Joined a cohort"),
                            ("split", "Left a cohort"),
                            ("noted", "Note"),
                            ("closed", "Closed"),
                        ],
                        max_length=9,
                        verbose_name="kind",
                    ),
                ),
                ("old_level", models.SmallIntegerField(choices=[(1, "Yellow"), (2, "Orange"), (3, "Red")], null=True)),
                ("new_level", models.SmallIntegerField(choices=[(1, "Yellow"), (2, "Orange"), (3, "Red")], null=True)),
                ("text", models.TextField(blank=True, verbose_name="reason")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_has_one_subject",
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="one_open_alert_per_rule_and_branch",
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alert",
            name="assigned_to",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alert",
            name="clear_since",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="episode",
            field=models.SmallIntegerField(db_default=1, default=1, verbose_name="episode"),
        ),
        migrations.AddField(
            model_name="alert",
            name="lower_since",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="previous",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="alert",
            name="raised_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alert",
            name="reopened",
            field=models.SmallIntegerField(db_default=0, default=0, verbose_name="times reopened"),
        ),
        migrations.AddField(
            model_name="alert",
            name="reopened_on",
            field=models.DateField(null=True, verbose_name="reopened on"),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="answer",
            field=models.CharField(
                blank=True,
                choices=[
                    ("reached", "Reached"),
                    ("promised", "Promised to pay"),
                    ("disputes", "Disputes it"),
                    ("refused", "Refused to talk"),
                    ("not_reached", "Not reached"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="outcome of the contact",
            ),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="channel",
            field=models.CharField(
                blank=True,
                choices=[("telephone", "Telephone"), ("visit", "Visit"), ("message", "Message"), ("mail", "E-mail"), ("letter", "Letter")],
                db_default="",
                default="",
                max_length=12,
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="done_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="done_on",
            field=models.DateField(null=True, verbose_name="done on"),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="due_on",
            field=models.DateField(null=True, verbose_name="to be done by"),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="measure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("dunning", "Reminder or dunning"),
                    ("plan", "Repayment plan agreed"),
                    ("documents", "Documents asked for"),
                    ("cover", "More collateral or a guarantor asked for"),
                    ("limit", "Limit cut or payments stopped"),
                    ("restructure", "Extension or restructuring prepared"),
                    ("legal", "Legal steps"),
                    ("watch", "Closer watch"),
                    ("other", "Other"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="measure",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(condition=models.Q(("borrower__isnull", False)), fields=["borrower"], name="alert_by_borrower"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(condition=models.Q(("state", "closed")), fields=["rule", "-closed_on"], name="alert_closed_by_rule"),
        ),
        migrations.AddIndex(
            model_name="alertnote",
            index=models.Index(
                condition=models.Q(("done_on__isnull", True), ("kind", "measure")), fields=["due_on"], name="alert_measure_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("borrower__isnull", False),
                    models.Q(("concerns__isnull", True), ("loan__isnull", True)),
                    models.Q(("loan__isnull", True), ("staff_conduct", True)),
                    _connector="OR",
                ),
                name="alert_has_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("state", "closed"), _negated=True), ("borrower__isnull", False), ("loan__isnull", True)),
                fields=("rule", "borrower"),
                name="one_open_alert_per_rule_and_borrower",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("state", "closed"), _negated=True), ("borrower__isnull", True), ("concerns__isnull", False)),
                fields=("rule", "concerns"),
                name="one_open_alert_per_rule_and_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("state", "closed"), _negated=True), ("borrower__isnull", True), ("concerns__isnull", True)),
                fields=("rule", "branch"),
                name="one_open_alert_per_rule_and_branch",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("previous__isnull", False)), fields=("previous",), name="one_next_episode"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("episode", 1), ("previous__isnull", True)),
                    models.Q(("episode__gt", 1), ("previous__isnull", False)),
                    _connector="OR",
                ),
                name="later_episode_has_one_before",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reopened", 0), ("reopened_on__isnull", True)),
                    models.Q(("reopened__gt", 0), ("reopened_on__isnull", False)),
                    _connector="OR",
                ),
                name="reopened_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "measure"), models.Q(("done_on__isnull", True), ("due_on__isnull", True), ("measure", "")), _connector="OR"
                ),
                name="only_a_measure_is_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "contact"), models.Q(("answer", ""), ("channel", "")), _connector="OR"),
                name="only_a_contact_has_a_channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_by__isnull", True), ("done_on__isnull", True)),
                    models.Q(("done_by__isnull", False), ("done_on__isnull", False)),
                    _connector="OR",
                ),
                name="measure_done_by_somebody",
            ),
        ),
        migrations.AddField(
            model_name="alertescalation",
            name="alert",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="escalations", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="alertfile",
            name="alert",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="files", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="alertfile",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alertorder",
            name="alert",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="alertorder",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="alertorder",
            name="loan",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="borrowers.loan"),
        ),
        migrations.AddField(
            model_name="alertsignal",
            name="alert",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="signals", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="alertsignal",
            name="by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="case",
            name="borrower",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="borrowers.borrower"),
        ),
        migrations.AddField(
            model_name="case",
            name="branch",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.branch"),
        ),
        migrations.AddField(
            model_name="case",
            name="closed_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="case",
            name="cohort",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="members", to="alerts.case"),
        ),
        migrations.AddField(
            model_name="case",
            name="lender",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender"),
        ),
        migrations.AddField(
            model_name="case",
            name="made_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="casealert",
            name="alert",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="in_cases", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="casealert",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="gathered", to="alerts.case"),
        ),
        migrations.AddField(
            model_name="caseevent",
            name="alert",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="alerts.alert"),
        ),
        migrations.AddField(
            model_name="caseevent",
            name="by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
        ),
        migrations.AddField(
            model_name="caseevent",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="events", to="alerts.case"),
        ),
        migrations.AddField(
            model_name="caseevent",
            name="other",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="alerts.case"),
        ),
        migrations.AddIndex(
            model_name="alertescalation",
            index=models.Index(fields=["on"], name="escalation_by_day"),
        ),
        migrations.AddConstraint(
            model_name="alertescalation",
            constraint=models.UniqueConstraint(fields=("alert", "round", "stage"), name="one_escalation_per_stage"),
        ),
        migrations.AddConstraint(
            model_name="alertfile",
            constraint=models.UniqueConstraint(fields=("alert", "sha256"), name="same_file_once_per_alert"),
        ),
        migrations.AddIndex(
            model_name="alertorder",
            index=models.Index(fields=["loan"], name="alert_order_by_loan"),
        ),
        migrations.AddConstraint(
            model_name="alertorder",
            constraint=models.UniqueConstraint(fields=("alert", "loan"), name="one_order_per_alert_and_loan"),
        ),
        migrations.AddConstraint(
            model_name="alertsignal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True), fields=("source", "reference"), name="a_fact_raises_one_signal"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsignal",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("source", "person"), _negated=True), ("by__isnull", False), _connector="OR"),
                name="somebody_raised_the_signal",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("state", "open")), fields=["lender", "-level"], name="case_worklist"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=models.Q(("cohort__isnull", False)), fields=["cohort"], name="case_by_cohort"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["borrower"], name="case_by_borrower"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("borrower__isnull", False), ("state", "open")), fields=("borrower",), name="one_open_case_per_borrower"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("borrower__isnull", False), ("cause", "")),
                    models.Q(
                        ("borrower__isnull", True),
                        ("cohort__isnull", True),
                        ("made_by__isnull", False),
                        models.Q(("cause", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="case_of_a_borrower_or_a_cohort",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("cohort", models.F("id")), _negated=True), name="cohort_is_not_in_itself"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_by__isnull", True), ("closed_on__isnull", True), ("state", "open")),
                    models.Q(("closed_on__isnull", False), ("state", "closed")),
                    _connector="OR",
                ),
                name="case_closed_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="casealert",
            constraint=models.UniqueConstraint(condition=models.Q(("to_on__isnull", True)), fields=("alert",), name="alert_in_one_case"),
        ),
        migrations.AddConstraint(
            model_name="casealert",
            constraint=models.UniqueConstraint(fields=("case", "alert"), name="alert_once_in_a_case"),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(fields=["on", "kind"], name="case_event_by_day"),
        ),
        migrations.AddConstraint(
            model_name="caseevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["opened", "escalated", "eased"])),
                fields=("case", "on", "kind"),
                name="one_level_event_per_case_and_day",
            ),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ])
