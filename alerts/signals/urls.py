"""Addresses of alerts."""

from alerts.signals import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "alerts"
urlpatterns = [
    route("", views.alert_list, name="list", get=Act.ALERT_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.ALERT_SEE),
    route("acknowledge/", views.acknowledge_many, name="acknowledge_many", post=Act.ALERT_ACKNOWLEDGE),
    route("<str:number>/", views.alert_detail, name="detail", get=Act.ALERT_SEE),
    route("<str:number>/pane/", views.alert_pane, name="pane", get=Act.ALERT_SEE),
    route("<str:number>/acknowledge/", views.acknowledge, name="acknowledge", post=Act.ALERT_ACKNOWLEDGE),
    route("<str:number>/measures/", views.measure, name="measure", post=Act.ALERT_HANDLE),
    route("<str:number>/submit/", views.submit, name="submit", post=Act.ALERT_HANDLE),
    route("<str:number>/return/", views.give_back, name="return", post=Act.ALERT_CLOSE),
    route("<str:number>/close/", views.close, name="close", post=Act.ALERT_CLOSE),
]
