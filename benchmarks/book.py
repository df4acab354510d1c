"""The made-up book of the benchmarks: made in SQL, from a seed, so that the same size is always the same book.

Six loans per five borrowers, 24 monthly demands a loan spread over the days of a month, 12 % of the loans in arrears and one payment
in seven some days late, collateral on 40 %, guarantors on 50 %, statements of 40 % of the borrowers, bookings on the accounts of 30 %
of the borrowers on each day, a tree of branches in three levels, and the live shipped rules with 27 further ones over the observation.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

FIRST = date(2026, 5, 31)  # the first close; the month before it ends on it, so that the next nights have a month to compare with
LOANS_A_MANAGER = 150


@dataclass(frozen=True)
class Shape:
    """What is asked of a book.

    age_days: how long before FIRST the first loan was paid out (the rest follow within 28 days). spread: due dates over the days of
    the month; False: all on the same day. late: some payments come late. flow_days: days of bookings before FIRST. regions and branches make the tree.
    """

    loans: int
    age_days: int = 516
    spread: bool = True
    arrears_percent: int = 12
    late: bool = True
    flow_days: int = 92
    flow_percent: int = 30
    regions: int = 10
    branches: int = 30
    seed: int = 1


def pick(what: str, salt: int, below: int) -> str:
    """SQL of a number from 0 to before `below` that looks like chance and is always the same for `what`."""
    return f"((hashint8extended(({what})::bigint, %(seed)s * 1000 + {salt}) & 9223372036854775807) %% {below})::int"


LOAN_NO = "substr(l.number, 2)::bigint"
# Demands of loan l that are paid: all, or up to the one before arrears began; and on which day, most of them on the due date.
PAID_UPTO = f"CASE WHEN {pick(LOAN_NO, 1, 100)} < %(arrears)s THEN greatest(0, %(due_by_first)s - 1 - {pick(LOAN_NO, 2, 7)}) ELSE 24 END"
LATE_BY = f"CASE WHEN %(late)s AND {pick(f'{LOAN_NO} * 32 + i.seq', 3, 7)} = 0 THEN 1 + {pick(f'{LOAN_NO} * 32 + i.seq', 4, 9)} ELSE 0 END"
DEMAND, PRINCIPAL = 106_000, 100_000  # hundredths
ON_DAY = "a.id * 4096 + (d.on_day::date - '2020-01-01')"  # an account on a day

BORROWERS = f"""
INSERT INTO borrowers_borrower (lender_id, valid_from, known_from, bucket, number, kind, name, segment, industry, region, phone, address, key_customer)
SELECT %(lender)s, %(began)s, %(began)s, get_byte(decode(md5('B' || n), 'hex'), 0), 'B' || n,
       CASE WHEN {pick("n", 5, 10)} < 7 THEN 'company' ELSE 'person' END, 'Borrower ' || n, (ARRAY['small', 'micro', 'medium'])[1 + {pick("n", 6, 3)}],
       '', '', '', '', n %% 50 = 0
FROM generate_series(1, %(borrowers)s) n
"""
LOANS = f"""
INSERT INTO borrowers_loan (lender_id, valid_from, known_from, bucket, number, borrower_id, product_id, branch_id, currency, principal, rate,
                            disbursed_on, matures_on, purpose, ltv_agreed, position_fed, segment, attributes)
SELECT %(lender)s, paid_out.on_day, paid_out.on_day, b.bucket, 'L' || n, b.id, (%(products)s::bigint[])[1 + {pick("n", 7, 3)}],
       (%(branches)s::bigint[])[1 + {pick("n", 8, "array_length(%(branches)s::bigint[], 1)")}], 'CNY', 24000, 6, paid_out.on_day,
       (paid_out.on_day + interval '24 months')::date, '', CASE WHEN {pick("n", 9, 100)} < 40 THEN 0.7 END, false, b.segment, '{{}}'
FROM generate_series(1, %(loans)s) n
JOIN borrowers_borrower b ON b.lender_id = %(lender)s AND b.number = 'B' || (1 + (n - 1) * 5 / 6)
CROSS JOIN LATERAL (SELECT (%(began)s::date + CASE WHEN %(spread)s THEN (n %% 28)::int ELSE 0 END) AS on_day) paid_out
"""
INSTALMENTS = f"""
INSERT INTO borrowers_instalment (lender_id, valid_from, known_from, bucket, loan_id, version, seq, due_on, principal, interest, fee, cum_due_minor, cum_principal_minor)
SELECT %(lender)s, l.disbursed_on, l.disbursed_on, l.bucket, l.id, 1, s, (l.disbursed_on + s * interval '1 month')::date, 1000, 60, 0,
       s * {DEMAND}, s * {PRINCIPAL}
