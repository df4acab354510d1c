"""What people type and choose on the pages of the archive."""

import re
from datetime import date
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from borrowers.collateral.models import CollateralItem
from borrowers.documents import queries
from borrowers.documents.actions import default_due
from borrowers.documents.models import Document, DocumentKind, RequiredDocument, ShelfEntry
from borrowers.documents.rules import SHELF_MOVES
from borrowers.documents.uploads.names import ENDINGS
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.access import Access
from loanwatch.people.models import Person

MOST_FILES = 20
ACCEPTED = ",".join(ending for endings in ENDINGS.values() for ending in endings)
VIEWS = ("all", "expiring", "expired", "borrowed", "overdue", "destroyed")
SORTS = {
    "number": F("number"),
    "kind": F("kind__code"),
    "borrower": F("borrower__name"),
    "expires": F("expires_on"),
    "issued": F("valid_from"),
    "due": F("paper_due"),
}
CODE = re.compile(r"^[a-z][a-z0-9_]{1,29}$")


def _day(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One file or several; the value is a list of uploads. An empty file is let through: the check of content says so by name."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = [upload for upload in (data if isinstance(data, (list, tuple)) else [data]) if upload]
        if not given:  # an empty file counts as one: an upload is true by its name
            raise forms.ValidationError(_("Choose at least one file."))
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("Send at most %(most)s files at once.") % {"most": MOST_FILES})
        return given


class UploadForm(forms.Form):
    """One or several files of one kind for a loan; each file becomes a document of its own."""

    kind = forms.ModelChoiceField(label=pgettext_lazy("of a document", "Kind"), queryset=DocumentKind.objects.none())
    item = forms.ModelChoiceField(
        label=gettext_lazy("Collateral"),
        queryset=CollateralItem.objects.none(),
        required=False,
        help_text=gettext_lazy("Only for documents of an item that secures the loan."),
    )
    files = ManyFilesField(  # type: ignore[assignment]
        label=gettext_lazy("Files"), help_text=gettext_lazy("PDF, JPEG, PNG, WEBP, TIFF, DOCX or XLSX. Each file becomes a document of its own.")
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False, help_text=gettext_lazy("Empty: the name of the file."))
    valid_from = _day(gettext_lazy("Issued on"), help_text=gettext_lazy("Empty: today."))
    expires_on = _day(gettext_lazy("Good until"), help_text=gettext_lazy("Empty: as long as the kind says."))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, loan: Loan, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.queryset, kinds.label_from_instance = queries.kinds(loan.lender), lambda kind: kind.words
        items: Any = self.fields["item"]
        items.queryset = queries.items_of(access, loan)
        items.label_from_instance = lambda item: f"{item.number} {item.get_kind_display()}"
        self.fields["files"].widget.attrs["accept"] = ACCEPTED

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        kind, item = told.get("kind"), told.get("item")
        if kind and kind.of == DocumentKind.Of.ITEM and not item:
            self.add_error("item", _("Name the item that the document belongs to."))
        if kind and kind.of != DocumentKind.Of.ITEM:
            told["item"] = None
        return told


class VersionForm(forms.Form):
    """A newer content of a document that is there."""

    file = forms.FileField(label=pgettext_lazy("of a document", "File"), allow_empty_file=True)
    valid_from = _day(gettext_lazy("Issued on"), help_text=gettext_lazy("Empty: today."))
    expires_on = _day(gettext_lazy("Good until"), help_text=gettext_lazy("Empty: as long as the kind says."))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ACCEPTED


