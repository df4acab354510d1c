"""The form of a webhook source."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from borrowers.feeds.shapes import told_kinds


class SourceForm(forms.Form):
    name = forms.SlugField(
        label=_("Name"), max_length=40, help_text=_("Small letters, digits and hyphens; it becomes part of the address.")
    )
    facts = forms.MultipleChoiceField(label=_("Facts it may tell"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["facts"]
        chosen.choices = [(kind.name, kind.model._meta.verbose_name) for kind in told_kinds()]