FROM borrowers_loan l CROSS JOIN generate_series(1, 24) s WHERE l.lender_id = %(lender)s ORDER BY l.bucket, l.id, s
"""
# Payments that came in from one day to another, both included.
PAYMENTS = f"""
SELECT l.id AS loan_id, l.number, l.bucket, i.seq, (i.due_on + {LATE_BY})::date AS paid_on
FROM borrowers_loan l JOIN borrowers_instalment i ON i.loan_id = l.id
WHERE l.lender_id = %(lender)s AND i.seq <= {PAID_UPTO} AND i.due_on BETWEEN %(from)s::date - 9 AND %(to)s AND i.due_on + {LATE_BY} BETWEEN %(from)s AND %(to)s
"""
REPAYMENTS = f"""
INSERT INTO borrowers_repayment (lender_id, valid_from, known_from, bucket, loan_id, seq, paid_on, amount, cum_paid_minor, payer, reference)
SELECT %(lender)s, p.paid_on, p.paid_on, p.bucket, p.loan_id, p.seq, p.paid_on, {DEMAND} / 100, p.seq * {DEMAND}, '', 'R' || p.seq
FROM ({PAYMENTS}) p ORDER BY p.bucket, p.loan_id, p.seq
"""
CUSTODY = """
INSERT INTO borrowers_custody (lender_id, bucket, loan_id, person_id, capacity, from_on)
SELECT l.lender_id, l.bucket, l.id, (%(people)s::bigint[])[1 + (l.branch_id + l.id) %% array_length(%(people)s::bigint[], 1)], 'lead', l.disbursed_on
FROM borrowers_loan l WHERE l.lender_id = %(lender)s
"""
COLLATERAL = [
    f"""
INSERT INTO borrowers_collateralitem (lender_id, valid_from, known_from, number, kind, description, owner_id, currency, index_region)
SELECT l.lender_id, l.disbursed_on, l.disbursed_on, 'C' || {LOAN_NO},
       (ARRAY['residential_property', 'commercial_property', 'equipment', 'vehicle'])[1 + {pick(LOAN_NO, 10, 4)}], '', l.borrower_id, 'CNY', ''
FROM borrowers_loan l WHERE l.lender_id = %(lender)s AND l.ltv_agreed IS NOT NULL""",
    """
INSERT INTO borrowers_pledge (lender_id, valid_from, known_from, bucket, loan_id, item_id, rank, prior_liens)
SELECT l.lender_id, l.disbursed_on, l.disbursed_on, l.bucket, l.id, c.id, 1, 0
FROM borrowers_loan l JOIN borrowers_collateralitem c ON c.lender_id = l.lender_id AND c.number = 'C' || substr(l.number, 2)
WHERE l.lender_id = %(lender)s""",
    f"""
INSERT INTO borrowers_valuation (lender_id, valid_from, known_from, item_id, value, method, appraiser)
SELECT l.lender_id, l.disbursed_on + back, l.disbursed_on + back, c.id, 18000 + {pick(LOAN_NO, 11, 30000)} - 10 * back, 'appraisal', ''
FROM borrowers_loan l JOIN borrowers_collateralitem c ON c.lender_id = l.lender_id AND c.number = 'C' || substr(l.number, 2)
CROSS JOIN generate_series(0, CASE WHEN l.id %% 2 = 0 THEN 0 ELSE 200 END, 200) AS back
WHERE l.lender_id = %(lender)s AND l.disbursed_on + back <= %(first)s""",
]
GUARANTEES = f"""
INSERT INTO borrowers_guarantee (lender_id, valid_from, known_from, bucket, loan_id, guarantor_id, amount)
SELECT l.lender_id, l.disbursed_on, l.disbursed_on, l.bucket, l.id, g.id, 12000
FROM borrowers_loan l JOIN borrowers_borrower g ON g.lender_id = l.lender_id AND g.number = 'B' || (1 + {pick(LOAN_NO, 12, "%(borrowers)s")})
WHERE l.lender_id = %(lender)s AND {pick(LOAN_NO, 13, 100)} < 50 AND g.id <> l.borrower_id
"""
STATEMENTS = f"""
INSERT INTO borrowers_financialstatement (lender_id, valid_from, known_from, borrower_id, months, audited, auditor, currency, revenue, ebitda,
    interest_expense, net_profit, operating_cash_flow, total_assets, current_assets, cash, receivables, inventory, total_liabilities,
    current_liabilities, borrowings, equity)
