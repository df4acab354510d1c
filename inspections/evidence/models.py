"""What the evidence guard noticed about a visit, what a risk officer said of it, and the prints by which it compares."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspections.visits.models import Photo, Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Branch, Person

if TYPE_CHECKING:
    from loanwatch.people.access import Access

__all__ = ["Examination", "Flag", "FlagJudgement", "PhotoPrint", "ReportPrint"]


class Examination(models.Model):
    """That a submitted visit was examined, once, and with which thresholds. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="examination")
    examined_on = models.DateField()  # in the lender's calendar
    examined_at = models.DateTimeField(db_default=Now())
    thresholds = models.JSONField(default=dict)  # key of the parameter -> its value on that day

    class Meta:
        ordering = ["-id"]


class FlagQuerySet(models.QuerySet["Flag"]):
    def visible_to(self, access: "Access") -> "FlagQuerySet":
        """Flags on visits whose content this person may read; never those about the person."""
        seen = self.filter(visit__in=Visit.objects.readable_by(access).values("pk"))
        return seen.exclude(person=access.person) if access.person else seen

    def judged(self) -> "FlagQuerySet":
        """Adds `state`: open, explained or stands, as it was said last."""
        last = FlagJudgement.objects.filter(flag=OuterRef("pk")).order_by("-pk").values("verdict")[:1]
        return self.annotate(state=Coalesce(Subquery(last), models.Value("open")))


class Flag(models.Model):
    """Something about a visit that should be looked at. No accusation: it says what was measured, and a person says what became of it."""

    class Kind(models.TextChoices):
        SAME_PICTURE = "same_picture", _("Picture seen before")
        PICTURE_TIME = "picture_time", _("Picture of another time")
        PICTURE_PLACE = "picture_place", _("Picture of another place")
        ROUTE = "route", _("Route nobody travels")
        POSITION = "position", _("Position in doubt")
        CLOCK = "clock", _("Clock in doubt")
        SAME_WORDS = "same_words", _("Words of another report")
        ACCOUNT = "account", _("Contradicts the account data")
        LAST_VISIT = "last_visit", _("Contradicts the last visit")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="flags")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")  # who recorded the visit
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    kind = models.CharField(pgettext_lazy("of a flag", "kind"), max_length=13, choices=Kind.choices)
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+", null=True)
    other_photo = models.ForeignKey(Photo, models.PROTECT, related_name="+", null=True)
    other_visit = models.ForeignKey(Visit, models.PROTECT, related_name="+", null=True)
    figure = models.DecimalField(_("figure"), max_digits=20, decimal_places=4, null=True)  # in the unit of its reason
    code = models.CharField(max_length=20)  # of the reason: see inspections.evidence.reasons
    point = models.CharField(max_length=40, blank=True)  # code of the checkpoint, where it is about one
    reason = models.JSONField(default=dict)  # figures and words that the sentence takes, by name
    noticed_on = models.DateField(_("noticed on"))
    noticed_at = models.DateTimeField(db_default=Now())

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "code", "photo", "other_photo", "other_visit", "point"], name="one_flag_per_reason", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(other_visit__isnull=True) | ~Q(other_visit=F("visit")) | Q(code="same_in_visit"), name="flag_compares_two_visits"
            ),
            models.CheckConstraint(condition=Q(other_photo__isnull=True) | Q(photo__isnull=False), name="flag_compares_two_photos"),
        ]
        indexes = [
            models.Index(fields=["lender", "-id"], name="flag_of_lender"),
            models.Index(fields=["person", "-id"], name="flag_of_person"),
            models.Index(fields=["branch", "-id"], name="flag_of_branch"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} / {self.visit_id}"


class FlagJudgement(models.Model):
    """What a risk officer said became of a flag. The last one counts; none is ever changed."""

    class Verdict(models.TextChoices):
        EXPLAINED = "explained", _("Explained")
        STANDS = "stands", pgettext_lazy("a flag", "Stands")

    flag = models.ForeignKey(Flag, models.PROTECT, related_name="judgements")
    verdict = models.CharField(_("judgement"), max_length=9, choices=Verdict.choices)
    words = models.TextField(_("reason"))
    judged_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    judged_on = models.DateField()
    judged_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["flag", "-id"]
        constraints = [models.CheckConstraint(condition=Q(words__regex=r"\S"), name="judgement_has_words")]


class PhotoPrint(models.Model):
    """By what a photo is found again: words of its corners and of the whole, and a small grey copy to confirm with. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="print")
    words = ArrayField(models.IntegerField())
    grey = models.BinaryField()  # 8-bit grey WebP or JPEG, longest side `pictures.SIDE`
    plain = models.BooleanField(default=False)  # a wall, a dark room: nothing in it tells it from another

    class Meta:
        indexes = [GinIndex(fields=["words"], name="photo_print_words", fastupdate=False)]


class ReportPrint(models.Model):
    """By what the words of a report are found again: all its shingles, and bands of their least hashes. Append-only."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="+")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="report_print")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    shingles = ArrayField(models.BigIntegerField())
    bands = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            models.Index(fields=["person", "visit"], name="report_print_of_person"),
            GinIndex(fields=["shingles"], name="report_print_shingles", fastupdate=False),
            GinIndex(fields=["bands"], name="report_print_bands", fastupdate=False),
        ]
