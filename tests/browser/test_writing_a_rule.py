"""The story of one warning rule: written, looked at, back-tested, approved by somebody else, and firing the next day.

It closes a day ahead of the calendar, after which visits of today are no longer taken: it stands last of the browser tests by its name.
"""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1440, "height": 900}}
CODE, NEXT_DAY = "OWN-900", "2026-11-23"


def write(page: Page) -> None:
    page.goto("/rules/new/")
    page.fill("[name=code]", CODE)
    page.fill("[name=name]", "A demand is a day late and much is outstanding")
    page.fill("#id_text", "red when days_past_due >= 1 and outstanding >= 100000")
    expect(page.locator("#preview")).to_contain_text(re.compile(r"[1-9]\d* loans?"))
    page.fill("[name=why]", "A large loan that is late costs more than ten small ones.")
    page.fill("[name=look_at]", "Ask where the next instalment comes from.")
    page.fill("[name=basis]", "Credit committee, minutes of 20 November 2026.")
    page.get_by_role("button", name="Save draft").first.click()
    page.wait_for_url(f"**/rules/{CODE}/edit/")


def back_test(page: Page) -> None:
    page.goto(f"/rules/{CODE}/backtest/")
    page.locator("main form[method=post] button.p").first.click()
    page.wait_for_url(re.compile(r"/rules/backtests/\d+/"))
    expect(page.locator("main")).to_contain_text("Base rate", timeout=60_000)


def status_of_approving(page: Page) -> int:
    """What the server answers to somebody who posts the approval although no page offers it."""
    return page.evaluate(
        """async url => (await fetch(url, {method: 'POST', redirect: 'manual', headers: {
             'X-CSRFToken': document.querySelector('[name=csrfmiddlewaretoken]').value, 'Content-Type': 'application/x-www-form-urlencoded'},
             body: 'valid_from=2026-11-23'})).status""",
        f"/rules/{CODE}/versions/1/approve/",
    )


def test_a_rule_is_written_by_one_approved_by_another_and_fires_the_next_day(house, visitor):
    page = visitor(**DESK).log_in("officer")
    write(page)
    back_test(page)
    page.goto(f"/rules/{CODE}/versions/1/")
    page.get_by_role("button", name="State that it is complete").click()
    expect(page.locator("main")).to_contain_text("Checked")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert status_of_approving(page) == 403

    page = visitor(**DESK).log_in("credit")
    page.goto("/rules/waiting/")
    page.get_by_role("link", name=re.compile(CODE)).or_(page.get_by_role("link", name="A demand is a day late")).first.click()
    expect(page.locator("[name=valid_from]")).to_have_value(NEXT_DAY)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("23 Nov 2026")

    house.run("run_day", NEXT_DAY, "--without-feeds", "the story goes on")
    page = visitor(**DESK).log_in("officer")
    page.goto(f"/alerts/?rule={CODE}")
    expect(page.locator("main")).to_contain_text("A demand is a day late and much is outstanding")
    ((opened,),) = house.ask(f"SELECT count(*) FROM alerts_alert a JOIN alerts_rule r ON r.id = a.rule_id WHERE r.code = '{CODE}' AND a.opened_on = '{NEXT_DAY}'")
    assert opened > 0
