"""A bank with a whole branch tree, somebody of every role, and one of everything in each branch: for tests on who may see what.

HO ─┬─ R1 ─┬─ B11 ── S111        the people asked are those of B11 (and of R1)
    │      └─ B12
    └─ R2 ─── B21
and a second lender with a branch of its own
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from alerts.backtests.models import BacktestRun
from alerts.backtests.rules import LEVELS, Figures
from alerts.cases.models import Case, CaseAlert
from alerts.classification.models import ClassProposal
from alerts.reminders.models import ContactPreference
from alerts.rulebook.models import RuleSnooze
from alerts.signals.handling_models import AlertFile, AlertNote
from alerts.signals.worklist_models import SavedView
from borrowers.documents.house import install_shipped
from borrowers.documents.models import Document, DocumentKind, DocumentVersion, LegalHold
from borrowers.feeds.models import Delivery, FeedPlan, FormatVersion, QuarantinedRow, WebhookSource
from borrowers.loans.models import Loan, Repayment
from borrowers.parties.models import PortalAccess
from inspections.checklists.models import Template
from inspections.deadlines.models import Deadline
from inspections.evidence.models import Flag
from inspections.planning.models import Task
from inspections.sampling.actions import ensure_seed, install_policy
from inspections.sending.models import Sending, SentFile
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Photo, Visit
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import CalendarChange, Lender, Parameter, Product, ProductTerms
from loanwatch.people import tokens
from loanwatch.people.access import Access
from loanwatch.people.models import Account, ApiToken, Branch, Person, Role, RoleHeld
from loanwatch.people.tree import NewBranch, open_branches
from loanwatch.trail.models import BusinessDay, RunException
from loanwatch.trail.outbox.models import OutboxMessage
from tests.inspections import book
from tests.loanwatch.people.world_agencies import agency_things
from tests.loanwatch.people.world_findings import finding_things
from tests.loanwatch.people.world_plans import plan_things

TODAY = book.TODAY
TREE = [
    NewBranch("HO", "Head office", "head_office", ""),
    NewBranch("R1", "Region 1", "region", "HO"),
    NewBranch("R2", "Region 2", "region", "HO"),
    NewBranch("B11", "Branch 11", "branch", "R1"),
    NewBranch("B12", "Branch 12", "branch", "R1"),
    NewBranch("B21", "Branch 21", "branch", "R2"),
    NewBranch("S111", "Sub-branch 111", "sub_branch", "B11"),
]
# Where a thing lies, seen from the people of B11.
OWN, COLLEAGUE, BELOW, SIBLING, PARENT, FAR, STRANGER = (
    "own",
    "colleague's",
    "sub-branch",
    "sibling",
    "parent",
    "other region",
    "other lender",
)
BRANCH_OF = {OWN: "B11", COLLEAGUE: "B11", BELOW: "S111", SIBLING: "B12", PARENT: "R1", FAR: "B21", STRANGER: "X1"}
STAFF = [role for role in Role if role != Role.BORROWER]


def _note(alert: Any, bank: Any) -> AlertNote:
    return AlertNote.objects.create(alert=alert, by=bank.manager.person, kind="measure", text="Called the owner.")


def _file(alert: Any, bank: Any) -> AlertFile:
    return AlertFile.objects.create(
        alert=alert, filename="letter.pdf", sha256="0" * 64, stored_sha256="0" * 64, size=1, content_type="application/pdf", by=bank.manager.person,
        stored_as=f"nowhere/{alert.pk}.pdf",
    )  # fmt: skip


def _case(alert: Any) -> Case:
    made = Case.objects.create(lender=alert.lender, number=f"CS-{alert.pk}", borrower=alert.borrower, branch=alert.branch, level=alert.level, opened_on=TODAY)
    CaseAlert.objects.create(case=made, alert=alert, from_on=TODAY)
    return made


@dataclass
class Place:
    """One branch (or, for `colleague's`, B11 again with other people) and the things in it."""

    branch: Branch
    bank: book.Bank
    things: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    lender: Lender
    stranger: Lender
    places: dict[str, Place] = field(default_factory=dict)
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)  # (role, "B11" or "R1")

    def account(self, role: str, at: str = "B11") -> Account:
        return self.accounts[role, at]


def hire(lender: Lender, role: str, branch: Branch | None, name: str) -> Access:
    """Somebody with one role, an account and no password."""
    number = next(book.COUNTER)
    person = Person.objects.create(
        lender=lender, staff_no=f"W{number:04d}", name=f"{name} {number}", agency="Agency" if role == Role.FIELD_AGENT else ""
    )
    RoleHeld.objects.create(person=person, role=role, branch=branch, from_on=book.LONG_AGO)
    return Access.of(Account.objects.create(username=f"{name.lower()}-{number}".replace(" ", "-"), person=person), TODAY)


def open_world() -> World:
    """Everything; takes about two seconds."""
    lender, stranger = (_open_lender(code) for code in ("ONE", "TWO"))
    open_branches(lender, TREE, on=book.LONG_AGO)
    open_branches(
        stranger,
        [NewBranch("HO", "Other head office", "head_office", ""), NewBranch("X1", "Other branch", "branch", "HO")],
        on=book.LONG_AGO,
    )
    world = World(lender, stranger)
    for name, code in BRANCH_OF.items():
        world.places[name] = _furnish(stranger if name == STRANGER else lender, code, name)
    staff = world.places[OWN].bank.people
    for role in STAFF:
        world.accounts[role, "B11"] = staff[role].account
    region = Branch.objects.get(lender=lender, code="R1")
    for role in (Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR, Role.SYSADMIN):
        world.accounts[role, "R1"] = hire(lender, role, region, f"Region {role}").account
    world.accounts[Role.BORROWER, "B11"] = world.places[OWN].things["borrower_account"]
    return world


def _open_lender(code: str) -> Lender:
    lender = Lender.objects.create(code=code, name=f"Bank {code}", currency="CNY", zone="Asia/Shanghai")
    give_defaults(lender)
    visits.install_templates(lender)
    Product.objects.create(lender=lender, code="working_capital", name="Working capital", kind="working_capital")
    install_shipped(lender)
    BusinessDay.objects.create(lender=lender, business_date=TODAY - timedelta(days=1), slices=1, state="closed")
    BusinessDay.objects.create(lender=lender, business_date=TODAY, slices=1, state="closing")
    return lender


def _backtest(alert) -> BacktestRun:
    """A back-test of the alert's rule that found nothing."""
    levels = {str(level): Figures().as_json() for level in LEVELS}
    result = {"levels": levels, "parts": [], "closes": 1, "first": TODAY.isoformat(), "last": TODAY.isoformat(), "newest": TODAY.isoformat(), "judged_to": None}
    return BacktestRun.objects.create(
        lender=alert.lender, rule=alert.rule, version=alert.rule_version, text=alert.rule_version.text, tree={}, from_on=TODAY, to_on=TODAY, hours=1,
        state="done", result=result, closes=1, closes_done=1,
    )  # fmt: skip


