"""What each kind of noted act holds. Pure.

Of every act: whom it is about, the day it was done, the business date from which it is known, the loan where it was about one,
and a subject such as `visit:731`, so that one act of a kind by a person on a subject is noted once.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Noted:
    """Of one kind of act: whose conduct it is, what the figure is and in which unit, and the names of the particulars."""

    about: str
    figure: str
    particulars: tuple[str, ...] = ()


KINDS: Mapping[str, Noted] = {
    # points: answered on both sides; changed: of them, answered otherwise by the verifier; decision: confirmed or returned
    "visit_verified": Noted("who recorded the visit", "points changed", ("points", "changed", "decision", "conclusion", "verifier")),
    # points: that the verifier answered; agreed: of them, answered alike; seconds: from opening to the own view
    "review_time": Noted("the verifier", "seconds per point", ("points", "agreed", "seconds")),
    # reused: seen in another visit; old: taken more than two days before the visit; before_loan: of the reused, from before disbursement
    "copied_picture": Noted("who handed the visit in", "pictures", ("reused", "old", "before_loan")),
    # other: the report whose words these are
    "copied_words": Noted("who handed the visit in", "likeness, 0 to 1", ("other",)),
    # reason: away (figure in metres from the address), two_places (in metres) or speed (in km/h); `other`: the other visit
    "impossible_route": Noted("who handed the visit in", "metres or km/h", ("reason", "other")),
    # fact: the kind of record
    "entry": Noted("who entered the record", "days from the stated day to the entry", ("fact",)),
    # rule: its code; outcome: of Alert.Outcome; level: at closing
    "alert_closed": Noted("who submitted the alert for closing", "days open", ("rule", "outcome", "level")),
    # conclusion: no_problem, concern, problem or not_given
    "visit_reported": Noted("who handed the visit in", "days from the visit to the report", ("conclusion",)),
    "visit_postponed": Noted("who was to visit", "days put off", ("asked_by",)),
    "visit_refused": Noted("who was to visit", "", ("asked_by",)),
    # worse: the proposed class is a worse one; agrees: it was confirmed
    "class_wait": Noted("who decided", "days from the proposal to the decision", ("worse", "agrees")),
}


def faults(kind: str, particulars: Mapping[str, object]) -> str:
    """What is wrong with the particulars of an act; empty when nothing is. Every name of its kind is given, and no other."""
    if kind not in KINDS:
        return f"{kind} is no kind of act."
    given, asked = set(particulars), set(KINDS[kind].particulars)
    return "" if given == asked else f"{kind}: particulars are {', '.join(sorted(asked)) or 'none'}, not {', '.join(sorted(given)) or 'none'}."
