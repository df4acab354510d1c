"""How allauth behaves here: accounts are made by a system administrator, never by signing up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from loanwatch.people.middleware import access_of
from loanwatch.people.models import Account
from loanwatch.trail.record import record


class ClosedAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @transaction.atomic
    def set_password(self, user: Account, password: str) -> None:
        """Somebody chose a password of their own: a temporary one has done its service, and other sessions are over."""
        user.must_change_password = False
        user.session_round += 1
        super().set_password(user, password)
        record("account.password_changed", by=access_of(user), subject=user.person or user, username=user.username)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail from the log-in pages: a lost password is set anew by a system administrator."""
