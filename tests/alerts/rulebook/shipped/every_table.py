"""What every shipped rule must say, by code: both sides of each limit, and a value that is missing."""

from tests.alerts.rulebook.shipped.reading import Told
from tests.alerts.rulebook.shipped.tables import (
    account,
    collateral,
    covenants,
    external,
    financials,
    group,
    industry,
    management,
    masking,
    process,
    relations,
    repayment,
    use_of_proceeds,
)

TABLES: dict[str, list[Told]] = {
    **repayment.TABLES,
    **account.TABLES,
    **use_of_proceeds.TABLES,
    **financials.TABLES,
    **covenants.TABLES,
    **collateral.TABLES,
    **group.TABLES,
    **management.TABLES,
    **external.TABLES,
    **industry.TABLES,
    **masking.TABLES,
    **process.TABLES,
    **relations.TABLES,
}
