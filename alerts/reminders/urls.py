from alerts.reminders import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "reminders"
urlpatterns = [
    route("", views.reminders, name="list", get=Act.REMINDER_KEEP),
    route("texts/<str:kind>/<str:language>/", views.text, name="text", get=Act.REMINDER_KEEP),
    route("texts/<str:kind>/<str:language>/new/", views.keep_text, name="keep_text", post=Act.REMINDER_KEEP),
    route("borrowers/<str:number>/", views.contact, name="contact", get=Act.BORROWER_SEE),
    route("borrowers/<str:number>/way/", views.keep_way, name="keep_way", post=Act.CONTACT_KEEP),
    route("borrowers/<str:number>/stop/", views.opt_out, name="opt_out", post=Act.CONTACT_KEEP),
    route("borrowers/<str:number>/again/<int:preference_id>/", views.opt_in, name="opt_in", post=Act.CONTACT_KEEP),
]
