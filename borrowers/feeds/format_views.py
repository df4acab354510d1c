"""Formats of the lender: the list, the assistant that proposes one from a sample, and its approval by another person."""

import base64
import binascii
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from borrowers.feeds import assistant, own_formats
from borrowers.feeds.board import newest_date
from borrowers.feeds.forms import SampleForm
from borrowers.feeds.importer.formats import FOLDER, TARGETS
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import FormatVersion
from borrowers.feeds.preview import Preview, preview
from borrowers.feeds.sections import lender_of, tabs
from loanwatch.people.policy import Act

MOST_SAMPLE = 64 * 1024  # bytes of the sample that the pages hand on; cut at the end of a line
NO_SAMPLE: dict[str, Any] = {
    "NO_ENCODING": gettext_lazy("The file is text in none of UTF-8, GB18030 and CP949. Ask the sender how it is written."),
    "NO_TABLE": gettext_lazy("The file has no header line with at least two columns and a row below it."),
    "NO_HEADER": gettext_lazy("The first line is no header: a name is missing or stands twice, or no row has as many cells."),
}
STATES = {"draft": "yellow", "live": "green", "retired": "out"}


def formats(request: HttpRequest) -> HttpResponse:
    """Every format a file can be loaded with: the lender's own versions, then those that come with LoanWatch."""
    lender = lender_of(request)
    own = list(FormatVersion.objects.filter(lender=lender).select_related("made_by", "approved_by"))
    for version in own:
        version.tone = STATES[version.state]
    live = {version.name for version in own if version.state == FormatVersion.State.LIVE}
    shipped = [{"name": name, "overruled": name in live, "title": _title(name)} for name in own_formats.shipped()]
    context = {"tabs": tabs(request, "formats"), "own": own, "shipped": shipped, "may_keep": request.access.may(Act.FEED_KEEP)}
    return render(request, "borrowers/feeds/formats.html", context)


def _title(name: str) -> str:
    try:
        return own_formats.find(name).title
    except BadSpec:
        return (FOLDER / f"{name}.toml").name


def sample(request: HttpRequest) -> HttpResponse:
    """Choose a sample file; the answer is a proposed format with what the first rows would become."""
    form = SampleForm(request.POST or None, request.FILES or None, initial={"currency": lender_of(request).currency})
    if request.method == "POST" and form.is_valid():
        content = _head(form.cleaned_data["file"].read())
        try:
            made = assistant.propose(content, form.cleaned_data["name"], form.cleaned_data["currency"])
        except assistant.NoSample as fault:
            form.add_error("file", str(NO_SAMPLE[str(fault)]))
        else:
            return _edit(request, made, assistant.as_toml(assistant.as_spec(made)), content)
    return render(request, "borrowers/feeds/sample.html", {"form": form}, status=422 if request.method == "POST" else 200)


def _head(content: bytes) -> bytes:
    """The first 64 kB, to the end of a line."""
    if len(content) <= MOST_SAMPLE:
        return content
    return content[: content.rfind(b"\n", 0, MOST_SAMPLE) + 1] or content[:MOST_SAMPLE]


def save_draft(request: HttpRequest) -> HttpResponse:
    """Take over the table of columns, try the text, or keep the text as a draft, as the button pressed says."""
    name, currency, text = (request.POST.get(key, "") for key in ("name", "currency", "text"))
    try:
        content = base64.b64decode(request.POST.get("sample", ""), validate=True)[: MOST_SAMPLE + 1]
        made = assistant.propose(content, name, currency)
    except (binascii.Error, ValueError, assistant.NoSample):
        messages.error(request, _("The sample is not here any more. Choose it again."))
        return redirect("feeds:sample")
    _as_chosen(made, request.POST)
    what = request.POST.get("what", "")
    if what == "map":
        text = assistant.as_toml(assistant.as_spec(made))
    if what == "save":
        try:
            own_formats.draft(lender=lender_of(request), name=name, text=text, by=request.access)
        except BadSpec as fault:
            return _edit(request, made, text, content, str(fault), status=422)
        messages.success(request, _("The format is kept as a draft. Another person must approve it."))
        return redirect("feeds:formats")
    return _edit(request, made, text, content)


def _as_chosen(made: assistant.Proposal, said: Any) -> None:
    """Put what the person chose in the table over what was proposed."""
    if said.get("encoding") in made.encodings:
        made.encoding = said["encoding"]
    targets = {value for _group, pairs in _targets() for value, _text in pairs} | {"business_date", ""}
    for place, column in enumerate(made.columns):
        target, kind, written = (said.get(f"{key}-{place}") for key in ("target", "type", "format"))
        if target in targets:
            column.target = target
        if kind in {"text", "code", "int", "decimal", "date", "month"}:
            column.type = kind
        if written is not None and len(written) <= 20:
            column.format = written if column.type in {"date", "month"} else ""
    assistant.settle(made)


def _targets() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every field of every fact, by kind of fact."""
    return [(part, [(f"{part}.{name}", f"{part}.{name}") for name in fields]) for part, fields in TARGETS.items()]


def _edit(request: HttpRequest, made: assistant.Proposal, text: str, content: bytes, fault: str = "", *, status: int = 200) -> HttpResponse:
    lender = lender_of(request)
    shown = Preview()
    if not fault:
        try:
            shown = preview(own_formats.read_text(text, made.name), content, "sample.csv", newest_date(lender))
        except BadSpec as found:
            fault = str(found)
    context = {
        "made": made, "columns": list(enumerate(made.columns)), "text": text, "fault": fault, "preview": shown, "targets": _targets(),
        "sample": base64.b64encode(content).decode(), "types": ["text", "code", "int", "decimal", "date", "month"],
        "open_dates": [c for c in made.columns if c.ambiguous], "dates": [*assistant.DATES, *assistant.MONTHS],
    }  # fmt: skip
    return render(request, "borrowers/feeds/format_edit.html", context, status=status)


def format_version(request: HttpRequest, format_id: int) -> HttpResponse:
    """One version: its text, who made and who approved it, and the version in force."""
    found = get_object_or_404(FormatVersion.objects.select_related("made_by", "approved_by"), pk=format_id, lender=lender_of(request))
    draft, access = found.state == FormatVersion.State.DRAFT, request.access
    context = {
        "format": found, "tone": STATES[found.state],
        "in_force": FormatVersion.objects.filter(lender=found.lender, name=found.name, state="live").exclude(pk=found.pk).first(),
        "overrules": found.name in own_formats.shipped(),
        "may_approve": draft and access.may(Act.FORMAT_APPROVE, found),
        "own_draft": draft and access.may(Act.FORMAT_APPROVE) and not access.may(Act.FORMAT_APPROVE, found),
        "may_retire": access.may(Act.FEED_KEEP) if draft else found.state == FormatVersion.State.LIVE and access.may(Act.FORMAT_APPROVE, found),
    }  # fmt: skip
    return render(request, "borrowers/feeds/format.html", context)


def approve(request: HttpRequest, format_id: int) -> HttpResponse:
    """Put a draft in force."""
    found = get_object_or_404(FormatVersion, pk=format_id, lender=lender_of(request))
    own_formats.approve(format_id=found.pk, by=request.access)
    messages.success(request, _("The format is in force from the next file on."))
    return redirect("feeds:formats")


def retire(request: HttpRequest, format_id: int) -> HttpResponse:
    """Take a draft or a format in force out of use."""
    found = get_object_or_404(FormatVersion, pk=format_id, lender=lender_of(request))
    own_formats.retire(format_id=found.pk, by=request.access)
    messages.success(request, _("The format is out of use."))
    return redirect("feeds:formats")