def _furnish(lender: Lender, code: str, name: str) -> Place:
    branch = Branch.objects.get(lender=lender, code=code)
    bank = book.Bank(lender, branch, branch)
    for role in STAFF:
        bank.people[role] = hire(lender, role, branch, f"{name} {role}")
    bank.people |= {"manager": bank.people[Role.ACCOUNT_MANAGER], "agent": bank.people[Role.FIELD_AGENT]}
    place = Place(branch, bank)
    place.things |= _book(bank) | _house(lender, bank)
    return place


def _book(bank: book.Bank) -> dict[str, Any]:
    """A loan with an alert, a class proposal, tasks, and visits: begun and submitted, each by manager and by agent."""
    loan = book.make_loan(bank)
    alert = book.make_alert(bank, loan)
    proposal = ClassProposal.objects.create(
        lender=bank.lender, bucket=loan.bucket, loan=loan, as_of=TODAY, old_class="normal", new_class="special_mention", days_past_due=3
    )
    deadline = Deadline.objects.create(
        lender=bank.lender, bucket=loan.bucket, kind="maturity", loan=loan, borrower=loan.borrower, branch=loan.branch, due_on=TODAY, opened_on=TODAY
    )
    made_by = bank.people["manager"].person
    snooze = RuleSnooze.objects.create(
        lender=bank.lender, rule=alert.rule, borrower=loan.borrower, from_on=TODAY, until=TODAY + timedelta(days=9), reason="Moves", by=made_by
    )
    webhook, _ = WebhookSource.objects.get_or_create(lender=bank.lender, name="bureau", defaults={"facts": ["tier"], "made_by": made_by})
    things: dict[str, Any] = {"alert note": _note(alert, bank), "alert file": _file(alert, bank), "case": _case(alert)}
    things |= {"webhook": webhook, "loan": loan, "alert": alert, "proposal": proposal, "deadline": deadline, "delivery": _delivery(bank.lender)}
    things["foreign view"] = SavedView.objects.create(person=hire(bank.lender, Role.AUDITOR, bank.branch, "Viewer").person, name="Mine", query="level=red")
    things |= {"snooze": snooze, "backtest": _backtest(alert), "document": _document(loan), "hold": _hold(bank, loan)}
    things |= {"sampling policy": install_policy(bank.lender), "seed": ensure_seed(bank.lender, TODAY, on=TODAY)}
    for who in ("manager", "agent"):
        things[f"task of {who}"] = book.make_task(bank, to=bank.people[who])
        begun = visits.start_visit(task_id=book.make_task(bank, to=bank.people[who]).pk, by=bank.people[who])
        things[f"begun by {who}"], things[f"photo by {who}"] = begun, _photo(begun)
        things[f"sending of {who}"] = _sending(begun.task, bank.people[who].person)
        things[f"submitted by {who}"], things[f"photo submitted by {who}"] = _submitted(bank, who)
    things["flag"] = _flag(things["submitted by manager"])
    things |= agency_things(bank) | finding_things(bank, loan) | plan_things(bank)
    borrower_account = Account.objects.create(username=f"borrower-{loan.number}")
    PortalAccess.objects.create(account=borrower_account, borrower=loan.borrower)
    repayment = Repayment.objects.create(
        loan=loan, lender=loan.lender, bucket=loan.bucket, seq=99, paid_on=TODAY, amount=1, cum_paid_minor=100, valid_from=TODAY, known_from=TODAY,
        entered_by=hire(bank.lender, Role.CREDIT_ADMIN, bank.branch, "Cashier").person, reference="R-99",
    )  # fmt: skip
    return things | {"borrower_account": borrower_account, "repayment": repayment, **_messages(loan, made_by)}


