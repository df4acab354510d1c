"""Doorbells. Lost or rung twice, nothing changes but the delay: what is to be done stands in the ledger."""

import logging

from celery import shared_task

from loanwatch.day import actions

logger = logging.getLogger(__name__)


def ring() -> None:
    """Wake the workers; a broker that is away costs only the time until the next tick."""
    try:
        work.apply_async(retry=False, expires=60)
    except Exception:  # any transport error: the scheduler rings again within seconds
        logger.warning("the broker is away; the next tick rings again")


@shared_task(name="loanwatch.day.tasks.tick", ignore_result=True, expires=60)
def tick() -> None:
    actions.retried(actions.tick)()
    ring()


@shared_task(name="loanwatch.day.tasks.work", ignore_result=True, expires=60)
def work() -> None:
    actions.retried(lambda: actions.work(ring=ring))()
