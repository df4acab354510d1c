"""Documents, their versions and their paper, from the first upload to the end of the retention time."""

import dataclasses
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from borrowers.documents import actions, house, keeping, queries
from borrowers.documents.models import Document, DocumentVersion, LegalHold, ShelfEntry
from borrowers.documents.uploads.limits import BadUpload
from borrowers.facts import Correction
from borrowers.loans.models import LoanEvent
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.access import Access
from loanwatch.trail.models import AuditEvent
from tests.borrowers.documents import files
from tests.inspections.book import TODAY, make_loan

DAY = timedelta(days=1)


def on(access: Access, day: date) -> Access:
    return dataclasses.replace(access, on=day)


def stored(settings) -> list[Path]:
    root = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])
    return [path for path in root.rglob("*") if path.is_file()]


def test_an_upload_becomes_a_document_with_its_first_version(bank, bring, settings):
    data = files.photo()
    document = bring(data=data, name="../../借据\u202e.jpg")
    version = document.versions.get()
    assert (document.loan.number, document.valid_from, document.expires_on, document.title) == (document.loan.number, TODAY, None, "借据")
    assert version.filename == "借据.jpg" and version.sha256 != version.stored_sha256 and version.evidence["model"] == "Phone 9"
    [path] = stored(settings)
    assert path.name.removesuffix(".jpg").isalnum() and len(path.name) == 36, "a name of our own, which tells nothing"
    assert keeping.read(version) == path.read_bytes() and b"Phone 9" not in path.read_bytes()
    assert AuditEvent.objects.get(event="document.added").details["sha256"] == version.sha256


def test_a_refused_file_leaves_nothing_behind(bank, bring, settings):
    with pytest.raises(BadUpload):
        bring(data=b"<html>", name="a.png")
    assert stored(settings) == [] and not Document.objects.exists()


def test_the_very_same_bytes_are_told_to_be_there_already(bank, loan, bring, settings):
    data = files.picture("PNG")
    first = bring(data=data)
    for code in ("loan_contract", "drawdown_note"):
        with pytest.raises(actions.AlreadyThere) as there:
            bring(code, data=data, name="another name.png")
        assert there.value.document == first and first.number in there.value.sentence
    with pytest.raises(actions.AlreadyThere):
        actions.add_version(document_id=first.pk, upload=io.BytesIO(data), filename="a.png", by=bank.manager)
    assert len(stored(settings)) == 1


def test_the_same_file_for_another_borrower_is_kept_and_shown_at_both(bank, bring):
    data = files.picture("PNG")
    first, second = bring(data=data), bring(data=data, loan=make_loan(bank))
    assert [v.document for v in queries.same_content(bank.manager, first.versions.get().sha256)] == [first, second]
    assert not queries.same_content(bank.manager2, first.versions.get().sha256).exists(), "only as far as one may see"


def test_a_newer_version_stands_beside_the_older_one_and_moves_the_expiry(bank, bring):
    document = bring("financial_statements", valid_from=date(2025, 1, 1))
    assert document.expires_on == date(2026, 4, 30) and document.loan is None, "sixteen months, and the borrower's"
    actions.add_version(
        document_id=document.pk, upload=io.BytesIO(files.pdf()), filename="2026.pdf", by=bank.manager, valid_from=date(2026, 1, 1)
    )
    document.refresh_from_db()
    assert document.expires_on == date(2027, 4, 30) and [v.version for v in document.versions.all()] == [2, 1]
    changed = {c.field: (c.before, c.after) for c in Correction.objects.filter(subject="borrowers.document", subject_id=document.pk)}
    assert changed == {"expires_on": ("2026-04-30", "2027-04-30"), "valid_from": ("2025-01-01", "2026-01-01")}


def test_a_version_can_be_neither_changed_nor_deleted(bank, bring):
    bring()
    for change in (lambda: DocumentVersion.objects.update(sha256="0" * 64), lambda: DocumentVersion.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"valid_from": TODAY + DAY}, "DOCUMENT_DATES"),
        ({"valid_from": TODAY, "expires": TODAY - DAY}, "DOCUMENT_DATES"),
        ({"code": "insurance_policy"}, "DOCUMENT_NEEDS_ITEM"),
    ],
)
def test_impossible_days_and_missing_items_are_refused(bank, bring, told, code):
    with pytest.raises(Conflict) as refusal:
        bring(told.pop("code", "loan_contract"), **told)
    assert refusal.value.code == code


def test_who_may_not_add_is_refused(bank, bring):
    with pytest.raises(Refused):
        bring(by=bank.auditor)


def test_a_content_that_was_altered_in_the_store_is_not_shown(bank, bring, settings):
    version = bring().versions.get()
    [path] = stored(settings)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Conflict) as refusal:
        keeping.read(version)
    assert refusal.value.code == "DOCUMENT_ALTERED"
    path.unlink()
    with pytest.raises(Conflict) as refusal:
        keeping.read(version)
    assert refusal.value.code == "DOCUMENT_LOST"


