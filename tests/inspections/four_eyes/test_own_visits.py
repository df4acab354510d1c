"""Going to see: what the officer finds on the own visit stays with the officer until the inspection is decided."""

import pytest
from django.db import connection
from django.urls import reverse

from inspections.four_eyes import actions as four_eyes
from inspections.visits import actions as visits
from inspections.visits.models import Photo, Visit
from inspections.visits.queries import visits_readable_by
from tests.inspections.book import fill, good_answers, make_loan, make_task, submit, submitted
from tests.inspections.test_pages import browser

BIG = 200_000_000
FOUND = "Half the hall is let."
TABLES = ("inspections_visitwords", "inspections_answer", "inspections_photo")


def went(bank, visit: Visit, *, conclusion: str = "concern") -> Visit:
    """The officer's own visit, handed in and adopted as the own view."""
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    own = visits.start_visit(task_id=task.pk, by=bank.officer)
    fill(own, bank.officer, seed=7)
    own = submit(own, bank.officer, conclusion=conclusion, summary=FOUND)
    four_eyes.adopt_own_visit(visit_id=visit.pk, by=bank.officer)
    return own


def seen_by_sql(reader: str, visit: Visit) -> list[int]:
    """Rows of the visit that a plain query of this reader finds in each table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lw.reader', true)")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('lw.reader', %s, false)", [reader])
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE visit_id = %s", [visit.pk])
            found.append(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('lw.reader', %s, false)", [before])
    return found


def test_the_own_visit_is_read_by_nobody_else_before_the_decision(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    own = went(bank, visit)
    shot = Photo.objects.filter(visit=own).first()
    assert visits_readable_by(bank.officer).filter(pk=own.pk).exists()
    assert all(seen_by_sql(str(bank.officer.person.pk), own))
    for who in ("manager", "officer2", "head", "auditor", "credit"):
        access = bank.people[who]
        assert not visits_readable_by(access).filter(pk=own.pk).exists(), who
        assert seen_by_sql(str(access.person.pk), own) == [0, 0, 0], who
        client = browser(access)
        for page in (reverse("visits:detail", args=[own.pk]), f"/api/v1/inspections/{own.pk}/", "/api/v1/inspections/"):
            assert FOUND not in client.get(page).content.decode(), (who, page)
        assert client.get(reverse("visits:photo", args=[shot.pk])).status_code == 404, who
    assert all(seen_by_sql("house", own)), "the house reads it: examination and decision need it"


def test_the_first_decision_of_two_does_not_open_it_and_the_last_one_does(bank):
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=BIG)))
    own = went(bank, visit, conclusion="no_problem")
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer)
    assert not visits_readable_by(bank.manager).filter(pk=own.pk).exists()
    four_eyes.record_own_view(**at_the_desk(visit, bank.officer2))
    assert not visits_readable_by(bank.officer2).filter(pk=own.pk).exists(), "a view of one's own does not open another's"
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer2)
    for who in ("manager", "officer2", "auditor"):
        assert visits_readable_by(bank.people[who]).filter(pk=own.pk).exists(), who
        assert all(seen_by_sql(str(bank.people[who].person.pk), own)), who


def at_the_desk(visit: Visit, by) -> dict:
    return {"visit_id": visit.pk, "answers": good_answers(visit), "conclusion": "no_problem", "summary": "My view.", "by": by}


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_an_own_visit_not_yet_taken_over_stays_with_its_officer(bank, state):
    visit = submitted(bank)
    task = four_eyes.plan_own_visit(visit_id=visit.pk, by=bank.officer).own_task
    own = visits.start_visit(task_id=task.pk, by=bank.officer)
    fill(own, bank.officer, seed=7)
    if state == "submitted":
        submit(own, bank.officer, conclusion="concern")
    assert seen_by_sql(str(bank.manager.person.pk), own) == [0, 0, 0]
    assert all(seen_by_sql(str(bank.officer.person.pk), own)[1:])
