"""The phone's JavaScript and the server's Python judge an inspection form alike: both are run against the same table of cases."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "inspections" / "checklists" / "cases.json").read_text())

JUDGE = """async told => {
  const rules = await import('/rules.js');
  return told.map(one => {
    const asked = {};
    rules.shown(one.points, one.said).forEach(point => {
      const needs = [...rules.needs(point, one.said[point.code] || {}, (one.before || {})[point.code])].sort();
      if (needs.length) { asked[point.code] = needs; }
    });
    const standing = rules.progress(one.points, one.said);
    return {
      name: one.name, shown: rules.shown(one.points, one.said).map(point => point.code), needs: asked,
      missing: rules.missing(one.points, one.said, one.before), progress: [standing.answered, standing.total],
      score: rules.score(one.points, one.said).percent,
    };
  });
}"""
READ = """async told => {
  const { readAnswer, BadAnswer } = await import('/figures.js');
  return told.map(one => {
    try { return { value: readAnswer(one.point, one.typed) }; } catch (error) {
      if (!(error instanceof BadAnswer)) { throw error; }
      return { error: error.code };
    }
  });
}"""


@pytest.fixture
def phone(browser: Browser) -> Page:
    """An empty page at an address of its own, where the two modules without ties to a page can be loaded."""
    context = browser.new_context()
    page = context.new_page()

    def serve(route):
        name = route.request.url.rsplit("/", 1)[-1]
        if name in {"rules.js", "figures.js"}:
            route.fulfill(body=(ROOT / "static" / "lw" / "phone" / name).read_text(), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>Rules</title>", content_type="text/html")

    page.route("**/*", serve)
    page.goto("https://phone.test/")
    yield page
    context.close()


def test_the_phone_shows_asks_misses_and_scores_as_the_server_does(phone):
    told = phone.evaluate(JUDGE, CASES["form"])
    wanted = [{key: case[key] for key in ("name", "shown", "needs", "missing", "progress", "score")} for case in CASES["form"]]
    assert told == wanted
    assert len(told) > 20


def test_the_phone_reads_what_was_typed_as_the_server_does(phone):
    told = phone.evaluate(READ, CASES["reading"])
    wanted = [{"error": case["error"]} if "error" in case else {"value": case["value"]} for case in CASES["reading"]]
    assert [(case, found) for case, found, right in zip(CASES["reading"], told, wanted, strict=True) if found != right] == []
