"""The dated parameters that the families of the loan read beside those of every observation."""

from datetime import date
from decimal import Decimal
from typing import Any

from loanwatch.lenders.models import Lender, Product
from loanwatch.lenders.queries import parameter


def loan_numbers(lender: Lender, on: date) -> dict[str, Any]:
    """Names and values for the SQL of the loan's families. Raises KeyError naming what is missing."""
    forbidden, limits = parameter(lender, "proceeds.forbidden", on), parameter(lender, "proceeds.entrusted_limit", on)
    pairs = [(kind, payee) for kind in Product.Kind.values for payee in forbidden.get(kind, forbidden["default"])]
    return {
        "promise_share": _exact(parameter(lender, "promise.paid_share", on)),
        "proven_share": _exact(parameter(lender, "proceeds.proven_share", on)),
        "forbidden_for": [kind for kind, _ in pairs],
        "forbidden_payee": [payee for _, payee in pairs],
        "limit_for": list(Product.Kind.values),
        "limit": [_exact(limits.get(kind, limits["default"])) for kind in Product.Kind.values],
        "insured_kinds": parameter(lender, "insurance.required_kinds", on),
        "large_repayment": _exact(parameter(lender, "masking.large_repayment", on)),
    }


def _exact(number: float) -> Decimal:
    """A number of JSON as the decimal that was written, so that a boundary is met exactly."""
    return Decimal(str(number))
