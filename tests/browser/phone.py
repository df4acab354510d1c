"""A phone with a real browser and a folder of its own: what it keeps is there again when the browser was closed."""

import io
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, BrowserType, Page, expect

from tests.browser.cable import Cable
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.installation import Installation

SCREEN = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
PLACE = {"latitude": 31.3003, "longitude": 120.7002, "accuracy": 9}
SPEECH = "Seen and counted together with the storekeeper."
TYPED = {"date": ("input[type=date]", "2026-11-01"), "text": ("textarea", SPEECH), "signature": ("input.in", "Li Hua")}


def shot(seed: int, side: int = 900) -> bytes:
    """A JPEG as a camera writes it: noise does not shrink, so it has some hundred kilobytes."""
    picture = Image.effect_noise((side, side * 3 // 4), 60).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for n in range(9):
        x, y = (seed * 131 + n * 97) % (side - 200), (seed * 71 + n * 53 * (seed + 1)) % (side // 2)
        draw.rectangle((x, y, x + 90 + n * 9, y + 60 + n * 7), fill=((n * 40 + seed * 30) % 256, (n * 90) % 256, (seed * 70) % 256))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


class PocketPhone:
    """One person's phone; `online()` and `offline()` plug the network in and pull it out, for the page as for its worker."""

    def __init__(self, browsers: BrowserType, house: Installation, folder: Path) -> None:
        facts = json.loads(house.running())
        self.browsers, self.house, self.folder = browsers, house, folder
        self.password = json.loads((house.folder / "secrets.json").read_text())["demo_password"]
        self.cable = Cable(facts["address"])
        self.pictures: dict[str, bytes] = {}  # by point
        self.context: BrowserContext | None = None
        self.faults: list[str] = []
        self.is_offline = False
        self.open()

    def open(self) -> None:
        self.context = self.browsers.launch_persistent_context(
            str(self.folder), executable_path=CHROMIUM, args=FLAGS, base_url=self.cable.address, geolocation=PLACE, permissions=["geolocation"],
            locale="en-GB", timezone_id="Asia/Shanghai", **SCREEN,
        )  # fmt: skip
        self.context.set_offline(self.is_offline)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.listen(self.page)

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" and "Content Security" in m.text else None)

    def close(self) -> None:
        """The browser is closed as by a battery that dies: without a word to the page."""
        if self.context:
            with suppress(Exception):
                self.context.close()
        self.context = None

    def discard(self) -> None:
        self.close()
        self.cable.close()

    def offline(self) -> None:
        self.cable.unplug()
        self.is_offline = True
        if self.context:
            self.context.set_offline(True)

    def online(self, cut_after: int | None = None) -> None:
        self.cable.plug_in(cut_after)
        self.is_offline = False
        if self.context:
            self.context.set_offline(False)

    def log_in(self, name: str, page: Page | None = None) -> None:
        page = page or self.page
        page.goto("/accounts/login/?next=/m/")
        page.fill("[name=login]", name)
        page.fill("[name=password]", self.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/accounts/login" not in url)
        self.today(page)

    def today(self, page: Page | None = None) -> None:
        page = page or self.page
        page.goto("/m/")
        page.wait_for_selector("html[data-ready=yes]")

    def parcel(self) -> dict[str, Any]:
        answer = self.page.request.get("/m/parcel/", headers={"Accept": "application/json"})
        assert answer.ok, answer.text()
        return answer.json()

    def ready_for_offline(self) -> None:
        """Until the worker has kept the page and all its files."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => Boolean(navigator.serviceWorker.controller)")

    # Filling in ---------------------------------------------------------------------------------------------------------

    def begin(self, task: int) -> str:
        """Open the form of a task from the list; returns the phone's own name for the inspection."""
        page = self.page
        page.goto("/m/#/today")
        card = page.locator(f"section[data-task='{task}'] button.grow, section[data-task='{task}'] a.grow").first
        card.click()
        page.wait_for_url(lambda url: "#/form/" in url)
        return page.url.split("#/form/")[1].split("/")[0]

    def fill_section(self, points: list[dict[str, Any]], before: dict[str, Any], pictures: int) -> None:
        """Answer each point on show as a careful person would; what an answer asks for in addition is given as well."""
        for point in points:
            box = self.page.locator(f"#q-{point['code']}")
            if box.is_visible():
                self.answer(box, point, before, pictures)

    def answer(self, box: Any, point: dict[str, Any], before: dict[str, Any], pictures: int) -> None:
        code, kind = point["code"], point["kind"]
        if kind in {"yes_no", "choice"}:
            good = [o["value"] for o in point["options"] if o["value"] not in point["fails_when"] and o["value"] != "not_seen"]
            box.locator(f"label:has(input[value='{good[0]}'])").first.click()
        elif kind in {"number", "money", "percent"}:
            box.locator("input.num").first.fill(str(before.get(code) or point.get("prefill_value") or "60"))
        elif kind in TYPED:
            selector, text = TYPED[kind]
            box.locator(selector).first.fill(text)
        elif kind == "position":
            box.locator("button").first.click()
            box.locator(".num").first.wait_for()
        elif kind == "items":
            for field in box.locator(".item input").all():
                field.fill("12" if "num" in (field.get_attribute("class") or "") else "Bolts M8")
        elif kind in {"photo", "document"}:
            for _ in range(pictures):
                self.photograph(box, code, kind, len(self.pictures))

    def photograph(self, box: Any, code: str, what: str, seed: int) -> None:
        data = shot(seed)
        count = box.locator(".shot").count()
        box.locator(f"input[type=file][data-what={what}]").first.set_input_files({"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": data})
        expect(box.locator(".shot")).to_have_count(count + 1)
        self.pictures[f"{code}-{seed}"] = data

    def notes(self) -> None:
        """Say why where an answer asks for words."""
        for field in self.page.locator("section.cd .q textarea:visible").all():
            if not field.input_value():
                field.fill(SPEECH)

    def fill(self, task: dict[str, Any], sections: list[dict[str, Any]], client: str, *, first: int = 1, last: int | None = None, pictures: int = 1) -> None:
        for number, section in enumerate(sections, start=1):
            if first <= number <= (last or len(sections)):
                self.page.goto(f"/m/#/form/{client}/{number}")
                self.page.locator(f"nav.secs [aria-current=step][href$='/{number}']").wait_for()
                self.fill_section(section["points"], task["before"], pictures)
                self.notes()

    def hand_in(self, client: str) -> None:
        """The last page: position, conclusion, summary, signature, and the button."""
        page = self.page
        page.goto(f"/m/#/form/{client}/review")
        page.locator("#f-summary").fill(SPEECH)
        ends = page.locator("label:has(input[name=conclusion][value=no_problem])")
        if ends.count():
            ends.click()
        page.locator("#sign-inspector").fill("Chen Yifan")
        with suppress(Exception):
            page.locator("#position button:visible").click(timeout=1500)
        reason = page.locator("#position-reason")
        if reason.is_visible():
            reason.fill("The workshop stands behind the address.")
        page.locator(".nt.green").first.wait_for(timeout=10_000)
        page.locator("nav.act button.p").click()
        page.wait_for_url(lambda url: "#/sync" in url)

    def state(self, client: str) -> str | None:
        return self.page.locator(f"[data-sheet='{client}']").get_attribute("data-state")

    def wait_for_state(self, client: str, state: str, seconds: float = 45) -> None:
        self.page.goto("/m/#/sync")
        self.page.locator(f"[data-sheet='{client}'][data-state='{state}']").wait_for(timeout=seconds * 1000)

    def words(self) -> str:
        return self.page.locator("#app").inner_text()


def sections_of(parcel: dict[str, Any], task: dict[str, Any]) -> list[dict[str, Any]]:
    return [*parcel["templates"][str(task["template"])]["sections"], *task["extra_sections"]]


def processes_of(house: Installation) -> list[int]:
    """The processes that serve the pages of this installation, by its port; each was started by this test's own installation."""
    port = json.loads(house.running())["address"].rsplit(":", 1)[1].rstrip("/")
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                if "loanwatch.wsgi:application" in command and f"127.0.0.1:{port}" in command:
                    found.append(int(entry.name))
    return found


def kill_web(house: Installation) -> list[int]:
    """SIGKILL for every process that serves pages; the supervisor starts new ones."""
    gone = processes_of(house)
    for pid in gone:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
    return gone
