"""Outsourced visits: agencies, what was agreed with them, the orders they get, and what is owed for what they deliver."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inspections.planning.models import Kind, Task
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person, Role

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Agency", "Agent", "Contract", "Fee", "Order", "OrderedVisit", "PhoneLink"]

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 2}


class Agency(models.Model):
    """A firm that makes visits for the lender and delivers material. `Person.agency` of its people holds its name."""

    class State(models.TextChoices):
        WORKING = "working", _("Takes orders")
        SUSPENDED = "suspended", _("Suspended")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=80)
    contact = models.CharField(_("contact"), max_length=80, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WORKING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it is suspended
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(fields=["lender", "code"], name="one_agency_per_code"),
            models.UniqueConstraint(fields=["lender", "name"], name="one_agency_per_name"),
            models.CheckConstraint(condition=~Q(state="suspended") | ~Q(reason=""), name="suspended_for_a_reason"),
        ]

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """A person of an agency, from a day to a day. Whoever `leads` answers orders and shares them out."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="agents")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    leads = models.BooleanField(_("answers orders for the agency"), default=False)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["agency", "person"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(to_on__isnull=True), name="one_agency_per_person"),
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="agent_ends_after_beginning"),
        ]


class Contract(models.Model):
    """What was agreed with an agency: times, fees, what lateness costs. In force once another person has agreed to it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("In force")
        ENDED = "ended", _("Ended")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="contracts")
    number = models.CharField(_("contract number"), max_length=40)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"))
    currency = models.CharField(_("currency"), max_length=3)
    accept_days = models.SmallIntegerField(_("days to accept an order"))
    deliver_days = models.SmallIntegerField(_("days to deliver after the order"))
    most_open = models.SmallIntegerField(_("most visits open at one time"))
    late_percent = models.SmallIntegerField(_("percent taken off the fee of a late visit"), default=0)
    free_reworks = models.SmallIntegerField(_("returns of one visit before its fee is halved"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PROPOSED)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["agency", "-from_on"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "number"], name="one_contract_per_number"),
            models.CheckConstraint(condition=Q(to_on__gt=F("from_on")), name="contract_ends_after_beginning"),
            models.CheckConstraint(
                condition=Q(accept_days__gte=0, deliver_days__gte=1, most_open__gte=1, late_percent__range=(0, 100), free_reworks__gte=0),
                name="contract_figures_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", approved_by__isnull=True) | (~Q(state="proposed") & ~Q(approved_by=F("made_by"))),
                name="contract_is_agreed_to_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Fee(models.Model):
    """What one visit of a kind costs under a contract, in the contract's currency."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="fees")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    amount = models.DecimalField(_("fee"), **MONEY)

    class Meta:
        ordering = ["contract", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "kind"], name="one_fee_per_kind"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="fee_is_not_negative"),
        ]


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, access: "Access") -> "OrderQuerySet":
        """Orders for branches this person answers for; a field agent's own agency's."""
        reach = Q(branch_id__in=access.subtree(Role.BRANCH_HEAD, Role.RISK_OFFICER, Role.CREDIT_ADMIN, Role.AUDITOR))
        if access.has(Role.FIELD_AGENT) and access.person:
            own = Agent.objects.filter(person=access.person, from_on__lte=access.on).filter(Q(to_on__isnull=True) | Q(to_on__gt=access.on))
            reach |= Q(agency_id__in=own.values("agency_id"))
        return self.filter(reach)


class Order(models.Model):
    """A batch of visits asked of an agency."""

    class State(models.TextChoices):
        SENT = "sent", _("Waiting for the agency")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="orders")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    note = models.CharField(_("note to the agency"), max_length=300, blank=True)
    ordered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ordered_on = models.DateField(_("ordered on"))
    accept_by = models.DateField(_("to be accepted by"))
    deliver_by = models.DateField(_("to be delivered by"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.SENT)
    answered_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    answered_on = models.DateField(_("answered on"), null=True)
    answer = models.CharField(_("answer"), max_length=300, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(accept_by__gte=F("ordered_on"), deliver_by__gte=F("ordered_on")), name="order_leaves_time"),
            models.CheckConstraint(
                condition=Q(state="sent", answered_by__isnull=True) | (~Q(state="sent") & Q(answered_by__isnull=False, answered_on__isnull=False)),
                name="answered_order_names_who",
            ),
            models.CheckConstraint(condition=~Q(state="declined") | ~Q(answer=""), name="declined_for_a_reason"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it: AO-26-000012."""
        return f"AO-{self.ordered_on:%y}-{self.pk:06d}"


class OrderedVisit(models.Model):
    """One visit of an order: who of the agency makes it, how the bank took what was delivered, what is owed."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the agency")
        TAKEN = "taken", _("With the agency")
        DROPPED = "dropped", _("Declined or withdrawn")
        ACCEPTED = "accepted", _("Accepted by the bank")
        REJECTED = "rejected", _("Rejected by the bank")

    order = models.ForeignKey(Order, models.PROTECT, related_name="visits")
    task = models.ForeignKey(Task, models.PROTECT, related_name="+")
    agent = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    fee = models.DecimalField(_("fee"), **MONEY)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    quality = models.SmallIntegerField(_("quality"), null=True)  # 1 poor to 5 excellent
    note = models.CharField(_("words to the agency"), max_length=400, blank=True)
    reviewed_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    reviewed_on = models.DateField(_("reviewed on"), null=True)
    late_days = models.SmallIntegerField(_("days late"), null=True)
    reworks = models.SmallIntegerField(_("returns"), null=True)
    owed = models.DecimalField(_("owed"), null=True, **MONEY)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(state__in=["asked", "taken"]), name="one_order_per_task"),
            models.CheckConstraint(condition=Q(fee__gte=0) & (Q(owed__isnull=True) | Q(owed__gte=0, owed__lte=F("fee"))), name="owed_within_the_fee"),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["accepted", "rejected"], reviewed_by__isnull=False, reviewed_on__isnull=False, quality__range=(1, 5), owed__isnull=False)
                    | (~Q(state__in=["accepted", "rejected"]) & Q(reviewed_by__isnull=True, owed__isnull=True))
                ),
                name="reviewed_visit_is_complete",
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(note=""), name="rejected_for_a_reason"),
            models.CheckConstraint(condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("agent")), name="reviewer_is_not_the_agent"),
        ]
        indexes = [models.Index(fields=["state", "agent"], name="ordered_visit_of_agent")]


class PhoneLink(models.Model):
    """A link that logs one agent in on one phone, once. Only its digest is kept."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, hexadecimal
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(person=F("made_by")), name="nobody_makes_their_own_link")]
