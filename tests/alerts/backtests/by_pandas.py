"""The figures of a back-test computed once more from a plain table, with nothing of the product.

A row is a subject at a month-end: `subject`, `day` (Timestamp), `level` (-1 to 3) and `late`, whether it stands in the target. `events`
gives the days on which each subject reached the target; without it, the months in which it is late are taken.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def figures(
    rows: pd.DataFrame, *, least: int, months: int, last: pd.Timestamp, gap: int = 1, events: Mapping[Any, Sequence[pd.Timestamp]] | None = None,
    asked: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Every count and share, and the quartiles of the lead time, at levels from `least` on."""
    if events is None:
        events = {subject: list(days) for subject, days in rows[rows["late"]].groupby("subject")["day"]}
    first, final = asked or (rows["day"].min(), rows["day"].max())
    table = rows[(rows["day"] >= first) & (rows["day"] <= final)].copy()
    number = {day: n for n, day in enumerate(sorted(table["day"].unique()))}
    table["nth"] = table["day"].map(number)
    table["end"] = table["day"] + pd.offsets.MonthEnd(months)
    table["next"] = [min((d for d in events.get(s, ()) if day < d <= end), default=pd.NaT) for s, day, end in table[["subject", "day", "end"]].itertuples(index=False)]
    table["over"] = table["end"] <= last
    table["judged"] = ~table["late"] & table["over"]
    table["follows"] = table["judged"] & table["next"].notna()
    table["hit"] = table["level"] >= least
    hits = table[table["hit"]].sort_values(["subject", "nth"]).copy()
    before = hits.groupby("subject")["nth"].shift()
    hits["begins"] = before.isna() | (hits["nth"] - before > gap)
    followed = table[table["follows"]]
    times = followed.groupby(["subject", "next"]).agg(n=("day", "size"))
    warned = followed[followed["hit"]].groupby(["subject", "next"])["day"].min().reset_index()
    lead = (warned["next"] - warned["day"]).dt.days
    days = (max(number) - min(number)).days
    begun = hits[hits["begins"]]
    fresh = int((begun["nth"] > 0).sum())
    counts = {
        "observed": len(table), "not_evaluable": int((table["level"] == -1).sum()), "in_target": int(table["late"].sum()),
        "open": int((~table["late"] & ~table["over"]).sum()), "judged": int(table["judged"].sum()), "reached": len(followed), "hits": len(hits),
        "hits_judged": int(hits["judged"].sum()), "hits_true": int(hits["follows"].sum()), "hits_in_target": int(hits["late"].sum()),
        "hits_open": int((~hits["late"] & ~hits["over"]).sum()), "episodes": len(begun), "fresh": fresh,
        "episodes_judged": int(begun["judged"].sum()), "episodes_true": int(begun["follows"].sum()), "targets": len(times), "caught": len(warned),
    }  # fmt: skip
    quartiles = [round(float(lead.quantile(q)) + 1e-9, 1) for q in (0.25, 0.5, 0.75)] if len(lead) else None
    return counts | {"lead": quartiles, "per_week": round(7 * fresh / days, 2) if days else None, "shares": _shares(counts)}


def _shares(counts: dict[str, int]) -> dict[str, float | None]:
    def share(part: str, whole: str) -> float | None:
        return counts[part] / counts[whole] if counts[whole] else None

    return {
        "base_rate": share("reached", "judged"), "precision": share("hits_true", "hits_judged"), "recall": share("caught", "targets"),
        "episode_precision": share("episodes_true", "episodes_judged"), "close_recall": share("hits_true", "reached"),
        "missing_share": share("not_evaluable", "observed"),
    }  # fmt: skip


def in_short(figures: Any) -> dict[str, Any]:
    """The product's figures in the shape of `figures`."""
    from alerts.backtests.rules import COUNTS

    counts = {name: getattr(figures, name) for name in COUNTS}
    lead = [float(v) for v in figures.lead] if figures.lead else None
    shares = {name: None if (v := getattr(figures, name)) is None else float(v) for name in
              ("base_rate", "precision", "recall", "episode_precision", "close_recall", "missing_share")}  # fmt: skip
    return counts | {"lead": lead, "per_week": None if figures.per_week is None else float(figures.per_week), "shares": shares}


def assert_same(found: Any, expected: dict[str, Any]) -> None:
    """Counts, lead time and workload exactly; shares to the sixth decimal."""
    told = in_short(found)
    shares, wanted = told.pop("shares"), dict(expected)
    wanted_shares = wanted.pop("shares")
    assert told == wanted
    for name, value in wanted_shares.items():
        assert (shares[name] is None) == (value is None), name
        assert value is None or abs(shares[name] - value) <= 5.1e-7, (name, shares[name], value)
