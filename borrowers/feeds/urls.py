from borrowers.feeds import board_views, format_views, quarantine_views, upload_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "feeds"
urlpatterns = [
    route("", board_views.feed_board, name="board", get=Act.FEED_SEE),
    route("close-without/", board_views.let_close, name="let_close", post=Act.DELIVERY_APPROVE),
    route("plans/", board_views.feed_plans, name="plans", get=Act.FEED_SEE),
    route("plans/new/", board_views.plan_new, name="plan_new", get=Act.FEED_KEEP, post=Act.FEED_KEEP),
    route("plans/<int:plan_id>/end/", board_views.plan_end, name="plan_end", post=Act.FEED_KEEP),
    route("deliveries/", views.deliveries, name="deliveries", get=Act.FEED_SEE),
    route("<int:pk>/", views.delivery, name="delivery", get=Act.FEED_SEE),
    route("<int:delivery_id>/approve/", views.approve, name="approve", post=Act.DELIVERY_APPROVE),
    route("<int:delivery_id>/decline/", views.decline, name="decline", post=Act.DELIVERY_APPROVE),
    route("<int:delivery_id>/again/", views.try_again, name="try_again", post=Act.FEED_LOAD),
    route("<int:delivery_id>/rejects/", views.take_rejects, name="rejects", get=Act.QUARANTINE_RELEASE),
    route("upload/", upload_views.upload, name="upload", get=Act.FEED_LOAD, post=Act.FEED_LOAD),
    route("upload/load/", upload_views.load_tried, name="load_tried", post=Act.FEED_LOAD),
    route("quarantine/", quarantine_views.worklist, name="quarantine", get=Act.FEED_SEE),
    route("quarantine/decide/", quarantine_views.decide, name="decide", post=Act.QUARANTINE_RELEASE),
    route("rows/<int:pk>/", quarantine_views.row, name="row", get=Act.FEED_SEE),
    route("rows/<int:pk>/correct/", quarantine_views.correct, name="correct", post=Act.QUARANTINE_RELEASE),
    route("rows/<int:pk>/release/", quarantine_views.release, name="release", post=Act.QUARANTINE_RELEASE),
    route("rows/<int:pk>/reject/", quarantine_views.reject, name="reject", post=Act.QUARANTINE_RELEASE),
    route("formats/", format_views.formats, name="formats", get=Act.FEED_SEE),
    route("formats/new/", format_views.sample, name="sample", get=Act.FEED_KEEP, post=Act.FEED_KEEP),
    route("formats/new/draft/", format_views.save_draft, name="save_draft", post=Act.FEED_KEEP),
    route("formats/<int:format_id>/", format_views.format_version, name="format", get=Act.FEED_SEE),
    route("formats/<int:format_id>/approve/", format_views.approve, name="format_approve", post=Act.FORMAT_APPROVE),
    route("formats/<int:format_id>/retire/", format_views.retire, name="format_retire", post=Act.FEED_KEEP),
]
