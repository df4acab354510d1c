"""Writes the drawn book as facts: each with the close on which it became known and the delivery of that day."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from borrowers.collateral.models import CollateralItem, Pledge, Valuation
from borrowers.feeds.models import Delivery
from borrowers.loans.models import Custody, Guarantee, Instalment, Loan, LoanEvent, Repayment
from borrowers.parties.models import Borrower, PortalAccess
from borrowers.parties.rules import bucket_of
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.copying import copy, money, take_ids
from loanwatch.demo.drafts import Item, Note, Party, Payment
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Account, Branch, Person

FORMAT = "demo_book"
FACT = "lender_id valid_from known_from delivery_id"


class Writer:
    """Turns drafts into rows. Every fact is counted and hashed into the delivery of the close on which it became known."""

    def __init__(self, lender: Lender, calendar: Calendar, people: dict[str, Person], seed: int) -> None:
        self.lender, self.calendar, self.seed = lender, calendar, seed
        self.people = {login: person.pk for login, person in people.items()}
        self.branches = dict(Branch.objects.filter(lender=lender).values_list("code", "pk"))
        self.products = dict(Product.objects.filter(lender=lender).values_list("code", "pk"))
        self.deliveries = dict(zip(calendar.closes, take_ids(Delivery, len(calendar.closes)), strict=True))
        self.counted: Counter[date] = Counter()
        self.digests = {close: hashlib.sha256(f"{seed}".encode()) for close in calendar.closes}
        self.waiting: list[Callable[[], Any]] = []
        self.bucket: dict[str, int] = {}
        self.party_ids: dict[str, int] = {}
        self.loan_ids: dict[str, int] = {}
        self.item_ids: dict[str, int] = {}

    def fact(self, valid_from: date, *content: Any, known_on: date | None = None) -> tuple[int, date, date, int]:
        """The four columns of every fact; `content` is what the delivery's checksum covers."""
        known = self.calendar.known(known_on or valid_from)
        self.counted[known] += 1
        self.digests[known].update(repr((valid_from, *content)).encode())
        return self.lender.pk, valid_from, known, self.deliveries[known]

    def later(self, model: Any, columns: str, rows: list[Sequence[Any]]) -> None:
        self.waiting.append(lambda: copy(model, columns, rows))

    def write(self) -> int:
        """Write everything gathered, deliveries first; returns the number of facts."""
        Delivery.objects.bulk_create(self._delivery(close, number) for close, number in self.deliveries.items())
        for write in self.waiting:
            write()
        return self.counted.total()

    def _delivery(self, close: date, number: int) -> Delivery:
        rows = self.counted[close]
        received = datetime.combine(close, time(15, 10), tzinfo=UTC)  # 23:10 in Shanghai
        return Delivery(
            id=number,
            lender=self.lender,
            format=FORMAT,
            business_date=close,
            sha256=self.digests[close].hexdigest(),
            filename=f"demo_{close:%Y%m%d}_seed{self.seed}",
            size=rows * 96,
            state=Delivery.State.APPLIED,
            rows_read=rows,
            rows_applied=rows,
            control={"expected": {"rows": rows}, "found": {"rows": rows}},
            received_at=received,
            applied_at=received + timedelta(seconds=4),
            seconds=4.0,
        )


def parties(writer: Writer, drawn: Iterable[Party]) -> None:
    drawn = list(drawn)
    for party, number in zip(drawn, take_ids(Borrower, len(drawn)), strict=True):
        writer.party_ids[party.number] = number
        writer.bucket[party.number] = bucket_of(party.number)
    writer.later(
        Borrower,
        f"id {FACT} bucket number kind name segment industry region phone address latitude longitude key_customer",
        [
            (
                writer.party_ids[p.number],
                *writer.fact(p.since, p.number, p.name),
                writer.bucket[p.number],
                p.number,
                p.kind,
                p.name,
                p.segment,
                p.industry,
                p.region,
                p.phone,
                p.address,
                *p.position,
                p.key_customer,
            )
            for p in drawn
        ],
    )


def loans(writer: Writer, notes: list[Note]) -> None:
    writer.loan_ids = {note.number: number for note, number in zip(notes, take_ids(Loan, len(notes)), strict=True)}
    writer.later(
        Loan,
        f"id {FACT} bucket number borrower_id product_id branch_id currency principal rate disbursed_on matures_on settled_on purpose"
        " ltv_agreed position_fed segment attributes",
        [
            (
                writer.loan_ids[n.number],
                *writer.fact(n.disbursed_on, n.number, n.principal, n.rate_bp),
                writer.bucket[n.party.number],
                n.number,
                writer.party_ids[n.party.number],
                writer.products[n.product],
                writer.branches[n.party.branch],
                writer.lender.currency,
                money(n.principal),
                money(n.rate_bp),
                n.disbursed_on,
                n.matures_on,
                n.settled_on,
                n.purpose,
                n.ltv_agreed,
                False,
                n.party.segment,
                {},
            )
            for n in notes
        ],
    )


