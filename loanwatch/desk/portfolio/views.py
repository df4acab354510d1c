"""The portfolio page: what a branch head opens in the morning."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from alerts.observation import nodes
from alerts.observation.queries import lender_of
from loanwatch.desk import formats
from loanwatch.desk.closes import closes, frame
from loanwatch.desk.portfolio import queries
from loanwatch.desk.portfolio.queries import Choice
from loanwatch.desk.portfolio.tiles import key_figures
from loanwatch.people.access import Access
from loanwatch.people.models import Branch, Role


def portfolio(request: HttpRequest) -> HttpResponse:
    """Figures of one node of the reader's branches at one close; nothing closed yet says so."""
    access: Access = request.access
    lender = lender_of(access)
    known = closes(request)
    as_of = known.chosen(request.GET.get("as_of"))
    reachable = nodes.nodes_in_reach(access, lender)
    node = _node(access, reachable, request.GET.get("branch"))
    context: dict[str, Any] = {**frame(request), "nodes": [(b.code, b.name) for b in reachable], "node": node, "as_of": as_of}
    if node is None or as_of is None:
        return render(request, "desk/portfolio/empty.html", context)
    trend = known.month_ends(as_of, queries.MONTHS)
    rows = nodes.node_rows(lender, nodes.children_of(node, as_of), trend)
    currencies = sorted({row["currency"] for row in rows}) or [lender.currency]
    products = sorted({(row["product__code"], row["product__name"]) for row in rows})
    choice = Choice(
        node=node,
        product=_one_of(request.GET.get("product"), [code for code, _name in products], ""),
        currency=_one_of(request.GET.get("currency"), currencies, lender.currency if lender.currency in currencies else currencies[0]),
        as_of=as_of,
        acts_until=access.on if as_of == known.last else as_of,
        trend=trend,
    )
    context |= _content(access, choice, rows) | {
        "products": products,
        "currencies": [(c, c) for c in currencies],
        "dates": [(d.isoformat(), formats.day(d, get_language())) for d in known.offered()],
    }
    return render(request, "desk/portfolio/portfolio.html", context)


def _content(access: Access, choice: Choice, rows: list[dict[str, Any]]) -> dict[str, Any]:
    loans_url, alerts_url = reverse("desk:loans"), reverse("alerts:list")
    found = nodes.summed(rows, currency=choice.currency, product=choice.product)
    now = found.get((choice.node.pk, choice.as_of), nodes.Figures())
    alerts, by_manager = queries.alert_counts(access, choice)
    ageing = queries.ageing(choice, found)
    moved = nodes.moves(choice.node.lender, choice.node, choice.trend[-7:], choice.currency)
    return {
        "choice": choice,
        "figures": now,
        "tiles": key_figures(choice, found, alerts, loans_url, alerts_url),
        "ageing": ageing,
        "migration": queries.migration(choice, moved, loans_url),
        "classes": queries.classes(choice, now, loans_url),
        "below": queries.branches_below(choice, rows, found),
        "managers": queries.manager_table(access, choice, by_manager),
        "alerts": alerts,
        "manager_url": choice.loans_url(loans_url),
    }


def _node(access: Access, reachable: list[Branch], code: str | None) -> Branch | None:
    """The node asked for; else the highest one in which the reader holds a role."""
    wanted = next((b for b in reachable if b.code == code), None)
    held = set(access.branches_held(Role.BRANCH_HEAD, Role.RISK_OFFICER, Role.CREDIT_ADMIN, Role.AUDITOR))
    return wanted or next((b for b in reachable if b.pk in held), reachable[0] if reachable else None)


def _one_of(value: str | None, allowed: list[str], default: str) -> str:
    return value if value in allowed else default
