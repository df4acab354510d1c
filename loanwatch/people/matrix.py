"""Who may do what, as a table that an examiner can read: acts × roles, and every URL and method × roles.

Both are read from the policy table and the resolver, so they can't say anything the middleware doesn't do.
"""

import re
from dataclasses import dataclass
from typing import Any

from loanwatch.people.models import Role
from loanwatch.people.policy import TABLE, Act
from loanwatch.people.routes import PUBLIC, SIGNED, SIGNED_IN, acts_of, all_routes

ROLES = [role.value for role in Role]
EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class ActLine:
    """One act: the roles that may, whether a condition on the thing comes on top, and the sentence of a refusal."""

    act: str
    roles: frozenset[str]
    conditional: bool
    because: Any


@dataclass(frozen=True)
class UrlLine:
    """One method of one URL: the act it needs (or `public`, `signed_in`) and the roles that may."""

    name: str
    route: str
    method: str
    act: str
    roles: frozenset[str]


def act_lines() -> list[ActLine]:
    """Every act of the policy table, in its order."""
    return [ActLine(act.value, grant.roles, grant.where is not None, grant.because) for act, grant in TABLE.items()]


def roles_for(act: str) -> frozenset[str]:
    """The roles that may do `act`; everybody for what is public or needs a log-in only, no role for what must be signed."""
    if act == SIGNED:
        return frozenset()
    return EVERYBODY if act in {PUBLIC, SIGNED_IN} else TABLE[Act(act)].roles


def url_lines() -> list[UrlLine]:
    """Every URL and method, by route; nobody may what names no act."""
    lines = []
    for name, route, pattern in all_routes():
        for method, act in sorted((acts_of(pattern, name) or {}).items()):
            lines.append(UrlLine(name, _plain(route), method, str(act), roles_for(act)))
    return sorted(lines, key=lambda line: (line.route, line.method))


def as_json() -> dict[str, Any]:
    """The matrix for `access_matrix --json`: `roles`, `acts` and `urls`, sentences in English."""
    return {
        "roles": ROLES,
        "acts": [
            {"act": line.act, "roles": _ordered(line.roles), "conditional": line.conditional, "because": str(line.because)}
            for line in act_lines()
        ],
        "urls": [
            {"name": line.name, "route": line.route, "method": line.method, "act": line.act, "roles": _ordered(line.roles)}
            for line in url_lines()
        ],
    }


def as_markdown() -> str:
    """The matrix as the page `docs/access.md`, which a test compares with the code."""
    head = "| | " + " | ".join(str(Role(role).label) for role in ROLES) + " |\n|---|" + "---|" * len(ROLES)
    acts = [f"| `{line.act}` | {_marks(line.roles, '◐' if line.conditional else '●')} |" for line in act_lines()]
    why = [f"- `{line.act}`: {line.because}" for line in act_lines()]
    urls = [f"| `{line.method} /{line.route}` `{line.act}` | {_marks(line.roles)} |" for line in url_lines()]
    return "\n".join([
        "# Who may do what",
        "",
        "Written by `python manage.py access_matrix --markdown`; a test compares it with the code.",
        "Which rows a person sees is a second question: branch heads, risk officers, credit administrators and auditors see the subtree of",
        "the branch in which they hold the role, account managers the loans in their custody, field agents the tasks assigned to them,",
        "borrowers their own loans. A thing out of reach answers 404, a function out of reach 403.",
        "",
        "## Acts",
        "",
        "● may, ◐ may where the condition in the sentence below holds.",
        "",
        head,
        *acts,
        "",
        *why,
        "",
        "## Addresses",
        "",
        "`public`: anybody. `signed_in`: anybody who is logged in.",
        "",
        head,
        *urls,
        "",
    ])  # fmt: skip


def _ordered(roles: frozenset[str]) -> list[str]:
    return [role for role in ROLES if role in roles]


def _marks(roles: frozenset[str], mark: str = "●") -> str:
    return " | ".join(mark if role in roles else "" for role in ROLES)


def _plain(route: str) -> str:
    """The route without the marks of a regular expression, for those few that a library writes as one."""
    return re.sub(r"[\^$]|\\Z", "", route)
