"""Agencies, contracts, orders, links for the phone; what is agreed or reviewed is frozen by the database."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from loanwatch.kernel.migrating import in_one_go

GUARDS = """
CREATE FUNCTION lw_contract_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(OLD) - ARRAY['state', 'approved_by_id'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['state', 'approved_by_id']
       OR (OLD.approved_by_id IS NOT NULL AND OLD.approved_by_id IS DISTINCT FROM NEW.approved_by_id)
       OR (OLD.state, NEW.state) NOT IN (('proposed', 'proposed'), ('proposed', 'agreed'), ('agreed', 'agreed'), ('agreed', 'ended'), ('ended', 'ended')) THEN
        RAISE EXCEPTION 'contract % is frozen: make a new one', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_guard BEFORE UPDATE OR DELETE ON inspections_contract FOR EACH ROW EXECUTE FUNCTION lw_contract_guard();

CREATE FUNCTION lw_fee_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' OR (SELECT state FROM inspections_contract WHERE id = NEW.contract_id FOR SHARE) IS DISTINCT FROM 'proposed' THEN
        RAISE EXCEPTION 'the fees of an agreed contract never change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fee_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_fee FOR EACH ROW EXECUTE FUNCTION lw_fee_guard();

CREATE FUNCTION lw_ordered_visit_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    reviewer_agency text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'ordered visits are never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' THEN
            RAISE EXCEPTION 'an ordered visit begins by being asked for' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state IN ('dropped', 'accepted', 'rejected') OR (OLD.id, OLD.order_id, OLD.task_id, OLD.fee, OLD.currency)
        IS DISTINCT FROM (NEW.id, NEW.order_id, NEW.task_id, NEW.fee, NEW.currency) THEN
        RAISE EXCEPTION 'ordered visit % is frozen', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state IN ('accepted', 'rejected') THEN
        SELECT agency INTO reviewer_agency FROM people_person WHERE id = NEW.reviewed_by_id;
        IF reviewer_agency <> '' OR OLD.state <> 'taken' THEN
            RAISE EXCEPTION 'what an agency delivered is reviewed by somebody of the bank' USING ERRCODE = 'check_violation', CONSTRAINT = 'reviewer_is_of_the_bank';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ordered_visit_guard BEFORE INSERT OR UPDATE OR DELETE ON inspections_orderedvisit FOR EACH ROW EXECUTE FUNCTION lw_ordered_visit_guard();

CREATE FUNCTION lw_phone_link_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.used_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(OLD) - ARRAY['used_at', 'withdrawn_at'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['used_at', 'withdrawn_at'] THEN
        RAISE EXCEPTION 'a link is used once and never changed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER phone_link_guard BEFORE UPDATE OR DELETE ON inspections_phonelink FOR EACH ROW EXECUTE FUNCTION lw_phone_link_guard();
"""
DROP = """
DROP TRIGGER contract_guard ON inspections_contract; DROP FUNCTION lw_contract_guard();
DROP TRIGGER fee_guard ON inspections_fee; DROP FUNCTION lw_fee_guard();
DROP TRIGGER ordered_visit_guard ON inspections_orderedvisit; DROP FUNCTION lw_ordered_visit_guard();
DROP TRIGGER phone_link_guard ON inspections_phonelink; DROP FUNCTION lw_phone_link_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0011_a_third_person_on_a_split"),
        ("lenders", "0005_calendars_and_terms_change_under_four_eyes"),
        ("people", "0003_roles_kept_apart"),
    ]

    operations = in_one_go(
        [
            migrations.CreateModel(
                name="Agency",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.SlugField(max_length=20, verbose_name="code")),
                    ("name", models.CharField(max_length=80, verbose_name="name")),
                    ("contact", models.CharField(blank=True, max_length=80, verbose_name="contact")),
                    ("phone", models.CharField(blank=True, max_length=40, verbose_name="telephone")),
                    ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                    (
                        "state",
                        models.CharField(
                            choices=[("working", "Takes orders"), ("suspended", "Suspended")],
                            default="working",
                            max_length=9,
                            verbose_name="state",
                        ),
                    ),
                    ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                    ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ],
                options={
                    "verbose_name_plural": "agencies",
                    "ordering": ["name"],
                },
            ),
            migrations.CreateModel(
                name="Agent",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("leads", models.BooleanField(default=False, verbose_name="answers orders for the agency")),
                    ("from_on", models.DateField(verbose_name="from")),
                    ("to_on", models.DateField(blank=True, null=True, verbose_name="until")),
                    (
                        "agency",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="agents", to="inspections.agency"),
                    ),
                    ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ],
                options={
                    "ordering": ["agency", "person"],
                },
            ),
            migrations.CreateModel(
                name="Contract",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("number", models.CharField(max_length=40, verbose_name="contract number")),
                    ("from_on", models.DateField(verbose_name="from")),
                    ("to_on", models.DateField(verbose_name="until")),
                    ("currency", models.CharField(max_length=3, verbose_name="currency")),
                    ("accept_days", models.SmallIntegerField(verbose_name="days to accept an order")),
                    ("deliver_days", models.SmallIntegerField(verbose_name="days to deliver after the order")),
                    ("most_open", models.SmallIntegerField(verbose_name="most visits open at one time")),
                    ("late_percent", models.SmallIntegerField(default=0, verbose_name="percent taken off the fee of a late visit")),
                    ("free_reworks", models.SmallIntegerField(default=1, verbose_name="returns of one visit before its fee is halved")),
                    (
                        "state",
                        models.CharField(
                            choices=[("proposed", "Proposed"), ("agreed", "In force"), ("ended", "Ended")],
                            default="proposed",
                            max_length=8,
                            verbose_name="state",
                        ),
                    ),
                    (
                        "agency",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contracts", to="inspections.agency"),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
                    ),
                    ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ],
                options={
                    "ordering": ["agency", "-from_on"],
                },
            ),
            migrations.CreateModel(
                name="Fee",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("first", "First check after disbursement"),
                                ("routine", "Routine inspection"),
                                ("special", "Special inspection"),
                                ("maturity", "Inspection before maturity"),
                                ("verify", "Verification visit"),
                                ("off_site", "Off-site check by data"),
                            ],
                            max_length=10,
                            verbose_name="kind",
                        ),
                    ),
                    ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="fee")),
                    (
                        "contract",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="fees", to="inspections.contract"),
                    ),
                ],
                options={
                    "ordering": ["contract", "kind"],
                },
            ),
            migrations.CreateModel(
                name="Order",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("note", models.CharField(blank=True, max_length=300, verbose_name="note to the agency")),
                    ("ordered_on", models.DateField(verbose_name="ordered on")),
                    ("accept_by", models.DateField(verbose_name="to be accepted by")),
                    ("deliver_by", models.DateField(verbose_name="to be delivered by")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("sent", "Waiting for the agency"),
                                ("accepted", "Accepted"),
                                ("declined", "Declined"),
                                ("withdrawn", "Withdrawn"),
                            ],
                            default="sent",
                            max_length=9,
                            verbose_name="state",
                        ),
                    ),
                    ("answered_on", models.DateField(null=True, verbose_name="answered on")),
                    ("answer", models.CharField(blank=True, max_length=300, verbose_name="answer")),
                    (
                        "agency",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="inspections.agency"),
                    ),
                    (
                        "answered_by",
                        models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
                    ),
                    ("branch", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.branch")),
                    (
                        "contract",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.contract"),
                    ),
                    ("lender", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lenders.lender")),
                    ("ordered_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ],
                options={
                    "ordering": ["-id"],
                },
            ),
            migrations.CreateModel(
                name="OrderedVisit",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("fee", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="fee")),
                    ("currency", models.CharField(max_length=3, verbose_name="currency")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("asked", "Waiting for the agency"),
                                ("taken", "With the agency"),
                                ("dropped", "Declined or withdrawn"),
                                ("accepted", "Accepted by the bank"),
                                ("rejected", "Rejected by the bank"),
                            ],
                            default="asked",
                            max_length=8,
                            verbose_name="state",
                        ),
                    ),
                    ("quality", models.SmallIntegerField(null=True, verbose_name="quality")),
                    ("note", models.CharField(blank=True, max_length=400, verbose_name="words to the agency")),
                    ("reviewed_on", models.DateField(null=True, verbose_name="reviewed on")),
                    ("late_days", models.SmallIntegerField(null=True, verbose_name="days late")),
                    ("reworks", models.SmallIntegerField(null=True, verbose_name="returns")),
                    ("owed", models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="owed")),
                    (
                        "agent",
                        models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
                    ),
                    (
                        "order",
                        models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="inspections.order"),
                    ),
                    (
                        "reviewed_by",
                        models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"),
                    ),
                    ("task", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inspections.task")),
                ],
                options={
                    "ordering": ["order", "id"],
                },
            ),
            migrations.CreateModel(
                name="PhoneLink",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("valid_until", models.DateTimeField()),
                    ("used_at", models.DateTimeField(null=True)),
                    ("withdrawn_at", models.DateTimeField(null=True)),
                    ("made_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                    ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ],
                options={
                    "ordering": ["-id"],
                },
            ),
            migrations.AddConstraint(
                model_name="agency",
                constraint=models.UniqueConstraint(fields=("lender", "code"), name="one_agency_per_code"),
            ),
            migrations.AddConstraint(
                model_name="agency",
                constraint=models.UniqueConstraint(fields=("lender", "name"), name="one_agency_per_name"),
            ),
            migrations.AddConstraint(
                model_name="agency",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "suspended"), _negated=True), models.Q(("reason", ""), _negated=True), _connector="OR"
                    ),
                    name="suspended_for_a_reason",
                ),
            ),
            migrations.AddConstraint(
                model_name="agent",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("to_on__isnull", True)), fields=("person",), name="one_agency_per_person"
                ),
            ),
            migrations.AddConstraint(
                model_name="agent",
                constraint=models.CheckConstraint(
                    condition=models.Q(("to_on__isnull", True), ("to_on__gte", models.F("from_on")), _connector="OR"),
                    name="agent_ends_after_beginning",
                ),
            ),
            migrations.AddConstraint(
                model_name="contract",
                constraint=models.UniqueConstraint(fields=("agency", "number"), name="one_contract_per_number"),
            ),
            migrations.AddConstraint(
                model_name="contract",
                constraint=models.CheckConstraint(
                    condition=models.Q(("to_on__gt", models.F("from_on"))), name="contract_ends_after_beginning"
                ),
            ),
            migrations.AddConstraint(
                model_name="contract",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("accept_days__gte", 0),
                        ("deliver_days__gte", 1),
                        ("free_reworks__gte", 0),
                        ("late_percent__range", (0, 100)),
                        ("most_open__gte", 1),
                    ),
                    name="contract_figures_make_sense",
                ),
            ),
            migrations.AddConstraint(
                model_name="contract",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("approved_by__isnull", True), ("state", "proposed")),
                        models.Q(
                            models.Q(("state", "proposed"), _negated=True), models.Q(("approved_by", models.F("made_by")), _negated=True)
                        ),
                        _connector="OR",
                    ),
                    name="contract_is_agreed_to_by_another",
                ),
            ),
            migrations.AddConstraint(
                model_name="fee",
                constraint=models.UniqueConstraint(fields=("contract", "kind"), name="one_fee_per_kind"),
            ),
            migrations.AddConstraint(
                model_name="fee",
                constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="fee_is_not_negative"),
            ),
            migrations.AddConstraint(
                model_name="order",
                constraint=models.CheckConstraint(
                    condition=models.Q(("accept_by__gte", models.F("ordered_on")), ("deliver_by__gte", models.F("ordered_on"))),
                    name="order_leaves_time",
                ),
            ),
            migrations.AddConstraint(
                model_name="order",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("answered_by__isnull", True), ("state", "sent")),
                        models.Q(
                            models.Q(("state", "sent"), _negated=True), ("answered_by__isnull", False), ("answered_on__isnull", False)
                        ),
                        _connector="OR",
                    ),
                    name="answered_order_names_who",
                ),
            ),
            migrations.AddConstraint(
                model_name="order",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "declined"), _negated=True), models.Q(("answer", ""), _negated=True), _connector="OR"
                    ),
                    name="declined_for_a_reason",
                ),
            ),
            migrations.AddIndex(
                model_name="orderedvisit",
                index=models.Index(fields=["state", "agent"], name="ordered_visit_of_agent"),
            ),
            migrations.AddConstraint(
                model_name="orderedvisit",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("state__in", ["asked", "taken"])), fields=("task",), name="one_order_per_task"
                ),
            ),
            migrations.AddConstraint(
                model_name="orderedvisit",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("fee__gte", 0),
                        models.Q(("owed__isnull", True), models.Q(("owed__gte", 0), ("owed__lte", models.F("fee"))), _connector="OR"),
                    ),
                    name="owed_within_the_fee",
                ),
            ),
            migrations.AddConstraint(
                model_name="orderedvisit",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("owed__isnull", False),
                            ("quality__range", (1, 5)),
                            ("reviewed_by__isnull", False),
                            ("reviewed_on__isnull", False),
                            ("state__in", ["accepted", "rejected"]),
                        ),
                        models.Q(
                            models.Q(("state__in", ["accepted", "rejected"]), _negated=True),
                            ("owed__isnull", True),
                            ("reviewed_by__isnull", True),
                        ),
                        _connector="OR",
                    ),
                    name="reviewed_visit_is_complete",
                ),
            ),
            migrations.AddConstraint(
                model_name="orderedvisit",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "rejected"), _negated=True), models.Q(("note", ""), _negated=True), _connector="OR"
                    ),
                    name="rejected_for_a_reason",
                ),
            ),
            migrations.AddConstraint(
                model_name="orderedvisit",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("reviewed_by__isnull", True), models.Q(("reviewed_by", models.F("agent")), _negated=True), _connector="OR"
                    ),
                    name="reviewer_is_not_the_agent",
                ),
            ),
            migrations.AddConstraint(
                model_name="phonelink",
                constraint=models.CheckConstraint(
                    condition=models.Q(("person", models.F("made_by")), _negated=True), name="nobody_makes_their_own_link"
                ),
            ),
            migrations.RunSQL(GUARDS, DROP),
        ]
    )
