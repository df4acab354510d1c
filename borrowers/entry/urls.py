"""Addresses for lenders without a core system: what a person enters."""

from borrowers.entry import cash_views, loan_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

B, L, R = Act.BORROWER_ENTER, Act.LOAN_ENTER, Act.REPAYMENT_ENTER

app_name = "entry"
urlpatterns = [
    route("", views.home, name="home", get=B),
    route("borrowers/new/", views.borrower_new, name="borrower_new", get=B, post=B),
    route("borrowers/<str:number>/", views.borrower, name="borrower", get=B, post=B),
    route("facilities/new/", views.facility_new, name="facility_new", get=L, post=L),
    route("loans/new/", loan_views.loan_new, name="loan_new", get=L, post=L),
    route("loans/preview/", loan_views.loan_preview, name="loan_preview", post=L),
    route("loans/<str:number>/", loan_views.loan, name="loan", get=L),
    route("loans/<str:number>/repayment/", cash_views.repayment, name="repayment", get=R, post=R),
    route("loans/<str:number>/repayments/<int:seq>/reverse/", cash_views.reverse, name="reverse", get=Act.REPAYMENT_REVERSE, post=Act.REPAYMENT_REVERSE),
    route("loans/<str:number>/change/<str:kind>/", loan_views.change, name="change", get=L, post=L),
    route("loans/<str:number>/change/<str:kind>/preview/", loan_views.change_preview, name="change_preview", post=L),
    route("loans/<str:number>/end/<str:kind>/", loan_views.end, name="end", get=L, post=L),
    route("loans/<str:number>/add/<str:kind>/", loan_views.around, name="around", get=L, post=L),
    route("repayments/", cash_views.repayments, name="repayments", get=R, post=R),
]
