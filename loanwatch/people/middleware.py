"""Judges every request by the policy table before its view runs, and turns refusals into pages."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, get_resolver, reverse
from django.utils.translation import gettext as _

from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.people.clock import today
from loanwatch.people.policy import TABLE, Act
from loanwatch.people.reader import read_as
from loanwatch.people.routes import PUBLIC, SIGNED, SIGNED_IN, acts_of, all_routes

SAFE = {"HEAD": "GET", "OPTIONS": "GET"}


class AccessMiddleware:
    """Sets `request.access` (None when nobody is logged in); 302 to log-in, 403 or 405 where the table says so.

    Roles are read anew for each request, so a role withdrawn counts on the next click.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.acts: dict[URLPattern, dict[str, str]] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access = access_of(request.user)
        read_as(request.access)
        if "%00" in request.META.get("QUERY_STRING", ""):
            return answer(request, 400, str(_not_text()), "NOT_TEXT")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.path.startswith(settings.STATIC_URL):
            return None
        if any("\0" in part for part in kwargs.values() if isinstance(part, str)):
            raise Http404  # PostgreSQL can't even be asked for such a name
        match = request.resolver_match
        acts = ACTS.of(match.view_name) if match else None
        if acts is None:
            return refusal(request, str(_not_listed()), "NOT_LISTED")
        act = acts.get(SAFE.get(request.method or "", request.method or ""))
        if act is None:
            return HttpResponseNotAllowed(sorted(acts))
        if act in {PUBLIC, SIGNED} or request.path.startswith("/api/"):
            return None  # the API asks the same table in its permission class, after it has read the token
        access = request.access
        if access is None:
            return logged_out() if ACTS.asked_by_script(request) else redirect_to_login(request.get_full_path())
        if (
            access.account.must_change_password
            and match
            and match.view_name not in {"account_change_password", "account_logout", "set_language"}
        ):
            if ACTS.asked_by_script(request):
                return answer(request, 403, _temporary(), "PASSWORD_TEMPORARY")
            messages.warning(request, _temporary())
            return redirect(reverse("account_change_password"))
        if act != SIGNED_IN and not access.may(act):
            return refusal(request, str(TABLE[Act(act)].because), str(act).upper().replace(".", "_"))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return refusal(request, exception.sentence, exception.code)
        if isinstance(exception, Conflict):
            return answer(request, 409, exception.sentence, exception.code)
        return None


class _Acts:
    """Method → act by full URL name, read from the resolver once per URL configuration."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, str]] = {}
        self.scripts: set[str] = set()
        self.root: Any = None

    def of(self, name: str) -> dict[str, str] | None:
        root = get_resolver()
        if root is not self.root:
            self.root = root
            routes = list(all_routes(root))
            self.known = {n: a for n, _, p in routes if (a := acts_of(p, n)) is not None}
            self.scripts = {n for n, _, p in routes if getattr(p, "json", False)}
        return self.known.get(name)

    def asked_by_script(self, request: HttpRequest) -> bool:
        """Whether the address answers JSON only; known after `of` was asked."""
        return request.resolver_match is not None and request.resolver_match.view_name in self.scripts


ACTS = _Acts()


def access_of(account: Any) -> Access | None:
    """What `account` may do today, or None for nobody."""
    if not account.is_authenticated:
        return None
    zone = account.person.lender.zone if account.person and account.person.lender else "UTC"
    return Access.of(account, today(zone))


def _not_listed() -> str:
    return _("This page is in nobody's access list yet.")


def _temporary() -> str:
    return _("Your password is a temporary one. Choose one of your own; everything else opens after that.")


def _not_text() -> str:
    return _("The address holds a sign that no text can hold.")


def answer(request: HttpRequest, status: int, sentence: str, code: str) -> HttpResponse:
    """The one page (or JSON object) for 400, 403 and 409: what happened, in the sentence of the rule that said so."""
    if ACTS.asked_by_script(request):
        return JsonResponse({"code": code, "sentence": sentence}, status=status)
    if request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": code, "detail": sentence}, status=status)
    return render(request, f"{status}.html", {"reason": sentence, "code": code}, status=status)


def logged_out() -> HttpResponse:
    """For a script: the session has ended; what it holds is to be kept and sent after the log-in."""
    sentence = _("You are no longer logged in. Log in again; everything you recorded stays on this phone and is sent afterwards.")
    return JsonResponse({"code": "LOGIN", "sentence": sentence}, status=401)


def refusal(request: HttpRequest, sentence: str, code: str) -> HttpResponse:
    return answer(request, 403, sentence, code)
