"""Loans in the API as facts, and where the core system's figures are not ours.

The addresses of loans are in `alerts.observation.api`, which adds how each loan stands.
"""

from datetime import datetime

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.loans.models import Loan
from borrowers.loans.reconciliation import reconciliation
from loanwatch.people.api import ApiView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route
from loanwatch.trail.queries import last_closed


class LoanSerializer(serializers.ModelSerializer):
    """One drawn note as its deliveries describe it. Amounts are decimal text in `currency`, `rate` is percent a year."""

    borrower = serializers.SlugRelatedField("number", read_only=True)
    borrower_name = serializers.CharField(source="borrower.name", read_only=True)
    product = serializers.SlugRelatedField("code", read_only=True)
    branch = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = Loan
        fields = [
            "number", "borrower", "borrower_name", "product", "branch", "currency", "principal", "rate", "disbursed_on", "matures_on",
            "settled_on", "purpose",
        ]  # fmt: skip
        read_only_fields = fields


class LoanFilters(django_filters.FilterSet):
    borrower = django_filters.CharFilter(field_name="borrower__number", help_text="Borrower number.")
    product = django_filters.CharFilter(field_name="product__code", help_text="Product code.")
    branch = django_filters.CharFilter(field_name="branch__code", help_text="Code of the branch that keeps the loan, not its subtree.")
    currency = django_filters.CharFilter()
    settled = django_filters.BooleanFilter(
        field_name="settled_on", lookup_expr="isnull", exclude=True, help_text="Whether the loan is settled."
    )
    disbursed_from = django_filters.DateFilter(field_name="disbursed_on", lookup_expr="gte")
    disbursed_to = django_filters.DateFilter(field_name="disbursed_on", lookup_expr="lte")
    matures_from = django_filters.DateFilter(field_name="matures_on", lookup_expr="gte")
    matures_to = django_filters.DateFilter(field_name="matures_on", lookup_expr="lte")

    class Meta:
        model = Loan
        fields: list[str] = []


class DifferingFigureSerializer(serializers.Serializer):
    figure = serializers.CharField()
    currency = serializers.CharField(help_text="Empty for days.")
    loans = serializers.IntegerField()
    size = serializers.CharField(help_text="Sum of the differences without sign, as text.")


class ReconciliationSerializer(serializers.Serializer):
    """Differences between delivered and computed figures at one close, of the loans you may see."""

    lender = serializers.CharField()
    as_of = serializers.DateField()
    loans = serializers.IntegerField()
    figures = DifferingFigureSerializer(many=True)


class Reconciliation(ApiView):
    """Where the core system's figures of a close are not ours: how many loans, and by how much."""

    parameters = ("as_of",)
    serializer_class = ReconciliationSerializer

    @extend_schema(
        parameters=[OpenApiParameter("as_of", OpenApiTypes.DATE, description="A closed business day; the last one when left out.")],
        responses=ReconciliationSerializer,
    )
    def get(self, request: Request) -> Response:
        lender = self.access.person.lender if self.access.person else None
        text = request.query_params.get("as_of")
        try:
            as_of = datetime.strptime(text, "%Y-%m-%d").date() if text else last_closed(lender) if lender else None  # noqa: DTZ007  a date
        except ValueError:
            raise ValidationError({"as_of": ["A date as YYYY-MM-DD."]}) from None
        if lender is None or as_of is None:
            raise ValidationError({"as_of": ["No business day is closed yet."]})
        return Response(reconciliation(lender, as_of, access=self.access))


urlpatterns = [route("reconciliation/", Reconciliation.as_view(), name="reconciliation", get=Act.RECONCILIATION_SEE)]
