"""The API asks the same policy table as the pages."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from loanwatch.people.middleware import ACTS, SAFE, access_of
from loanwatch.people.models import ApiToken
from loanwatch.people.policy import TABLE, Act
from loanwatch.people.reader import read_as
from loanwatch.people.routes import PUBLIC, SIGNED_IN


class ByPolicyTable(BasePermission):
    """Allows a request when its URL names an act for the method and the account may do it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = access_of(request.user)
        request._request.access = access
        read_as(access)
        match = request.resolver_match
        act = (ACTS.of(match.view_name) or {}).get(SAFE.get(request.method or "", request.method or "")) if match else None
        if act == PUBLIC:
            return True
        if access is None or act is None:
            return False
        if access.account.must_change_password:
            self.code, self.message = "PASSWORD_MUST_CHANGE", "This account has a temporary password; change it on the log-in pages first."
            return False
        if isinstance(request.auth, ApiToken) and request.auth.scope == ApiToken.Scope.HOLDS and act != Act.HOLD_ASK:
            self.code, self.message = "KEY_FOR_HOLDS_ALONE", "This API key asks whether a borrower is blocked, and nothing else."
            return False
        if act == SIGNED_IN or access.may(act):
            return True
        self.code, self.message = str(act).upper().replace(".", "_"), str(TABLE[Act(act)].because)
        return False
