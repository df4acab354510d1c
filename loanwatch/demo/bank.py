"""Founds the demo bank: legal entity, calendar, products, branch tree, people and their log-ins."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now

from inspections.planning import shipped
from inspections.planning.models import PlanRow, PlanText, PlanVersion
from loanwatch.demo.calendar import Calendar
from loanwatch.demo.places import PRODUCTS, TREE
from loanwatch.demo.staff import BORROWER_LOGINS, Seat, left_on
from loanwatch.kernel import calendars
from loanwatch.lenders import actions
from loanwatch.lenders.defaults import give_terms
from loanwatch.lenders.models import DayException, Lender, LenderCalendar, Product
from loanwatch.people import tree
from loanwatch.people.models import Account, Branch, Person, Role, RoleHeld

CODE, NAME, CURRENCY, ZONE = "DEMO", "江南示范银行 (Jiangnan Demo Bank)", "CNY", "Asia/Shanghai"
FOUNDED = timedelta(days=800)  # before the book begins


def holidays_around(years: Iterable[int]) -> dict:
    """The Chinese holidays and make-up workdays of `years`, written to the table first where they are missing."""
    years = list(years)
    actions.fill_holidays(calendars.CN, min(years), max(years))
    return dict(DayException.objects.filter(calendar=calendars.CN).values_list("on", "is_business"))


def found(calendar: Calendar) -> Lender:
    """The lender with its parameters, products and tree; month-ends first, Chinese business days later."""
    lender = actions.open_lender(
        code=CODE, name=NAME, currency=CURRENCY, zone=ZONE, calendar=calendars.MONTH_END, holidays_until=calendar.as_of.year + 1
    )
    LenderCalendar.objects.create(lender=lender, kind=calendars.CN, from_on=calendar.daily_from)
    Product.objects.bulk_create(Product(lender=lender, code=p.code, name=p.name, kind=p.kind) for p in PRODUCTS.values())
    give_terms(lender)
    actions.fill_holidays(calendars.KR, calendar.start.year, calendar.as_of.year + 1)
    tree.open_branches(lender, [tree.NewBranch(u.code, u.name, u.kind, u.parent) for u in TREE], on=calendar.start - FOUNDED)
    return lender


def hire(lender: Lender, everybody: list[Seat], calendar: Calendar, password: str) -> dict[str, Person]:
    """All people with role and account, by log-in. One hash serves all: hashing fifty times would take half a minute."""
    since, as_of = calendar.start - timedelta(days=400), calendar.as_of
    branches = {b.code: b for b in Branch.objects.filter(lender=lender)}
    people = Person.objects.bulk_create(
        Person(
            lender=lender,
            staff_no=f"JN{place:04d}",
            name=seat.name,
            agency=seat.agency,
            certificate_until=as_of + timedelta(days=seat.certificate_days),
            left_on=left_on(seat, as_of),
        )
        for place, seat in enumerate(everybody, 1001)
    )
    by_login = {seat.login: person for seat, person in zip(everybody, people, strict=True)}
    granted_by = {True: by_login["sysadmin"], False: by_login["sysadmin2"]}
    RoleHeld.objects.bulk_create(
        RoleHeld(
            person=by_login[seat.login],
            role=seat.role,
            branch=None if seat.login == "sysadmin" else branches[seat.branch],
            from_on=since,
            to_on=left_on(seat, as_of),
            granted_by=granted_by[seat.login != "sysadmin"] if seat.role != Role.SYSADMIN or seat.login == "sysadmin2" else None,
        )
        for seat in everybody
    )
    hashed = make_password(password)
    Account.objects.bulk_create(
        Account(username=seat.login, person=by_login[seat.login], password=hashed, is_active=seat.left_days is None) for seat in everybody
    )
    Account.objects.bulk_create(Account(username=login, password=hashed) for login in BORROWER_LOGINS)
    return by_login


ELSEWHERE = [{"place": n, "occasion": occasion, "kind": "special", "days": 5} for n, occasion in enumerate(("red_alert", "asked"), start=1)]


def take_up_plan(lender: Lender, on: date, people: dict[str, Person]) -> None:
    """The shipped inspection plan comes into force on `on`: made by one credit administrator, approved by the other.

    Until then inspections were planned in another system, and the plan holds special inspections only.
    """
    first_day = min(LenderCalendar.objects.filter(lender=lender).values_list("from_on", flat=True))
    versions = (
        (1, first_day, "Inspections were planned in another system until then", ELSEWHERE),
        (2, on, "The plan of LoanWatch is taken up", shipped.ROWS),
    )
    for number, valid_from, why, rows in versions:
        version = PlanVersion.objects.create(
            lender=lender, number=number, valid_from=valid_from, why=why, source=shipped.SOURCE, regulation_on=valid_from, made_by=people["credit"]
        )
        PlanRow.objects.bulk_create(PlanRow(version=version, **row) for row in rows)
        PlanText.objects.bulk_create(PlanText(version=version, language=language, **words) for language, words in shipped.TEXTS.items())
        for state, what in (("proposed", {"proposed_at": Now()}), ("approved", {"approved_by": people["credit2"], "approved_at": Now()})):
            PlanVersion.objects.filter(pk=version.pk).update(state=state, **what)
