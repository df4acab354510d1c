"""The indicators of a loan worked out a second time: pandas over whole fact tables, one loan after the other, nothing shared with the nights.

Every table is read by a plain SELECT *. What was known by a day is found by sorting revisions, payments are laid on demands
one by one. Amounts are exact decimals; a missing value is None.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

DATE_TYPE = 1082  # PostgreSQL's number for the type date
KEYS = {
    "loanevent": ["loan_id", "kind", "valid_from"], "guarantee": ["loan_id", "guarantor_id", "valid_from"], "pledge": ["loan_id", "item_id", "valid_from"],
    "valuation": ["item_id", "valid_from", "method"], "insurance": ["item_id", "policy"], "registration": ["item_id", "number"],
    "collateralcount": ["item_id", "valid_from"], "paymentreturn": ["loan_id", "reference"], "paymentpromise": ["loan_id", "valid_from", "due_on"],
    "agreedpayee": ["loan_id", "payee"], "disbursementpayment": ["loan_id", "reference"], "covenanttest": ["covenant_id", "valid_from"],
    "covenantwaiver": ["covenant_id", "valid_from"], "approvalcondition": ["borrower_id", "reference"], "position": ["loan_id", "valid_from"],
}  # fmt: skip


def read(table: str) -> pd.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM borrowers_{table}")
        names, types = [c.name for c in cursor.description], [c.type_code for c in cursor.description]
        frame = pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
    for name, kind in zip(names, types, strict=True):
        if kind == DATE_TYPE:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def rounded(value: Any, places: int) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def days(later: pd.Timestamp, earlier: Any) -> int | None:
    return None if earlier is None or pd.isna(earlier) else (later - earlier).days


class Day:
    """All facts of one lender as known at the close of a day."""

    def __init__(self, lender_id: int, day: date) -> None:
        self.day = pd.Timestamp(day)
        self.lender_id = lender_id
        self.tables = {name: self._known(name, key) for name, key in KEYS.items()}
        for name in ("instalment", "repayment", "loan", "custody", "checkduty", "collateralitem", "covenant"):
            self.tables[name] = self._of_lender(read(name))
        payments = self.tables["repayment"]
        self.tables["repayment"] = payments[(payments.known_from <= self.day) & (payments.paid_on <= self.day)].sort_values("seq")
        taken = self.tables["repayment"].reverses_id.map(payments.set_index("id")[["paid_on", "payer_kind"]].to_dict("index").get)
        self.tables["repayment"] = self.tables["repayment"].assign(  # a payment taken back stands against the one it takes back
            stood_on=[t["paid_on"] if t else on for t, on in zip(taken, self.tables["repayment"].paid_on, strict=True)],
            stood_for=[t["payer_kind"] if t else kind for t, kind in zip(taken, self.tables["repayment"].payer_kind, strict=True)],
        )
        plans = self.tables["instalment"]
        self.tables["instalment"] = plans[(plans.known_from <= self.day) & (plans.valid_from <= self.day)].sort_values("seq")
        self.by = {name: dict(iter(frame.groupby("loan_id"))) for name, frame in self.tables.items() if "loan_id" in frame}
        self.standing = {row.id: Standing(self, row) for row in self.tables["loan"].itertuples()}

    def _of_lender(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame.lender_id == self.lender_id]

    def _known(self, name: str, key: list[str]) -> pd.DataFrame:
        frame = self._of_lender(read(name))
        frame = frame[frame.known_from <= self.day].sort_values("revision")
        last = frame.drop_duplicates(key, keep="last")
        return last[~last.withdrawn.astype(bool)]

    def of(self, name: str, loan_id: int) -> pd.DataFrame:
        """The rows of the loan in a table that names one."""
        return self.by[name].get(loan_id, self.tables[name].iloc[:0])

    def begun(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Those in force today."""
        frame = frame[frame.valid_from <= self.day]
        return frame[frame.to_on.isna() | (frame.to_on > self.day)] if "to_on" in frame else frame

    def items(self, loan_id: int) -> pd.DataFrame:
        return self.begun(self.of("pledge", loan_id))

    def told(self, name: str) -> bool:
        frame = self._of_lender(read(name))
        return bool((frame.known_from <= self.day).any())

    def back(self, months: int) -> pd.Timestamp:
        return self.day - pd.DateOffset(months=months)


