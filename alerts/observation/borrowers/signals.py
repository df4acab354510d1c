"""What courts, tax office, registers and news say of the borrower: how many, how much, how bad; and who runs and owns it.

A signal counts from its day until it is settled. What only the news tell counts once it is confirmed. Where no register or court
has ever told the lender anything, "nothing told" is not "nothing there": the value is missing. Amounts in another currency than
the lender's are not added.
"""

from alerts.observation.borrowers.management_fields import MANAGEMENT_FIELDS
from alerts.observation.borrowers.signals_fields import SIGNALS_FIELDS
from alerts.observation.borrowers.statements import share
from alerts.observation.engine import BOOL, DATE, INT, MONEY, RATIO, Family, new_fact
from borrowers.revisions import known

_YEAR = "x.valid_from > %(day)s - interval '12 months'"
_COURT, _TAX, _REGISTRY, _NEWS, _RATINGS, _EMPLOYER = "court", "tax", "registry", "news", "ratings", "employer"
_BAD_NEWS = ("adverse_news", "fraud", "owner_fled", "strike", "accident", "loss")
# What the lender must have been told once, of any borrower, for silence about this one to mean that there is nothing.
HEARD = {
    _COURT: ("court", "lawsuit", "lender_sues", "enforcement", "dishonest_debtor", "travel_ban", "account_frozen", "account_deducted"),
    _TAX: ("tax", "tax_case", "tax_arrears", "abnormal_invoice"),
    _REGISTRY: (
        "registry", "penalty", "product_recall", "stop_order", "licence_withdrawn", "abnormal_operation", "serious_violation", "control_change",
        "controller_changed", "legal_rep_changed", "person_change", "shares_frozen", "capital_reduced", "address_change", "scope_change",
        "deregistration",
    ),
    _NEWS: ("news", *_BAD_NEWS),
    _RATINGS: ("rating_outlook",),
    _EMPLOYER: ("employer_watched", "wage_delay", "employer_closed"),
    "insolvency": ("court", "news", "insolvency"),
}  # fmt: skip


def _of(*topics: str, more: str = "") -> str:
    listed = ", ".join(f"'{topic}'" for topic in topics)
    return f"FILTER (WHERE x.topic IN ({listed}){' AND ' + more if more else ''})"


def _count(*topics: str, more: str = "") -> str:
    return f"count(x.id) {_of(*topics, more=more)}"


def _amount(*topics: str, more: str = "") -> str:
    """SQL: the sum of what is told in the lender's currency; NULL where matters are told and the amount of none is."""
    own = "x.currency = b.currency" + (f" AND {more}" if more else "")
    return f"CASE WHEN {_count(*topics, more=more)} = 0 THEN 0 ELSE sum(x.amount) {_of(*topics, more=own)} END"


def _any(*topics: str, more: str = "") -> str:
    return f"{_count(*topics, more=more)} > 0"


def _moved(topic: str, more: str) -> str:
    """SQL: the share that changes of this topic add up to, at most all of it; NULL where changes are told and the share of none is."""
    told = f"sum(x.share) {_of(topic, more=more)}"
    return f"CASE WHEN {_count(topic, more=more)} = 0 THEN 0 WHEN {told} IS NOT NULL THEN least(1, {told} / 100) END"


def _worst(*steps: tuple[str, str]) -> str:
    """SQL: the name of the first condition that holds, else 'none'."""
    return "CASE " + " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in steps) + " ELSE 'none' END"


