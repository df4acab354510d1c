"""Starts the tests' own PostgreSQL before any settings are read, once for all processes of a test run."""

import os
from pathlib import Path

import django
import pytest

from loanwatch.embedded import catalogues, ensure
from loanwatch.embedded.state import ROOT, State

# A folder and a server of their own: the tests never meet the data of a demo in the same checkout, and run without
# waiting for the disk. DATABASE_URL_OWNER replaces the server; its log-in must be able to make databases and roles.
STATE = Path(os.environ.get("LOANWATCH_STATE") or ROOT / ".loanwatch") / "test"
borrowed = ensure.services(State(STATE), durable=False)


def _prepare_environment() -> None:
    os.environ["LOANWATCH_STATE"] = str(STATE)
    os.environ.update(borrowed.__enter__())
    os.environ |= {"LOANWATCH_SETTINGS": "test", "LOANWATCH_PROCESS": "web", "DJANGO_SETTINGS_MODULE": "loanwatch.settings.test"}
    catalogues.compile_outdated()


if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers of xdist inherit the environment
    _prepare_environment()
django.setup()  # conftest files further down may import models


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        borrowed.__exit__(None, None, None)
