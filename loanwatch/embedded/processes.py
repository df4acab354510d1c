"""The command lines of the application's processes; `docker-compose.yml` starts the same ones."""

import http.client
import sys

from loanwatch.embedded.state import ROOT, State

HEALTH = "/healthz"
# Celery warns root about pickled messages. This application sends none: its tasks have no arguments.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def web(port: int) -> list[str]:
    """Web server on this machine only: one process, several threads."""
    return [
        sys.executable, "-m", "gunicorn", "loanwatch.wsgi:application", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "8", "--timeout", "120", "--graceful-timeout", "10", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip


def worker(number: int) -> list[str]:
    """One Celery worker with one process: the ledger in PostgreSQL, not Celery, deals out the work."""
    return [
        sys.executable, "-m", "celery", "-A", "loanwatch", "--quiet", "worker", "--pool", "prefork", "--concurrency", "1",
        "--loglevel", "WARNING", "--hostname", f"worker{number}@%h", "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def relay() -> list[str]:
    """Hands the messages of the outbox to their channels; any number may run."""
    return [sys.executable, str(ROOT / "manage.py"), "relay"]


def scheduler(state: State) -> list[str]:
    """Celery beat; it only rings, so a second one beside it would do no harm."""
    return [
        sys.executable, "-m", "celery", "-A", "loanwatch", "--quiet", "beat", "--loglevel", "WARNING", "--pidfile=",
        "--schedule", str(state.folder / "beat-schedule"),
    ]  # fmt: skip


def web_answers(port: int) -> bool:
    """Whether the web process answers on its health page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", HEALTH)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
