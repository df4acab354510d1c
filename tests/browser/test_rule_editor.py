"""A rule written with the keyboard alone: suggestions, faults at their place, what it would fire on, rows, and the draft kept."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1440, "height": 900}}


def test_a_risk_officer_writes_a_rule_with_the_keyboard(visitor):
    page = visitor(**DESK).log_in("officer")
    page.goto("/rules/new/")
    text, suggestions, told = page.locator("#id_text"), page.locator("#rule-suggestions"), page.locator("#preview")
    text.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("red when days_past_d", delay=5)
    expect(suggestions.get_by_role("option").first).to_contain_text("days_past_due")
    expect(page.locator(".ac-more")).not_to_be_empty()
    page.keyboard.press("Enter")
    page.keyboard.type(">= 1 and risk_class = ")
    page.keyboard.press("Control+Space")
    expect(suggestions.get_by_role("option")).to_have_count(5)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert text.input_value() == "red when days_past_due >= 1 and risk_class = special_mention "
    expect(told).to_contain_text(re.compile(r"[1-9]\d* loans?"))

    page.keyboard.type("and ltw > 95%")
    page.keyboard.press("Escape")
    expect(page.locator("#rule-errors")).to_contain_text("Line 1, column 66: There is no field named “ltw”. Did you mean “ltv”?")
    expect(page.locator(".ed-under .wrong")).to_have_text("ltw")
    expect(told).to_contain_text("nothing is counted")
    for _ in range(len("and ltw > 95%")):
        page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    expect(page.locator("#rule-errors li")).to_have_count(0)

    page.locator("button[value=builder]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=red-field]").nth(1)).to_have_value("risk_class")
    page.locator("[name=red-value]").first.fill("2")
    expect(told).to_contain_text(re.compile(r"\d+ loans?"))
    page.fill("[name=name]", "Late and watched")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/")
    assert text.input_value() == "red when days_past_due >= 2 and risk_class = special_mention"
    expect(page.locator("main")).to_contain_text("Version 1, draft")
