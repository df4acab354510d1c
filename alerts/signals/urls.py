"""Addresses of alerts."""

from alerts.signals import handling_views, many_views, views, worklist_views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "alerts"
urlpatterns = [
    route("", worklist_views.alert_list, name="list", get=Act.ALERT_SEE),
    route("export.<str:kind>", worklist_views.export, name="export", get=Act.ALERT_SEE),
    route("acknowledge/", many_views.acknowledge_many, name="acknowledge_many", post=Act.ALERT_ACKNOWLEDGE),
    route("note/", many_views.note_many, name="note_many", post=Act.ALERT_HANDLE),
    route("assign/", many_views.assign_many, name="assign_many", post=Act.ALERT_ASSIGN),
    route("submit/", many_views.submit_many, name="submit_many", post=Act.ALERT_HANDLE),
    route("close/", many_views.close_many, name="close_many", post=Act.ALERT_CLOSE),
    route("undo/acknowledge/", many_views.undo_acknowledge, name="undo_acknowledge", post=Act.ALERT_ACKNOWLEDGE),
    route("undo/assign/", many_views.undo_assign, name="undo_assign", post=Act.ALERT_ASSIGN),
    route("views/", worklist_views.keep_view, name="keep_view", post=Act.ALERT_VIEW_KEEP),
    route("views/<int:view_id>/", worklist_views.view, name="view", get=Act.ALERT_VIEW_KEEP, post=Act.ALERT_VIEW_KEEP),
    route("views/<int:view_id>/drop/", worklist_views.drop_view, name="drop_view", post=Act.ALERT_VIEW_KEEP),
    route("views/<int:view_id>/restore/", worklist_views.restore_view, name="restore_view", post=Act.ALERT_VIEW_KEEP),
    route("workload/accept/", worklist_views.accept_line, name="accept_line", post=Act.ALERT_LINE_ACCEPT),
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
