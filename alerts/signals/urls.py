"""Addresses of alerts."""

from alerts.signals import handling_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "alerts"
urlpatterns = [
    route("", views.alert_list, name="list", get=Act.ALERT_SEE),
    route("export.<str:kind>", views.export, name="export", get=Act.ALERT_SEE),
    route("acknowledge/", views.acknowledge_many, name="acknowledge_many", post=Act.ALERT_ACKNOWLEDGE),
    route("assign/", handling_views.assign_many, name="assign_many", post=Act.ALERT_ASSIGN),
    route("submit/", handling_views.submit_many, name="submit_many", post=Act.ALERT_HANDLE),
    route("close/", handling_views.close_many, name="close_many", post=Act.ALERT_CLOSE),
    route("undo/acknowledge/", handling_views.undo_acknowledge, name="undo_acknowledge", post=Act.ALERT_ACKNOWLEDGE),
    route("undo/assign/", handling_views.undo_assign, name="undo_assign", post=Act.ALERT_ASSIGN),
    route("raise/", handling_views.raise_signal, name="raise", get=Act.SIGNAL_RAISE, post=Act.SIGNAL_RAISE),
    route("<str:number>/", views.alert_detail, name="detail", get=Act.ALERT_SEE),
    route("<str:number>/pane/", views.alert_pane, name="pane", get=Act.ALERT_SEE),
    route("<str:number>/acknowledge/", views.acknowledge, name="acknowledge", post=Act.ALERT_ACKNOWLEDGE),
    route("<str:number>/measures/", views.measure, name="measure", post=Act.ALERT_HANDLE),
    route("<str:number>/measures/<int:note_id>/done/", handling_views.measure_done, name="measure_done", post=Act.ALERT_HANDLE),
    route("<str:number>/files/", handling_views.attach, name="attach", post=Act.ALERT_HANDLE),
    route("<str:number>/files/<int:file_id>/", handling_views.file, name="file", get=Act.ALERT_SEE),
    route("<str:number>/inspection/", handling_views.order_inspection, name="order", post=Act.ALERT_ORDER),
    route("<str:number>/assign/", handling_views.assign, name="assign", post=Act.ALERT_ASSIGN),
    route("<str:number>/submit/", views.submit, name="submit", post=Act.ALERT_HANDLE),
    route("<str:number>/return/", views.give_back, name="return", post=Act.ALERT_CLOSE),
    route("<str:number>/close/", views.close, name="close", post=Act.ALERT_CLOSE),
]
