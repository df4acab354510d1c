"""What passes through the borrower's accounts: windows of days and of complete months, carried from close to close.

Only accounts in the lender's currency count. "Ours" are accounts with the lender itself. What no source calls a category is
money in or out all the same, but neither sales nor wages nor anything else.
"""

from alerts.observation.borrowers.flows_fields import FLOWS_FIELDS
from alerts.observation.borrowers.statements import change, share
from alerts.observation.engine import DATE, INT, MONEY, RATIO, Family, Months, Windows, new_fact
from alerts.observation.loans.funds import SEQUENCE
from borrowers.revisions import known

DAY_MONEY = "numeric(28, 2)"  # money times days
_OURS = "a.bank = ''"
_IN = "t.amount > 0 AND t.category NOT IN ('loan', 'own_transfer')"


def _when(condition: str, what: str = "t.amount") -> str:
    return f"CASE WHEN {condition} THEN {what} END"


# A lender outside the banks is new when the borrower had no dealings with it in the year before.
_NEW_LENDER = """t.category = 'lender_outside' AND t.counterparty <> '' AND NOT EXISTS (
    SELECT FROM borrowers_accounttransaction e JOIN borrowers_depositaccount ea ON ea.id = e.account_id
    WHERE ea.borrower_id = a.borrower_id AND e.category = 'lender_outside' AND e.counterparty = t.counterparty
      AND e.valid_from > t.valid_from - 366 AND (e.valid_from, e.id) < (t.valid_from, t.id) AND """ + known("e", "borrowers_accounttransaction") + ")"  # fmt: skip
# Money comes back when at most ten days before at least as much of it went to the same account.
_BACK = """t.amount > 0 AND t.category <> 'loan' AND t.counterparty_account <> '' AND EXISTS (
    SELECT FROM borrowers_accounttransaction e JOIN borrowers_depositaccount ea ON ea.id = e.account_id
    WHERE ea.borrower_id = a.borrower_id AND e.amount <= -t.amount AND e.counterparty_account = t.counterparty_account
      AND e.valid_from >= t.valid_from - 10 AND e.valid_from <= t.valid_from AND """ + known("e", "borrowers_accounttransaction") + ")"  # fmt: skip
_CYCLES = {"payroll": "payroll", "tax": "tax_payments", "utilities": "utilities"}

# Corrected or withdrawn bookings, corrected accounts, and what makes an older booking count otherwise than it did.
REVISED = """
SELECT na.borrower_id FROM borrowers_accounttransaction n JOIN borrowers_depositaccount na ON na.id = n.account_id
WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND n.known_from > %(previous)s AND n.known_from <= %(known)s
  AND (n.revision > 1 OR n.category = 'lender_outside' OR (n.valid_from <= %(previous)s AND n.counterparty_account <> ''))
UNION ALL
SELECT na.borrower_id FROM borrowers_correction n JOIN borrowers_depositaccount na ON na.id = n.subject_id
WHERE n.lender_id = %(lender)s AND n.subject = 'borrowers.depositaccount' AND n.known_from > %(previous)s AND n.known_from <= %(known)s
"""
QUARTER, QUARTER_BEFORE, QUARTER_LAST_YEAR = Months(3), Months(3, 3), Months(3, 12)
_DAYS = "(t.valid_from - date '2000-01-01')"

