"""Addresses of the loan archive. The documents of a loan stand below the loan's own address."""

from borrowers.documents import house_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

SEE, ADD, RULES = Act.DOCUMENT_SEE, Act.DOCUMENT_ADD, Act.DOCUMENT_RULES_KEEP

app_name = "documents"
urlpatterns = [
    route("loans/<str:number>/documents/", views.of_loan, name="loan", get=SEE),
    route("loans/<str:number>/documents/add/", views.add, name="add", get=ADD, post=ADD),
    route("documents/", views.documents, name="list", get=SEE),
    route("documents/incomplete/", views.incomplete, name="incomplete", get=SEE),
    route("documents/incomplete/export.<str:kind>", views.export, name="export", get=SEE),
    route("documents/kinds/", house_views.kinds, name="kinds", get=SEE),
    route("documents/kinds/new/", house_views.kind_new, name="kind_new", get=RULES, post=RULES),
    route("documents/kinds/<int:kind_id>/", house_views.kind, name="kind", get=SEE, post=RULES),
    route("documents/kinds/<int:kind_id>/require/", house_views.require, name="require", post=RULES),
    route("documents/requirements/<int:requirement_id>/end/", house_views.end_requirement, name="end_requirement", post=RULES),
    route("documents/holds/", house_views.holds, name="holds", get=SEE, post=Act.LEGAL_HOLD_PLACE),
    route("documents/holds/<int:hold_id>/lift/", house_views.lift, name="lift", post=Act.LEGAL_HOLD_LIFT),
    route("documents/<str:number>/", views.document, name="document", get=SEE, post=ADD),
    route("documents/<str:number>/paper/", views.paper, name="paper", post=Act.DOCUMENT_SHELVE),
    route("documents/<str:number>/destroy/", views.destroy, name="destroy", post=Act.DOCUMENT_DESTROY),
    route("documents/<str:number>/versions/<int:version>/", views.download, name="download", get=SEE),
    route("documents/<str:number>/versions/<int:version>/pages/<int:page>.png", views.preview, name="preview", get=SEE),
]