SELECT b.lender_id, p.ends, (p.ends + 90), b.id, 12, true, '', 'CNY', s.x, s.x / 8, s.x / 60, s.x / 20, s.x / 10, s.x, s.x / 2, s.x / 20, s.x / 6,
       s.x / 6, s.x * 6 / 10, s.x / 3, s.x / 3, s.x - s.x * 6 / 10
FROM borrowers_borrower b CROSS JOIN (VALUES ('2024-12-31'::date, 1), ('2025-12-31'::date, 2)) AS p (ends, year)
CROSS JOIN LATERAL (SELECT 1200000 + 1200 * {pick("b.id * 4 + p.year", 14, 5000)} AS x) s
WHERE b.lender_id = %(lender)s AND b.kind = 'company' AND {pick("b.id", 15, 100)} < 57 AND p.ends + 90 <= %(first)s
"""
ACCOUNTS = """
INSERT INTO borrowers_depositaccount (lender_id, valid_from, known_from, bucket, number, borrower_id, kind, currency, bank)
SELECT b.lender_id, b.valid_from, b.known_from, b.bucket, 'A' || substr(b.number, 2), b.id, 'current', 'CNY', ''
FROM borrowers_borrower b WHERE b.lender_id = %(lender)s
"""
BOOKINGS = f"""
SELECT a.id AS account_id, a.number, a.bucket, d.on_day::date AS on_day, 'T' || to_char(d.on_day, 'YYMMDD') || a.number AS reference,
       CASE WHEN {pick(ON_DAY, 17, 2)} = 0 THEN 1 ELSE -1 END * (50 + {pick(ON_DAY, 18, 3000)}) AS amount
FROM borrowers_depositaccount a CROSS JOIN generate_series(%(from)s::date, %(to)s::date, interval '1 day') AS d (on_day)
WHERE a.lender_id = %(lender)s AND {pick(ON_DAY, 16, 100)} < %(flow_percent)s
"""
TRANSACTIONS = f"""
INSERT INTO borrowers_accounttransaction (lender_id, valid_from, known_from, bucket, account_id, reference, amount, balance_after, kind, counterparty,
    counterparty_account, counterparty_bank, text)
SELECT %(lender)s, t.on_day, t.on_day, t.bucket, t.account_id, t.reference, t.amount, 5000 + t.amount, '', '', '', '', ''
FROM ({BOOKINGS}) t ORDER BY t.on_day, t.bucket
"""
SIGNALS = f"""
INSERT INTO borrowers_externalsignal (lender_id, valid_from, known_from, borrower_id, kind, source, reference, headline, amount, currency, confidence)
SELECT b.lender_id, %(first)s::date - {pick("b.id", 19, 300)}, %(first)s::date - {pick("b.id", 19, 300)}, b.id,
       'court', 'Court', 'S' || b.id, 'Sued by a supplier', 50000, 'CNY', 'confirmed'
