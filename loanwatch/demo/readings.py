"""Which field of the observation says what the catalogue means by an indicator, and its limits in the rule language.

The answer key is held against this. Limits that the catalogue gives only together with another indicator are left out.
"""

from typing import NamedTuple


class Reading(NamedTuple):
    """grain and field: of `alerts.observation.dictionary`. limits: a rule text with the levels of the catalogue."""

    grain: str
    field: str
    limits: str


def _borrower(field: str, limits: str) -> Reading:
    return Reading("borrower", field, limits)


def _loan(field: str, limits: str) -> Reading:
    return Reading("loan", field, limits)


def _steps(field: str, operator: str, *limits: object) -> str:
    """A rule text from limits in the order yellow, orange, red; None for a level that is not used."""
    levels = zip(("yellow", "orange", "red"), limits, strict=False)
    return "\n".join(f"{level} when {field} {operator} {limit}" for level, limit in levels if limit is not None)


def _plain(make: object, field: str, operator: str, *limits: object) -> Reading:
    return make(field, _steps(field, operator, *limits))  # type: ignore[operator]


READINGS = {
    "REP-05": _loan("returned_debits_3m", "yellow when returned_debits_3m >= 1 and returned_debit_retries_3m >= 2\n"
                    "orange when returned_debits_3m >= 2\nred when returned_debits_3m >= 3"),
    "REP-07": _loan("third_party_paid_share_6m", "yellow when third_party_paid_share_6m >= 20%\norange when third_party_paid_share_6m >= 50%\n"
                    "red when unknown_payer_share_6m >= 80%"),
    "REP-08": _plain(_loan, "balance_before_due", "<", "1", "0.5", "0.2"),
    "REP-12": _plain(_loan, "broken_promises_60d", ">=", 1, 2, 3),
    "ACC-01": _plain(_borrower, "inflow_change", "<=", "-20%", "-35%", "-50%"),
    "ACC-09": _plain(_borrower, "dormant_days", ">=", 30, 60, 90),
    "ACC-10": _borrower("payroll_change", "yellow when payroll_change <= -25%\norange when payroll_change <= -50%\nred when payments_stopped >= 1"),
    "ACC-11": _borrower("outside_lenders_new_90d", "yellow when outside_lenders_new_90d >= 1\n"
                        "orange when outside_lenders_new_90d >= 3 or outside_lenders_share_90d >= 10%\n"
                        "red when outside_lenders_new_90d >= 6 or outside_lenders_share_90d >= 30%"),
    "ACC-12": _borrower("account_frozen", "orange when account_frozen = partial\nred when account_frozen = full or deducted_share > 10%"),
    "USE-01": _plain(_loan, "paid_outside_share", ">=", "5%", "20%", "50%"),
    "USE-02": _loan("forbidden_use_share", "orange when forbidden_payments >= 1\nred when forbidden_use_share >= 10%"),
    "USE-03": _plain(_loan, "returned_share", ">=", "5%", "20%", "50%"),
    "USE-04": _plain(_loan, "proofs_missing_days", ">", 30, 60, 90),
    "USE-06": _plain(_loan, "cash_share", ">=", "20%", "50%"),
    "USE-07": _loan("project_behind", "yellow when project_behind >= 10\norange when project_behind >= 20\n"
                    "red when project_behind >= 35 or (project_behind > 0 and project_stands_days >= 60)"),
    "FIN-01": _plain(_borrower, "sales_change", "<=", "-10%", "-20%", "-40%"),
    "FIN-02": _plain(_borrower, "negative_cash_flow_periods", ">=", 1, 2, 3),
    "FIN-03": _plain(_borrower, "ebitda_change", "<=", "-15%", "-30%", "-50%"),
    "FIN-04": _plain(_borrower, "debt_service_cover", "<", "1.2", "1", "0.8"),
    "FIN-05": _plain(_borrower, "interest_cover", "<", "2", "1.5", "1"),
    "FIN-06": _plain(_borrower, "net_debt_to_ebitda", ">", "4", "5", "6.5"),
    "FIN-07": _plain(_borrower, "debt_to_assets", ">", "70%", "80%", "95%"),
    "FIN-08": _plain(_borrower, "current_ratio", "<", "1", "0.8", "0.6"),
    "FIN-10": _borrower("receivable_days_change", "yellow when receivable_days_change >= 20%\norange when receivable_days_change >= 40%\n"
                        "red when receivable_days_change >= 80% or receivable_days > 180"),
    "FIN-11": _plain(_borrower, "inventory_days_change", ">=", "25%", "50%", "100%"),
    "FIN-12": _plain(_borrower, "payable_days_change", ">=", "25%", "50%"),
    "FIN-13": _plain(_borrower, "other_receivables_share", ">", "20%", "40%", "80%"),
    "FIN-14": _plain(_borrower, "cash_and_loans_years", ">=", 1, 2),
    "FIN-15": _plain(_borrower, "sales_growth_gap", ">", "15%", "30%", "50%"),
    "FIN-16": _plain(_borrower, "statements_late_days", ">", 15, 45, 90),
    "FIN-17": _plain(_borrower, "audit_trouble", "=", "auditor_changed", "qualified", "refused"),
    "FIN-18": _plain(_borrower, "total_debt_change", ">=", "30%", "60%", "100%"),
    "FIN-19": _plain(_borrower, "plan_met", "<", "85%", "70%", "50%"),
    "COV-01": _plain(_loan, "covenant_headroom", "<", "10%", "5%"),
    "COV-02": _loan("covenant_breaches_of_4", "orange when covenant_breaches >= 1\nred when covenant_breaches_of_4 >= 2 or covenant_waiver_expired"),
    "COV-03": _plain(_loan, "covenant_tests_missing", ">=", 1, 2),
    "COL-04": _plain(_loan, "collateral_claim", "=", "lease", "later_lien", "seizure"),
    "COL-05": _loan("insurance_days", "yellow when insurance_days <= 30\norange when insurance_days <= 0 or insurance_payee_wrong\n"
                    "red when insurance_days < -30"),
    "COL-06": _loan("stock_short", "yellow when stock_short >= 3%\norange when stock_short >= 10%\nred when stock_short >= 25% or stock_access_refused"),
    "COL-09": _plain(_borrower, "guarantee_load", ">", "1", "2", "4"),
    "COL-11": _plain(_loan, "rights_lapse_days", "<=", 180, 90, 30),
    "GRP-01": _borrower("group_worst_dpd", "yellow when group_worst_dpd > 10\norange when group_worst_dpd > 30\nred when group_worst_dpd > 90 or group_insolvent"),
    "GRP-02": _plain(_borrower, "bureau_npl_share", ">=", "10%", "15%", "20.0001%"),
    "GRP-04": _plain(_borrower, "hidden_links", ">=", 1, 2),
    "GRP-05": _plain(_borrower, "group_limit_used", ">", "80%", "95%", "100%"),
    "GRP-06": _borrower("largest_buyer_share", "yellow when largest_buyer_share > 50%\norange when largest_buyer_share > 70%\nred when largest_buyer_change <= -80%"),
    "MGT-01": _borrower("shares_changed_12m", "yellow when control_change = shares\norange when shares_changed_12m >= 25% or control_change = legal_rep\n"
                        "red when shares_changed_12m > 50% or control_change = controller"),
    "MGT-02": _plain(_borrower, "key_person_changes_12m", ">=", 2, 3, 4),
    "MGT-03": _borrower("owner_dpd", "yellow when owner_dpd >= 1 or owner_new_loans >= 3\norange when owner_dpd >= 31\nred when owner_dpd > 90"),
    "MGT-04": _borrower("failed_contacts_60d", "yellow when failed_contacts_60d >= 2\norange when failed_contacts_60d >= 4\n"
                        "red when failed_contacts_60d >= 6 or premises_closed"),
    "MGT-05": _borrower("shares_pledged_share", "yellow when shares_pledged_share > 50%\norange when shares_pledged_share > 80%\nred when shares_frozen"),
    "MGT-06": _borrower("registry_change", "yellow when registry_change = address_scope\norange when registry_change = capital and capital_cut_12m >= 20%\n"
                        "red when registry_change = deregistration"),
    "MGT-07": _loan("visits_postponed_12m", "yellow when visits_postponed_12m >= 1\norange when visits_postponed_12m >= 2\n"
                    "red when visits_postponed_12m >= 3 or visits_refused_12m >= 1"),
    "EXT-01": _borrower("litigation_share", "yellow when litigation_share >= 5%\norange when litigation_share >= 15% or sued_by_lenders_12m >= 1\n"
                        "red when litigation_share >= 30%"),
    "EXT-02": _borrower("on_debtor_list", "orange when enforcement_cases >= 1\nred when enforcement_share >= 5% or on_debtor_list"),
    "EXT-03": _borrower("insolvency", "orange when insolvency = guarantor\nred when insolvency in (parent, borrower)"),
    "EXT-04": _borrower("tax_trouble", "yellow when tax_class_steps_down >= 1 or tax_trouble = invoices\norange when tax_trouble = arrears or tax_class >= 5\n"
                        "red when tax_trouble = illegal"),
    "EXT-05": _borrower("penalty_share", "yellow when penalties_12m >= 1\norange when penalty_share >= 1% or regulator_order = recall\n"
                        "red when regulator_order = stopped"),
    "EXT-06": _borrower("abnormal_operation_days", "yellow when abnormal_operation_days >= 1\norange when abnormal_operation_days > 30\n"
                        "red when serious_violation"),
    "EXT-07": _borrower("rating_notches_down", "yellow when rating_notches_down >= 1 or negative_outlook\norange when rating_notches_down >= 2\n"
                        "red when rating_notches_down >= 3 or external_rating > 16"),
    "EXT-08": _borrower("bureau_score_change", "yellow when bureau_score_change <= -40 or bureau_inquiries >= 3\n"
                        "orange when bureau_score_change <= -80 or bureau_inquiries >= 5\nred when bureau_dpd_others > 30"),
    "EXT-09": _plain(_borrower, "adverse_news_weight_90d", ">=", 1, 2),
    "EXT-10": _plain(_borrower, "insured_employees_change", "<=", "-15%", "-30%", "-50%"),
    "EXT-11": _plain(_borrower, "electricity_change", "<=", "-20%", "-40%", "-70%"),
    "EXT-12": _plain(_borrower, "employer_trouble", "=", "watched", "wage_delay", "closed"),
    "IND-03": _plain(_borrower, "sector_event", "=", "mild", "strong", "ban"),
    "MSK-06": _loan("staff_payments_24m", "red when staff_payments_24m >= 1"),
    "REL-01": _plain(_borrower, "internal_rating_age", ">", "0.9", "1", "1.2"),
    "REL-02": _plain(_loan, "condition_overdue_days", ">=", 1, 16, 46),
    "PRC-03": Reading("staff", "copied_pictures_90d", "yellow when copied_pictures_90d >= 1\norange when copied_pictures_90d >= 2\nred when preloan_pictures_90d >= 1"),
    "PRC-07": Reading("staff", "review_seconds_90d", "yellow when review_seconds_90d < 5 and review_agreement_90d > 99%"),
    "PRC-10": Reading("staff", "late_entry_share_90d", "yellow when late_entry_share_90d > 10%\norange when late_entry_share_90d > 25%"),
}  # fmt: skip
