"""The doorbell of back-tests. Lost or rung twice, nothing changes but the delay: what is to be done stands in the database."""

import logging
import multiprocessing
from typing import Any

from celery import shared_task, signals
from django.db import InterfaceError, OperationalError, connection

from alerts.backtests import actions

logger = logging.getLogger(__name__)

WORK = "alerts.backtests.tasks.work"
stopping = multiprocessing.Event()  # set in the worker's parent process when it is told to stop, seen by the child that it forked


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stopping.set()


def ring() -> None:
    """Wake a worker; a broker that is away costs only the time until the scheduler rings."""
    from loanwatch.celery import app  # in the web process nothing else has read where the broker is

    try:
        app.send_task(WORK, retry=False, expires=60)
    except Exception:  # any transport error: the scheduler rings again within seconds
        logger.warning("the broker is away; the next tick rings again")


@shared_task(name=WORK, ignore_result=True, expires=60)
def work() -> None:
    try:
        actions.work(ring=ring, stop=stopping.is_set)
    except (OperationalError, InterfaceError):
        logger.warning("the database is away; the next ring goes on", exc_info=True)
        connection.close()
