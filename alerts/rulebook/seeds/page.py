"""Prints `docs/rulebook.md`: the shipped rules with their text, their reasons and where their limits come from."""

from alerts.rulebook.seeds import FAMILIES, SEEDS
from alerts.rulebook.seeds.seed import Seed

HEAD = """# The shipped rulebook

{count} warning rules of {families} families come with LoanWatch: {live} count from the first day, {off} ship off. A rule ships off when the sign is
our own idea, or when a source names the sign and neither regulation, banking practice nor a public project stands behind one of its limits; it
becomes live once the lender has tried it on its own history and credit administration has approved it. No limit is called verified: "high" means
that the official text was read, "medium" that a source or banking practice stands behind the rule or that it is a fact on record. Limits of a
"medium" rule may still be our own proposal; its basis then says so.

The rules are written in [the language of warning rules](rule-language.md) over [these fields](indicators.md). `limit.` names a dated parameter of the
lender. An alert is to be handled within 3 working days when red, 7 when orange and 15 when yellow, unless the rule says otherwise.
What a rule says of a colleague is never shown to the person concerned.

{contents}
"""


GRAINS = {
    "loan": "Looks at each loan",
    "borrower": "Looks at each borrower",
    "branch": "Looks at each branch",
    "staff": "Looks at each member of staff",
}


def as_markdown() -> str:
    """The whole page."""
    live = sum(seed.ships_live for seed in SEEDS)
    contents = "\n".join(
        f"- [{name}](#{name.lower().replace(' ', '-')}): {', '.join(s.code for s in SEEDS if s.family == name)}"
        for name in FAMILIES.values()
    )
    head = HEAD.format(count=len(SEEDS), families=len(FAMILIES), live=live, off=len(SEEDS) - live, contents=contents)
    parts = ((f"\n## {name}\n", [_rule(seed) for seed in SEEDS if seed.family == name]) for name in FAMILIES.values())
    return head + "".join(title + "".join(rules) for title, rules in parts)


def _rule(seed: Seed) -> str:
    marks = [GRAINS[seed.grain], "counts from the first day" if seed.ships_live else "ships off", f"confidence {seed.confidence}"]
    marks += ["about staff conduct"] if seed.staff_conduct else []
    marks += [f"clear for {seed.cure_days} closes before it counts as cleared"] if seed.cure_days else []
    marks += [f"a level falls after {seed.hold_days} days"] if seed.hold_days else []
    return (
        f"\n### {seed.code} {seed.name}\n\n{', '.join(marks)}\n\n```\n{seed.text}\n```\n\n"
        f"- **Why it matters**: {seed.why}\n- **On a visit**: {seed.look_at}\n- **Basis**: {seed.basis}\n"
    )
