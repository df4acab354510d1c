"""Alerts in the API."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from alerts.signals.models import Alert, AlertEvidence, Level
from loanwatch.people.api import DetailView, ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

LEVELS = {level.name.lower(): level.value for level in Level}
WORDS = {value: name for name, value in LEVELS.items()}


class EvidenceSerializer(serializers.ModelSerializer):
    """Why an alert stood at a level: values and thresholds as they were at that close."""

    level = serializers.SerializerMethodField()
    rule_version = serializers.IntegerField(source="rule_version.version", read_only=True)
    values = serializers.DictField(read_only=True)
    thresholds = serializers.JSONField(read_only=True)

    class Meta:
        model = AlertEvidence
        fields = ["as_of", "level", "rule_version", "values", "thresholds"]
        read_only_fields = fields

    def get_level(self, evidence: AlertEvidence) -> str:
        return WORDS[evidence.level]


class AlertSerializer(serializers.ModelSerializer):
    """One alert. `level` is red, orange or yellow; people are named by staff number; `exposure` is decimal text in `currency`."""

    rule = serializers.SlugRelatedField("code", read_only=True)
    rule_name = serializers.CharField(source="rule.name", read_only=True)
    level = serializers.SerializerMethodField()
    loan = serializers.SlugRelatedField("number", read_only=True, allow_null=True)
    borrower = serializers.SlugRelatedField("number", read_only=True, allow_null=True)
    branch = serializers.SlugRelatedField("code", read_only=True)
    handler = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)
    submitted_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)
    closed_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)

    class Meta:
        model = Alert
        fields = [
            "number", "rule", "rule_name", "level", "state", "loan", "borrower", "branch", "opened_on", "due_on", "cleared_on", "closed_on",
            "outcome", "exposure", "currency", "handler", "submitted_by", "closed_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_level(self, alert: Alert) -> str:
        return WORDS[alert.level]


class AlertDetailSerializer(AlertSerializer):
    """An alert with all its evidence, oldest first."""

    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta(AlertSerializer.Meta):
        fields = [*AlertSerializer.Meta.fields, "evidence"]
        read_only_fields = fields


class AlertFilters(django_filters.FilterSet):
    open = django_filters.BooleanFilter(method="only_open", help_text="Whether the alert is not closed yet.")
    state = django_filters.ChoiceFilter(choices=Alert.State.choices)
    level = django_filters.ChoiceFilter(choices=[(name, name) for name in LEVELS], method="of_level")
    rule = django_filters.CharFilter(field_name="rule__code", help_text="Rule code.")
    branch = django_filters.CharFilter(field_name="branch__code", help_text="Code of the branch, not its subtree.")
    loan = django_filters.CharFilter(field_name="loan__number", help_text="Loan number.")
    borrower = django_filters.CharFilter(field_name="borrower__number", help_text="Borrower number.")
    opened_from = django_filters.DateFilter(field_name="opened_on", lookup_expr="gte")
    opened_to = django_filters.DateFilter(field_name="opened_on", lookup_expr="lte")
    due_to = django_filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Alert
        fields: list[str] = []

    def only_open(self, alerts: QuerySet[Alert], name: str, value: bool) -> QuerySet[Alert]:
        return alerts.exclude(state=Alert.State.CLOSED) if value else alerts.filter(state=Alert.State.CLOSED)

    def of_level(self, alerts: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        return alerts.filter(level=LEVELS[value])


class AlertRows:
    serializer_class: Any = AlertSerializer
    queryset = Alert.objects.none()  # for the schema; the rows come from get_queryset

    def get_queryset(self) -> QuerySet[Alert]:
        seen = Alert.objects.visible_to(self.access)
        return seen.select_related("rule", "loan", "borrower", "branch", "handler", "submitted_by", "closed_by")


class AlertList(AlertRows, ListView):
    """Alerts you may see, the most severe first; never one on your own conduct."""

    filterset_class = AlertFilters
    ordering_names = {"level": "level", "due_on": "due_on", "opened_on": "opened_on", "number": "number"}
    ordering = ["-level", "due_on"]


class AlertDetail(AlertRows, DetailView):
    """One alert by number, with its frozen evidence."""

    serializer_class = AlertDetailSerializer

    def get_queryset(self) -> QuerySet[Alert]:
        return super().get_queryset().prefetch_related(Prefetch("evidence", AlertEvidence.objects.select_related("rule_version")))


urlpatterns = [
    route("alerts/", AlertList.as_view(), name="alerts", get=Act.ALERT_SEE),
    route("alerts/<str:number>/", AlertDetail.as_view(), name="alert", get=Act.ALERT_SEE),
]
