"""How the shipped forms are written down: one call a point, each text in English, Chinese and Korean."""

from typing import Any

Text = dict[str, str]
Words = tuple[str, str, str]
Part = dict[str, Any]


def t(en: str, zh: str, ko: str) -> Text:
    return {"en": en, "zh-hans": zh, "ko": ko}


def of(kind: str, code: str, *label: str, hint: Words | None = None, **more: Any) -> Part:
    """A point of any kind; `label` in three languages."""
    return {"code": code, "kind": kind, "label": t(*label), **({"hint": t(*hint)} if hint else {}), **more}


def yes_no(
    code: str, *label: str, bad: Words | None = None, fails: str = "no", weight: int = 0, photo: bool = False, paper: bool = False, **more: Any
) -> Part:
    """A question to be answered yes, no or not seen.

    bad: what the answer `fails` says about the loan. photo, paper: whether it asks for a photo or a document. weight: for the other answer.
    """
    needs = [{"when": "fails", "needs": [what]} for what, wanted in (("photo", photo), ("document", paper)) if wanted]
    if bad:
        more |= {"fails_when": [fails], "signal": t(*bad), "evidence": [*needs, {"when": "not_seen", "needs": ["note"]}]}
    if weight:
        more["score"] = {"weight": weight, "full": ["yes" if fails == "no" else "no"]}
    return of("yes_no", code, *label, **more)


def choice(
    code: str, label: Words, *options: tuple[str, str, str, str], fails: tuple[str, ...] = (), bad: Words | None = None, **more: Any
) -> Part:
    """A choice of one of `options`: (value, text in three languages)."""
    if bad:
        more |= {"fails_when": list(fails), "signal": t(*bad)}
    return of("choice", code, *label, options=[{"value": value, "label": t(*words)} for value, *words in options], **more)


def when(code: str, *values: str) -> dict[str, Any]:
    """Shown only after one of these answers to an earlier point."""
    return {"code": code, "in": list(values)}


def section(title: Words, *points: Part) -> Part:
    return {"title": t(*title), "checkpoints": list(points)}


def form(code: str, kind: str, name: Words, *sections: Part, product_kind: str = "", security: str = "") -> Part:
    return {"code": code, "kind": kind, "product_kind": product_kind, "security": security, "name": t(*name), "sections": list(sections)}


def column(code: str, kind: str, *label: str) -> dict[str, Any]:
    return {"code": code, "kind": kind, "label": t(*label)}
