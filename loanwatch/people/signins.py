"""Who logged in and out, and who was locked out, in the audit trail."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from loanwatch.people.middleware import access_of
from loanwatch.people.models import Account
from loanwatch.trail.record import record


@receiver(user_logged_in)
def came_in(sender: Any, user: Account, **kwargs: Any) -> None:
    record("account.logged_in", by=access_of(user), subject=user.person or user)


@receiver(user_logged_out)
def went_out(sender: Any, user: Account | None, **kwargs: Any) -> None:
    if user is not None:
        record("account.logged_out", by=access_of(user), subject=user.person or user)


@receiver(user_locked_out)
def was_locked_out(sender: Any, request: HttpRequest, username: str, ip_address: str = "", **kwargs: Any) -> None:
    # The name may be nobody's: a wrong one is kept as it was typed, cut to a sane length and without what JSON can't hold.
    typed = (username or "").replace("\0", "")[:80]
    account = Account.objects.filter(username=typed).select_related("person").first()
    record("account.locked_out", by=None, subject=account and (account.person or account), username=typed, address=ip_address or "")
