"""Wakes a worker for back-tests. Lost or rung twice, nothing changes but the delay: what is to be done stands in the database."""

import logging

logger = logging.getLogger(__name__)

WORK = "alerts.backtests.tasks.work"


def ring() -> None:
    """Wake a worker; a broker that is away costs only the time until the scheduler rings."""
    from loanwatch.celery import app  # in the web process nothing else has read where the broker is

    try:
        app.send_task(WORK, retry=False, expires=60)
    except Exception:  # any transport error: the scheduler rings again within seconds
        logger.warning("the broker is away; the next tick rings again")
