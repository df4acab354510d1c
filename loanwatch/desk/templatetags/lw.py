"""The words every template speaks: figures, dates, icons, links that keep the query string, and the components.

Registered as a builtin in the settings, so no template loads it. What needs arithmetic is a tag here and a template in
`templates/components/`; what is markup only is a plain include from the same folder.
"""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from loanwatch.desk import charts, formats, shapes

register = template.Library()

SEVERITY_ICONS = {
    "red": "f-alert-octagon",
    "orange": "f-alert-triangle",
    "yellow": "f-alert-square-rounded",
    "blue": "f-info-circle",
    "green": "check",
}
LEVELS = {"1": "yellow", "2": "orange", "3": "red"}  # as alerts store them
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
CLASS_TONES = ("green", "yellow", "orange", "red", "plum")


def severity_word(level: str) -> str:
    """The name of an alert's level in the reader's language."""
    words = {"red": _("Red"), "orange": _("Orange"), "yellow": _("Yellow"), "blue": _("Notice"), "green": _("Fine")}
    return words.get(level, level)


def class_word(tier: int) -> str:
    """The name of a class, 1 normal to 5 loss, in the reader's language."""
    return (_("Normal"), _("Special mention"), _("Substandard"), _("Doubtful"), _("Loss"))[tier - 1]


def level_of(value) -> str:
    """`red`, `orange`, `yellow`, `blue` or `green` for such a word, for 1 to 3 as alerts store it, or for an enum member of either."""
    word = str(getattr(value, "value", value)).lower()
    return LEVELS.get(word, word)


def tier_of(value) -> int | None:
    """1 to 5 for a number, for a word such as `special_mention`, or for a member of an enum of either; None when unknown."""
    value = getattr(value, "value", value)
    if isinstance(value, str) and not value.isdigit():
        word = value.lower().replace("-", "_").replace(" ", "_")
        return CLASSES.index(word) + 1 if word in CLASSES else None
    return int(value) if value and 1 <= int(value) <= 5 else None


# Figures and dates -------------------------------------------------------------------------------------------------------


@register.filter
def number(value, places=None):
    """`{{ 1284|number }}` is 1,284; `{{ rate|number:2 }}` keeps two decimals; nothing known is –."""
    return formats.number(value, None if places is None else int(places))


@register.filter
def money(value, currency=None):
    """`{{ loan.balance|money:loan.currency }}` is 10,500,000.00; won and yen have no decimals. No unit: the head names it."""
    return formats.money(getattr(value, "amount", value), getattr(value, "currency", currency))


@register.filter
def money_unit(value, currency=None):
    """`{{ amount|money_unit:"CNY" }}` is ¥10,500,000.00, for places where no head names the unit."""
    return formats.money_with_unit(getattr(value, "amount", value), getattr(value, "currency", currency) or "", get_language() or "en")


@register.filter
def money_short(value, currency=None):
    """`{{ total|money_short:"CNY" }}` is ¥4,826.4 M, in Chinese 48.26 亿元. `.value` and `.unit` with `{% short … as s %}`."""
    return formats.money_short(getattr(value, "amount", value), getattr(value, "currency", currency) or "", get_language() or "en")


@register.simple_tag
def short(value, currency):
    """`{% short total "CNY" as s %}{{ s.value }}{{ s.unit }}`: the short amount in two parts, for key figures."""
    return formats.money_short(value, currency, get_language() or "en")


@register.filter
def pct(value, places=2):
    """`{{ par30|pct }}`: a rate that is already in percent, 3.42%."""
    return formats.pct(value, int(places))


@register.filter
def share(value, places=1):
    """`{{ 0.184|share }}`: a part of one as percent, 18.4%."""
    return formats.share(value, int(places))


@register.filter
def signed(value, places=None):
    """A change with its sign: +0.24, −3.4, 0."""
    return formats.signed(value, None if places is None else int(places))


@register.filter
def counted(value, most=10000):
    """A count that stops counting: over `most` it is 10,000+."""
    return f"{formats.number(most)}+" if value is not None and value > int(most) else formats.number(value)


