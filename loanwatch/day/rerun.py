"""Closed days are run again as a new version. What is different is shown first; another person decides whether it stands.

The steps of the night run as they are over temporary tables, as of the closed date, with what is known by a later one. With
unchanged inputs nothing differs and the checksum is that of the close. Alerts, proposals, tasks and messages of the day are
never made again: people have acted on them. Days after the one that is replaced carry on from their own rows.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, QuerySet
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from alerts.observation import rerun
from alerts.observation.models import DroppedDay
from alerts.observation.rerun_models import RunDifference
from alerts.signals.warn import levels_of
from loanwatch.day import checksums, steps
from loanwatch.kernel.policy import Conflict
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail import ledger
from loanwatch.trail.models import BusinessDay, RunException, RunUnit
from loanwatch.trail.queries import CLOSED, last_closed, lenders_seen
from loanwatch.trail.record import record

State = BusinessDay.State
OPEN = (State.COMPARING, State.COMPARED, State.REPLACING)
OBSERVING = ("allocate", *checksums.OBSERVING)  # the steps that are run again


def ask_rerun(
    lender: Lender, business_date: date, by: Access, reason: str, *, only_changed: bool = True, known_on: date | None = None
) -> BusinessDay:
    """Put a re-run of a closed day on the list; returns it, to be compared by a worker.

    known_on: facts known by this date count; left out, by the newest closed day. only_changed: only loans of which something
    became known since are computed, all others are taken as they stand. Raises Conflict for a day that is being run again
    already, or of which the daily rows were dropped, or without a reason; Refused for those who may not; Http404 for a day that is
    not closed.
    """
    with transaction.atomic():
        Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
        days = BusinessDay.objects.filter(lender__in=lenders_seen(by), lender=lender, business_date=business_date)
        standing = get_object_or_404(days, state__in=CLOSED)
        by.check(Act.DAY_RERUN, standing)
        if not reason.strip():
            raise Conflict(_("Say why the day should be run again."))
        if days.filter(state__in=OPEN).exists():
            raise Conflict(_("This day is being run again already. Decide on that run first."))
        if DroppedDay.objects.filter(lender=lender, as_of=business_date).exists():
            raise Conflict(
                _("The observation of %(day)s is kept no longer. Have it computed again first: manage.py rebuild_day %(day)s.") % {"day": business_date}
            )
        newest = days.aggregate(v=Max("run_version"))["v"]
        day = BusinessDay.objects.create(
            lender=lender, business_date=business_date, run_version=newest + 1, state=State.COMPARING, previous_date=standing.previous_date,
            asked_by=by.person, asked_at=Now(), asked_reason=reason.strip(), known_on=known_on or last_closed(lender), only_changed=only_changed,
        )  # fmt: skip
        ledger.errand(day, "rerun")
        record("day.rerun_asked", by=by, subject=day, business_date=str(business_date), run_version=day.run_version, reason=day.asked_reason,
               known_on=str(known_on or last_closed(lender)), only_changed=only_changed)  # fmt: skip
        _ring()
    day.refresh_from_db()
    return day


def replace_day(day: BusinessDay, by: Access, reason: str) -> BusinessDay:
    """Agree that the figures of a compared re-run take the place of those that stand; a worker does it.

    It computes once more. When the checksum is no longer the one that was shown, nothing is replaced, and the run is back at
    `compared` with the fresh differences. Raises Conflict unless the run waits for a decision, Refused for the one who asked.
    """
    with transaction.atomic():
        day = _locked(day, by, Act.DAY_REPLACE)
        if day.state != State.COMPARED:
            raise Conflict(_("This run does not wait for a decision."))
        if not reason.strip():
            raise Conflict(_("Say why the new figures should stand."))
        _save(day, state=State.REPLACING, decided_by=by.person, decided_at=Now(), decided_reason=reason.strip())
        ledger.errand(day, "replace")
        record("day.replacement_agreed", by=by, subject=day, business_date=str(day.business_date), run_version=day.run_version, reason=reason.strip(),
               checksum=day.checksum, differences=day.differences)  # fmt: skip
        _ring()
    day.refresh_from_db()
    return day


def drop_rerun(day: BusinessDay, by: Access, reason: str) -> BusinessDay:
    """Let what stands stand; the differences are kept. Raises Conflict when the run was decided already, unless the replacement failed."""
    with transaction.atomic():
        day = _locked(day, by, Act.DAY_RERUN)
        if not may_be_dropped(day):
            raise Conflict(_("This run does not wait for a decision."))
        _save(day, state=State.DROPPED, decided_by=by.person, decided_at=Now(), decided_reason=reason.strip())
        _units(day).filter(state__in=[RunUnit.State.TODO, RunUnit.State.FAILED]).update(state=RunUnit.State.ACCEPTED)
        mine = RunException.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version, loan_id=None)
        mine.filter(resolved_at=None).update(resolved_at=Now())
        record("day.rerun_dropped", by=by, subject=day, business_date=str(day.business_date), run_version=day.run_version, reason=reason.strip())
    day.refresh_from_db()
    return day


def may_be_dropped(day: BusinessDay) -> bool:
    """Whether a re-run is undecided, or was agreed to and the replacement failed for good."""
    gave_up = _units(day).filter(state=RunUnit.State.FAILED)
    return day.state in (State.COMPARING, State.COMPARED) or (day.state == State.REPLACING and gave_up.exists())


def differences_of(day: BusinessDay, grain: str = "", field: str | None = None) -> QuerySet[RunDifference]:
    """The differences that a re-run found, by grain, subject and field: at most a thousand of each grain and field."""
    found = RunDifference.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)
    if grain:
        found = found.filter(grain=grain)
    return found if field is None else found.filter(field=field)


# What the worker does ---------------------------------------------------------------------------------------------------------


def compare(unit: ledger.Unit) -> None:
    """The errand `rerun`: compute the day beside what stands and keep the differences."""
    with unit.effects() as cursor:
        day = _day_of(unit)
        if day.state == State.COMPARING:
            found = _recompute(cursor, unit, day)
            _save(day, state=State.COMPARED, **found.kept)
            unit.checksum = found.kept["checksum"]
            unit.count(rows_in=found.kept["loans"], rows_out=sum(n for fields in found.kept["differences"].values() for n in fields.values()))


def replace(unit: ledger.Unit) -> None:
    """The errand `replace`: compute once more, and replace what differs if it is still what was shown."""
    with unit.effects(alone=True) as cursor:
        day = _day_of(unit)
        if day.state != State.REPLACING:
            return
        found = _recompute(cursor, unit, day)
        if found.kept["checksum"] != day.checksum:
            _save(day, state=State.COMPARED, decided_by=None, decided_at=None, decided_reason="", **found.kept)
            record("day.replacement_stale", by=None, subject=day, shown=day.checksum, found=found.kept["checksum"])
            return
        unit.count(rows_in=found.kept["loans"], rows_out=rerun.put_in_place(cursor, found.key, found.tables))
        standing = BusinessDay.objects.get(lender=day.lender_id, business_date=day.business_date, state__in=CLOSED)
        _save(standing, state=State.REPLACED)
        for step in RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=1, step__in=checksums.OBSERVING):
            slice_key = {**found.key, "lo": step.bucket_from, "hi": step.bucket_to, "only": None}
            RunUnit.objects.filter(pk=step.pk).update(checksum=checksums.of_unit(cursor, step.step, slice_key)[1])
        # What was set aside as a whole is in the new figures; a single loan stays out until it is tried again.
        RunException.objects.filter(lender=day.lender_id, business_date=day.business_date, loan_id=None, resolved_at=None).update(resolved_at=Now())
        _save(day, state=standing.state, accepted_by=standing.accepted_by, reason=standing.reason, opened_at=standing.opened_at,
              closed_at=standing.closed_at, slices=standing.slices)  # fmt: skip
        record("day.replaced", by=None, subject=day, business_date=str(day.business_date), run_version=day.run_version, checksum=day.checksum,
               agreed_by=day.decided_by_id)  # fmt: skip


class _Found:
    """A computation: the parameters of its steps, the tables compared, and what is kept with the run."""

    def __init__(self, key: dict[str, Any], tables: list[rerun.Table], kept: dict[str, Any]) -> None:
        self.key, self.tables, self.kept = key, tables, kept


def _recompute(cursor: CursorWrapper, unit: ledger.Unit, day: BusinessDay) -> _Found:
    lender = day.lender
    known = day.known_on or day.business_date
    only = rerun.changed_loans(cursor, lender, day.business_date, known) if day.only_changed else None
    key = ledger.key_of(lender.pk, day.business_date, previous=day.previous_date, known=known, held=unit.held, only=only)
    levels_of(cursor, key, lender, "lw_levels_then")
    with rerun.guard(cursor):
        compared = rerun.shadow(cursor, key)
        for step, _cut in steps.PLAN:
            if step in OBSERVING:  # the states of all loans are needed, since loans look at those of others
                steps.run(cursor, step, {**key, "only": None} if step == "allocate" else key, lender)
        checksum = checksums.together(checksums.of_unit(cursor, step, {**key, "only": None})[1] for step in checksums.OBSERVING)
    levels_of(cursor, key, lender, "lw_levels_now")
    differences = rerun.compare(cursor, key, lender, day.run_version, compared)
    cursor.execute("SELECT count(*) FROM alerts_loanday WHERE lender_id = %(lender)s AND as_of = %(day)s", key)
    loans = cursor.fetchone()[0] if only is None else len(only)
    return _Found(key, compared, {"checksum": checksum, "loans": loans, "differences": differences})


def _day_of(unit: ledger.Unit) -> BusinessDay:
    return BusinessDay.objects.select_for_update(of=("self",)).select_related("lender").get(
        lender_id=unit.lender_id, business_date=unit.business_date, run_version=unit.run_version
    )


def _locked(day: BusinessDay, by: Access, act: Act) -> BusinessDay:
    found = get_object_or_404(BusinessDay.objects.select_for_update(of=("self",)).filter(lender__in=lenders_seen(by)), pk=day.pk)
    by.check(act, found)
    return found


def _units(day: BusinessDay) -> QuerySet[RunUnit]:
    return RunUnit.objects.filter(lender=day.lender_id, business_date=day.business_date, run_version=day.run_version)


def _save(day: BusinessDay, **changes: Any) -> None:
    BusinessDay.objects.filter(pk=day.pk).update(**changes)


def _ring() -> None:
    from loanwatch.day import tasks  # which imports the actions that import this

    transaction.on_commit(tasks.ring)


def failed(day: BusinessDay) -> str:
    """The last line of the error for which a worker gave the run up; empty when none did."""
    unit = _units(day).filter(state=RunUnit.State.FAILED).first()
    return (unit.error.strip().splitlines() or ["no message"])[-1] if unit else ""
