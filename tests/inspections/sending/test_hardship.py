"""What phones and disks do to a sending that nobody planned: signs no database keeps, a restored disk, a form begun twice, old forms."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from inspections.four_eyes import actions as four_eyes
from inspections.sending import pieces, rules
from inspections.sending.models import Sending, SentFile
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Photo, Visit
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import make_loan, make_task, own_view, picture, submitted
from tests.inspections.sending.phone import Phone, jpeg


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = "2026-11-20"


@pytest.fixture
def phone(bank) -> Phone:
    return Phone(bank.manager).fill(make_task(bank).pk)


@pytest.mark.parametrize("value", ["a\0b", "half \ud83d", {"name": "\0"}, [{"\ud83d": "x"}], 1e400])
def test_signs_that_no_database_keeps_are_refused_in_words_wherever_they_stand(bank, phone, value):
    phone.form["answers"]["operating"]["value"] = value
    answer = phone.announce()
    assert (answer.status_code, answer.json()["code"]) == (422, "MANIFEST_UNREADABLE")
    assert not Sending.objects.exists()


def test_whole_signs_of_any_language_are_taken(bank, phone):
    phone.form["summary"] = "库存 재고 \U0001f600"
    assert phone.announce().status_code == 200


def test_a_manifest_that_is_nested_without_end_is_refused(bank, phone):
    deep = phone.client.post("/m/sending/", "[" * 100_000, content_type="application/json")
    assert (deep.status_code, deep.json()["code"]) == (422, "MANIFEST_UNREADABLE")


def test_a_picture_that_the_disk_lost_after_it_was_whole_is_asked_for_again(bank, phone):
    phone.announce()
    phone.send_files()
    file_id = next(iter(phone.files))
    pieces.drop(SentFile.objects.get(file_id=file_id).path)
    answer = phone.finish()
    assert (answer.status_code, answer.json()["code"], answer.json()["files"]) == (409, "PIECES_MISSING", [file_id])
    assert phone.announce().json()["files"][file_id] == {"received": 0, "whole": False}
    phone.send_files()
    assert phone.finish().json()["state"] == "received"


def test_the_visit_says_when_its_form_was_finished_and_not_when_the_network_came(bank, phone):
    begun, finished, network = (timezone.now() - timedelta(minutes=minutes) for minutes in (300, 298, 0))
    phone.form |= {"started_at": begun.isoformat(), "finished_at": finished.isoformat()}
    visit = Visit.objects.get(pk=phone.send().json()["visit"])
    assert (visit.device_started_at, visit.device_finished_at) == (begun, finished)
    assert visit.device_finished_at < network


@pytest.mark.parametrize(("began", "ended"), [(10, 11), (10, -5)])
def test_a_clock_that_contradicts_itself_says_nothing(bank, phone, began, ended):
    phone.form |= {name: (timezone.now() - timedelta(minutes=ago)).isoformat() for name, ago in (("started_at", began), ("finished_at", ended))}
    assert Visit.objects.get(pk=phone.send().json()["visit"]).device_finished_at is None


def copies() -> int:
    return sum(1 for path in (django_settings.MEDIA_ROOT / "photos").rglob("*") if path.is_file())


@pytest.mark.parametrize("what", ["incomplete", "damaged"])
def test_a_refused_inspection_leaves_no_copies_on_the_disk(bank, phone, settings, tmp_path, what):
    settings.MEDIA_ROOT = tmp_path
    if what == "incomplete":
        phone.form["summary"] = ""
    else:
        phone.add("photo_gate", jpeg(40)[:2000])
    for _ in range(2):
        assert phone.send().status_code in {409, 422}
        assert copies() == 0
    assert not Photo.objects.exists()


def test_what_was_begun_on_another_page_is_joined_and_written_down(bank, phone):
    task = phone.form["task"]
    draft = visits.start_visit(task_id=task, by=bank.manager)
    shot = picture(3)
    visits.add_photo(visit_id=draft.pk, code="photo_gate", upload=shot, size=len(shot.getvalue()), by=bank.manager)
    visits.save_answers(visit_id=draft.pk, answers={"operating": ("no", "Closed."), "headcount": ("12", "")}, by=bank.manager)
    only_there = next(code for code in ("headcount", "operating") if code in phone.form["answers"])
    del phone.form["answers"]["operating"]
    visits.save_answers(visit_id=draft.pk, answers={"operating": ("yes", "Seen on the page.")}, by=bank.manager)
    told = phone.send()
    assert told.status_code == 200, told.content
    visit = Visit.objects.get(pk=told.json()["visit"])
    assert only_there and visit.answers.get(checkpoint__code="operating").note == "Seen on the page."
    joined = AuditEvent.objects.get(event="sending.joined").details
    assert "operating" in joined["kept"] and joined["photos"] == 1


def confirmed(bank, loan, *, seed: int, kind: str, **changed) -> Visit:
    visit = submitted(bank, make_task(bank, loan, kind=kind), seed=seed, **changed)
    own_view(visit, bank.officer, **changed)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, by=bank.officer)
    return visit


def test_the_form_is_judged_by_the_visit_the_phone_compared_it_with(bank):
    loan = make_loan(bank)
    first = confirmed(bank, loan, seed=1, kind="routine")
    phone = Phone(bank.manager).fill(make_task(bank, loan).pk)
    assert phone.form["before_visit"] == first.pk
    figures = [code for code, given in phone.form["answers"].items() if given["value"] == "74"]
    asked = Checkpoint.objects.filter(section__template__kind="special", code__in=figures).values_list("code", flat=True)
    changed = dict.fromkeys(asked, ("200", "Counted twice."))
    assert changed
    confirmed(bank, loan, seed=5, kind="special", **changed)  # confirmed while the phone was away
    answer = phone.send()
    assert answer.status_code == 200, answer.content


def test_what_was_never_finished_takes_room_for_a_month_only(bank, phone, monkeypatch):
    phone.announce()
    monkeypatch.setattr(rules, "MOST_OPEN", 1)
    other = Phone(bank.manager).fill(make_task(bank).pk)
    assert other.announce().json()["code"] == "QUOTA"
    Sending.objects.update(heard_at=timezone.now() - timedelta(days=31))
    assert other.announce().status_code == 200