BOOKINGS = Windows(
    name="bookings",
    source="borrowers_accounttransaction t JOIN borrowers_depositaccount a ON a.id = t.account_id JOIN lenders_lender tl ON tl.id = t.lender_id",
    cut=f"t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s AND a.currency = tl.currency AND {known('t', 'borrowers_accounttransaction')}",
    subject="a.borrower_id",
    on="t.valid_from",
    known_from="t.known_from",
    revised=REVISED,
    columns={
        "inflow_3m": (MONEY, QUARTER, _when(f"{_OURS} AND {_IN}")),
        "inflow_3m_last_year": (MONEY, QUARTER_LAST_YEAR, _when(f"{_OURS} AND {_IN}")),
        "inflow_elsewhere_3m": (MONEY, QUARTER, _when(f"NOT {_OURS} AND {_IN}")),
        "inflow_elsewhere_3m_last_year": (MONEY, QUARTER_LAST_YEAR, _when(f"NOT {_OURS} AND {_IN}")),
        "net_3m": (MONEY, QUARTER, _when(_OURS)),
        "net_days_3m": (DAY_MONEY, QUARTER, _when(_OURS, f"t.amount * {_DAYS}")),
        "net_3m_before": (MONEY, QUARTER_BEFORE, _when(_OURS)),
        "net_days_3m_before": (DAY_MONEY, QUARTER_BEFORE, _when(_OURS, f"t.amount * {_DAYS}")),
        "sales_here_12m": (MONEY, Months(12), _when(f"{_OURS} AND t.amount > 0 AND t.category = 'sales'")),
        **{f"{name}_3m": (MONEY, QUARTER, _when(f"t.amount < 0 AND t.category = '{category}'", "-t.amount")) for category, name in _CYCLES.items()},
        **{f"{name}_6m_before": (MONEY, Months(6, 3), _when(f"t.amount < 0 AND t.category = '{category}'", "-t.amount")) for category, name in _CYCLES.items()},
        **{f"{name}_2m": (MONEY, Months(2), _when(f"t.amount < 0 AND t.category = '{category}'", "-t.amount")) for category, name in _CYCLES.items()},
        "outside_lenders_90d": (INT, 90, _when(_NEW_LENDER, "1")),
        "outside_lenders_paid_90d": (MONEY, 90, _when("t.amount < 0 AND t.category = 'lender_outside'", "-t.amount")),
        "outflow_90d": (MONEY, 90, _when("t.amount < 0 AND t.category <> 'own_transfer'", "-t.amount")),
        "turnover_90d": (MONEY, 90, _when("t.category <> 'own_transfer'", "abs(t.amount)")),
        "related_90d": (MONEY, 90, _when("t.category = 'related'", "abs(t.amount)")),
        "back_90d": (MONEY, 90, _when(_BACK)),
    },
    latest={"credited_on": (456, f"{_OURS} AND {_IN}")},
    sources=("borrowers_accounttransaction",),
)  # fmt: skip