def _flag(visit: Visit) -> Flag:
    """Something the evidence guard noticed about a visit."""
    return Flag.objects.create(
        lender=visit.lender, visit=visit, person=visit.recorded_by, branch=visit.branch, kind="position", code="away", reason={"metres": 900}, noticed_on=TODAY
    )


def _messages(loan: Loan, made_by: Person) -> dict[str, Any]:
    """A reminder that waits, and a channel on which the borrower does not want any."""
    message = OutboxMessage.objects.create(
        lender=loan.lender, kind="reminder.due", subject=f"{loan.number}/1", business_date=TODAY, channel="sms", recipient="+86 138 0000 0000",
        lane=f"borrower:{loan.borrower_id}", body="Due", send_on=TODAY, not_before=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    preference = ContactPreference.objects.create(
        lender=loan.lender, borrower=loan.borrower, channel="email", from_on=TODAY, told_by="Owner", made_by=made_by
    )
    return {"message": message, "preference": preference}


def _document(loan: Loan) -> Document:
    """A contract whose bytes are nowhere: who is let in is told so, who is not finds nothing."""
    number = next(book.COUNTER)
    kind = DocumentKind.objects.get(lender=loan.lender, code="loan_contract")
    document = Document.objects.create(
        lender=loan.lender, number=f"DC{number}", kind=kind, borrower=loan.borrower, loan=loan, title="Contract", valid_from=TODAY, known_from=TODAY
    )
    DocumentVersion.objects.create(
        document=document, version=1, sha256=f"{number:064d}", stored_sha256=f"{number:064d}", size=1, content_type="image/png",
        filename="a.png", stored_as=f"nowhere/{number}.png", known_from=TODAY,
    )  # fmt: skip
    return document


def _hold(bank: book.Bank, loan: Loan) -> LegalHold:
    placer = hire(bank.lender, Role.CREDIT_ADMIN, bank.branch, "Placer").person
    return LegalHold.objects.create(borrower=loan.borrower, reason="Lawsuit", placed_on=TODAY, placed_by=placer)


def _sending(task: Task, person: Person) -> Sending:
    """An inspection that a phone has announced, of whose one picture nothing is here yet."""
    sending = Sending.objects.create(
        client_id=uuid4(), lender=task.lender, branch=task.branch, person=person, task=task, template=0, revision=1, manifest={}, sha256="0" * 64
    )
    SentFile.objects.create(sending=sending, file_id=uuid4(), code="photo", what="photo", type="image/jpeg", size=9, sha256="0" * 64, path=uuid4().hex)
    return sending


def form_of(place: Place) -> Template:
    """A shipped inspection form of the place's lender."""
    return Template.objects.filter(lender=place.bank.lender, code="special").get()


def _photo(visit: Visit) -> Photo:
    point = Checkpoint.objects.filter(section__template=visit.template, kind="photo").first()
    shot = book.picture(next(book.COUNTER))
    return visits.add_photo(
        visit_id=visit.pk, code=point.code, upload=shot, size=len(shot.getvalue()), by=Access.of(visit.recorded_by.accounts.get(), TODAY)
    )


def _submitted(bank: book.Bank, who: str) -> tuple[Visit, Photo]:
    by = bank.people[who]
    visit = visits.start_visit(task_id=book.make_task(bank, to=by).pk, by=by)
    book.fill(visit, by, seed=next(book.COUNTER))
    visit = book.submit(visit, by)
    return visit, visit.photos.first()


def _delivery(lender: Lender) -> QuarantinedRow:
    number = next(book.COUNTER)
    delivery = Delivery.objects.create(
        lender=lender,
        format="mortgage_performance",
        business_date=TODAY,
        sha256=f"{number:064d}",
        filename="f.csv",
        size=1,
        state="applied",
    )
    return QuarantinedRow.objects.create(delivery=delivery, line=2, reason="UNKNOWN_LOAN", raw={"loan": "N1"})


def _house(lender: Lender, bank: book.Bank) -> dict[str, Any]:
    """Somebody to keep, with a role and an account; a parameter that waits; a product."""
    kept = hire(lender, Role.FIELD_AGENT, bank.branch, "Kept")
    parameter = Parameter.objects.create(
        lender=lender, key="alerts.reopen_days", value=7, valid_from=date(2027, 1, 1), source="Test", proposed_by="NOBODY"
    )
    tokens.make_token(kept.account, "somebody else's")
    product = Product.objects.filter(lender=lender).first()
    terms = ProductTerms.objects.create(product=product, valid_from=date(2027, 1, 1), source="Test", proposed_by="NOBODY")
    days = [{"on": "2027-03-01", "is_business": False, "name": "Test"}]
    exception = RunException.objects.create(
        lender=lender, business_date=TODAY, run_version=1, step="warn", bucket=0, error="Repaired", resolved_at=datetime(2026, 11, 20, tzinfo=UTC)
    )
    BusinessDay.objects.get_or_create(
        lender=lender, business_date=TODAY, run_version=2, defaults={"state": "dropped", "asked_by": kept.person, "asked_reason": "Test"}
    )
    return {
        "run exception": exception,
        "person": kept.person,
        "held": RoleHeld.objects.get(person=kept.person),
        "account": kept.account,
        "parameter": parameter,
        "product": product,
        "terms": terms,
        "calendar change": CalendarChange.objects.create(calendar="CN", days=days, source="Test", proposed_by="NOBODY"),
        "foreign token": ApiToken.objects.get(account=kept.account),
        "feed plan": FeedPlan.objects.create(lender=lender, format=f"feed_{bank.branch.pk}_{kept.person.pk}", by_time=time(7), from_on=TODAY),
        "feed format": FormatVersion.objects.create(
            lender=lender, name=f"feed_{bank.branch.pk}_{kept.person.pk}", version=1, text="", made_by=kept.person
        ),
    }


def loan_of(place: Place) -> Loan:
    return place.things["loan"]
