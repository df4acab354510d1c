"""Prints `docs/demo-book.md`: the planted cases with their numbers and what must be found."""

from collections.abc import Iterable
from datetime import date
from random import Random

from django.conf import settings

from loanwatch.demo import bank, book, calendar, conduct, inspecting, planted, staff
from loanwatch.demo.drafts import Note
from loanwatch.demo.names import Namer
from loanwatch.demo.planted import Case
from loanwatch.demo.readings import READINGS, RULES

AS_OF = date(2026, 11, 20)
PAGE = settings.ROOT / "docs" / "demo-book.md"
HEAD = """# The demo book and its answer key

The demo book is a made-up bank with made-up people. `manage.py seed_demo --seed S --loans N --as-of D` makes it; the same seed,
size and day give the same book. Nothing in it comes from real borrowers.

- **The bank**: {bank}, lender `DEMO`, yuan, Shanghai time: a head office, 2 regions, 6 branches, 12 sub-branches, {staff} people.
  The log-ins are in the README; the other account managers log in as `am` with the number of their sub-branch and a letter
  (`am122c`), the other officers and heads as `officer120`, `head120` and so on. All have the same password.
- **The book**: loans of nine products over 24 months. About 70 % pay well; the others pay by season, slide, pay in parts, pay
  the interest late, fall into arrears and recover, default, pay early, or are repaid by a new loan. About 4 to 6 % of the balance
  is 30 or more days past due, about 2 % 90 or more.
- **The days**: month-ends for the older part, every Chinese business day for the last 60. The book puts them on the list; the
  workers close them by the day's own steps.
- **Inspections**: until {closes} closes before the end they were planned elsewhere and handed over; since then LoanWatch's own plan opens
  the tasks.
- **Acts**: `manage.py seed_demo_acts` lets the people act on the alerts of the closed history, once.

## Planted cases

The numbers below are the same in every book, whatever its seed, size and day; "days ago" counts back from the last day.
"Alert" is the rule and the level at which it must be open and hold after the last close; "none" means that it must not hold.
"Observation" names columns of [the observation](indicators.md) on the last day. Cases on staff conduct (`PRC`) are not shown to
the manager they concern.

| Loan | Case | Manager | What is so | Alert | Observation |
|---|---|---|---|---|---|
"""
INDICATORS = """
## Planted indicators

Cases of [the catalogue of indicators](indicators.md) beyond the loan book: what statements, accounts, bureaus, registers, courts and people say.
Of these borrowers nothing is told but what the case tells. "Value" is the indicator's on the last day (shares as fractions, rounded to six
places; empty where only the level is certain). "Level" is what the shipped rule of the same code says: where the rule ships live, an alert
of that level is open after the last close; "(off)" marks a rule that ships off, which says the same once it is approved; "clear" means that
no level is reached. "Field" is that of the observation, where a test that closes the whole history finds the value and the level.

| Loan | Case | Indicator | Field | Value | Level | What is so |
|---|---|---|---|---|---|---|
"""
STAFF = """
## Planted conduct of staff

| Log-in | Indicator | Field | Value | Level | What is so |
|---|---|---|---|---|---|
"""
FIGURES = """
## Figures

For every close of the 24 months the generator itself knows how many loans are on the book, what is outstanding, in which bucket each loan
stands and how many days it is past due (`loanwatch.demo.known_figures`); a test closes the whole history and compares with `manage.py figures`.
"""
TAIL = """
## Branches

- Sub-branch `122`: the loans of `am122c` made six months ago went bad together, the earlier months hardly at all: the vintage ratio
  (indicator IND-05) is above 2, and more of its loans than in the past year move one bucket worse (alert IND-06 red).
- The three loans `same_photo` of `am221c` were inspected with the same two photographs; the second and third inspection
  are marked as reused.
- The inspections of `am122c` found no problem and took two minutes each.
- `am112b` left 23 days ago. Three of the loans were forgotten in the handover; the others have a new manager since that day.
- The payment of `told_late` was made 25 days ago and became known 12 days later: `manage.py loan` with and without `--known-on`
  shows both truths.
"""


def page(cases: Iterable[tuple[Note, Case]], *, name: str, people: int, closes: int) -> str:
    """The whole page in Markdown; `cases` in the order of their numbers."""
    lines, told = [], list(cases)
    for note, case in told:
        alerts = ", ".join(f"{rule} {said(rule, level) if level else 'none'}" for rule, level in case.shows.items())
        sees = ", ".join(f"`{column}` {value.rstrip('0').rstrip('.') if '.' in value else value}" for column, value in case.sees.items())
        lines.append(f"| {note.number} | `{case.code}` | `{note.party.manager}` | {case.what} | {alerts} | {sees} |")
    head = HEAD.format(bank=name, staff=people, closes=closes)
    return head + "\n".join(lines) + "\n" + INDICATORS + _finds(told) + STAFF + _conduct() + FIGURES + TAIL


def _finds(cases: Iterable[tuple[Note, Case]]) -> str:
    lines = []
    for note, case in cases:
        for place, (indicator, (value, level)) in enumerate(case.finds.items()):
            what = "" if place else case.what
            lines.append(f"| {note.number} | `{case.code}` | {indicator} | `{READINGS[indicator].field}` | {value} | {said(indicator, level)} | {what} |\n")
    return "".join(lines)


def said(indicator: str, level: str) -> str:
    """The level as the page shows it."""
    return level + ("" if RULES[indicator].ships_live else " (off)") if level else "clear"


def _conduct() -> str:
    return "".join(
        f"| `{login}` | {indicator} | `{READINGS[indicator].field}` | {value} | {said(indicator, level)} | {what} |\n"
        for login, indicator, value, level, what in conduct.STAFF_KEY
    )


def garden() -> planted.Garden:
    """The planted cases as they stand in every book; dates as of a day of 2026."""
    source = Random(1)
    namer = Namer(source)
    days = calendar.make(AS_OF, {})
    return planted.plant(book.Frame(source, namer, days.start, days.as_of, staff.managers(staff.seats(namer))))


def of_any_day() -> str:
    """The page as it stands in the documentation: the cases do not depend on seed, size or day."""
    return page(garden().cases, name=bank.NAME, people=len(staff.seats(Namer(Random(1)))), closes=inspecting.PLANNED_CLOSES)