def schedules(writer: Writer, notes: list[Note]) -> None:
    """Every version of every plan, with running totals from its first demand on."""
    rows: list[Sequence[Any]] = []
    for note in notes:
        for version, (agreed, plan) in enumerate([(note.disbursed_on, note.plan), *note.revisions], 1):
            due = principal = 0
            facts = writer.fact(agreed, note.number, version, plan)
            for seq, demand in enumerate(plan, 1):
                due, principal = due + demand.total, principal + demand.principal
                rows.append(
                    (
                        *facts,
                        writer.bucket[note.party.number],
                        writer.loan_ids[note.number],
                        version,
                        seq,
                        demand.due_on,
                        money(demand.principal),
                        money(demand.interest),
                        "0.00",
                        due,
                        principal,
                    )
                )
    columns = f"{FACT} bucket loan_id version seq due_on principal interest fee cum_due_minor cum_principal_minor"
    writer.later(Instalment, columns, rows)


def repayments(writer: Writer, notes: list[Note]) -> None:
    """Payments in the order in which they became known, with their running total."""
    known = writer.calendar.known
    rows: list[Sequence[Any]] = []
    for note in notes:
        total = 0

        def when(payment: Payment) -> tuple[date, date]:
            return known(payment.known_on or payment.paid_on), payment.paid_on

        for seq, payment in enumerate(sorted(note.payments, key=when), 1):
            total += payment.amount
            facts = writer.fact(payment.paid_on, note.number, payment.amount, known_on=payment.known_on)
            rows.append(
                (
                    *facts,
                    writer.bucket[note.party.number],
                    writer.loan_ids[note.number],
                    seq,
                    payment.paid_on,
                    money(payment.amount),
                    total,
                    payment.payer,
                    payment.payer_kind,
                )
            )
    writer.later(Repayment, f"{FACT} bucket loan_id seq paid_on amount cum_paid_minor payer payer_kind", rows)


def events(writer: Writer, notes: list[Note]) -> None:
    rows: list[Sequence[Any]] = []
    for note in notes:
        disbursed = writer.fact(note.disbursed_on, note.number, "disbursement")
        rows.append(
            (
                *disbursed,
                writer.bucket[note.party.number],
                writer.loan_ids[note.number],
                "disbursement",
                money(note.principal),
                None,
                None,
                None,
                "",
            )
        )
        for h in note.happenings:
            other = writer.loan_ids[h.other.number] if h.other else None
            rows.append(
                (
                    *writer.fact(h.on, note.number, h.kind),
                    writer.bucket[note.party.number],
                    writer.loan_ids[note.number],
                    h.kind,
                    money(h.amount),
                    h.matures_on,
                    h.days_past_due,
                    other,
                    h.note,
                )
            )
    writer.later(LoanEvent, f"{FACT} bucket loan_id kind amount matures_on days_past_due other_loan_id note", rows)


def collateral(writer: Writer, notes: list[Note]) -> None:
    items: dict[str, Item] = {s.item.number: s.item for note in notes for s in note.securities}
    writer.item_ids = dict(zip(items, take_ids(CollateralItem, len(items)), strict=True))
    writer.later(
        CollateralItem,
        f"id {FACT} number kind description owner_id currency index_region",
        [
            (
                writer.item_ids[i.number],
                *writer.fact(i.since, i.number),
                i.number,
                i.kind,
                i.description,
                writer.party_ids[i.owner.number],
                writer.lender.currency,
                "",
            )
            for i in items.values()
        ],
    )
    writer.later(
        Pledge,
        f"{FACT} bucket loan_id item_id rank prior_liens to_on",
        [
            (
                *writer.fact(s.on, n.number, s.item.number),
                writer.bucket[n.party.number],
                writer.loan_ids[n.number],
                writer.item_ids[s.item.number],
                s.rank,
                money(s.prior_liens),
                None,
            )
            for n in notes
            for s in n.securities
        ],
    )
    writer.later(
        Valuation,
        f"{FACT} item_id value method appraiser",
        [
            (*writer.fact(a.on, i.number, a.value), writer.item_ids[i.number], money(a.value), a.method, a.appraiser)
            for i in items.values()
            for a in i.appraisals
        ],
    )


def guarantees(writer: Writer, notes: list[Note]) -> None:
    writer.later(
        Guarantee,
        f"{FACT} bucket loan_id guarantor_id amount to_on",
        [
            (
                *writer.fact(b.on, n.number, b.guarantor.number),
                writer.bucket[n.party.number],
                writer.loan_ids[n.number],
                writer.party_ids[b.guarantor.number],
                money(b.amount),
                None,
            )
            for n in notes
            for b in n.backings
        ],
    )


def custody(writer: Writer, notes: list[Note]) -> None:
    writer.later(
        Custody,
        "lender_id bucket loan_id person_id capacity from_on to_on",
        [
            (
                writer.lender.pk,
                writer.bucket[n.party.number],
                writer.loan_ids[n.number],
                writer.people[t.staff],
                t.capacity,
                t.from_on,
                t.to_on,
            )
            for n in notes
            for t in n.tenures
            if t.to_on is None or t.to_on > t.from_on
        ],
    )


def portal(logins: dict[str, Party], writer: Writer) -> None:
    """Which borrower each borrower's log-in belongs to."""
    accounts = dict(Account.objects.filter(username__in=logins).values_list("username", "pk"))
    rows = [PortalAccess(account_id=accounts[login], borrower_id=writer.party_ids[party.number]) for login, party in logins.items()]
    writer.waiting.append(lambda: PortalAccess.objects.bulk_create(rows))
