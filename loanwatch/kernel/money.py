"""Money: Decimal with a currency. Stored with two decimals; running totals as whole hundredths in a bigint."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
# Currencies that people write without decimals; they are stored with two all the same.
NO_DECIMALS = frozenset({"KRW", "JPY", "VND"})


def decimals(currency: str) -> int:
    """How many decimals people write in `currency`: 0 for won and yen, else 2."""
    return 0 if currency in NO_DECIMALS else 2


def rounded(amount: Decimal, currency: str = "") -> Decimal:
    """`amount` half up to the decimals of `currency`: the one rounding rule of the house."""
    return amount.quantize(Decimal(1) if decimals(currency) == 0 else CENT, rounding=ROUND_HALF_UP)


def minor(amount: Decimal) -> int:
    """Whole hundredths of `amount`, exact. Raises ValueError when there is a finer part, which money never has."""
    hundredths = amount * 100
    if hundredths != hundredths.to_integral_value():
        raise ValueError(f"{amount} is finer than a hundredth.")
    return int(hundredths)
