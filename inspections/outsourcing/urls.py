"""Addresses of agencies and of their people."""

from inspections.outsourcing import agent_views, review_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import PUBLIC, route

app_name = "agencies"
urlpatterns = [
    route("agencies/", views.agencies, name="list", get=Act.AGENCY_SEE, post=Act.AGENCY_KEEP),
    route("agencies/orders/", views.orders, name="orders", get=Act.AGENCY_SEE),
    route("agencies/orders/new/", views.new_order, name="new_order", get=Act.AGENCY_ORDER, post=Act.AGENCY_ORDER),
    route("agencies/orders/<int:order_id>/", views.order, name="order", get=Act.AGENCY_SEE, post=Act.AGENCY_ORDER),
    route("agencies/deliveries/", review_views.deliveries, name="deliveries", get=Act.AGENCY_SEE, post=Act.AGENCY_REVIEW),
    route("agencies/<slug:code>/", views.agency, name="agency", get=Act.AGENCY_SEE, post=Act.AGENCY_SEE),
    route("agencies/<slug:code>/contract/", views.contract, name="contract", get=Act.AGENCY_KEEP, post=Act.AGENCY_KEEP),
    route("agencies/<slug:code>/owed.<str:kind>", views.owed, name="owed", get=Act.AGENCY_SEE),
    route("agency/", agent_views.home, name="agent_home", get=Act.PACKET_SEE),
    route("agency/orders/<int:order_id>/answer/", agent_views.answer, name="answer", post=Act.PACKET_ANSWER),
    route("agency/visits/<int:visit_id>/give/", agent_views.give, name="give", post=Act.PACKET_ANSWER),
    route("m/in/<str:token>/", agent_views.phone_link, name="phone_link", get=PUBLIC, post=PUBLIC),
]
