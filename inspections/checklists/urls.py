"""Addresses of the inspection forms and their designer."""

from inspections.checklists import design_views as design
from inspections.checklists import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

WRITE, APPROVE = Act.CHECKLIST_WRITE, Act.CHECKLIST_APPROVE

patterns = [
    route("inspections/forms/", views.form_list, name="list", get=Act.CHECKLIST_SEE),
    route("inspections/forms/new/", design.new_form, name="new", get=WRITE, post=WRITE),
    route("inspections/forms/export.<str:kind>", views.export, name="export", get=Act.CHECKLIST_SEE),
    route("inspections/forms/<int:template_id>/", views.form_page, name="form", get=Act.CHECKLIST_SEE),
    route("inspections/forms/<int:template_id>/compare/", views.compare, name="compare", get=Act.CHECKLIST_SEE),
    route("inspections/forms/<int:template_id>/try/", views.try_form, name="try", get=Act.CHECKLIST_SEE, post=Act.CHECKLIST_SEE),
    route("inspections/forms/<int:template_id>/use/", design.use, name="use", get=WRITE, post=WRITE),
    route("inspections/forms/<int:template_id>/points/new/", design.point, name="point_new", get=WRITE, post=WRITE),
    route("inspections/forms/<int:template_id>/points/<int:point_id>/", design.point, name="point", get=WRITE, post=WRITE),
    route("inspections/forms/<int:template_id>/change/", design.change, name="change", post=WRITE),
    route("inspections/forms/<int:template_id>/copy/", design.copy, name="copy", post=WRITE),
    route("inspections/forms/<int:template_id>/discard/", design.discard, name="discard", post=WRITE),
    route("inspections/forms/<int:template_id>/propose/", design.propose, name="propose", post=WRITE),
    route("inspections/forms/<int:template_id>/approve/", design.approve, name="approve", post=APPROVE),
    route("inspections/forms/<int:template_id>/return/", design.give_back, name="return", post=APPROVE),
    route("inspections/forms/<int:template_id>/retire/", design.retire, name="retire", post=APPROVE),
]
