"""Pages of sampling: versions of the policy with their preview, the months with their published hashes, and a month drawn again."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from inspections.sampling import policies, rules
from inspections.sampling.forms import FIGURES, KINDS, LEVELS, TIERS, DrawFilters, PolicyForm, ReasonForm, Rows
from inspections.sampling.models import Draw, Method, SamplingPolicy, SamplingSeed, SamplingStratum
from inspections.sampling.preview import preview
from inspections.sampling.queries import draws_of, in_force, months, shows_figures, versions
from inspections.sampling.redraw import open_seed, redraw
from loanwatch.kernel import sheets
from loanwatch.lenders.models import Lender, Product
from loanwatch.lenders.views import reader_lender
from loanwatch.people.models import Branch
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

PAGE = 50
MOST_EXPORTED = 50_000
State = SamplingPolicy.State


def home(request: HttpRequest) -> HttpResponse:
    """The months with their published hashes and the versions of the policy."""
    lender, access = reader_lender(request), request.access
    now = in_force(lender, access.on)
    context = {
        "page": Paginator(months(lender), 12).get_page(request.GET.get("page")), "now": now, "versions": list(versions(lender)), "today": access.on,
        "may_propose": access.may(Act.SAMPLING_PROPOSE), "rows": _rows(now),
    }  # fmt: skip
    return render(request, "inspections/sampling/home.html", context)


def _policy(request: HttpRequest, policy_id: int) -> SamplingPolicy:
    own = SamplingPolicy.objects.filter(lender=reader_lender(request)).select_related("made_by", "approved_by").prefetch_related("strata")
    return get_object_or_404(own, pk=policy_id)


def _rows(policy: SamplingPolicy | None) -> list[dict[str, Any]]:
    """The rows of a policy in words."""
    kinds, levels, tiers, products = dict(KINDS), dict(LEVELS), dict(TIERS), dict(Product.Kind.choices)
    words = [("kinds", kinds), ("levels", levels), ("products", products)]
    return [
        {
            "row": row,
            "fits": [", ".join(str(named.get(value, value)) for value in getattr(row, name)) for name, named in words if getattr(row, name)],
            "tiers": ", ".join(str(tiers.get(value, value)) for value in row.tiers),
        }
        for row in (policy.strata.all() if policy else [])
    ]


def policy_page(request: HttpRequest, policy_id: int) -> HttpResponse:
    """One version: its rows and figures, what it would ask of each officer, and what may be done with it."""
    access, found = request.access, _policy(request, policy_id)
    now = in_force(found.lender, access.on)
    context = {
        "policy": found, "rows": _rows(found), "currency": found.lender.currency, "now": now,
        "preview": preview(found.lender, found.as_rules(), (now or found).as_rules(), access.on),
        "figures": [(SamplingPolicy._meta.get_field(name).verbose_name, getattr(found, name)) for name in FIGURES],  # type: ignore[union-attr]  # none of them is a relation
        "own_draft": found.state == State.DRAFT and access.person is not None and found.made_by_id == access.person.pk,
        "may_propose": access.may(Act.SAMPLING_PROPOSE), "may_approve": found.state == State.PROPOSED and access.may(Act.SAMPLING_APPROVE, found),
        "reason_form": ReasonForm(),
    }  # fmt: skip
    return render(request, "inspections/sampling/policy.html", context)


def new_policy(request: HttpRequest) -> HttpResponse:
    """A draft that begins with the version in force."""
    lender = reader_lender(request)
    base = in_force(lender, request.access.on)
    text = base.as_rules() if base else rules.SHIPPED
    return _edit(request, lender, None, {name: getattr(text, name) for name in FIGURES}, text.strata)


def edit_policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    found = _policy(request, policy_id)
    text = found.as_rules()
    kept = {name: getattr(found, name) for name in ("valid_from", "why", *FIGURES)}
    return _edit(request, found.lender, found, kept, text.strata)


def _edit(request: HttpRequest, lender: Lender, found: SamplingPolicy | None, kept: dict[str, Any], strata: Any) -> HttpResponse:
    form = PolicyForm(request.POST or None, today=request.access.on, initial=kept)
    begin = [{name: getattr(row, name) for name in row.__dataclass_fields__} for row in strata]
    # What was sent stands for itself: beside initial values an unchanged row would count as one that was left empty.
    rows = Rows(request.POST, prefix="rows") if request.method == "POST" else Rows(initial=begin, prefix="rows")
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        values = {name: form.cleaned_data[name] for name in ("valid_from", "why", *FIGURES)}
        if found is None:
            made = policies.draft_policy(by=request.access, lender=lender, values=values, strata=rows.strata)
        else:
            made = policies.change_draft(by=request.access, policy=found, values=values, strata=rows.strata)
        messages.success(request, _("The draft is kept. Look at what it asks of each officer before you propose it."))
        return redirect("sampling:policy", policy_id=made.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "inspections/sampling/edit.html", {"form": form, "rows": rows, "policy": found}, status=status)


def propose(request: HttpRequest, policy_id: int) -> HttpResponse:
    policies.propose_policy(by=request.access, policy=_policy(request, policy_id))
    messages.success(request, _("The version waits for another credit administrator."))
    return redirect("sampling:policy", policy_id=policy_id)


def approve(request: HttpRequest, policy_id: int) -> HttpResponse:
    policies.approve_policy(by=request.access, policy=_policy(request, policy_id), seen_hash=request.POST.get("seen_hash", ""))
    messages.success(request, _("The version counts from its first day."))
    return redirect("sampling:policy", policy_id=policy_id)


def give_back(request: HttpRequest, policy_id: int) -> HttpResponse:
    """POST `do`: return to the draft, or withdraw."""
    found, form = _policy(request, policy_id), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why."))
    elif request.POST.get("do") == "withdraw":
        policies.withdraw_policy(by=request.access, policy=found, reason=form.cleaned_data["reason"])
        messages.success(request, _("The version is withdrawn."))
    else:
        policies.return_policy(by=request.access, policy=found, reason=form.cleaned_data["reason"])
        messages.success(request, _("The version is a draft again."))
    return redirect("sampling:policy", policy_id=policy_id)


# Months ----------------------------------------------------------------------------------------------------------------------


def _seed(request: HttpRequest, month: str) -> SamplingSeed:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    return get_object_or_404(months(reader_lender(request)), month=first)


def month_page(request: HttpRequest, month: str) -> HttpResponse:
    """One month: the published hash, its draws, and, once it is open, the month drawn again (`?redraw=1`)."""
    access, seed = request.access, _seed(request, month)
    filters = DrawFilters(request.GET)
    page = Paginator(filters.narrow(draws_of(seed, access)), PAGE).get_page(request.GET.get("page"))
    for draw in page:
        draw.figures = shows_figures(draw, access)
    context = {
        "seed": seed, "page": page, "filtered": bool(set(filters.chosen) - {"sort"}), "query": request.GET.urlencode(), "today": access.on,
        "over": access.on >= seed.ends_before, "may_open": access.may(Act.SAMPLING_UNSEAL),
        "again": redraw(seed) if seed.seed and request.GET.get("redraw") else None,
        "options": {
            "method": Method.choices, "reason": Draw.Reason.choices,
            "row": sorted({(row.code, row.code) for row in _strata_of(seed)}),
            "branch": list(Branch.objects.filter(pk__in=access.subtree()).order_by("code").values_list("code", "name")[:200]),
        },
    }  # fmt: skip
    return render(request, "inspections/sampling/month.html", context)


def _strata_of(seed: SamplingSeed) -> list[Any]:
    return list(SamplingStratum.objects.filter(policy__lender_id=seed.lender_id, policy__state=State.APPROVED))


def open_month(request: HttpRequest, month: str) -> HttpResponse:
    open_seed(by=request.access, seed=_seed(request, month))
    messages.success(request, _("The seed is open. Everybody who is shown the draws can draw the month again."))
    return redirect("sampling:month", month=month)


def export(request: HttpRequest, month: str, kind: str) -> HttpResponse:
    """The filtered draws of a month as CSV or XLSX, with what is needed to check them outside. Told to the audit trail."""
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    access, seed = request.access, _seed(request, month)
    filters = DrawFilters(request.GET)
    found = filters.narrow(draws_of(seed, access))[:MOST_EXPORTED]
    rows = []
    for d in found:
        shown = shows_figures(d, access)
        rows.append((
            d.visit.task.number, d.visit_id, d.visit.branch.name, d.visit.submitted_on, d.stratum.code if d.stratum else "", d.policy.version,
            d.content_hash, d.number if shown else "", d.share if shown else "", d.get_method_display(), d.get_reason_display(), d.drawn_on,
        ))  # fmt: skip
    columns = [_("Inspection"), _("Number of the visit"), _("Branch"), _("Submitted on"), _("Row"), _("Version of the policy"), _("Hash of the content"),
               _("Number drawn"), _("Share, %"), _("Method"), _("Reason"), _("Drawn on")]  # fmt: skip
    head = [(_("Draws of a month"), str(seed)), (_("Published hash"), seed.commitment), (_("Seed"), seed.seed), (_("Made by"), str(access.person), access.on)]
    record("sampling.exported", by=access, subject=seed, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    made = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    made["Content-Disposition"] = f'attachment; filename="draws-{seed}.{kind}"'
    return made
