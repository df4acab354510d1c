"""Whatever a sender's system may send: nothing of it is applied halfway, nothing breaks, and each file and row has its reason.

Counted while 2,000 and more files are loaded one after the other into a real database, each committed for itself.
"""

import random
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from borrowers.feeds.actions import MOST_QUARANTINED, Order, load
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.feeds.reasons import FILE_REASONS, ROW_REASONS
from borrowers.loans.models import Loan
from loanwatch.lenders.actions import open_lender
from loanwatch.lenders.models import Lender
from tests.factories import BranchFactory, LoanFactory
from tests.faults.feeds.malformed import Malformed, hand_made, mutated
from tests.faults.feeds.valid import LOANS, bases

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
BEGIN = date(2026, 2, 1)
ADMINISTRATION = {"Delivery", "QuarantinedRow"}  # of feeds; everything else in the slice is a fact
MUTATIONS = 1_800


@pytest.fixture
def lender() -> Lender:
    """A lender with the loans of the valid files, one loan in dollars, and another lender with a loan of its own."""
    made = open_lender(code="PANEL", currency="CNY", zone="Asia/Shanghai", calendar="daily", holidays_until=2027)
    branch = BranchFactory(lender=made)
    for number in LOANS:
        LoanFactory(branch=branch, number=number)
    LoanFactory(branch=branch, number="80008", currency="USD")
    LoanFactory(
        branch=BranchFactory(lender=open_lender(code="OTHER", currency="CNY", zone="UTC", calendar="daily", holidays_until=2027)),
        number="70007",
    )
    return made


def facts() -> dict[str, int]:
    """Rows of each table of facts."""
    models = [m for m in apps.get_app_config("borrowers").get_models() if m.__name__ not in ADMINISTRATION and m._meta.managed]
    counts = ", ".join(f'(SELECT count(*) FROM "{m._meta.db_table}")' for m in models)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        return dict(zip((m.__name__ for m in models), cursor.fetchone(), strict=True))


def load_one(lender: Lender, file: Malformed, place: int, folder: Path) -> str:
    """Load one file and prove that it was taken whole or not at all. Returns its state."""
    path = folder / f"file{place}"
    path.write_bytes(file.content() if callable(file.content) else file.content)
    if file.sidecar is not None:
        path.with_name(path.name + ".control.json").write_bytes(file.sidecar)
    declared = replace(file.declared, name=f"{file.declared.name}_{place}")
    before = facts()
    done = load(Order(lender, declared, path, BEGIN + timedelta(days=place)))
    after = facts()
    path.unlink()
    told = f"{file.name}: {done.state} {done.reasons} {done.reason}"
    delivery = Delivery.objects.get(pk=done.delivery)
    kept = QuarantinedRow.objects.filter(delivery=delivery)
    assert done.state in {"applied", "held", "rejected"}, told
    assert delivery.state == done.state, told
    assert set(done.reasons) <= set(FILE_REASONS) | set(ROW_REASONS), told
    assert kept.count() == min(done.quarantined, MOST_QUARANTINED), told
    assert set(kept.values_list("reason", flat=True)) <= set(ROW_REASONS), told
    if done.state == "applied":
        assert done.applied + done.unchanged + done.quarantined + done.left_out == done.read, told
        assert {name: after[name] - before[name] for name in after if after[name] != before[name]} in ({}, {"Position": done.applied}), told
        assert after["Position"] - before["Position"] == done.applied, told
    else:
        assert after == before, f"partly applied: {told}"
        assert done.reasons, told
        assert done.reason, told
    if file.expects is not None:
        assert (file.expects in done.reasons) if file.expects else (done.state == "applied" and not done.reasons), told
    return done.state


def load_all(lender: Lender, files: Iterable[Malformed], folder: Path, record_property) -> Counter[str]:
    states: Counter[str] = Counter()
    wrong: list[str] = []
    for place, file in enumerate(files):
        try:
            states[load_one(lender, file, place, folder)] += 1
        except Exception as fault:  # whatever breaks is what is looked for: the next file is tried all the same
            wrong.append(f"{file.name}: {type(fault).__name__} {str(fault)[:600]} {traceback.format_tb(fault.__traceback__)[-1]}")
    record_property("states", dict(states))
    print("files:", sum(states.values()), dict(states))
    assert not wrong, f"{len(wrong)} files:\n" + "\n".join(wrong[:60])
    assert Loan.objects.filter(lender=lender).count() == len(LOANS) + 1
    return states


def test_the_valid_files_of_which_the_malformed_ones_are_made_are_applied_whole(lender, tmp_path, record_property):
    files = [Malformed(base.name, base.declared, base.packed(base.content), "") for base in bases()]
    assert load_all(lender, files, tmp_path, record_property) == {"applied": len(files)}


def test_a_sample_of_malformed_files_is_told_and_never_taken_halfway(lender, tmp_path, record_property):
    made = [file for file in hand_made() if not callable(file.content)]
    sample = [*random.Random(7).sample(made, 90), *(mutated(number) for number in range(0, MUTATIONS, MUTATIONS // 60))]
    assert sum(load_all(lender, sample, tmp_path, record_property).values()) == 150


@pytest.mark.long
def test_2000_malformed_files_are_told_and_never_taken_halfway(lender, tmp_path, record_property):
    made = hand_made()
    assert len(made) >= 200
    assert len({file.name for file in made}) == len(made)
    states = load_all(lender, [*made, *(mutated(number) for number in range(MUTATIONS))], tmp_path, record_property)
    assert sum(states.values()) >= 2_000
    assert min(states["applied"], states["held"], states["rejected"]) > 100, "the mutations reach too little"
