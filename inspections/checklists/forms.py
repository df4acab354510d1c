"""What credit administration types into the designer. Rows of answers, columns and evidence are read by their number, so no script is needed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspections.checklists import prefill
from inspections.checklists.models import Checkpoint, Template
from inspections.checklists.rules import FIGURES, NEEDS, WHEN
from inspections.checklists.words import LANGUAGES
from inspections.planning.models import Kind
from loanwatch.lenders.models import Product

CODE = re.compile(r"^[a-z0-9][a-z0-9_-]*$")
RANGE = re.compile(r"^(-?\d{1,15}(?:\.\d{1,2})?)?\s*\.\.\s*(-?\d{1,15}(?:\.\d{1,2})?)?$")
ROWS = 10  # of answers and columns; empty ones are dropped
EVIDENCE_ROWS = 3
TEXTS = ("label", "hint", "signal")
SUFFIX = {"en": "en", "zh-hans": "zh", "ko": "ko"}


def texts_of(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """{language: text} of the three fields of a text; empty ones are left out."""
    found = {language: str(data.get(f"{name}_{SUFFIX[language]}") or "").strip() for language, _words in LANGUAGES}
    return {language: text for language, text in found.items() if text}


def three_texts(name: str, text: Mapping[str, str] | None) -> dict[str, str]:
    return {f"{name}_{SUFFIX[language]}": (text or {}).get(language, "") for language, _words in LANGUAGES}


class CodeField(forms.CharField):
    def clean(self, value: Any) -> str:
        code = super().clean(value)
        if code and not CODE.fullmatch(code):
            raise forms.ValidationError(_("Use small letters, digits, hyphens and underscores, such as stock-value."))
        return str(code)


class UseForm(forms.Form):
    """What a form is for, and its name."""

    code = CodeField(label=gettext_lazy("Code"), max_length=30, help_text=gettext_lazy("Stays the same in all versions, such as pledged-stock."))
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=120, required=False)
    name_ko = forms.CharField(label=gettext_lazy("Name in Korean"), max_length=120, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of inspection"), choices=[c for c in Kind.choices if c[0] != Kind.VERIFY])
    product_kind = forms.ChoiceField(
        label=gettext_lazy("Product"), choices=[("", gettext_lazy("Any product")), *Product.Kind.choices], required=False
    )
    security = forms.ChoiceField(
        label=gettext_lazy("Security"), choices=[("", gettext_lazy("Any security")), *Template.Security.choices], required=False
    )

    def __init__(self, *args: Any, new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not new:
            del self.fields["code"]

    def fields_of(self) -> dict[str, Any]:
        kept = {name: self.cleaned_data[name] for name in ("code", "kind", "product_kind", "security") if name in self.cleaned_data}
        return kept | {"name": texts_of(self.cleaned_data, "name")}


class PointForm(forms.Form):
    """All properties of one point. `cells` holds the rows as typed, for the page."""

    section = forms.ChoiceField(label=gettext_lazy("Section"))
    code = CodeField(label=gettext_lazy("Code"), max_length=40)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of answer"), choices=Checkpoint.Kind.choices)
    label_en = forms.CharField(label="English", max_length=300)
    label_zh = forms.CharField(label="中文", max_length=300, required=False)
    label_ko = forms.CharField(label="한국어", max_length=300, required=False)
    hint_en = forms.CharField(label="English", max_length=300, required=False)
    hint_zh = forms.CharField(label="中文", max_length=300, required=False)
    hint_ko = forms.CharField(label="한국어", max_length=300, required=False)
    signal_en = forms.CharField(label="English", max_length=300, required=False)
    signal_zh = forms.CharField(label="中文", max_length=300, required=False)
    signal_ko = forms.CharField(label="한국어", max_length=300, required=False)
    required = forms.BooleanField(label=gettext_lazy("Mandatory"), required=False, initial=True)
    at_desk = forms.BooleanField(label=gettext_lazy("Judged at the desk: the verifier must answer it as well"), required=False)
    key_point = forms.BooleanField(label=gettext_lazy("Key point: always shown when two views are compared"), required=False)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    fails = forms.CharField(
        label=gettext_lazy("Fails on"), max_length=200, required=False, help_text=gettext_lazy("Values divided by commas: no, or yes, not_seen.")
    )
    shown_code = forms.ChoiceField(label=gettext_lazy("Shown only after"), required=False)
    shown_on = forms.CharField(
        label=gettext_lazy("with the answer"), max_length=200, required=False,
        help_text=gettext_lazy("Values divided by commas, or limits of a figure such as 10..20, ..5 or 100.."),
    )  # fmt: skip
    weight = forms.IntegerField(label=gettext_lazy("Weight in the score"), min_value=0, max_value=100, required=False)
    full = forms.CharField(label=gettext_lazy("full weight for"), max_length=200, required=False)
    half = forms.CharField(label=gettext_lazy("half of it for"), max_length=200, required=False)
    prefill = forms.ChoiceField(label=gettext_lazy("Filled in with"), required=False)
    tolerance = forms.IntegerField(label=gettext_lazy("Same within, %"), min_value=0, max_value=100, initial=10)
    material = forms.IntegerField(
        label=gettext_lazy("Material beyond, %"), min_value=0, max_value=1000, required=False, help_text=gettext_lazy("Empty: three times that.")
    )

    def __init__(self, *args: Any, sections: Sequence[tuple[int, str]], earlier: Sequence[tuple[str, str]], cells: Mapping[str, Any], **kwargs: Any) -> None:
        """sections: (id, title); earlier: (code, label) of the points it may hang on; cells: the request's fields, or those of `cells_of`."""
        super().__init__(*args, **kwargs)
        facts = [(f"fact:{name}", named.words) for name, named in prefill.FACTS.items()]
        self.fields["section"].choices = sections  # type: ignore[attr-defined]
        self.fields["shown_code"].choices = [("", _("Always shown")), *earlier]  # type: ignore[attr-defined]
        self.fields["prefill"].choices = [("", _("Nothing")), ("last", _("Answer of the last confirmed visit")), *facts]  # type: ignore[attr-defined]
        self.cells = cells

    def rows(self, name: str, parts: Sequence[str], most: int = ROWS) -> list[dict[str, str]]:
        """Rows as typed, with their numbers: fields `<name>-<n>-<part>`."""
        get = self.cells.get
        return [{"n": str(n), **{part: str(get(f"{name}-{n}-{part}") or "").strip() for part in parts}} for n in range(most)]

    @property
    def option_rows(self) -> list[dict[str, str]]:
        return self.rows("option", ("value", "en", "zh", "ko"))

    @property
    def column_rows(self) -> list[dict[str, str]]:
        return self.rows("column", ("value", "kind", "en", "zh", "ko"), 6)

    @property
    def evidence_rows(self) -> list[dict[str, str]]:
        return self.rows("evidence", ("when", "percent", "values", "list_code", *NEEDS), EVIDENCE_ROWS)

    def fields_of(self) -> dict[str, Any]:
        """The fields of `Checkpoint`, from a form that is valid."""
        given = self.cleaned_data
        kept = {name: given[name] for name in ("code", "kind", "required", "at_desk", "key_point", "unit", "prefill", "tolerance", "material")}
        kept |= {name: texts_of(given, name) for name in TEXTS}
        kind = given["kind"]
        return kept | {
            "options": [{"value": r["value"], "label": _label(r)} for r in self.option_rows if r["value"] or r["en"]] if kind == "choice" else [],
            "columns": [{"code": r["value"], "kind": r["kind"] or "text", "label": _label(r)} for r in self.column_rows if r["value"] or r["en"]]
            if kind == "items" else [],
            "fails_when": split(given["fails"]),
            "shown_when": {"code": given["shown_code"], **_wanted(given["shown_on"])} if given["shown_code"] else {},
            "evidence": [_rule(r) for r in self.evidence_rows if r["when"]],
            "score": {"weight": given["weight"], "full": _values(given["full"]), **({"half": _values(given["half"])} if given["half"] else {})}
            if given["weight"] else {},
        }  # fmt: skip


