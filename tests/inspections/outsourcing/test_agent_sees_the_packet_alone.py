"""An agency's agent asks every address there is, and learns nothing beyond what the visit needs."""

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from borrowers.loans.models import Loan
from borrowers.parties.models import Borrower
from loanwatch.people.models import Role
from loanwatch.people.routes import PUBLIC, acts_of, all_routes
from tests.loanwatch.people.makers import maker_of
from tests.loanwatch.people.world import COLLEAGUE, FAR, OWN, SIBLING, TODAY, World, open_world

pytestmark = pytest.mark.faults


@pytest.fixture
def world(db, settings, tmp_path) -> World:
    settings.MEDIA_ROOT = tmp_path
    made = open_world()
    for name, place in made.places.items():
        loan = place.things["loan"]
        Loan.objects.filter(pk=loan.pk).update(principal=7_654_321)
        Borrower.objects.filter(pk=loan.borrower_id).update(name=f"Weavers of {name}")
        loan.borrower.refresh_from_db()
    return made


def secrets_of(world: World) -> dict[str, str]:
    """What no agent may read, by what it is."""
    own = world.places[OWN].things
    found = {"amount": "7,654,321", "plain amount": "7654321", "loan number": own["loan"].number, "alert": own["alert"].number, "case": own["case"].number}
    found |= {"manager": world.places[OWN].bank.people["manager"].person.name, "staff number": world.places[OWN].bank.people["manager"].person.staff_no}
    for name in (COLLEAGUE, SIBLING, FAR):
        things = world.places[name].things
        found |= {f"{name} borrower": things["loan"].borrower.name, f"{name} loan": things["loan"].number, f"{name} agency": things["agency"].name}
    return found


def walk(world: World, role: str) -> dict[str, str]:
    """Every GET address with a thing of each place, as somebody of `role`: address -> body, where the answer was 200."""
    client = Client()
    client.force_login(world.account(role), backend="allauth.account.auth_backends.AuthenticationBackend")
    found: dict[str, str] = {}
    for name, _route, pattern in all_routes():
        act = (acts_of(pattern, name) or {}).get("GET")
        if act in {None, PUBLIC}:
            continue
        parts = tuple(pattern.pattern.regex.groupindex)
        for place in (OWN, COLLEAGUE, SIBLING, FAR) if parts else (OWN,):
            url = reverse(name, kwargs={part: maker_of(name, part).value(world.places[place], role) for part in parts})
            shown = client.get(url)
            if shown.status_code == 200:
                body = b"".join(shown.streaming_content) if shown.streaming else shown.content
                found[url] = body.decode("utf-8", "replace")
    return found


def test_no_address_tells_an_agent_more_than_the_packet(world):
    with override_settings(BUSINESS_DATE=TODAY.isoformat()):
        seen = walk(world, Role.FIELD_AGENT)
    assert len(seen) > 8, "the agent's own pages were opened"
    told = [(url, what) for url, body in seen.items() for what, words in secrets_of(world).items() if words in body]
    assert told == []


def test_the_walk_would_find_what_an_agent_must_not_read(world):
    with override_settings(BUSINESS_DATE=TODAY.isoformat()):
        seen = walk(world, Role.ACCOUNT_MANAGER)
    everything = "\n".join(seen.values())
    secrets = secrets_of(world)
    assert {what for what in ("amount", "loan number", "alert", "manager") if secrets[what] in everything} == {"amount", "loan number", "alert", "manager"}
