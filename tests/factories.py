"""The plainest valid things of a bank, for tests of pages and figures. Traits name situations, not columns."""

from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from alerts.observation.models import LoanDay
from alerts.rulebook.models import Rule, RuleVersion
from alerts.signals.models import Alert, AlertEvidence, Level
from borrowers.loans.models import Custody, Instalment, Loan, Repayment
from borrowers.parties.models import Borrower
from borrowers.parties.rules import bucket_of
from loanwatch.lenders.defaults import give_defaults
from loanwatch.lenders.models import Lender, LenderCalendar, Product
from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, BranchReach, Person, Role, RoleHeld
from loanwatch.trail.models import BusinessDay
from tests import database

LONG_AGO = date(2020, 1, 1)
DAY = date(2026, 10, 30)
MONTH_BEFORE = date(2026, 9, 30)


class LenderFactory(DjangoModelFactory):
    class Meta:
        model = Lender
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"L{n}")
    name = "Bank of Tests"
    currency = "CNY"
    zone = "Asia/Shanghai"

    @factory.post_generation
    def rules_of_the_house(self, create, extracted, **kwargs):
        LenderCalendar.objects.create(lender=self, kind="daily", from_on=LONG_AGO)
        give_defaults(self)


class BranchFactory(DjangoModelFactory):
    """A branch at the top of the tree, or below `parent`."""

    class Meta:
        model = Branch
        skip_postgeneration_save = True

    lender = factory.SubFactory(LenderFactory)
    code = factory.Sequence(lambda n: f"BR{n}")
    name = factory.Sequence(lambda n: f"Branch {n}")
    kind = Branch.Kind.BRANCH
    opened_on = LONG_AGO

    @factory.post_generation
    def parent(self, create, extracted, **kwargs):
        BranchReach.objects.create(ancestor=self, descendant=self, depth=0, from_on=LONG_AGO)
        for reach in BranchReach.objects.filter(descendant=extracted) if extracted else []:
            BranchReach.objects.create(ancestor=reach.ancestor, descendant=self, depth=reach.depth + 1, from_on=LONG_AGO)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    lender = factory.SubFactory(LenderFactory)
    staff_no = factory.Sequence(lambda n: f"P{n:04d}")
    name = factory.Sequence(lambda n: f"Colleague {n}")


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product
        django_get_or_create = ("lender", "code")

    lender = factory.SubFactory(LenderFactory)
    code = "SME"
    name = "Working capital"
    kind = Product.Kind.WORKING_CAPITAL


class BorrowerFactory(DjangoModelFactory):
    class Meta:
        model = Borrower

    lender = factory.SubFactory(LenderFactory)
    number = factory.Sequence(lambda n: f"C{n:05d}")
    bucket = factory.LazyAttribute(lambda b: bucket_of(b.number))
    name = factory.Sequence(lambda n: f"Works {n}")
    kind = Borrower.Kind.COMPANY
    segment = Borrower.Segment.SMALL
    valid_from = known_from = LONG_AGO


class LoanFactory(DjangoModelFactory):
    """A loan of 1,000,000 to a borrower of its own; `lead` (a Person) answers for it."""

    class Meta:
        model = Loan
        skip_postgeneration_save = True

    branch = factory.SubFactory(BranchFactory)
    lender = factory.SelfAttribute("branch.lender")
    borrower = factory.SubFactory(BorrowerFactory, lender=factory.SelfAttribute("..lender"))
    bucket = factory.SelfAttribute("borrower.bucket")
    product = factory.SubFactory(ProductFactory, lender=factory.SelfAttribute("..lender"))
    number = factory.Sequence(lambda n: f"N{n:06d}")
    currency = "CNY"
    principal = Decimal(1_000_000)
    disbursed_on = date(2026, 1, 10)
    matures_on = date(2028, 1, 10)
    segment = "small"
    valid_from = known_from = factory.SelfAttribute("disbursed_on")

    @factory.post_generation
    def lead(self, create, extracted, **kwargs):
        if extracted:
            custody = {"lender": self.lender, "bucket": self.bucket, "person": extracted, "from_on": self.disbursed_on}
            Custody.objects.create(loan=self, capacity=Custody.Capacity.LEAD, **custody)


class LoanDayFactory(DjangoModelFactory):
    """A loan at the close of DAY, on time unless told otherwise. The day's partition must be there: see `close_days`."""

    class Meta:
        model = LoanDay

    loan = factory.SubFactory(LoanFactory)
    lender = factory.SelfAttribute("loan.lender")
    as_of = DAY
    borrower_id = factory.SelfAttribute("loan.borrower_id")
    bucket = factory.SelfAttribute("loan.bucket")
    branch = factory.SelfAttribute("loan.branch")
    product = factory.SelfAttribute("loan.product")
    manager = factory.LazyAttribute(lambda d: getattr(Custody.objects.filter(loan=d.loan, capacity="lead").first(), "person", None))
    currency = factory.SelfAttribute("loan.currency")
    product_code = factory.SelfAttribute("loan.product.code")
    product_kind = factory.SelfAttribute("loan.product.kind")
    segment = "small"
    principal = factory.SelfAttribute("loan.principal")
    outstanding = Decimal("1000.00")
    overdue_principal = overdue_interest = Decimal(0)
    days_past_due = 0
    dpd_bucket = factory.LazyAttribute(
        lambda d: -1 if d.days_past_due is None else sum(d.days_past_due >= edge for edge in (1, 30, 60, 90))
    )
    restructured = False
    restructures = extensions_24m = edge_extensions_24m = rollovers = collateral_items = guarantors = circle_length = 0
    inputs_missing = inputs_missing_days = 0
    risk_class = factory.LazyAttribute(
        lambda d: "substandard" if (d.days_past_due or 0) > 90 else "special_mention" if d.days_past_due else "normal"
    )


