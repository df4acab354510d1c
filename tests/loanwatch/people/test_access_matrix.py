"""Every address and method × every role × where the thing lies, asked for real; expected is what the policy table says."""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie

import pytest
from django.conf import settings as django_settings
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, RequestFactory, override_settings
from django.test.client import ClientHandler, FakePayload
from django.urls import reverse
from django.utils import translation

from loanwatch.desk import shell
from loanwatch.embedded.state import ROOT
from loanwatch.people.matrix import as_markdown, roles_for
from loanwatch.people.models import Role
from loanwatch.people.routes import PUBLIC, SIGNED, acts_of, all_routes
from tests.loanwatch.people.makers import BODIES, maker_of
from tests.loanwatch.people.world import BELOW, FAR, OWN, PARENT, SIBLING, STRANGER, TODAY, World, open_world

FINE = {200, 201, 202, 204, 302, 303, 400, 409, 422}  # let in; an empty form may well be refused
HANDLER = ClientHandler(enforce_csrf_checks=False)
PLAIN = {"Accept": "application/json"}  # a refusal as one line; the page of it is looked at elsewhere
PLACES = (OWN, BELOW, SIBLING, PARENT, FAR, STRANGER)


@dataclass(frozen=True)
class Address:
    """One method of one URL, its act and the parts of it that vary."""

    name: str
    method: str
    act: str
    parts: tuple[str, ...]

    def url(self, world: World, role: str, place: str) -> str:
        values = {part: maker_of(self.name, part).value(world.places[place], role) for part in self.parts}
        return reverse(self.name, kwargs=values)

    def seen(self, role: str, at: str, place: str) -> bool:
        return all(maker_of(self.name, part).seen(role, at, place) for part in self.parts)

    @property
    def scoped(self) -> bool:
        """Whether some of the places hold a thing that somebody at B11 may not see."""
        return any(not self.seen(Role.AUDITOR, "B11", place) for place in PLACES) if self.parts else False


def addresses() -> list[Address]:
    found = []
    for name, _route, pattern in all_routes():
        parts = tuple(pattern.pattern.regex.groupindex) if pattern.pattern.regex.groupindex else ()
        for method, act in (acts_of(pattern, name) or {}).items():
            found.append(Address(name, method, str(act), parts))
    return found


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    # One transaction around the module, as TestCase does it; each request below has a savepoint of its own.
    media = tmp_path_factory.mktemp("media")
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # a thousand refusals are what is asked for here
    counts = dict(shell.COUNTS)
    shell.COUNTS.clear()  # the numbers beside the menu have tests of their own; here they would be asked for a thousand times
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media, BUSINESS_DATE=TODAY.isoformat()), transaction.atomic():
        made = open_world()
        made.cookies = {key: _session(account) for key, account in made.accounts.items()}
        yield made
        transaction.set_rollback(True)
    shell.COUNTS.update(counts)
    logging.getLogger("django.request").setLevel(logging.NOTSET)


def _session(account) -> str:
    client = Client()
    client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def ask(world: World, address: Address, url: str, who: tuple[str, str] | None, **headers: str) -> HttpResponseBase:
    """One request whose effects are taken back. Straight to the handler: a test client costs as much as the page."""
    requests = RequestFactory(headers=headers)
    if who is not None:
        requests.cookies = SimpleCookie({django_settings.SESSION_COOKIE_NAME: world.cookies[who]})
    body = BODIES.get(address.name, "").encode() if address.method == "POST" else b""
    sent = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)), "wsgi.input": FakePayload(body)}
    environ = requests._base_environ(PATH_INFO=url, REQUEST_METHOD=address.method, **requests.defaults, **sent)
    thrown: list[BaseException] = []

    def keep(**kwargs: object) -> None:
        thrown.append(sys.exc_info()[1])

    got_request_exception.connect(keep)
    with transaction.atomic():
        answer = HANDLER(environ)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    got_request_exception.disconnect(keep)
    answer.thrown = thrown[0] if thrown else None
    return answer


def fault(address: Address, who: str, where: str, answer: HttpResponseBase, expected: str) -> str:
    why = f" ({answer.thrown!r})" if answer.thrown else ""
    return f"{address.method} {address.name} as {who}, {where}: {answer.status_code}{why}, expected {expected}"


def told(faults: list[str]) -> str:
    return "\n".join(["", *faults])


