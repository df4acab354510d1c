"""Pages on which borrowers and facilities are entered and corrected."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from borrowers.entry import actions, queries
from borrowers.entry.forms import BorrowerForm, FacilityForm, IdentifierForm, RelatedPartyForm
from borrowers.entry.steps import Summary, backdated, day_of, facts_of, lender_of, two_steps
from borrowers.loans.models import Facility
from borrowers.parties.models import Borrower, BorrowerIdentifier, CustomerGroup, GroupMembership, KeyCustomerTier, RelatedParty
from loanwatch.people.policy import Act

Identifiers = formset_factory(IdentifierForm, extra=2, max_num=20, absolute_max=20)
RelatedParties = formset_factory(RelatedPartyForm, extra=2, max_num=40, absolute_max=40)
MASTER = ("kind", "name", "segment", "industry", "region", "phone", "address")


def home(request: HttpRequest) -> HttpResponse:
    """What may be entered, and what was entered last."""
    access, asked = request.access, request.GET.get("loan", "").strip()[:40]
    if asked and queries.loans_for(access).filter(number=asked).exists():
        return redirect("entry:loan", number=asked)
    context: dict[str, Any] = {"day": day_of(request), "may_enter_loans": access.may(Act.LOAN_ENTER), "missing": asked}
    return render(request, "borrowers/entry/home.html", context | queries.entered_by(access))


# Borrowers -----------------------------------------------------------------------------------------------------------------------


def borrower_new(request: HttpRequest) -> HttpResponse:
    """Enter a borrower."""
    return _borrower(request, None)


def borrower(request: HttpRequest, number: str) -> HttpResponse:
    """Correct a borrower, or add what was not known."""
    return _borrower(request, get_object_or_404(queries.borrowers_for(request.access), number=number))


def _borrower(request: HttpRequest, found: Borrower | None) -> HttpResponse:
    lender, day, access = lender_of(request), day_of(request), request.access
    posted = request.POST if request.method == "POST" else None
    form = BorrowerForm(posted, lender=lender, day=day, borrower=found, initial=_initial(found, day, lender))
    shared = {"lender": lender, "borrower": found}
    borne, beside = _identifiers(found, day), _parties(found, day)
    more = {"day": day, "access": access, "known": _by_key(borne)}
    identifiers = Identifiers(posted, prefix="id", initial=borne, form_kwargs={**shared, **more})
    parties = RelatedParties(posted, prefix="party", initial=beside, form_kwargs={**shared, "known": _by_key(beside)})
    parts = (form, identifiers, parties)

    def show(status: int) -> HttpResponse:
        seen = queries.borrowers_for(access)
        bearers = seen.filter(pk__in=[f.bearer.pk for f in identifiers if f.bearer is not None])
        context = {"form": form, "identifiers": identifiers, "parties": parties, "borrower": found, "day": day, "bearers": bearers}
        context["may_enter_loans"] = access.may(Act.LOAN_ENTER)
        return render(request, "borrowers/entry/borrower.html", context, status=status)

    def summary() -> Summary:
        said = form.cleaned_data
        warnings = [] if found else [_namesake(b) for b in queries.namesakes(lender, said["name"])]
        facts = facts_of(form) + [(kind_of(f), f.cleaned_data["value"], "text") for f in _filled(identifiers, "kind")]
        facts += [(kind_of(f), f.cleaned_data["name"], "text") for f in _filled(parties, "kind")]
        gone = [row for kind in ("identifier", "related_party") for row in _facts(form, identifiers, parties, found, lender)[kind]]
        facts += [(_("To be withdrawn"), row.get("value") or row.get("name"), "text") for row in gone if row.get("withdrawn")]
        title = _("Save this correction?") if found else _("Enter this borrower?")
        return Summary(title, _("Save the correction") if found else _("Enter the borrower"), facts, warnings + backdated(lender, said["valid_from"]))

    def write() -> HttpResponse:
        number = found.number if found else form.cleaned_data["number"]
        made = actions.enter_borrower(by=access, lender=lender, number=number, facts=_facts(form, identifiers, parties, found, lender), new=found is None)
        messages.success(request, _("The borrower is entered.") if found is None else _("The correction is kept."))
        return redirect("entry:borrower", number=made.number)

    def valid() -> bool:
        return all([part.is_valid() for part in parts])  # noqa: C419  every part says what is wrong with it

    return two_steps(request, valid=valid, show=show, summary=summary, write=write, form=form)


def _namesake(found: Borrower) -> str:
    return _("Borrower %(number)s has the same name. Is it the same one?") % {"number": found.number}


def kind_of(form: Any) -> Any:
    """The chosen kind in words."""
    return dict(form.fields["kind"].choices)[form.cleaned_data["kind"]]


def _filled(formset: Any, name: str) -> list[Any]:
    return [f for f in formset if f.cleaned_data.get(name)]


def _facts(form: BorrowerForm, identifiers: Any, parties: Any, found: Borrower | None, lender: Any) -> dict[str, list[dict[str, Any]]]:
    """The rows by kind, without what is empty and was empty before."""
    said, since = form.cleaned_data, form.cleaned_data["valid_from"]
    facts: dict[str, list[dict[str, Any]]] = {
        "borrower": [{name: said[name] for name in MASTER} | {"key_customer": bool(said["tier"]), "valid_from": since}],
        "identifier": _lines(identifiers, "value", since),
        "related_party": _lines(parties, "name", since),
    }
    for row in facts["related_party"]:
        row["party_number"] = row.get("party_number") or None
    before = form.initial
    if said["group_number"] and not CustomerGroup.objects.filter(lender=lender, number=said["group_number"]).exists():
        facts["group"] = [{"number": said["group_number"], "name": said["group_name"], "valid_from": since}]
    facts["membership"] = _ended(before.get("membership"), said["group_number"], before.get("group_number"), "group_number", since)
    facts["tier"] = _ended(before.get("tier_since"), said["tier"], before.get("tier"), "tier", since)
    for row in facts["tier"]:
        row["tier"] = int(row["tier"])
    return facts


def _lines(formset: Any, name: str, since: date) -> list[dict[str, Any]]:
    """The lines that are filled in, and those that were there and now say another thing or nothing: they are withdrawn."""
    rows, gone = [], {}
    for f in formset:
        said = {key: value for key, value in f.cleaned_data.items() if key != "was"}
        before = f.known.get(f.cleaned_data.get("was") or _key(said, name))
        if said.get("kind"):
            rows.append({**said, "valid_from": before["valid_from"] if before else since})
        if before and f.cleaned_data.get("was"):
            gone[_key(before, name)] = {key: value for key, value in before.items() if key != "was"} | {"withdrawn": True}
    told = {_key(row, name) for row in rows}
    return [row for key, row in gone.items() if key not in told] + rows


def _key(row: Mapping[str, Any], name: str) -> str:
    return f"{row.get('kind', '')} {row.get(name, '')}"


def _by_key(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["was"]: row for row in rows}


def _ended(began: date | None, now: str, before: str | None, name: str, since: date) -> list[dict[str, Any]]:
    """What held before ends where the new one begins; nothing where both are the same."""
    if str(now or "") == str(before or ""):
        return []
    rows: list[dict[str, Any]] = [{name: before, "valid_from": began, "to_on": max(since, began)}] if before and began and began != since else []
    if now:
        rows.append({name: now, "valid_from": since})
    elif before and began == since:
        rows.append({name: before, "valid_from": began, "to_on": since})
    return rows


def _initial(found: Borrower | None, day: date, lender: Any) -> dict[str, Any]:
    if found is None:
        return {"number": queries.next_number(Borrower, lender), "valid_from": day, "kind": Borrower.Kind.COMPANY, "segment": Borrower.Segment.SMALL}
    known = {name: getattr(found, name) for name in MASTER} | {"valid_from": day}
    if member := GroupMembership.objects.in_force(day).filter(borrower=found).select_related("group").last():
        known |= {"group_number": member.group.number, "group_name": member.group.name, "membership": member.valid_from}
    if tier := KeyCustomerTier.objects.in_force(day).filter(borrower=found).last():
        known |= {"tier": str(tier.tier), "tier_since": tier.valid_from}
    return known


def _identifiers(found: Borrower | None, day: date) -> list[dict[str, Any]]:
    names = ("kind", "value", "to_on", "valid_from")
    known = BorrowerIdentifier.objects.known_on(day).filter(borrower=found).order_by("kind", "value") if found else BorrowerIdentifier.objects.none()
    return [{**row, "was": _key(row, "value")} for row in known.values(*names)]


def _parties(found: Borrower | None, day: date) -> list[dict[str, Any]]:
    if found is None:
        return []
    rows = RelatedParty.objects.known_on(day).filter(borrower=found).select_related("party").order_by("kind", "name")
    found_rows: list[dict[str, Any]] = [
        {"kind": r.kind, "name": r.name, "party_number": r.party.number if r.party else "", "share": r.share, "to_on": r.to_on, "valid_from": r.valid_from}
        for r in rows
    ]
    return [{**row, "was": _key(row, "name")} for row in found_rows]


# Facilities ----------------------------------------------------------------------------------------------------------------------


def facility_new(request: HttpRequest) -> HttpResponse:
    """Enter a credit line or contract."""
    lender, day = lender_of(request), day_of(request)
    initial = {"number": queries.next_number(Facility, lender), "currency": lender.currency, "valid_from": day}
    initial |= {"borrower_number": request.GET.get("borrower", "")[:40]}
    known = queries.borrowers_for(request.access)
    form = FacilityForm(request.POST if request.method == "POST" else None, lender=lender, day=day, borrowers=known, initial=initial)

    def write() -> HttpResponse:
        made = actions.enter_facility(by=request.access, lender=lender, row=form.cleaned_data)
        messages.success(request, _("Facility %(number)s is entered.") % {"number": made.number})
        return redirect("entry:home")

    def show(status: int) -> HttpResponse:
        return render(request, "borrowers/entry/facility.html", {"form": form, "day": day}, status=status)

    def summary() -> Summary:
        said = form.cleaned_data
        return Summary(
            _("Enter this facility?"), _("Enter the facility"), facts_of(form), backdated(lender, said["valid_from"]), currency=said["currency"]
        )

    return two_steps(request, valid=form.is_valid, show=show, summary=summary, write=write, form=form)
