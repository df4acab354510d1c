"""Warning rules in the API: reading only; they are written, checked and approved on their pages."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from alerts.observation.queries import lender_of
from alerts.rulebook.models import Rule, RuleVersion
from loanwatch.people.api import DetailView, ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route


class RuleVersionSerializer(serializers.ModelSerializer):
    """One version. `valid_to` is the first day on which it no longer counts; people are named by staff number."""

    handling_days = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    products = serializers.ListField(child=serializers.CharField(), read_only=True)
    segments = serializers.ListField(child=serializers.CharField(), read_only=True)
    branches = serializers.ListField(child=serializers.CharField(), read_only=True)
    made_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)
    checked_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)
    approved_by = serializers.SlugRelatedField("staff_no", read_only=True, allow_null=True)

    class Meta:
        model = RuleVersion
        fields = [
            "version", "state", "text", "handling_days", "products", "segments", "branches", "cure_days", "hold_days", "confidence",
            "valid_from", "valid_to", "made_by", "checked_by", "approved_by",
        ]  # fmt: skip
        read_only_fields = fields


class RuleSerializer(serializers.ModelSerializer):
    """One rule with all its versions, the newest first."""

    versions = RuleVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Rule
        fields = ["code", "name", "family", "grain", "staff_conduct", "why", "look_at", "basis", "versions"]
        read_only_fields = fields


class RuleFilterSet(django_filters.FilterSet):
    grain = django_filters.ChoiceFilter(choices=Rule.Grain.choices)
    family = django_filters.CharFilter(field_name="family", help_text="Family of rules, in English.")
    staff_conduct = django_filters.BooleanFilter(field_name="staff_conduct")
    live_on = django_filters.DateFilter(method="counted_on", help_text="Rules of which a version counts on this day.")

    class Meta:
        model = Rule
        fields: list[str] = []

    def counted_on(self, rules: QuerySet[Rule], name: str, value: Any) -> QuerySet[Rule]:
        approved = RuleVersion.objects.filter(state__in=["live", "retired"], valid_from__lte=value)
        return rules.filter(pk__in=approved.exclude(valid_to__lte=value).values("rule_id"))


class RuleRows:
    serializer_class: Any = RuleSerializer
    queryset = Rule.objects.none()  # for the schema; the rows come from get_queryset

    def get_queryset(self) -> QuerySet[Rule]:
        versions = RuleVersion.objects.select_related("made_by", "checked_by", "approved_by").order_by("-version")
        return Rule.objects.filter(lender=lender_of(self.access)).prefetch_related(Prefetch("versions", versions))


class RuleList(RuleRows, ListView):
    """The lender's warning rules with their versions."""

    filterset_class = RuleFilterSet
    ordering_names = {"code": "code", "family": "family"}
    ordering = ["code"]


class RuleDetail(RuleRows, DetailView):
    """One rule by code."""

    lookup_field = "code"


urlpatterns = [
    route("rules/", RuleList.as_view(), name="rules", get=Act.RULE_SEE),
    route("rules/<str:code>/", RuleDetail.as_view(), name="rule", get=Act.RULE_SEE),
]
