"""Loans with how they stand at a close, and the portfolio figures, in the API."""

import re
from datetime import date
from typing import Any, NoReturn, cast

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.observation.models import LoanDay, RiskClass
from alerts.observation.queries import GROUPS, NoSuchBranch, NotClosed, figures, require_closed
from borrowers.loans.api import LoanFilters, LoanSerializer
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.api import ApiView, DetailView, ListView
from loanwatch.people.models import Branch
from loanwatch.people.policy import Act
from loanwatch.people.routes import route
from loanwatch.trail.queries import last_closed

WRITTEN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python reads more than is declared, weeks for one
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="A closed business day; the last one when left out.")


class ObservationSerializer(serializers.ModelSerializer):
    """One loan at the close of one business day. Empty means that an input is missing, never zero."""

    manager = serializers.SlugRelatedField("staff_no", read_only=True)

    class Meta:
        model = LoanDay
        fields = [
            "as_of", "outstanding", "overdue_principal", "overdue_interest", "days_past_due", "days_to_maturity", "months_on_book",
            "instalments_missed_12m", "worst_dpd_12m", "restructured", "extensions_24m", "ltv", "guarantor_dpd", "risk_class", "manager",
        ]  # fmt: skip
        read_only_fields = fields


class ObservedLoanSerializer(LoanSerializer):
    """A loan with its observation at the close asked for; none when it was not on the book that day."""

    observation = serializers.SerializerMethodField()

    class Meta(LoanSerializer.Meta):
        fields = [*LoanSerializer.Meta.fields, "observation"]
        read_only_fields = fields

    @extend_schema_field(ObservationSerializer(allow_null=True))
    def get_observation(self, loan: Loan) -> dict[str, Any] | None:
        found = self.context["observations"].get(loan.pk)
        return ObservationSerializer(found).data if found else None


class ObservedLoanFilters(LoanFilters):
    risk_class = django_filters.ChoiceFilter(choices=RiskClass.choices, method="at_close")
    days_past_due_from = django_filters.NumberFilter(method="at_close", min_value=0, max_value=100_000, decimal_places=0)
    days_past_due_to = django_filters.NumberFilter(method="at_close", min_value=0, max_value=100_000, decimal_places=0)

    LOOKUPS = {"risk_class": "risk_class", "days_past_due_from": "days_past_due__gte", "days_past_due_to": "days_past_due__lte"}

    def at_close(self, loans: QuerySet[Loan], name: str, value: Any) -> QuerySet[Loan]:
        """Loans whose observation at the close asked for fits."""
        view = self.request.parser_context["view"]
        rows = view.close_rows().filter(**{self.LOOKUPS[name]: value})
        return loans.filter(pk__in=rows.values("loan_id"))


class ObservedLoans:
    """Loans this person may see and their observations at one close."""

    serializer_class = ObservedLoanSerializer
    queryset = Loan.objects.none()  # for the schema; the rows come from get_queryset
    parameters = ("as_of",)

    def get_queryset(self) -> QuerySet[Loan]:
        return Loan.objects.visible_to(self.access).select_related("borrower", "product", "branch")

    def close_rows(self) -> QuerySet[LoanDay]:
        """The observations of the close asked for; none before the first close."""
        lender = _lender(self)
        as_of = _close(self, lender)
        return LoanDay.objects.filter(lender=lender, as_of=as_of) if lender and as_of else LoanDay.objects.none()

    def observations(self, loans: list[Loan]) -> dict[int, LoanDay]:
        rows = self.close_rows().filter(loan_id__in=[loan.pk for loan in loans]).select_related("manager")
        return {row.loan_id: row for row in rows}


@extend_schema(parameters=[AS_OF])
class LoanList(ObservedLoans, ListView):
    """Loans with their latest observation."""

    filterset_class = ObservedLoanFilters
    ordering_names = {"number": "number", "disbursed_on": "disbursed_on", "matures_on": "matures_on", "principal": "principal"}
    ordering = ["number"]

    def paginate_queryset(self, queryset: Any) -> Any:
        self.shown = super().paginate_queryset(queryset)
        return self.shown

    def get_serializer_context(self) -> dict[str, Any]:
        return dict(super().get_serializer_context()) | {"observations": self.observations(getattr(self, "shown", None) or [])}


