"""An import that is killed, wherever it is, leaves nothing behind; the next one of the same file applies it once."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from borrowers.feeds.actions import Order, load
from borrowers.feeds.importer.formats import find
from borrowers.feeds.models import Delivery
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from loanwatch.people.tree import open_head_office
from loanwatch.trail.models import AuditEvent
from tests.faults.feeds.test_malformed_files import facts
from tests.installation import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
LOANS, DAY = 1_500, date(2026, 1, 31)
FORMAT = """
currency = "CNY"
key = ["number"]
final_newline = "required"
[branches]
create = true
[products]
SME = { name = "Working capital", kind = "working_capital" }
[borrower]
number = { text = "B{number}" }
name = "holder"
kind = { const = "company" }
segment = { const = "small" }
[branch]
code = { const = "BR1" }
name = { const = "Branch 1" }
[loan]
number = "number"
product = { const = "SME" }
principal = "principal"
disbursed_on = "begins"
[position]
loan_number = "number"
balance = "balance"
[columns.number]
required = true
[columns.holder]
[columns.principal]
type = "decimal"
[columns.begins]
type = "date"
format = "YYYY-MM-DD"
[columns.balance]
type = "decimal"
required = true
"""


@pytest.fixture
def lender() -> Lender:
    made = open_lender(code="PANEL", currency="CNY", zone="UTC", calendar="daily", holidays_until=2027)
    open_head_office(made, name="Head office", on=date(2000, 1, 1))
    return made


def a_delivery(folder: Path, number: int) -> tuple[Path, Path]:
    """A feed and a file of its own with 1,500 new loans, so that no try is a repetition of another."""
    declared, path = folder / f"killed_{number}.toml", folder / f"file{number}.csv"
    declared.write_text(FORMAT)
    rows = "".join(f"{number}x{n:06},王{n},1000.00,2026-01-05,{n}.50\n" for n in range(LOANS))
    path.write_text(f"number,holder,principal,begins,balance\n{rows}")
    return declared, path


def start(declared: Path, path: Path) -> "subprocess.Popen[bytes]":
    """An import that is just about to begin."""
    command = [
        sys.executable,
        "-m",
        "tests.faults.feeds.importing",
        connection.settings_dict["NAME"],
        "PANEL",
        str(declared),
        str(path),
        DAY.isoformat(),
    ]
    environment = {**os.environ, "LOANWATCH_PROCESS": "worker"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    return process


def wait_until_noticed() -> None:
    """Until the database has noticed that the other end of every connection but ours is gone."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("the database still works for an import that was killed")


def all_or_nothing(path: Path, before: dict[str, int], deliveries: int) -> bool:
    """Whether the file was applied, having proved that it was whole or not at all."""
    after, made = facts(), Delivery.objects.filter(filename=path.name).first()
    if made is None:
        assert after == before, "something stayed of an import that was killed"
        assert Delivery.objects.count() == deliveries
        return False
    assert made.state == "applied"
    assert {after[name] - before[name] for name in ("Borrower", "Loan", "Position")} == {LOANS}
    assert AuditEvent.objects.filter(event="feed.applied", subject_id=str(made.pk)).exists()
    return True


def prove(lender: Lender, folder: Path, kills: int, record_property) -> None:
    """Kill imports at random moments of their work until as many as wanted were hit, then load what was hit again."""
    chance, hit, whole = random.Random(50), [], 0
    process = start(*a_delivery(folder, 0))  # runs through and tells how long the others have
    began = time.monotonic()
    assert process.stdout
    assert b"applied" in process.stdout.readline()  # told right after the commit
    took = time.monotonic() - began
    assert process.wait(timeout=120) == 0
    while len(hit) < kills:
        number = 1 + len(hit) + whole
        declared, path = a_delivery(folder, number)
        before, deliveries = facts(), Delivery.objects.count()
        process = start(declared, path)
        time.sleep(chance.random() * took)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        wait_until_noticed()
        if all_or_nothing(path, before, deliveries):
            whole += 1
        else:
            assert process.returncode == -signal.SIGKILL, "the import ended by itself"
            hit.append((declared, path))
    record_property("kills", {"killed": len(hit), "applied before": whole})
    print("killed:", len(hit), "applied before the kill:", whole, f"an import takes {took:.2f} s")
    for declared, path in hit[:2]:
        before, deliveries = facts(), Delivery.objects.count()
        assert load(Order(lender, find(str(declared)), path, DAY)).applied == LOANS
        assert all_or_nothing(path, before, deliveries)


def test_four_killed_imports_leave_nothing_and_the_next_one_is_whole(lender, tmp_path, record_property):
    prove(lender, tmp_path, 4, record_property)


@pytest.mark.long
def test_fifty_killed_imports_leave_nothing_and_the_next_one_is_whole(lender, tmp_path, record_property):
    prove(lender, tmp_path, 50, record_property)
