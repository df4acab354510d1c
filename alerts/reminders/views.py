"""Pages of reminders: days and words for credit administration, contacts of one borrower for those who answer for it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.reminders import actions, queries
from alerts.reminders.forms import OptOutForm, TextForm, WayForm
from alerts.reminders.models import ContactPreference, ContactWay, Language, ReminderText
from alerts.reminders.rules import filled, sample
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Product
from loanwatch.people.policy import Act
from loanwatch.trail.outbox.words import kind_word, masked, reason_word

MESSAGES_SHOWN = 30


def reminders(request: HttpRequest) -> HttpResponse:
    """Days by product, hours and limits in force, and the words in three languages as a borrower would read them."""
    lender, on = request.access.person.lender, request.access.on
    settings, words = queries.settings_of(lender, on), queries.words(lender, on)
    products = Product.objects.filter(lender=lender, active=True)
    texts = [
        {
            "kind": kind,
            "label": label,
            "languages": [
                {"language": language, "name": name, "version": words[kind, language][0], **_preview(kind, language, lender.name, *words[kind, language][1:])}
                for language, name in Language.choices
            ],
        }
        for kind, label in ReminderText.Kind.choices
    ]
    context = {
        "settings": settings,
        "products": [{"product": product, "offsets": settings.offsets(product.kind)} for product in products],
        "texts": texts,
        "unreachable": queries.unreachable(lender),
        "keys": queries.KEYS,
        "may_see_parameters": request.access.may(Act.PARAMETER_SEE),
    }
    return render(request, "alerts/reminders/list.html", context)


def text(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """The versions of one text, and a form for the next one."""
    return _text_page(request, *_named(kind, language), None)


def keep_text(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """A further version from a day on; with `preview` pressed it is shown and not kept."""
    kind, language = _named(kind, language)
    access = request.access
    form = TextForm(request.POST, kind=kind, today=access.on)
    if not form.is_valid():
        return _text_page(request, kind, language, form, status=422)
    if "preview" in request.POST:
        return _text_page(request, kind, language, form)
    actions.keep_text(lender=access.person.lender, kind=kind, language=language, by=access, **form.cleaned_data)
    messages.success(request, _("The new words are kept."))
    return redirect("reminders:text", kind, language)


def _text_page(request: HttpRequest, kind: str, language: str, form: TextForm | None, status: int = 200) -> HttpResponse:
    lender, on = request.access.person.lender, request.access.on
    version, headline, body = queries.words(lender, on)[kind, language]
    preview = None
    if form is not None and form.is_valid():
        preview = _preview(kind, language, lender.name, form.cleaned_data["headline"], form.cleaned_data["body"])
    context = {
        "kind": kind,
        "label": dict(ReminderText.Kind.choices)[kind],
        "language": language,
        "language_name": dict(Language.choices)[language],
        "languages": [
            {"text": name, "url": _url(kind, code), "current": code == language, "count": None} for code, name in Language.choices
        ],
        "version": version,
        "current": _preview(kind, language, lender.name, headline, body) | {"raw": body},
        "versions": queries.versions(lender, kind, language),
        "form": form or TextForm(kind=kind, today=on, initial={"headline": headline, "body": body}),
        "preview": preview,
    }
    return render(request, "alerts/reminders/text.html", context, status=status)


def _url(kind: str, language: str) -> str:
    return reverse("reminders:text", args=[kind, language])


def _preview(kind: str, language: str, lender: str, headline: str, body: str) -> dict[str, str]:
    values = sample(kind, language, lender)
    return {"headline": filled(headline, values), "body": filled(body, values)}


def _named(kind: str, language: str) -> tuple[str, str]:
    if kind not in ReminderText.Kind.values or language not in Language.values:
        raise Http404
    return kind, language


def contact(request: HttpRequest, number: str) -> HttpResponse:
    """How one borrower is reached, what is not wanted, and what was told lately."""
    return _contact_page(request, _borrower(request, number))


def keep_way(request: HttpRequest, number: str) -> HttpResponse:
    """Language, channel and address of one borrower."""
    borrower = _borrower(request, number)
    form = WayForm(request.POST, instance=ContactWay(borrower=borrower, lender=borrower.lender))
    if not form.is_valid():
        return _contact_page(request, borrower, way=form, status=422)
    actions.keep_way(borrower_id=borrower.pk, by=request.access, **form.cleaned_data)
    messages.success(request, _("The way to reach the borrower is kept."))
    return redirect("reminders:contact", number)


def opt_out(request: HttpRequest, number: str) -> HttpResponse:
    """The borrower does not want reminders any more."""
    borrower = _borrower(request, number)
    form = OptOutForm(request.POST, today=request.access.on)
    if not form.is_valid():
        return _contact_page(request, borrower, out=form, status=422)
    actions.opt_out(borrower_id=borrower.pk, by=request.access, **form.cleaned_data)
    messages.success(request, _("The borrower gets no more reminders there. Notices that the law demands are still sent."))
    return redirect("reminders:contact", number)


def opt_in(request: HttpRequest, number: str, preference_id: int) -> HttpResponse:
    """The borrower wants reminders again."""
    borrower = _borrower(request, number)
    found = get_object_or_404(ContactPreference, pk=preference_id, borrower=borrower)
    actions.opt_in(preference_id=found.pk, by=request.access)
    messages.success(request, _("The borrower gets reminders again."))
    return redirect("reminders:contact", number)


def _borrower(request: HttpRequest, number: str) -> Borrower:
    return get_object_or_404(Borrower.objects.visible_to(request.access), number=number)


def _contact_page(
    request: HttpRequest, borrower: Borrower, way: WayForm | None = None, out: OptOutForm | None = None, status: int = 200
) -> HttpResponse:
    on = request.access.on
    kept = ContactWay.objects.filter(borrower=borrower).select_related("changed_by").first()
    rows: list[dict[str, Any]] = [
        {"message": m, "kind": kind_word(m.kind), "recipient": masked(m.recipient), "reason": reason_word(m.reason)}
        for m in queries.messages_of(borrower)[:MESSAGES_SHOWN]
    ]
    may_keep = request.access.may(Act.CONTACT_KEEP)
    context = {
        "borrower": borrower,
        "way": kept,
        "phone": masked(borrower.phone) if borrower.phone else "",
        "preferences": queries.open_preferences(borrower, on),
        "rows": rows,
        "may_keep": may_keep,
        "way_form": (way or WayForm(instance=kept)) if may_keep else None,
        "out_form": (out or OptOutForm(today=on)) if may_keep else None,
    }
    return render(request, "alerts/reminders/contact.html", context, status=status)
