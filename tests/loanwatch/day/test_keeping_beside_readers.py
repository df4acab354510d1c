"""A day of which somebody is reading the rows is not dropped under the reader. What two connections see is committed here."""

from datetime import date
from threading import Event, Thread

import pytest
from django.db import connections, transaction

from alerts.observation.keeping import drop_outlived
from alerts.observation.models import LoanDay

JAN_30, JAN_31, MAY_1 = date(2026, 1, 30), date(2026, 1, 31), date(2026, 5, 1)


@pytest.mark.nights
def test_a_day_that_somebody_is_reading_waits_for_the_next_tick(transactional_db, book):
    book.loan("L-1")
    for day in (JAN_30, JAN_31, MAY_1):
        book.close(day)
    reading, done = Event(), Event()

    def read() -> None:
        with transaction.atomic():
            list(LoanDay.objects.filter(as_of=JAN_30))
            reading.set()
            done.wait(20)
        connections.close_all()

    reader = Thread(target=read)
    reader.start()
    reading.wait(10)
    try:
        assert drop_outlived(book.lender, MAY_1) == []
    finally:
        done.set()
        reader.join()
    assert drop_outlived(book.lender, MAY_1) == [JAN_30]