# Of an account without any booking nothing is known, for it may be that nobody tells its bookings.
# The balance at the end of the last complete month, and the largest buyer of the quarter before it: both stand for a month.
_ACCOUNTS = """
account AS (
    SELECT a.borrower_id, a.id, a.bank, a.valid_from, a.closed_on, f.first_on FROM lw_book b
    JOIN lw_subject s ON s.subject_id = b.subject_id JOIN borrowers_depositaccount a ON a.borrower_id = s.subject_id AND a.currency = b.currency
    CROSS JOIN LATERAL (SELECT min(n.valid_from) AS first_on FROM borrowers_accounttransaction n
                        WHERE n.account_id = a.id AND """ + known("n", "borrowers_accounttransaction") + """) f
    WHERE a.known_from <= %(known)s AND a.valid_from <= %(day)s AND (a.closed_on IS NULL OR a.closed_on > %(day)s)
),
held AS (
    SELECT a.borrower_id, count(*) FILTER (WHERE a.bank = '' AND a.first_on <= %(day)s) AS accounts,
           count(*) FILTER (WHERE a.bank <> '' AND a.first_on <= %(day)s) AS elsewhere,
           min(greatest(a.valid_from, a.first_on)) FILTER (WHERE a.bank = '' AND a.first_on <= %(day)s) AS opened_on, min(a.closed_on) AS closes_on,
           min(a.first_on) FILTER (WHERE a.first_on > %(day)s) AS begins_on,
           CASE WHEN bool_and(l.balance_after IS NOT NULL) FILTER (WHERE a.bank = '' AND a.valid_from < date_trunc('month', %(day)s::date)) THEN
               sum(l.balance_after) FILTER (WHERE a.bank = '') END AS balance
    FROM account a LEFT JOIN LATERAL (
        SELECT n.balance_after FROM borrowers_accounttransaction n
        WHERE n.account_id = a.id AND n.valid_from < date_trunc('month', %(day)s::date) AND """ + known("n", "borrowers_accounttransaction") + """
        ORDER BY n.valid_from DESC, """ + SEQUENCE.format("n") + """ DESC LIMIT 1) l ON a.bank = ''
    GROUP BY a.borrower_id
)"""  # fmt: skip
_BUYERS = f"""
sale AS (
    SELECT a.borrower_id, t.counterparty, sum(t.amount) AS half,
           coalesce(sum(t.amount) FILTER (WHERE t.valid_from < date_trunc('month', %(day)s::date) - interval '3 months'), 0) AS earlier,
           coalesce(sum(t.amount) FILTER (WHERE t.valid_from >= date_trunc('month', %(day)s::date) - interval '3 months'), 0) AS lately
    FROM account a JOIN borrowers_accounttransaction t ON t.account_id = a.id
    WHERE t.valid_from < date_trunc('month', %(day)s::date) AND t.valid_from >= date_trunc('month', %(day)s::date) - interval '6 months'
      AND t.amount > 0 AND t.category = 'sales' AND t.lender_id = %(lender)s AND t.bucket BETWEEN %(lo)s AND %(hi)s
      AND {known("t", "borrowers_accounttransaction")}
    GROUP BY a.borrower_id, t.counterparty
),
buyer AS (
    SELECT borrower_id, {share("max(half) FILTER (WHERE counterparty <> '')", "sum(half)")} AS largest,
           (array_agg({change("lately", "earlier")} ORDER BY earlier DESC, counterparty) FILTER (WHERE counterparty <> ''))[1] AS change
    FROM sale GROUP BY borrower_id
)"""
SQL = f"""
WITH {_ACCOUNTS}, {_BUYERS}
SELECT s.subject_id, coalesce(h.accounts, 0) AS accounts_here, coalesce(h.elsewhere, 0) AS accounts_elsewhere, h.opened_on AS account_opened_on,
       h.balance AS month_end_balance, y.largest AS largest_buyer_share, y.change AS largest_buyer_change,
       CASE WHEN h.borrower_id IS NOT NULL THEN least(h.closes_on, h.begins_on, (date_trunc('month', %(day)s::date) + interval '1 month')::date) END AS recheck_on
FROM lw_subject s LEFT JOIN held h ON h.borrower_id = s.subject_id LEFT JOIN buyer y ON y.borrower_id = s.subject_id
"""
OPENED = f"SELECT n.borrower_id FROM borrowers_depositaccount n WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND {new_fact('n')}"
# Bookings of this month change neither balance nor buyers of the months that are over, unless they are the first of the account.
LATE = f"""
SELECT na.borrower_id FROM borrowers_accounttransaction n JOIN borrowers_depositaccount na ON na.id = n.account_id
WHERE n.lender_id = %(lender)s AND n.bucket BETWEEN %(lo)s AND %(hi)s AND n.known_from > %(previous)s AND n.known_from <= %(known)s
  AND (n.revision > 1 OR n.valid_from < date_trunc('month', %(day)s::date) OR NOT EXISTS (
      SELECT FROM borrowers_accounttransaction e WHERE e.account_id = n.account_id AND e.valid_from <= least(n.valid_from, %(previous)s)
        AND e.known_from <= %(previous)s AND {known("e", "borrowers_accounttransaction")}))
UNION ALL
SELECT na.borrower_id FROM borrowers_correction n JOIN borrowers_depositaccount na ON na.id = n.subject_id
WHERE n.lender_id = %(lender)s AND n.subject = 'borrowers.depositaccount' AND n.known_from > %(previous)s AND n.known_from <= %(known)s
"""

