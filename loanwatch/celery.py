"""Worker processes. Celery is the doorbell; the list of work is in PostgreSQL (docs/adr/0002)."""

import os

os.environ.setdefault("LOANWATCH_PROCESS", "worker")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"loanwatch.settings.{os.environ.get('LOANWATCH_SETTINGS', 'production')}")

from celery import Celery
from django.conf import settings

app = Celery("loanwatch")
app.conf.update(
    broker_url=settings.REDIS_URL,
    task_ignore_result=True,          # the ledger knows what was done
    worker_prefetch_multiplier=1,     # a long unit must not hold messages that another worker could take
    task_time_limit=300,              # seconds; a unit is cut to finish in a tenth of it
    broker_connection_retry_on_startup=True,
    broker_transport_options={"global_keyprefix": "lw:"},
    beat_schedule={
        "tick": {"task": "loanwatch.day.tasks.tick", "schedule": 10.0},
        "backtests": {"task": "alerts.backtests.tasks.work", "schedule": 15.0},
    },
    timezone="UTC",
)
app.autodiscover_tasks(["loanwatch.day", "alerts.backtests"])
app.autodiscover_tasks(["loanwatch.watch"], related_name="workers")  # each worker says that it is alive
