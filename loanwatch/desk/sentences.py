"""Reads every sentence out of source and templates, and compares the catalogues with them. Needs no gettext tools."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT: Path = settings.ROOT
PACKAGES = ("loanwatch", "borrowers", "alerts", "inspections")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "N_": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")

Sentence = tuple[str, str, str]  # context, text, plural ("" when there is none)


def sentences() -> dict[Sentence, list[str]]:
    """Every sentence, with the files it stands in (relative to the checkout, sorted)."""
    found: dict[Sentence, list[str]] = {}
    for path, text in _sources():
        for sentence in _extract(text):
            places = found.setdefault(sentence, [])
            if path not in places:
                places.append(path)
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


def _sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            # The text around the sentences is turned into filler, whose indentation no tokenizer could follow.
            source = templatize(path.read_text(encoding="utf-8"))
            yield str(path.relative_to(ROOT)), "\n".join(line.lstrip() for line in source.splitlines())


def _extract(text: str) -> Iterator[Sentence]:
    from babel.messages.extract import extract  # a tool for developers, absent where LoanWatch only runs

    for _, message, _, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        first, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, "")
        if first:
            yield context or "", first, plural or ""


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(language: str) -> Path:
    return ROOT / "locale" / to_locale(language) / "LC_MESSAGES" / "django.po"


def faults(language: str) -> list[str]:
    """What is wrong with a catalogue: sentences it lacks, has not translated, no longer needs, or translated without a placeholder."""
    path = catalogue_path(language)
    entries = {(e.msgctxt or "", e.msgid, e.msgid_plural or ""): e for e in polib.pofile(str(path))} if path.exists() else {}
    source = sentences()
    wrong = [f"{language}: not in the catalogue: {key[1]!r} ({places[0]})" for key, places in source.items() if key not in entries]
    for key, entry in entries.items():
        translations = list(entry.msgstr_plural.values()) if key[2] else [entry.msgstr]
        if key not in source:
            wrong.append(f"{language}: no longer used: {key[1]!r}")
        elif not all(translations) or entry.fuzzy:
            wrong.append(f"{language}: not translated: {key[1]!r}")
        else:
            wanted = {m.group(0) for m in PLACEHOLDER.finditer(key[2] or key[1])}
            for text in translations:
                given = {m.group(0) for m in PLACEHOLDER.finditer(text)}
                if not given <= wanted | {m.group(0) for m in PLACEHOLDER.finditer(key[1])} or (not key[2] and given != wanted):
                    wrong.append(f"{language}: placeholders differ: {key[1]!r}")
    return wrong


def update(language: str) -> int:
    """Bring the catalogue to the source's sentences, keeping translations; returns how many wait to be translated."""
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {(e.msgctxt or "", e.msgid, e.msgid_plural or ""): e for e in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": to_locale(language),
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for (context, text, plural), places in sentences().items():
        entry = kept.get((context, text, plural)) or polib.POEntry(
            msgctxt=context or None, msgid=text, msgid_plural=plural, msgstr_plural={0: ""} if plural else {}
        )
        entry.occurrences = [(place, "") for place in places]
        entry.flags = ["python-format"] if re.search(r"%\(\w+\)[sd]|%[sd]", text) else []
        catalogue.append(entry)
    catalogue.save(str(path))
    return len(catalogue.untranslated_entries())