class PaperForm(forms.Form):
    """The next act on the paper; only what may follow on the last one is offered."""

    act = forms.ChoiceField(label=gettext_lazy("What is done with the paper"))
    place = forms.CharField(
        label=gettext_lazy("Place"), max_length=120, required=False, help_text=gettext_lazy("Archive, shelf, box. Not needed when it is lent.")
    )
    holder = forms.ModelChoiceField(label=gettext_lazy("Borrowed by"), queryset=Person.objects.none(), required=False)
    due_back_on = _day(gettext_lazy("Back by"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, last: str, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act: Any = self.fields["act"]
        act.choices = [(value, label) for value, label in ShelfEntry.Act.choices if value in SHELF_MOVES[last] and value != ShelfEntry.Act.DESTROYED]
        holder: Any = self.fields["holder"]
        holder.queryset = queries.colleagues(access)
        holder.label_from_instance = lambda person: f"{person.name} ({person.staff_no})"
        self.fields["due_back_on"].initial = default_due(access.on)
        if ShelfEntry.Act.BORROWED not in SHELF_MOVES[last]:
            del self.fields["holder"], self.fields["due_back_on"]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class HoldForm(forms.Form):
    """On whom a legal hold is placed, and why."""

    borrower = forms.CharField(label=gettext_lazy("Borrower number"), max_length=40)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("The court and the number of the case, or the investigation.")
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access

    def clean_borrower(self) -> Borrower:
        seen = Borrower.objects.visible_to(self.access)
        found = seen.filter(number=self.cleaned_data["borrower"].strip()).order_by("pk").first()
        if found is None:
            raise forms.ValidationError(_("There is no borrower of this number, or none that you may see."))
        return found


class KindForm(forms.Form):
    """A kind of document in three languages."""

    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=30, help_text=gettext_lazy("Small letters, digits and _; it can't be changed later.")
    )
    of = forms.ChoiceField(label=gettext_lazy("Belongs to"), choices=DocumentKind.Of.choices)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=80, required=False)
    name_ko = forms.CharField(label=gettext_lazy("Name in Korean"), max_length=80, required=False)
    months_valid = forms.IntegerField(
        label=gettext_lazy("Months it is good for"), min_value=1, max_value=1200, required=False, help_text=gettext_lazy("Empty: it does not expire.")
    )
    retention_years = forms.IntegerField(label=gettext_lazy("Years it is kept after the loan has ended"), min_value=0, max_value=100)
    on_paper = forms.BooleanField(label=gettext_lazy("The original is on paper"), required=False)
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=200, help_text=gettext_lazy("The rule, circular or decision that sets it.")
    )
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, lender: Lender, kind: DocumentKind | None = None, **kwargs: Any) -> None:
        if kind:
            names = {"name_en": kind.name.get("en", ""), "name_zh": kind.name.get("zh-hans", ""), "name_ko": kind.name.get("ko", "")}
            kept = ("months_valid", "retention_years", "on_paper", "source", "active")
            kwargs["initial"] = names | {field: getattr(kind, field) for field in kept}
        super().__init__(*args, **kwargs)
        self.lender = lender
        if kind:
            del self.fields["code"], self.fields["of"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not CODE.match(code):
            raise forms.ValidationError(_("Write small letters, digits and _, a letter first."))
        if DocumentKind.objects.filter(lender=self.lender, code=code).exists():
            raise forms.ValidationError(_("There is a kind with this code already."))
        return code

    @property
    def told(self) -> dict[str, Any]:
        """The values as the actions take them."""
        given = dict(self.cleaned_data)
        names = {"en": given.pop("name_en"), "zh-hans": given.pop("name_zh"), "ko": given.pop("name_ko")}
        return given | {"name": {language: text for language, text in names.items() if text}}


class RequirementForm(forms.Form):
    """From which day on which loans must have the document."""

    product = forms.ModelChoiceField(
        label=gettext_lazy("Product"), queryset=Product.objects.none(), required=False, empty_label=gettext_lazy("Any product")
    )
    applies_to = forms.ChoiceField(label=gettext_lazy("Applies to"), choices=RequiredDocument.AppliesTo.choices)
    within_days = forms.IntegerField(label=gettext_lazy("Days after disbursement"), min_value=0, max_value=3650, initial=0)
    from_on = _day(gettext_lazy("For loans disbursed from"), required=True)

    def __init__(self, *args: Any, lender: Lender, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products: Any = self.fields["product"]
        products.queryset = Product.objects.filter(lender=lender, active=True)
        products.label_from_instance = lambda product: product.name
        self.fields["from_on"].initial = on


class EndForm(forms.Form):
    to_on = _day(gettext_lazy("For loans disbursed before"), required=True)


class DocumentFilters(forms.Form):
    """What the address of the list says; a value that makes no sense is as good as none."""

    view = forms.ChoiceField(choices=[(v, v) for v in VIEWS], required=False)
    kind = forms.CharField(max_length=30, required=False)
    days = forms.IntegerField(min_value=1, max_value=366, required=False)
    q = forms.CharField(max_length=80, required=False)
    sort = forms.CharField(max_length=20, required=False)

    def narrow(self, documents: QuerySet[Document, Any], on: date) -> QuerySet[Document, Any]:
        """The documents that fit, in the order asked for."""
        self.is_valid()
        told = self.told
        found = queries.narrowed(documents, self.view_name, on, told.get("days") or queries.EXPIRING_DAYS)
        if told.get("kind"):
            found = found.filter(kind__code=told["kind"])
        if q := told.get("q"):
            named = Q(number__icontains=q) | Q(title__icontains=q) | Q(borrower__name__icontains=q) | Q(borrower__number__icontains=q)
            found = found.filter(named | Q(loan__number__icontains=q))
        sort = told.get("sort") or {"expiring": "expires", "expired": "expires", "overdue": "due", "borrowed": "due"}.get(self.view_name, "-number")
        by = SORTS.get(sort.lstrip("-"), SORTS["number"])
        return found.order_by(by.desc(nulls_last=True) if sort.startswith("-") else by.asc(nulls_last=True), "pk")

    @property
    def told(self) -> dict[str, Any]:
        return getattr(self, "cleaned_data", {})

    @property
    def view_name(self) -> str:
        return self.told.get("view") or "all"

