from loanwatch.lenders import calendar_views as calendars
from loanwatch.lenders import pack_views as packs
from loanwatch.lenders import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "lenders"
urlpatterns = [
    route("products/", views.products, name="products", get=Act.PRODUCT_KEEP),
    route("products/new/", views.product_new, name="product_new", get=Act.PRODUCT_KEEP, post=Act.PRODUCT_KEEP),
    route("products/<int:product_id>/", views.product, name="product", get=Act.PRODUCT_KEEP, post=Act.PRODUCT_KEEP),
    route("products/<int:product_id>/terms/", calendars.terms, name="terms", get=Act.PRODUCT_KEEP),
    route("products/<int:product_id>/terms/propose/", calendars.terms_propose, name="terms_propose", post=Act.TERMS_PROPOSE),
    route("products/terms/<int:terms_id>/approve/", calendars.terms_approve, name="terms_approve", post=Act.TERMS_APPROVE),
    route("products/terms/<int:terms_id>/withdraw/", calendars.terms_withdraw, name="terms_withdraw", post=Act.TERMS_PROPOSE),
    route("calendars/", calendars.calendar_home, name="calendars", get=Act.CALENDAR_SEE),
    route("calendars/changes/<int:change_id>/", calendars.calendar_change, name="calendar_change", get=Act.CALENDAR_SEE),
    route("calendars/changes/<int:change_id>/approve/", calendars.calendar_approve, name="calendar_approve", post=Act.CALENDAR_APPROVE),
    route("calendars/changes/<int:change_id>/reject/", calendars.calendar_reject, name="calendar_reject", post=Act.CALENDAR_PROPOSE),
    route("calendars/<str:calendar>/<int:year>/", calendars.calendar, name="calendar", get=Act.CALENDAR_SEE),
    route("calendars/<str:calendar>/<int:year>/propose/", calendars.calendar_propose, name="calendar_propose", post=Act.CALENDAR_PROPOSE),
    route("parameters/", views.parameters, name="parameters", get=Act.PARAMETER_SEE),
    route("packs/", packs.pack_list, name="packs", get=Act.PARAMETER_SEE),
    route("packs/<slug:pack>/", packs.pack_page, name="pack", get=Act.PARAMETER_SEE),
    route("packs/<slug:pack>/propose/", packs.pack_propose, name="pack_propose", post=Act.PARAMETER_PROPOSE),
    route("parameters/proposals/approve/", packs.approve_many, name="approve_many", post=Act.PARAMETER_APPROVE),
    route("parameters/<str:key>/", views.parameter, name="parameter", get=Act.PARAMETER_SEE),
    route("parameters/<str:key>/propose/", views.propose, name="propose", post=Act.PARAMETER_PROPOSE),
    route("parameters/proposals/<int:parameter_id>/approve/", views.approve, name="approve", post=Act.PARAMETER_APPROVE),
    route("parameters/proposals/<int:parameter_id>/withdraw/", views.withdraw, name="withdraw", post=Act.PARAMETER_PROPOSE),
]
