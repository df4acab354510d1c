"""Facts over the API: batches in, each row answered; and what may be told."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.feeds.shapes import described, field_names, told_kinds
from borrowers.intake.actions import Sent, receive
from borrowers.intake.rules import LONGEST_KEY, BadBatch, read_batch
from borrowers.intake.webhooks import webhook
from borrowers.kinds import KINDS, Kind
from loanwatch.people.api import ApiView
from loanwatch.people.policy import Act
from loanwatch.people.routes import SIGNED, route

KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True,
    description=f"1 to {LONGEST_KEY} characters, a new one for each batch. The same request again gets the same answer.",
)  # fmt: skip
FIELD = inline_serializer("FactField", {
    "name": serializers.CharField(), "type": serializers.CharField(), "needed": serializers.BooleanField(),
    "names": serializers.CharField(required=False, help_text="What the number names."),
    "codes": serializers.ListField(child=serializers.CharField(), required=False)}, many=True)  # fmt: skip
KIND = inline_serializer("FactKind", {
    "fact": serializers.CharField(), "shape": serializers.CharField(), "key": serializers.ListField(child=serializers.CharField()),
    "fields": FIELD})  # fmt: skip
BATCH = inline_serializer("FactBatch", {
    "business_date": serializers.DateField(), "rows": serializers.ListField(child=serializers.DictField())})  # fmt: skip
RESULT = inline_serializer("FactResult", {
    "row": serializers.IntegerField(), "result": serializers.ChoiceField(["taken", "set_aside"]),
    "reason": serializers.CharField(required=False), "detail": serializers.CharField(required=False),
    "field": serializers.CharField(required=False), "value": serializers.CharField(required=False)}, many=True)  # fmt: skip
ANSWER = inline_serializer("FactAnswer", {
    "delivery": serializers.IntegerField(), "state": serializers.CharField(),
    "rows": serializers.DictField(child=serializers.IntegerField()), "results": RESULT})  # fmt: skip


class Refusal(APIException):
    """A batch that can't be read."""

    status_code = 400

    def __init__(self, fault: BadBatch) -> None:
        super().__init__(fault.sentence, fault.code)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound
    return KINDS[name]


class FactKinds(ApiView):
    """What may be told: every kind of fact with its fields."""

    @extend_schema(operation_id="facts_list", responses=inline_serializer("FactKinds", {"results": KIND}))
    def get(self, request: Request) -> Response:
        return Response({"results": [described(kind) for kind in told_kinds()]})


class Facts(ApiView):
    """One kind of fact: its fields, and batches of it."""

    def declared(self) -> set[str]:
        """Only telling has a parameter; describing has none."""
        request = getattr(self, "request", None)
        return {"back_dated"} if request is not None and request.method == "POST" else set()

    @extend_schema(operation_id="facts_describe", responses=KIND)
    def get(self, request: Request, fact: str) -> Response:
        return Response(described(_kind(fact)))

    @extend_schema(
        operation_id="facts_tell", request=BATCH, responses={200: ANSWER},
        parameters=[KEY, OpenApiParameter("back_dated", OpenApiTypes.BOOL, description="Allow a date before the last one, or one that is closed.")],
    )  # fmt: skip
    def post(self, request: Request, fact: str) -> Response:
        """Tell a batch. 200 with a result for each row; 409 when the batch as a whole is held; 422 for a key used before."""
        kind, person = _kind(fact), self.access.person
        if person is None or person.lender is None:
            raise NotFound
        body: bytes = request._request.body
        try:
            batch = read_batch(body, field_names(kind))
        except BadBatch as fault:
            raise Refusal(fault) from None
        sent = Sent(person.lender, self.access.account.username, request.headers.get("Idempotency-Key", ""), body, access=self.access)
        answer = receive(sent, kind, batch, back_dated=request.query_params.get("back_dated") == "true")
        headers: dict[str, Any] = {"Idempotent-Replayed": "true"} if answer.repeated else {}
        return Response(answer.said, status=answer.status, headers=headers)


urlpatterns = [
    route("facts/", FactKinds.as_view(), name="facts", get=Act.FACT_SEND),
    route("facts/<str:fact>/", Facts.as_view(), name="fact", get=Act.FACT_SEND, post=Act.FACT_SEND),
    route("hooks/<str:lender>/<slug:name>/", webhook, name="webhook", post=SIGNED),
]
