"""The face: how figures are written, what components say, and that nothing on a page needs what the policy forbids."""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from loanwatch.desk import charts, formats, shapes
from loanwatch.desk.styleguide import styleguide

TEMPLATES = sorted((settings.ROOT / "templates").rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="i-([^"]+)"', (settings.ROOT / "static/lw/icons.svg").read_text()))


def drawn(source: str, path: str = "/alerts/", **context) -> str:
    """The text a template makes, as a page at `path` would hold it."""
    return Template(source).render(Context({"request": RequestFactory().get(path), **context}))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- amounts, rates, dates ---


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("4826400000", "CNY", "en", "¥4,826.4 M"),
        ("4826400000", "CNY", "zh-hans", "48.26 亿元"),
        ("17200000", "CNY", "zh-hans", "1,720 万元"),
        ("917000000000", "KRW", "ko", "9,170억 원"),
        ("1100000", "CNY", "en", "¥1.10 M"),
        ("-750000", "USD", "en", "−$750 K"),
        ("8200.5", "CNY", "en", "¥8,200.50"),
        ("8200", "CNY", "zh-hans", "8,200 元"),
        ("0", "CNY", "en", "¥0"),
        (None, "CNY", "en", "–"),
    ],
)
def test_a_short_amount_is_said_as_bankers_of_the_language_say_it(amount, currency, language, text):
    assert str(formats.money_short(amount, currency, language)) == text


def test_a_tile_can_set_the_unit_apart_from_the_amount():
    short = formats.money_short(Decimal(4826400000), "CNY", "zh-hans")
    assert (short.value, short.unit) == ("48.26", "亿元")


def test_a_full_amount_has_the_decimals_of_its_currency_and_a_true_minus():
    assert formats.money("10500000", "CNY") == "10,500,000.00"
    assert formats.money(Decimal("917000000.4"), "KRW") == "917,000,000"
    assert formats.money("-4200", "CNY") == "−4,200.00"
    assert formats.money("-0.001", "CNY") == "0.00"


def test_half_a_cent_is_rounded_up_and_never_to_the_even_digit():
    assert formats.number("0.125", 2) == "0.13"
    assert formats.number("2.5", 0) == "3"


def test_nothing_known_is_a_dash_and_zero_is_a_zero():
    assert [formats.number(v) for v in (None, "", float("nan"), 0)] == ["–", "–", "–", "0"]
    assert drawn("{{ a|nothing }} {{ b|nothing }}", a=None, b=0) == "– 0"


def test_a_day_is_written_as_the_language_writes_it():
    day = date(2026, 11, 20)
    assert (formats.day(day, "en"), formats.day(day, "zh-hans"), formats.day(day, "ko")) == ("20 Nov 2026", "2026-11-20", "2026-11-20")
    with translation.override("ko"):
        assert drawn("{{ d|day }} {{ d|month }}", d=day) == "2026-11-20 2026-11"


def test_counts_over_ten_thousand_stop_counting():
    assert drawn("{{ a|counted }} {{ b|counted }}", a=10000, b=10001) == "10,000 10,000+"


@pytest.mark.parametrize(("name", "sign"), [("Chen Yifan", "CY"), ("王敏", "敏"), ("김서연", "연"), ("officer", "O"), ("", "?")])
def test_the_circle_of_a_person_holds_a_sign_that_fits(name, sign):
    assert formats.initials(name) == sign


# --- marks ---


@pytest.mark.parametrize(("level", "word"), [(3, "Red"), (2, "Orange"), (1, "Yellow"), ("blue", "Notice")])
def test_a_severity_is_said_by_word_and_shape_not_by_colour_alone(level, word):
    chip = drawn("{% severity_chip level %}", level=level)
    assert words(chip) == word and "#i-f-" in chip
    assert words(drawn("{% severity_icon level %}", level=level)) == word


def test_a_class_fills_as_many_steps_as_its_tier_whatever_way_it_is_given():
    for value in (3, "substandard", "Substandard"):
        chip = drawn("{% class_chip value %}", value=value)
        assert chip.count('class="on"') == 3 and words(chip) == "Substandard"
    assert words(drawn("{% class_chip value %}", value=None)) == "–"


def test_a_loan_that_is_on_time_carries_no_chip_of_days_past_due():
    assert words(drawn("{% dpd_chip 0 %}")) == ""
    assert words(drawn("{% dpd_chip 1 %}")) == "1 day past due"
    assert 'class="ch red"' in drawn("{% dpd_chip 90 %}")


def test_the_countdown_changes_its_words_as_the_deadline_comes_and_goes():
    now = datetime(2026, 11, 21, 8, tzinfo=UTC)
    lefts = (timedelta(days=1, hours=2), timedelta(minutes=134), timedelta(hours=-6), timedelta(minutes=-40))
    said = [words(drawn("{% sla d now %}", d=now + left, now=now)) for left in lefts]
    assert said == ["1 d 2 h", "2 h 14 min", "6 h over", "40 min over"]


def test_a_task_due_today_is_not_late_before_tomorrow():
    today = date(2026, 11, 20)
    said = [words(drawn("{% sla d today %}", d=today + timedelta(days=n), today=today)) for n in (-3, 0, 1, 4)]
    assert said == ["3 days over", "today", "tomorrow", "in 4 days"]
    assert shapes.countdown(today, today).state == "soon"


def test_the_two_circles_say_who_handled_and_who_verified():
    assert "Not handled yet" in drawn("{% eyes %}")
    assert "second person missing" in drawn('{% eyes "Li Na" "" True %}')
    assert "Handled by Li Na, verified by Wang Min" in drawn('{% eyes "Li Na" "Wang Min" True True %}')


# --- pictures ---