class Standing:
    """A scheduled loan after its payments were laid on its demands, the oldest first, principal last."""

    def __init__(self, at: Day, loan: Any) -> None:
        self.at, self.loan = at, loan
        plan = at.of("instalment", loan.id)
        self.plan = plan[plan.version == plan.version.max()] if len(plan) else plan
        self.paid = at.of("repayment", loan.id)
        left = sum(self.paid.amount, Decimal(0))
        owed, principal = [], []
        for d in self.plan.itertuples():
            total = d.principal + d.interest + d.fee
            owed.append(total - min(max(left, Decimal(0)), total))
            principal.append(min(d.principal, owed[-1]))
            left -= total
        self.plan = self.plan.assign(owed=owed, principal_owed=principal)
        self.past = self.plan[self.plan.due_on < at.day]
        self.ahead = self.plan[self.plan.due_on > at.day]
        self.demands = self._met()

    def since(self, mask: pd.Series) -> int:
        due = self.past[mask.reindex(self.past.index).astype(bool)].due_on if len(self.past) else self.past.due_on
        return (self.at.day - due.min()).days if len(due) else 0

    def _met(self) -> pd.DataFrame:
        """Demands of the last 24 months: when each was settled for good, days late, and whether the first payment was a part."""
        after = np.cumsum([Decimal(0), *self.paid.amount])[1:]
        lowest = list(np.minimum.accumulate(after[::-1])[::-1]) if len(after) else []
        amounts, dates = list(self.paid.amount), list(self.paid.paid_on)
        rows, due = [], Decimal(0)
        for d in self.plan.itertuples():
            total = d.principal + d.interest + d.fee
            before, due = due, due + total
            if self.at.back(24) < d.due_on <= self.at.day:
                settled = next((dates[k] for k, c in enumerate(after) if c >= due and lowest[k] >= due and amounts[k] > 0), None)
                first = next((c for k, c in enumerate(after) if c > before and lowest[k] > before and amounts[k] > 0), None)
                late = max(0, ((settled or self.at.day) - d.due_on).days)
                rows.append((d.due_on, d.principal, settled, late, first is not None and first - before < Decimal("0.95") * total))
        return pd.DataFrame(rows, columns=["due_on", "principal", "settled", "late", "part"])

    def within(self, months: int) -> pd.DataFrame:
        return self.demands[self.demands.due_on > self.at.back(months)] if len(self.demands) else self.demands


def _if_any(found: Callable[[Standing], Any]) -> Callable[[Standing], Any]:
    return lambda s: found(s) if len(s.demands) else None


def _worst(s: Standing) -> int:
    open_in = [late for settled, late in zip(s.demands.settled, s.demands.late, strict=True) if (settled or s.at.day) > s.at.back(12)]
    return max([*open_in, s.since(s.past.owed > 0)])


def _slope(s: Standing) -> Decimal | None:
    late = list(s.demands.late)[-6:]
    return rounded(np.polyfit(range(len(late)), late, 1)[0], 4) if len(late) >= 3 else None


def _rising(s: Standing) -> bool | None:
    late = list(s.demands.late)
    return late[-1] > late[-2] > late[-3] if len(late) >= 3 else None


def _no_principal(s: Standing) -> int | None:
    settled = [on for on, p in zip(s.demands.settled, s.demands.principal, strict=True) if on and p > 0]
    if not settled:
        return None
    last, day = max(settled), s.at.day
    return (day.year - last.year) * 12 + day.month - last.month - (day.day < last.day)


def _part(s: Standing) -> Decimal | None:
    recent = s.within(6)
    return rounded(Decimal(int(recent.part.sum())) / len(recent), 6) if len(recent) else None


def _events(s: Standing, kinds: tuple[str, ...], months: int | None = None) -> pd.DataFrame:
    e = s.at.of("loanevent", s.loan.id)
    e = e[(e.valid_from <= s.at.day) & e.kind.isin(kinds)]
    return e if months is None else e[e.valid_from > s.at.back(months)]