@register.filter
def nothing(value):
    """– for nothing known; 0 and False stay what they are."""
    return formats.NOTHING if value is None or value == "" else value


@register.filter
def day(value):
    """`{{ loan.matures_on|day }}` is 20 Nov 2026, in Chinese and Korean 2026-11-20."""
    return formats.day(_here(value), get_language())


@register.filter
def day_short(value):
    """20 Nov, in Chinese and Korean 11-20."""
    return formats.day_short(_here(value), get_language())


@register.filter
def month(value):
    """Nov 2026, in Chinese and Korean 2026-11."""
    return formats.month(_here(value), get_language())


@register.filter
def moment(value):
    """A point in time in the reader's zone: 20 Nov 2026, 17:40. A plain date is written as a day."""
    found = _here(value)
    return formats.moment(found, get_language()) if isinstance(found, datetime) else formats.day(found, get_language())


def _here(value):
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.filter
def initials(name):
    """The two signs in the circle of a person."""
    return formats.initials(str(name))


@register.filter
def lookup(mapping, key):
    """`{{ counts|lookup:branch.pk }}`: the value under a key, None when there is none."""
    return mapping.get(key) if mapping else None


# Icons and links ---------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name, size=16, cls=""):
    """`{% icon "alert-triangle" %}`, `{% icon "x" 14 %}`, `{% icon "f-alert-octagon" cls="sev-red" %}`; sizes 14, 16, 20, 24, 40."""
    classes = " ".join(c for c in ("ic", f"s{size}" if size != 16 else "", "fill" if name.startswith("f-") else "", cls) if c)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', classes, static("lw/icons.svg"), name)


