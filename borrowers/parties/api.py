"""Borrowers in the API: those with a loan this person may see."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from borrowers.parties.models import Borrower
from loanwatch.people.api import DetailView, ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route


class BorrowerSerializer(serializers.ModelSerializer):
    """Who owes. Phone and address are not given out: they are for the people who visit."""

    class Meta:
        model = Borrower
        fields = ["number", "kind", "name", "segment", "industry", "region", "key_customer"]
        read_only_fields = fields


class BorrowerFilters(django_filters.FilterSet):
    name = django_filters.CharFilter(field_name="name", lookup_expr="icontains", help_text="Part of the name.")
    kind = django_filters.ChoiceFilter(choices=Borrower.Kind.choices)
    segment = django_filters.ChoiceFilter(choices=Borrower.Segment.choices)
    industry = django_filters.CharFilter()
    region = django_filters.CharFilter()
    key_customer = django_filters.BooleanFilter()

    class Meta:
        model = Borrower
        fields: list[str] = []


class BorrowerRows:
    serializer_class = BorrowerSerializer
    queryset = Borrower.objects.none()  # for the schema; the rows come from get_queryset

    def get_queryset(self) -> QuerySet[Any]:
        return Borrower.objects.visible_to(self.access)


class BorrowerList(BorrowerRows, ListView):
    """Borrowers with at least one loan you may see."""

    filterset_class = BorrowerFilters
    ordering_names = {"number": "number", "name": "name"}
    ordering = ["number"]


class BorrowerDetail(BorrowerRows, DetailView):
    """One borrower by number."""


urlpatterns = [
    route("borrowers/", BorrowerList.as_view(), name="borrowers", get=Act.BORROWER_SEE),
    route("borrowers/<str:number>/", BorrowerDetail.as_view(), name="borrower", get=Act.BORROWER_SEE),
]
