"""What evaluating rules costs beside reading the observation: forty, sixty and eighty rules, each set in one scan."""

from datetime import date
from typing import Any

from benchmarks.meter import Series, measured

ROWS = 200_000
# Comparisons that somebody would write by hand, one for each of sixty rules, so that nothing of a rule is paid for but its reading.
NUMERIC = "SELECT column_name FROM information_schema.columns WHERE table_name = 'alerts_loanday' AND data_type IN ('integer', 'numeric') ORDER BY 1"
# Rows stand for loans of their own; they keep their borrower, so that what is read of it is found.
COPY = """
INSERT INTO alerts_loanday ({columns})
SELECT {values} FROM alerts_loanday o CROSS JOIN generate_series(1, %(copies)s) AS k (n) WHERE o.lender_id = %(lender)s AND o.as_of = %(day)s
"""


def scans(lender: Any, day: date, repeat: int, rows: int = ROWS) -> dict[str, float]:
    """Processor seconds of a scan of all columns, of 40, 60 and 80 rules and of 60 comparisons by hand, interleaved; medians."""
    from django.db import connection

    from alerts.observation.models import LoanDay
    from alerts.rulebook.queries import limit_values, live_versions
    from alerts.rulebook.scan import earlier_closes, scan
    from alerts.rulebook.writing import tree_from_json

    trees = [tree_from_json(version.tree) for version in live_versions(lender, day, "loan")]
    trees = (trees * (1 + 80 // len(trees)))[:80]
    limits, closes = limit_values(lender, day), earlier_closes(lender, day, trees)
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, "alerts_loanday")]
        copies = max(0, rows // max(1, LoanDay.objects.filter(lender=lender, as_of=day).count()) - 1)
        values = ", ".join("o.loan_id + k.n * 10000000" if column == "loan_id" else f"o.{column}" for column in columns)
        cursor.execute(COPY.format(columns=", ".join(columns), values=values), {"copies": copies, "lender": lender.pk, "day": day})
        cursor.execute("ANALYZE alerts_loanday")
        cursor.execute(NUMERIC)
        numbers = [name for (name,) in cursor.fetchall()][:60]
    there, where = [lender.pk, day], "FROM alerts_loanday WHERE lender_id = %s AND as_of = %s"
    queries: dict[str, tuple[str, Any]] = {
        "scan": (f"SELECT {', '.join(f'count({column})' for column in columns)} {where}", there),
        "by_hand": (f"SELECT {', '.join(f'count(*) FILTER (WHERE {column} > 30)' for column in numbers)} {where}", there),
    }
    observed = LoanDay.objects.filter(lender=lender, as_of=day).order_by()
    for name, count in (("forty", 40), ("sixty", 60), ("eighty", 80)):
        sql, given = scan("loan", observed, dict(enumerate(trees[:count])), limits, closes)
        hits = ", ".join(f"count(*) FILTER (WHERE q.r{n} > 0)" for n in range(count))
        queries[name] = (f"SELECT {hits} FROM ({sql}) q (subject, {', '.join(f'r{n}' for n in range(count))})", given)
    series = {name: Series() for name in queries}
    often = max(1, 500_000 // max(1, observed.count()))  # processor time is told in hundredths of a second
    for _ in range(repeat):
        for name, (sql, given) in queries.items():
            with measured(watch_memory=False) as took, connection.cursor() as cursor:
                for _ in range(often):
                    cursor.execute(sql, given)
            series[name].took.append(took)
    cpu = {name: one.median("server") for name, one in series.items()}
    over = {"over_scan": ("forty", "scan"), "doubled": ("eighty", "forty"), "over_hand": ("sixty", "by_hand")}
    return {**cpu, "rows": observed.count(), "compared_by_hand": len(numbers), **{name: cpu[a] / max(cpu[b], 0.001) for name, (a, b) in over.items()}}
