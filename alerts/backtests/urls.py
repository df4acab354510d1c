"""Addresses of back-tests and of the worth of rules. They stand before the rulebook's, where a code may be any word."""

from alerts.backtests import quality_views as quality
from alerts.backtests import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "backtests"
urlpatterns = [
    route("quality/", quality.quality, name="quality", get=Act.RULE_SEE),
    route("quality/export.<str:kind>", quality.export, name="quality_export", get=Act.RULE_SEE),
    route("backtests/", views.run_list, name="list", get=Act.RULE_SEE),
    route("backtests/compare/", views.compare, name="compare", get=Act.RULE_SEE),
    route("backtests/<int:run_id>/", views.run_page, name="run", get=Act.RULE_SEE),
    route("backtests/<int:run_id>/hits/", views.hits, name="hits", get=Act.RULE_SEE),
    route("backtests/<int:run_id>/cancel/", views.cancel, name="cancel", post=Act.RULE_BACKTEST),
    route("backtests/<int:run_id>/export.<str:kind>", views.export, name="export", get=Act.RULE_SEE),
    route("<str:code>/backtest/", views.start, name="start", get=Act.RULE_SEE, post=Act.RULE_BACKTEST),
]
