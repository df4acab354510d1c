"""What evaluating rules costs beside reading the observation: forty and eighty rules, each set in one scan."""

from datetime import date
from typing import Any

from benchmarks.meter import Series, measured


def scans(lender: Any, day: date, repeat: int) -> dict[str, float]:
    """Processor seconds of a scan of all columns, of 40 rules and of 80 (the same ones twice), interleaved; medians."""
    from django.db import connection

    from alerts.observation.models import LoanDay
    from alerts.rulebook.compiler import compile_levels
    from alerts.rulebook.queries import live_versions
    from alerts.rulebook.writing import tree_from_json

    trees = [tree_from_json(version.tree) for version in live_versions(lender, day, "loan")]
    trees = (trees * (1 + 40 // len(trees)))[:40]
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, "alerts_loanday")]
    rows = LoanDay.objects.filter(lender=lender, as_of=day).order_by()
    series = {"scan": Series(), "forty": Series(), "eighty": Series()}
    queries: dict[str, tuple[str, Any]] = {
        "scan": (f"SELECT {', '.join(f'count({column})' for column in columns)} FROM alerts_loanday WHERE lender_id = %s AND as_of = %s", [lender.pk, day])
    }
    for name, times in (("forty", 1), ("eighty", 2)):
        levels = {f"r{n}": compile_levels(tree) for n, tree in enumerate(trees * times)}
        sql, values = rows.annotate(**levels).values_list(*levels).query.sql_with_params()
        # Every rule of every loan, without a short cut after the first hit; written differently the second time, as the same sum would be made once.
        asked = ("> 0", ">= 1")
        hits = ", ".join(f"count(*) FILTER (WHERE q.r{n} {asked[n // 40]})" for n in range(len(levels)))
        queries[name] = (f"SELECT {hits} FROM ({sql}) q ({', '.join(levels)})", values)
    often = max(1, 500_000 // max(1, rows.count()))  # processor time is told in hundredths of a second
    for _ in range(repeat):
        for name, (sql, values) in queries.items():
            with measured(watch_memory=False) as took, connection.cursor() as cursor:
                for _ in range(often):
                    cursor.execute(sql, values)
            series[name].took.append(took)
    cpu = {name: one.median("server") for name, one in series.items()}
    return {**cpu, "over_scan": cpu["forty"] / max(cpu["scan"], 0.001), "doubled": cpu["eighty"] / max(cpu["forty"], 0.001)}