def test_a_sparkline_spans_the_box_and_draws_its_limit():
    spark = shapes.spark([1, None, 3], threshold=2)
    assert spark.line == "0.0,22.0 100.0,4.0" and spark.threshold == "13.0"


def test_one_known_figure_makes_no_line():
    assert shapes.spark([None, 4]) is None
    assert "<svg" not in drawn("{% spark values %}", values=[4])


def test_a_bar_turns_orange_near_its_limit_and_red_past_it():
    assert [shapes.limit_bar(v, 10).tone for v in (5, 9, 10, 11)] == ["", "orange", "orange", "red"]
    assert [shapes.limit_bar(v, 150, floor=True).tone for v in (200, 160, 144)] == ["", "orange", "red"]


def test_a_chart_carries_its_numbers_as_a_table_and_its_data_without_decimals():
    data = {"x": ["Oct", "Nov"], "unit": "¥M", "places": 1, "series": [{"name": "1–30", "values": [Decimal("57.25"), None]}]}
    html = drawn('{% chart "stacked" data "Overdue rose" key="ageing" %}', data=data)
    assert '<td class="n">57.3</td>' in html and '<td class="n">–</td>' in html
    assert '<script id="ageing" type="application/json">' in html and '"values": [57.25, null]' in html
    assert 'aria-label="Overdue rose"' in html


def test_the_parts_of_a_schedule_are_named_in_the_legend_and_in_the_table():
    data = {"x": ["Nov"], "paid": [0], "late": [750], "balance": [10500]}
    assert [name for _mark, name in charts.legend("schedule", data)] == ["Paid", "Overdue", "Balance, right axis"]
    assert charts.table("schedule", data)["rows"] == [("Nov", ["0", "750", "10,500"])]


# --- lists, links, forms ---


def test_links_keep_the_filters_of_the_page():
    assert drawn("{% url_with page=2 state=None %}", "/alerts/?level=3&level=2&state=open") == "?level=3&amp;level=2&amp;page=2"
    assert drawn("{% url_without 'level' 3 %}", "/alerts/?level=3&level=2&page=4") == "?level=2"


def test_a_head_that_sorts_says_so_and_turns_round_when_chosen_again():
    head = drawn('{% sort_th "due" "Deadline" %}', "/alerts/?sort=due&level=3")
    assert 'aria-sort="ascending"' in head and "sort=-due" in head and "level=3" in head
    assert "sort=-exposure" in drawn('{% sort_th "exposure" "Exposure" numeric=True %}')


def test_the_pager_says_where_the_page_stands():
    page = Paginator(range(213), 50).page(2)
    html = drawn("{% pager page %}", "/alerts/?page=2&level=3", page=page)
    assert words(html).startswith("51–100 of 213") and "?page=1&amp;level=3" in html and "?page=3&amp;level=3" in html


def test_a_filter_says_what_is_chosen_and_forgets_the_page_number():
    html = drawn('{% filter_pill "state" "State" options %}', "/alerts/?state=open&page=3", options=[("open", "New"), ("closed", "Closed")])
    assert "<b>New</b>" in html and "?state=closed" in html and "page=3" not in html


class AmountForm(forms.Form):
    amount = forms.DecimalField(label="Amount", help_text="In yuan.")


def test_a_wrong_field_says_what_is_wrong_to_everyone():
    form = AmountForm({"amount": "1.2.00"})
    field = drawn("{% field form.amount %}", form=form)
    assert 'aria-invalid="true"' in field and 'aria-describedby="id_amount-hint id_amount-error"' in field
    summary = drawn("{% error_summary form %}", form=form)
    assert 'role="alert"' in summary and 'href="#id_amount"' in summary and "1 field needs a change." in words(summary)


def test_the_demo_shows_its_password_and_a_bank_never_does(settings):
    settings.DEMO_PASSWORD = "made-up"
    settings.DEMO = True
    assert drawn("{% demo_password %}") == "made-up"
    settings.DEMO = False
    assert drawn("{% demo_password %}") == ""


# --- the whole face ---


def test_every_component_draws_in_every_language():
    for language in ("en", "zh-hans", "ko"):
        with translation.override(language):
            request = RequestFactory().get("/styleguide/")
            request.LANGUAGE_CODE = language
            html = styleguide(request).content.decode()
        assert f'<html lang="{"zh-Hans" if language == "zh-hans" else language}"' in html
        assert "48.26 亿元" in html and "9,170억 원" in html


def test_the_gallery_is_not_shown_in_production(settings):
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(Http404):
        styleguide(RequestFactory().get("/styleguide/"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(settings.ROOT)))
def test_no_template_needs_what_the_content_policy_forbids(path: Path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "style attributes are blocked"
    assert "<style" not in text
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "handlers in attributes are blocked"
    assert "hx-on" not in text and "js:" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), "scripts in the page are blocked"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(settings.ROOT)))
def test_every_icon_a_template_names_is_in_the_sprite(path: Path):
    named = set(re.findall(r'{% icon "([^"]+)"', path.read_text())) | set(re.findall(r'icon_name="([^"]+)"', path.read_text()))
    assert named <= SPRITE


def test_the_vendored_files_are_the_ones_that_were_checked():
    folder = settings.ROOT / "static/vendor"
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "SHA256SUMS"
    }
    assert found == sums


def test_nothing_the_browser_loads_comes_from_another_host():
    kept = [path for path in (settings.ROOT / "static/lw").rglob("*") if path.suffix in {".js", ".css", ".svg"}]
    for path in [*kept, *TEMPLATES]:
        hosts = set(re.findall(r"https?://([^/\s\"')]+)", path.read_text()))
        assert hosts <= {"www.w3.org"}, path
