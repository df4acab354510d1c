"""The phone's own screens: used with one thumb and by everybody, light and dark, on a phone and on a desk, in three languages."""

import pytest

pytestmark = pytest.mark.browser
SCREENS = ["#/today", "#/tasks", "#/clients", "#/sync"]
SIZES = [{"width": 390, "height": 844}, {"width": 1440, "height": 900}]
LOOK = "only => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(found => found.violations.map(v => `${v.id} ${v.nodes[0].target}`))"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Everything a thumb must hit, and how high it is; links within a sentence are part of the text.
SMALL = """() => [...document.querySelectorAll('#app button, #app a.bt, #app input.in, #app textarea, #app .addp, #app .ans label, .nav5 a')]
  .filter(one => one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().height < 43.5 && !one.closest('.off'))
  .map(one => `${one.className} ${one.textContent}`)"""
WIDTH = "() => document.documentElement.scrollWidth - window.innerWidth"


def arrive(page, address: str) -> None:
    page.goto(f"/m/{address}")
    page.wait_for_selector("html[data-ready=yes]")
    page.wait_for_selector("#main h1")


def begin(page) -> str:
    """The form of the first visit that nobody has begun or that is begun on this phone."""
    arrive(page, "#/today")
    page.locator("section[data-task] .grow.bt").first.click()
    page.wait_for_url(lambda url: "#/form/" in url)
    return page.url.split("#")[1].rsplit("/", 1)[0]


def test_every_screen_can_be_used_by_everybody_with_one_thumb(visitor, axe):
    if axe is None:
        pytest.skip("axe-core could not be installed from npm; the accessibility check needs it.")
    person = visitor(
        viewport=SIZES[0],
        reduced_motion="reduce",
        geolocation={"latitude": 31.3, "longitude": 120.7, "accuracy": 9},
        permissions=["geolocation"],
    )
    page = person.log_in("manager")
    form = begin(page)
    found = []
    for address in [*SCREENS, *(f"#{form}/{part}" for part in ("1", "2", "review"))]:
        arrive(page, address)
        page.wait_for_timeout(300)
        page.evaluate(axe)
        for theme, only in (("light", STANDARDS), ("dark", {"type": "rule", "values": ["color-contrast"]})):
            page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
            found += [f"{address} {theme}: {fault}" for fault in page.evaluate(LOOK, only)]
        found += [f"{address} small: {one}" for one in page.evaluate(SMALL)]
        for size in SIZES:
            page.set_viewport_size(size)
            found += [f"{address} too wide at {size['width']}"] if page.evaluate(WIDTH) > 0 else []
        page.set_viewport_size(SIZES[0])
    assert found == []


@pytest.mark.parametrize(("code", "lang"), [("zh-hans", "zh-Hans"), ("ko", "ko")])
def test_the_language_changes_without_a_network(visitor, code, lang):
    person = visitor(viewport=SIZES[0])
    page = person.log_in("manager")
    arrive(page, "#/sync")
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => Boolean(navigator.serviceWorker.controller))")
    person.context.set_offline(True)
    page.locator(f"button[lang='{lang}']").click()
    page.wait_for_function("lang => document.documentElement.lang === lang", arg=lang)
    assert page.url.endswith("#/sync")
    person.context.set_offline(False)


def test_a_form_can_be_filled_in_by_keyboard_alone(visitor):
    person = visitor(viewport=SIZES[1], geolocation={"latitude": 31.3, "longitude": 120.7, "accuracy": 9}, permissions=["geolocation"])
    page = person.log_in("manager")
    form = begin(page)
    arrive(page, f"#{form}/1")
    page.locator("main .q input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('main .q input[type=radio]').checked")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('.act a.p')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/2"))
    page.wait_for_function("() => document.activeElement.id === 'main'")
