"""Which field of the observation says what the catalogue means by an indicator; its limits are those of the shipped rule of the same code.

The answer key is held against this.
"""

from typing import NamedTuple

from alerts.rulebook.seeds import SEEDS

RULES = {seed.code: seed for seed in SEEDS}


class Reading(NamedTuple):
    """grain and field: of `alerts.observation.dictionary`."""

    grain: str
    field: str


READINGS = {
    "REP-05": Reading("loan", "returned_debits_3m"),
    "REP-07": Reading("loan", "third_party_paid_share_6m"),
    "REP-08": Reading("loan", "balance_before_due"),
    "REP-11": Reading("loan", "full_instalment_days"),
    "REP-12": Reading("loan", "broken_promises_60d"),
    "ACC-01": Reading("borrower", "inflow_change"),
    "ACC-02": Reading("borrower", "average_balance_change"),
    "ACC-06": Reading("borrower", "sales_return"),
    "ACC-09": Reading("borrower", "dormant_days"),
    "ACC-10": Reading("borrower", "payroll_change"),
    "ACC-11": Reading("borrower", "outside_lenders_new_90d"),
    "ACC-12": Reading("borrower", "account_frozen"),
    "USE-01": Reading("loan", "paid_outside_share"),
    "USE-02": Reading("loan", "forbidden_use_share"),
    "USE-03": Reading("loan", "returned_share"),
    "USE-04": Reading("loan", "proofs_missing_days"),
    "USE-06": Reading("loan", "cash_share"),
    "USE-07": Reading("loan", "project_behind"),
    "FIN-01": Reading("borrower", "sales_change"),
    "FIN-02": Reading("borrower", "negative_cash_flow_periods"),
    "FIN-03": Reading("borrower", "ebitda_change"),
    "FIN-04": Reading("borrower", "debt_service_cover"),
    "FIN-05": Reading("borrower", "interest_cover"),
    "FIN-06": Reading("borrower", "net_debt_to_ebitda"),
    "FIN-07": Reading("borrower", "debt_to_assets"),
    "FIN-08": Reading("borrower", "current_ratio"),
    "FIN-10": Reading("borrower", "receivable_days_change"),
    "FIN-11": Reading("borrower", "inventory_days_change"),
    "FIN-12": Reading("borrower", "payable_days_change"),
    "FIN-13": Reading("borrower", "other_receivables_share"),
    "FIN-14": Reading("borrower", "cash_and_loans_years"),
    "FIN-15": Reading("borrower", "sales_growth_gap"),
    "FIN-16": Reading("borrower", "statements_late_days"),
    "FIN-17": Reading("borrower", "audit_trouble"),
    "FIN-18": Reading("borrower", "total_debt_change"),
    "FIN-19": Reading("borrower", "plan_met"),
    "COV-01": Reading("loan", "covenant_headroom"),
    "COV-02": Reading("loan", "covenant_breaches_of_4"),
    "COV-03": Reading("loan", "covenant_tests_missing"),
    "COL-04": Reading("loan", "collateral_claim"),
    "COL-05": Reading("loan", "insurance_days"),
    "COL-06": Reading("loan", "stock_short"),
    "COL-07": Reading("loan", "price_change_7d"),
    "COL-09": Reading("borrower", "guarantee_load"),
    "COL-11": Reading("loan", "rights_lapse_days"),
    "GRP-01": Reading("borrower", "group_worst_dpd"),
    "GRP-02": Reading("borrower", "bureau_npl_share"),
    "GRP-03": Reading("borrower", "related_flow_share_90d"),
    "GRP-04": Reading("borrower", "hidden_links"),
    "GRP-05": Reading("borrower", "group_limit_used"),
    "GRP-06": Reading("borrower", "largest_buyer_share"),
    "MGT-01": Reading("borrower", "shares_changed_12m"),
    "MGT-02": Reading("borrower", "key_person_changes_12m"),
    "MGT-03": Reading("borrower", "owner_dpd"),
    "MGT-04": Reading("borrower", "failed_contacts_60d"),
    "MGT-05": Reading("borrower", "shares_pledged_share"),
    "MGT-06": Reading("borrower", "registry_change"),
    "MGT-07": Reading("loan", "visits_postponed_12m"),
    "EXT-01": Reading("borrower", "litigation_share"),
    "EXT-02": Reading("borrower", "on_debtor_list"),
    "EXT-03": Reading("borrower", "insolvency"),
    "EXT-04": Reading("borrower", "tax_trouble"),
    "EXT-05": Reading("borrower", "penalty_share"),
    "EXT-06": Reading("borrower", "abnormal_operation_days"),
    "EXT-07": Reading("borrower", "rating_notches_down"),
    "EXT-08": Reading("borrower", "bureau_score_change"),
    "EXT-09": Reading("borrower", "adverse_news_weight_90d"),
    "EXT-10": Reading("borrower", "insured_employees_change"),
    "EXT-11": Reading("borrower", "electricity_change"),
    "EXT-12": Reading("borrower", "employer_trouble"),
    "IND-03": Reading("borrower", "sector_event"),
    "MSK-01": Reading("loan", "new_loan_repaid_share"),
    "MSK-06": Reading("loan", "staff_payments_24m"),
    "PRC-03": Reading("staff", "copied_pictures_90d"),
    "PRC-04": Reading("staff", "copied_words_worst_90d"),
    "PRC-07": Reading("staff", "review_seconds_90d"),
    "PRC-09": Reading("staff", "benign_default_share_12m"),
    "PRC-10": Reading("staff", "late_entry_share_90d"),
    "REL-01": Reading("borrower", "internal_rating_age"),
    "REL-02": Reading("loan", "condition_overdue_days"),
}
