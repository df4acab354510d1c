"""Rule texts by the thousand: sensible ones, ones that only the grammar allows, sensible ones with a slip, and noise."""

from collections import defaultdict
from functools import cache
from random import Random

from alerts.rulebook.language import LEVEL_WORDS, SPELLINGS, grammar

# One of each kind of column, the borrower's, earlier closes' and limits included.
FIELDS = {
    "money": ["outstanding", "principal", "overdue_principal", "borrower.outstanding", "was(outstanding, 30 days)", "limit.entrusted_payment"],
    "days": ["days_past_due", "valuation_age_days", "(as_of - 2026-01-01)", "borrower.days_past_due", "was(days_past_due, 30 days)",
             "was(borrower.days_past_due, 30 days)", "limit.past_due_watch", "limit.rating_age"],
    "count": ["restructures", "extensions_24m", "borrower.loans", "was(extensions_24m, 5 days)"],
    "number": ["lateness_slope_6", "rate", "was(rate, 30 days)"],
    "ratio": ["ltv", "ltv_agreed", "value_change", "limit.debtor_bad_share", "was(ltv, 30 days)"],
}  # fmt: skip
DATES = ["as_of", "business_date - 3 months", "as_of + 9999 days", "2026-10-31 + 999 months", "was(as_of, 30 days) - 1 month", "was(as_of, 400 days) + 1 day"]
TEXTS = ["WC", "流动", "%", "_", "'", "\\", "%s", "{0}", "'; DROP TABLE alerts_loanday; --", "\U0001f600", "$$"]
PLAIN = ["0", "1", "3", "0.5", "30", "31", "999999999999999.999999", "-1", "2147483648"]
ORDER = ["=", "!=", "<", "<=", ">", ">=", "≥", "<>"]
HOSTILE = ["\x00", "\ud800", "\u202e", "\u2066", "\ufeff", "9" * 4000, "9" * 10**6, "1e999999", "0." + "0" * 50 + "1", "1E-9", "(" * 500, "not " * 400, "-" * 300,
           "%s", "%(x)s", "'", '"', "“", ";", "--", "/*", "\\", "\r\n", "\u2028", "ﬁ", "İ", "１", "+" * 50, ".", "limit.", "borrower.", "was(", "as_of"]  # fmt: skip


def texts(seed: int, count: int) -> list[str]:
    """`count` texts, the same for the same seed: half of them sensible, the others less and less."""
    chance = Random(seed)
    kinds = [_sensible, _sensible, _sensible, _grammatical, _slipped, _noise]
    return [chance.choice(kinds)(chance) for _ in range(count)]


def sensible(seed: int, count: int) -> list[str]:
    """`count` texts that mean something; some of them go further than a rule may."""
    chance = Random(seed)
    return [_sensible(chance) for _ in range(count)]


def _sensible(chance: Random) -> str:
    levels = chance.sample(LEVEL_WORDS, chance.randint(1, 3))
    return "\n".join(f"{level} when {_condition(chance, 3)}" for level in levels)


def _condition(chance: Random, deep: int) -> str:
    if deep and chance.random() < 0.5:
        join = chance.choice([" and ", " or "])
        joined = f"({_condition(chance, deep - 1)}{join}{_condition(chance, deep - 1)})"
        return f"not {joined}" if chance.random() < 0.2 else joined
    return chance.choice([_compared, _compared, _compared, _dated, _worded])(chance)


def _compared(chance: Random) -> str:
    kind = chance.choice(list(FIELDS))
    left, other = _formula(chance, kind, 2), [_formula(chance, kind, 1) for _ in range(2)]
    other = [chance.choice(PLAIN) if chance.random() < 0.5 else value for value in other]
    negated = chance.choice(["", "not "])
    return chance.choice([
        f"{left} {chance.choice(ORDER)} {other[0]}",
        f"{chance.choice(PLAIN)} {chance.choice(ORDER)} {left}",
        f"{left} {negated}between {other[0]} and {other[1]}",
        f"{left} {negated}in ({chance.choice(PLAIN)}, {chance.choice(PLAIN)})",
    ])  # fmt: skip


