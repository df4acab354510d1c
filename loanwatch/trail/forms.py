"""Filters of the audit trail, and the reason that an export asks for."""

from django import forms
from django.utils.translation import gettext_lazy as _


class EventFilters(forms.Form):
    """All optional; what is not understood is ignored and shown with its fault."""

    event = forms.CharField(required=False, max_length=60)
    person = forms.CharField(label=_("Person"), required=False, max_length=80)
    subject = forms.CharField(required=False, max_length=40)
    subject_id = forms.CharField(required=False, max_length=40)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ExportForm(EventFilters):
    """An export leaves the house: it says why, and the trail keeps it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
