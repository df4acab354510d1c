"""Loans in the API as facts. The addresses are in `alerts.observation.api`, which adds how each loan stands."""

import django_filters
from rest_framework import serializers

from borrowers.loans.models import Loan


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
