"""Which figures from outside are amounts, and which are shares. Pure."""

AMOUNTS = ("bureau_total_debt", "bureau_debt_others", "guarantees_given", "vat_base", "project_spent", "project_budget")  # have a currency
SHARES = ("bureau_npl_share", "shares_pledged", "project_progress", "project_planned")  # in percent
