"""An inspection and its verification, in plain words for paper. The caller has made sure that the reader may see them."""

import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from borrowers.parties.models import Borrower
from inspections.four_eyes.models import Settlement, Verification
from inspections.four_eyes.queries import SideBySide, side_by_side
from inspections.visits.models import Photo, Signature, Visit
from inspections.visits.queries import Question, Sheet, in_language, sheet_of
from loanwatch.desk import formats
from loanwatch.people.access import Access
from loanwatch.people.policy import Act

WIDEST = 900  # pixels of a picture on paper; the files as they came are kept beside the record
FIGURES = ("number", "money", "percent")
PICTURES = ("photo", "document", "signature")
Pictures = dict[str, bytes]


def head(title: str, number: str, access: Access, branch: str, as_of: date | None) -> dict[str, Any]:
    """What stands above and below every page."""
    language = get_language() or "en"
    person = access.person
    return {
        "lender": person.lender.name if person and person.lender else "", "branch": branch, "title": title, "number": number,
        "as_of": formats.day(as_of, language) if as_of else "", "printed_by": person.name if person else access.account.username,
        "printed_at": formats.moment(timezone.localtime(), language),
        "words": {"page": pgettext("foot of a printed page", "Page"), "as_of": _("As of"), "printed_by": _("Printed by")},
    }  # fmt: skip


def report_of(visit: Visit, access: Access) -> tuple[dict[str, Any], Pictures]:
    """One inspection with its verification, and the pictures by file name."""
    sheet = sheet_of(visit, masked=not access.may(Act.LOAN_SEE))
    pictures: Pictures = {}
    settled, told = _deciders(visit, access)
    decided = told[0] if told else None
    view = side_by_side(visit, decided) if decided else None
    data = head(_("Inspection report"), visit.task.number, access, visit.branch.name, visit.visited_on)
    data |= {
        "borrower": visit.task.borrower.name, "facts": _facts(visit, access), "sections": _sections(sheet, view, visit.loan.currency),
        "heads": _heads(visit, decided), "compared": view is not None, "conclusion": _conclusion(visit), "verification": _verification(visit, told, settled, view),
        "photos": _photos(sheet, pictures), "photos_title": _("Pictures"), "signatures": _signatures(visit, sheet, told, settled, pictures),
        "signatures_title": _("Signatures"), "seal": _seal(visit, decided),
    }  # fmt: skip
    return data, pictures


def _deciders(visit: Visit, access: Access) -> tuple[Settlement | None, list[Verification]]:
    """The settlement, and the verifications with the one that counts first. None of them while another person's decision is awaited."""
    if visit.state not in {Visit.State.RETURNED, Visit.State.VERIFIED} or not access.may(Act.LOAN_SEE):
        return None, []
    settled = Settlement.objects.filter(visit=visit).select_related("person").first()
    told = list(visit.verifications.exclude(decision="").select_related("officer").order_by("-decided_at"))
    if settled:
        told.sort(key=lambda one: one.decision != settled.outcome)
    return settled, told


def _facts(visit: Visit, access: Access) -> list[list[str]]:
    language = get_language() or "en"
    told = [[_("Kind"), visit.task.get_kind_display()], [_("Form"), f"{in_language(visit.template.name)} ({visit.template})"]]
    if access.may(Act.LOAN_SEE):
        amount = formats.money_with_unit(visit.loan.principal, visit.loan.currency, language)
        told += [[_("Loan"), visit.loan.number], [_("Amount lent"), amount]]
    told += [
        [_("Address"), visit.task.borrower.address], [_("Visited on"), formats.day(visit.visited_on, language)],
        [_("Recorded by"), visit.recorded_by.name], [_("Received on the server"), _moment(visit.submitted_at)],
        [_("Place"), _place(visit)], [_("State"), visit.get_state_display()],
    ]  # fmt: skip
    if visit.position_reason:
        told.append([_("Why the position is missing or far away"), visit.position_reason])
    return told


def _moment(at: datetime | None) -> str:
    return formats.moment(timezone.localtime(at), get_language() or "en") if at else formats.NOTHING


