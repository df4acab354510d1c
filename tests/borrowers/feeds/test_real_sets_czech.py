"""Czech instalment loans: a folder of files that belong together, and the bookings of the accounts that repay the loans."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from django.db.models import Count, Max, Min, Sum

from borrowers.funds.models import AccountTransaction, DepositAccount
from borrowers.loans.models import Instalment, Loan, Position
from borrowers.parties.models import RelatedParty
from loanwatch.people.models import Branch
from tests.borrowers.feeds.real_sets import DATA, a_lender, needs_data, part_of, raw, remarks, take

pytestmark = [*needs_data, pytest.mark.faults]  # whole published files: too long for the fast suite
FOLDER = "berka_czech_bank"
END = date(1998, 12, 31)


def loans() -> pd.DataFrame:
    """One row a loan, with its account, owner and branch, joined by pandas; `due` counts the instalments that have fallen due."""
    rows = raw(f"{FOLDER}/loan.csv.gz").merge(raw(f"{FOLDER}/account.csv.gz"), on="account_id", how="left", validate="one_to_one")
    people = raw(f"{FOLDER}/disp.csv.gz")
    for kind, name in (("OWNER", "owner"), ("DISPONENT", "signatory")):
        found = people[people["type"] == kind][["account_id", "client_id"]].rename(columns={"client_id": name})
        rows = rows.merge(found, on="account_id", how="left", validate="one_to_one")
    granted = pd.to_datetime(rows["date"])
    months = [sum(1 for n in range(1, 61) if day + pd.DateOffset(months=n) <= pd.Timestamp(END)) for day in granted]
    rows["due"] = [min(n, int(most)) for n, most in zip(months, rows["duration"], strict=True)]
    rows["left"] = [
        Decimal(amount) - Decimal(payment) * n for amount, payment, n in zip(rows["amount"], rows["payments"], rows["due"], strict=True)
    ]
    return rows.set_index("CZ" + rows["loan_id"])


def test_loans_come_with_owner_signatory_branch_account_and_plan_and_nobody_s_lateness_is_invented(as_worker):
    lender, rows = a_lender("CZK"), loans()
    done = take(lender, "czech_accounts", FOLDER, END)
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 418, 418, 0)
    borrowers_and_signatories_are_those_of_the_account(rows)
    balances_follow_the_plan_and_days_past_due_are_told_only_where_known(rows)
    instalments_add_up_to_the_amount(rows)
    order = raw(f"{FOLDER}/order.csv.gz")
    standing = order[order["k_symbol"] == "loan"].set_index("account_id")["amount"].reindex(rows["account_id"])
    assert remarks(done) == {
        "IN_DEBT": (rows["status"] == "D").sum(),
        "FINISHED_UNPAID": (rows["status"] == "B").sum(),
        "END_WITHOUT_A_DAY": (rows["status"] == "A").sum(),
        "OTHER_SIGNATORY": rows["signatory"].notna().sum(),
        "ORDER_DIFFERS": (standing.to_numpy() != rows["payments"].to_numpy()).sum(),
    }
    assert (standing.map(Decimal).to_numpy() - rows["payments"].map(Decimal).to_numpy()).max() < 1
    assert take(lender, "czech_accounts", FOLDER, END).state == "already_loaded"
    a_month_later = take(lender, "czech_accounts", FOLDER, date(1999, 1, 31))
    assert (a_month_later.state, a_month_later.applied, a_month_later.unchanged) == (
        "applied",
        283,
        135,
    )  # those that run have a new balance


def borrowers_and_signatories_are_those_of_the_account(rows: pd.DataFrame) -> None:
    told = {n: (b, branch) for n, b, branch in Loan.objects.values_list("number", "borrower__number", "branch__code")}
    assert told == {n: (f"CZ{row['owner']}", f"DIST-{row['district_id']}") for n, row in rows.iterrows()}
    with_signatory = rows[rows["signatory"].notna()]
    named = RelatedParty.objects.filter(kind="signatory").values_list("borrower__number", "name")
    assert set(named) == {(f"CZ{row['owner']}", f"Client {row['signatory']}") for _, row in with_signatory.iterrows()}
    assert DepositAccount.objects.count() == 418
    assert Branch.objects.filter(code__startswith="DIST-").count() == rows["district_id"].nunique()
    assert Branch.objects.filter(code__startswith="CZ-").count() == 8


def balances_follow_the_plan_and_days_past_due_are_told_only_where_known(rows: pd.DataFrame) -> None:
    told = {p.loan.number: p for p in Position.objects.select_related("loan")}
    assert {n: p.balance for n, p in told.items()} == rows["left"].to_dict()
    assert {n: p.days_past_due for n, p in told.items()} == {n: 0 if status == "C" else None for n, status in rows["status"].items()}
    assert {n for n, p in told.items() if p.closed_as == ""} == set(rows.index[rows["status"].isin(["C", "D"])])


def instalments_add_up_to_the_amount(rows: pd.DataFrame) -> None:
    told = Instalment.objects.values("loan__number").annotate(n=Count("id"), paid=Sum("principal"), first=Min("due_on"), last=Max("due_on"))
    granted = pd.to_datetime(rows["date"])
    assert {t["loan__number"]: (t["n"], t["paid"], t["first"], t["last"]) for t in told} == {
        number: (
            int(row["duration"]), Decimal(row["amount"]), (granted[number] + pd.DateOffset(months=1)).date(),
            (granted[number] + pd.DateOffset(months=int(row["duration"]))).date(),
        )
        for number, row in rows.iterrows()
    }  # fmt: skip


def test_bookings_keep_their_sign_and_signs_of_trouble_are_told(as_worker, tmp_path):
    """A part of the file: the first 6,000 of 18,759 bookings; the whole file is in docs/real-sets.md."""
    lender = a_lender("CZK")
    take(lender, "czech_accounts", FOLDER, END)
    path = part_of(f"{FOLDER}/trans_pre_loan.csv.gz", tmp_path, 6000)
    done = take(lender, "czech_transactions", path, END)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert (done.state, done.read, done.applied, done.quarantined) == ("applied", 6000, 6000, 0)
    amounts = rows["amount"].map(Decimal)
    signed = amounts.where(rows["type"] == "credit", -amounts)
    by_account = AccountTransaction.objects.values_list("account__number").annotate(Sum("amount"), Count("id"))
    expected = signed.groupby(rows["account_id"]).agg(["sum", "size"])
    assert {n: (total, count) for n, total, count in by_account} == {n: (row["sum"], row["size"]) for n, row in expected.iterrows()}
    assert remarks(done) == {
        "NEGATIVE_BALANCE_INTEREST": (rows["k_symbol"] == "sanction interest if negative balance").sum(),
        "OVERDRAWN": (rows["balance"].map(Decimal) < 0).sum(),
        "OPERATION_NOT_TOLD": (rows["operation"] == "").sum(),
    }
    to_another = rows[rows["account"] != ""].iloc[0]
    booked = AccountTransaction.objects.get(reference=to_another["trans_id"])
    assert (booked.counterparty_bank, booked.counterparty_account) == (to_another["bank"], to_another["account"].removesuffix(".0"))
    assert take(lender, "czech_transactions", path, END).state == "already_loaded"
    assert (DATA / FOLDER).is_dir()
