"""What the doorbell of back-tests starts in a worker."""

import logging
import multiprocessing
from typing import Any

from celery import shared_task, signals
from django.db import InterfaceError, OperationalError, connection

from alerts.backtests import actions
from alerts.backtests.doorbell import WORK, ring

logger = logging.getLogger(__name__)

stopping = multiprocessing.Event()  # set in the worker's parent process when it is told to stop, seen by the child that it forked


@signals.worker_shutting_down.connect
def _stop(**_: Any) -> None:
    stopping.set()


@shared_task(name=WORK, ignore_result=True, expires=60)
def work() -> None:
    try:
        actions.work(ring=ring, stop=stopping.is_set)
    except (OperationalError, InterfaceError):
        logger.warning("the database is away; the next ring goes on", exc_info=True)
        connection.close()