def _edge(s: Standing) -> int:
    def at_edge(e: Any) -> bool:
        late = e.days_past_due
        if late is None or pd.isna(late):
            return False
        ends = (e.valid_from.to_period("Q").end_time.normalize() + pd.Timedelta(days=1) - e.valid_from).days
        return 25 <= late <= 30 or 80 <= late <= 90 or (late > 0 and ends <= 10)

    return sum(at_edge(e) for e in _events(s, ("extension", "restructure"), 24).itertuples())


def _relapse(s: Standing) -> int | None:
    on = _events(s, ("restructure",)).valid_from.max()
    return s.since(s.past.owed > 0) if not pd.isna(on) and on + pd.DateOffset(months=12) > s.at.day else None


def _maturity(s: Standing) -> int | None:
    moved = _events(s, tuple(s.at.tables["loanevent"].kind.unique()))
    moved = moved[moved.matures_on.notna()].sort_values(["valid_from", "id"])
    ends = moved.matures_on.iloc[-1] if len(moved) else s.loan.matures_on
    return None if pd.isna(ends) else (ends - s.at.day).days


def _values(s: Standing) -> list[tuple[Any, list[Any]]]:
    """Of each item its pledge and its valuations, the newest first."""
    values = s.at.tables["valuation"]
    found = []
    for pledge in s.at.items(s.loan.id).itertuples():
        own = values[(values.item_id == pledge.item_id) & (values.valid_from <= s.at.day)].sort_values(["valid_from", "id"], ascending=False)
        found.append((pledge, list(own.itertuples())))
    return found


def _ltv(s: Standing) -> Decimal | None:
    items = _values(s)
    if not items or not all(values for _, values in items):
        return None
    net = sum(max(Decimal(0), values[0].value - pledge.prior_liens) for pledge, values in items)
    return rounded(sum(s.plan.principal_owed) / net, 6) if net > 0 else None


def _change(s: Standing) -> Decimal | None:
    pairs = [(v[0].value, next((o.value for o in v if o.valid_from < v[0].valid_from), None)) for _, v in _values(s) if v]
    return min((rounded(new / old - 1, 6) for new, old in pairs if old), default=None)


def _valued(s: Standing) -> int | None:
    return max(((s.at.day - v[0].valid_from).days for _, v in _values(s) if v), default=None)


def _guarantors(s: Standing) -> pd.DataFrame:
    return s.at.begun(s.at.of("guarantee", s.loan.id))


def _guarantor_days(s: Standing) -> int | None:
    own = s.at.tables["loan"]
    theirs = [s.at.standing[loan_id] for g in _guarantors(s).guarantor_id for loan_id in own[own.borrower_id == g].id]
    return max([0, *(t.since(t.past.owed > 0) for t in theirs)]) if len(_guarantors(s)) else None


def _inspection(s: Standing) -> int | None:
    d = s.at.of("checkduty", s.loan.id)
    d = d[d.known_from < s.at.day]
    if d.empty:
        return None
    d = d[(d.due_on < s.at.day) & (d.done_on.isna() | (d.done_on > s.at.day))]
    return days(s.at.day, d.due_on.min()) or 0


def _handover(s: Standing) -> int | None:
    c = s.at.of("custody", s.loan.id)
    c = c[(c.capacity == "lead") & (c.from_on <= s.at.day)]
    if (c.to_on.isna() | (c.to_on > s.at.day)).any():
        return 0
    gone = days(s.at.day, c.to_on.max())
    return None if gone is None else gone + 1


def _returned(s: Standing) -> int | None:
    r = s.at.of("paymentreturn", s.loan.id)
    r = r[~r.technical.astype(bool) & (r.valid_from <= s.at.day) & (r.valid_from > s.at.back(3))]
    return len(r) if s.at.told("paymentreturn") else None


def _payers(s: Standing, kinds: tuple[str, ...]) -> Decimal | None:
    recent = s.paid[s.paid.stood_on > s.at.back(6)]
    total = sum(recent.amount, Decimal(0))
    if not (recent.stood_for != "").any() or total <= 0:
        return None
    return rounded(sum(recent[recent.stood_for.isin(kinds)].amount, Decimal(0)) / total, 6)


