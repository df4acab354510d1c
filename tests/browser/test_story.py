"""The story of one inspection, told by the people in it: task, visit with photo, blind verification, return, second attempt, confirmation."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parent.parent.parent / "docs" / "images"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1440, "height": 900}}


def photo(words: str) -> dict:
    """A picture that a camera might have taken, unlike any other of the test."""
    picture = Image.new("RGB", (800, 600), (90, 110, 120))
    draw = ImageDraw.Draw(picture)
    for n, sign in enumerate(words):
        draw.rectangle((n * 40, ord(sign) * 4 % 500, n * 40 + 30, 590), fill=(ord(sign) * 7 % 255, 90, n * 16 % 255))
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


def answer_everything(page: Page, words: str, *, photos: bool) -> None:
    """Answers every question of the open page as a careful person would: yes, the first choice, a number, a sentence, a photo."""
    for group in page.locator("fieldset:visible:has(input[type=radio])").all():
        chosen = group.locator("label.y")
        (chosen.first if chosen.count() else group.locator("label").first).click()
    for field in page.locator("input.num[name^='a-']:visible").all():
        if not field.input_value():
            field.fill("12")
    for field in page.locator("textarea[name^='a-']:visible").all():
        field.fill(words)
    page.evaluate("document.querySelectorAll('details[data-lw-note]').forEach(note => { note.open = true })")
    for field in page.locator("textarea[name^='n-']:visible").all():
        field.fill(words)
    if photos:
        for shots in page.locator("[data-lw-shots]:visible").all():
            if not shots.locator("img").count() and not shots.locator("xpath=ancestor::details").count():
                shots.locator("input[type=file]").set_input_files(photo(words))
                shots.locator("img").first.wait_for()


def record(page: Page, words: str) -> None:
    """Walks through the sections of the phone form and submits it."""
    while True:
        answer_everything(page, words, photos=True)
        page.wait_for_load_state("networkidle")
        page.reload()  # what an answer asks for in addition stands there now
        answer_everything(page, words, photos=True)
        before = page.url
        page.locator(".act button.p").click()
        page.wait_for_url(lambda url, before=before: url != before)
        if "/review/" in page.url:
            break
    reason = page.locator("[name=position_reason]")
    if reason.count():
        reason.fill("Indoors, no signal.")
    if page.locator("input[name=conclusion][value=no_problem]").count():
        page.locator("label:has(input[name=conclusion][value=no_problem])").click()
    elif page.locator("select[name=conclusion]").count():
        page.select_option("select[name=conclusion]", "no_problem")
    page.fill("[name=summary]", words)
    page.locator(".act button.p").click()
    page.wait_for_url(re.compile(r"/m/list/$|/inspections/visits/"))


def confirmed_visits(page: Page, manager: str) -> int:
    """How many inspections of `manager` the branch head's page counts as confirmed."""
    page.goto("/portfolio/")
    row = page.locator("tbody tr", has=page.locator("[data-confirmed]"), has_text=manager)
    return int(row.locator("[data-confirmed]").inner_text().split("/")[0].replace(",", ""))


def own_view(page: Page, words: str) -> None:
    if not page.locator("input[name=step][value=own]").count():  # the sealed number asks for an own visit
        page.fill("[name=reason]", "The road is closed.")
        page.locator("form:has(input[name=step][value=stay]) button").click()
        page.locator("input[name=step][value=own]").wait_for(state="attached")
    answer_everything(page, words, photos=False)
    if page.locator("input[name=conclusion][value=no_problem]").count():
        page.locator("label:has(input[name=conclusion][value=no_problem])").click()
    else:
        page.select_option("select[name=conclusion]", "no_problem")
    page.fill("[name=summary]", words)
    page.locator("button.p.w").click()
    page.locator("form#decision").wait_for()


def picture(page: Page, name: str, keep: bool) -> None:
    if keep:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


def test_an_inspection_is_made_returned_made_again_and_confirmed_by_another_person(visitor, house, request):
    import os

    keep = bool(os.environ.get("LOANWATCH_PICTURES"))
    manager, officer, head = visitor(**PHONE), visitor(**DESK), visitor(**DESK)
    name = house.ask("SELECT p.name FROM people_account a JOIN people_person p ON p.id = a.person_id WHERE a.username = 'manager'")[0][0]
    portfolio = head.log_in("head")
    before = confirmed_visits(portfolio, name)
    page = manager.log_in("manager")
    page.goto("/m/list/")
    picture(page, "phone-today", keep)
    page.locator("form[action*='/m/tasks/'] button").first.click()
    page.wait_for_url(re.compile(r"/m/visits/\d+/"))
    picture(page, "phone-inspection", keep)
    record(page, "Stock and orders seen, workshop running at two shifts.")
    visit = house.ask("SELECT max(id) FROM inspections_visit WHERE state = 'submitted'")[0][0]

    desk = officer.log_in("officer")
    desk.goto(f"/inspections/visits/{visit}/")
    assert "Stock and orders seen" not in desk.content(), "the officer saw the manager's words before recording an own view"
    desk.goto("/four-eyes/")
    desk.goto(f"/four-eyes/{visit}/")
    assert "Stock and orders seen" not in desk.content()
    own_view(desk, "The account shows fewer receipts than orders.")
    assert "Stock and orders seen" in desk.content()
    picture(desk, "four-eyes", keep)
    reason = desk.locator("[name=reason]")
    decide(desk, reason, "return")

    page.goto("/m/list/")
    page.locator("section", has_text=re.compile("Returned")).locator("form[action*='/m/tasks/'] button").first.click()
    page.wait_for_url(re.compile(r"/m/visits/\d+/"))
    record(page, "Counted the stock again with the storekeeper; receipts of May explained.")
    second = house.ask(f"SELECT max(id) FROM inspections_visit WHERE state = 'submitted' AND id > {visit}")[0][0]

    desk.goto(f"/four-eyes/{second}/")
    own_view(desk, "Receipts explained by a late customer.")
    decide(desk, None, "confirm")
    states = house.ask(f"SELECT state, recorded_by_id <> coalesce(verified_by_id, 0) FROM inspections_visit WHERE id IN ({visit}, {second}) ORDER BY id")
    assert states == [("returned", True), ("verified", True)]
    assert confirmed_visits(portfolio, name) == before + 1
    picture(portfolio, "portfolio", keep)


def decide(desk: Page, reason, decision: str) -> None:
    """Gives what the decision form asks for and decides."""
    if reason is not None and reason.count():
        if reason.first.evaluate("e => e.tagName") == "SELECT":
            desk.select_option("[name=reason]", index=1)
        elif reason.first.get_attribute("type") == "radio":
            desk.locator("label:has(input[name=reason])").first.click()
        else:
            reason.fill("The receipts of May do not fit the orders.")
    desk.fill("[name=explanation]", "The account shows fewer receipts than the orders promise.")
    before = desk.url
    desk.locator(f"button[form=decision][value={decision}]").first.click()
    desk.wait_for_url(lambda url: url != before)
