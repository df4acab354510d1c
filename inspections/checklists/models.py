"""Inspection forms: templates in versions, their sections and checkpoints."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.loans.models import Loan
from inspections.planning.models import Kind
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Person

__all__ = ["Checkpoint", "Section", "Template"]


class Template(models.Model):
    """An inspection form of a lender, in one version. A visit keeps the version it was made with.

    With `loan` it is no form of its own but the conditions of that loan's approval, which its visits ask in addition.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("inspection form", "Draft")
        PROPOSED = "proposed", pgettext_lazy("inspection form", "Proposed")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    class Security(models.TextChoices):
        GUARANTEE = "guarantee", _("Guaranteed, without a pledge")
        STOCK = "stock", _("Pledged stock")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    code = models.CharField(_("code"), max_length=30)
    version = models.SmallIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    product_kind = models.CharField(_("product"), max_length=20, choices=Product.Kind.choices, blank=True)  # empty: any
    security = models.CharField(_("security"), max_length=10, choices=Security.choices, blank=True)  # empty: any
    name = models.JSONField(_("name"))  # language -> text
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", null=True)
    shipped = models.BooleanField(default=False)  # came with the software; live without a second person
    change_note = models.CharField(_("what changes and why"), max_length=300, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)  # the last one who wrote in the draft
    made_at = models.DateTimeField(db_default=Now())
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    valid_from = models.DateField(_("valid from"), null=True)
    retired_on = models.DateField(_("retired on"), null=True)
    return_reason = models.CharField(_("why it was returned"), max_length=300, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "code", "version"], name="one_template_per_version"),
            models.UniqueConstraint(
                fields=["lender", "kind", "product_kind", "security"],
                condition=Q(state="live", loan__isnull=True),
                name="one_live_template_per_use",
            ),
            models.UniqueConstraint(
                fields=["lender", "code"], condition=Q(state__in=["draft", "proposed"]), name="one_open_template_version_per_code"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed"])
                | Q(shipped=True)
                | Q(loan__isnull=False)
                | (Q(made_by__isnull=False, approved_by__isnull=False, approved_at__isnull=False) & ~Q(made_by=F("approved_by"))),
                name="template_is_approved_by_another",
                violation_error_message=_("The person who wrote an inspection form can't approve it."),
            ),
        ]
        indexes = [models.Index(fields=["loan", "-version"], condition=Q(loan__isnull=False), name="conditions_of_loan")]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Section(models.Model):
    """A part of a template, one screen on the phone."""

    template = models.ForeignKey(Template, models.PROTECT, related_name="sections")
    position = models.SmallIntegerField()
    title = models.JSONField()  # language -> text

    class Meta:
        ordering = ["template", "position"]
        constraints = [
            models.UniqueConstraint(fields=["template", "position"], name="one_section_per_position", deferrable=models.Deferrable.DEFERRED)
        ]


class Checkpoint(models.Model):
    """One question of a template."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("Choice")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Amount")
        PERCENT = "percent", _("Percent")
        DATE = "date", _("Date")
        TEXT = "text", _("Text")
        PHOTO = "photo", _("Photo")
        DOCUMENT = "document", _("Document")
        POSITION = "position", _("Position")
        SIGNATURE = "signature", _("Signature")
        ITEMS = "items", _("Counted items")

    section = models.ForeignKey(Section, models.PROTECT, related_name="checkpoints")
    position = models.SmallIntegerField()
    code = models.CharField(_("code"), max_length=40)
    kind = models.CharField(_("answer"), max_length=10, choices=Kind.choices)
    label = models.JSONField()  # language -> text
    hint = models.JSONField(default=dict)
    required = models.BooleanField(_("mandatory"), default=True)
    options = models.JSONField(default=list)  # of a choice: [{"value": …, "label": {language: text}}]
    columns = models.JSONField(default=list)  # of counted items: [{"code", "label": {language: text}, "kind": text, number or money}]
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    fails_when = models.JSONField(default=list)  # answers that fail the point; a failing answer needs a note
    shown_when = models.JSONField(default=dict)  # {"code": another point, "in": [answers]} or with "from", "to"; empty: always
    evidence = models.JSONField(default=list)  # what an answer asks for in addition; see rules.needs
    score = models.JSONField(default=dict)  # {"weight": n, "full": [answers] or {"from", "to"}, "half": the same}; empty: none
    prefill = models.CharField(_("filled in with"), max_length=40, blank=True)  # "last", "fact:<name>"; empty: nothing
    signal = models.JSONField(default=dict)  # language -> what a failing answer says about the loan
    tolerance = models.SmallIntegerField(_("tolerance, %"), default=10)  # percent within which two figures are the same
    material = models.SmallIntegerField(_("material from, %"), null=True)  # percent beyond which they differ materially; null: 3 × tolerance
    key_point = models.BooleanField(_("key point"), default=False)  # always shown when two views are compared
    at_desk = models.BooleanField(_("judged at the desk"), default=False)  # from the files: the verifier must answer it

    class Meta:
        ordering = ["section", "position"]
        constraints = [models.UniqueConstraint(fields=["section", "code"], name="one_checkpoint_per_code")]

    def __str__(self) -> str:
        return self.code
