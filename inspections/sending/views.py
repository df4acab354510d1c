"""What the phone asks the server, in JSON, and the page of what hangs."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from inspections.sending import actions, finishing, rules
from inspections.sending.models import Sending, SentFile
from inspections.sending.parcel import parcel_of
from inspections.sending.queries import hanging_of, reasons
from inspections.sending.refusals import NotTaken, sentence_of
from inspections.visits.forms import fault_sentence

PER_PAGE = 50


def in_json(view: Callable[..., JsonResponse]) -> Callable[..., HttpResponse]:
    """Refusals of the protocol as {"code", "sentence"}; every answer is fresh."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotTaken as no:
            return JsonResponse({"code": no.code, "sentence": no.sentence, **no.more}, status=no.status)
        except RequestDataTooBig:
            return JsonResponse({"code": "PIECE_TOO_LARGE", "sentence": sentence_of("PIECE_TOO_LARGE")}, status=413)
        except UnreadablePostError:  # the phone went away in the middle of a piece
            return JsonResponse({"code": "PIECE_DAMAGED", "sentence": sentence_of("PIECE_DAMAGED")}, status=422)

    return never_cache(answering)


@in_json
def parcel(request: HttpRequest) -> JsonResponse:
    """The coming inspections with all that their forms need."""
    return JsonResponse(parcel_of(request.access, get_token(request)))


@in_json
def announce(request: HttpRequest) -> JsonResponse:
    """Take the manifest of an inspection; says which bytes of which file are here."""
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise NotTaken("MANIFEST_UNREADABLE", 422) from error
    sending = actions.announce(told, by=request.access)
    warning = "" if sending.state == Sending.State.RECEIVED or not sending.finished else finishing.standing_of(sending.task, request.access)
    return JsonResponse(state_of(sending) | ({"warning": {"code": warning, "sentence": sentence_of(warning)}} if warning else {}))


@in_json
def state(request: HttpRequest, client_id: UUID) -> JsonResponse:
    """How far an inspection of one's own is."""
    found = Sending.objects.of(request.access).filter(client_id=client_id).first()
    if found is None:
        raise NotTaken("SENDING_UNKNOWN", 404)
    return JsonResponse(state_of(found))


@in_json
def piece(request: HttpRequest, client_id: UUID, file_id: UUID) -> JsonResponse:
    """One piece of a file, raw, from the byte that `?from=` names; X-Piece-SHA256 holds its hash."""
    offset = request.GET.get("from", "")
    start = int(offset) if offset.isdecimal() and len(offset) <= 12 else -1
    if int(request.META.get("CONTENT_LENGTH") or 0) > rules.PIECE:
        raise NotTaken("PIECE_TOO_LARGE", 413, most=rules.PIECE)
    digest = request.headers.get("X-Piece-SHA256", "")
    row = actions.take_piece(client_id, file_id, offset=start, piece=request.body, digest=digest, by=request.access)
    if fault := getattr(row, "fault", ""):
        raise NotTaken(fault, 422, received=row.received, file=str(row.file_id))
    return JsonResponse({"received": row.received, "whole": row.whole})


@in_json
def finish(request: HttpRequest, client_id: UUID) -> JsonResponse:
    """Hand the inspection in; answers the same however often it is asked."""
    outcome = finishing.finish(client_id, by=request.access)
    if outcome.code:
        told = {
            "code": outcome.code,
            "sentence": sentence_of(outcome.code),
            "state": outcome.sending.state,
            "faults": outcome.faults,
            "fault_sentences": {code: fault_sentence(fault) for code, fault in outcome.faults.items()},
        }
        return JsonResponse(told, status=422 if outcome.faults else 409)
    found = outcome.sending
    return JsonResponse(
        {
            "state": found.state,
            "visit": found.visit_id,
            "received_at": found.received_at.isoformat() if found.received_at else None,
            "server_time": timezone.now().isoformat(),
            "files": {str(f.file_id): f.sha256 for f in found.files.all()},
            "sentence": sentence_of(outcome.note) if outcome.note else _("The server has received the whole inspection."),
            "note": outcome.note,
        }
    )


def state_of(sending: Sending) -> dict[str, Any]:
    """What the phone is told of a sending."""
    files: list[SentFile] = list(sending.files.all())
    sentences = {
        Sending.State.RECEIVING: _("The server has what stands here; the rest is still on its way."),
        Sending.State.RECEIVED: _("The server has received the whole inspection."),
    }
    return {
        "client_id": str(sending.client_id),
        "state": sending.state,
        "revision": sending.revision,
        "finished": sending.finished,
        "files": {str(f.file_id): {"received": f.received, "whole": f.whole} for f in files},
        "server_time": timezone.now().isoformat(),
        "visit": sending.visit_id,
        "received_at": sending.received_at.isoformat() if sending.received_at else None,
        "code": sending.reason,
        "faults": sending.faults,
        "sentence": sentence_of(sending.reason) if sending.reason else str(sentences[Sending.State(sending.state)]),
    }


def hanging(request: HttpRequest) -> HttpResponse:
    """What came from phones and hangs: refused, or without a word for a day, and what to do about each."""
    chosen = {"state": request.GET.get("state", ""), "reason": request.GET.get("reason", "")}
    rows = hanging_of(request.access, **chosen)
    page: Any = Paginator(cast(Any, rows), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "filtered": any(chosen.values()),
        "states": [c for c in Sending.State.choices if c[0] != Sending.State.RECEIVED],
        "reasons": reasons(request.access),
    }
    return render(request, "inspections/sending/hanging.html", context)
