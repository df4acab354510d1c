"""Pages of the loan archive: documents of a loan, all documents, one document, and what is lacking."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from borrowers.documents import actions, completeness, keeping, queries, rules
from borrowers.documents.forms import DocumentFilters, PaperForm, ReasonForm, UploadForm, VersionForm
from borrowers.documents.models import Document, DocumentVersion, ShelfEntry
from borrowers.documents.reasons import sentence_of
from borrowers.documents.uploads.limits import BadUpload
from borrowers.documents.uploads.names import display_name
from borrowers.loans.models import Loan
from loanwatch.kernel import sheets
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 100_000
# Whatever a document holds, it can neither run in this site's name nor load anything.
SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
STATE_TONES = {completeness.THERE: "green", completeness.DUE: "out", completeness.MISSING: "red", completeness.EXPIRED: "orange"}
PAPER_TONES = {"shelved": "green", "returned": "green", "transferred": "blue", "borrowed": "yellow", "destroyed": "out"}


def state_words() -> dict[str, str]:
    return {
        completeness.THERE: _("There"),
        completeness.DUE: _("Not due yet"),
        completeness.MISSING: _("Missing"),
        completeness.EXPIRED: _("Expired"),
    }


def _dress(documents: Any, on: Any) -> list[Document]:
    """Documents of one page with what the rows show of expiry and paper."""
    acts = dict(ShelfEntry.Act.choices)
    found = list(documents)
    for row in found:
        row.expired = rules.is_expired(row.expires_on, on)
        row.soon = not row.expired and row.expires_on is not None and (row.expires_on - on).days <= queries.EXPIRING_DAYS
        row.paper_word, row.paper_tone = acts.get(row.paper, ""), PAPER_TONES.get(row.paper, "out")
        row.paper_late = row.paper == ShelfEntry.Act.BORROWED and row.paper_due < on
    return found


# --- one loan ------------------------------------------------------------------------------------------------------------


def _loan(request: HttpRequest, number: str) -> Loan:
    seen = Loan.objects.visible_to(request.access).select_related("borrower", "branch", "product", "lender")
    return get_object_or_404(seen, number=number)


def of_loan(request: HttpRequest, number: str) -> HttpResponse:
    """What the loan must have and how it stands, and every document of it."""
    access, loan = request.access, _loan(request, number)
    wanted = completeness.of_loan(loan, access.on)
    words = state_words()
    for row in wanted:
        row.word, row.tone, row.days = words[row.state], STATE_TONES[row.state], completeness.days_missing(row, access.on)
    lacking = sum(row.state in completeness.LACKING for row in wanted)
    context = {
        "loan": loan,
        "wanted": wanted,
        "lacking": lacking,
        "documents": _dress(queries.of_loan(access, loan), access.on),
        "holds": queries.standing_holds(loan.borrower_id).select_related("placed_by"),
        "may_add": access.may(Act.DOCUMENT_ADD),
    }
    return render(request, "borrowers/documents/loan.html", context)


def add(request: HttpRequest, number: str) -> HttpResponse:
    """Bring one or several files for a loan. Those that are kept are kept; those that are not are named with the reason."""
    loan = _loan(request, number)
    first = {"kind": queries.kinds(loan.lender).filter(code=request.GET.get("kind", "")).first(), "item": request.GET.get("item")}
    form = UploadForm(request.POST if request.method == "POST" else None, request.FILES or None, loan=loan, access=request.access, initial=first)
    outcome: list[dict[str, Any]] = []
    if form.is_bound and form.is_valid():
        outcome = [_add_one(request, loan, form.cleaned_data, upload) for upload in form.cleaned_data["files"]]
        kept = [line["document"] for line in outcome if line["kept"]]
        if kept:
            messages.success(request, _("Added: %(numbers)s.") % {"numbers": ", ".join(document.number for document in kept)})
        if len(kept) == len(outcome):
            return redirect("documents:loan", number=loan.number)
    context = {"loan": loan, "form": form, "outcome": [line for line in outcome if not line["kept"]], "limits": keeping.limits()}
    return render(request, "borrowers/documents/add.html", context, status=422 if form.is_bound else 200)


def _add_one(request: HttpRequest, loan: Loan, told: dict[str, Any], upload: Any) -> dict[str, Any]:
    """Keep one file; says what became of it."""
    try:
        document = actions.add_document(
            kind=told["kind"], loan=loan, item=told["item"], upload=upload, filename=upload.name or "", by=request.access,
            title=told["title"] if len(told["files"]) == 1 else "", valid_from=told["valid_from"], expires=told["expires_on"], note=told["note"],
        )  # fmt: skip
    except BadUpload as refusal:
        return _refused(request, loan, upload, refusal.code, sentence_of(refusal))
    except actions.AlreadyThere as there:
        seen = Document.objects.visible_to(request.access).filter(pk=there.document.pk).first()
        return {"kept": False, "name": display_name(upload.name or ""), "reason": there.sentence, "document": seen}
    except actions.Conflict as conflict:
        return _refused(request, loan, upload, conflict.code, conflict.sentence)
    twins = queries.same_content(request.access, document.versions.get().sha256).exclude(document=document)
    if twin := twins.first():
        said = _("%(number)s: the very same file lies with another borrower, as %(other)s. Look at both.")
        messages.warning(request, said % {"number": document.number, "other": twin.document.number})
    return {"kept": True, "document": document}


def _refused(request: HttpRequest, subject: Any, upload: Any, code: str, sentence: str) -> dict[str, Any]:
    name = display_name(upload.name or "")
    record("document.refused", by=request.access, subject=subject, filename=name, reason=code, size=upload.size or 0)
    return {"kept": False, "name": name, "reason": sentence, "document": None}


# --- all documents ---------------------------------------------------------------------------------------------------------


def documents(request: HttpRequest) -> HttpResponse:
    """Documents in sight by view, kind and search; all filters stand in the address."""
    access = request.access
    filters = DocumentFilters(request.GET)
    found = filters.narrow(queries.listed(access), access.on)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _dress(page.object_list, access.on),
        "tabs": _tabs(request, filters.view_name),
        "view": filters.view_name,
        "kinds": [(kind.code, kind.words) for kind in queries.kinds(access.person.lender)],
        "day_choices": [(str(n), _("%(n)s days") % {"n": n}) for n in (30, 60, 90, 180)],
        "q": filters.told.get("q", ""),
        "filtered": any(request.GET.get(name) for name in ("kind", "q", "days")),
    }
    return render(request, "borrowers/documents/list.html", context)


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    counts = queries.counts(request.access, request.access.on)
    query = request.GET.copy()
    for name in ("page", "sort", "days"):
        query.pop(name, None)
    tabs = []
    for view, text in (
        ("all", _("All")), ("expiring", _("Expiring")), ("expired", _("Expired")), ("borrowed", _("Borrowed")),
        ("overdue", _("Not brought back")), ("destroyed", _("Destroyed")),
    ):  # fmt: skip
        query["view"] = view
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": view == current, "count": counts.get(view)})
    return tabs


def incomplete(request: HttpRequest) -> HttpResponse:
    """Required documents that are missing or expired, the longest missing first, and how complete each branch is."""
    access = request.access
    loans = Loan.objects.visible_to(access)
    branch, kind = _branch_asked(request), request.GET.get("kind", "")[:30]
    text = request.GET.get("page", "1")
    number = min(max(int(text), 1), 10_000) if text.isdecimal() and len(text) < 6 else 1
    branches, rows, total = completeness.overview(loans, access.on, kind=kind, branch=branch, offset=(number - 1) * PAGE, limit=PAGE)
    page = Paginator(range(total), PAGE).get_page(number)
    words = state_words()
    for row in completeness.with_names(rows):
        row.word, row.tone, row.days = words[row.state], STATE_TONES[row.state], completeness.days_missing(row, access.on)
    context = {
        "rows": rows,
        "page": page,
        "total": total,
        "branches": branches,
        "branch_choices": [(str(line.branch_id), line.branch) for line in branches],
        "kinds": [(found.code, found.words) for found in queries.kinds(access.person.lender)],
        "filtered": bool(branch or kind),
        "may_add": access.may(Act.DOCUMENT_ADD),
        "query": request.GET.urlencode(),
        "today": access.on,
    }
    return render(request, "borrowers/documents/incomplete.html", context)


def _branch_asked(request: HttpRequest) -> int | None:
    text = request.GET.get("branch", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The missing and expired documents as CSV or XLSX, with the day and the filters in the first rows. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, branch, code = request.access, _branch_asked(request), request.GET.get("kind", "")[:30]
    rows, total = completeness.lacking(Loan.objects.visible_to(access), access.on, kind=code, branch=branch, limit=MOST_EXPORTED)
    words = state_words()
    lines = [
        (row.loan.number, str(row.loan.borrower), row.loan.branch.name, row.loan.product.name, row.kind.words, row.item.number if row.item else "",
         words[row.state], row.due_on, row.missing_since, completeness.days_missing(row, access.on))
        for row in completeness.with_names(rows)
        if row.loan and row.kind
    ]  # fmt: skip
    columns = [_("Loan"), _("Borrower"), _("Branch"), _("Product"), _("Document"), _("Collateral"), _("State"), pgettext("document", "Due on"), _("Missing since"),
               _("Days")]  # fmt: skip
    head: list[tuple[Any, ...]] = [(_("Documents that are missing"), access.person.lender.name), (_("As of"), access.on), (_("Made by"), str(access.person))]
    head += [(_("Filter"), name, value) for name, value in (("kind", code), ("branch", branch)) if value]
    if total > len(rows):
        head.append((_("Rows"), _("Only the first %(shown)s of %(total)s; narrow the filters for the rest.") % {"shown": len(rows), "total": total}))
    record("documents.exported", by=access, rows=len(lines), kind=kind, filters=request.GET.urlencode())
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=lines), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="missing-documents-{access.on}.{kind}"'
    return answer


# --- one document ----------------------------------------------------------------------------------------------------------


def _document(request: HttpRequest, number: str) -> Document:
    """The document, if it is in sight now: asked anew for each page, picture and file."""
    seen = Document.objects.visible_to(request.access).select_related("kind", "borrower", "loan", "item", "lender", "entered_by")
    return get_object_or_404(seen, number=number, lender=request.access.person.lender)


def document(request: HttpRequest, number: str) -> HttpResponse:
    """One document from all sides; posting brings a newer version."""
    found = _document(request, number)
    if request.method != "POST":
        return _show(request, found)
    form = VersionForm(request.POST, request.FILES)
    if form.is_valid():
        told = form.cleaned_data
        try:
            version = actions.add_version(
                document_id=found.pk, upload=told["file"], filename=told["file"].name or "", by=request.access, valid_from=told["valid_from"],
                expires=told["expires_on"], note=told["note"],
            )  # fmt: skip
        except BadUpload as refusal:
            form.add_error("file", _refused(request, found, told["file"], refusal.code, sentence_of(refusal))["reason"])
        except actions.AlreadyThere as there:
            form.add_error("file", there.sentence)
        else:
            messages.success(request, _("Version %(version)s is added.") % {"version": version.version})
            return redirect("documents:document", number=found.number)
    return _show(request, found, version_form=form, status=422)


def _show(request: HttpRequest, found: Document, *, version_form: Any = None, paper_form: Any = None, destroy_form: Any = None, status: int = 200) -> HttpResponse:
    access = request.access
    versions = list(found.versions.select_related("uploaded_by"))
    newest = versions[0] if versions else None
    last = queries.last_act(found)
    living = found.destroyed_on is None
    against = queries.why_not_destroyed(found, access.on)
    ended = queries.ended_on(found, access.on)
    may_paper = living and access.may(Act.DOCUMENT_SHELVE)
    twins = queries.same_content(access, newest.sha256).exclude(document=found)[:5] if newest and living else []
    context = {
        "document": found,
        "expired": rules.is_expired(found.expires_on, access.on),
        "versions": versions,
        "newest": newest,
        "shown": range(1, keeping.pages_shown(newest) + 1) if newest and living else [],
        "pages": newest.evidence.get("pages") if newest else None,
        "entries": found.shelf_entries.select_related("holder", "by").order_by("-seq"),
        "last": last,
        "twins": twins,
        "holds": queries.holds_against(found).select_related("placed_by"),
        "ended": ended,
        "kept_until": rules.kept_until(ended, found.kind.retention_years),
        "against": actions.REFUSALS[against][1]() if against else "",
        "version_form": (version_form or VersionForm()) if living and access.may(Act.DOCUMENT_ADD) else None,
        "paper_form": (paper_form or PaperForm(last=last, access=access)) if may_paper and rules.SHELF_MOVES[last] else None,
        "destroy_form": (destroy_form or ReasonForm(prefix="destroy")) if access.may(Act.DOCUMENT_DESTROY) and not against else None,
        "may_destroy": access.may(Act.DOCUMENT_DESTROY) and living,
    }
    return render(request, "borrowers/documents/document.html", context, status=status)


def paper(request: HttpRequest, number: str) -> HttpResponse:
    """Shelve, lend, take back or move the paper original."""
    found = _document(request, number)
    form = PaperForm(request.POST, last=queries.last_act(found), access=request.access)
    if form.is_valid():
        told = form.cleaned_data
        try:
            actions.move_paper(
                document_id=found.pk, act=told["act"], by=request.access, place=told["place"], holder=told.get("holder"),
                due_back_on=told.get("due_back_on"), note=told["note"],
            )  # fmt: skip
        except actions.Conflict as conflict:
            if conflict.code not in {"PAPER_PLACE", "PAPER_BORROWER"}:
                raise
            form.add_error("place" if conflict.code == "PAPER_PLACE" else "holder", conflict.sentence)
        else:
            messages.success(request, _("Entered in the shelf log."))
            return redirect("documents:document", number=found.number)
    return _show(request, found, paper_form=form, status=422)


def destroy(request: HttpRequest, number: str) -> HttpResponse:
    """Destroy a document whose time is over."""
    found = _document(request, number)
    form = ReasonForm(request.POST, prefix="destroy")
    if not form.is_valid():
        return _show(request, found, destroy_form=form, status=422)
    actions.destroy(document_id=found.pk, reason=form.cleaned_data["reason"], by=request.access)
    messages.success(request, _("The contents of %(number)s are destroyed; its checksums and its log stay.") % {"number": found.number})
    return redirect("documents:document", number=found.number)


# --- the bytes -------------------------------------------------------------------------------------------------------------


def _version(request: HttpRequest, number: str, version: int) -> DocumentVersion:
    found = _document(request, number)
    if found.destroyed_on:
        raise Http404
    return get_object_or_404(found.versions.select_related("document"), version=version)


def download(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """The stored bytes as a file to save; who took it is told to the audit trail."""
    found = _version(request, number, version)
    data = keeping.read(found)
    record("document.downloaded", by=request.access, subject=found.document, number=found.document.number, version=found.version)
    answer = HttpResponse(data, content_type=found.content_type, headers=SEALED)
    answer["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    return answer


def preview(request: HttpRequest, number: str, version: int, page: int) -> HttpResponse:
    """A picture of one page, drawn on the server."""
    found = _version(request, number, version)
    image = keeping.preview(found, page)
    if image is None:
        raise Http404
    record("document.previewed", by=request.access, subject=found.document, number=found.document.number, version=found.version, page=page)
    return HttpResponse(image, content_type="image/png", headers=SEALED)