# --- the paper -----------------------------------------------------------------------------------------------------------


def test_paper_is_shelved_lent_brought_back_and_moved(bank, bring):
    document = bring()

    def act(name: str, **told) -> ShelfEntry:
        return actions.move_paper(document_id=document.pk, act=name, by=bank.manager, **told)

    act("shelved", place="Vault 1, box 7")
    act("borrowed", holder=bank.officer.person, due_back_on=TODAY)
    for forbidden, told in (("borrowed", {"holder": bank.head.person, "due_back_on": TODAY}), ("transferred", {"place": "Court"})):
        with pytest.raises(Conflict) as refusal:
            act(forbidden, **told)
        assert refusal.value.code == "PAPER_MOVE"
    act("returned", place="Vault 1, box 7")
    act("transferred", place="Central archive")
    assert list(document.shelf_entries.values_list("seq", "act", "place")) == [
        (1, "shelved", "Vault 1, box 7"), (2, "borrowed", ""), (3, "returned", "Vault 1, box 7"), (4, "transferred", "Central archive"),
    ]  # fmt: skip
    assert AuditEvent.objects.filter(event="document.paper_moved").count() == 4


@pytest.mark.parametrize(
    ("act", "told", "code"),
    [
        ("borrowed", {"due_back_on": TODAY}, "PAPER_BORROWER"),
        ("borrowed", {"holder": "officer", "due_back_on": TODAY - DAY}, "PAPER_BORROWER"),
        ("transferred", {"place": "  "}, "PAPER_PLACE"),
        ("returned", {"place": "Vault"}, "PAPER_MOVE"),
        ("destroyed", {}, "PAPER_MOVE"),
    ],
)
def test_an_act_on_paper_that_says_too_little_or_comes_too_early_is_refused(bank, bring, act, told, code):
    document = bring()
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault")
    if "holder" in told:
        told = told | {"holder": bank.officer.person}
    with pytest.raises(Conflict) as refusal:
        actions.move_paper(document_id=document.pk, act=act, by=bank.manager, **told)
    assert refusal.value.code == code


def test_the_worklist_of_papers_not_brought_back_begins_the_day_after(bank, bring):
    document = bring()
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault")
    actions.move_paper(document_id=document.pk, act="borrowed", by=bank.manager, holder=bank.officer.person, due_back_on=TODAY)
    late = [queries.narrowed(queries.listed(bank.manager), "overdue", day).count() for day in (TODAY, TODAY + DAY)]
    assert late == [0, 1]


def test_two_people_can_not_both_write_the_next_act(bank, bring):
    document = bring()
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault")
    with pytest.raises(IntegrityError), transaction.atomic():
        ShelfEntry.objects.create(document=document, seq=1, act="shelved", place="Elsewhere", on=TODAY, by=bank.manager.person)


# --- retention and holds ---------------------------------------------------------------------------------------------------


@pytest.fixture
def ended(bank, loan) -> date:
    """The loan was paid back ten years and a day before today: its contract may just go."""
    loan.settled_on = date(2016, 11, 19)
    loan.save(update_fields=["settled_on"])
    return loan.settled_on


def test_a_document_goes_the_day_after_its_time_and_leaves_its_checksums(bank, bring, ended, settings, django_capture_on_commit_callbacks):
    document = bring()
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault")
    keeping.preview(document.versions.get(), 1)
    assert len(stored(settings)) == 2
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=document.pk, reason="Time is over", by=on(bank.credit, date(2026, 11, 19)))
    assert refusal.value.code == "RETENTION"
    with django_capture_on_commit_callbacks(execute=True):
        actions.destroy(document_id=document.pk, reason="Time is over", by=on(bank.credit, date(2026, 11, 20)))
    document.refresh_from_db()
    assert stored(settings) == [] and document.destroyed_on == TODAY and document.versions.get().sha256
    assert queries.last_act(document) == "destroyed"
    told = AuditEvent.objects.get(event="document.destroyed").details
    assert told["contents"] == [{"version": 1, "sha256": document.versions.get().sha256}] and told["reason"] == "Time is over"
    for again in (
        lambda: actions.destroy(document_id=document.pk, reason="Again", by=bank.credit),
        lambda: actions.add_version(document_id=document.pk, upload=io.BytesIO(files.pdf()), filename="a.pdf", by=bank.manager),
        lambda: actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault"),
    ):
        with pytest.raises(Conflict) as refusal:
            again()
        assert refusal.value.code == "DOCUMENT_DESTROYED"


def test_nothing_goes_while_the_loan_runs_or_was_written_off(bank, loan, bring):
    document = bring()
    LoanEvent.objects.create(
        lender=bank.lender, bucket=loan.bucket, loan=loan, kind="write_off", valid_from=date(2010, 1, 1), known_from=date(2010, 1, 1)
    )
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=document.pk, reason="Old", by=bank.credit)
    assert refusal.value.code == "LOAN_RUNS"


