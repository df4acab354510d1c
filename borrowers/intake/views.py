"""Pages of webhook sources, for the system administrator."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from borrowers.feeds.models import ApiBatch, WebhookSource
from borrowers.intake import sources
from borrowers.intake.forms import SourceForm
from borrowers.intake.rules import WINDOW_SECONDS
from borrowers.intake.webhooks import sender_of
from loanwatch.lenders.models import Lender

LATEST = 20


def _lender(request: HttpRequest) -> Lender:
    person = request.access.person
    if person is None or person.lender is None:
        raise Http404
    return person.lender


def source_list(request: HttpRequest) -> HttpResponse:
    """Every webhook source of the lender."""
    rows = WebhookSource.objects.filter(lender=_lender(request)).select_related("made_by").order_by("-active", "name")
    return render(request, "borrowers/intake/sources.html", {"sources": rows})


def source_new(request: HttpRequest) -> HttpResponse:
    """Let somebody new send facts."""
    form = SourceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        made = sources.add_source(lender=_lender(request), by=request.access, **form.cleaned_data)
        messages.success(request, _("The source is added. Read its key and give it to the sender."))
        return redirect("intake:source", made.pk)
    return render(request, "borrowers/intake/source_new.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """One source: its address, what it may tell, what it sent last."""
    return _shown(request, _found(request, source_id))


@never_cache
def key_read(request: HttpRequest, source_id: int) -> HttpResponse:
    """The key, this once on the page; that it was read is in the trail."""
    found = _found(request, source_id)
    return _shown(request, found, key=sources.read_key(source_id=found.pk, by=request.access))


def key_change(request: HttpRequest, source_id: int) -> HttpResponse:
    """A new key; the one before stops working."""
    found = sources.change_key(source_id=_found(request, source_id).pk, by=request.access)
    messages.success(request, _("The key is changed. What is signed with the old one is refused from now on."))
    return redirect("intake:source", found.pk)


def switch(request: HttpRequest, source_id: int) -> HttpResponse:
    """Switch a source on or off."""
    found = _found(request, source_id)
    sources.switch(source_id=found.pk, active=request.POST.get("active") == "yes", by=request.access)
    messages.success(request, _("Saved."))
    return redirect("intake:source", found.pk)


def _found(request: HttpRequest, source_id: int) -> WebhookSource:
    return get_object_or_404(WebhookSource.objects.select_related("lender", "made_by"), pk=source_id, lender=_lender(request))


def _shown(request: HttpRequest, found: WebhookSource, key: str = "") -> HttpResponse:
    batches = ApiBatch.objects.filter(lender=found.lender, sender=sender_of(found)).select_related("delivery").order_by("-id")[:LATEST]
    context = {
        "source": found,
        "address": request.build_absolute_uri(reverse("api:webhook", args=[found.lender.code, found.name])),
        "key": key,
        "batches": batches,
        "minutes": WINDOW_SECONDS // 60,
    }
    return render(request, "borrowers/intake/source.html", context)