def split(text: str) -> list[str]:
    """Values divided by commas, Chinese ones included."""
    return [part.strip() for part in re.split(r"[,，、]", text) if part.strip()]


def _label(row: Mapping[str, str]) -> dict[str, str]:
    return {language: row[SUFFIX[language]] for language, _words in LANGUAGES if row[SUFFIX[language]]}


def _values(text: str) -> Any:
    """["yes"] or {"from": …, "to": …} of "10..20"."""
    if found := RANGE.fullmatch(text.strip()):
        return {name: value for name, value in zip(("from", "to"), found.groups(), strict=True) if value}
    return split(text)


def _wanted(text: str) -> dict[str, Any]:
    found = _values(text)
    return found if isinstance(found, dict) else {"in": found}


def typed(wanted: Any) -> str:
    """The way back: what stands in the field for stored values or limits."""
    if isinstance(wanted, Mapping):
        return f"{wanted.get('from', '')}..{wanted.get('to', '')}"
    return ", ".join(str(value) for value in wanted or ())


def _rule(row: Mapping[str, str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"when": row["when"], "needs": [need for need in NEEDS if row[need]]}
    if row["when"] in {"drop", "rise"}:
        rule["percent"] = int(row["percent"]) if row["percent"].isdigit() and len(row["percent"]) <= 4 else 30
    if row["when"] == "value":
        rule["values"] = split(row["values"])
    return rule | ({"list_code": row["list_code"]} if row["list_code"] and "list" in rule["needs"] else {})


def cells_of(point: Checkpoint) -> dict[str, Any]:
    """The rows of a stored point as a request would bring them."""
    cells: dict[str, Any] = {}
    for n, option in enumerate(point.options):
        cells |= {f"option-{n}-value": option["value"]} | {f"option-{n}-{SUFFIX[k]}": v for k, v in option["label"].items() if k in SUFFIX}
    for n, column in enumerate(point.columns):
        cells |= {f"column-{n}-value": column["code"], f"column-{n}-kind": column["kind"]}
        cells |= {f"column-{n}-{SUFFIX[k]}": v for k, v in column["label"].items() if k in SUFFIX}
    for n, rule in enumerate(point.evidence[:EVIDENCE_ROWS]):
        cells |= {f"evidence-{n}-when": rule["when"], f"evidence-{n}-percent": rule.get("percent", ""), f"evidence-{n}-list_code": rule.get("list_code", "")}
        cells |= {f"evidence-{n}-values": typed(rule.get("values")), **{f"evidence-{n}-{need}": "on" for need in rule["needs"]}}
    return cells


def initial_of(point: Checkpoint) -> dict[str, Any]:
    """A stored point as the first contents of its form."""
    kept = ("code", "kind", "required", "at_desk", "key_point", "unit", "prefill", "tolerance", "material")
    found = {name: getattr(point, name) for name in kept} | {"section": point.section_id}
    for name in TEXTS:
        found |= three_texts(name, getattr(point, name))
    hangs = point.shown_when or {}
    return found | {
        "fails": typed(point.fails_when), "shown_code": hangs.get("code", ""), "shown_on": typed(hangs.get("in", hangs)) if hangs else "",
        "weight": point.score.get("weight"), "full": typed(point.score.get("full")), "half": typed(point.score.get("half")),
    }  # fmt: skip


__all__ = ["FIGURES", "WHEN", "CodeField", "PointForm", "UseForm", "cells_of", "initial_of", "split", "texts_of", "three_texts", "typed"]
