"""The sentence of each flag, in the reader's language, from its code and figures. It says what was measured and what may explain it."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Kind = str

# code -> kind of the flag (Flag.Kind)
KINDS: Mapping[str, Kind] = {
    "same_file": "same_picture",
    "same_picture": "same_picture",
    "same_in_visit": "same_picture",
    "old_picture": "picture_time",
    "before_loan": "picture_time",
    "later_picture": "picture_time",
    "together": "picture_time",
    "picture_away": "picture_place",
    "two_places": "route",
    "speed": "route",
    "away": "position",
    "same_position": "position",
    "registered_position": "position",
    "no_accuracy": "position",
    "position_day": "position",
    "clock_off": "clock",
    "hurried": "clock",
    "same_words": "same_words",
    "receipts": "account",
    "wages": "account",
    "power": "account",
    "sales": "account",
    "jump": "last_visit",
    "identical": "last_visit",
}


def sentence(code: str, reason: Mapping[str, Any], figure: Decimal | None = None) -> str:
    """The full sentence for `code`; an unknown code (of a later version) says that something was noticed."""
    made = SENTENCES.get(code)
    if made is None:
        return _("Something was noticed that this version has no words for.")
    words = {name: _shown(name, value) for name, value in reason.items()}
    if figure is not None:
        words["figure"] = number_format(figure.normalize(), use_l10n=True)
    return made(words, reason)


def _shown(name: str, value: Any) -> Any:
    if name in {"day", "taken"} and value:
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if name in {"now", "before", "then", "claimed"}:
        return number_format(Decimal(value), use_l10n=True, force_grouping=True)
    return value


Words = Mapping[str, Any]


def _same_picture(words: Words, raw: Words) -> str:
    if raw.get("before_loan"):
        return _("The same picture was handed in with %(number)s, visited on %(day)s, before this loan was paid out.") % words
    if raw.get("same_borrower"):
        return (
            _("The same picture was handed in with %(number)s, an earlier visit to this borrower on %(day)s. A photo taken again at the same "
              "place would not match this closely.") % words
        )  # fmt: skip
    return _("The same picture was handed in with %(number)s, visited on %(day)s at another borrower.") % words


def _same_file(words: Words, raw: Words) -> str:
    if raw.get("same_borrower"):
        return _("The very same file was handed in with %(number)s, an earlier visit to this borrower on %(day)s.") % words
    return _("The very same file was handed in with %(number)s, visited on %(day)s at another borrower.") % words


def _same_words(words: Words, raw: Words) -> str:
    if raw.get("colleague"):
        return _("%(percent)s %% of the words stand in the report %(number)s of another person, visited on %(day)s.") % words
    if raw.get("within"):
        return _("%(percent)s %% of the shorter text stand in the report %(number)s of the same person, visited on %(day)s.") % words
    if raw.get("same_borrower"):
        return (
            _("The words are %(percent)s %% the same as in the report %(number)s on this borrower, visited on %(day)s. "
              "Little may have changed there; figures were left out of the comparison.") % words
        )  # fmt: skip
    return _("The words are %(percent)s %% the same as in the report %(number)s on another borrower, visited on %(day)s.") % words


def _old(words: Words, raw: Words) -> str:
    made: str = ngettext(
        "The camera says that the photo was taken on %(taken)s, %(days)s day before the visit.",
        "The camera says that the photo was taken on %(taken)s, %(days)s days before the visit.",
        raw.get("days", 0),
    )
    return made % words


SENTENCES: Mapping[str, Callable[[Words, Words], str]] = {
    "same_file": _same_file,
    "same_picture": _same_picture,
    "same_in_visit": lambda w, r: _("One photo answers two points of this form."),
    "old_picture": _old,
    "before_loan": lambda w, r: _("The camera says that the photo was taken on %(taken)s, before this loan was paid out.") % w,
    "later_picture": lambda w, r: _("The camera says that the photo was taken on %(taken)s, after the report was handed in. Its clock may be wrong.") % w,
    "together": lambda w, r: _("Photos for %(points)s points of the form were all taken within %(seconds)s seconds.") % w,
    "picture_away": lambda w, r: _("The camera places the photo %(metres)s metres from the position of the visit.") % w,
    "two_places": lambda w, r: _("At the same time the same person was recorded at another visit %(metres)s metres away.") % w,
    "speed": lambda w, r: _(
        "From the visit before or after it, %(metres)s metres away, it is %(minutes)s minutes: %(figure)s km/h in a straight line."
    ) % w,
    "away": lambda w, r: _("The position is %(metres)s metres from the borrower's address.") % w,
    "same_position": lambda w, r: _(
        "The position (%(latitude)s, %(longitude)s) is the same to the last digit as at another visit. A receiver hardly ever says that twice."
    ) % w,
    "registered_position": lambda w, r: _("The position is the same to the last digit as that of the registered address. A receiver hardly ever says that."),
    "no_accuracy": lambda w, r: _("The phone states an accuracy of 0 metres, which no receiver has. The position may have been set by a program."),
    "position_day": lambda w, r: _("The position was taken on %(day)s, not on the day of the visit.") % w,
    "clock_off": lambda w, r: _("The phone's clock was wrong by %(minutes)s minutes.") % w,
    "hurried": lambda w, r: _("The form with %(points)s answers was filled in within %(seconds)s seconds.") % w,
    "same_words": _same_words,
    "receipts": lambda w, r: _(
        "Receipts are said not to have fallen. On the borrower's accounts here they fell by %(percent)s %%, from %(before)s to %(now)s in %(days)s days. "
        "They may go through another bank."
    ) % w,
    "wages": lambda w, r: _(
        "Wages are said to be paid. No wages were booked in the last %(days)s days; in the %(days)s days before it was %(before)s. "
        "They may be paid through another bank."
    ) % w,
    "power": lambda w, r: _(
        "Work is said to go on. What is paid for electricity, water and gas fell by %(percent)s %%, from %(before)s to %(now)s in %(days)s days."
    ) % w,
    "sales": lambda w, r: _(
        "The sales said make %(claimed)s in %(days)s days. On the borrower's accounts here %(now)s came in: %(figure)s times less."
    ) % w,
    "jump": lambda w, r: _("The figure went from %(then)s at the last visit to %(now)s (%(percent)s %%), and no words explain it.") % w,
    "identical": lambda w, r: _("All %(points)s figures are exactly those of the last visit.") % w,
}  # fmt: skip