FROM borrowers_borrower b WHERE b.lender_id = %(lender)s AND {pick("b.id", 20, 100)} < 2
"""

# Beside the shipped rules: limits over what a reference program can compute as well, so that alerts can be compared.
FURTHER = [
    *(f"yellow when days_past_due >= {days} and outstanding > {money}" for days, money in ((5, 2000), (15, 4000), (45, 1000), (75, 6000), (95, 1000))),
    *(f"orange when overdue_principal > {money} and days_past_due >= {days}" for money, days in ((900, 10), (1900, 20), (2900, 40), (3900, 50))),
    *(f"yellow when overdue_interest > {money}" for money in (60, 120, 180, 240)),
    *(f"yellow when late_payments_6m >= {n} and months_on_book > {m}" for n, m in ((1, 15), (2, 12), (3, 6))),
    *(f"red when instalments_missed_12m >= {n} and days_past_due > {d}" for n, d in ((2, 10), (4, 20), (6, 30))),
    *(f"yellow when worst_dpd_12m > {d} and risk_class != loss" for d in (40, 80, 120)),
    *(f"yellow when days_to_maturity between 0 and {d} and outstanding > 20% * principal" for d in (150, 200, 230)),
    *(f"orange when guarantors = 0 and collateral_items = 0 and days_past_due > {d}" for d in (3, 33, 63)),
    *(f"yellow when outstanding - overdue_principal > {share}% * principal and days_past_due > 0" for share in (20, 30, 35)),
]


def make(code: str, shape: Shape) -> Any:
    """A lender with the book of `shape`, its rules live; returns the lender. The connection's log-in must be the owner's."""
    import io

    from django.core.management import call_command
    from django.db import connection

    from loanwatch.lenders.models import Lender, Product

    call_command("new_lender", code, currency="CNY", zone="Asia/Shanghai", calendar="daily", stdout=io.StringIO())
    lender = Lender.objects.get(code=code)
    kinds = ("working_capital", "personal_business", "small_business")
    products = [Product.objects.create(lender=lender, code=kind[:2].upper(), name=kind, kind=kind).pk for kind in kinds]
    branches, people = _tree(lender, shape)
    parameters = {
        **parameters_of(lender, shape), "products": products, "branches": branches, "people": people, "from": date(1990, 1, 1), "to": FIRST,
    }  # fmt: skip
    flows = {**parameters, "from": FIRST - timedelta(days=shape.flow_days - 1)}
    with connection.cursor() as cursor:
        for statement in (BORROWERS, LOANS, INSTALMENTS, REPAYMENTS, CUSTODY, *COLLATERAL, GUARANTEES, STATEMENTS, ACCOUNTS, SIGNALS):
            cursor.execute(statement, parameters)
        if shape.flow_days:
            cursor.execute(TRANSACTIONS, flows)
    _further_rules(lender)
    return lender


def parameters_of(lender: Any, shape: Shape) -> dict[str, Any]:
    """What the SQL of the book and of a night's news takes."""
    began = FIRST - timedelta(days=shape.age_days)
    return {
        "lender": lender.pk, "loans": shape.loans, "borrowers": -(-shape.loans * 5 // 6), "seed": shape.seed, "arrears": shape.arrears_percent,
        "spread": shape.spread, "late": shape.late, "flow_percent": shape.flow_percent, "began": began, "first": FIRST,
        "due_by_first": (FIRST.year - began.year) * 12 + FIRST.month - began.month,
    }  # fmt: skip


def tell(lender: Any, shape: Shape, first: date, last: date | None = None) -> None:
    """The news of some days straight into the tables, as a feed would have brought them: payments and bookings."""
    from django.db import connection

    parameters = {**parameters_of(lender, shape), "from": first, "to": last or first}
    with connection.cursor() as cursor:
        cursor.execute(REPAYMENTS, parameters)
        cursor.execute(TRANSACTIONS, parameters)


def _tree(lender: Any, shape: Shape) -> tuple[list[int], list[int]]:
    """Regions below the head office and branches below them; ids of the branches, and of the account managers."""
    from loanwatch.people.models import Branch, Person
    from loanwatch.people.tree import NewBranch, open_branches

    opened = date(1990, 1, 1)
    regions = [NewBranch(f"R{r:02}", f"Region {r}", Branch.Kind.REGION) for r in range(shape.regions)]
    below = [NewBranch(f"B{r:02}{b:02}", f"Branch {r}-{b}", Branch.Kind.BRANCH, f"R{r:02}") for r in range(shape.regions) for b in range(shape.branches)]
    open_branches(lender, regions + below, on=opened)
    branches = list(Branch.objects.filter(lender=lender, kind=Branch.Kind.BRANCH).order_by("code").values_list("pk", flat=True))
    count = max(1, shape.loans // LOANS_A_MANAGER)
    people = Person.objects.bulk_create([Person(lender=lender, staff_no=f"{lender.code}-{n:05}", name=f"Manager {n}") for n in range(count)])
    return branches, [person.pk for person in people]


def _further_rules(lender: Any) -> None:
    """Rules beside the shipped ones, over figures that the programs it is compared with work out too."""
    from alerts.rulebook.actions import install_seeds
    from alerts.rulebook.seeds import Confidence, Seed

    install_seeds(lender, [
        Seed(code=f"REP-{60 + n}", name=f"Rule {n}", text=text, why="", look_at="", basis="", confidence=Confidence.MEDIUM)
        for n, text in enumerate(FURTHER)
    ])  # fmt: skip
