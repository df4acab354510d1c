"""Revised facts in the nightly run's SQL: which row of a key is the truth as known on the business date."""

KEYS = {
    "borrowers_position": ("loan_id", "valid_from"),
    "borrowers_loanevent": ("loan_id", "kind", "valid_from"),
    "borrowers_guarantee": ("loan_id", "guarantor_id", "valid_from"),
    "borrowers_countingpause": ("loan_id", "valid_from"),
    "borrowers_pledge": ("loan_id", "item_id", "valid_from"),
    "borrowers_valuation": ("item_id", "valid_from", "method"),
    "borrowers_financialstatement": ("borrower_id", "valid_from", "months", "audited"),
    "borrowers_externalsignal": ("borrower_id", "kind", "source", "reference"),
    "borrowers_outsidefigure": ("borrower_id", "measure", "valid_from"),
    "borrowers_contactattempt": ("borrower_id", "reference"),
    "borrowers_approvalcondition": ("borrower_id", "reference"),
    "borrowers_paymentreturn": ("loan_id", "reference"),
    "borrowers_paymentpromise": ("loan_id", "valid_from", "due_on"),
    "borrowers_agreedpayee": ("loan_id", "payee"),
    "borrowers_disbursementpayment": ("loan_id", "reference"),
    "borrowers_accounttransaction": ("account_id", "reference"),
    "borrowers_collateralcount": ("item_id", "valid_from"),
    "borrowers_insurance": ("item_id", "policy"),
    "borrowers_registration": ("item_id", "number"),
    "borrowers_seizure": ("item_id", "reference"),
    "borrowers_relatedparty": ("borrower_id", "kind", "name"),
    "borrowers_groupmembership": ("borrower_id", "group_id", "valid_from"),
    "borrowers_covenanttest": ("covenant_id", "valid_from"),
    "borrowers_covenantwaiver": ("covenant_id", "valid_from"),
}


def known(alias: str, table: str) -> str:
    """A condition on `alias`, a row of `table`: known by the date in the parameter `known`, not withdrawn, and not revised by then.

    Later revisions are few and lie in a partial index of their own (`revision > 1`), so that a book without corrections
    pays nothing for the question.
    """
    same = " AND ".join(f"later.{name} = {alias}.{name}" for name in KEYS[table])
    return (
        f"{alias}.known_from <= %(known)s AND NOT {alias}.withdrawn AND NOT EXISTS (SELECT FROM {table} later WHERE later.revision > 1 AND {same}"
        f" AND later.revision > {alias}.revision AND later.known_from <= %(known)s)"
    )


def last(alias: str, table: str) -> str:
    """A condition on `alias`, a row of `table`: the last revision of its key whenever it was known, and not withdrawn."""
    same = " AND ".join(f"later.{name} = {alias}.{name}" for name in KEYS[table])
    return (
        f"NOT {alias}.withdrawn AND NOT EXISTS (SELECT FROM {table} later WHERE later.revision > 1 AND {same}"
        f" AND later.revision > {alias}.revision)"
    )
