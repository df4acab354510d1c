"""Measures the nightly run: `python -m benchmarks.nightly --loans 200000 [--repeat 3] [--json]`.

A made-up book of its own (24 demands a loan, 12 % in arrears) in a database of its own; each night is closed by the day's
own steps. The floor is measured in the same run on the same data: a grouped scan of the demands, a copy of one day's
observation and a scan over all its columns. Ratios can be compared between machines, seconds can't.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".loanwatch" / "bench"
FIRST = date(2026, 6, 1)

BOOK = """
INSERT INTO borrowers_borrower (lender_id, valid_from, known_from, bucket, number, kind, name, segment, industry, region, phone, address, key_customer)
SELECT %(lender)s, '2025-01-01', '2025-01-01', get_byte(decode(md5('B' || n), 'hex'), 0), 'B' || n, 'company', 'B' || n, 'small', '', '', '', '', false
FROM generate_series(1, %(loans)s) n;
INSERT INTO borrowers_loan (lender_id, valid_from, known_from, bucket, number, borrower_id, product_id, branch_id, currency, principal, rate,
                            disbursed_on, matures_on, purpose, position_fed, segment, attributes)
SELECT %(lender)s, '2025-01-01', '2025-01-01', b.bucket, 'L' || substr(b.number, 2), b.id, %(product)s, %(branch)s, 'CNY', 24000, 6,
       '2025-01-01', '2027-01-01', '', false, 'small', '{}'
FROM borrowers_borrower b WHERE b.lender_id = %(lender)s;
INSERT INTO borrowers_instalment (lender_id, valid_from, known_from, bucket, loan_id, version, seq, due_on, principal, interest, fee, cum_due_minor, cum_principal_minor)
SELECT %(lender)s, '2025-01-01', '2025-01-01', l.bucket, l.id, 1, s, ('2025-01-01'::date + s * interval '1 month')::date + (l.id %% 28)::int, 1000, 60, 0,
       s * 106000, s * 100000
FROM borrowers_loan l CROSS JOIN generate_series(1, 24) s WHERE l.lender_id = %(lender)s;
-- one loan in eight stopped paying in one of the last months
INSERT INTO borrowers_repayment (lender_id, valid_from, known_from, bucket, loan_id, seq, paid_on, amount, cum_paid_minor, payer)
SELECT i.lender_id, i.due_on, i.due_on, i.bucket, i.loan_id, i.seq, i.due_on, 1060, i.seq * 106000, ''
FROM borrowers_instalment i WHERE i.lender_id = %(lender)s AND i.seq <= CASE WHEN i.loan_id %% 100 < 12 THEN 10 + (i.loan_id %% 7) ELSE 24 END;
ANALYZE;
"""
FLOORS = {
    "grouped scan of the demands": "SELECT count(*) FROM (SELECT loan_id, sum(principal), max(cum_due_minor) FROM borrowers_instalment GROUP BY loan_id) q",
    "copy of one day's observation": "CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM alerts_loanday WHERE as_of = %(day)s",
    "scan over all its columns": "SELECT count(*) FROM alerts_loanday o WHERE as_of = %(day)s AND o::text = ''",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3, help="nights measured; the median counts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ |= {"LOANWATCH_STATE": str(STATE), "LOANWATCH_SETTINGS": "demo", "LOANWATCH_PROCESS": "owner", "DJANGO_SETTINGS_MODULE": "loanwatch.settings.demo"}
    for name in ("DATABASE_URL", "DATABASE_URL_OWNER", "DATABASE_URL_WEB", "DATABASE_URL_WORKER"):
        os.environ.pop(name, None)  # never a database that holds anything else

    from loanwatch.embedded import ensure
    from loanwatch.embedded.state import State

    with ensure.services(State(STATE)) as addresses:
        os.environ.update(addresses)
        tell = measure(options.loans, options.repeat)
    sys.stdout.write(json.dumps(tell) + "\n" if options.json else table(tell))


def measure(loans: int, nights: int) -> dict:
    """Makes the book, closes a first day unmeasured and then `nights` days; seconds are medians over the nights."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from loanwatch.day.actions import close_days
    from loanwatch.embedded import schema
    from loanwatch.lenders.models import Lender, Product
    from loanwatch.people.models import Branch
    from loanwatch.trail.models import RunUnit

    schema.migrate()
    code = f"BENCH{int(time.time())}"
    call_command("new_lender", code, currency="CNY", zone="Asia/Shanghai", calendar="daily", stdout=sys.stderr)
    lender = Lender.objects.get(code=code)
    product = Product.objects.create(lender=lender, code="WC", name="Working capital", kind="working_capital")
    with connection.cursor() as cursor:
        cursor.execute(BOOK, {"lender": lender.pk, "product": product.pk, "branch": Branch.objects.get(lender=lender).pk, "loans": loans})
    list(close_days(lender, FIRST, FIRST))
    steps: dict[str, list[float]] = {}
    floors: dict[str, list[float]] = {name: [] for name in FLOORS}
    for night in range(1, nights + 1):
        day = FIRST + timedelta(days=night)
        list(close_days(lender, day, day))
        for step, seconds in RunUnit.objects.filter(lender=lender, business_date=day).values_list("step", "seconds"):
            steps.setdefault(step, [0.0] * nights)[night - 1] += seconds
        for name, sql in FLOORS.items():
            floors[name].append(seconds_of(connection, sql, day))
    floor = sum(statistics.median(found) for found in floors.values())
    medians = {name: round(statistics.median(found), 3) for name, found in steps.items()}
    whole = sum(medians.values())
    return {
        "loans": loans, "nights": nights, "floor_seconds": round(floor, 3), "floors": {n: round(statistics.median(f), 3) for n, f in floors.items()},
        "steps": medians, "ratios": {name: round(seconds / floor, 2) for name, seconds in medians.items()},
        "night_seconds": round(whole, 3), "night_over_floor": round(whole / floor, 2), "loans_per_second": round(loans / whole),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def seconds_of(connection, sql: str, day: date) -> float:
    from django.db import transaction

    with transaction.atomic(), connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(sql, {"day": day})
        return time.monotonic() - began


def table(found: dict) -> str:
    lines = [f"{found['loans']} loans, {found['nights']} nights, floor F = {found['floor_seconds']} s", f"{'step':<20}{'seconds':>10}{'/ F':>8}"]
    lines += [f"{name:<20}{seconds:>10}{found['ratios'][name]:>8}" for name, seconds in found["steps"].items()]
    lines += [f"{'whole night':<20}{found['night_seconds']:>10}{found['night_over_floor']:>8}"]
    lines += [f"{found['loans_per_second']} loans a second; peak memory of the closing process {found['peak_memory_mb']} MB"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
