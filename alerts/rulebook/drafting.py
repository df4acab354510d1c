"""What somebody writes of a rule, and whether it fits the lender."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from alerts.rulebook.language import parse
from alerts.rulebook.life import SYSTEM
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.rules import Level, RuleTree
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Refused
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch

CODE = re.compile(r"[A-Z][A-Z0-9]{0,7}-[A-Z0-9]{1,10}")  # family, dash, number or word: OWN-01
LONGEST_HANDLING = 250  # working days
LONGEST_CURE = 400
WORDS = {Level.RED: "red", Level.ORANGE: "orange", Level.YELLOW: "yellow"}


@dataclass(frozen=True)
class Draft:
    """A rule as the editor hands it over.

    text: in the rule language. handling_days: level word -> working days, for every level the text uses; others are left out.
    products, segments, branches: codes, none of a kind means all; a branch stands for all below it. cure_days: closes that stay clear
    before an alert counts as cleared; hold_days: days for which a level must stay lower before an alert falls to it.
    family, staff_conduct: of a new rule; on a further version they stay as the rule has them.
    """

    code: str
    text: str
    handling_days: Mapping[str, int]
    grain: str = "loan"
    name: str = ""
    why: str = ""
    look_at: str = ""
    basis: str = ""
    family: str = ""
    staff_conduct: bool = False
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    cure_days: int = 0
    hold_days: int = 0


def stamp(version: RuleVersion) -> str:
    """A short sign of what a version says and in which state: another one after every change."""
    said = [version.pk, version.state, version.text, version.name, version.why, version.look_at, version.basis, version.handling_days]
    said += [version.products, version.segments, version.branches, version.cure_days, version.hold_days]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def fitting(draft: Draft, lender: Lender) -> tuple[RuleTree, dict[str, Any]]:
    """The tree of the draft's text and the columns of its version beside text and tree.

    Raises RuleRefused for the text, Refused for all else that does not fit.
    """
    if not CODE.fullmatch(draft.code):
        raise Refused(_("A rule's code is capital letters, a dash, and letters or digits: for example OWN-01."), code="RULE_CODE")
    if draft.code.startswith(SYSTEM):
        raise Refused(_("Codes that begin with SIG- belong to signals of people and inspections; no rule is written under them."), code="RULE_SYSTEM")
    if draft.grain not in Rule.Grain.values:
        raise Refused(_("Choose what the rule looks at."), code="RULE_GRAIN")
    tree = parse(draft.text, draft.grain)
    if not 0 <= draft.cure_days <= LONGEST_CURE or not 0 <= draft.hold_days <= LONGEST_CURE:
        raise Refused(_("Days to clear and to hold lie between 0 and %(most)s.") % {"most": LONGEST_CURE}, code="RULE_DAYS")
    parts: dict[str, Any] = {"handling_days": _handling(draft.handling_days, tree), "cure_days": draft.cure_days, "hold_days": draft.hold_days}
    parts |= _scope(draft, lender)
    parts |= {"name": draft.name.strip(), "why": draft.why.strip(), "look_at": draft.look_at.strip(), "basis": draft.basis.strip()}
    return tree, parts


def _handling(days: Mapping[str, int], tree: RuleTree) -> dict[str, int]:
    wanted = [WORDS[level] for level in tree.levels]
    if wrong := [word for word in wanted if not isinstance(days.get(word), int) or not 1 <= days[word] <= LONGEST_HANDLING]:
        sentence = _("Say for every level of the rule within how many working days it is handled, 1 to %(most)s. Missing or wrong: %(levels)s.")
        raise Refused(sentence % {"most": LONGEST_HANDLING, "levels": ", ".join(wrong)}, code="HANDLING_DAYS")
    return {word: days[word] for word in wanted}


def senseless(grain: str, *, products: Iterable[str], segments: Iterable[str]) -> str:
    """Which part of a scope narrows nothing for rules of a grain: products, segments or "". A borrower has loans of many products."""
    if products and grain != Rule.Grain.LOAN:
        return "products"
    return "segments" if segments and grain not in (Rule.Grain.LOAN, Rule.Grain.BORROWER) else ""


def why_senseless(part: str) -> str:
    """The sentence for what `senseless` found."""
    if part == "products":
        return _("Only a rule that looks at loans counts for some products alone. Choose none here.")
    return _("Only a rule that looks at loans or borrowers counts for some sizes alone. Choose none here.")


def _scope(draft: Draft, lender: Lender) -> dict[str, list[str]]:
    if part := senseless(draft.grain, products=draft.products, segments=draft.segments):
        raise Refused(why_senseless(part), code="SCOPE_GRAIN")
    known: dict[str, Iterable[str]] = {
        "products": Product.objects.filter(lender=lender, code__in=draft.products).values_list("code", flat=True),
        "segments": [value for value in Borrower.Segment.values if value in draft.segments],
        "branches": Branch.objects.filter(lender=lender, code__in=draft.branches).values_list("code", flat=True),
    }
    kept = {name: sorted(set(codes)) for name, codes in known.items()}
    unknown = sorted({code for name in kept for code in getattr(draft, name)} - {code for codes in kept.values() for code in codes})
    if unknown:
        raise Refused(_("The scope names what this lender does not have: %(codes)s.") % {"codes": ", ".join(unknown)}, code="SCOPE_UNKNOWN")
    return kept
