"""Filters of the task list, and whom a task is given to."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inspections.planning.models import Kind, Task
from inspections.planning.rules import TO_DO
from loanwatch.people.models import Person

VIEWS = ("to_do", "late", "returned", "submitted", "done", "all")
SORTS = {
    "due_on": ("due_on", "id"),
    "-due_on": ("-due_on", "-id"),
    "borrower": ("borrower__name", "id"),
    "-borrower": ("-borrower__name", "id"),
}


class TaskFilters(forms.Form):
    """What the URL of the task list says; a value that makes no sense is as good as none."""

    view = forms.ChoiceField(choices=[(v, v) for v in VIEWS], required=False)
    kind = forms.ChoiceField(choices=Kind.choices, required=False)
    manager = forms.IntegerField(required=False, min_value=0)
    sort = forms.ChoiceField(choices=[(s, s) for s in SORTS], required=False)

    def narrow(self, tasks: QuerySet[Task, Any], on: Any) -> QuerySet[Task, Any]:
        """The tasks that fit, in the order asked for. `manager` 0 means: nobody is assigned."""
        self.is_valid()
        told = getattr(self, "cleaned_data", {})
        if told.get("kind"):
            tasks = tasks.filter(kind=told["kind"])
        if told.get("manager") is not None:
            tasks = tasks.filter(assigned_to=told["manager"] or None)
        return self._of_view(tasks, on).order_by(*SORTS[told.get("sort") or "due_on"])

    @property
    def view_name(self) -> str:
        return getattr(self, "cleaned_data", {}).get("view") or "to_do"

    def _of_view(self, tasks: QuerySet[Task, Any], on: Any) -> QuerySet[Task, Any]:
        if self.view_name == "to_do":
            return tasks.filter(state__in=TO_DO)
        if self.view_name == "late":
            return tasks.filter(state__in=TO_DO, due_on__lt=on)
        return tasks if self.view_name == "all" else tasks.filter(state=self.view_name)


class AssignForm(forms.Form):
    """Whom a task is given to."""

    person = forms.ModelChoiceField(queryset=Person.objects.none(), label=_("Who makes the visit"), empty_label=None)

    def __init__(self, *args: Any, people: QuerySet[Person, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people.order_by("name")  # type: ignore[attr-defined]