def to_login(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(django_settings.LOGIN_URL)


def test_every_varying_part_of_an_address_has_a_maker():
    missing = sorted({f"{a.name}/{part}" for a in addresses() for part in a.parts if maker_of(a.name, part) is None})
    assert missing == [], "say in makers.py what stands there in each branch and who may see it"


def test_nobody_gets_in_without_logging_in_except_where_it_says_public(world):
    faults = []
    for address in addresses():
        answer = ask(world, address, address.url(world, Role.AUDITOR, OWN), None)
        if address.act == PUBLIC:
            if to_login(answer) or answer.status_code in {401, 403, 404, 405} or (answer.status_code >= 500 and address.name != "readyz"):
                faults.append(fault(address, "nobody", OWN, answer, "an answer for everybody"))
        elif not (to_login(answer) or answer.status_code in {401, 403}):
            faults.append(fault(address, "nobody", OWN, answer, "302 to log-in, 401 or 403"))
    assert not faults, told(faults)


@pytest.mark.faults  # every address, method and place for each role: a minute of work, in the slower gate
@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_gets_exactly_what_the_policy_table_gives_it(world, role):
    """Own branch, sub-branch, sibling, parent, another region and another lender, for a role held in a branch."""
    faults = _faults(world, role, "B11", PLACES)
    assert not faults, told(faults)


@pytest.mark.parametrize("role", [Role.RISK_OFFICER.value, Role.AUDITOR.value, Role.SYSADMIN.value])
def test_a_role_held_in_a_region_reaches_its_branches_and_no_other_region(world, role):
    faults = _faults(world, role, "R1", (SIBLING, FAR), with_parts_only=True)
    assert not faults, told(faults)


def _faults(world: World, role: str, at: str, places: tuple[str, ...], *, with_parts_only: bool = False) -> list[str]:
    faults = []
    for address in addresses():
        if address.act == PUBLIC or (with_parts_only and not address.parts):
            continue
        allowed = role in roles_for(address.act)
        for place in places if allowed and address.parts else (OWN, SIBLING) if address.scoped else (OWN,):
            answer = ask(world, address, address.url(world, role, place), (role, at), **({} if allowed else PLAIN))
            if not allowed:
                refused = 401 if address.act == SIGNED else 403
                right, expected = answer.status_code == refused, str(refused)
            elif address.seen(role, at, place):
                right, expected = answer.status_code in FINE and not to_login(answer), "to be let in"
            else:
                right, expected = answer.status_code == 404, "404"
            if not right:
                faults.append(fault(address, role, place, answer, expected))
    return faults


@pytest.mark.parametrize("role", [Role.RISK_OFFICER.value, Role.ACCOUNT_MANAGER.value, Role.SYSADMIN.value])
def test_a_part_of_a_page_decides_as_the_page_does(world, role):
    faults = []
    for address in addresses():
        if address.method == "GET" and address.scoped:
            url = address.url(world, role, SIBLING)
            part, page = ask(world, address, url, (role, "B11"), **{"HX-Request": "true"}), ask(world, address, url, (role, "B11"))
            if part.status_code != page.status_code:
                faults.append(fault(address, role, SIBLING, part, str(page.status_code)))
    assert not faults, told(faults)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD"])
def test_other_methods_give_no_more_rights(world, method):
    faults = []
    for address in addresses():
        if address.method != "GET" or address.act == PUBLIC:
            continue
        other = Address(address.name, method, address.act, address.parts)
        outsider = next((role for role in Role if role not in roles_for(address.act)), None)
        if outsider is None:
            continue
        answer = ask(world, other, address.url(world, outsider, OWN), (outsider, "B11"), **PLAIN, **{"X-HTTP-Method-Override": "GET"})
        if answer.status_code not in {403, 405}:
            faults.append(fault(other, outsider, OWN, answer, "403 or 405"))
    assert not faults, told(faults)


def test_the_printed_matrix_is_the_one_in_the_code():
    with translation.override("en"):
        assert (ROOT / "docs" / "access.md").read_text(encoding="utf-8") == as_markdown(), (
            "write it anew: python manage.py access_matrix --markdown > docs/access.md"
        )


def test_the_system_administrator_opens_nothing_about_borrowers():
    book = {"loan.see", "borrower.see", "portfolio.see", "alert.see", "class.see", "task.see", "visit.see", "four_eyes.see", "visit.record"}
    assert [act for act in book if Role.SYSADMIN in roles_for(act)] == []


def test_no_address_is_left_out_of_the_policy():
    silent = [name for name, _route, pattern in all_routes() if acts_of(pattern, name) is None]
    assert silent == []
