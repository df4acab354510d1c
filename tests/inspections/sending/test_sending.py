"""What a phone sends without having been on a network: taken piece by piece, once, and by nobody but its owner."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from inspections.checklists.models import Template
from inspections.four_eyes import actions as four_eyes
from inspections.planning.models import Task
from inspections.sending import pieces, rules
from inspections.sending.models import Sending, SentFile
from inspections.visits import actions as visits
from inspections.visits.models import Photo, Visit
from loanwatch.trail.models import AuditEvent
from tests.inspections.book import TODAY, fill, make_loan, make_task, own_view, submit, submitted
from tests.inspections.sending.phone import Phone, browser, jpeg


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = "2026-11-20"


@pytest.fixture
def phone(bank) -> Phone:
    return Phone(bank.manager).fill(make_task(bank).pk)


def test_an_inspection_made_without_a_network_arrives_whole_and_byte_for_byte(bank, phone):
    told = phone.send()
    assert told.status_code == 200, told.content
    assert told.json()["state"] == "received"
    assert told.json()["files"] == {f: sha256(data).hexdigest() for f, data in phone.files.items()}
    visit = Visit.objects.get(pk=told.json()["visit"])
    assert (visit.state, visit.conclusion, visit.summary, visit.accuracy) == ("submitted", "no_problem", "All in order.", 8)
    for photo in visit.photos.all():
        with default_storage.open(photo.original) as kept:
            data = kept.read()
        assert data in phone.files.values()
        assert sha256(data).hexdigest() == photo.sent_sha256 != photo.sha256
        assert default_storage.open(photo.file).read(3) == b"\xff\xd8\xff"
    assert visit.answers.get(checkpoint__code="operating").said_at is not None
    assert {"sending.begun", "sending.received", "visit.submitted"} <= set(AuditEvent.objects.values_list("event", flat=True))


def test_sent_twice_counts_once(bank, phone):
    first = phone.send().json()
    again = phone.finish()
    assert (again.status_code, again.json()["visit"]) == (200, first["visit"])
    assert phone.announce().json()["state"] == "received"
    assert phone.piece(next(iter(phone.files)), 0, b"other").json() == {"received": len(next(iter(phone.files.values()))), "whole": True}
    assert Visit.objects.count() == 1 and AuditEvent.objects.filter(event="sending.received").count() == 1


def test_the_server_says_how_far_it_is_and_the_phone_goes_on_from_there(bank, phone):
    file_id, data = next(iter(phone.files.items()))
    phone.announce()
    phone.piece(file_id, 0, data[:1000])
    assert phone.announce().json()["files"][file_id] == {"received": 1000, "whole": False}
    assert phone.client.get(f"/m/sending/{phone.client_id}/").json()["files"][file_id] == {"received": 1000, "whole": False}
    wrong = phone.piece(file_id, 500, data[500:1500])
    assert (wrong.status_code, wrong.json()["received"]) == (409, 1000)
    assert phone.piece(file_id, 1000, data[1000:]).json() == {"received": len(data), "whole": True}


def test_bytes_that_a_killed_server_wrote_and_did_not_confirm_are_written_over(bank, phone):
    file_id, data = next(iter(phone.files.items()))
    phone.announce()
    phone.piece(file_id, 0, data[:1000])
    row = SentFile.objects.get(file_id=file_id)
    pieces.append(row.path, 1000, b"half a piece that nobody heard of" * 40)
    assert phone.piece(file_id, 1000, data[1000:]).json()["whole"] is True


def test_bytes_that_the_disk_lost_are_asked_for_again(bank, phone):
    file_id, data = next(iter(phone.files.items()))
    phone.announce()
    phone.piece(file_id, 0, data[:1000])
    row = SentFile.objects.get(file_id=file_id)
    pieces.append(row.path, 0, data[:300])
    lost = phone.piece(file_id, 1000, data[1000:])
    assert (lost.status_code, lost.json()["received"]) == (409, 300)
    assert phone.piece(file_id, 300, data[300:]).json()["whole"] is True


def test_a_damaged_piece_and_a_damaged_file_are_not_taken(bank, phone):
    file_id, data = next(iter(phone.files.items()))
    phone.announce()
    assert phone.piece(file_id, 0, data[:1000], digest="0" * 64).json()["code"] == "PIECE_DAMAGED"
    changed = data[:-1] + bytes([data[-1] ^ 1])
    answer = phone.piece(file_id, 0, changed)
    assert (answer.status_code, answer.json()["code"], answer.json()["received"]) == (422, "FILE_DAMAGED", 0)
    assert phone.piece(file_id, 0, data).json()["whole"] is True


def test_a_piece_that_is_too_large_is_refused_in_words(bank, phone):
    phone.announce()
    answer = phone.piece(next(iter(phone.files)), 0, b"x" * (rules.PIECE + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "PIECE_TOO_LARGE")


def test_a_full_disk_is_said_and_nothing_is_lost(bank, phone, monkeypatch):
    file_id, data = next(iter(phone.files.items()))
    phone.announce()

    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pieces, "append", full)
        answer = phone.piece(file_id, 0, data)
    assert (answer.status_code, answer.json()["code"]) == (507, "STORAGE_FULL")
    assert phone.piece(file_id, 0, data).json()["whole"] is True


def test_a_file_that_is_not_what_it_says_is_refused(bank, phone):
    file_id = phone.add("photo_gate", b"MZ this is a program" * 10)
    phone.announce()
    answer = phone.piece(file_id, 0, phone.files[file_id])
    assert (answer.status_code, answer.json()["code"]) == (422, "NOT_A_PHOTO")
    assert "photo" in answer.json()["sentence"]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"what": "photo", "kind": "application/pdf"}, "FILE_TYPE"),
        ({"what": "film", "kind": "video/mp4"}, "FILE_TYPE"),
        ({"size": rules.MOST_PHOTO + 1}, "FILE_TOO_LARGE"),
        ({"size": 0}, "FILE_EMPTY"),
        ({"sha256": "../../etc"}, "MANIFEST_UNREADABLE"),
    ],
)
def test_kinds_and_sizes_are_judged_before_a_byte_is_sent(bank, phone, told, code):
    phone.add("photo_gate", jpeg(9), **told)
    answer = phone.announce()
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["sentence"].endswith(".")


def test_more_pictures_than_an_inspection_holds_are_refused(bank, phone):
    while len(phone.files) <= rules.MOST_FILES:
        phone.add("photo_gate", b"\xff\xd8\xff" + bytes([len(phone.files)]))
    assert phone.announce().json()["code"] == "TOO_MANY_PHOTOS"


def test_a_person_can_fill_only_a_share_of_the_disk(bank, phone, monkeypatch):
    monkeypatch.setattr(rules, "MOST_WAITING", 1000)
    answer = phone.announce()
    assert (answer.status_code, answer.json()["code"]) == (413, "QUOTA")
    assert not Sending.objects.exists()


def test_a_changed_manifest_is_seen_by_its_hash(bank, phone):
    told = phone.manifest()
    told["summary"] = "Something else."
    assert phone.post("", told).json()["code"] == "MANIFEST_DAMAGED"


# Revisions ----------------------------------------------------------------------------------------------------------------


def test_a_higher_revision_replaces_a_lower_one_until_all_is_received(bank, phone):
    phone.form["finished"] = False
    phone.announce()
    phone.send_files()
    assert phone.finish().json()["code"] == "NOT_FINISHED"
    phone.form |= {"finished": True, "summary": "Seen to the end."}
    phone.revision = 2
    assert all(f["whole"] for f in phone.announce().json()["files"].values())
    assert Visit.objects.get(pk=phone.finish().json()["visit"]).summary == "Seen to the end."


def test_an_older_state_of_another_tab_does_not_overwrite_a_newer_one(bank, phone):
    phone.revision = 3
    phone.announce()
    same = phone.announce()  # a minute later, with nothing changed
    assert same.status_code == 200
    for revision in (2, 3):
        old = phone.announce(revision=revision, summary="Older.")
        assert (old.status_code, old.json()["code"], old.json()["revision"]) == (409, "OLDER_REVISION", 3)
    assert Sending.objects.get().manifest["summary"] == "All in order."


def test_a_picture_taken_out_on_the_phone_goes_from_the_server_too(bank, phone):
    phone.add("photo_gate", jpeg(30))
    phone.announce()
    phone.send_files()
    gone = phone.form["files"].pop()
    path = SentFile.objects.get(file_id=gone["id"]).path
    phone.files.pop(gone["id"])
    phone.revision = 2
    assert gone["id"] not in phone.announce().json()["files"]
    assert not SentFile.objects.filter(path=path).exists()


def test_files_that_are_missing_are_named_when_it_is_finished(bank, phone):
    phone.announce()
    answer = phone.finish()
    assert (answer.status_code, answer.json()["code"]) == (409, "PIECES_MISSING")
    assert set(answer.json()["files"]) == set(phone.files)


# What happened meanwhile --------------------------------------------------------------------------------------------------


def _given_to_another(bank, task):
    Task.objects.filter(pk=task.pk).update(assigned_to=bank.manager2.person)


def _done_by_another(bank, task):
    _given_to_another(bank, task)
    visit = visits.start_visit(task_id=task.pk, by=bank.manager2)
    fill(visit, bank.manager2, seed=7)
    submit(visit, bank.manager2)


def _done_on_the_page(bank, task):
    visit = visits.start_visit(task_id=task.pk, by=bank.manager)
    fill(visit, bank.manager, seed=7)
    submit(visit, bank.manager)


def _cancelled(bank, task):
    Task.objects.filter(pk=task.pk).update(state="cancelled", closed_on=TODAY)


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (_given_to_another, "TASK_REASSIGNED"),
        (_done_by_another, "DONE_BY_OTHER"),
        (_done_on_the_page, "DONE_ALREADY"),
        (_cancelled, "TASK_CANCELLED"),
    ],
)
def test_what_happened_meanwhile_is_said_and_what_was_sent_is_kept(bank, happened, code):
    task = make_task(bank)
    phone = Phone(bank.manager).fill(task.pk)
    before = Visit.objects.count()
    happened(bank, task)
    made = Visit.objects.count() - before
    assert phone.announce().json()["warning"]["code"] == code
    phone.send_files()
    answer = phone.finish()
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert len(answer.json()["sentence"]) > 40
    assert Visit.objects.count() - before == made, "nothing was made of it"
    kept = Sending.objects.get()
    assert (kept.state, kept.reason, kept.files.filter(whole=True).count()) == ("refused", code, len(phone.files))
    assert phone.finish().json()["code"] == code
    assert AuditEvent.objects.filter(event="sending.refused").count() == 1


def test_a_task_that_is_given_back_is_taken_after_all(bank):
    task = make_task(bank)
    phone = Phone(bank.manager).fill(task.pk)
    _given_to_another(bank, task)
    assert phone.send().json()["code"] == "TASK_REASSIGNED"
    Task.objects.filter(pk=task.pk).update(assigned_to=bank.manager.person)
    assert phone.finish().json()["state"] == "received"


def test_a_form_with_a_newer_version_is_taken_with_its_old_one_and_said(bank, phone):
    Template.objects.filter(pk=phone.form["template"]).update(state="retired")
    told = phone.send()
    assert (told.status_code, told.json()["note"]) == (200, "FORM_CHANGED")
    assert "newer version" in told.json()["sentence"]
    assert Visit.objects.get().template_id == phone.form["template"]


def test_a_form_nobody_knows_is_refused(bank, phone):
    phone.form["template"] = 999_999
    assert phone.send().json()["code"] == "TEMPLATE_UNKNOWN"


def test_an_incomplete_inspection_comes_back_with_a_sentence_per_point_and_can_be_completed(bank, phone):
    phone.form["answers"]["operating"]["value"] = None
    phone.form["summary"] = ""
    answer = phone.send()
    assert (answer.status_code, answer.json()["code"], answer.json()["faults"]) == (422, "VISIT_INCOMPLETE", {"operating": "answer", "summary": "answer"})
    assert answer.json()["fault_sentences"]["operating"]
    assert not Visit.objects.exists()
    phone.form["answers"]["operating"]["value"] = "yes"
    phone.form["summary"] = "Now complete."
    phone.revision = 2
    assert phone.send().json()["state"] == "received"


def test_an_answer_that_the_form_does_not_know_is_refused_at_its_point(bank, phone):
    phone.form["answers"]["operating"]["value"] = "perhaps"
    assert phone.send().json()["faults"] == {"operating": "choice"}


def test_a_photo_that_cannot_be_decoded_leaves_nothing_half_done(bank, phone):
    data = jpeg(40)
    phone.add("photo_gate", data[: len(data) // 2])
    answer = phone.send()
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_A_PHOTO")
    assert not Visit.objects.exists() and Task.objects.get().state == "due"


def test_after_a_return_the_phone_begins_with_what_was_recorded(bank):
    first = submitted(bank)
    own_view(first, bank.officer)
    four_eyes.return_visit(visit_id=first.pk, seen_hash=first.content_hash, reason="contradicts", explanation="Count again.", by=bank.officer)
    phone = Phone(bank.manager)
    task = next(t for t in phone.parcel()["tasks"] if t["id"] == first.task_id)
    assert task["returned"]["explanation"] == "Count again."
    assert task["prefill"]["operating"]["value"] == "yes"
    assert task["earlier"]["photos"]["photo_gate"] == {"photo": 1}
    visit = Visit.objects.get(pk=phone.fill(first.task_id).send().json()["visit"])
    assert visit.attempt == 2


# Whose it is --------------------------------------------------------------------------------------------------------------


def test_nobody_sees_or_continues_what_another_person_sends(bank, phone):
    phone.announce()
    thief = Phone(bank.manager2, client_id=phone.client_id)
    make_task(bank, to=bank.manager2)
    file_id = next(iter(phone.files))
    assert thief.client.get(f"/m/sending/{phone.client_id}/").status_code == 404
    assert thief.piece(file_id, 0, phone.files[file_id]).status_code == 404
    assert thief.finish().json()["code"] == "SENDING_UNKNOWN"
    thief.form, thief.files = phone.form, phone.files
    assert thief.announce().json()["code"] == "TASK_UNKNOWN"
    thief.fill(make_task(bank, to=bank.manager2).pk)
    assert thief.announce().json()["code"] == "SENDING_UNKNOWN"


def test_a_task_that_never_lay_on_the_phone_is_unknown(bank, phone):
    foreign = make_task(bank, to=bank.manager2)
    for task in (foreign.pk, 10**9):
        phone.form["task"] = task
        answer = phone.announce()
        assert (answer.status_code, answer.json()["code"]) == (404, "TASK_UNKNOWN")


def test_whoever_is_no_longer_logged_in_is_asked_to_log_in_and_loses_nothing(bank, phone):
    phone.announce()
    phone.client.logout()
    file_id = next(iter(phone.files))
    for answer in (phone.announce(), phone.piece(file_id, 0, phone.files[file_id]), phone.finish(), phone.client.get("/m/parcel/")):
        assert (answer.status_code, answer.json()["code"]) == (401, "LOGIN")
    phone.client = browser(bank.manager)
    phone.send_files()
    assert phone.finish().json()["state"] == "received"


def test_whoever_records_no_inspections_is_refused_in_json(bank):
    answer = browser(bank.head).get("/m/parcel/")
    assert (answer.status_code, answer.json()["code"]) == (403, "VISIT_RECORD")


# What the database keeps --------------------------------------------------------------------------------------------------


def test_what_was_received_is_frozen_and_nothing_is_deleted(bank, phone):
    phone.send()
    sending = Sending.objects.get()
    for change in (
        lambda: Sending.objects.update(reason="x", state="refused", visit=None),
        lambda: Sending.objects.update(heard_at=timezone.now()),
        lambda: SentFile.objects.update(received=0, whole=False),
        lambda: SentFile.objects.all().delete(),
        sending.delete,
    ):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            change()


def test_the_database_takes_no_sending_for_received_that_lacks_a_piece(bank, phone):
    phone.announce()
    visit = submitted(bank)
    with pytest.raises(IntegrityError, match="lacks pieces"), transaction.atomic():
        Sending.objects.update(state="received", visit=visit, received_at=timezone.now())


def test_whose_sending_it_is_never_changes(bank, phone):
    phone.announce()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Sending.objects.update(person=bank.manager2.person)


# What hangs ---------------------------------------------------------------------------------------------------------------


def test_the_branch_head_sees_what_hangs_and_what_to_do_and_nothing_of_what_was_recorded(bank, phone):
    phone.form["summary"] = "The owner has left the country."
    _given_to_another(bank, Task.objects.get())
    phone.send()
    page = browser(bank.head).get("/inspections/sending/")
    text = page.content.decode()
    assert "Give the task back to this person" in text and "left the country" not in text
    assert "Nothing fits" in browser(bank.head).get("/inspections/sending/?state=receiving").content.decode()
    for who, status in (("officer", 403), ("manager", 403), ("agent", 403)):
        assert browser(bank.people[who]).get("/inspections/sending/").status_code == status


@pytest.mark.parametrize(("hours", "rows"), [(23, 0), (25, 1)])
def test_what_was_not_heard_of_for_a_day_hangs(bank, phone, hours, rows):
    phone.announce()
    Sending.objects.update(heard_at=timezone.now() - timedelta(hours=hours))
    assert len(browser(bank.head).get("/inspections/sending/").context["page"].object_list) == rows


def test_photos_of_a_sending_keep_time_place_and_accuracy_of_the_phone(bank, phone):
    phone.add("photo_gate", jpeg(12), latitude=31.3001, longitude=120.7001, accuracy=14)
    visit = Visit.objects.get(pk=phone.send().json()["visit"])
    photo = Photo.objects.filter(visit=visit, accuracy=14).get()
    assert (str(photo.latitude), photo.taken_at is not None) == ("31.300100", True)


def test_a_pdf_document_is_kept_as_it_came(bank, phone):
    paper = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
    phone.add("photo_gate", paper, what="document", kind="application/pdf")
    visit = Visit.objects.get(pk=phone.send().json()["visit"])
    kept = visit.photos.get(what="document")
    assert (kept.width, kept.height, kept.likeness, default_storage.open(kept.file).read()) == (0, 0, 0, paper)


def test_the_loan_of_another_bank_is_not_in_the_parcel(bank):
    mine, other = make_task(bank), make_task(bank, make_loan(bank), to=bank.manager2)
    carried = {t["id"] for t in Phone(bank.manager).parcel()["tasks"]}
    assert mine.pk in carried and other.pk not in carried
