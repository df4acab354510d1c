"""A small bank for the tests of inspections: one branch below a head office, its people, and loans when asked for."""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection
from PIL import Image, ImageDraw

from alerts.rulebook.models import Rule, RuleVersion
from alerts.signals.models import Alert
from borrowers.loans.models import Custody, Loan
from borrowers.parties.models import Borrower
from borrowers.parties.rules import bucket_of
from inspections.four_eyes import actions as four_eyes
from inspections.planning.models import Task
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Visit
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, BranchReach, Person, Role, RoleHeld

TODAY = date(2026, 11, 20)
LONG_AGO = date(2020, 1, 1)
COUNTER = count(1)


@dataclass
class Bank:
    """`people` are accesses by name: manager, manager2, officer, officer2, head, agent, auditor, credit; sibling_officer elsewhere."""

    lender: Lender
    branch: Branch
    sibling: Branch
    people: dict[str, Access] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Access:
        try:
            return self.__dict__["people"][name]
        except KeyError as error:
            raise AttributeError(name) from error


def open_bank() -> Bank:
    lender = Lender.objects.create(code=f"B{next(COUNTER)}", name="Test bank", currency="CNY", zone="Asia/Shanghai")
    give_defaults(lender)
    visits.install_templates(lender)
    head_office, branch, sibling = (
        Branch.objects.create(lender=lender, code=code, name=code.title(), kind=kind, opened_on=LONG_AGO)
        for code, kind in (("HO", "head_office"), ("MAIN", "branch"), ("SIDE", "branch"))
    )
    for node in (head_office, branch, sibling):
        BranchReach.objects.create(ancestor=node, descendant=node, depth=0, from_on=LONG_AGO)
    for node in (branch, sibling):
        BranchReach.objects.create(ancestor=head_office, descendant=node, depth=1, from_on=LONG_AGO)
    bank = Bank(lender, branch, sibling)
    for name, role, place in (
        ("manager", Role.ACCOUNT_MANAGER, branch),
        ("manager2", Role.ACCOUNT_MANAGER, branch),
        ("officer", Role.RISK_OFFICER, branch),
        ("officer2", Role.RISK_OFFICER, branch),
        ("sibling_officer", Role.RISK_OFFICER, sibling),
        ("head", Role.BRANCH_HEAD, branch),
        ("agent", Role.FIELD_AGENT, branch),
        ("auditor", Role.AUDITOR, head_office),
        ("credit", Role.CREDIT_ADMIN, head_office),
    ):
        bank.people[name] = hire(bank, name, role, place)
    return bank


def hire(bank: Bank, name: str, role: Role, place: Branch) -> Access:
    number = next(COUNTER)
    person = Person.objects.create(
        lender=bank.lender, staff_no=f"S{number:04d}", name=f"{name.title()} {number}", agency="Agency" if role == Role.FIELD_AGENT else ""
    )
    RoleHeld.objects.create(person=person, role=role, branch=place, from_on=LONG_AGO)
    account = Account.objects.create(username=f"{name}-{number}", person=person)
    return Access.of(account, TODAY)


def make_loan(
    bank: Bank,
    *,
    disbursed_on: date = date(2026, 1, 10),
    principal: int = 800_000,
    kind: str = "working_capital",
    lead: Access | None = None,
) -> Loan:
    number = f"N{next(COUNTER):06d}"
    product, _ = Product.objects.get_or_create(lender=bank.lender, code=kind, defaults={"name": kind, "kind": kind})
    facts = {"lender": bank.lender, "valid_from": disbursed_on, "known_from": disbursed_on, "bucket": bucket_of(number)}
    borrower = Borrower.objects.create(
        number=number,
        name=f"Works {number}",
        kind="company",
        segment="small",
        latitude=Decimal("31.300000"),
        longitude=Decimal("120.700000"),
        address="18 Loufeng Rd",
        phone="0512-555",
        **facts,
    )
    loan = Loan.objects.create(
        number=number,
        borrower=borrower,
        product=product,
        branch=bank.branch,
        currency="CNY",
        principal=principal,
        disbursed_on=disbursed_on,
        matures_on=disbursed_on + timedelta(days=720),
        segment="small",
        **facts,
    )
    lead = lead or bank.manager
    Custody.objects.create(lender=bank.lender, bucket=loan.bucket, loan=loan, person=lead.person, capacity="lead", from_on=disbursed_on)
    return loan


def make_task(bank: Bank, loan: Loan | None = None, *, kind: str = "routine", to: Access | None = None, due_on: date = TODAY) -> Task:
    loan = loan or make_loan(bank)
    to = to or bank.manager
    return Task.objects.create(
        lender=bank.lender,
        bucket=loan.bucket,
        loan=loan,
        borrower=loan.borrower,
        branch=loan.branch,
        kind=kind,
        opened_on=TODAY - timedelta(days=10),
        due_on=due_on,
        assigned_to=to.person,
    )


def picture(seed: int = 0, *, exif: Image.Exif | None = None) -> io.BytesIO:
    """A photo-like JPEG that differs with its seed."""
    image = Image.new("RGB", (160, 120), (90, 120, 150))
    draw = ImageDraw.Draw(image)
    for n in range(12):
        x, y = (seed * 97 + n * 53) % 150, (seed * 61 + n * 37 * (seed + 1)) % 110
        draw.rectangle(
            (x, y, x + 15 + n * 2, y + 10 + (seed % 5) * 4), fill=((n * 40 + seed * 30) % 256, (n * 90) % 256, (seed * 70) % 256)
        )
    data = io.BytesIO()
    image.save(data, "JPEG", **({} if exif is None else {"exif": exif}))
    data.seek(0)
    return data


