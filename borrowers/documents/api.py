"""Documents in the API: the list of what one may see, and bringing one with its content. Contents are downloaded from the pages only."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.documents import actions, queries
from borrowers.documents.models import Document, DocumentKind
from borrowers.documents.reasons import sentence_of
from borrowers.documents.uploads.limits import BadUpload
from borrowers.documents.uploads.names import display_name
from borrowers.loans.models import Loan
from loanwatch.people.api import ListView
from loanwatch.people.policy import Act
from loanwatch.people.routes import route
from loanwatch.trail.record import record


class DocumentSerializer(serializers.ModelSerializer):
    """One document; `version` and `sha256` are of its newest content, empty where nobody has brought one."""

    kind = serializers.SlugRelatedField("code", read_only=True)
    borrower = serializers.SlugRelatedField("number", read_only=True)
    loan = serializers.SlugRelatedField("number", read_only=True, allow_null=True)
    item = serializers.SlugRelatedField("number", read_only=True, allow_null=True)
    version = serializers.SerializerMethodField()
    sha256 = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            "number", "kind", "borrower", "loan", "item", "title", "valid_from", "known_from", "expires_on", "destroyed_on", "version", "sha256",
        ]  # fmt: skip
        read_only_fields = fields

    def get_version(self, document: Document) -> int | None:
        newest = next(iter(document.versions.all()), None)
        return newest.version if newest else None

    def get_sha256(self, document: Document) -> str:
        newest = next(iter(document.versions.all()), None)
        return newest.sha256 if newest else ""


class NewDocumentSerializer(serializers.Serializer):
    """A document to be added, as multipart/form-data."""

    loan = serializers.CharField(help_text="Loan number.")
    kind = serializers.CharField(help_text="Code of the kind.")
    file = serializers.FileField(allow_empty_file=True, max_length=None)
    item = serializers.CharField(required=False, help_text="Collateral number, for kinds that belong to an item.")
    title = serializers.CharField(required=False, max_length=200)
    valid_from = serializers.DateField(required=False, help_text="Issued on; today where it is not said.")
    expires_on = serializers.DateField(required=False, help_text="Good until; as long as the kind says where it is not said.")
    note = serializers.CharField(required=False, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return attrs


class DocumentFilters(django_filters.FilterSet):
    loan = django_filters.CharFilter(field_name="loan__number", help_text="Loan number.")
    borrower = django_filters.CharFilter(field_name="borrower__number", help_text="Borrower number.")
    kind = django_filters.CharFilter(field_name="kind__code", help_text="Code of the kind.")
    expires_to = django_filters.DateFilter(field_name="expires_on", lookup_expr="lte")
    destroyed = django_filters.BooleanFilter(field_name="destroyed_on", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Document
        fields: list[str] = []


class DocumentList(ListView):
    """Documents of loans, borrowers and collateral you may see."""

    serializer_class = DocumentSerializer
    queryset = Document.objects.none()  # for the schema; the rows come from get_queryset
    parser_classes = [MultiPartParser]
    filterset_class = DocumentFilters
    ordering_names = {"number": "number", "expires_on": "expires_on", "valid_from": "valid_from"}
    ordering = ["number"]

    def get_queryset(self) -> QuerySet[Any]:
        seen = Document.objects.visible_to(self.access).select_related("kind", "borrower", "loan", "item")
        return seen.prefetch_related("versions")

    @extend_schema(request={"multipart/form-data": NewDocumentSerializer}, responses={201: DocumentSerializer})
    def post(self, request: Request) -> Response:
        """Add a document to a loan you may see. 422 with `code` when its content is refused, 409 when it is there already."""
        given = NewDocumentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        told = given.validated_data
        loan = Loan.objects.visible_to(self.access).select_related("borrower", "lender").filter(number=told["loan"]).order_by("pk").first()
        if loan is None:
            raise Http404
        kind = DocumentKind.objects.filter(lender=loan.lender, code=told["kind"], active=True).first()
        item = queries.items_of(self.access, loan).filter(number=told["item"]).first() if told.get("item") else None
        faults = {} if kind else {"kind": ["There is no such kind of document."]}
        faults |= {"item": ["No such item secures the loan."]} if told.get("item") and item is None else {}
        if kind is None or faults:
            raise serializers.ValidationError(faults)
        upload = told["file"]
        try:
            document = actions.add_document(
                kind=kind, loan=loan, item=item, upload=upload, filename=upload.name or "", by=self.access, title=told.get("title", ""),
                valid_from=told.get("valid_from"), expires=told.get("expires_on"), note=told.get("note", ""),
            )  # fmt: skip
        except BadUpload as refusal:
            record("document.refused", by=self.access, subject=loan, filename=display_name(upload.name or ""), reason=refusal.code, size=upload.size)
            return Response({"code": refusal.code, "detail": sentence_of(refusal)}, status=422)
        return Response(DocumentSerializer(document).data, status=201)


urlpatterns = [route("documents/", DocumentList.as_view(), name="documents", get=Act.DOCUMENT_SEE, post=Act.DOCUMENT_ADD)]
