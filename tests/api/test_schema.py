"""The schema is served, complete and without a warning, and names every parameter an address takes."""

import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from loanwatch import api
from loanwatch.people.api import ListView


def test_the_schema_is_valid_and_has_no_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_whoever_is_logged_in_reads_the_schema(bank, get):
    answer = get(bank.agent, "schema/")
    assert answer.status_code == 200 and b"openapi" in answer.content


def test_every_declared_parameter_stands_in_the_schema_and_no_other():
    paths = {
        re.sub(r"{[^}]+}", "{}", path): told for path, told in SchemaGenerator().get_schema(request=None, public=True)["paths"].items()
    }
    for pattern in api.urlpatterns:
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        if view is None or not hasattr(view, "declared"):
            continue
        told = {p["name"] for p in paths[_path(pattern)]["get"].get("parameters", []) if p["in"] == "query"}
        assert told == view().declared(), pattern.name


@pytest.mark.parametrize("pattern", api.urlpatterns, ids=lambda p: p.name)
def test_every_list_has_bounded_pages_and_a_whitelist_for_ordering(pattern):
    view = getattr(pattern.callback, "cls", None)
    if view and issubclass(view, ListView):
        assert view.pagination_class.max_limit == 200 and view.ordering_names


def _path(pattern) -> str:
    return "/api/v1/" + re.sub(r"<[^>]+>", "{}", str(pattern.pattern))
