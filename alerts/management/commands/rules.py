"""`rules list|show|check|preview|backtest`: the rulebook from the shell."""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.backtests import shell as backtesting
from alerts.management.arguments import lender_of, print_json
from alerts.observation.queries import NotClosed, closed_days, require_closed
from alerts.rulebook import shell
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.language import parse
from alerts.rulebook.models import Rule, RuleVersion
from loanwatch.kernel.policy import Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.clock import today


class Command(BaseCommand):
    help = "Warning rules: which there are, what is wrong with a text, and what it would say at a close."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        for name, words in STEPS.items():
            step = steps.add_parser(name, help=words)
            step.add_argument("--lender", help="code of the lender, where there are several")
            step.add_argument("--json", action="store_true", help="one JSON object")
            if name == "list":
                continue
            step.add_argument("code", nargs="?" if name == "check" else None, help="code of a rule")
            step.add_argument("--version", dest="number", type=int, help="number of a version; else the one that counts, or the draft")
            if name != "show":
                step.add_argument("--file", help="a text to use instead; - for standard input")
            if name == "check":
                step.add_argument("--grain", choices=Rule.Grain.values, default="loan", help="what a text without a rule looks at")
            if name == "backtest":
                backtesting.add_arguments(step)
            if name == "preview":
                step.add_argument("--as-of", type=date.fromisoformat, help="a closed business day, YYYY-MM-DD; else the last one")

    def handle(self, *args: Any, **options: Any) -> None:
        answer, lines = getattr(self, f"_{options['step']}")(options)
        if options["json"]:
            print_json(self, answer)
        else:
            self.stdout.write("\n".join(lines))
        if answer.get("valid") is False:
            sys.exit(1)

    def _list(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        lender = lender_of(options["lender"])
        rules = shell.listed(lender, today(lender.zone))
        lines = [f"{r['code']:>8} {'v' + str(r['version']) if r['version'] else '-':>4} {','.join(r['states']):<16} {r['grain']:<8} {r['name']}" for r in rules]
        return {"lender": lender.code, "rules": rules}, [f"{len(rules)} rules of {lender.code}", *lines]

    def _show(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        lender = lender_of(options["lender"])
        rule, version = _found(lender, options)
        told = next(line for line in shell.listed(lender, today(lender.zone)) if line["code"] == rule.code)
        told |= {"version": version.version, "state": version.state, "text": version.text, "handling_days": version.handling_days,
                 "why": version.why or rule.why, "look_at": version.look_at or rule.look_at, "basis": version.basis or rule.basis}  # fmt: skip
        return told, [f"{rule.code} v{version.version} ({version.state}): {version.name or rule.name}", version.text, told["why"]]

    def _check(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        if options["code"]:
            rule, version = _found(lender_of(options["lender"]), options)
            text, grain = _text(options) or version.text, rule.grain
        elif (given := _text(options)) is not None:
            text, grain = given, options["grain"]
        else:
            raise CommandError("Name a rule, or give a text with --file.", returncode=2)
        told = shell.checked(text, grain)
        if told["valid"]:
            return told, [f"The text can be used: {', '.join(told['levels'])}; reads {', '.join(told['fields'])}."]
        return told, [f"{e['line']}:{e['column']} {e['message']}" + (f" Did you mean “{e['proposal']}”?" if e["proposal"] else "") for e in told["errors"]]

    def _preview(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        lender = lender_of(options["lender"])
        rule, version = _found(lender, options)
        day = options["as_of"] or closed_days(lender).values_list("business_date", flat=True).first()
        if day is None:
            raise CommandError(f"{lender.code} has not closed a business day yet.")
        try:
            require_closed(lender, day)
            tree = parse(_text(options) or version.text, rule.grain)
        except NotClosed as fault:
            raise CommandError(str(fault)) from None
        except RuleRefused as fault:
            raise CommandError(str(fault)) from None
        told = {"rule": rule.code, "version": version.version} | shell.previewed(lender, rule, version, tree, day)
        subjects: Any = told["subjects"] or []
        against = "" if told["against_version"] is None else f"; {told['new']} new, {told['no_longer']} no longer against v{told['against_version']}"
        levels = f"{told['red']} red, {told['orange']} orange, {told['yellow']} yellow, {told['clear']} clear, {told['not_evaluable']} not evaluable"
        return told, [f"{rule.code} at the close of {day}: {levels} of {told['observed']}{against}", *subjects]

    def _backtest(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        lender = lender_of(options["lender"])
        rule, version = _found(lender, options)
        try:
            return backtesting.tested(rule, version, _text(options) or "", options)
        except (Refused, RuleRefused) as fault:
            raise CommandError(str(fault)) from None


STEPS = {
    "list": "every rule with its states",
    "show": "one rule as it counts, or one of its versions",
    "check": "what is wrong with the text of a rule or of a file",
    "backtest": "what a rule or a text would have said at past closes, and what became of the loans",
    "preview": "what a rule or a text would say at a close, against the version in force",
}


def _found(lender: Lender, options: dict[str, Any]) -> tuple[Rule, RuleVersion]:
    rule = Rule.objects.filter(lender=lender, code=options["code"]).first()
    if rule is None:
        raise CommandError(f"{lender.code} has no rule {options['code']}.")
    versions = list(rule.versions.order_by("-version"))
    if options["number"] is not None:
        versions = [v for v in versions if v.version == options["number"]]
    live = next((v for v in versions if v.state == RuleVersion.State.LIVE), None)
    if not versions:
        raise CommandError(f"{rule.code} has no such version.")
    return rule, live or versions[0]


def _text(options: dict[str, Any]) -> str | None:
    if options["file"] is None:
        return None
    try:
        return sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"{options['file']} can't be read: {fault}", returncode=2) from None
