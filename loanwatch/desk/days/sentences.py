"""What the operator is told: what happened, what it means, what to do now."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loanwatch.desk.addresses import address
from loanwatch.desk.days.queries import Standing, State, UnitLine, Work
from loanwatch.desk.formats import day as day_words
from loanwatch.trail.models import RunUnit
from loanwatch.trail.words import step_word


@dataclass(frozen=True)
class Told:
    """One notice. tone: red, orange, blue or green."""

    tone: str
    title: str
    text: str
    url: str = ""
    link: str = ""


def how_long(seconds: float) -> str:
    """About so long: whole tens of seconds below two minutes, then minutes, then hours with minutes."""
    if seconds < 115:
        n = max(10, round(seconds / 10) * 10)
        return ngettext("about %(n)s second", "about %(n)s seconds", n) % {"n": n}
    minutes = round(seconds / 60)
    if minutes < 120:
        return ngettext("about %(n)s minute", "about %(n)s minutes", minutes) % {"n": minutes}
    return _("about %(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02d}"}


def age_words(seconds: int | None) -> str:
    """How long ago: seconds below two minutes, minutes below two hours, then hours, then days. A dash for None."""
    if seconds is None:
        return "–"
    if seconds < 120:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 7200:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 172800:
        return _("%(n)s h") % {"n": seconds // 3600}
    return ngettext("%(n)s day", "%(n)s days", seconds // 86400) % {"n": seconds // 86400}


def unit_words(line: UnitLine) -> str:
    """One square of the grid in words."""
    unit = line.unit
    facts = {
        "n": unit.bucket + 1,
        "state": unit.get_state_display(),
        "owner": unit.owner,
        "attempts": unit.attempts,
        "seconds": f"{line.seconds:.1f}" if line.seconds is not None else "0",
    }
    if unit.state == RunUnit.State.TODO and not unit.attempts:
        return _("Unit %(n)s: waiting") % facts
    if unit.state == RunUnit.State.RUNNING:
        return _("Unit %(n)s: running with %(owner)s for %(seconds)s seconds, attempt %(attempts)s") % facts
    return _("Unit %(n)s: %(state)s, last with %(owner)s, attempts %(attempts)s, %(seconds)s seconds") % facts


def step_words(lines: list[UnitLine]) -> str:
    """All squares of a step in one sentence, for those who don't see them."""
    counts = {state: sum(1 for line in lines if line.unit.state == state) for state in RunUnit.State.values}
    return _("%(done)s done, %(running)s running, %(todo)s waiting, %(failed)s set aside") % counts


def of_run(work: Work, open_exceptions: int, undecided: int, workers: int) -> Told | None:
    """What the reader is told of one run; None for one that is closed with nothing left open.

    `undecided`: what was set aside and not accepted on a day on which all else is done.
    """
    run, on = work.run, day_words(work.run.business_date)
    if run.state == State.CLOSING and undecided:
        return Told(
            "red",
            ngettext("%(day)s waits for a decision: %(n)s exception.", "%(day)s waits for a decision: %(n)s exceptions.", undecided) % {"n": undecided, "day": on},
            _("All else is done. The day stays open and no later day begins. Mend the cause and try again; or credit administration closes the day with exceptions."),
        )
    if run.state == State.CLOSING and not workers:
        return Told(
            "red",
            _("No worker was heard for five minutes, and units of %(day)s wait.") % {"day": on},
            _("Nothing is lost: the work goes on where it stopped as soon as a worker starts. Start the workers, or look why they ended."),
        )
    if run.state == State.CLOSING:
        now = work.day.now
        if work.failed:
            return Told(
                "orange",
                ngettext("%(n)s unit of %(day)s was set aside while the rest goes on.", "%(n)s units of %(day)s were set aside while the rest goes on.", work.failed)
                % {"n": work.failed, "day": on},
                _("The day can't close with it. Read the fault below and mend its cause; what is done meanwhile is kept."),
            )
        step = step_word(now.name) if now else _("closing")
        left = _("%(left)s left.") % {"left": how_long(work.left).capitalize()} if work.left is not None else ""
        return Told("blue", _("%(day)s is being closed: %(step)s.") % {"day": on, "step": step}, left or _("It closes by itself when its last unit is done."))
    if run.state == State.COMPARING:
        return Told("blue", _("%(day)s is being run again for comparison.") % {"day": on}, _("The figures that stand don't change before somebody decides."))
    if run.state == State.REPLACING:
        return Told("blue", _("The figures of %(day)s are being replaced.") % {"day": on}, _("Pages show the old figures until all are replaced."))
    if open_exceptions:
        return Told(
            "orange",
            ngettext("%(n)s exception of %(day)s is open.", "%(n)s exceptions of %(day)s are open.", open_exceptions)
            % {"n": open_exceptions, "day": on},
            _("What is set aside here is left out of every later day until it is repaired. Mend the cause, then try again."),
        )
    return None


def of_lender(standing: Standing, work: Work | None) -> Told:
    """What the reader is told where no day is at work."""
    if standing.waits:
        on, names = standing.waits
        return Told(
            "orange",
            _("%(day)s waits for %(feeds)s.") % {"day": day_words(on), "feeds": ", ".join(names)},
            _("The feed was not delivered or not applied. The day closes by itself as soon as it is here; or it is closed without it, for a reason."),
            address("feeds:board"),
            _("Open the board of feeds"),
        )
    if standing.late:
        return Told(
            "red",
            _("%(day)s should be closed by now and is not.") % {"day": day_words(standing.late)},
            _("Look whether its feeds have come, whether the scheduler was heard and whether workers are alive."),
        )
    if standing.closed is None:
        return Told("blue", _("No day was ever closed."), _("The first day appears when the scheduler or the command run_day opens it."))
    if standing.due:
        return Told(
            "blue",
            ngettext("%(n)s day waits to be opened.", "%(n)s days wait to be opened.", standing.due) % {"n": standing.due},
            _("The scheduler opens them in order within seconds."),
        )
    return Told("green", _("All is closed up to %(day)s.") % {"day": day_words(standing.closed.business_date)}, _("Nothing waits for you."))


def process_words(kind: str) -> Any:
    """What a process is called."""
    return {"scheduler": _("Scheduler"), "worker": _("Worker"), "watch": _("Watch"), "relay": _("Relay of messages")}.get(kind, kind)
