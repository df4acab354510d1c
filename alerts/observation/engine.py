"""The observation of one grain at one close: what has news is computed from the facts, all else is carried forward.

A *family* of indicators is one SELECT over the subjects with news. Its columns stay as they are until a fact arrives or a
date is reached that the family itself names (`recheck_on`): a window that a demand leaves, a period that ends. So the cost
of a night follows what happened in it, neither the age of the loans nor the length of the windows. What moves with every day
is never stored as such: *derived* columns are worked out each night, for all subjects, from what is stored.

Each family has its own touched subjects and its own recheck date, so a demand that comes near runs the family that looks ahead
and no other. A family therefore names everything that it reads as news of its own.

Carried or computed afresh, the row is the same; `fresh` computes everything and is the check, the rebuild and the re-run.
Each row keeps the `shape` of what computed it, so that a changed definition is never carried on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.observation.fields import Field

# Storage types. Ratios and numbers are rounded when they are stored, so a carried value is the value that was computed.
MONEY, RATIO, NUMBER, INT, DATE, BOOL = "numeric(20, 2)", "numeric(14, 6)", "numeric(20, 6)", "integer", "date", "boolean"
Source = str | tuple[str, str]  # a table, or a table and a condition on its rows


@dataclass(frozen=True, eq=False)
class Family:
    """Indicators with the same sources.

    sql: one SELECT (a WITH is allowed) giving exactly one row per row of `lw_subject (subject_id)`, the subjects with news for
    this family (always with an alias): subject_id, then every name of `columns`, and `recheck_on` where `rechecks`: the earliest
    later date on which a column may change although no fact arrives, NULL for never. `lw_book` holds all subjects of the slice
    with what is new every day.
    columns: stored, name -> SQL type. derived: name -> (SQL type, expression over the row `r`, which has the book's and all
    families' columns). news: SELECTs of subjects with a new fact for this family since the close before. carried: where a column
    of a carried row is not simply that of the close before: an expression over `w` (that row) and `b` (today's book); `recheck_on` too.
    was: names in `r` for expressions over `w`, which is empty for a subject that is new. nightly: sql runs for all subjects
    (`lw_book`) every night, for what depends on other subjects; nothing is carried.
    sources: while none of these has a row of the lender, the family is not asked at all. Its columns are then what sql would give:
    the expressions over `b` in `without`, NULL where there is none, and nothing to recheck.
    """

    name: str
    sql: str
    columns: Mapping[str, str]
    derived: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    news: tuple[str, ...] = ()
    carried: Mapping[str, str] = field(default_factory=dict)
    was: Mapping[str, str] = field(default_factory=dict)
    rechecks: bool = False
    nightly: bool = False
    sources: tuple[Source, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        if self.nightly and (self.news or self.carried or self.rechecks):
            raise ValueError(f"{self.name}: what is computed every night is not carried")
        if not set(self.without) <= set(self.columns):
            raise ValueError(f"{self.name}: {set(self.without) - set(self.columns)} is no column")


@dataclass(frozen=True)
class Months:
    """`count` calendar months that are over; the last of them ended `back` months before the month of the business date began."""

    count: int
    back: int = 0


@dataclass(frozen=True, eq=False)
class Windows:
    """Sums over the last days or months of flows: the sum at the close before plus what came in minus what left, however long the window.

    source: FROM clause of the flows, alias `t`, cut by lender and bucket in `cut`, which leaves out what is not the truth as
    known. subject, on, known_from: expressions over it: whose flow, the day it is about, the day it became known. revised:
    SELECT of subjects whose flows were corrected or withdrawn since the close before; they are summed anew. columns: name ->
    (SQL type, window, what is summed: an expression over `t`, NULL for what does not count). A window of n days holds the
    business date and the n - 1 days before it. latest: name -> (days, condition): the last day within so many days with a flow
    that meets the condition, NULL for none. sources: as those of a family; without them every sum is 0.
    """

    name: str
    source: str
    cut: str
    subject: str
    on: str
    known_from: str
    revised: str
    columns: Mapping[str, tuple[str, "int | Months", str]]
    latest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    @property
    def stored(self) -> dict[str, str]:
        """Name -> SQL type of every column."""
        return {name: kind for name, (kind, _, _) in self.columns.items()} | dict.fromkeys(self.latest, DATE)


@dataclass(frozen=True, eq=False)
class Grain:
    """Who is observed.

    book: SELECT of the subjects of the slice, `subject_id` first. own: table column -> expression over `b`. news: as that of a
    family, for what all families read: the master data that the book shows. mine: which rows of the table, alias `x`, a run over
    this slice replaces. joined: columns of the book that families join and filter by, for the planner.
    """

    name: str
    table: str
    subject: str
    book: str
    own: Mapping[str, str]
    families: tuple[Family, ...]
    windows: tuple[Windows, ...] = ()
    news: tuple[str, ...] = ()
    mine: str = "true"
    joined: tuple[str, ...] = ()

    @property
    def carried(self) -> tuple[Family, ...]:
        """Families that are computed only where there is news. Their place here is that of their date in `recheck_on`."""
        return tuple(family for family in self.families if not family.nightly)

    @property
    def stored(self) -> dict[str, str]:
        """Every column that families and windows keep: name -> SQL type."""
        found: dict[str, str] = {}
        for family in self.families:
            found |= dict(family.columns) | {name: kind for name, (kind, _) in family.derived.items()}
        for window in self.windows:
            found |= window.stored
        return found


def new_fact(alias: str, on: str = "valid_from") -> str:
    """Condition: the fact became known, or began to be so, after the close before and by this one.

    A revision that moves a fact into the future is news on the day it becomes known, for what it revises is no longer so.
    """
    return (
        f"({alias}.known_from > %(previous)s OR ({alias}.{on} > %(previous)s AND {alias}.{on} <= %(day)s)) AND {alias}.known_from <= %(known)s"
    )


def later(dates: str) -> str:
    """For `recheck_on`: the earliest of `dates` (SQL expressions with commas between them), tomorrow at the soonest; NULL where all are NULL.

    `greatest` alone would make tomorrow of NULL, and every subject would be computed every night.
    """
    return f"CASE WHEN least({dates}) IS NOT NULL THEN greatest(%(day)s::date + 1, least({dates})::date) END"