def _formula(chance: Random, kind: str, deep: int) -> str:
    if not deep or chance.random() < 0.4:
        return chance.choice(FIELDS[kind])
    part = _formula(chance, kind, deep - 1)
    factor = chance.choice(["3", "0.7", "-11", "35%", "ltv", "limit.debtor_bad_share", "was(ltv, 30 days)"])
    return chance.choice([f"({part} {chance.choice('+-')} {_formula(chance, kind, deep - 1)})", f"({part} * {factor})", f"({part} / {factor})", f"(-{part})"])


def _dated(chance: Random) -> str:
    return f"{chance.choice([d for d in DATES if 'as_of' in d])} {chance.choice(ORDER)} {chance.choice(DATES)}"


def _worded(chance: Random) -> str:
    negated = chance.choice(["", "not "])
    return chance.choice([
        f"risk_class {chance.choice(['=', '!='])} {chance.choice(['loss', 'normal', 'was(risk_class, 30 days)'])}",
        f"borrower.segment {negated}in (micro, small)",
        f'product {negated}contains "{chance.choice(TEXTS)}"',
        f'borrower.industry != "{chance.choice(TEXTS)}"',
        f"{chance.choice(['ltv', 'borrower.industry', 'was(ltv, 400 days)'])} is {negated}empty",
        chance.choice(["restructured", "not lateness_rising_3", "was(restructured, 30 days)", "restructured = was(restructured, 30 days)"]),
    ])  # fmt: skip


def _slipped(chance: Random) -> str:
    text = _sensible(chance)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice([*HOSTILE, "", " ", "1", ")", "a"]) + text[at + chance.randint(0, 3) :]
    return text


def _noise(chance: Random) -> str:
    words = [*HOSTILE, *SPELLINGS.values(), *LEVEL_WORDS, *TEXTS, *DATES, *FIELDS["days"], *PLAIN]
    return chance.choice(["", " ", "\n"]).join(chance.choice([*words, chr(chance.randrange(0x110000))]) for _ in range(chance.randint(0, 25)))


@cache
def _derivations() -> tuple[dict, dict]:
    found, least = defaultdict(list), {}
    for rule in grammar().rules:
        found[rule.origin.name].append([(symbol.name, symbol.is_term) for symbol in rule.expansion])
    for _ in found:  # how deep the shallowest text of each symbol is
        for name, ways in found.items():
            known = [1 + max((0 if term else least[part] for part, term in way), default=0) for way in ways if all(t or p in least for p, t in way)]
            if known:
                least[name] = min(known)
    return dict(found), least


def _grammatical(chance: Random) -> str:
    found, least = _derivations()

    def derive(name: str, term: bool, deep: int) -> list[str]:
        if term:
            return [_written(chance, name)]
        ways = found[name]
        if deep <= 0:
            reach = {id(way): max((0 if t else least[p] for p, t in way), default=0) for way in ways}
            ways = [way for way in ways if reach[id(way)] == min(reach.values())]
        return [word for part, is_term in chance.choice(ways) for word in derive(part, is_term, deep - 1)]

    return " ".join(derive("start", term=False, deep=chance.randint(5, 25)))


def _written(chance: Random, name: str) -> str:
    samples = {
        "LEVEL": LEVEL_WORDS, "NAME": [field for fields in FIELDS.values() for field in fields if "(" not in field] + ["nobody", "loss", "borrower.nothing"],
        "NUMBER": [*PLAIN[:7], "9" * 40], "PERCENT": ["5%", "0 %", "99999999999999999%"], "DATE": ["2026-10-30", "1/2/3", "9999-99-99"],
        "STRING": [f'"{text}"' for text in TEXTS] + ['""'],
    }  # fmt: skip
    return chance.choice(samples.get(name) or [SPELLINGS[name]])
