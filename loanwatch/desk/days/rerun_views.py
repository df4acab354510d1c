"""Running a closed day again: asked for by one person, shown with its differences, decided by another."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from alerts.observation.rerun_models import RunDifference
from borrowers.feeds.quarantine import reaches_whole_lender
from loanwatch.day import rerun
from loanwatch.desk.days.forms import ReasonForm, RerunForm
from loanwatch.desk.days.views import day_of
from loanwatch.kernel import sheets
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.models import BusinessDay
from loanwatch.trail.queries import last_closed, lenders_seen
from loanwatch.trail.record import record

DIFFERENCES_PER_PAGE = 50
MOST_EXPORTED = 100_000
State = BusinessDay.State
LIVE = (State.COMPARING, State.REPLACING)


def ask(request: HttpRequest, lender: str, on: str) -> HttpResponse:
    """The page on which a closed day is asked to be run again: why, known by when, all loans or those of which news came."""
    day = day_of(request, lender, on)
    newest = last_closed(day.lender)
    form = RerunForm(request.POST or None, initial={"only_changed": True, "known_on": newest}, day=day.business_date, newest=newest)
    if request.method == "POST" and form.is_valid():
        made = rerun.ask_rerun(day.lender, day.business_date, request.access, **form.cleaned_data)
        messages.success(request, _("A worker runs the day again. What stands doesn't change before another person decides."))
        return redirect("days:run", lender, on, made.run_version)
    return render(request, "desk/days/rerun.html", {"day": day, "form": form}, status=422 if form.is_bound else 200)


def run(request: HttpRequest, lender: str, on: str, version: int) -> HttpResponse:
    """One re-run: who asked why, what differs by kind and figure, the rows behind a number, and the decision."""
    found = _run_of(request, lender, on, version)
    if request.htmx:  # the notice of a run at work asks whether it is done
        return HttpResponse(status=204) if found.state in LIVE else HttpResponseClientRefresh()
    return _show(request, found)


def _show(request: HttpRequest, found: BusinessDay, form: ReasonForm | None = None, dropping: ReasonForm | None = None) -> HttpResponse:
    access = request.access
    grain, figure = request.GET.get("grain", ""), request.GET.get("field")
    rows = access.may(Act.LOAN_SEE) and _sees_rows(access, found)
    page = Paginator(_differences(access, found, grain, figure), DIFFERENCES_PER_PAGE).get_page(request.GET.get("page")) if rows else None
    waits = found.state == State.COMPARED
    context = {
        "day": found, "page": page, "rows": rows, "counts": _counts(found), "grain": grain, "figure": figure,
        "grains": {name: grain_word(name) for name in found.differences},
        "may_replace": waits and access.may(Act.DAY_REPLACE, found), "may_drop": rerun.may_be_dropped(found) and access.may(Act.DAY_RERUN),
        "own": waits and access.may(Act.DAY_REPLACE) and not access.may(Act.DAY_REPLACE, found), "live": found.state in LIVE,
        "failed": rerun.failed(found), "form": form or ReasonForm(auto_id="replace_%s"), "dropping": dropping or ReasonForm(auto_id="drop_%s"),
    }  # fmt: skip
    faulty = any(f is not None for f in (form, dropping))
    return render(request, "desk/days/run.html", context, status=422 if faulty else 200)


def replace(request: HttpRequest, lender: str, on: str, version: int) -> HttpResponse:
    """Let the figures of the re-run take the place of those that stand."""
    found = _run_of(request, lender, on, version)
    request.access.check(Act.DAY_REPLACE, found)
    form = ReasonForm(request.POST, auto_id="replace_%s")
    if not form.is_valid():
        return _show(request, found, form=form)
    rerun.replace_day(found, request.access, form.cleaned_data["reason"])
    messages.success(request, _("A worker replaces the figures. If the day would come out differently meanwhile, nothing is replaced and the new differences are shown."))
    return redirect("days:run", lender, on, version)


def drop(request: HttpRequest, lender: str, on: str, version: int) -> HttpResponse:
    """Let what stands stand."""
    found = _run_of(request, lender, on, version)
    form = ReasonForm(request.POST, auto_id="drop_%s")
    if not form.is_valid():
        return _show(request, found, dropping=form)
    rerun.drop_rerun(found, request.access, form.cleaned_data["reason"])
    messages.success(request, _("Dropped. The figures that stand are kept, and so are the differences."))
    return redirect("days:run", lender, on, version)


def export(request: HttpRequest, lender: str, on: str, version: int, kind: str) -> HttpResponse:
    """The differences kept, by the filters in the address, as CSV or XLSX. Told to the audit trail."""
    found, access = _run_of(request, lender, on, version), request.access
    if kind not in sheets.CONTENT_TYPES:
        raise Http404
    grain, figure = request.GET.get("grain", ""), request.GET.get("field")
    kept = _differences(access, found, grain, figure)[:MOST_EXPORTED] if _sees_rows(access, found) else ()
    rows = [(grain_word(d.grain), d.label, d.field, _plain(d.then), _plain(d.now)) for d in kept]
    head: list[tuple[Any, ...]] = [
        (_("Differences of a re-run"), found.lender.name), (_("Business day"), found.business_date), (_("Run"), found.run_version),
        (_("Made by"), str(access.person), access.on),
    ]  # fmt: skip
    record("day.differences_exported", by=access, subject=found, rows=len(rows), kind=kind, filters=request.GET.urlencode())
    columns = [_("Kind"), _("Subject"), _("Figure"), _("As it stands"), _("Run again")]
    answer = HttpResponse(sheets.sheet(kind, head=head, columns=columns, rows=rows), content_type=sheets.CONTENT_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="differences-{found.business_date}-{found.run_version}.{kind}"'
    return answer


def _sees_rows(access: Access, found: BusinessDay) -> bool:
    """A difference may be of any branch: its rows are for people whose role reaches the whole lender."""
    return access.person is not None and access.person.lender_id == found.lender_id and reaches_whole_lender(access)


def _differences(access: Access, found: BusinessDay, grain: str, figure: str | None) -> QuerySet[RunDifference]:
    """The differences kept, without those of the reader's own figures as a member of staff: nobody reads what is observed of themselves."""
    return rerun.differences_of(found, grain, figure).exclude(grain="staff", subject_id=access.person.pk if access.person else 0)


def grain_word(grain: str) -> str:
    """What the subjects of a grain are called."""
    names = {"loan": _("Loan"), "borrower": _("Borrower"), "branch": _("Branch"), "staff": _("Staff member"), "sector": _("Industry"), "rule": _("Warning rule")}
    return str(names.get(grain, grain))


def _counts(found: BusinessDay) -> list[dict[str, Any]]:
    """Grain, figure and how many differ; the most first."""
    lines = [{"grain": grain, "field": name, "n": n} for grain, fields in found.differences.items() for name, n in fields.items()]
    return sorted(lines, key=lambda line: (-line["n"], line["grain"], line["field"]))


def _plain(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, (int, float, str)) else str(value)


def _run_of(request: HttpRequest, lender: str, on: str, version: int) -> BusinessDay:
    try:
        when = date.fromisoformat(on)
    except ValueError:
        raise Http404 from None
    seen = BusinessDay.objects.filter(lender__in=lenders_seen(request.access)).select_related("lender", "asked_by", "decided_by")
    return get_object_or_404(seen, lender__code=lender, business_date=when, run_version=version, asked_by__isnull=False)
