"""Two tabs, two requests, the same moment: what is sent twice counts once, and it is the lock that sees to it."""

import threading

import pytest
from django.db import connection

from inspections.sending import actions, finishing
from inspections.sending.models import Sending, SentFile
from inspections.visits.models import Visit
from tests.inspections.book import make_task, open_bank
from tests.inspections.sending.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(settings, tmp_path) -> Phone:
    settings.BUSINESS_DATE, settings.MEDIA_ROOT = "2026-11-20", tmp_path
    bank = open_bank()
    return Phone(bank.manager).fill(make_task(bank).pk)


def at_once(*steps) -> list:
    """What each step answered, or the error it ended with; they begin together, each on a connection of its own."""
    gate, told = threading.Barrier(len(steps)), [None] * len(steps)

    def run(n, step) -> None:
        try:
            gate.wait()
            told[n] = step()
        except Exception as error:
            told[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, step)) for n, step in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return told


def test_the_same_inspection_from_two_tabs_at_once_counts_once(phone, monkeypatch):
    told = phone.manifest()
    announced = at_once(*[lambda: actions.announce(told, by=phone.access)] * 3)
    assert [type(a) for a in announced] == [Sending] * 3 and Sending.objects.count() == 1
    file_id, data = next(iter(phone.files.items()))
    answers = at_once(*[lambda: phone.piece(file_id, 0, data).json()] * 3)
    assert answers == [{"received": len(data), "whole": True}] * 3
    phone.send_files()

    # With the lock off, both would make the visit: the task's own lock and the database then stop the second with an error.
    with monkeypatch.context() as patch:
        patch.setattr(finishing, "own_locked", lambda client_id, by: Sending.objects.of(by).get(client_id=client_id))
        gate = threading.Barrier(2)
        make = finishing._make_visit

        def together(sending, by):
            gate.wait(20)
            return make(sending, by)

        patch.setattr(finishing, "_make_visit", together)
        unguarded = at_once(*[lambda: finishing.finish(Sending.objects.get().client_id, by=phone.access)] * 2)
    codes = [u.code if isinstance(u, finishing.Outcome) else type(u).__name__ for u in unguarded]
    assert sorted(codes) != ["", ""], "without the lock one of the two is turned away although it is the same inspection"
    assert Visit.objects.count() == 1

    guarded = at_once(*[lambda: phone.finish().json()] * 3)
    assert [(g["state"], g["visit"]) for g in guarded] == [("received", Visit.objects.get().pk)] * 3
    assert SentFile.objects.filter(whole=True).count() == len(phone.files)


def test_finishing_twice_at_once_gives_both_tabs_the_same_answer(phone):
    phone.announce()
    phone.send_files()
    told = at_once(*[lambda: phone.finish().json()] * 3)
    assert len({t["visit"] for t in told}) == 1 and {t["state"] for t in told} == {"received"}
    assert Visit.objects.count() == 1
