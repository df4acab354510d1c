"""What stands around every page: navigation by role, the data date, theme, density and language."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from loanwatch.desk.counts import COUNTS
from loanwatch.people.middleware import ACTS
from loanwatch.people.models import Role
from loanwatch.people.routes import PUBLIC, SIGNED_IN
from loanwatch.trail.models import BusinessDay

THEMES = ("light", "dark")
DENSITIES = ("compact", "comfortable")

# URL name → what the entry is called and its icon. The first name that resolves is taken.
HOME = (("desk:home",), _("My work"), "home-2")
SYSTEM = (("desk:home",), _("System"), "home-2")
PORTFOLIO = (("desk:portfolio",), _("Portfolio"), "chart-histogram")
TASKS = (("inspections:tasks",), _("Inspection tasks"), "clipboard-check")
PLAN = (("planning:plans",), _("Inspection plan"), "clipboard-list")
PLANNER = (("planning:calendar",), _("Inspection calendar"), "calendar-event")
ROUTE = (("planning:route",), _("Route of the day"), "map-2")
POSTPONED = (("planning:postponements",), _("Postponements"), "calendar-time")
ON_THEIR_WAY = (("sending:hanging",), _("Inspections on their way"), "device-mobile")
DEADLINES = (("deadlines:list",), _("Deadlines"), "calendar-time")
PHONE = (("phone:app", "visits:today"), pgettext_lazy("navigation", "Today, on the phone"), "device-mobile")
ALERTS = (("alerts:list",), _("Alerts"), "alert-triangle")
CASES = (("cases:list",), _("Cases"), "folder")
FINDINGS = (("findings:list",), _("Findings"), "flag")
HOLDS = (("holds:list",), _("Holds"), "lock")
EVIDENCE = (("evidence:list",), _("Evidence guard"), "photo")
QUESTIONS = (("inspections:questions",), _("Questions to me"), "info-circle")
SPLITS = (("inspections:splits",), _("Splits"), "git-merge")
FOUR_EYES = (("inspections:four_eyes",), _("Four-eyes queue"), "eye-check")
SAMPLING = (("sampling:home",), pgettext_lazy("drawing inspections", "Sampling"), "target")
AGREEMENT = (("agreement:home",), pgettext_lazy("of two views", "Agreement"), "git-compare")
FORMS = (("checklists:list",), _("Inspection forms"), "list-check")
AGENCIES = (("agencies:orders",), _("Agencies"), "users-group")
PACKETS = (("agencies:agent_home",), _("Our orders"), "clipboard-list")
LOANS = (("loans:list", "desk:loans"), _("Loans"), "file-dollar")
BORROWERS = (("borrowers:list", "desk:borrowers"), _("Borrowers"), "building-factory-2")
DOCUMENTS = (("documents:list",), _("Documents"), "archive")
CLASSES = (("classification:list",), _("Classification"), "stairs")
RULES = (("rulebook:list",), _("Warning rules"), "adjustments-alt")
PARAMETERS = (("lenders:parameters",), _("Parameters"), "settings")
PRODUCTS = (("lenders:products",), _("Products"), "package")
ENTRY = (("entry:home",), _("Entries by hand"), "pencil")
CALENDARS = (("lenders:calendars",), _("Calendars"), "calendar-time")
FEEDS = (("feeds:board",), _("Data feeds"), "file-import")
RECONCILIATION = (("reconciliation:list",), _("Reconciliation"), "equal")
OUTBOX = (("outbox:list",), _("Messages"), "mail")
REMINDERS = (("reminders:list",), _("Reminders"), "mail-forward")
DAYS = (("days:calendar",), _("Business days"), "calendar-check")
TRAIL = (("trail:events",), _("Audit trail"), "fingerprint")
USERS = (("people:users",), _("Users and roles"), "users")
BRANCHES = (("people:branches",), _("Branches"), "sitemap")
MATRIX = (("people:matrix",), _("Access matrix"), "shield-check")
PORTAL = (("portal:home",), _("My loans"), "home-dollar")

BOOK, INSPECTING, RULEBOOK, HOUSE = _("Portfolio"), _("Inspections"), _("Rules"), _("System")

# Role → groups of entries in their order; the group without a head stands on top. An entry the policy table refuses is left out.
MENU: dict[str, list[tuple[Any, list]]] = {
    Role.ACCOUNT_MANAGER: [
        ("", [HOME, TASKS, DEADLINES, PHONE, QUESTIONS, FINDINGS, ALERTS, CASES]),
        (BOOK, [LOANS, BORROWERS, DOCUMENTS, CLASSES, HOLDS]),
        (INSPECTING, [PLAN, PLANNER, ROUTE, POSTPONED]),
    ],
    Role.RISK_OFFICER: [
        ("", [HOME, ALERTS, CASES, FOUR_EYES, EVIDENCE, TASKS, DEADLINES, PHONE]),
        (BOOK, [PORTFOLIO, LOANS, BORROWERS, DOCUMENTS, CLASSES, RECONCILIATION]),
        (INSPECTING, [PLAN, PLANNER, ROUTE, POSTPONED, FINDINGS, HOLDS, SAMPLING, AGREEMENT, AGENCIES, FORMS]),
        (RULEBOOK, [RULES, PARAMETERS]),
    ],
    Role.BRANCH_HEAD: [
        ("", [HOME, PORTFOLIO, ALERTS, CASES, TASKS, DEADLINES]),
        (BOOK, [LOANS, BORROWERS, DOCUMENTS, CLASSES, RECONCILIATION]),
        (INSPECTING, [PLAN, PLANNER, POSTPONED, FINDINGS, HOLDS, AGREEMENT, ON_THEIR_WAY, AGENCIES, FORMS]),
    ],
    Role.CREDIT_ADMIN: [
        ("", [HOME, ALERTS, CASES, TASKS, DEADLINES]),
        (BOOK, [PORTFOLIO, LOANS, BORROWERS, DOCUMENTS, CLASSES, RECONCILIATION, ENTRY]),
        (INSPECTING, [PLAN, PLANNER, SPLITS, FINDINGS, HOLDS, SAMPLING, AGREEMENT, AGENCIES, FORMS]),
        (RULEBOOK, [RULES, PARAMETERS, PRODUCTS, CALENDARS, REMINDERS]),
        (HOUSE, [FEEDS, DAYS, OUTBOX, MATRIX]),
    ],
    Role.FIELD_AGENT: [("", [PHONE, PACKETS])],
    Role.AUDITOR: [
        ("", [HOME, TRAIL]),
        (BOOK, [PORTFOLIO, LOANS, BORROWERS, DOCUMENTS, ALERTS, CASES, TASKS, DEADLINES, FOUR_EYES, EVIDENCE, CLASSES, RECONCILIATION]),
        (INSPECTING, [PLAN, PLANNER, FINDINGS, HOLDS, SAMPLING, AGREEMENT, AGENCIES, FORMS]),
        (RULEBOOK, [RULES, PARAMETERS]),
        (HOUSE, [FEEDS, DAYS, OUTBOX, MATRIX]),
    ],
    Role.SYSADMIN: [("", [SYSTEM]), (HOUSE, [USERS, BRANCHES, MATRIX, FEEDS, DAYS, OUTBOX, ON_THEIR_WAY])],
    Role.BORROWER: [("", [PORTAL])],
}

MOST_OPEN = 16  # entries beyond which the groups of less use are folded


@dataclass
class Entry:
    """One line of the side bar; `count` is None or a number, `hot` paints it red."""

    label: Any
    url: str
    icon: str
    name: str
    current: bool = False
    count: int | None = None
    hot: bool = False


@dataclass
class Group:
    """Entries under one label; a group that is not `open` shows its label until the reader unfolds it."""

    label: Any
    entries: list[Entry] = field(default_factory=list)
    open: bool = True


class Shell:
    """Read by `base.html`. What costs a query is asked for only where a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.access = getattr(request, "access", None)
        self.theme = _one_of(request.COOKIES.get("lw_theme"), THEMES, "")
        self.density = _one_of(request.COOKIES.get("lw_density"), DENSITIES, "compact")
        self.keys = request.COOKIES.get("lw_keys") != "off"
        self.languages = settings.LANGUAGES

    @property
    def lang(self) -> str:
        """The value of `<html lang>`: zh-Hans, ko or en."""
        return "zh-Hans" if (get_language() or "").startswith("zh") else (get_language() or "en")

    @property
    def signed_in(self) -> bool:
        return self.access is not None

    @property
    def frame(self) -> str:
        """The template around an error page: a part for htmx, the desk for those who are logged in, else a plain page."""
        if getattr(self.request, "htmx", False):
            return "errors/part.html"
        return "base.html" if self.signed_in else "plain.html"

    @property
    def name(self) -> str:
        person = getattr(self.access, "person", None)
        return str(getattr(person, "name", "") or getattr(self.request, "user", ""))

    @property
    def role_words(self) -> str:
        """The roles held today, in the reader's language, in the order of the menu."""
        held = self._roles()
        return " · ".join(str(Role(role).label) for role in held)

    def _roles(self) -> list[str]:
        held: frozenset[str] = getattr(self.access, "roles", frozenset())
        return [role for role in MENU if role in held]

    @cached_property
    def groups(self) -> list[Group]:
        """The menus of all roles held, one after another, each entry once and only where its page exists and may be seen."""
        groups: dict[str, Group] = {}
        seen: set[str] = set()
        for role in self._roles():
            for label, items in MENU[role]:
                group = groups.setdefault(str(label), Group(label))
                for names, text, icon in items:
                    name, url = _first_address(names)
                    if url and name not in seen and self._may_open(name):
                        seen.add(name)
                        group.entries.append(Entry(text, url, icon, name))
        self._mark_current(groups)
        shown = [group for group in groups.values() if group.entries]
        if sum(len(group.entries) for group in shown) > MOST_OPEN:
            for group in shown[1:]:
                group.open = group.label == BOOK or any(entry.current for entry in group.entries)
        return shown

    def _mark_current(self, groups: dict[str, Group]) -> None:
        entries = [entry for group in groups.values() for entry in group.entries]
        path = self.request.path
        fitting = [e for e in entries if path == e.url or (e.url != "/" and path.startswith(e.url))]
        if fitting:
            max(fitting, key=lambda e: len(e.url)).current = True
        for entry in entries:
            provider = COUNTS.get(entry.name)
            if provider and self.access:
                entry.count, entry.hot = provider(self.access)

    def _may_open(self, name: str) -> bool:
        act = (ACTS.of(name) or {}).get("GET")
        return act is not None and (act in {PUBLIC, SIGNED_IN} or self.access is None or self.access.may(act))

    @property
    def home_url(self) -> str:
        return _address("desk:home") or "/"

    @property
    def search_url(self) -> str:
        """Where the search field asks; empty for those who may not see loans."""
        url = _address("desk:search")
        return url if url and self.access is not None and self._may_open("desk:search") else ""

    @property
    def language_url(self) -> str:
        return _address("set_language") or "/i18n/setlang/"

    @cached_property
    def data_date(self) -> date | None:
        """The last closed business day of the reader's lender, None before the first one."""
        lender = getattr(getattr(self.access, "person", None), "lender_id", None)
        if lender is None:
            return None
        closed = BusinessDay.objects.filter(
            lender_id=lender, state__in=[BusinessDay.State.CLOSED, BusinessDay.State.CLOSED_WITH_EXCEPTIONS]
        )
        return closed.order_by("-business_date").values_list("business_date", flat=True).first()


def _one_of(value: str | None, allowed: tuple[str, ...], default: str) -> str:
    return value if value in allowed else default


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _first_address(names: tuple[str, ...]) -> tuple[str, str]:
    for name in names:
        url = _address(name)
        if url:
            return name, url
    return "", ""


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}