_MONTH = "date_trunc('month', %(day)s::date)"
_FIRST = f"(({_MONTH} - interval '3 months')::date - date '2000-01-01')"  # of the last three complete months, as a day number
_FIRST_BEFORE = f"(({_MONTH} - interval '6 months')::date - date '2000-01-01')"
_LENGTH = f"({_MONTH}::date - ({_MONTH} - interval '3 months')::date)"
_LENGTH_BEFORE = f"(({_MONTH} - interval '3 months')::date - ({_MONTH} - interval '6 months')::date)"
# Each booking stood in the balance from its day on: the balance at the end less what the days before a booking did not have of it yet.
_BALANCE = f"(r.month_end_balance - (r.net_days_3m - {_FIRST} * r.net_3m) / {_LENGTH})"
_BALANCE_BEFORE = f"(r.month_end_balance - r.net_3m - (r.net_days_3m_before - {_FIRST_BEFORE} * r.net_3m_before) / {_LENGTH_BEFORE})"
_HERE = "CASE WHEN r.accounts_here > 0 THEN {0} END"
_ANY = "CASE WHEN r.accounts_here + r.accounts_elsewhere > 0 THEN {0} END"
_CHANGES = {f"{name}_change": _ANY.format(change(f"r.{name}_3m / 3", f"r.{name}_6m_before / 6")) for name in _CYCLES.values()}
_OUR_SHARE = share("r.inflow_3m", "r.inflow_3m + r.inflow_elsewhere_3m")
_OUR_SHARE_BEFORE = share("r.inflow_3m_last_year", "r.inflow_3m_last_year + r.inflow_elsewhere_3m_last_year")
_SALES_HERE = f"CASE WHEN r.statement_currency = r.currency THEN {share('r.sales_here_12m', 'r.sales')} END"
_DEBT_HERE = f"CASE WHEN r.total_debt_currency = r.currency THEN {share('r.outstanding', 'r.total_debt')} END"

FLOWS = Family(
    name="flows",
    sql=SQL,
    columns={
        "accounts_here": INT, "accounts_elsewhere": INT, "account_opened_on": DATE, "month_end_balance": MONEY, "largest_buyer_share": RATIO,
        "largest_buyer_change": RATIO,
    },
    derived={
        "inflow_change": (RATIO, _HERE.format(change("r.inflow_3m", "r.inflow_3m_last_year"))),
        "average_balance": (MONEY, _HERE.format(_BALANCE)),
        "average_balance_change": (RATIO, _HERE.format(change(_BALANCE, _BALANCE_BEFORE))),
        "sales_return": (RATIO, _HERE.format(share(_SALES_HERE, _DEBT_HERE))),
        "dormant_days": (INT, _HERE.format("%(day)s - coalesce(r.credited_on, r.account_opened_on)")),
        **{name: (RATIO, sql) for name, sql in _CHANGES.items()},
        "payments_stopped": (
            INT, _ANY.format(" + ".join(f"(r.{name}_6m_before > 0 AND r.{name}_2m = 0)::int" for name in _CYCLES.values()))
        ),
        "outside_lenders_new_90d": (INT, _ANY.format("r.outside_lenders_90d")),
        "outside_lenders_share_90d": (RATIO, _ANY.format(share("r.outside_lenders_paid_90d", "r.outflow_90d"))),
        "related_flow_share_90d": (RATIO, _ANY.format(share("r.related_90d", "r.turnover_90d"))),
        "round_trip_share_90d": (RATIO, _ANY.format(share("r.back_90d", "r.turnover_90d"))),
        "our_inflow_share_change": (
            RATIO, f"CASE WHEN r.accounts_here > 0 AND r.accounts_elsewhere > 0 THEN {change(_OUR_SHARE, _OUR_SHARE_BEFORE)} END"
        ),
    },
    news=(OPENED, LATE),
    rechecks=True,
    sources=("borrowers_depositaccount",),
    without={"accounts_here": "0", "accounts_elsewhere": "0"},
    fields=FLOWS_FIELDS,
)  # fmt: skip
