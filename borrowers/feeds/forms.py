"""What people type about feeds: due times, uploads, decisions, formats."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.feeds.models import FeedPlan

MOST_UPLOADED = 5 * 1024 * 1024  # bytes: what is read within the patience of a person; larger files come by the command load_feed
DATE: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class PlanForm(forms.ModelForm):
    """When a feed is due, from a day on."""

    format = forms.ChoiceField(label=gettext_lazy("Feed"))

    class Meta:
        model = FeedPlan
        fields = ["format", "every", "days_after", "by_time", "blocks_close", "contact", "from_on"]
        widgets = {"by_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), "from_on": DATE["widget"]}
        help_texts = {
            "by_time": gettext_lazy("In the lender's time zone. From this minute on a feed that has not come is missing."),
            "days_after": gettext_lazy("0: on the business date itself. 1: on the next calendar day."),
            "blocks_close": gettext_lazy("The close of day waits for it, unless a credit administrator lets the day close without it."),
            "contact": gettext_lazy("Shown with the alarm: the team or the extension of the sender."),
        }

    def __init__(self, *args: Any, feeds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(name, name) for name in feeds]  # type: ignore[attr-defined]


class EndPlanForm(forms.Form):
    to_on = forms.DateField(label=gettext_lazy("First day on which it is not due any more"), **DATE)


class LetCloseForm(forms.Form):
    business_date = forms.DateField(widget=forms.HiddenInput)
    format = forms.CharField(max_length=60, widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("Why the day may close without it"), max_length=200)


class ReasonForm(forms.Form):
    """A decision that needs a reason."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class UploadForm(forms.Form):
    """One file of a feed for one business date."""

    format = forms.ChoiceField(label=gettext_lazy("Feed"))
    business_date = forms.DateField(label=gettext_lazy("Business date"), **DATE)
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=300,
        help_text=gettext_lazy("Up to 5 MB. Larger files are loaded with the command load_feed."),
    )
    control = forms.FileField(
        label=gettext_lazy("Control record"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("The small file with counts and totals, where the sender makes one."),
    )
    back_dated = forms.BooleanField(
        label=gettext_lazy("Back-dated"),
        required=False,
        help_text=gettext_lazy("For a date that had been left out, or one whose day is closed."),
    )

    def __init__(self, *args: Any, feeds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(name, name) for name in feeds]  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile:
        return _small_enough(self.cleaned_data["file"])

    def clean_control(self) -> UploadedFile | None:
        control = self.cleaned_data.get("control")
        return _small_enough(control) if control else None


def _small_enough(file: UploadedFile) -> UploadedFile:
    if (file.size or 0) > MOST_UPLOADED:
        raise forms.ValidationError(_("The file is larger than 5 MB. Load it with the command load_feed, where it lies."))
    return file


class SampleForm(forms.Form):
    """A sample file from which a format is proposed."""

    file = forms.FileField(
        label=gettext_lazy("Sample file"),
        max_length=300,
        help_text=gettext_lazy("A text file with a header line, up to 5 MB. It is read and not stored."),
    )
    name = forms.RegexField(
        label=gettext_lazy("Name of the feed"),
        regex=r"[a-z0-9_]{1,60}",
        help_text=gettext_lazy("Small letters, digits and _: core_positions"),
    )
    currency = forms.RegexField(label=gettext_lazy("Currency"), regex=r"[A-Z]{3}", min_length=3, max_length=3)

    def clean_file(self) -> UploadedFile:
        return _small_enough(self.cleaned_data["file"])
