"""The inspection forms a new lender starts with, in three languages. A lender changes them as new versions.

What to look at follows the practice of post-loan management (贷后检查): use of proceeds by voucher and payee, production and
staff seen on site, receipts through our account, collateral and guarantor as they stand.
"""

from inspections.checklists.shipped.general import ROUTINE, SPECIAL, USE_OF_PROCEEDS
from inspections.checklists.shipped.moments import MATURITY, OFF_SITE
from inspections.checklists.shipped.products import FIXED_ASSET, MICRO_FARM, MORTGAGE, PERSONAL_BUSINESS
from inspections.checklists.shipped.secured import GUARANTEED, PLEDGED_STOCK

TEMPLATES = (
    USE_OF_PROCEEDS,
    ROUTINE,
    SPECIAL,
    FIXED_ASSET,
    PERSONAL_BUSINESS,
    MORTGAGE,
    MICRO_FARM,
    GUARANTEED,
    PLEDGED_STOCK,
    MATURITY,
    OFF_SITE,
)
