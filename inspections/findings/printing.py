"""The certificate as a paper in two languages: what is free, what is blocked, until when, and how to check it."""

import io
import json
from typing import Any

import qrcode
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from qrcode.constants import ERROR_CORRECT_L

from alerts.signals.notices import language_of
from inspections.findings import rules
from inspections.findings.certifying import token
from inspections.findings.models import Certificate, HoldKind
from loanwatch.kernel import paper
from loanwatch.lenders.models import Lender

TEMPLATE = "holds/certificate.typ"


def languages_of(lender: Lender, certificate: Certificate) -> list[str]:
    """The language of the lender's staff, then English; one alone where they are the same."""
    return list(dict.fromkeys([language_of(lender, certificate.as_of), "en"]))


def _words(certificate: Certificate, said: dict[str, Any], check_at: str) -> dict[str, Any]:
    """All that is printed in the language in force."""
    free, blocked = pgettext("certificate", "Free"), pgettext("certificate", "Blocked")
    return {
        "title": _("Certificate about holds on a borrower"),
        "intro": _("%(lender)s certifies what its records say about new business with this borrower on the day named.") % {"lender": certificate.lender.name},
        "facts": [
            [_("Borrower"), said["name"]], [_("Borrower number"), said["borrower"]], [_("As of"), said["as_of"]],
            [_("Valid until"), said["valid_until"]], [_("Certificate number"), said["number"]], [_("Issued by"), str(certificate.issued_by)],
        ],
        "head": [_("Business"), _("State")],
        "kinds": [[str(HoldKind(kind).label), blocked if said["blocked"][kind] else free, said["blocked"][kind]] for kind in rules.HOLD_KINDS],
        "code": _("Code"),
        "how": _("Check the code and the figures of this paper at %(address)s. The square carries the same text with its signature "
                 "and can be checked without a network.") % {"address": check_at},
        "limits": _("A certificate says what stood in the records when it was issued. It is no promise of credit."),
    }  # fmt: skip


def pdf_of(certificate: Certificate, *, check_at: str) -> bytes:
    """The paper. check_at: the address at which codes are checked, without a query."""
    said = json.loads(certificate.said)
    parts = []
    for language in languages_of(certificate.lender, certificate):
        with override(language):
            parts.append(_words(certificate, said, check_at))
    data = {
        "lender": certificate.lender.name, "number": said["number"], "as_of": said["as_of"], "parts": parts, "grouped": rules.in_groups(certificate.code),
        "words": {"page": "", "as_of": "", "printed_by": ""}, "key": said["key"],
    }  # fmt: skip
    square = _square(f"{check_at}?code={certificate.code}#{token(certificate)}")
    return paper.pdf(TEMPLATE, data, pictures={"square.png": square}, language=languages_of(certificate.lender, certificate)[0])


def _square(text: str) -> bytes:
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=2, box_size=4)
    made.add_data(text)
    made.make(fit=True)
    out = io.BytesIO()
    made.make_image().save(out, "PNG")
    return out.getvalue()
