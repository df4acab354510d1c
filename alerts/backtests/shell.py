"""Back-tests from the command line: asked, done and told here and now."""

from argparse import ArgumentParser
from datetime import date
from decimal import Decimal
from typing import Any

from alerts.backtests import rules
from alerts.backtests.actions import Order, put, run_to_end
from alerts.backtests.queries import levels_of, span
from alerts.rulebook.models import Rule, RuleVersion


def add_arguments(parser: ArgumentParser) -> None:
    """What may be chosen; left out: 90 days past due within 12 months, the last closes of all months that are kept."""
    parser.add_argument("--target", choices=rules.TARGETS, default="dpd90", help="what it should warn of")
    parser.add_argument("--months", type=int, choices=rules.HORIZONS, default=12, help="within how many months")
    parser.add_argument("--from", dest="from_on", type=date.fromisoformat, help="first close asked, YYYY-MM-DD; else the first that is kept")
    parser.add_argument("--to", dest="to_on", type=date.fromisoformat, help="last close asked, YYYY-MM-DD; else the last")
    parser.add_argument("--every-close", action="store_true", help="ask every close, not the last one of each month only")
    parser.add_argument("--by", choices=[cut for cut in rules.CUTS["loan"] if cut], default="", help="figures by part of the book too")
    parser.add_argument("--gap", type=int, default=1, help="closes at which it must not have fired before it counts as begun anew")
    parser.add_argument("--hours", type=Decimal, default=Decimal("1.5"), help="hours of work that an alert takes")


def tested(rule: Rule, version: RuleVersion, text: str, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The figures as one object, and as lines to read. The run is kept as any other. Raises as `actions.put` does."""
    known = span(rule.lender)
    first, last = known or (date.min, date.min)
    run = run_to_end(put(rule, Order(
        rule.code, options["from_on"] or first, options["to_on"] or last, version=version.version, text=text, target=options["target"],
        months=options["months"], pace=rules.EVERY if options["every_close"] else rules.MONTHLY, gap=options["gap"], cut=options["by"],
        hours=options["hours"],
    )))  # fmt: skip
    levels = {rules.LEVEL_WORDS[least]: figures for least, figures in levels_of(run).items()}
    told: dict[str, Any] = {
        "rule": rule.code, "version": None if text else version.version, "text": run.text, "run": run.pk, "state": run.state, "error": run.error,
        "target": run.target, "months": run.months, "seconds": round(run.seconds, 3), "levels": {word: rules.told(f) for word, f in levels.items()},
    }  # fmt: skip
    if run.result:
        told |= {name: run.result[name] for name in ("closes", "first", "last", "judged_to", "newest")}
        told["parts"] = [
            {"part": part["part"], "levels": {rules.LEVEL_WORDS[int(n)]: rules.told(rules.Figures.from_json(f)) for n, f in part["levels"].items()}}
            for part in run.result["parts"]
        ]
    lines = [f"{rule.code}: {run.get_target_display()} within {run.months} months, {run.from_on} to {run.to_on}: {run.state} {run.error}".rstrip()]
    return told, lines + [_line(word, figures) for word, figures in levels.items()]


def _percent(value: Decimal | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"


def _line(word: str, f: rules.Figures) -> str:
    lead = f"{f.lead[1]} days before (median)" if f.lead else "none"
    return (
        f"{word:>7}: precision {_percent(f.precision)} ({f.hits_true} of {f.hits_judged} loan-closes) beside a base rate of {_percent(f.base_rate)}; "
        f"recall {_percent(f.recall)} ({f.caught} of {f.targets}); lead time {lead}; {f.per_week if f.per_week is not None else '-'} episodes a week; "
        f"not evaluable {_percent(f.missing_share)}"
    )
