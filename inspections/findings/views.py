"""The list of findings, one finding with its timeline, raising one, and what inspections propose."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from borrowers.findings.models import VisitFinding
from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from inspections.findings import actions, extending, proposing
from inspections.findings.forms import (
    AnswerForm,
    FindingFilters,
    FindingForm,
    OwnerForm,
    ProposalForm,
    ReasonForm,
    RemedyForm,
    TimeForm,
    VerifyForm,
)
from inspections.findings.hold_queries import with_names as holds_with_names
from inspections.findings.models import Finding, HoldKind
from inspections.findings.queries import counts_for, owners_in, with_names
from inspections.findings.rules import TO_DO, late_days
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Person, Role
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000


def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings this person may see, as the address filters them, the one due first on top."""
    access = request.access
    filters = FindingFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Finding.objects.visible_to(access)), access.person, access.on))
    context = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "tabs": _tabs(request, filters),
        "options": _options(access),
        "filtered": bool(set(filters.chosen) - {"view", "sort"}),
        "view": filters.chosen["view"],
        "q": filters.chosen.get("q", ""),
        "today": access.on,
        "query": request.GET.urlencode(),
        "proposed": proposing.proposals(access).count() if access.may(Act.FINDING_RAISE) else 0,
        "raises": access.may(Act.FINDING_RAISE),
    }
    return render(request, "inspections/findings/list.html", context)


def _tabs(request: HttpRequest, filters: FindingFilters) -> list[dict[str, Any]]:
    counts = counts_for(request.access)
    query = request.GET.copy()
    for name in ("page", "sort"):
        query.pop(name, None)
    views = [
        ("unsettled", pgettext("findings", "Not settled"), counts["open"]), ("late", pgettext("findings", "Late"), counts["late"]),
        ("waiting", _("To be verified"), counts["waiting"]), ("blocking", _("Blocking"), counts["blocking"]),
        ("verified", Finding.State.VERIFIED.label, None), ("all", pgettext("findings", "All"), None),
    ]  # fmt: skip
    if request.access.has(Role.ACCOUNT_MANAGER, Role.BRANCH_HEAD):
        views.insert(1, ("mine", _("Mine to put right"), counts["own"]))
    tabs = []
    for view, text, count in views:
        query["view"] = view
        tabs.append({"text": text, "url": f"?{query.urlencode()}", "current": view == filters.chosen["view"], "count": count})
    return tabs


def _options(access: Access) -> dict[str, list[tuple[Any, Any]]]:
    """What the filter pills offer. Owners and branches are offered to those who see more than their own loans."""
    found: dict[str, list[tuple[Any, Any]]] = {"severity": Finding.Severity.choices[::-1], "source": Finding.Source.choices, "owner": [], "branch": []}
    if access.has(Role.BRANCH_HEAD, Role.RISK_OFFICER, Role.CREDIT_ADMIN, Role.AUDITOR):
        mine = Finding.objects.visible_to(access).unsettled().order_by()
        found["owner"] = list(Person.objects.filter(pk__in=mine.values("owner_id")).order_by("name").values_list("pk", "name"))
        found["branch"] = list(Branch.objects.filter(pk__in=access.subtree()).order_by("code").values_list("code", "name")[:200])
    return found


