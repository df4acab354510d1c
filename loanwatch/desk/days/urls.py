from loanwatch.desk.days import action_views as actions
from loanwatch.desk.days import rerun_views as reruns
from loanwatch.desk.days import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "days"
urlpatterns = [
    route("", views.calendar, name="calendar", get=Act.DAY_SEE),
    route("list/", views.day_list, name="list", get=Act.DAY_SEE),
    route("exceptions/<int:exception_id>/retry/", actions.retry, name="retry", post=Act.EXCEPTION_RETRY),
    route("<str:lender>/<str:on>/", views.day, name="day", get=Act.DAY_SEE),
    route("<str:lender>/<str:on>/accept/", actions.accept, name="accept", get=Act.DAY_ACCEPT, post=Act.DAY_ACCEPT),
    route("<str:lender>/<str:on>/rerun/", reruns.ask, name="rerun", get=Act.DAY_RERUN, post=Act.DAY_RERUN),
    route("<str:lender>/<str:on>/runs/<int:version>/", reruns.run, name="run", get=Act.DAY_SEE),
    route("<str:lender>/<str:on>/runs/<int:version>/replace/", reruns.replace, name="replace", post=Act.DAY_REPLACE),
    route("<str:lender>/<str:on>/runs/<int:version>/drop/", reruns.drop, name="drop", post=Act.DAY_RERUN),
    route("<str:lender>/<str:on>/runs/<int:version>/differences.<str:kind>", reruns.export, name="differences", get=Act.LOAN_SEE),
]
