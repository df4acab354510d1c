"""Addresses of the desk: what each role opens, and everything that shows figures and loans."""

from loanwatch.desk.home import views as home
from loanwatch.desk.loans import borrower_views as borrowers
from loanwatch.desk.loans import indicators, known
from loanwatch.desk.loans import views as loans
from loanwatch.desk.portfolio import views as portfolio
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "desk"
urlpatterns = [
    route("", home.home, name="home", get=Act.HOME_SEE),
    route("portfolio/", portfolio.portfolio, name="portfolio", get=Act.PORTFOLIO_SEE),
    route("loans/", loans.loan_list, name="loans", get=Act.LOAN_SEE),
    route("loans/export.<str:kind>", loans.loan_export, name="loan_export", get=Act.LOAN_SEE),
    route("loans/<str:number>/", loans.loan_detail, name="loan", get=Act.LOAN_SEE),
    route("loans/<str:number>/indicators/", indicators.loan_indicators, name="loan_indicators", get=Act.LOAN_SEE),
    route("loans/<str:number>/known/", known.loan_known, name="loan_known", get=Act.LOAN_SEE),
    route("borrowers/", borrowers.borrower_list, name="borrowers", get=Act.BORROWER_SEE),
    route("borrowers/<str:number>/", borrowers.borrower_detail, name="borrower", get=Act.BORROWER_SEE),
    route("search/", loans.search, name="search", get=Act.LOAN_SEE),
]