def _place(visit: Visit) -> str:
    if visit.latitude is None or visit.longitude is None:
        return _("No position was taken")
    where = f"{visit.latitude:.5f}, {visit.longitude:.5f}"
    if visit.distance is None:
        return where
    return _("%(where)s, %(metres)s m from the address, ±%(accuracy)s m") % {
        "where": where, "metres": formats.number(visit.distance), "accuracy": formats.number(visit.accuracy),
    }  # fmt: skip


def answer_words(question: Question, currency: str) -> str:
    """An answer as it is read on paper; nothing answered is a dash."""
    if question.kind in PICTURES and question.value is None:
        return formats.number(len(question.photos))
    if question.value is None:
        return formats.NOTHING
    if question.kind == "money":
        return formats.money_with_unit(question.value, currency, get_language() or "en")
    if question.kind == "percent":
        return f"{formats.number(question.value)}%"
    return formats.number(question.value) if question.kind == "number" else question.answer_label


def _heads(visit: Visit, decided: Verification | None) -> list[str]:
    point = pgettext("column of an inspection report", "Point")
    if decided is None:
        return [point, visit.recorded_by.name]
    return [point, visit.recorded_by.name, decided.officer.name, _("Result")]


def _results() -> dict[str, str]:
    return {"same": _("Same"), "differs": _("Differs"), "material": _("Material"), "one_sided": formats.NOTHING}


def _sections(sheet: Sheet, view: SideBySide | None, currency: str) -> list[dict[str, Any]]:
    beside = {row.question.code: row for row in view.rows} if view else {}
    words = _results()
    found = []
    for section in sheet.sections:
        rows = []
        for question in section.questions:
            if not question.shown:
                continue
            told: dict[str, Any] = {"label": f"{question.number} {question.label}", "said": answer_words(question, currency), "note": question.note}
            told |= {"signal": question.signal if question.failed else "", "own": "", "own_note": "", "result": "", "result_words": ""}
            if row := beside.get(question.code):
                change = f" {formats.signed(row.percent, 0)}%" if row.percent else ""
                told |= {"own": answer_words(row.own, currency), "own_note": row.own.note, "result": row.result, "result_words": words[row.result] + change}
            rows.append(told)
        if rows:
            found.append({"title": section.title, "rows": rows})
    return found


def _conclusion(visit: Visit) -> dict[str, str]:
    return {"title": _("Conclusion"), "said": visit.get_conclusion_display() or formats.NOTHING, "words": visit.summary}


def _verification(visit: Visit, told: list[Verification], settled: Settlement | None, view: SideBySide | None) -> dict[str, Any]:
    """The second pair of eyes, a second officer and the third person where there were any; where nobody has decided yet, that is said."""
    title = _("Verification")
    if not told or view is None:
        return {"title": title, "facts": [], "words": _("The verification of this inspection is not finished yet.") if visit.state == "submitted" else ""}
    counts = _("%(differing)s of %(total)s points differ, %(material)s of them materially.") % {
        "differing": view.differing, "total": view.total, "material": view.material,
    }  # fmt: skip
    facts, words = [], [counts]
    for decided in told:
        facts += [
            [_("Verified by"), decided.officer.name], [_("Decided"), _moment(decided.decided_at)], [_("How"), decided.get_method_display()],
            [_("Decision"), decided.get_decision_display()], [_("Own view recorded"), _moment(decided.own_recorded_at)],
            [_("Own conclusion"), decided.get_own_conclusion_display()],
        ]  # fmt: skip
        if decided.reason:
            facts.append([_("Reason for a return"), decided.get_reason_display()])
        words += [decided.own_summary, decided.explanation]
    if settled:
        facts += [[_("Settled by"), settled.person.name], [_("Decision that counts"), settled.get_outcome_display()]]
        words.append(settled.explanation)
    return {"title": title, "facts": facts, "words": "\n".join(filter(None, words))}


def _photos(sheet: Sheet, pictures: Pictures) -> list[dict[str, str]]:
    """Photos and scanned documents with where and when they were taken; their files are put into `pictures`."""
    found = []
    for question in sheet.questions:
        for photo in question.photos if question.shown and question.kind != "signature" else ():
            if name := _file(photo, pictures):
                found.append({"file": name, "words": question.label, "when": _moment(photo.taken_at), "where": _where(photo)})
    return found


def _where(photo: Photo) -> str:
    return f"{photo.latitude:.5f}, {photo.longitude:.5f}" if photo.latitude is not None and photo.longitude is not None else ""


