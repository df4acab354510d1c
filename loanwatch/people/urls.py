from loanwatch.people import branch_views, views
from loanwatch.people.policy import Act
from loanwatch.people.routes import SIGNED_IN, route

app_name = "people"
urlpatterns = [
    route("users/", views.users, name="users", get=Act.USER_KEEP),
    route("users/new/", views.user_new, name="user_new", get=Act.USER_KEEP, post=Act.USER_KEEP),
    route("users/<int:person_id>/", views.user, name="user", get=Act.USER_KEEP),
    route("users/<int:person_id>/edit/", views.user_edit, name="user_edit", get=Act.USER_KEEP, post=Act.USER_KEEP),
    route("users/<int:person_id>/leave/", views.leave, name="leave", post=Act.USER_KEEP),
    route("users/<int:person_id>/accounts/", views.account_open, name="account_open", post=Act.USER_KEEP),
    route("users/<int:person_id>/roles/", views.role_grant, name="role_grant", post=Act.ROLE_GRANT),
    route("roles/<int:held_id>/end/", views.role_end, name="role_end", post=Act.ROLE_GRANT),
    route("accounts/<int:account_id>/password/", views.password_reset, name="password_reset", post=Act.USER_KEEP),
    route("accounts/<int:account_id>/deactivate/", views.account_deactivate, name="account_deactivate", post=Act.USER_KEEP),
    route("accounts/<int:account_id>/activate/", views.account_activate, name="account_activate", post=Act.USER_KEEP),
    route("branches/", branch_views.branches, name="branches", get=Act.BRANCH_KEEP),
    route("branches/new/", branch_views.branch_new, name="branch_new", get=Act.BRANCH_KEEP, post=Act.BRANCH_KEEP),
    route("branches/<int:branch_id>/", branch_views.branch, name="branch", get=Act.BRANCH_KEEP),
    route("branches/<int:branch_id>/rename/", branch_views.branch_rename, name="branch_rename", post=Act.BRANCH_KEEP),
    route("branches/<int:branch_id>/move/", branch_views.branch_move, name="branch_move", post=Act.BRANCH_KEEP),
    route("branches/<int:branch_id>/close/", branch_views.branch_close, name="branch_close", post=Act.BRANCH_KEEP),
    route("access/", views.access_matrix, name="matrix", get=Act.MATRIX_SEE),
    route("profile/", views.profile, name="profile", get=SIGNED_IN),
    route("profile/keys/", views.key_new, name="key_new", post=SIGNED_IN),
    route("profile/keys/<int:token_id>/revoke/", views.key_revoke, name="key_revoke", post=SIGNED_IN),
]
