"""Inspections in the API. A risk officer who has not recorded the own view gets the frame of a visit, not what it says."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inspections.planning.models import Kind
from inspections.visits.models import Visit
from inspections.visits.queries import checkpoints_of, said_of, with_readability
from loanwatch.people.api import DetailView, ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

BLIND = ("visited_on", "conclusion", "summary", "content_hash", "distance")


class VisitSerializer(serializers.ModelSerializer):
    """One record of an inspection. Where `readable` is false, what it says is null."""

    task = serializers.CharField(source="task.number", read_only=True)
    kind = serializers.CharField(source="task.kind", read_only=True)
    loan = serializers.SerializerMethodField()
    template = serializers.CharField(read_only=True)
    recorded_by = serializers.SlugRelatedField("staff_no", read_only=True)
    verified_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)
    readable = serializers.BooleanField(read_only=True)

    class Meta:
        model = Visit
        fields = [
            "id",
            "task",
            "kind",
            "attempt",
            "state",
            "loan",
            "template",
            "recorded_by",
            "submitted_at",
            "verified_by",
            "verified_at",
            "readable",
            *BLIND,
        ]
        read_only_fields = fields

    def get_loan(self, visit: Visit) -> str:
        return visit.loan.number if self.context["view"].access.may(Act.LOAN_SEE) else ""

    def to_representation(self, visit: Visit) -> dict[str, Any]:
        shown = super().to_representation(visit)
        return shown if visit.readable else shown | dict.fromkeys(BLIND)


class AnswerSerializer(serializers.Serializer):
    """What was answered to one checkpoint; figures are decimal text."""

    code = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    photos = serializers.IntegerField()


class VisitDetailSerializer(VisitSerializer):
    """A visit with its answers in the order of the form; no answers where it may not be read yet."""

    answers = serializers.SerializerMethodField()

    class Meta(VisitSerializer.Meta):
        fields = [*VisitSerializer.Meta.fields, "answers"]
        read_only_fields = fields

    @extend_schema_field(AnswerSerializer(many=True))
    def get_answers(self, visit: Visit) -> list[dict[str, Any]]:
        if not visit.readable:
            return []
        said = said_of(visit)
        rows = [(c.code, said[c.code]) for c in checkpoints_of(visit.template_id, visit.conditions_id) if c.code in said]
        return list(
            AnswerSerializer([{"code": code, "value": s.value, "note": s.note, "photos": s.photos} for code, s in rows], many=True).data
        )


class VisitFilters(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(field_name="task__kind", choices=Kind.choices)
    state = django_filters.ChoiceFilter(choices=Visit.State.choices)
    loan = django_filters.CharFilter(field_name="loan__number", help_text="Loan number.")
    recorded_by = django_filters.CharFilter(field_name="recorded_by__staff_no", help_text="Staff number.")

    class Meta:
        model = Visit
        fields: list[str] = []


class VisitRows:
    serializer_class: Any = VisitSerializer
    queryset = Visit.objects.none()  # for the schema; the rows come from get_queryset

    def get_queryset(self) -> QuerySet[Visit]:
        access = self.access
        seen = Visit.objects.visible_to(access).exclude(state=Visit.State.DRAFT)
        return with_readability(seen, access).select_related("task", "loan", "template", "recorded_by", "verified_by", "words")


class VisitList(VisitRows, ListView):
    """Submitted inspections you may see, the newest first."""

    filterset_class = VisitFilters
    ordering_names = {"submitted_at": "submitted_at"}
    ordering = ["-submitted_at"]


class VisitDetail(VisitRows, DetailView):
    """One inspection with its answers."""

    serializer_class = VisitDetailSerializer
    lookup_field = "pk"


urlpatterns = [
    route("inspections/", VisitList.as_view(), name="inspections", get=Act.VISIT_SEE),
    route("inspections/<int:pk>/", VisitDetail.as_view(), name="inspection", get=Act.VISIT_SEE),
]
