"""Addresses of how inspections are drawn."""

from inspections.sampling import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "sampling"
urlpatterns = [
    route("", views.home, name="home", get=Act.SAMPLING_SEE),
    route("policies/new/", views.new_policy, name="new", get=Act.SAMPLING_PROPOSE, post=Act.SAMPLING_PROPOSE),
    route("policies/<int:policy_id>/", views.policy_page, name="policy", get=Act.SAMPLING_SEE),
    route("policies/<int:policy_id>/edit/", views.edit_policy, name="edit", get=Act.SAMPLING_PROPOSE, post=Act.SAMPLING_PROPOSE),
    route("policies/<int:policy_id>/propose/", views.propose, name="propose", post=Act.SAMPLING_PROPOSE),
    route("policies/<int:policy_id>/approve/", views.approve, name="approve", post=Act.SAMPLING_APPROVE),
    route("policies/<int:policy_id>/return/", views.give_back, name="return", post=Act.SAMPLING_PROPOSE),
    route("months/<str:month>/", views.month_page, name="month", get=Act.SAMPLING_SEE),
    route("months/<str:month>/open/", views.open_month, name="open", post=Act.SAMPLING_UNSEAL),
    route("months/<str:month>/export.<str:kind>", views.export, name="export", get=Act.SAMPLING_SEE),
]
