"""One installation with a small demo book, a real worker and a real Chromium for all browser tests of a run."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.installation import Installation

CHROMIUM = os.environ.get("LOANWATCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        sentence = "No Chromium was found: install it (Debian: apt-get install chromium) or point LOANWATCH_CHROMIUM at one."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@contextmanager
def standing(folder: Path) -> Iterator[Installation]:
    """`up --demo` in this folder, with 300 loans whose history is closed. LOANWATCH_AT names the state folder of one that is up already."""
    if at := os.environ.get("LOANWATCH_AT"):
        yield Installation(Path(at))
        return
    made = Installation(folder)
    made.folder.mkdir()
    process = made.start("up", "--demo", "--loans", "300", "--port", "18500")
    try:
        made.wait(lambda: process.poll() is not None or "http" in made.running(), 180)
        assert process.poll() is None, made.log("up")
        made.wait(lambda: not made.ask("SELECT 1 FROM trail_businessday WHERE state IN ('due', 'closing') LIMIT 1"), 240)
        yield made
    finally:
        made.stop(process)
        made.discard()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with standing(tmp_path_factory.mktemp("house") / "state") as made:
        yield made


class Visitor:
    """Somebody at a screen: logs in by name, and fails the test on a script error or a breach of the content policy."""

    def __init__(self, browser: Browser, house: Installation, **context: object) -> None:
        self.house = house
        facts = json.loads(house.running())
        self.address, self.password = facts["address"], json.loads((house.folder / "secrets.json").read_text())["demo_password"]
        self.context = browser.new_context(base_url=self.address, **context)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda m: self.faults.append(f"{self.page.url}: {m.text}") if self.is_fault(m) else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))

    @staticmethod
    def is_fault(message) -> bool:
        # A page that answers 404 or 422 on purpose, or a network switched off by the test, is noted by the browser as an error of its own.
        expected = ("the server responded with a status of", "ERR_INTERNET_DISCONNECTED")
        return message.type == "error" and not any(words in message.text for words in expected)

    def log_in(self, name: str) -> Page:
        self.context.clear_cookies()
        self.page.goto("/accounts/login/")
        self.page.fill("[name=login]", name)
        self.page.fill("[name=password]", self.password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/accounts/login" not in url)
        return self.page


@pytest.fixture
def visitor(browser: Browser, house: Installation) -> Iterator[Callable[..., Visitor]]:
    made: list[Visitor] = []

    def come(**context: object) -> Visitor:
        made.append(Visitor(browser, house, **context))
        return made[-1]

    yield come
    for person in made:
        person.context.close()
    assert [fault for person in made for fault in person.faults] == []


@pytest.fixture(scope="session")
def axe() -> str | None:
    """The axe-core script: from an npm folder named by AXE, or None where there is none."""
    folder = Path(os.environ.get("AXE", "node_modules/axe-core"))
    if not (folder / "axe.min.js").exists() and shutil.which("npm"):
        target = Path(os.environ.get("TMPDIR", "/tmp")) / "loanwatch-axe"
        subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(target), "axe-core@4"], capture_output=True, timeout=120, check=False)
        folder = target / "node_modules" / "axe-core"
    script = folder / "axe.min.js"
    return script.read_text() if script.exists() else None
