"""What every address of the API shares: scope, declared parameters only, bounded pages, one shape of error."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import generics
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, NotAuthenticated, ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.tokens import TokenAuthentication

MOST_COUNTED = 10_000


class TokenInSchema(OpenApiAuthenticationExtension):
    """How the schema describes an API key."""

    target_class = "loanwatch.people.tokens.TokenAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token ` and a key made on the page My profile."}


def api_error(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as `code` (stable), `detail` (a sentence) and, for parameters, `errors` {name: [sentences]}."""
    if isinstance(fault, Refused):
        return Response({"code": fault.code, "detail": fault.sentence}, status=403)
    if isinstance(fault, Conflict):
        return Response({"code": fault.code, "detail": fault.sentence}, status=409)
    answer = exception_handler(fault, context)
    if answer is None:
        return None
    if isinstance(fault, ValidationError) and isinstance(fault.detail, dict):
        code = getattr(fault, "named", "INVALID_PARAMETER")
        answer.data = {"code": code, "detail": "The request names something that can't be used; see errors.", "errors": fault.detail}
    elif isinstance(fault, Http404):
        answer.data = {"code": "NOT_FOUND", "detail": "There is nothing here, or nothing that you may see."}
    elif isinstance(fault, APIException):
        codes = fault.get_codes()
        answer.data = {"code": str(codes if isinstance(codes, str) else "INVALID").upper(), "detail": str(fault.detail)}
    return answer


class UnknownParameter(ValidationError):
    named = "UNKNOWN_PARAMETER"


class BoundedPages(LimitOffsetPagination):
    """`limit` 1 to 200 (50), `offset` 0 to 10,000; `count` stops at 10,000 and `counted_all` says whether it did.

    Whoever needs rows further on narrows the filters: a page must not cost more as the book grows.
    """

    default_limit = 50
    max_limit = 200
    max_offset = MOST_COUNTED

    def get_limit(self, request: Request) -> int:
        return _whole(request, self.limit_query_param, self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return _whole(request, self.offset_query_param, 0, 0, self.max_offset)

    def get_count(self, queryset: Any) -> int:
        counted: int = queryset.order_by()[: MOST_COUNTED + 1].count()
        return counted

    def get_paginated_response(self, data: Any) -> Response:
        found = self.count or 0
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({"count": min(found, MOST_COUNTED), "counted_all": found <= MOST_COUNTED, **links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "counted_all", "results"],
            "properties": {
                "count": {"type": "integer", "maximum": MOST_COUNTED},
                "counted_all": {"type": "boolean"},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }


def _whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise ValidationError({name: [f"A whole number from {least} to {most}."]})
    return int(text)


class StrictOrdering(OrderingFilter):
    """`ordering` takes the declared names only; anything else is an error, not ignored, so that nothing can be probed."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str]:
        asked = [term.strip() for term in request.query_params.get(self.ordering_param, "").split(",") if term.strip()]
        allowed = dict(view.ordering_names)
        unknown = [term for term in asked if term.removeprefix("-") not in allowed]
        if unknown:
            raise ValidationError(
                {self.ordering_param: [f"Choose from {', '.join(sorted(allowed))}, with - in front for the largest first."]}
            )
        fields = [("-" if term.startswith("-") else "") + allowed[term.removeprefix("-")] for term in asked]
        return [*(fields or view.ordering), "pk"]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = sorted(view.ordering_names)
        text = f"One or more of {', '.join(names)}, separated by commas, with - in front for the largest first."
        return [{"name": self.ordering_param, "required": False, "in": "query", "description": text, "schema": {"type": "string"}}]


class ApiView(generics.GenericAPIView):
    """Base of every address: the policy table is asked, and a parameter that is not declared is an error."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    filter_backends: ClassVar[list[Any]] = []
    parameters: ClassVar[tuple[str, ...]] = ()  # names a view reads itself
    ordering_names: ClassVar[dict[str, str]] = {}  # name in the address → field

    @property
    def access(self) -> Access:
        return self.request._request.access

    def get_exception_handler(self) -> Any:
        return api_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        unknown = sorted(set(request.query_params) - self.declared())
        if unknown:
            known = ", ".join(sorted(self.declared())) or "none"
            raise UnknownParameter({name: [f"This address has no such parameter. It has: {known}."] for name in unknown})
        repeated = sorted(name for name in request.query_params if len(request.query_params.getlist(name)) > 1)
        if repeated:
            raise ValidationError({name: ["Given more than once."] for name in repeated})

    def declared(self) -> set[str]:
        """The query parameters of this address."""
        return set(self.parameters)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        if request.authenticators and not request.successful_authenticator:
            raise NotAuthenticated("Send an API key or log in.")
        super().permission_denied(request, message, code)


class ListView(ApiView, generics.ListAPIView):
    """Rows this person may see, filtered, ordered and in pages."""

    pagination_class = BoundedPages
    filter_backends = [DjangoFilterBackend, StrictOrdering]
    filterset_class: Any = None
    ordering: ClassVar[list[str]] = ["pk"]

    def declared(self) -> set[str]:
        filters = set(self.filterset_class.base_filters) if self.filterset_class else set()
        return filters | {"limit", "offset"} | ({"ordering"} if self.ordering_names else set()) | set(self.parameters)


class DetailView(ApiView, generics.RetrieveAPIView):
    """One thing by the number people call it. A foreign one and a missing one give the same 404."""

    lookup_field = "number"

    def get_object(self) -> Model:
        found = self.get_queryset().filter(**{self.lookup_field: self.kwargs[self.lookup_field]}).order_by("pk").first()
        if found is None:
            raise Http404
        return found
