"""Every page of every role: no serious finding of axe, no breach of the content policy, no sideways scrolling on a phone."""

import pytest

from tests.browser.pages import DESK, addresses

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES = ["light", "dark"]


@pytest.mark.parametrize("role", list(DESK))
def test_every_page_can_be_used_by_everybody(role, visitor, axe):
    if axe is None:
        pytest.skip("axe-core could not be installed from npm; the accessibility check needs it.")
    person = visitor(viewport={"width": 1440, "height": 900}, bypass_csp=False)
    page = person.log_in(role)
    serious: list[str] = []
    for path in addresses(page, role):
        for theme in THEMES:
            person.context.add_cookies([{"name": "lw_theme", "value": theme, "url": person.address}])
            answer = page.goto(path)
            assert answer is not None and answer.status == 200, f"{role} {path}: {answer and answer.status}"
            page.evaluate(axe)
            result = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
            serious += [
                f"{role} {path} {theme}: {v['id']} {v['nodes'][0]['target']}" for v in result["violations"] if v["impact"] in {"serious", "critical"}
            ]
    assert serious == []


@pytest.mark.parametrize("role", list(DESK))
def test_no_page_scrolls_sideways_on_a_phone(role, visitor):
    person = visitor(viewport={"width": 390, "height": 844})
    page = person.log_in(role)
    wide = []
    for path in addresses(page, role):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append(f"{role} {path}: {width}")
    assert wide == []
