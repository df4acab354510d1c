"""For each branch of the world: a blocking finding with a remedy's file, what an inspection proposes, its hold, and a certificate."""

from typing import Any

from borrowers.findings.actions import note_finding
from borrowers.loans.models import Loan
from inspections.findings.certifying import issue
from inspections.findings.models import Finding, FindingFile, FindingNote
from tests.inspections import book


def finding_things(bank: book.Bank, loan: Loan) -> dict[str, Any]:
    """`finding`, `finding file` (whose bytes are nowhere), `hold on borrower`, `proposed finding` and `certificate`."""
    manager, officer = bank.people["manager"].person, bank.people["risk_officer"].person
    finding = Finding.objects.create(
        lender=bank.lender, bucket=loan.bucket, borrower=loan.borrower, loan=loan, branch=loan.branch, source="hand", text="Stock missing.", severity=2,
        measure="Count it.", blocks=["new_credit"], raised_by=officer, raised_on=book.TODAY, owner=manager, due_on=book.TODAY,
    )  # fmt: skip
    note = FindingNote.objects.create(finding=finding, kind="remedy", text="Counted.", on=book.TODAY, by=manager)
    file = FindingFile.objects.create(
        note=note, filename="count.pdf", sha256="0" * 64, stored_sha256="0" * 64, size=1, content_type="application/pdf", stored_as=f"nowhere/finding-{finding.pk}.pdf"
    )
    proposed = note_finding(loan=loan, subject=f"visit:{900_000 + loan.pk}", points=["stock"], level=2, text="Stock: no", on=book.TODAY, by=officer)
    made = issue(borrower=loan.borrower, by=bank.people["risk_officer"])
    return {"finding": finding, "finding file": file, "hold on borrower": finding.holds.get(), "proposed finding": proposed, "certificate": made}
