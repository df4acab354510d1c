"""Measures what the shipped early-warning rules were worth on the real mortgage panel: `python -m benchmarks.rule_quality [--write]`.

Loads the panel month by month into a database of its own, closes all 66 month-ends with the day's own steps, and back-tests every rule that
can be evaluated on it. `--write` writes docs/rule-quality.md. Takes about six minutes on two busy cores. Without the shared data it says so and ends.
"""

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import nights

ROOT = nights.ROOT
SHARED = Path(os.environ.get("LOANWATCH_SHARED") or ROOT.parent / "shared")
PANEL = SHARED / "data" / "fannie_mae_2007q3"
FIRST, LAST = date(2007, 7, 31), date(2012, 12, 31)
DOC = ROOT / "docs" / "rule-quality.md"
LEVELS = ((1, "at least yellow"), (2, "at least orange"), (3, "red"))
QUESTIONS = (("dpd90", 12), ("dpd60", 6))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write docs/rule-quality.md; else the page is printed")
    parser.add_argument("--on", type=date.fromisoformat, default=None, help="the day of measurement that the page names; else today")
    options = parser.parse_args()
    if not PANEL.is_dir():
        sys.exit(f"The real mortgage panel is not here: there is no folder {PANEL}.")
    with nights.server() as pattern, nights.database(pattern, "quality"):
        text = page(closed_panel(), options.on or date.today())  # noqa: DTZ011  the day on which somebody measures
    if options.write:
        DOC.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def closed_panel() -> Any:
    """The lender of the panel with all its months loaded and closed, and the shipped rules."""
    from alerts.rulebook.actions import install_seeds
    from borrowers.feeds.actions import Order, load
    from borrowers.feeds.importer.formats import find
    from loanwatch.day.actions import close_days
    from loanwatch.kernel.calendars import add_months, month_end
    from loanwatch.lenders.actions import open_lender
    from loanwatch.people.tree import open_head_office

    lender = open_lender(code="PANEL", currency="USD", zone="America/New_York", calendar="month_end", holidays_until=2013)
    open_head_office(lender, name="Head office", on=date(1970, 1, 1))
    load(Order(lender, find("mortgage_acquisition"), PANEL / "acquisition.csv.gz", FIRST))
    day = FIRST
    while day <= LAST:
        load(Order(lender, find("mortgage_performance"), PANEL / "performance.csv.gz", day))
        list(close_days(lender, day, day))
        sys.stderr.write(f"{day}\n")
        day = month_end(add_months(day.replace(day=1), 1))
    install_seeds(lender)
    return lender


def judged(lender: Any, target: str, months: int) -> tuple[list[tuple[Any, dict[int, Any]]], list[Any]]:
    """Each rule that could be evaluated and fired, with its figures by least level; and the rules that were clear wherever they could be evaluated."""
    from alerts.backtests.actions import Order, put, run_to_end
    from alerts.backtests.queries import levels_of
    from alerts.backtests.rules import GRAINS
    from alerts.rulebook.models import Rule

    spoke, silent = [], []
    for rule in Rule.objects.filter(lender=lender, grain__in=GRAINS, staff_conduct=False).order_by("code"):
        run = run_to_end(put(rule, Order(rule.code, FIRST, LAST, target=target, months=months)))
        levels = levels_of(run)
        if not levels:
            sys.exit(f"{rule.code}: {run.state}: {run.error}")
        if levels[1].hits:
            spoke.append((rule, levels))
        elif levels[1].not_evaluable < levels[1].observed:
            silent.append(rule)
    return spoke, silent


def page(lender: Any, on: date) -> str:
    """The whole of docs/rule-quality.md."""
    from alerts.rulebook.models import Rule

    started, parts = time.monotonic(), []
    asked = Rule.objects.filter(lender=lender, grain__in=("loan", "borrower"), staff_conduct=False).count()
    for target, months in QUESTIONS:
        spoke, silent = judged(lender, target, months)
        parts.append(_question(target, months, spoke, silent, asked))
    seconds = time.monotonic() - started
    return "\n".join([HEAD.format(on=on, seconds=round(seconds), first=FIRST, last=LAST), *parts, READING])


