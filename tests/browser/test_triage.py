"""Fifty alerts triaged with the keyboard alone: acknowledged, noted, given away, selected in bulk, taken back, and read in the pane."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1440, "height": 900}}
NO_MOUSE = """for (const kind of ['mousedown', 'pointerdown', 'touchstart']) document.addEventListener(kind, () => { throw new Error('a pointer was used'); }, true)"""


def state_of(house, number: str) -> tuple:
    return house.ask(f"SELECT state, assigned_to_id IS NOT NULL FROM alerts_alert WHERE number = '{number}'")[0]


def test_an_officer_triages_fifty_alerts_by_keyboard_alone(visitor, house):
    page = visitor(**DESK).log_in("officer")
    page.add_init_script(NO_MOUSE)
    page.goto("/alerts/?state=open")
    rows = page.locator("tr[data-lw-row]")
    numbers = rows.evaluate_all("rows => rows.map(r => r.dataset.lwRow)")
    assert len(numbers) == 50, f"the demo book shows an officer {len(numbers)} new alerts"

    def row(number):
        return page.locator(f"tr[data-lw-row={number}]")

    def at(number):
        expect(row(number)).to_have_class(re.compile(r"\bcur\b"))
        expect(row(number).locator(".ttl")).to_be_focused()

    page.keyboard.press("j")
    if "cur" not in (row(numbers[0]).get_attribute("class") or ""):
        page.keyboard.press("k")
    at(numbers[0])
    for nth, number in enumerate(numbers[:46]):
        at(number)
        page.keyboard.press("a")
        expect(row(number).locator("[data-lw-result]")).to_contain_text("Done")
        at(number)  # the row was replaced: the focus stays
        if nth == 3:
            page.keyboard.press("u")
            expect(row(number).locator("[data-lw-result]")).to_contain_text("Taken back")
            assert state_of(house, number)[0] == "open"
            page.keyboard.press("a")
            expect(row(number).locator("[data-lw-result]")).to_contain_text("Done")
        page.keyboard.press("j")
    for number in numbers[46:]:
        at(number)
        page.keyboard.press("x")
        expect(row(number).locator(".ck")).to_be_checked()
        page.keyboard.press("ArrowDown")
    expect(page.locator("#triage-said")).to_have_text("This is the last row of the page.")
    page.keyboard.press("a")
    for number in numbers[46:]:
        expect(row(number).locator("[data-lw-result]")).to_contain_text("Done")
    assert {state_of(house, number)[0] for number in numbers} == {"acknowledged"}

    page.keyboard.press("a")  # once more: not done, with the reason in the row
    expect(row(numbers[49]).locator("[data-lw-result]")).to_contain_text("Not done:")


def test_the_other_keys_ask_open_filter_and_let_go(visitor, house):
    page = visitor(**DESK).log_in("officer")
    page.goto("/alerts/?state=open&state=acknowledged")
    first = page.locator("tr[data-lw-row]").first
    number = first.get_attribute("data-lw-row")
    link = page.locator(f"tr[data-lw-row={number}] .ttl")

    page.keyboard.press("Enter")
    expect(page.locator("#pane h2")).to_be_focused()
    expect(page.locator("#pane")).to_contain_text(number)
    page.keyboard.press("Escape")
    expect(link).to_be_focused()

    page.keyboard.press("g")
    expect(page.locator("#ask-assign select")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#ask-assign")).not_to_be_visible()
    expect(link).to_be_focused()
    before = state_of(house, number)
    page.keyboard.press("g")
    page.keyboard.press("Control+Enter")
    result = page.locator(f"tr[data-lw-row={number}] [data-lw-result]")
    expect(result).to_contain_text("Done")
    assert state_of(house, number)[1]
    page.keyboard.press("u")
    expect(result).to_contain_text("Taken back")
    assert state_of(house, number) == before

    page.keyboard.press("/")
    field = page.locator("[data-lw-filter]")
    expect(field).to_be_focused()
    page.keyboard.type("jaxhugs")  # letters that are keys elsewhere
    expect(field).to_have_value("jaxhugs")
    page.keyboard.press("Escape")
    expect(link).to_be_focused()

    page.keyboard.press("?")
    expect(page.locator("#lw-keys")).to_contain_text("Take the last step back")
    page.keyboard.press("Escape")
    for _ in range(60):  # no trap: Tab leaves the list
        page.keyboard.press("Tab")
    expect(link).not_to_be_focused()


def test_an_account_manager_notes_and_submits_by_keyboard(visitor, house):
    page = visitor(**DESK).log_in("manager")
    page.goto("/alerts/?state=open&state=acknowledged&grain=loan")
    number = page.locator("tr[data-lw-row]").first.get_attribute("data-lw-row")
    result = page.locator(f"tr[data-lw-row={number}] [data-lw-result]")
    page.keyboard.press("h")
    page.keyboard.press("Control+Enter")
    assert page.locator("#ask-note textarea").evaluate("e => !e.validity.valid"), "words are asked for"
    page.keyboard.type("Spoke to the owner; pays on Friday.")
    page.keyboard.press("Control+Enter")
    expect(result).to_contain_text("Done")
    page.keyboard.press("s")
    page.keyboard.type("Paid in full.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"tr[data-lw-row={number}]")).to_contain_text("Second check")
    assert state_of(house, number)[0] == "submitted"