@register.simple_tag(takes_context=True)
def url_with(context, **changes):
    """`?…` of this page with keys set, or removed by None or empty text: `{% url_with page=2 severity=None %}`."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        else:
            query[key] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def url_without(context, key, value=None):
    """`?…` of this page without a filter, or without one of its values; the page number is dropped as well."""
    query = context["request"].GET.copy()
    kept = [v for v in query.getlist(key) if value is not None and v != str(value)]
    query.setlist(key, kept)
    query.pop("page", None)
    return "?" + query.urlencode()


@register.inclusion_tag("components/sort_th.html", takes_context=True)
def sort_th(context, key, label, numeric=False, default="", cls=""):
    """A table head that sorts: `{% sort_th "balance" _("Balance, ¥") numeric=True default="-balance" %}`; reads and writes `?sort=`."""
    now = context["request"].GET.get("sort") or default
    direction = "ascending" if now == key else "descending" if now == f"-{key}" else ""
    # A first click shows the largest amount but the first name.
    target = key if direction == "descending" else f"-{key}" if direction == "ascending" or numeric else key
    url = url_with(context, sort=target, page=None)
    return {"label": label, "numeric": numeric, "direction": direction, "url": url, "cls": cls}


# Chips and marks ---------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/severity_chip.html")
def severity_chip(level, text=None):
    """Icon, tint and word of a level: `{% severity_chip alert.level %}`."""
    level = level_of(level)
    return {"level": level, "icon": SEVERITY_ICONS.get(level, "info-circle"), "text": text or severity_word(level)}


@register.inclusion_tag("components/severity_icon.html")
def severity_icon(level):
    """The filled icon alone, with the word for those who do not see it."""
    level = level_of(level)
    return {"level": level, "icon": SEVERITY_ICONS.get(level, "info-circle"), "text": severity_word(level)}


@register.inclusion_tag("components/class_chip.html")
def class_chip(value):
    """Five-step glyph and word of a risk class: `{% class_chip 2 %}` or `{% class_chip "special_mention" %}`."""
    tier = tier_of(value)
    return {"tier": tier, "tone": CLASS_TONES[tier - 1], "text": class_word(tier), "steps": range(1, 6)} if tier else {"tier": None}


@register.inclusion_tag("components/dpd_chip.html")
def dpd_chip(days):
    """Days past due, yellow from day 1, orange from 30, red from 90; nothing for a loan that is on time."""
    days = int(days or 0)
    text = ngettext("%(days)s day past due", "%(days)s days past due", days) % {"days": formats.number(days)}
    return {"days": days, "tone": "red" if days >= 90 else "orange" if days >= 30 else "yellow", "text": text}


@register.inclusion_tag("components/sla.html")
def sla(deadline, at):
    """The countdown to a deadline: `{% sla alert.deadline now %}`; two moments count minutes, two dates count days."""
    if not deadline:
        return {"state": None}
    left = shapes.countdown(deadline, at)
    icons = {"late": "clock-exclamation", "soon": "clock-hour-4", "ok": "clock"}
    return {"state": left.state, "icon": icons[left.state], "text": _countdown_words(left), "deadline": deadline}


def _countdown_words(left: shapes.Countdown) -> str:
    if left.dated:
        if left.over:
            return ngettext("%(days)s day over", "%(days)s days over", left.days) % {"days": left.days}
        if left.days <= 1:
            return _("today") if left.days == 0 else _("tomorrow")
        return ngettext("in %(days)s day", "in %(days)s days", left.days) % {"days": left.days}
    parts = {"days": left.days, "hours": left.hours, "minutes": left.minutes}
    if left.days:
        return (_("%(days)s d %(hours)s h over") if left.over else _("%(days)s d %(hours)s h")) % parts
    if left.over:
        return (_("%(hours)s h over") if left.hours else _("%(minutes)s min over")) % parts
    return (_("%(hours)s h %(minutes)s min") if left.hours else _("%(minutes)s min")) % parts


@register.inclusion_tag("components/eyes.html")
def eyes(first=None, second=None, first_done=False, second_done=False):
    """Two circles, who handled and who verified; dashed is missing, a green check is done. `first`, `second`: names or None."""
    people = [(str(first or ""), bool(first_done)), (str(second or ""), bool(second_done))]
    return {"people": people, "text": _eyes_words(people)}


def _eyes_words(people: list[tuple[str, bool]]) -> str:
    (first, first_done), (second, second_done) = people
    names = {"first": first, "second": second}
    if not first:
        return _("Not handled yet")
    if not first_done:
        return _("With %(first)s") % names
    if second and second_done:
        return _("Handled by %(first)s, verified by %(second)s") % names
    return (_("Handled by %(first)s, waiting for %(second)s") if second else _("Handled by %(first)s, second person missing")) % names


@register.inclusion_tag("components/person.html")
def person(name, detail="", url="", small=True):
    """Circle with initials and the name; `detail` stands below it."""
    return {"name": name, "detail": detail, "url": url, "small": small}


# Figures as pictures -----------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/kpi_tile.html")
def kpi_tile(label, value, unit="", url="", **parts):
    """A key figure. Also: `delta`, `mood` (good, bad, flat), `word` (better, worse, …), `values`, `threshold`, `note`, `severity`."""
    mood = parts.get("mood", "flat")
    drawn = shapes.spark(parts["values"], parts.get("threshold")) if parts.get("values") else None
    level = parts.get("severity")
    tile = {
        "label": label,
        "value": value,
        "unit": unit,
        "url": url,
        "mood": mood,
        "delta": parts.get("delta", ""),
        "word": parts.get("word", ""),
    }
    rising = not str(tile["delta"]).startswith(formats.MINUS)
    tile |= {"spark": drawn, "spark_bad": mood == "bad", "note": parts.get("note", ""), "rising": rising}
    return tile | {"level": level, "icon": SEVERITY_ICONS.get(str(level), "")}


@register.inclusion_tag("components/spark.html")
def spark(values, threshold=None, bad=False):
    """A sparkline as SVG: `{% spark loan.cover_history threshold=150 bad=True %}`; nothing when fewer than two are known."""
    return {"spark": shapes.spark(values or [], threshold), "spark_bad": bad}


@register.inclusion_tag("components/limit_bar.html")
def limit_bar(value, limit, floor=False, scale=None, wide=False):
    """A value against a limit as a bar with a tick; say the numbers beside it, the bar is hidden from screen readers."""
    return {"bar": shapes.limit_bar(value, limit, floor, scale), "wide": wide}


@register.filter
def heat(value):
    """The class of a heat cell by its share in percent: h0 to h7."""
    return f"h{shapes.heat(value)}"


@register.inclusion_tag("components/chart.html", takes_context=True)
def chart(context, kind, data, label, key="", height=196, legend=True):
    """A chart with its legend and table: `{% chart "stacked" ageing _("Overdue rose to 214 M") key="ageing" height=220 %}`."""
    context.render_context["lw_charts"] = context.render_context.get("lw_charts", 0) + 1
    key = key or f"chart-{context.render_context['lw_charts']}"
    plain = charts.prepared(kind, data)
    parts = {"kind": kind, "data": plain, "label": label, "key": key, "height": height}
    return parts | {"table": charts.table(kind, plain), "marks": charts.legend(kind, plain) if legend else []}


# Lists and forms ---------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context, page: Page, key="page"):
    """`1–50 of 213` and the two arrows: `{% pager page_obj %}`."""
    before = url_with(context, **{key: page.previous_page_number()}) if page.has_previous() else ""
    after = url_with(context, **{key: page.next_page_number()}) if page.has_next() else ""
    return {"page": page, "before": before, "after": after}


@register.inclusion_tag("components/filter_pill.html", takes_context=True)
def filter_pill(context, key, label, options, multiple=False):
    """A filter kept in the URL. `options`: pairs of value and label; `multiple` offers boxes instead of links."""
    chosen = context["request"].GET.getlist(key)
    pairs = [(str(v), text, str(v) in chosen) for v, text in options]
    others = [(k, v) for k, values in context["request"].GET.lists() if k not in {key, "page"} for v in values]
    links = [(url_with(context, **{key: v, "page": None}), text, on) for v, text, on in pairs]
    parts = {"key": key, "label": label, "options": pairs, "links": links, "multiple": multiple, "others": others}
    return parts | {"words": [text for _v, text, on in pairs if on], "clear": url_without(context, key)}


@register.inclusion_tag("components/field.html")
def field(bound, hint="", label="", phone=False):
    """A form field with label, hint and error, marked for screen readers: `{% field form.amount %}`."""
    widget = bound.field.widget
    kind = type(widget).__name__
    key = bound.auto_id
    spoken = " ".join(i for i in (f"{key}-hint" if hint or bound.help_text else "", f"{key}-error" if bound.errors else "") if i)
    attrs: dict[str, Any] = {"class": "ck" if kind == "CheckboxInput" else f"in{' err' if bound.errors else ''}{' t16' if phone else ''}"}
    if spoken:
        attrs["aria-describedby"] = spoken
    if bound.errors:
        attrs["aria-invalid"] = "true"
    choice = kind in {"RadioSelect", "CheckboxSelectMultiple"}
    parts = {"bound": bound, "key": key, "hint": hint or bound.help_text, "label": label or bound.label, "kind": kind, "choice": choice}
    return parts | {"widget": "" if choice else bound.as_widget(attrs=attrs), "errors": bound.errors}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form, focus=True):
    """What must change before the form can be saved, each a link to its field; takes the focus; nothing when there are no errors."""
    faults = [(f, f.errors) for f in form if f.errors]
    return {"faults": faults, "general": form.non_field_errors(), "count": len(faults), "focus": focus}


@register.inclusion_tag("components/notice.html")
def notice(level, text, title="", alert=False):
    """A sentence that must be read: level red, orange, yellow, blue or green. `alert` for faults that answer what was just done."""
    icons = SEVERITY_ICONS | {"green": "circle-check"}
    return {"level": level, "icon": icons.get(level, "f-info-circle"), "text": text, "title": title, "alert": alert}


@register.simple_tag
def demo_password():
    """The password of the demo's log-ins, empty outside the demo."""
    return getattr(settings, "DEMO_PASSWORD", "") if getattr(settings, "DEMO", False) else ""
