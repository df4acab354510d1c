"""URLs that carry their acts: which act of the policy table each method needs. A URL without one fails `manage.py check`."""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, path

from loanwatch.people.policy import Act

PUBLIC = "public"  # anybody, logged in or not
SIGNED = "signed"  # whoever signs the message with a key of the lender; no role and no log-in helps
SIGNED_IN = "signed_in"  # anybody who is logged in

# URLs of libraries, by name: they can't carry their acts themselves.
FOREIGN: dict[str, dict[str, str]] = {
    "account_login": {"GET": PUBLIC, "POST": PUBLIC},
    "account_logout": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "account_change_password": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "set_language": {"POST": PUBLIC},
}


def route(
    pattern: str, view: Callable[..., Any], *, name: str, get: str | Act | None = None, post: str | Act | None = None, json: bool = False
) -> URLPattern:
    """As Django's `path`, with the act each method needs. A method without an act answers 405.

    json: a script asks, which a page to log in or a page of refusal would not help: it is answered {"code", "sentence"}.
    """
    acts = {method: act for method, act in (("GET", get), ("POST", post)) if act is not None}
    pattern_ = path(pattern, view, name=name)
    pattern_.acts = acts  # type: ignore[attr-defined]
    pattern_.json = json  # type: ignore[attr-defined]
    return pattern_


def acts_of(pattern: URLPattern, full_name: str) -> dict[str, str] | None:
    """Method → act of one URL, or None when nobody has said."""
    return getattr(pattern, "acts", None) or FOREIGN.get(full_name)


def all_routes(
    resolver: URLResolver | None = None, prefix: str = "", namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, URLPattern]]:
    """(full name, route text, pattern) of every URL the resolver knows."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from all_routes(entry, prefix + str(entry.pattern), inner)
        else:
            yield ":".join((*namespaces, entry.name or "")), prefix + str(entry.pattern), entry
