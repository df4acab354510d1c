"""The page of the phone without anybody's data: the shell in the asked language, its service worker and its manifest.

The worker keeps the shell in every language together with each file it needs; `VERSION` of the worker changes with any of them.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from inspections.sending.words import words

# Files whose names the page gets from `static`, and modules, which ask for each other by their plain names.
STYLES = (
    "vendor/bootstrap/bootstrap.min.css",
    "lw/tokens.css",
    "lw/shell.css",
    "lw/controls.css",
    "lw/components.css",
    "lw/phone.css",
    "lw/screens.css",
    "lw/phone/app.css",
)
OTHERS = (
    "lw/phone/theme.js",
    "vendor/idb/idb.umd.js",
    "lw/icons.svg",
    "lw/logo.svg",
    "lw/phone/icon-192.png",
    "lw/phone/icon-512.png",
    "vendor/inter/inter-latin-wght-normal.woff2",
    "vendor/inter/inter-latin-ext-wght-normal.woff2",
)
MODULES = (
    "app",
    "boxes",
    "camera",
    "dom",
    "figures",
    "form",
    "items",
    "parcel",
    "points",
    "position",
    "review",
    "rules",
    "screens",
    "send",
    "sheets",
    "signature",
    "store",
    "sync",
    "today",
    "words",
)
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def module_address(name: str) -> str:
    """Modules import each other by relative names, so they keep the names without a hash; the worker's version stands for their content."""
    return f"{settings.STATIC_URL}lw/phone/{name}.js"


def app(request: HttpRequest) -> HttpResponse:
    """The shell, the same for everybody who reads one language; `?lang=` names the language, else the reader's own counts."""
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        context = {
            "language": language,
            "words": words(),
            "facts": _facts(language),
            "styles": [static(name) for name in STYLES],
            "module": module_address("app"),
        }
        answer = render(request, "phone/shell.html", context)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Language"] = language
    return answer


def _facts(language: str) -> dict[str, Any]:
    """Addresses and names the modules need; nothing about a person."""
    return {
        "language": language,
        "languages": [{"code": code, "name": name} for code, name in settings.LANGUAGES],
        "cookie": settings.LANGUAGE_COOKIE_NAME,
        "icons": static("lw/icons.svg"),
        "shell": reverse("phone:app"),
        "worker": reverse("phone:worker"),
        "base": reverse("phone:app"),
        "login": settings.LOGIN_URL,
        "logout": reverse("account_logout"),
        "list": f"{reverse('phone:app')}list/",
        "desk": reverse("desk:home"),
        "tasks": reverse("inspections:tasks"),
    }


def worker(request: HttpRequest) -> HttpResponse:
    """The service worker with the list of what it keeps. Its text changes whenever one of those files does."""
    shells = [f"{reverse('phone:app')}?lang={code}" for code in LANGUAGES]
    files = [static(name) for name in (*STYLES, *OTHERS)] + [module_address(name) for name in MODULES]
    context = {
        "version": version(),
        "scope": reverse("phone:app"),
        "shells": json.dumps(dict(zip(LANGUAGES, shells, strict=True))),
        "files": json.dumps(files),
        "first_language": settings.LANGUAGE_CODE,
    }
    answer = render(request, "phone/sw.js", context, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def version() -> str:
    """Sixteen signs of the SHA-256 over every file and every word the worker keeps."""
    summed = sha256()
    for name in (*STYLES, *OTHERS, *(f"lw/phone/{module}.js" for module in MODULES)):
        found = finders.find(name)
        summed.update(name.encode())
        summed.update(Path(str(found)).read_bytes() if found else b"")
    for name in ("shell.html", "sw.js"):
        summed.update((settings.ROOT / "templates" / "phone" / name).read_bytes())
    for language in LANGUAGES:
        with translation.override(language):
            summed.update(json.dumps(words(), sort_keys=True).encode())
    return summed.hexdigest()[:16]


def manifest(request: HttpRequest) -> HttpResponse:
    """What makes the page installable."""
    icons = [
        {"src": static(f"lw/phone/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
        for size in (192, 512)
    ]
    facts = {
        "id": reverse("phone:app"),
        "name": _("LoanWatch visits"),
        "short_name": "LoanWatch",
        "description": _("Inspections on the phone, with or without a network."),
        "start_url": reverse("phone:app"),
        "scope": reverse("phone:app"),
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#F5F6F8",
        "theme_color": "#131B26",
        "lang": translation.get_language(),
        "icons": icons,
    }
    return JsonResponse(facts, content_type="application/manifest+json")
