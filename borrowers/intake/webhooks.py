"""Webhooks in: a signed body tells facts. The address is open to the world; the signature is the log-in."""

import hashlib
import time

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from borrowers.feeds.models import Delivery, WebhookSource
from borrowers.feeds.shapes import field_names
from borrowers.intake.actions import Answer, Sent, receive, refused
from borrowers.intake.rules import MOST_BYTES, BadBatch, read_batch, refusal, webhook_key
from borrowers.intake.sources import key_of
from borrowers.kinds import KINDS

NOBODY = webhook_key("", "", "", 0)  # an unknown source is judged like a known one, with a key that nobody has
LONGEST_LENGTH = 18  # digits of a Content-Length


def sender_of(source: WebhookSource) -> str:
    """Under which name the batches of a source are kept."""
    return f"webhook:{source.name}"


@csrf_exempt
def webhook(request: HttpRequest, lender: str, name: str) -> JsonResponse:
    """Take what a source sends. 401 when it is not believed; the same delivery again gets the same answer.

    `X-LoanWatch-Delivery` is the sender's own number of the message; without it the body's hash counts. The signature covers it.
    """
    length = request.headers.get("Content-Length") or "0"
    if not (length.isascii() and length.isdigit() and len(length) <= LONGEST_LENGTH):
        return _json(refused("BAD_LENGTH", "Content-Length is a number of bytes.", 400))
    if int(length) > MOST_BYTES:
        return _json(refused("TOO_LARGE", "The body is too large.", 413))
    source = WebhookSource.objects.select_related("lender").filter(lender__code=lender, name=name, active=True).first()
    unbelieved = refusal(key_of(source) if source else NOBODY, request.headers, request.body, int(time.time()))
    if unbelieved or source is None:
        code, sentence = unbelieved or ("BAD_SIGNATURE", "")
        return _json(refused(code, sentence, 401))
    return _json(_take(source, request))


def _take(source: WebhookSource, request: HttpRequest) -> Answer:
    try:
        batch = read_batch(request.body, frozenset().union(*(field_names(KINDS[fact]) for fact in source.facts if fact in KINDS)))
        kind = KINDS.get(batch.fact)
        if kind is None or batch.fact not in source.facts:
            return refused("NOT_ALLOWED", f"This source may tell {', '.join(source.facts)}; the body names {batch.fact or 'no fact'}.", 403)
        batch = read_batch(request.body, field_names(kind))
    except BadBatch as fault:
        return refused(fault.code, fault.sentence, 400)
    key = request.headers.get("X-LoanWatch-Delivery") or hashlib.sha256(request.body).hexdigest()
    sent = Sent(source.lender, sender_of(source), key, request.body, Delivery.Channel.WEBHOOK)
    return receive(sent, kind, batch)


def _json(answer: Answer) -> JsonResponse:
    response = JsonResponse(dict(answer.said), status=answer.status)
    if answer.repeated:
        response["Idempotent-Replayed"] = "true"
    return response