GOOD = {
    "yes_no": "yes",
    "number": "74",
    "money": "500000.00",
    "percent": "80",
    "date": "2026-11-01",
    "text": "As described.",
    "position": {"latitude": "31.300000", "longitude": "120.700000"},
    "signature": {"name": "Chen Yifan"},
}


def good_answers(visit: Visit) -> dict[str, tuple[Any, str]]:
    """An answer to every point that fails none."""
    answers: dict[str, tuple[Any, str]] = {}
    for point in Checkpoint.objects.filter(section__template=visit.template):
        if point.kind in {"photo", "document"}:
            continue
        if point.kind == "items":
            cells = {"text": "Steel coil", "number": "12", "money": "500000.00"}
            answers[point.code] = ([{column["code"]: cells[column["kind"]] for column in point.columns}], "")
            continue
        value = GOOD.get(point.kind) or next(o["value"] for o in point.options if o["value"] not in point.fails_when)
        if value in point.fails_when:
            value = "no"
        answers[point.code] = (value, "")
    return answers


def fill(visit: Visit, by: Access, *, photos: int = 1, seed: int = 0, **changed: tuple[str | None, str]) -> None:
    """Answer every point, with a photo each where one is asked, and stand at the borrower's gate."""
    visits.save_answers(visit_id=visit.pk, answers=good_answers(visit) | changed, by=by)
    for n, point in enumerate(Checkpoint.objects.filter(section__template=visit.template, kind="photo")):
        for m in range(photos):
            shot = picture(seed * 10 + n * 3 + m)
            visits.add_photo(visit_id=visit.pk, code=point.code, upload=shot, size=len(shot.getvalue()), by=by)
    visits.set_position(visit_id=visit.pk, latitude=Decimal("31.3003"), longitude=Decimal("120.7002"), accuracy=8, by=by)


def submit(visit: Visit, by: Access, **changed: object) -> Visit:
    given = {"visited_on": TODAY, "conclusion": "no_problem", "summary": "All in order."} | changed
    return visits.submit_visit(visit_id=visit.pk, by=by, **given)


def submitted(bank: Bank, task: Task | None = None, *, seed: int = 0, **changed: tuple[str | None, str]) -> Visit:
    task = task or make_task(bank)
    visit = visits.start_visit(task_id=task.pk, by=bank.manager)
    fill(visit, bank.manager, seed=seed, **changed)
    return submit(visit, bank.manager)


def own_view(visit: Visit, by: Access, *, conclusion: str = "no_problem", **changed: tuple[str | None, str]) -> None:
    """The own view, at the desk whatever the sealed number says."""
    begun = four_eyes.open_verification(visit_id=visit.pk, by=by)
    if begun.method == "visit" and begun.own_task is None and begun.own_recorded_at is None:
        four_eyes.give_up_own_visit(visit_id=visit.pk, reason="The road is closed.", by=by)
    four_eyes.record_own_view(visit_id=visit.pk, answers=good_answers(visit) | changed, conclusion=conclusion, summary="My view.", by=by)


def make_alert(bank: Bank, loan: Loan, *, level: int = 3, opened_on: date = TODAY, staff_conduct: bool = False) -> Alert:
    rule = Rule.objects.create(
        lender=bank.lender, code=f"R{next(COUNTER)}", name="Rule", family="REP", grain="loan", staff_conduct=staff_conduct
    )
    version = RuleVersion.objects.create(
        rule=rule, version=1, text="", tree={}, fingerprint="", handling_days={}, state="live", valid_from=LONG_AGO
    )
    return Alert.objects.create(
        lender=bank.lender,
        number=f"AL-{next(COUNTER)}",
        rule=rule,
        rule_version=version,
        bucket=loan.bucket,
        loan=loan,
        borrower=loan.borrower,
        branch=loan.branch,
        level=level,
        opened_on=opened_on,
        staff_conduct=staff_conduct,
        concerns=bank.manager.person if staff_conduct else None,
    )


OBSERVED = {
    "dpd_bucket": 0,
    "restructured": False,
    "restructures": 0,
    "extensions_24m": 0,
    "edge_extensions_24m": 0,
    "rollovers": 0,
    "collateral_items": 0,
    "guarantors": 0,
    "circle_length": 0,
    "inputs_missing": 0,
    "inputs_missing_days": 0,
}


def make_day(bank: Bank, day: date = TODAY) -> None:
    """The partition of a day; only the owner's function may make it, so the caller is the worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lw_make_observation_day(%s, %s)", [bank.lender.pk, day])


def observe(bank: Bank, loan: Loan, day: date = TODAY, *, risk_class: str = "normal", manager: Access | None = None) -> None:
    """One observation row of a loan on the book."""
    row = OBSERVED | {
        "lender_id": bank.lender.pk,
        "as_of": day,
        "loan_id": loan.pk,
        "borrower_id": loan.borrower_id,
        "bucket": loan.bucket,
        "branch_id": loan.branch_id,
        "product_id": loan.product_id,
        "manager_id": (manager or bank.manager).person.pk,
        "currency": "CNY",
        "product_code": loan.product.code,
        "product_kind": loan.product.kind,
        "segment": "small",
        "principal": loan.principal,
        "outstanding": loan.principal,
        "risk_class": risk_class,
    }
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO alerts_loanday ({', '.join(row)}) VALUES ({marks})", list(row.values()))
