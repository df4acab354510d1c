"""Finds the loan that makes a unit fail, or kills the worker that does it, so that all others of the unit are done.

Ranges of loans are tried one by one: the step runs for them alone and is rolled back. A range that fails is cut in half and
its halves are tried. What is being tried is kept in the ledger beforehand; so when a try kills its worker, whoever takes the
unit next knows which range it was. Only a single loan that fails, or that alone kills three workers, is set aside; the
range that a passing fault hit is found innocent at the next try. After each such kill the step is tried without any loan: where
that ends without a word too, the machine kills its workers whatever they do, and nothing was learnt about the loan.
"""

import traceback
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection, transaction

from borrowers.loans.models import Loan
from loanwatch.trail import held, ledger

MOST = 25  # loans of one unit; when more fail, it is not the loans
KILLS = 3  # workers that a loan alone may kill
Try = Callable[[list[int]], None]  # does the step for these loans, inside a transaction that is rolled back


class NotALoan(Exception):
    """The unit fails whichever loans are left out; the message says how that was found."""


class _Undo(Exception):
    pass


def isolate(unit: ledger.Unit, attempt: Try) -> None:
    """Set aside the loans of the unit that can't be processed. Raises NotALoan when no loan is to blame, Fenced when overtaken.

    Where the unit lost workers and no loan does it again, nothing is set aside: it was the machine.
    """
    ids = _loans(unit)
    search = unit.search or {"open": [[ids[0], ids[-1]]] if ids else [], "guilty": [], "kills": 0}
    if unit.search is None:
        unit.note_search(search)
        _without_any(unit, attempt)
    elif search.pop("control", False):
        search["kills"] = 0
    elif search["open"] and search.pop("trying", False):
        _was_killed(search, ids)
    while search["open"]:
        first, last = search["open"][0]
        if search["kills"]:
            unit.note_search({**search, "control": True})
            _without_any(unit, attempt)
        if search["kills"] >= KILLS:
            search["open"], search["kills"] = search["open"][1:], 0
            search["guilty"].append([first, f"The worker ended without a word each of the {KILLS} times it had only this loan to do."])
            continue
        members = ids[bisect_left(ids, first) : bisect_right(ids, last)]
        unit.note_search({**search, "trying": True})
        error = _try(unit, attempt, members) if members else None
        search["open"], search["kills"] = search["open"][1:], 0
        if error and len(members) == 1:
            search["guilty"].append([first, error])
        elif error:
            search["open"] = _halves(members) + search["open"]
        if len(search["guilty"]) > MOST:
            unit.note_search({"ended": True})
            raise NotALoan(f"More than {MOST} loans of the slice fail, so the fault lies in the step. One of them: {error}")
    _set_aside(unit, search["guilty"])


def _loans(unit: ledger.Unit) -> list[int]:
    with connection.cursor() as cursor:
        unit.held = ledger.held_loans(cursor, unit.lender_id)
    found = Loan.objects.filter(lender=unit.lender_id, bucket__range=(unit.bucket_from, unit.bucket_to)).exclude(pk__in=unit.held)
    return list(found.order_by("pk").values_list("pk", flat=True))


def _was_killed(search: dict, ids: list[int]) -> None:
    """The try before this one ended without a word: cut its range, or count it against its only loan."""
    first, last = search["open"][0]
    members = ids[bisect_left(ids, first) : bisect_right(ids, last)]
    if len(members) > 1:
        search["open"] = _halves(members) + search["open"][1:]
    else:
        search["kills"] += 1


def _halves(members: list[int]) -> list[list[int]]:
    middle = len(members) // 2
    return [[part[0], part[-1]] for part in (members[:middle], members[middle:])]


def _without_any(unit: ledger.Unit, attempt: Try) -> None:
    error = _try(unit, attempt, [])
    if error:
        unit.note_search({"ended": True})
        raise NotALoan(f"The step fails without any loan too. {error}")


def _try(unit: ledger.Unit, attempt: Try, loans: list[int]) -> str | None:
    """The traceback of doing the step for these loans only; None when it went well. Nothing of it is kept."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                ledger.begin(cursor, unit.lender_id)
            attempt(loans)
            raise _Undo
    except _Undo:
        return None
    except (OperationalError, InterfaceError):
        raise  # the database is gone, or had enough: as if the worker had died
    except Exception:
        return traceback.format_exc()


def _set_aside(unit: ledger.Unit, guilty: list[list]) -> None:
    numbers = dict(Loan.objects.filter(pk__in=[loan for loan, _ in guilty]).values_list("pk", "number"))
    with transaction.atomic():
        for loan, error in guilty:
            held.set_loan_aside(unit, loan, numbers[loan], error)
        unit.note_search({"ended": True, "guilty": [loan for loan, _ in guilty]})