_UNAGREED = f"{_YEAR} AND NOT x.consented"
# name -> (who must have told the lender of anything for silence to mean none, SQL, type)
_OUTSIDE = {
    "lawsuits_12m": (_COURT, _count("lawsuit", "lender_sues", more=_YEAR), INT),
    "lawsuit_amount_12m": (_COURT, _amount("lawsuit", "lender_sues", more=_YEAR), MONEY),
    "sued_by_lenders_12m": (_COURT, _count("lender_sues", more=_YEAR), INT),
    "enforcement_cases": (_COURT, _count("enforcement"), INT),
    "enforcement_amount": (_COURT, _amount("enforcement"), MONEY),
    "on_debtor_list": (_COURT, _any("dishonest_debtor", "travel_ban"), BOOL),
    "tax_trouble": (
        _TAX, _worst(("illegal", _any("tax_case")), ("arrears", _any("tax_arrears")), ("invoices", _any("abnormal_invoice"))), "varchar(8)"
    ),
    "penalties_12m": (_REGISTRY, _count("penalty", more=_YEAR), INT),
    "penalty_amount_12m": (_REGISTRY, _amount("penalty", more=_YEAR), MONEY),
    "regulator_order": (_REGISTRY, _worst(("stopped", _any("stop_order", "licence_withdrawn")), ("recall", _any("product_recall"))), "varchar(7)"),
    "abnormal_since": (_REGISTRY, f"min(x.valid_from) {_of('abnormal_operation')}", DATE),
    "abnormal_told": (_REGISTRY, "0", INT),
    "serious_violation": (_REGISTRY, _any("serious_violation"), BOOL),
    "negative_outlook": (_RATINGS, _any("rating_outlook"), BOOL),
    "adverse_news_weight_90d": (
        _NEWS,
        f"coalesce(sum(coalesce((SELECT w.weight FROM unnest(%(news_topics)s::text[], %(news_weights)s::int[]) AS w (topic, weight) WHERE w.topic = x.topic), 1))"
        f" {_of(*_BAD_NEWS, more='''x.confidence = 'confirmed' AND x.valid_from > %(day)s::date - 90''')}, 0)",
        INT,
    ),
    "employer_trouble": (
        _EMPLOYER,
        _worst(("closed", _any("employer_closed")), ("wage_delay", _any("wage_delay")), ("watched", _any("employer_watched"))),
        "varchar(10)",
    ),
    "account_frozen": (_COURT, _worst(("full", _any("account_frozen", more="x.share = 100")), ("partial", _any("account_frozen"))), "varchar(7)"),
    "account_deducted_12m": (_COURT, _amount("account_deducted", more=_YEAR), MONEY),
}  # fmt: skip
_INSIDE = {
    "control_change": (
        _REGISTRY,
        _worst(
            ("controller", _any("controller_changed", more=_UNAGREED)), ("legal_rep", _any("legal_rep_changed", more=_UNAGREED)),
            ("shares", _any("control_change", more=_UNAGREED)),
        ),
        "varchar(10)",
    ),
    "shares_changed_12m": (
        _REGISTRY,
        _moved("control_change", _UNAGREED),
        RATIO,
    ),
    "key_person_changes_12m": (_REGISTRY, _count("person_change", "legal_rep_changed", more=_YEAR), INT),
    "shares_frozen": (_REGISTRY, _any("shares_frozen"), BOOL),
    "registry_change": (
        _REGISTRY,
        _worst(
            ("deregistration", _any("deregistration")), ("capital", _any("capital_reduced", more=_YEAR)),
            ("address_scope", _any("address_change", "scope_change", more=_YEAR)),
        ),
        "varchar(14)",
    ),
    "capital_cut_12m": (
        _REGISTRY,
        _moved("capital_reduced", _YEAR),
        RATIO,
    ),
}  # fmt: skip
_VALUES = _OUTSIDE | _INSIDE


def _told(source: str, sql: str) -> str:
    return f"CASE WHEN '{source}' = ANY (%(signal_sources)s::text[]) THEN {sql} END"


_NEXT = f"""least(min(x.to_on), min((x.valid_from + interval '12 months')::date) FILTER (WHERE {_YEAR}),
              min(x.valid_from + 90) FILTER (WHERE x.valid_from > %(day)s::date - 90))"""
SQL = f"""
WITH x AS MATERIALIZED (
    SELECT n.* FROM lw_subject s JOIN borrowers_externalsignal n ON n.borrower_id = s.subject_id
    WHERE n.lender_id = %(lender)s AND n.valid_from <= %(day)s AND {known("n", "borrowers_externalsignal")} AND n.topic <> ''
      AND (n.to_on IS NULL OR n.to_on > %(day)s) AND (n.kind <> 'news' OR n.confidence = 'confirmed')
)
SELECT s.subject_id, {", ".join(f"{_told(source, sql)} AS {name}" for name, (source, sql, _) in _VALUES.items())},
       CASE WHEN {_NEXT} IS NOT NULL THEN greatest(%(day)s::date + 1, {_NEXT}) END AS recheck_on
FROM lw_subject s JOIN lw_book b ON b.subject_id = s.subject_id
LEFT JOIN x ON x.borrower_id = s.subject_id
GROUP BY s.subject_id, b.currency
"""
NEWS = f"SELECT n.borrower_id FROM borrowers_externalsignal n WHERE n.lender_id = %(lender)s AND {new_fact('n')}"
_NET_ASSETS = "CASE WHEN r.statement_currency = r.currency THEN r.net_assets END"

SIGNALS = Family(
    name="signals",
    sql=SQL,
    columns={name: kind for name, (_, _, kind) in _VALUES.items()},
    derived={
        "litigation_share": (RATIO, share("r.lawsuit_amount_12m", _NET_ASSETS)),
        "enforcement_share": (RATIO, share("r.enforcement_amount", "r.outstanding")),
        "penalty_share": (RATIO, share("r.penalty_amount_12m", _NET_ASSETS)),
        "abnormal_operation_days": (INT, "coalesce(%(day)s - r.abnormal_since + 1, r.abnormal_told)"),
        "deducted_share": (RATIO, share("r.account_deducted_12m", "r.outstanding")),
    },
    news=(NEWS,),
    rechecks=True,
    sources=("borrowers_externalsignal",),
    fields=SIGNALS_FIELDS + MANAGEMENT_FIELDS,
)