HEAD = """# What the shipped rules were worth on a real book

Written by `python -m benchmarks.rule_quality --write`; measured on {on}; do not edit. How each figure is defined: [backtest.md](backtest.md).

The book: one published panel of fixed-rate home mortgages of 2007 to 2012, followed month by month through the crisis (`data/README.md` of the shared
folder, set 1; its terms keep the data itself out of this repository). All 66 month-ends from {first} to {last} were loaded and closed by the
day's own steps, so every rule saw what it would have seen that night. Each rule was then back-tested at every month-end; all back-tests of this page
took {seconds} seconds.
"""

READING = """## How to read it, honestly

- **The book is small.** 106 loans, a few of them ever in trouble. The range in brackets is where a share lies with 95 % certainty; where it is wide,
  the figure is an anecdote. Loan-closes of one loan are not independent of each other, so the true ranges are wider still.
- **Rules on days past due can't miss on a monthly panel.** A loan that is 90 days past due was 30 days past due two months before. Their recall says how
  the target is made, not how clever the rule is; read their precision and lead time.
- **Most rules are silent here, and that proves nothing.** The panel has balances, status, prices and terms, but no accounts, statements, registers, visits or
  payments by the day. What can't be evaluated is left out above.
- **Times near 1 are no forecast.** A rule such as “valuation too old” is a duty to be done, not a sign of default; nothing here speaks against it, and nothing speaks for
  raising its level. A rule that is far above 1 with few cases has earned a second look, no more.
- **Home loans are not company loans.** What holds for American mortgages in a crisis does not carry over to a small-company book. The same page can be
  measured on a lender's own history: `manage.py rules backtest CODE`, or the page of each rule.
- The windows of closes in the last months are not over; these closes are left out, and so are loan-closes that stood in the target already.
"""


def _question(target: str, months: int, spoke: list[Any], silent: list[Any], asked: int) -> str:
    any_rule = spoke[0][1][1] if spoke else None
    base = f"{_share(any_rule.base_rate)} ({any_rule.reached} of {any_rule.judged} loan-closes)" if any_rule else "not known"
    lines = [
        f"## {target.removeprefix('dpd')} days past due within {months} months\n",
        f"Base rate: {base}; the target was reached {any_rule.targets if any_rule else 0} times by loans that could be warned of.\n",
        f"Of {asked} rules on loans and borrowers {len(spoke)} fired, {len(silent)} were clear wherever they could be evaluated"
        + (f" ({', '.join(rule.code for rule in silent)})" if silent else "")
        + f", and {asked - len(spoke) - len(silent)} could not be evaluated at all on this book.\n",
        "| Rule | Level | Precision | Base rate | Times better than chance | Precision of episodes | Recall | Lead time, days: quartiles "
        "| Episodes a week | Not evaluable |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rule, levels in spoke:
        lines += [_line(rule, word, levels[least]) for least, word in LEVELS if levels[least].hits]
    return "\n".join(lines) + "\n"


def _line(rule: Any, word: str, f: Any) -> str:
    lead = " / ".join(f"{v:.0f}" for v in f.lead) if f.lead else "–"
    cells = [
        f"{rule.code} {rule.name}" if word == LEVELS[0][1] else rule.code, word, _of(f.precision, f.hits_true, f.hits_judged), _share(f.base_rate),
        "–" if f.lift is None else f"{f.lift}", _of(f.episode_precision, f.episodes_true, f.episodes_judged), _of(f.recall, f.caught, f.targets), lead,
        f"{f.per_week}", _share(f.missing_share),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _share(value: Any) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _of(value: Any, part: int, whole: int) -> str:
    from alerts.backtests.rules import interval

    if value is None:
        return "–"
    low, high = interval(part, whole) or (0, 1)
    return f"{_share(value)} ({part} of {whole}; {100 * low:.0f}–{100 * high:.0f} %)"


if __name__ == "__main__":
    main()
