"""Workers say by name that they are alive, busy or not: an idle night must not look like a dead one."""

import hashlib
import logging
import threading
import time
from typing import Any

from celery.signals import heartbeat_sent, worker_init
from django.db import connection

from loanwatch.trail import ledger
from loanwatch.trail.models import Beat
from loanwatch.watch.ages import WORKER

logger = logging.getLogger(__name__)
EVERY = 20.0  # seconds between two beats of one worker; Celery's own heartbeat comes every 2
_LONGEST = Beat._meta.get_field("name").max_length or 40
_state: dict[str, Any] = {"name": "", "next": 0.0, "thread": None}


def beat_name(hostname: str) -> str:
    """`worker:` and Celery's name of the worker (worker1@host), cut with a digest at its end where it is too long to keep."""
    name = WORKER + hostname
    return name if len(name) <= _LONGEST else name[: _LONGEST - 9] + "~" + hashlib.sha256(name.encode()).hexdigest()[:8]


@worker_init.connect(weak=False)
def _begin(sender: Any = None, **_: Any) -> None:
    _state["name"] = beat_name(getattr(sender, "hostname", "") or "worker")


@heartbeat_sent.connect(weak=False)
def _heard(**_: Any) -> None:
    """Called from the loop that also hears the doorbell: a worker that is deaf falls silent here too.

    A thread writes the beat, so that a database that hangs doesn't hang the loop; while one hangs no other is begun.
    """
    thread: threading.Thread | None = _state["thread"]
    if not _state["name"] or time.monotonic() < _state["next"] or (thread and thread.is_alive()):
        return
    _state["next"] = time.monotonic() + EVERY
    _state["thread"] = threading.Thread(target=_beat, args=(_state["name"],), name="beat", daemon=True)
    _state["thread"].start()


def _beat(name: str) -> None:
    try:
        ledger.beat(name)
    except Exception:  # the next beat tries again; silence is what the watch looks for
        logger.warning("the beat of %s could not be written", name, exc_info=True)
    finally:
        connection.close()