def _broken(s: Standing) -> int | None:
    if not s.at.told("paymentpromise"):
        return None
    p = s.at.of("paymentpromise", s.loan.id)
    p = p[(p.due_on < s.at.day) & (p.due_on >= s.at.day - pd.Timedelta(days=60))]
    paid = [sum(s.paid[(s.paid.stood_on >= x.valid_from) & (s.paid.stood_on <= x.due_on)].amount, Decimal(0)) for x in p.itertuples()]
    return sum(amount < Decimal("0.95") * x.amount for amount, x in zip(paid, p.itertuples(), strict=True))


def _principal_90(s: Standing) -> Decimal:
    return rounded(sum(s.ahead[s.ahead.due_on <= s.at.day + pd.Timedelta(days=90)].principal_owed, Decimal(0)), 2)


def _next(s: Standing) -> int | None:
    return -days(s.at.day, s.ahead[s.ahead.owed > 0].due_on.min()) if (s.ahead.owed > 0).any() else None


def _full(s: Standing) -> int | None:
    amounts, due = list(s.plan.principal), list(s.plan.due_on)
    later = [k for k, on in enumerate(due) if on >= s.at.day and amounts[k] > 0]
    return (due[later[0]] - s.at.day).days if len(later) > 1 and later[0] > 0 and amounts[later[0] - 1] == 0 else None


def _covenants(s: Standing) -> list[tuple[Any, list[Any]]]:
    c = s.at.tables["covenant"]
    c = c[(c.borrower_id == s.loan.borrower_id) & (c.known_from <= s.at.day) & (c.valid_from <= s.at.day) & (c.ends_on.isna() | (c.ends_on >= s.at.day))]
    tests, found = s.at.tables["covenanttest"], []
    for x in c.itertuples():
        if x.loan_id == s.loan.id or (pd.isna(x.loan_id) and (pd.isna(x.facility_id) or x.facility_id == s.loan.facility_id)):
            own = tests[(tests.covenant_id == x.id) & (tests.valid_from <= s.at.day) & (tests.result != "not_delivered")]
            found.append((x, list(own.sort_values("valid_from", ascending=False).itertuples())))
    return found


def _headroom(s: Standing) -> Decimal | None:
    room = []
    for c, tests in _covenants(s):
        if tests and tests[0].value is not None and c.threshold:
            gap = tests[0].value - c.threshold if c.comparison == "at_least" else c.threshold - tests[0].value
            room += [rounded(gap / abs(c.threshold), 6)] if gap >= 0 else []
    return min(room, default=None)


def _breaches(s: Standing) -> int | None:
    waived = set(s.at.begun(s.at.tables["covenantwaiver"]).covenant_id)
    tested = [(c, tests[0]) for c, tests in _covenants(s) if tests]
    return sum(t.result == "broken" and c.id not in waived for c, t in tested) if tested else None


def _missing(s: Standing) -> int | None:
    counts = []
    for c, tests in _covenants(s):
        last, n, k = tests[0].valid_from if tests else c.valid_from, 0, 1
        while (due := c.valid_from + pd.DateOffset(months=k * c.every_months)) + pd.Timedelta(days=c.grace_days) < s.at.day:
            n += c.valid_from + pd.DateOffset(months=(k - 1) * c.every_months) >= last and not (not pd.isna(c.ends_on) and due > c.ends_on)
            k += 1
        counts.append(n)
    return max(counts, default=None)


def _condition(s: Standing) -> int | None:
    a = s.at.tables["approvalcondition"]
    a = a[(a.borrower_id == s.loan.borrower_id) & (a.valid_from <= s.at.day)]
    a = a[(a.loan_id == s.loan.id) | (a.loan_id.isna() & a.facility_id.isna())]
    unmet = a[a.met_on.isna() | (a.met_on > s.at.day)]
    return max(0, days(s.at.day, unmet.due_on.min()) or 0) if len(a) else None


def _insured(s: Standing) -> int | None:
    wanted = ("residential_property", "commercial_property", "equipment", "inventory", "vehicle")
    kinds, ends = s.at.tables["collateralitem"].set_index("id").kind, []
    for item in s.at.items(s.loan.id).item_id.unique():
        p = s.at.tables["insurance"]
        p = p[(p.item_id == item) & (p.valid_from <= s.at.day)]
        ends += [p.to_on.max()] if len(p) and kinds[item] in wanted else []
    return (min(ends) - s.at.day).days if ends else None


