"""Inspection tasks in the API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from inspections.planning.models import Kind, Task
from inspections.planning.queries import with_names
from loanwatch.people.api import DetailView, ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route


class TaskSerializer(serializers.ModelSerializer):
    """One inspection task. People are named by staff number; `loan` is empty for those who may not see loans."""

    number = serializers.CharField(read_only=True)
    loan = serializers.SerializerMethodField()
    borrower = serializers.SlugRelatedField("number", read_only=True)
    branch = serializers.SlugRelatedField("code", read_only=True)
    alert = serializers.SlugRelatedField("number", read_only=True, allow_null=True)
    assigned_to = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)

    class Meta:
        model = Task
        fields = [
            "id",
            "number",
            "kind",
            "state",
            "loan",
            "borrower",
            "branch",
            "alert",
            "opened_on",
            "due_on",
            "assigned_to",
            "submitted_on",
            "closed_on",
        ]
        read_only_fields = fields

    def get_loan(self, task: Task) -> str:
        return task.loan.number if self.context["view"].access.may(Act.LOAN_SEE) else ""


class TaskFilters(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    state = django_filters.ChoiceFilter(choices=Task.State.choices)
    branch = django_filters.CharFilter(field_name="branch__code", help_text="Code of the branch, not its subtree.")
    loan = django_filters.CharFilter(field_name="loan__number", help_text="Loan number.")
    assigned_to = django_filters.CharFilter(field_name="assigned_to__staff_no", help_text="Staff number.")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Task
        fields: list[str] = []


class TaskRows:
    serializer_class: Any = TaskSerializer
    queryset = Task.objects.none()  # for the schema; the rows come from get_queryset

    def get_queryset(self) -> QuerySet[Task]:
        return with_names(Task.objects.visible_to(self.access))


class TaskList(TaskRows, ListView):
    """Inspection tasks you may see, the one due first on top."""

    filterset_class = TaskFilters
    ordering_names = {"due_on": "due_on", "opened_on": "opened_on"}
    ordering = ["due_on"]


class TaskDetail(TaskRows, DetailView):
    """One inspection task."""

    lookup_field = "pk"


urlpatterns = [
    route("tasks/", TaskList.as_view(), name="tasks", get=Act.TASK_SEE),
    route("tasks/<int:pk>/", TaskDetail.as_view(), name="task", get=Act.TASK_SEE),
]
