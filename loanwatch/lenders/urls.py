from loanwatch.lenders import views
from loanwatch.people.policy import Act
from loanwatch.people.routes import route

app_name = "lenders"
urlpatterns = [
    route("products/", views.products, name="products", get=Act.PRODUCT_KEEP),
    route("products/new/", views.product_new, name="product_new", get=Act.PRODUCT_KEEP, post=Act.PRODUCT_KEEP),
    route("products/<int:product_id>/", views.product, name="product", get=Act.PRODUCT_KEEP, post=Act.PRODUCT_KEEP),
    route("parameters/", views.parameters, name="parameters", get=Act.PARAMETER_SEE),
    route("parameters/<str:key>/", views.parameter, name="parameter", get=Act.PARAMETER_SEE),
    route("parameters/<str:key>/propose/", views.propose, name="propose", post=Act.PARAMETER_PROPOSE),
    route("parameters/proposals/<int:parameter_id>/approve/", views.approve, name="approve", post=Act.PARAMETER_APPROVE),
    route("parameters/proposals/<int:parameter_id>/withdraw/", views.withdraw, name="withdraw", post=Act.PARAMETER_PROPOSE),
]
