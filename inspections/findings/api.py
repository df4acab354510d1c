"""Holds in the API: the question of a lending system with its signed answer, and the keys to check it with."""

from collections.abc import Mapping

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.parties.models import Borrower
from inspections.findings import answers, rules, signing
from inspections.findings.models import Finding, HoldKind, SigningKey
from loanwatch.people.api import ApiView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

EXAMPLE = {
    "answer": {
        "as_of": "2026-11-20",
        "asked_at": "2026-11-20T08:15:00Z",
        "blocked": {"extension": False, "limit_increase": False, "new_credit": True, "new_disbursement": True},
        "borrower": "CU-000318",
        "borrower_id": 318,
        "format": 1,
        "key": "ed25519-5f0c2a91b7de",
        "lender": "demo",
        "nonce": "0f4d1c5b9a7e4c1d8e2f3a4b5c6d7e8f",
        "reasons": [
            {"code": "BLOCKING_FINDING", "due_on": "2026-11-27", "finding": "FI-26-000012", "hold": "HO-26-000031", "kind": "new_disbursement",
             "since": "2026-11-18", "source": "visit"},
            {"code": "PLACED_BY_HAND", "ends_on": "2026-12-31", "hold": "HO-26-000029", "kind": "new_credit", "since": "2026-11-02", "source": "hand"},
        ],
        "valid_until": "2026-11-20T08:30:00Z",
    },
    "algorithm": "Ed25519",
    "key": "ed25519-5f0c2a91b7de",
    "signature": "m0Yy…64 bytes in base64…Bw==",
}  # fmt: skip
KEYS_EXAMPLE = {
    "keys": [
        {"key": "ed25519-5f0c2a91b7de", "algorithm": "Ed25519", "public": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "from": "2026-11-01T00:00:00Z", "to": None}
    ]
}


class HoldReasonSerializer(serializers.Serializer):
    """Why a kind of business is blocked: a code and where it comes from. `text` only on request, and only for who may read the finding."""

    hold = serializers.CharField()
    kind = serializers.ChoiceField(HoldKind.choices)
    code = serializers.ChoiceField(["BLOCKING_FINDING", "PLACED_BY_HAND"])
    source = serializers.ChoiceField(Finding.Source.choices)  # type: ignore[assignment]  # also an argument of fields
    since = serializers.DateField()
    finding = serializers.CharField(required=False)
    due_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False, allow_null=True)
    text = serializers.CharField(required=False)


class HoldAnswerSerializer(serializers.Serializer):
    """What is signed, as canonical JSON: keys sorted, no spaces, UTF-8."""

    format = serializers.IntegerField()
    lender = serializers.CharField()
    borrower = serializers.CharField()
    borrower_id = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    as_of = serializers.DateField()
    blocked = serializers.DictField(child=serializers.BooleanField())
    reasons = HoldReasonSerializer(many=True)
    valid_until = serializers.DateTimeField()
    nonce = serializers.CharField()
    key = serializers.CharField()


class SignedAnswerSerializer(serializers.Serializer):
    """The answer, and an Ed25519 signature over its canonical JSON by the key that is named."""

    answer = HoldAnswerSerializer()
    algorithm = serializers.ChoiceField([signing.ALGORITHM])
    key = serializers.CharField()
    signature = serializers.CharField(help_text="64 bytes, base64.")


class HoldKeySerializer(serializers.Serializer):
    """A public key of the lender: 32 bytes in base64. `to` is empty for the one in use; older ones stay listed."""

    key = serializers.CharField()
    algorithm = serializers.ChoiceField([signing.ALGORITHM])
    public = serializers.CharField()
    # `from` is a word of the language, so the fields are added under their names below.


HoldKeySerializer._declared_fields |= {"from": serializers.DateTimeField(), "to": serializers.DateTimeField(allow_null=True)}


class HoldKeysSerializer(serializers.Serializer):
    keys = HoldKeySerializer(many=True)


def _named(parameters: Mapping[str, str]) -> str | int:
    """The number or the id that is asked about. Raises ValidationError unless there is exactly one of them, and well written."""
    number, pk = parameters.get("borrower", ""), parameters.get("borrower_id", "")
    if bool(number) == bool(pk):
        raise ValidationError({"borrower": ["Name one borrower, either by number (borrower) or by id (borrower_id)."]})
    if len(number) > 60:
        raise ValidationError({"borrower": ["A borrower number has at most 60 signs."]})
    if pk and not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise ValidationError({"borrower_id": ["A whole number."]})
    return int(pk) if pk else number


class HoldQuestion(ApiView):
    """Whether a borrower is blocked at this moment. Each question is kept with its answer."""

    parameters = ("borrower", "borrower_id", "kind", "text")

    @extend_schema(
        operation_id="holds_ask",
        parameters=[
            OpenApiParameter("borrower", str, description="Borrower number at your lender. Name either this or `borrower_id`."),
            OpenApiParameter("borrower_id", int, description="Id of a borrower, as an earlier answer gave it. Never a borrower number."),
            OpenApiParameter("kind", str, enum=list(rules.HOLD_KINDS), description="One kind of business; all four when left out."),
            OpenApiParameter("text", bool, description="true: with what was found, where you may read the finding."),
        ],
        responses=SignedAnswerSerializer,
        examples=[OpenApiExample("A borrower with two holds", EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        about, kind = _named(request.query_params), request.query_params.get("kind")
        if kind is not None and kind not in rules.HOLD_KINDS:
            raise ValidationError({"kind": [f"Choose from {', '.join(rules.HOLD_KINDS)}."]})
        text = request.query_params.get("text", "false")
        if text not in {"true", "false"}:
            raise ValidationError({"text": ["Write true or false."]})
        try:
            signed = answers.answer(borrower=about, kinds=[kind] if kind else [], with_text=text == "true", by=self.access)
        except Borrower.DoesNotExist:
            raise Http404 from None
        answer = Response({"answer": signed.said, "algorithm": signing.ALGORITHM, "key": signed.key, "signature": signed.signature})
        answer["Cache-Control"] = "no-store"
        return answer


class HoldKeys(ApiView):
    """The public keys of your lender with the time each was in use; answers of old keys stay verifiable."""

    @extend_schema(operation_id="holds_keys", responses=HoldKeysSerializer, examples=[OpenApiExample("One key in use", KEYS_EXAMPLE, response_only=True)])
    def get(self, request: Request) -> Response:
        person = self.access.person
        keys = SigningKey.objects.filter(lender_id=person.lender_id) if person and person.lender_id else SigningKey.objects.none()
        return Response({"keys": [answers.listed(key) for key in keys]})


urlpatterns = [
    route("holds/", HoldQuestion.as_view(), name="holds", get=Act.HOLD_ASK),
    route("holds/keys/", HoldKeys.as_view(), name="hold_keys", get=Act.HOLD_ASK),
]
