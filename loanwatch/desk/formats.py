"""How amounts, rates, dates and durations are written, in each of the three languages.

Pure: a value and a language in, text out. Every page, export head and chart label uses these, so that one figure looks the
same wherever it stands. Minus is U+2212, nothing known is an en dash, digits are grouped by three in all three languages.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

NOTHING = "–"
MINUS = "\u2212"

DECIMALS = {"KRW": 0, "JPY": 0, "VND": 0}
SIGNS = {"CNY": "¥", "JPY": "¥", "KRW": "₩", "USD": "$", "EUR": "€", "GBP": "£"}
WORDS = {
    "zh": {"CNY": "元", "KRW": "韩元", "USD": "美元", "JPY": "日元", "EUR": "欧元", "GBP": "英镑"},
    "ko": {"CNY": "위안", "KRW": "원", "USD": "달러", "JPY": "엔", "EUR": "유로", "GBP": "파운드"},
}
# From which size on, divided by what, called how. Latin readers count in thousands, Chinese and Korean ones in ten-thousands.
SCALES = {
    "en": [(Decimal("1e11"), Decimal("1e9"), "B"), (Decimal("1e6"), Decimal("1e6"), "M"), (Decimal("1e4"), Decimal("1e3"), "K")],
    "zh": [(Decimal("1e8"), Decimal("1e8"), "亿"), (Decimal("1e4"), Decimal("1e4"), "万")],
    "ko": [(Decimal("1e12"), Decimal("1e12"), "조"), (Decimal("1e8"), Decimal("1e8"), "억"), (Decimal("1e4"), Decimal("1e4"), "만")],
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Short:
    """A short amount in two parts, so that a tile can set the unit smaller: `4,826.4` and `¥M`, `48.26` and `亿元`."""

    value: str
    unit: str
    text: str

    def __str__(self) -> str:
        return self.text


def language_family(code: str | None) -> str:
    """`zh` for every Chinese code, `ko` for Korean, `en` for all else."""
    head = (code or "en").lower().replace("_", "-").split("-")[0]
    return head if head in {"zh", "ko"} else "en"


def decimal_of(value) -> Decimal | None:
    """The value as a Decimal, or None when there is nothing to show (None, empty text, NaN, infinity)."""
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() else None


def number(value, places: int | None = None) -> str:
    """Grouped digits: `1,284`, `−3.40`. Without `places` the value keeps its own decimals; with it, half is rounded up."""
    found = decimal_of(value)
    if found is None:
        return NOTHING
    if places is not None:
        found = found.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if found == 0:
        found = abs(found)
    return f"{found:,f}".replace("-", MINUS)


def decimals(currency: str | None) -> int:
    """Digits after the point that the currency has: 0 for won and yen, else 2."""
    return DECIMALS.get(currency or "", 2)


def money(amount, currency: str | None = None) -> str:
    """The full amount without its unit, for tables and files: `10,500,000.00`, in won `10,500,000`."""
    return number(amount, decimals(currency))


def money_with_unit(amount, currency: str, language: str = "en") -> str:
    """The full amount where no table head names the unit: `¥10,500,000.00`, in Korean pages won are `917,000원`."""
    found = decimal_of(amount)
    if found is None:
        return NOTHING
    if language_family(language) == "ko" and currency == "KRW":
        return f"{money(found, currency)}원"
    sign = SIGNS.get(currency)
    digits = money(abs(found), currency)
    minus = MINUS if money(found, currency).startswith(MINUS) else ""
    return f"{minus}{sign}{digits}" if sign else f"{minus}{digits} {currency}"


def money_short(amount, currency: str, language: str = "en") -> Short:
    """The amount as a banker says it: `¥4,826.4 M`, `48.26 亿元`, `9,170억 원`; under ten thousand the whole amount."""
    found = decimal_of(amount)
    if found is None:
        return Short(NOTHING, "", NOTHING)
    family = language_family(language)
    _from, divisor, scale = next((s for s in SCALES[family] if abs(found) >= s[0]), (Decimal(0), Decimal(1), ""))
    small = abs(found) / divisor
    if not scale:
        places = 0 if found == found.to_integral_value() else decimals(currency)
    elif family == "en":
        places = {"K": 0}.get(scale, 2 if small < 10 else 1)
    elif scale in {"亿", "억", "조"}:
        places = 2 if small < 100 else 1 if small < 1000 else 0
    else:
        places = 1 if small < 100 else 0
    digits = number(small, places)
    minus = MINUS if found < 0 and Decimal(digits.replace(",", "")) else ""
    return _worded(minus, digits, scale, currency, family)


def _worded(minus: str, digits: str, scale: str, currency: str, family: str) -> Short:
    if family == "en":
        sign = SIGNS.get(currency)
        unit = f"{sign}{scale}" if sign and scale else sign or f"{currency} {scale}".strip()
        text = f"{minus}{sign}{digits} {scale}".strip() if sign else f"{minus}{digits} {scale} {currency}".replace("  ", " ")
        return Short(f"{minus}{digits}", unit, text)
    word = WORDS[family].get(currency, currency)
    if family == "ko":
        tail = f"{scale} {word}" if scale else word
        return Short(f"{minus}{digits}", tail, f"{minus}{digits}{tail}")
    return Short(f"{minus}{digits}", f"{scale}{word}", f"{minus}{digits} {scale}{word}")


def pct(value, places: int = 2) -> str:
    """A rate given in percent: 3.42 is `3.42%`."""
    return NOTHING if decimal_of(value) is None else f"{number(value, places)}%"


def share(value, places: int = 1) -> str:
    """A rate given as a part of one: 0.184 is `18.4%`."""
    found = decimal_of(value)
    return NOTHING if found is None else f"{number(found * 100, places)}%"


def signed(value, places: int | None = None) -> str:
    """A change, with its sign: `+0.24`, `−3.4`, `0`."""
    text = number(value, places)
    found = decimal_of(value)
    return f"+{text}" if found is not None and found > 0 and text.strip("0.,") else text


def day(value: date | None, language: str = "en") -> str:
    """`20 Nov 2026`; in Chinese and Korean `2026-11-20`."""
    if not value:
        return NOTHING
    if language_family(language) == "en":
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def day_short(value: date | None, language: str = "en") -> str:
    """Without the year, where the head names it: `20 Nov`; in Chinese and Korean `11-20`."""
    if not value:
        return NOTHING
    return f"{value.day} {MONTHS[value.month - 1]}" if language_family(language) == "en" else f"{value.month:02d}-{value.day:02d}"


def month(value: date | None, language: str = "en") -> str:
    """`Nov 2026`; in Chinese and Korean `2026-11`."""
    if not value:
        return NOTHING
    return f"{MONTHS[value.month - 1]} {value.year}" if language_family(language) == "en" else f"{value.year:04d}-{value.month:02d}"


def moment(value: datetime | None, language: str = "en") -> str:
    """The day and the minute, in the zone the value is in: `20 Nov 2026, 17:40`, `2026-11-20 17:40`."""
    if not value:
        return NOTHING
    between = ", " if language_family(language) == "en" else " "
    return f"{day(value, language)}{between}{value.hour:02d}:{value.minute:02d}"


def initials(name: str) -> str:
    """What stands in the circle of a person: two capitals of a Latin name, the last sign of a Chinese or Korean one."""
    parts = [p for p in (name or "").split() if p]
    if not parts:
        return "?"
    eastern = [p for p in parts if ord(p[-1]) > 0x2E7F]
    if eastern:  # a name may be written twice, in its own signs and in Latin letters
        return eastern[-1][-1]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()
