"""Pictures of every page, role, width, theme and language into `shots/`, with a sheet that shows them side by side.

Run from the checkout: `make shots`, or this file with options that narrow what is pictured. LOANWATCH_AT names the state
folder of an installation that is up; without it one with 300 loans is started and stopped again.
"""

import argparse
import html
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, Visitor, standing
from tests.browser.pages import DESK, addresses
from tests.installation import ROOT, Installation

WIDTHS = {1440: 900, 390: 844}
THEMES = ["light", "dark"]
LANGUAGES = ["en", "zh-hans", "ko"]
STYLE = """
body { font: 14px system-ui, sans-serif; margin: 24px; background: #f4f4f2; color: #222 }
section { margin-bottom: 32px } h2 { font-size: 16px } .row { display: flex; gap: 12px; overflow-x: auto; align-items: flex-start }
figure { margin: 0; flex: none } figcaption { font-size: 12px; margin-bottom: 4px } img { height: 420px; border: 1px solid #bbb; background: #fff }
.wide figcaption { color: #a00; font-weight: 600 }
"""


class Shot:
    """One picture: what it shows, and whether the page was wider than the screen."""

    def __init__(self, role: str, path: str, width: int, theme: str, language: str) -> None:
        self.role, self.path, self.width, self.theme, self.language = role, path, width, theme, language
        self.overflow = 0
        self.status = 0

    @property
    def file(self) -> str:
        place = re.sub(r"[^A-Za-z0-9]+", "-", self.path).strip("-") or "home"
        return f"{self.role}/{place}.{self.width}.{self.theme}.{self.language}.png"

    @property
    def caption(self) -> str:
        words = [str(self.width), self.theme, self.language]
        words += [f"status {self.status}"] if self.status != 200 else []
        words += [f"{self.overflow} px wide"] if self.overflow else []
        return " · ".join(words)

    def take(self, page: Page, folder: Path) -> None:
        answer = page.goto(self.path)
        self.status = answer.status if answer else 0
        width = page.evaluate("document.documentElement.scrollWidth")
        self.overflow = width if width > self.width else 0
        target = folder / self.file
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target, full_page=True)


def shoot(browser: Browser, house: Installation, choice: argparse.Namespace, folder: Path) -> Iterator[Shot]:
    """Takes the chosen pictures; each role logs in once."""
    for role in choice.role:
        person = Visitor(browser, house, viewport={"width": 1440, "height": 900})
        page = person.log_in(role)
        paths = [path for path in addresses(page, role) if not choice.page or re.search(choice.page, path)]
        for width in choice.width:
            page.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
            for theme in choice.theme:
                for language in choice.lang:
                    cookies = {"lw_theme": theme, "django_language": language}
                    person.context.add_cookies([{"name": name, "value": value, "url": person.address} for name, value in cookies.items()])
                    for path in paths:
                        shot = Shot(role, path, width, theme, language)
                        shot.take(page, folder)
                        yield shot
        for fault in person.faults:
            print(f"{role}: {fault}", file=sys.stderr)
        person.context.close()


def write_sheet(shots: list[Shot], folder: Path) -> Path:
    """The contact sheet: a row for each page of each role, its pictures beside each other."""
    rows: dict[tuple[str, str], list[Shot]] = {}
    for shot in shots:
        rows.setdefault((shot.role, shot.path), []).append(shot)
    parts = [f"<!doctype html><meta charset='utf-8'><title>LoanWatch: every page</title><style>{STYLE}</style><h1>Every page</h1>"]
    for (role, path), taken in rows.items():
        figures = "".join(
            f"<figure class='{'wide' if shot.overflow or shot.status != 200 else ''}'><figcaption>{html.escape(shot.caption)}</figcaption>"
            f"<a href='{shot.file}'><img src='{shot.file}' alt='' loading='lazy'></a></figure>"
            for shot in taken
        )
        parts.append(f"<section><h2>{html.escape(role)} · {html.escape(path)}</h2><div class='row'>{figures}</div></section>")
    sheet = folder / "index.html"
    sheet.write_text("\n".join(parts))
    return sheet


@contextmanager
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="loanwatch-shots-") as place, standing(Path(place) / "state") as house:
        yield house


def chosen(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of every page into shots/.")
    parser.add_argument("--role", nargs="+", choices=list(DESK), default=list(DESK))
    parser.add_argument("--lang", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--width", nargs="+", type=int, default=list(WIDTHS), help="widths of the screen in pixels")
    parser.add_argument("--page", help="only pages whose address matches this regular expression")
    parser.add_argument("--into", type=Path, default=ROOT / "shots", help="folder of the pictures")
    return parser.parse_args(arguments)


def main() -> None:
    choice = chosen()
    if CHROMIUM is None:
        raise SystemExit("No Chromium was found: install it (Debian: apt-get install chromium) or point LOANWATCH_CHROMIUM at one.")
    with installation() as house, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        shots = []
        for shot in shoot(browser, house, choice, choice.into):
            shots.append(shot)
            print(f"{shot.file}  {shot.caption}", flush=True)
        browser.close()
    print(f"{len(shots)} pictures: {write_sheet(shots, choice.into)}")


if __name__ == "__main__":
    main()
