"""The page where anybody checks the code of a certificate. It says no more than whether the paper is genuine and still true."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.throttling import SimpleRateThrottle

from inspections.findings import certifying
from inspections.findings.forms import CheckForm


class Checks(SimpleRateThrottle):
    """Codes that one address may try."""

    scope = "certificates"
    rate = "30/min"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def check(request: HttpRequest) -> HttpResponse:
    """GET shows the form, filled with `?code=`; POST judges the code together with what was copied from the paper."""
    if request.method != "POST":
        return render(request, "inspections/findings/check.html", {"form": CheckForm(initial={"code": request.GET.get("code", "")[:60]})})
    if not Checks().allow_request(request, None):  # type: ignore[arg-type]  # reads headers and address only
        return render(request, "inspections/findings/check.html", {"form": CheckForm(), "too_many": True}, status=429)
    form = CheckForm(request.POST)
    if not form.is_valid():
        return render(request, "inspections/findings/check.html", {"form": form}, status=422)
    figures, blocked = form.printed
    verdict = certifying.check(form.cleaned_data["code"], figures, blocked)
    compared = len(figures) == len(certifying.PRINTED) and len(blocked) == len(form.kinds)
    return render(request, "inspections/findings/check.html", {"form": form, "verdict": verdict, "compared": compared})