def test_the_borrowers_papers_wait_for_the_last_of_its_loans(bank, loan, bring, ended):
    document = bring("identity_papers")
    assert queries.ended_on(document, TODAY) == ended
    running = make_loan(bank)
    running.borrower = loan.borrower
    running.save(update_fields=["borrower"])
    assert queries.ended_on(document, TODAY) is None


def test_a_lent_paper_is_taken_back_before_the_document_goes(bank, bring, ended):
    document = bring()
    actions.move_paper(document_id=document.pk, act="shelved", by=bank.manager, place="Vault")
    actions.move_paper(document_id=document.pk, act="borrowed", by=bank.manager, holder=bank.officer.person, due_back_on=TODAY)
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=document.pk, reason="Old", by=bank.credit)
    assert refusal.value.code == "PAPER_BORROWED"


def test_a_hold_stops_destruction_and_is_lifted_by_another_person(bank, loan, bring, ended):
    document = bring()
    hold = house.place_hold(by=bank.credit, borrower=loan.borrower, reason="Suzhou court, (2026) 512")
    with pytest.raises(Conflict) as refusal:
        actions.destroy(document_id=document.pk, reason="Old", by=bank.credit2)
    assert refusal.value.code == "LEGAL_HOLD"
    with pytest.raises(Refused):
        house.lift_hold(by=bank.credit, hold_id=hold.pk, reason="Settled")
    with pytest.raises(Conflict) as refusal:
        house.lift_hold(by=bank.credit2, hold_id=hold.pk, reason=" ")
    assert refusal.value.code == "REASON_MISSING"
    house.lift_hold(by=bank.credit2, hold_id=hold.pk, reason="The case was withdrawn")
    with pytest.raises(Conflict) as refusal:
        house.lift_hold(by=bank.credit2, hold_id=hold.pk, reason="Again")
    assert refusal.value.code == "HOLD_LIFTED"
    assert actions.destroy(document_id=document.pk, reason="Old", by=bank.credit).destroyed_on == TODAY


def test_the_database_itself_keeps_a_document_under_hold_and_the_hold(bank, loan, bring, ended):
    document = bring()
    hold = house.place_hold(by=bank.credit, borrower=loan.borrower, reason="Lawsuit")
    for change in (
        lambda: Document.objects.filter(pk=document.pk).update(destroyed_on=TODAY),
        lambda: LegalHold.objects.filter(pk=hold.pk).update(lifted_on=TODAY, lifted_by=hold.placed_by),
        lambda: _sql("DELETE FROM borrowers_legalhold WHERE id = %s", hold.pk),
        lambda: _sql("DELETE FROM borrowers_document WHERE id = %s", document.pk),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def _sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("who", ["manager", "officer", "head", "auditor"])
def test_only_credit_administration_destroys_and_holds(bank, loan, bring, ended, who):
    document = bring()
    for refused in (
        lambda: actions.destroy(document_id=document.pk, reason="Old", by=bank.people[who]),
        lambda: house.place_hold(by=bank.people[who], borrower=loan.borrower, reason="Lawsuit"),
    ):
        with pytest.raises(Refused):
            refused()


# --- where it lies -----------------------------------------------------------------------------------------------------------


def test_a_setting_moves_the_archive_to_an_s3_store(monkeypatch, settings, tmp_path):
    from loanwatch.settings import env

    assert env.document_storage(tmp_path)["OPTIONS"]["location"] == str(tmp_path)
    for name, value in {"BUCKET": "archive", "ENDPOINT": "http://127.0.0.1:9", "KEY_ID": "id", "SECRET": "secret", "REGION": "cn-1"}.items():
        monkeypatch.setenv(f"LOANWATCH_DOCUMENTS_S3_{name}", value)
    settings.STORAGES = settings.STORAGES | {"documents": env.document_storage(tmp_path)}
    kept = storages["documents"]
    assert (kept.bucket_name, kept.endpoint_url, kept.file_overwrite, kept.default_acl) == ("archive", "http://127.0.0.1:9", False, None)
    monkeypatch.delenv("LOANWATCH_DOCUMENTS_S3_SECRET")
    with pytest.raises(Exception, match="Set both"):
        env.document_storage(tmp_path)


def test_the_archive_does_not_lie_below_an_address_that_is_served(settings):
    folder = Path(settings.DOCUMENT_STORAGE["OPTIONS"]["location"])
    served = [Path(p) for p in settings.STATICFILES_DIRS] + ([Path(settings.STATIC_ROOT)] if settings.STATIC_ROOT else [])
    assert not any(folder.is_relative_to(place) for place in served) and not folder.is_relative_to(settings.MEDIA_ROOT)