@extend_schema(parameters=[AS_OF])
class LoanDetail(ObservedLoans, DetailView):
    """One loan by number, with its observation."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        loan = cast(Loan, self.get_object())
        context = dict(self.get_serializer_context()) | {"observations": self.observations([loan])}
        return Response(ObservedLoanSerializer(loan, context=context).data)


class CellSerializer(serializers.Serializer):
    loans = serializers.IntegerField()
    outstanding = serializers.JSONField(help_text="Decimal text; in a book of several currencies {currency: text}.")


class FiguresSerializer(serializers.Serializer):
    """Portfolio figures as the command `figures` prints them; `par30` and `par90` are percent of outstanding as text."""

    lender = serializers.CharField()
    as_of = serializers.DateField()
    loans = serializers.IntegerField()
    outstanding = serializers.DictField(child=serializers.CharField())
    buckets = serializers.DictField(child=CellSerializer())
    par30 = serializers.JSONField()
    par90 = serializers.JSONField()
    classes = serializers.DictField(child=CellSerializer())
    by = serializers.ChoiceField(sorted(GROUPS), required=False)
    groups = serializers.DictField(child=serializers.JSONField(), required=False)
    roll_from = serializers.DateField(required=False)
    roll = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()), required=False)


class Figures(ApiView):
    """Portfolio figures of the loans you may see at one close."""

    parameters = ("as_of", "by", "branch", "roll_from")
    serializer_class = FiguresSerializer

    @extend_schema(
        parameters=[
            AS_OF,
            OpenApiParameter("by", enum=sorted(GROUPS), description="The same figures for each."),
            OpenApiParameter("branch", description="Code of the branch whose subtree is counted."),
            OpenApiParameter("roll_from", OpenApiTypes.DATE, description="An earlier closed day: where its loans stand now."),
        ],
        responses=FiguresSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        lender = _lender(self)
        as_of = _close(self, lender)
        if lender is None or as_of is None:
            raise Conflict(_("No business day is closed yet; there are no figures before the first close."), code="NOT_CLOSED")
        if "by" in asked and asked["by"] not in GROUPS:
            raise ValidationError({"by": [f"Choose from {', '.join(sorted(GROUPS))}."]})
        branch = asked.get("branch") or None
        if branch and not Branch.objects.visible_to(self.access).filter(lender=lender, code=branch).exists():
            raise Http404
        try:
            found = figures(lender, as_of, by=asked.get("by"), branch=branch, roll_from=_date(self, "roll_from"), access=self.access)
        except NoSuchBranch:
            raise Http404 from None
        except NotClosed as fault:
            raise ValidationError({"roll_from": [str(fault)]}) from None
        return Response(found)


def _lender(view: Any) -> Lender | None:
    person = view.access.person
    return person.lender if person else None


def _date(view: Any, name: str) -> date | None:
    text = view.request.query_params.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if WRITTEN_DATE.fullmatch(text) else _fail(name)
    except ValueError:
        return _fail(name)


def _fail(name: str) -> NoReturn:
    raise ValidationError({name: ["A date as YYYY-MM-DD."]})


def _close(view: Any, lender: Lender | None) -> date | None:
    """The closed business day asked for, or the last one. Raises ValidationError for a day that is not closed."""
    asked = _date(view, "as_of")
    if lender is None or asked is None:
        return last_closed(lender) if lender else None
    try:
        require_closed(lender, asked)
    except NotClosed as fault:
        raise ValidationError({"as_of": [str(fault)]}) from None
    return asked


urlpatterns = [
    route("loans/", LoanList.as_view(), name="loans", get=Act.LOAN_SEE),
    route("loans/<str:number>/", LoanDetail.as_view(), name="loan", get=Act.LOAN_SEE),
    route("figures/", Figures.as_view(), name="figures", get=Act.PORTFOLIO_SEE),
]