def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The filtered list as CSV or XLSX. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access = request.access
    filters = FindingFilters(request.GET)
    found = filters.order(filters.narrow(with_names(Finding.objects.visible_to(access)), access.person, access.on))[:MOST_EXPORTED]
    rows = [
        (f.number, f.get_severity_display(), f.text, f.measure, str(f.borrower), f.loan.number if f.loan else "", f.branch.name, f.owner.name, f.due_on,
         late_days(f.due_on, f.state, access.on), f.get_state_display(), ", ".join(str(HoldKind(k).label) for k in f.blocks), f.get_source_display(),
         f.raised_by.name, f.raised_on, f.verified_by.name if f.verified_by else "", f.verified_on, f.repeats.number if f.repeats else "")
        for f in found
    ]  # fmt: skip
    columns = [_("Finding"), _("Severity"), _("What was found"), _("What is to be done"), _("Borrower"), _("Loan"), _("Branch"), pgettext("finding", "Owner"),
               pgettext("finding", "Due on"), _("Days late"), _("State"), _("Holds"), pgettext("finding", "Source"), _("Raised by"), _("Raised on"), _("Verified by"),
               _("Verified on"), _("Repeats")]  # fmt: skip
    lender = access.person.lender.name if access.person and access.person.lender else ""
    head = [(_("Findings"), lender), (_("Made by"), str(access.person), access.on)]
    head += [(_("Filter"), name, ", ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in filters.chosen.items()]
    record("findings.exported", by=access, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    made = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="findings-{access.on}.{kind}"'
    return made


def finding(request: HttpRequest, finding_id: int) -> HttpResponse:
    """One finding: what is to be done, its holds, its timeline, and what this reader can do next."""
    return show(request, finding_id)


def show(request: HttpRequest, finding_id: int, status: int = 200, **forms_: Any) -> HttpResponse:
    """The page of a finding; forms that were not accepted stand in it with their faults."""
    access = request.access
    found = get_object_or_404(with_names(Finding.objects.visible_to(access)), pk=finding_id)
    me = access.person.pk if access.person else None
    outside = me is not None and me not in actions.taking_part(found)
    asked = found.extensions.filter(answered_by__isnull=True).select_related("asked_by").first()
    owns = found.owner_id == me and access.may(Act.FINDING_REMEDY) and found.state in TO_DO
    left, latest = extending.limits(found)
    context = {
        "finding": found,
        "today": access.on,
        "holds": holds_with_names(found.holds.all()),
        "notes": found.notes.select_related("by").prefetch_related("files").order_by("id"),
        "reminders": found.reminders.order_by("id"),
        "asked": asked,
        "owns": owns,
        "asks_time": owns and asked is None and left > 0,
        "time_left": left,
        "latest": latest,
        "answers_time": asked is not None and outside and access.may(Act.FINDING_VERIFY) and asked.asked_by_id != me,
        "verifies": found.state == Finding.State.REMEDIED and outside and access.may(Act.FINDING_VERIFY, found),
        "gives": found.state in TO_DO and access.may(Act.FINDING_RAISE),
        "owners": owners_in(found.branch, access.on).order_by("name")[:200] if access.may(Act.FINDING_RAISE) else [],
        "again": Finding.objects.visible_to(access).filter(repeats=found).order_by("id"),
        "sees_visit": found.reference.partition(":")[2] if found.source == "visit" and found.reference.partition(":")[2].isdigit() else "",
    }
    blank = {
        "remedy_form": RemedyForm(blocking=bool(found.blocks)), "verify_form": VerifyForm(prefix="verify", blocking=bool(found.blocks)),
        "return_form": ReasonForm(prefix="return"), "time_form": TimeForm(prefix="time"),
        "answer_form": AnswerForm(prefix="answer"), "owner_form": OwnerForm(prefix="owner"),
    }  # fmt: skip
    return render(request, "inspections/findings/finding.html", context | blank | forms_, status=status)


def raise_one(request: HttpRequest) -> HttpResponse:
    """The form of a finding; `?loan=` or `?borrower=` fills it in."""
    if request.method != "POST":
        form = FindingForm(initial={"loan_number": request.GET.get("loan", ""), "borrower_number": request.GET.get("borrower", ""), "severity": 2})
        return render(request, "inspections/findings/new.html", {"form": form})
    form = FindingForm(request.POST)
    made = _raised(request.access, form) if form.is_valid() else None
    if made is None:
        return render(request, "inspections/findings/new.html", {"form": form}, status=422)
    messages.success(request, _("Finding %(number)s raised.") % {"number": made.number})
    return redirect("findings:finding", made.pk)


def owner_named(access: Access, form: Any, staff_no: str) -> Person | None:
    """The person with the staff number typed; None with the fault on the form where there is none. Nothing typed: None without one."""
    if not staff_no:
        return None
    found = Person.objects.filter(staff_no=staff_no, lender=access.person.lender if access.person else None).first()
    if found is None:
        form.add_error("owner", _("There is no member of staff with this number."))
    return found


def _raised(access: Access, form: FindingForm) -> Finding | None:
    given = dict(form.cleaned_data)
    loan, borrower, staff_no = given.pop("loan_number"), given.pop("borrower_number"), given.pop("owner")
    owner = owner_named(access, form, staff_no)
    if form.errors:
        return None
    about = Loan.objects.visible_to(access).filter(number=loan).first() if loan else None
    who = Borrower.objects.visible_to(access).filter(number=borrower).first() if borrower else None
    if about is None and who is None:
        form.add_error("loan_number" if loan else "borrower_number", _("There is no such loan or borrower, or none that you may see."))
        return None
    source = given.pop("source") or "hand"
    return actions.raise_finding(by=access, loan=about, borrower=who, owner=owner, source=source, **given)


def proposal_list(request: HttpRequest) -> HttpResponse:
    """What confirmed inspections found and nobody has decided about yet."""
    return _proposed(request)


def _proposed(request: HttpRequest, status: int = 200) -> HttpResponse:
    access = request.access
    page = Paginator(proposing.proposals(access), PAGE).get_page(request.GET.get("page"))
    texts = proposing.texts_of(list(page))
    lines = [{"found": found, "severity": Finding.Severity(found.level), "text": texts[found.pk]} for found in page]
    context = {"page": page, "lines": lines, "dismisses": access.may(Act.FINDING_VERIFY)}
    return render(request, "inspections/findings/proposals.html", context, status=status)


def proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """One proposal, to be changed before it becomes a finding."""
    access = request.access
    found = get_object_or_404(proposing.proposals(access), pk=proposal_id)
    form = ProposalForm(request.POST or None, initial=proposing.defaults_for(found))
    status = 200
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        given["owner"] = owner_named(access, form, given["owner"])
        milder = access.may(Act.FINDING_VERIFY) and proposing.makes_milder(found, given)
        if milder and not given["reason"].strip():
            form.add_error("reason", _("Say why the finding is milder than the inspection proposes."))
        if not form.errors:
            made = proposing.accept(proposal_id=found.pk, by=access, **given)
            messages.success(request, _("Finding %(number)s raised.") % {"number": made.number})
            return redirect("findings:finding", made.pk)
    if request.method == "POST":
        status = 422
    return render(request, "inspections/findings/proposal.html", {"form": form, "found": found, "softens": access.may(Act.FINDING_VERIFY)}, status=status)


def accept(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """One click: the proposal becomes a finding as it stands."""
    try:
        made = proposing.accept(proposal_id=proposal_id, by=request.access)
    except VisitFinding.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Finding %(number)s raised.") % {"number": made.number})
    return redirect("findings:proposals")


def dismiss(request: HttpRequest, proposal_id: int) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        get_object_or_404(proposing.proposals(request.access), pk=proposal_id)
        messages.error(request, _("Say why nothing is to be put right."))
        return _proposed(request, status=422)
    try:
        proposing.dismiss(proposal_id=proposal_id, by=request.access, reason=form.cleaned_data["reason"])
    except VisitFinding.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Nothing is to be put right there; your reason is kept."))
    return redirect("findings:proposals")
