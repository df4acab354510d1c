"""What can be wrong with the text of a rule: codes, places and sentences. `messages` says them in the reader's language."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from alerts.observation.fields import gettext_noop

SENTENCES: Mapping[str, str] = {
    "empty_rule": gettext_noop("The rule is empty. Write at least one level, such as: yellow when days_past_due >= 1"),
    "too_long": gettext_noop("The rule has %(count)s characters; at most %(limit)s are allowed."),
    "too_deep": gettext_noop("The rule is nested too deeply: %(count)s steps, at most %(limit)s are allowed."),
    "too_large": gettext_noop("The rule has %(count)s parts; at most %(limit)s are allowed."),
    "unexpected_character": gettext_noop("The character %(word)s has no meaning here."),
    "quote_not_closed": gettext_noop("The quotation mark is not closed on its line: %(word)s"),
    "unexpected_word": gettext_noop("“%(word)s” cannot stand here. Expected: %(expected)s."),
    "unexpected_end": gettext_noop("The rule ends too early. Expected next: %(expected)s."),
    "level_repeated": gettext_noop("The level “%(word)s” is written twice. Join its conditions with “or”."),
    "unknown_field": gettext_noop("There is no field named “%(word)s”."),
    "unknown_choice": gettext_noop("“%(word)s” is not a value of %(field)s. Use one of: %(values)s."),
    "choice_without_field": gettext_noop("“%(word)s” is a value of %(field)s and can only be compared with it."),
    "text_needs_quotes": gettext_noop("Text stands in quotation marks: write \"%(word)s\"."),
    "not_a_date": gettext_noop("“%(word)s” is not a date. Write year, month and day, such as 2026-11-20, between 1900 and 2199."),
    "number_too_long": gettext_noop("The number %(word)s is too long: at most 15 digits before and 6 after the point are allowed."),
    "unprintable": gettext_noop("The character %(code)s cannot be seen and is not allowed in a rule."),
    "unknown_limit": gettext_noop("There is no limit named “%(word)s”. Known are: %(known)s."),
    "look_back": gettext_noop("“was” looks back by whole days, from 1 to %(limit)s: “%(word)s” is not allowed."),
    "no_history": gettext_noop("%(field)s is not kept with each close, so “was” cannot ask for it."),
    "too_many_closes": gettext_noop("“%(word)s” looks at an earlier close too many: the rule has %(count)s, at most %(limit)s are allowed."),
    "whole_months": gettext_noop("Months are whole and at most 999: “%(word)s” is not allowed."),
    "whole_days": gettext_noop("Days are whole and at most 9999: “%(word)s” is not allowed."),
    "wrong_type": gettext_noop("“%(left)s” (%(left_type)s) cannot be compared with “%(right)s” (%(right_type)s)."),
    "wrong_arithmetic": gettext_noop(
        "“%(left)s” (%(left_type)s) and “%(right)s” (%(right_type)s) cannot be joined by “%(operator)s”."
    ),
    "percent_of_what": gettext_noop(
        "“%(word)s” is a percentage, but %(field)s is not a share. Write the number, or a percentage of another field."
    ),
    "no_order": gettext_noop("“%(word)s” has no order. Use =, !=, in or “is empty”."),
    "not_a_condition": gettext_noop("“%(word)s” is a value, not a condition. Compare it with something."),
    "not_a_value": gettext_noop("“%(word)s” is a condition and cannot be used as a value."),
    "no_field": gettext_noop("“%(word)s” names no field, so it says the same for every loan."),
    "field_needed": gettext_noop("“%(word)s” is not a field. Only a field can be asked this."),
    "literal_needed": gettext_noop("“%(word)s” is not a plain value. A list holds plain values only."),
    "not_text": gettext_noop("“contains” looks into text, and %(field)s is not a text field."),
    "date_arithmetic": gettext_noop("A date can only be moved by a number of days or months, once: “business_date - 30 days”."),
    "no_sign": gettext_noop("“%(word)s” is no number and cannot take a minus sign."),
    "empty_text": gettext_noop("The quotation marks hold nothing. Use “is empty” to ask for a missing value."),
    "division_by_zero": gettext_noop("A division by zero has no result."),
}

# What the grammar may expect next, as a reader would call it; signs and keywords stand for themselves.
EXPECTED_WORDS: Mapping[str, str] = {
    "NAME": gettext_noop("a field"),
    "NUMBER": gettext_noop("a number"),
    "PERCENT": gettext_noop("a percentage"),
    "DATE": gettext_noop("a date"),
    "STRING": gettext_noop("a text in quotation marks"),
    "COMPARE": gettext_noop("a comparison"),
    "END": gettext_noop("the end of the rule"),
}
TYPE_WORDS: Mapping[str, str] = {
    "money": gettext_noop("money"),
    "days": gettext_noop("days"),
    "count": gettext_noop("count"),
    "number": gettext_noop("number"),
    "ratio": gettext_noop("share"),
    "plain": gettext_noop("number"),
    "date": gettext_noop("date"),
    "bool": gettext_noop("yes or no"),
    "text": gettext_noop("text"),
    "choice": gettext_noop("choice"),
    "months": gettext_noop("months"),
}


@dataclass(frozen=True)
class RuleError:
    """One thing that is wrong with a rule's text.

    line, column: where `word` begins, counted from 1. params: what the sentence of `code` is filled with.
    proposal: what to write instead, ready to be put in the place of `word`; "" when there is no good guess.
    """

    code: str
    line: int
    column: int
    word: str
    params: Mapping[str, object] = field(default_factory=dict)
    proposal: str = ""

    @property
    def message(self) -> str:
        """The sentence in English; `messages.sentence` gives it in the reader's language."""
        filled = {name: said(value, str) for name, value in self.params.items()}
        return SENTENCES[self.code] % {"word": self.word, **filled}


WORDS: Mapping[str, str] = {**EXPECTED_WORDS, **TYPE_WORDS}


def said(value: object, word: Callable[[str], str]) -> str:
    """A parameter as the sentence says it: lists with commas, names of types and tokens as words. word: gives one in the reader's language."""
    if isinstance(value, tuple):
        return ", ".join(said(item, word) for item in value)
    return word(WORDS[value]) if isinstance(value, str) and value in WORDS else str(value)


class RuleRefused(ValueError):
    """The text is no rule. `errors` lists what is wrong with it, in the order of the text; never empty."""

    def __init__(self, errors: Iterable[RuleError]):
        self.errors = tuple(sorted(errors, key=lambda error: (error.line, error.column)))
        super().__init__("; ".join(f"{e.line}:{e.column} {e.message}" for e in self.errors))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or "" when none is near."""
    return next(iter(get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)), "")