class RuleVersionFactory(DjangoModelFactory):
    class Meta:
        model = RuleVersion
        django_get_or_create = ("rule", "version")

    class Params:
        lender = factory.SubFactory(LenderFactory)
        code = "REP-01"
        staff_conduct = False

    rule = factory.LazyAttribute(
        lambda v: Rule.objects.get_or_create(
            lender=v.lender,
            code=v.code,
            defaults={"name": "Payment overdue", "family": "repayment", "grain": "loan", "staff_conduct": v.staff_conduct},
        )[0]
    )
    version = 1
    text = "red when days_past_due >= 61"
    tree = factory.Dict({})
    fingerprint = "0" * 64
    handling_days = factory.Dict({"red": 3})
    state = RuleVersion.State.LIVE
    valid_from = LONG_AGO


class AlertFactory(DjangoModelFactory):
    """An open red alert on a loan, with the evidence it stands on."""

    class Meta:
        model = Alert
        skip_postgeneration_save = True

    class Params:
        version = factory.SubFactory(RuleVersionFactory, lender=factory.SelfAttribute("..loan.lender"))

    loan = factory.SubFactory(LoanFactory)
    lender = factory.SelfAttribute("loan.lender")
    number = factory.Sequence(lambda n: f"AL-26-{n:06d}")
    rule_version = factory.SelfAttribute("version")
    rule = factory.SelfAttribute("version.rule")
    bucket = factory.SelfAttribute("loan.bucket")
    borrower = factory.SelfAttribute("loan.borrower")
    branch = factory.SelfAttribute("loan.branch")
    level = Level.RED
    opened_on = DAY
    due_on = DAY + timedelta(days=3)
    exposure = Decimal(1000)
    currency = "CNY"

    @factory.post_generation
    def evidence(self, create, extracted, **kwargs):
        mark = {"field": "days_past_due", "operator": ">=", "literal": "61", "threshold": "61", "text": "days_past_due >= 61"}
        AlertEvidence.objects.create(
            alert=self,
            as_of=self.opened_on,
            level=self.level,
            rule_version=self.rule_version,
            values={"days_past_due": 71},
            thresholds=[mark],
        )


def schedule(loan: Loan, *demands: tuple[date, int], version: int = 1, known_from: date | None = None) -> None:
    """Demands of principal alone, in whole units."""
    total = 0
    for seq, (due_on, amount) in enumerate(demands, 1):
        total += amount * 100
        Instalment.objects.create(
            loan=loan, lender=loan.lender, bucket=loan.bucket, version=version, seq=seq, due_on=due_on, principal=amount, interest=0,
            cum_due_minor=total, cum_principal_minor=total, valid_from=loan.disbursed_on, known_from=known_from or loan.disbursed_on,
        )  # fmt: skip


def repaid(loan: Loan, paid_on: date, amount: int, *, known_from: date | None = None) -> None:
    """Money that came in on a day, known on that day unless told otherwise."""
    last = Repayment.objects.filter(loan=loan).order_by("-seq").first()
    Repayment.objects.create(
        loan=loan, lender=loan.lender, bucket=loan.bucket, seq=last.seq + 1 if last else 1, paid_on=paid_on, amount=amount,
        cum_paid_minor=(last.cum_paid_minor if last else 0) + amount * 100, valid_from=paid_on, known_from=known_from or paid_on,
    )  # fmt: skip


def hire(branch: Branch, role: Role, *, on: date = DAY) -> Access:
    """A person of the branch's lender who holds `role` in it, with an account to log in with."""
    person = PersonFactory(lender=branch.lender)
    RoleHeld.objects.create(person=person, role=role, branch=branch, from_on=LONG_AGO)
    account = Account.objects.create(username=person.staff_no.lower(), person=person)
    return Access.of(account, on)


def close_days(lender: Lender, *days: date) -> None:
    """Make the partitions of the days, as the owner, and say that they are closed. Before the test first looks at observations."""
    for connection in database.raw_connection("owner"):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")  # a test that has already looked would wait for itself
            for day in days:
                cursor.execute("SELECT lw_make_observation_day(%s, %s)", [lender.pk, day])
    database.TestDatabase.days_left_behind += len(days)
    for day in days:
        BusinessDay.objects.create(lender=lender, business_date=day, state=BusinessDay.State.CLOSED)