def _file(photo: Photo, pictures: Pictures) -> str:
    """Put a picture, made small enough for paper, among `pictures`; empty text for a file that is no picture."""
    if not photo.width:
        return ""
    name = f"p{photo.pk}.jpg"
    with default_storage.open(photo.file) as kept:
        pictures[name] = _small(kept)
    return name


def _small(kept: Any) -> bytes:
    from PIL import Image

    with Image.open(kept) as image:
        image.thumbnail((WIDEST, WIDEST))
        made = io.BytesIO()
        image.convert("RGB").save(made, "JPEG", quality=80)
    return made.getvalue()


def _signatures(visit: Visit, sheet: Sheet, told: list[Verification], settled: Settlement | None, pictures: Pictures) -> list[dict[str, str]]:
    """Who signed: on site whoever was asked to, the recorder by hand or by name, and each verifier, whom the log-in and the seal name."""
    found = []
    for question in sheet.questions:
        if question.kind == "signature" and question.shown and (question.photos or question.value is not None):
            file = next((name for photo in question.photos if (name := _file(photo, pictures))), "")
            found.append({"role": question.label, "name": question.answer_label, "when": _moment(visit.submitted_at), "file": file})
    if visit.submitted_at:
        own = Signature.objects.filter(visit=visit).first()
        file = _drawn(own, pictures) if own else ""
        name, at = visit.recorded_by.name, own.signed_at if own else visit.submitted_at
        found.append({"role": _("Recorded and submitted by"), "name": name, "when": _moment(at), "file": file})
    found += [{"role": _("Verified by"), "name": d.officer.name, "when": _moment(d.decided_at), "file": ""} for d in told]
    if settled:
        found.append({"role": _("Settled by"), "name": settled.person.name, "when": _moment(settled.settled_at), "file": ""})
    return found


def _drawn(signature: Signature, pictures: Pictures) -> str:
    """Put the recorder's drawn signature among `pictures`; empty text where only a name was typed."""
    if not signature.file:
        return ""
    with default_storage.open(signature.file) as kept:
        pictures["recorder.jpg"] = _small(kept)
    return "recorder.jpg"


def _seal(visit: Visit, decided: Verification | None) -> dict[str, str]:
    words = _("SHA-256 of everything that was submitted. The verifier decided on this very content.") if decided else _(
        "SHA-256 of everything that was submitted."
    )
    return {"title": _("Seal"), "hash": visit.content_hash or formats.NOTHING, "words": words if visit.content_hash else _("Not submitted yet.")}


def series_of(borrower: Borrower, visits: Iterable[Visit], access: Access) -> dict[str, Any]:
    """All inspections of one borrower that the reader may see, oldest first, and how the figures moved from visit to visit."""
    told = list(visits)
    figures: dict[str, dict[str, Any]] = {}
    language = get_language() or "en"
    for place, visit in enumerate(told):
        for question in sheet_of(visit).questions:
            if question.kind in FIGURES and question.shown and question.value is not None:
                line = figures.setdefault(question.code, {"label": question.label, "cells": [formats.NOTHING] * len(told)})
                line["cells"][place] = answer_words(question, visit.loan.currency)
    data = head(_("Series of inspections"), borrower.number, access, "", access.on)
    return data | {
        "borrower": borrower.name,
        "heads": [_("Date"), _("Loan"), _("Kind"), _("Recorded by"), _("Conclusion"), _("Verified by"), _("State")],
        "rows": [
            [formats.day(v.visited_on, language), v.loan.number, v.task.get_kind_display(), v.recorded_by.name, v.get_conclusion_display(),
             v.verified_by.name if v.verified_by else formats.NOTHING, v.get_state_display()]
            for v in told
        ],
        "figures_title": _("Figures from visit to visit"), "figure_heads": [_("Figure"), *(formats.day(v.visited_on, language) for v in told)],
        "figures": [[line["label"], *line["cells"]] for line in figures.values() if sum(c != formats.NOTHING for c in line["cells"]) > 1],
        "said_title": _("What was concluded"), "said": [[formats.day(v.visited_on, language), v.summary] for v in told if v.summary],
        "none": "" if told else _("No inspection of this borrower can be shown."),
    }  # fmt: skip
