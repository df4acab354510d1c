"""Doorbells. Lost or rung twice, nothing changes but the delay: what is to be done stands in the ledger."""

import logging
import multiprocessing
from typing import Any

from celery import shared_task, signals

from loanwatch.day import actions

logger = logging.getLogger(__name__)

# Set in the worker's parent process when it is told to stop, seen by the child that it forked: the child ends with the unit
# in hand instead of its shift. A stop then takes seconds, and leaves no lease to run out.
stopping = multiprocessing.Event()


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stopping.set()


def ring() -> None:
    """Wake the workers; a broker that is away costs only the time until the next tick."""
    from loanwatch.celery import app  # in the web process nothing else has read where the broker is

    try:
        app.send_task("loanwatch.day.tasks.work", retry=False, expires=60)
    except Exception:  # any transport error: the scheduler rings again within seconds
        logger.warning("the broker is away; the next tick rings again")


@shared_task(name="loanwatch.day.tasks.tick", ignore_result=True, expires=60)
def tick() -> None:
    actions.retried(actions.tick)()
    ring()


@shared_task(name="loanwatch.day.tasks.work", ignore_result=True, expires=60)
def work() -> None:
    actions.retried(lambda: actions.work(ring=ring, stop=stopping.is_set))()
