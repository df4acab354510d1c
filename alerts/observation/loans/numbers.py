"""The dated parameters that the families of the loan read beside those of every observation."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loanwatch.lenders.models import Product


def loan_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Names and values for the SQL of the loan's families; values: the parameters in force. Raises KeyError naming what is missing."""
    forbidden, limits = values["proceeds.forbidden"], values["proceeds.entrusted_limit"]
    pairs = [(kind, payee) for kind in Product.Kind.values for payee in forbidden.get(kind, forbidden["default"])]
    return {
        "promise_share": _exact(values["promise.paid_share"]),
        "proven_share": _exact(values["proceeds.proven_share"]),
        "forbidden_for": [kind for kind, _ in pairs],
        "forbidden_payee": [payee for _, payee in pairs],
        "limit_for": list(Product.Kind.values),
        "limit": [_exact(limits.get(kind, limits["default"])) for kind in Product.Kind.values],
        "insured_kinds": values["insurance.required_kinds"],
        "large_repayment": _exact(values["masking.large_repayment"]),
    }


def _exact(number: float) -> Decimal:
    """A number of JSON as the decimal that was written, so that a boundary is met exactly."""
    return Decimal(str(number))