def _short(s: Standing) -> Decimal | None:
    worst = []
    for item in s.at.items(s.loan.id).item_id.unique():
        c = s.at.tables["collateralcount"]
        c = c[(c.item_id == item) & (c.valid_from <= s.at.day)].sort_values("valid_from")
        worst += [rounded(1 - c.counted.iloc[-1] / c.pledged.iloc[-1], 6)] if len(c) and c.counted.iloc[-1] is not None else []
    return max(worst, default=None)


def _payments(s: Standing) -> pd.DataFrame:
    p = s.at.of("disbursementpayment", s.loan.id)
    return p[p.valid_from <= s.at.day]


def _outside(s: Standing) -> Decimal | None:
    agreed = s.at.of("agreedpayee", s.loan.id)
    agreed, p = agreed[agreed.valid_from <= s.at.day], _payments(s)
    if not len(agreed) or not len(p):
        return None
    return rounded(sum(p[~p.payee.isin(agreed.payee)].amount, Decimal(0)) / s.loan.principal, 6)


def _proven(s: Standing) -> Decimal | None:
    p = _payments(s)
    return rounded(sum(p[p.proof != ""].amount, Decimal(0)) / s.loan.principal, 6) if len(p) else None


def _cash(s: Standing) -> Decimal | None:
    p = _payments(s)
    own = p[p["mode"] == "self_paid"]
    at_once = own[own.payee_kind.isin(["cash", "person"]) & (own.valid_from <= s.loan.disbursed_on + pd.Timedelta(days=3))]
    return rounded(sum(at_once.amount, Decimal(0)) / sum(own.amount), 6) if len(own) else None


INDICATORS: dict[str, Callable[[Standing], Any]] = {
    "days_past_due": lambda s: s.since(s.past.owed > 0),
    "interest_days_past_due": lambda s: s.since(s.past.owed > s.past.principal_owed),
    "principal_days_past_due": lambda s: s.since(s.past.principal_owed > 0),
    "outstanding": lambda s: sum(s.plan.principal_owed, Decimal(0)),
    "overdue_principal": lambda s: sum(s.past.principal_owed, Decimal(0)),
    "overdue_interest": lambda s: sum(s.past.owed, Decimal(0)) - sum(s.past.principal_owed, Decimal(0)),
    "late_payments_6m": _if_any(lambda s: int((s.within(6).late >= 3).sum())),
    "lateness_slope_6": _slope,
    "lateness_rising_3": _rising,
    "lateness_last": _if_any(lambda s: s.demands.late.iloc[-1]),
    "part_payment_share_6m": _part,
    "instalments_missed_12m": _if_any(lambda s: int((s.within(12).late > 0).sum())),
    "worst_dpd_12m": _worst,
    "months_no_principal": _no_principal,
    "rollovers": lambda s: len(_events(s, ("extension", "refinance"))),
    "extensions_24m": lambda s: len(_events(s, ("extension", "refinance"), 24)),
    "edge_extensions_24m": _edge,
    "relapse_days": _relapse,
    "days_to_maturity": _maturity,
    "ltv": _ltv,
    "value_change": _change,
    "valuation_age_days": _valued,
    "guarantors": lambda s: len(_guarantors(s)),
    "guarantor_dpd": _guarantor_days,
    "inspection_overdue_days": _inspection,
    "handover_gap_days": _handover,
    "returned_debits_3m": _returned,
    "third_party_paid_share_6m": lambda s: _payers(s, ("third", "unknown", "staff")),
    "unknown_payer_share_6m": lambda s: _payers(s, ("unknown",)),
    "broken_promises_60d": _broken,
    "principal_due_90d": _principal_90,
    "next_demand_days": _next,
    "full_instalment_days": _full,
    "covenant_headroom": _headroom,
    "covenant_breaches": _breaches,
    "covenant_tests_missing": _missing,
    "condition_overdue_days": _condition,
    "insurance_days": _insured,
    "stock_short": _short,
    "paid_outside_share": _outside,
    "proven_share": _proven,
    "cash_share": _cash,
}
