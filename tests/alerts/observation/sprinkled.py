"""Facts of every kind strewn over loans by chance, some told late, corrected or taken back: the same seed strews the same facts."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from borrowers.collateral.models import CollateralCount, CollateralItem, Insurance, Pledge, Valuation
from borrowers.conduct.models import PaymentPromise
from borrowers.covenants.models import ApprovalCondition, Covenant, CovenantTest, CovenantWaiver
from borrowers.funds.models import AgreedPayee, DisbursementPayment, PaymentReturn
from borrowers.loans.models import Loan


class Sprinkler:
    """Strews facts over loans; `since` and `until` bound the days they are about."""

    def __init__(self, seed: int, since: date, until: date) -> None:
        self.chance, self.since, self.until = Random(seed), since, until
        self.rows: dict[type, list[Any]] = {}

    def day(self, after: date | None = None) -> date:
        first = max(self.since, after or self.since)
        return first + timedelta(days=self.chance.randrange(max(1, (self.until - first).days)))

    def amount(self, most: int) -> Decimal:
        return Decimal(self.chance.randrange(1, most * 100)) / 100

    def tell(self, model: type, about: Loan, on: date, /, revisable: bool = True, **given: Any) -> None:
        """A fact about `on`, known then or a little later; one in eight is told again the week after, a third of these withdrawn."""
        late = timedelta(days=self.chance.choice((0, 0, 0, 1, 20)))
        row = {"lender_id": about.lender_id, "valid_from": on, "known_from": on + late} | given
        if any(field.name == "bucket" for field in model._meta.fields):
            row["bucket"] = about.bucket
        self.rows.setdefault(model, []).append(model(**row))
        if revisable and self.chance.random() < 0.125:
            again = {"revision": 2, "known_from": row["known_from"] + timedelta(days=7), "withdrawn": self.chance.random() < 0.33}
            self.rows[model].append(model(**row | again))

    def over(self, loans: list[Loan]) -> None:
        for loan in loans:
            for part in (self.payments, self.promises, self.covenants, self.proceeds, self.cover):
                if self.chance.random() < 0.7:
                    part(loan)
        for model, rows in self.rows.items():
            model.objects.bulk_create(rows)

    def payments(self, loan: Loan) -> None:
        for n in range(self.chance.randrange(4)):
            self.tell(PaymentReturn, loan, self.day(), loan=loan, reference=f"D{n}", amount=1, technical=self.chance.random() < 0.3, retries=n)

    def promises(self, loan: Loan) -> None:
        for on in {self.day() for _ in range(self.chance.randrange(4))}:
            due = on + timedelta(days=self.chance.randrange(20))
            self.tell(PaymentPromise, loan, on, loan=loan, due_on=due, amount=self.amount(150))

    def covenants(self, loan: Loan) -> None:
        said = {"lender_id": loan.lender_id, "valid_from": self.since, "known_from": self.since, "borrower": loan.borrower, "title": "t", "measure": "m"}
        for n in range(self.chance.randrange(1, 3)):
            covenant = Covenant.objects.create(
                number=f"C{loan.pk}-{n}", loan=loan if n else None, comparison=self.chance.choice(("at_least", "at_most")), threshold=self.chance.choice((0, 2, 70)),
                every_months=self.chance.choice((1, 3)), ends_on=self.chance.choice((None, self.until - timedelta(days=20))), **said,
            )  # fmt: skip
            for on in {self.day() for _ in range(self.chance.randrange(5))}:
                result = self.chance.choice(("kept", "kept", "broken", "not_delivered"))
                self.tell(CovenantTest, loan, on, covenant=covenant, value=self.amount(140), result=result)
            if self.chance.random() < 0.4:
                on = self.day()
                self.tell(CovenantWaiver, loan, on, covenant=covenant, to_on=on + timedelta(days=40), reason="r", approved_by="a")
        for n in range(self.chance.randrange(3)):
            due = self.day()
            met = self.chance.choice((None, due + timedelta(days=10)))
            self.tell(ApprovalCondition, loan, self.since, borrower=loan.borrower, reference=f"{loan.pk}-{n}", text="t", due_on=due, met_on=met)

    def proceeds(self, loan: Loan) -> None:
        if self.chance.random() < 0.8:
            self.tell(AgreedPayee, loan, loan.disbursed_on, loan=loan, payee="Works")
        for n in range(self.chance.randrange(1, 5)):
            kind, on = self.chance.choice(("supplier", "cash", "person", "property")), loan.disbursed_on + timedelta(days=self.chance.randrange(8))
            payee, proof = self.chance.choice(("Works", "Other")), self.chance.choice(("", "Invoice"))
            mode = self.chance.choice(("entrusted", "self_paid"))
            self.tell(DisbursementPayment, loan, on, loan=loan, reference=f"P{n}", mode=mode, payee=payee, payee_kind=kind, amount=self.amount(400), proof=proof)

    def cover(self, loan: Loan) -> None:
        said = {"lender_id": loan.lender_id, "valid_from": self.since, "known_from": self.since}
        for n in range(self.chance.randrange(1, 3)):
            item = CollateralItem.objects.create(
                number=f"I{loan.pk}-{n}", kind=self.chance.choice(("equipment", "inventory", "receivables")), owner=loan.borrower, currency=loan.currency, **said
            )
            ends = self.chance.choice((None, None, self.until - timedelta(days=15)))
            self.tell(Pledge, loan, self.since, revisable=False, loan=loan, item=item, prior_liens=self.amount(100), to_on=ends)
            for on in {self.day() for _ in range(self.chance.randrange(3))}:
                self.tell(Valuation, loan, on, item=item, value=self.amount(3000), method="appraisal")
                self.tell(CollateralCount, loan, on, item=item, pledged=100, counted=self.amount(100))
            if self.chance.random() < 0.7:
                ends = self.until + timedelta(days=self.chance.randrange(-60, 60))
                self.tell(Insurance, loan, self.since, item=item, policy="P", insurer="i", sum_insured=1, currency=loan.currency, to_on=ends)
