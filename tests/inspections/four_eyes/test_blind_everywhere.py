"""Before the own view nothing of what the account manager recorded reaches the officer: every address, export, search and log is asked.

And plain SQL: as the web log-in that reads for the officer. After the own view the same words are found, so that the test can fail.
"""

import contextlib
import io
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import psycopg2
import pypdf
import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse

from borrowers.loans.models import Loan
from inspections.four_eyes import actions as four_eyes
from inspections.four_eyes.asking import answer_question, ask_recorder
from inspections.four_eyes.models import Explanation, Verification
from inspections.four_eyes.queries import splits
from inspections.sending.models import Sending, SentFile
from inspections.visits import actions as visits
from inspections.visits.models import Answer, Photo, Visit, VisitQuerySet
from loanwatch.people.access import Access
from loanwatch.people.models import Role, RoleHeld
from loanwatch.people.reader import read_as
from loanwatch.trail.models import AuditEvent
from tests.inspections import book
from tests.inspections.book import fill, good_answers, hire, make_loan, make_task, own_view, submit, submitted
from tests.loanwatch.people.test_access_matrix import addresses
from tests.loanwatch.people.test_access_matrix import world as world  # noqa: PLC0414 - the fixture
from tests.loanwatch.people.world import OWN, TODAY, World

WORDS = {
    "answer": "Zaffre lorries stand empty",
    "note": "Quokka pallets were counted",
    "summary": "Vermilion warehouse was cleared",
    "position": "Ocelot bridge is closed",
    "figure": "73912",
    "signed": "Wilhelmina Quartz",
    "decided": "Periwinkle looms were never there",  # by an officer before
}
MARKUP = re.compile(r"<[^>]*>")


@dataclass
class Secret:
    """A submitted visit full of words that stand nowhere else."""

    visit: Visit
    photo: Photo

    @property
    def strings(self) -> dict[str, str]:
        return WORDS | {"file": self.photo.file.rpartition("/")[2], "photo hash": self.photo.sha256, "seal": self.visit.content_hash}


def write(bank: book.Bank, by: Access, loan: Loan | None = None) -> Secret:
    visit = visits.start_visit(task_id=make_task(bank, loan, to=by).pk, by=by)
    fill(visit, by, seed=41, remarks=(WORDS["answer"], ""), staff_present=(WORDS["figure"], WORDS["note"]))
    visits.sign(visit_id=visit.pk, name=WORDS["signed"], by=by)
    visit = submit(visit, by, summary=WORDS["summary"], conclusion="problem", position_reason=WORDS["position"])
    photo = visit.photos.first()
    assert photo is not None
    _as_a_phone_sent_it(visit, photo)
    return Secret(visit, photo)


def _as_a_phone_sent_it(visit: Visit, photo: Photo) -> None:
    sending = Sending.objects.create(
        client_id=uuid4(), lender=visit.lender, branch=visit.branch, person=visit.recorded_by, task=visit.task, template=visit.template_id,
        revision=1, manifest={"summary": WORDS["summary"], "conclusion": "problem"}, sha256="0" * 64, finished=True,
    )  # fmt: skip
    file = SentFile.objects.create(
        sending=sending, file_id=uuid4(), code="photo", what="photo", type="image/jpeg", size=9, sha256=photo.sha256, path=uuid4().hex
    )
    file.received, file.whole = 9, True
    file.save()
    sending.state, sending.visit, sending.received_at = Sending.State.RECEIVED, visit, visit.submitted_at
    sending.save()


def browser(account) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def said(answer) -> str:
    """All that an answer holds, headers as well; what is packed (xlsx, zip, PDF) unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = " ".join(f"{k}: {v}" for k, v in answer.headers.items())
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    elif body.startswith(b"%PDF"):
        return text + "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    return text + body.decode(errors="replace")


def shown(client: Client, secret: Secret, urls: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    """"address: which words", for all that this reader is shown."""
    found = []
    for name, url in urls:
        with transaction.atomic():
            text = said(client.get(url))
            transaction.set_rollback(True)
        text = text.replace(",", "")  # figures are printed with a thousands sign
        text += MARKUP.sub("", text)  # differing words are marked one by one
        found += [f"{name} shows the {what}" for what, word in secret.strings.items() if word in text]
    return found


# --- a sample for every run ---


@pytest.fixture
def secret(bank) -> Secret:
    return write(bank, bank.manager)


@pytest.fixture(autouse=True)
def _the_day(settings):
    settings.BUSINESS_DATE = TODAY.isoformat()


def sample(secret: Secret) -> list[tuple[str, str]]:
    visit = secret.visit
    named = [
        ("inspections:four_eyes", ()), ("inspections:batch", ()), ("inspections:splits", ()), ("four_eyes:verify", (visit.pk,)), ("four_eyes:settle", (visit.pk,)),
        ("visits:detail", (visit.pk,)), ("visits:photo", (secret.photo.pk,)), ("inspections:tasks", ()), ("api:inspection", (visit.pk,)), ("api:inspections", ()),
        ("desk:loan", (visit.loan.number,)), ("desk:borrower", (visit.loan.borrower.number,)),
    ]  # fmt: skip
    return [(name, reverse(name, args=args) + "?rows=all") for name, args in named if not name.startswith("api:")] + [
        (name, reverse(name, args=args)) for name, args in named if name.startswith("api:")
    ]


def test_a_blind_officer_is_shown_nothing_and_after_the_own_view_all_of_it(bank, secret, caplog):
    caplog.set_level(logging.DEBUG)
    client = browser(bank.officer.account)
    assert shown(client, secret, sample(secret)) == []
    assert not [what for what, word in secret.strings.items() if word in caplog.text and what != "seal"]
    own_view(secret.visit, bank.officer)
    after = shown(client, secret, sample(secret))
    for name in ("four_eyes:verify", "visits:detail", "api:inspection"):
        assert {f"{name} shows the {what}" for what in ("answer", "note", "summary", "figure")} <= set(after), name
    assert client.get(reverse("visits:photo", args=[secret.photo.pk])).status_code == 200


def blind_again(bank, secret: Secret, how: str) -> tuple[Secret, Access]:
    """The visit in another state, and an officer who is blind to it: after the first of two decisions, or handed in again after a return."""
    visit = secret.visit
    own_view(visit, bank.officer, conclusion="problem")
    if how == "first of two decided":
        four_eyes.overrule_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation=WORDS["decided"], by=bank.officer)
        return secret, bank.officer2
    four_eyes.return_visit(visit_id=visit.pk, seen_hash=visit.content_hash, reason="place", explanation="Go again.", by=bank.officer)
    again = visits.start_visit(task_id=visit.task_id, by=bank.manager)
    visits.set_position(visit_id=again.pk, latitude=Decimal("31.3003"), longitude=Decimal("120.7002"), accuracy=8, by=bank.manager)
    again = submit(again, bank.manager, summary=WORDS["summary"], conclusion="problem", position_reason=WORDS["position"])
    photo = again.photos.first()
    assert photo is not None
    return Secret(again, photo), bank.officer2


@pytest.mark.parametrize("how", ["first of two decided", "handed in again after a return"])
def test_an_officer_is_as_blind_to_a_visit_on_which_another_has_decided(bank, how):
    loan = make_loan(bank, principal=150_000_000 if how == "first of two decided" else 800_000)
    before = write(bank, bank.manager, loan)
    secret, officer = blind_again(bank, before, how)
    client = browser(officer.account)
    assert shown(client, secret, [*sample(secret), *sample(before)]) == []
    assert shown(client, before, [*sample(secret), *sample(before)]) == []


def test_others_read_it_all_the_while(bank, secret):
    for who in ("manager", "head", "auditor"):
        after = shown(browser(bank.people[who].account), secret, [("detail", reverse("visits:detail", args=[secret.visit.pk]))])
        assert "detail shows the summary" in after and "detail shows the note" in after, who


# --- plain SQL ---

HIDDEN = {
    "inspections_answer": "SELECT count(*) FROM inspections_answer WHERE visit_id = %s",
    "inspections_photo": "SELECT count(*) FROM inspections_photo WHERE visit_id = %s",
    "inspections_visitwords": "SELECT count(*) FROM inspections_visitwords WHERE visit_id = %s",
    "inspections_sending": "SELECT count(*) FROM inspections_sending WHERE visit_id = %s",
    "inspections_sentfile": "SELECT count(*) FROM inspections_sentfile f JOIN inspections_sending s ON s.id = f.sending_id WHERE s.visit_id = %s",
    "inspections_signature": "SELECT count(*) FROM inspections_signature WHERE visit_id = %s",
    "borrowers_conductfact": "SELECT count(*) FROM borrowers_conductfact WHERE subject = 'visit:' || %s",
}
IN_THE_ROW = "SELECT count(*) FROM inspections_visit WHERE id = %s AND (conclusion <> 'kept' OR summary <> '' OR position_reason <> '' OR score IS NOT NULL)"


def seen_by_sql(reader: str, visit: Visit) -> dict[str, int]:
    """How many rows plain SQL of the web log-in finds that reads for `reader`, by table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lw.reader', %s, true)", [reader])
        found = {}
        for table, statement in (HIDDEN | {"the row itself": IN_THE_ROW}).items():
            cursor.execute(statement, [visit.pk])
            found[table] = cursor.fetchone()[0]
        transaction.set_rollback(True)
    return found


def test_plain_sql_that_reads_for_the_officer_finds_no_row_before_the_own_view(bank, secret):
    officer = str(bank.officer.person.pk)
    assert seen_by_sql(officer, secret.visit) == dict.fromkeys([*HIDDEN, "the row itself"], 0)
    own_view(secret.visit, bank.officer)
    after = seen_by_sql(officer, secret.visit)
    assert all(after[table] for table in HIDDEN) and after["the row itself"] == 0
    assert seen_by_sql(str(bank.officer2.person.pk), secret.visit)["inspections_answer"] == 0, "the other officer is blind as before"


@pytest.mark.parametrize("reader", ["", "nobody", "-1", "999999999999", "1; SELECT 1"])
def test_without_a_known_reader_plain_sql_finds_nothing_or_what_anybody_may_see(bank, secret, reader):
    found = seen_by_sql(reader, secret.visit)
    assert found["inspections_answer"] == (Answer.objects.filter(visit=secret.visit).count() if reader.isdigit() else 0)


def test_the_recorder_the_head_and_the_house_find_their_rows(bank, secret):
    for reader in (str(bank.manager.person.pk), str(bank.head.person.pk), str(bank.auditor.person.pk), "house"):
        assert all(seen_by_sql(reader, secret.visit)[table] for table in HIDDEN), reader


def test_a_draft_is_hidden_from_risk_officers_and_open_to_its_author(bank):
    draft = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    visits.save_answers(visit_id=draft.pk, answers={"remarks": (WORDS["answer"], "")}, by=bank.manager)
    assert seen_by_sql(str(bank.officer.person.pk), draft)["inspections_answer"] == 0
    assert seen_by_sql(str(bank.manager.person.pk), draft)["inspections_answer"] == 1


def test_once_it_is_confirmed_every_officer_reads_it_and_the_row_has_its_words_back(bank, secret):
    own_view(secret.visit, bank.officer, conclusion="problem")
    four_eyes.confirm_visit(visit_id=secret.visit.pk, seen_hash=secret.visit.content_hash, explanation="Seen.", by=bank.officer)
    found = seen_by_sql(str(bank.officer2.person.pk), secret.visit)
    assert all(found.values()), found


def test_a_role_withdrawn_takes_its_blindness_along(bank, secret):
    """And a role granted brings it: the policy asks for the roles at each statement."""
    head = str(bank.head.person.pk)
    assert seen_by_sql(head, secret.visit)["inspections_answer"]
    RoleHeld.objects.create(person=bank.head.person, role=Role.RISK_OFFICER, branch=bank.branch, from_on=book.LONG_AGO)
    assert seen_by_sql(head, secret.visit)["inspections_answer"] == 0


def test_the_second_wall_stands_where_the_queryset_forgets(bank, secret, monkeypatch):
    """With the rule of the querysets off, the page of the visit still has nothing to show."""
    client = browser(bank.officer.account)
    monkeypatch.setattr(VisitQuerySet, "readable_by", lambda self, access: self.all())
    assert shown(client, secret, [("detail", reverse("visits:detail", args=[secret.visit.pk]))]) == ["detail shows the seal"]


def test_the_web_log_in_neither_drops_the_policy_nor_owns_the_table(bank):
    for statement in (
        "ALTER TABLE inspections_answer DISABLE ROW LEVEL SECURITY",
        "DROP POLICY blind ON inspections_answer",
        "SET LOCAL row_security = off",
        "UPDATE inspections_visitwords SET summary = 'x'",
    ):
        with pytest.raises(Exception) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lw.reader', %s, true)", [str(bank.officer.person.pk)])
            cursor.execute(statement)
            cursor.execute("SELECT count(*) FROM inspections_answer")  # with row_security off PostgreSQL refuses the question
        assert isinstance(refused.value.__cause__, (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ObjectNotInPrerequisiteState)), statement


# --- every address ---


@pytest.fixture(scope="module")
def told(world, tmp_path_factory) -> Iterator[tuple[World, Secret]]:
    with override_settings(BUSINESS_DATE=TODAY.isoformat()):
        yield world, write(world.places[OWN].bank, world.places[OWN].bank.people["manager"])


def everywhere(made: World, secret: Secret) -> Iterator[tuple[str, str]]:
    """Every GET address of the resolver, once as the makers fill it and once for this visit; lists searched for each of the words."""
    visit, photo = secret.visit, secret.photo
    own = {
        "visit_id": visit.pk, "pk": visit.pk, "photo_id": photo.pk, "number": visit.loan.number, "code": photo.checkpoint.code, "task_id": visit.task_id,
    }  # fmt: skip
    for address in addresses():
        if address.method != "GET":
            continue
        yield address.name, address.url(made, Role.RISK_OFFICER, OWN)
        parts = {part: own.get(part) for part in address.parts}
        for number in (visit.loan.number, visit.loan.borrower.number) if "number" in parts else ("",):
            filled = {part: number if part == "number" else value for part, value in parts.items()}
            if address.parts and None not in filled.values():
                try:
                    yield f"{address.name} of the visit", reverse(address.name, kwargs=filled)
                except Exception:
                    continue
        if not address.parts:
            for word in (WORDS["answer"], WORDS["summary"], secret.photo.sha256):
                yield f"{address.name} searched", f"{address.url(made, Role.RISK_OFFICER, OWN)}?q={word.replace(' ', '+')}&state=any&rows=all"


def echoes(found: list[str], secret: Secret) -> list[str]:
    """A search page repeats what was typed: that is no finding. Told apart by asking for a word that is nowhere."""
    return [line for line in found if " searched shows" not in line]


@pytest.mark.faults  # every address: half a minute
def test_no_address_shows_a_blind_officer_anything(told, caplog):
    made, secret = told
    account = made.accounts[Role.RISK_OFFICER, "B11"]
    officer = Access.of(account, TODAY)
    caplog.set_level(logging.DEBUG)
    urls = list(everywhere(made, secret))
    assert len(urls) > 300
    client = browser(account)
    assert echoes(shown(client, secret, urls), secret) == []
    searched = [line for line in shown(client, secret, [(n, u) for n, u in urls if n.endswith("searched")]) if "the note" in line or "the seal" in line]
    assert searched == [], "a search found the visit by its words"
    logged = [what for what, word in secret.strings.items() if word in caplog.text]
    assert logged == [], "a log repeats what was recorded"
    four_eyes.record_own_view(visit_id=secret.visit.pk, answers=good_answers(secret.visit), conclusion="concern", summary="My view.", by=officer)
    after = {line.partition(" ")[0] for line in shown(client, secret, [(n, u) for n, u in urls if n.endswith("of the visit")])}
    assert {"four_eyes:verify", "visits:detail", "api:inspection"} <= after


def test_submitting_and_viewing_write_no_words_into_the_trail(bank):
    visit = submitted(bank)
    own_view(visit, bank.officer, conclusion="problem")
    told_ = [str(details) for details in AuditEvent.objects.filter(event__regex="^(verification|visit)[.]").values_list("details", flat=True)]
    assert told_ and not any("problem" in text for text in told_)


# --- what the first of two officers thinks, for the second ---

def of_the_first(reader: Access, visit: Visit, first: Access) -> dict[str, int]:
    check = Verification.objects.get(visit=visit, officer=first.person).pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lw.reader', %s, true)", [str(reader.person.pk)])
        found = {}
        for table, column in (("verification", "id"), ("ownanswer", "verification_id"), ("pointresult", "verification_id"), ("explanation", "verification_id")):
            cursor.execute(f"SELECT count(*) FROM inspections_{table} WHERE {column} = %s", [check])
            found[table] = cursor.fetchone()[0]
        transaction.set_rollback(True)
    return found


@pytest.mark.nights
def test_the_second_officer_finds_nothing_of_the_first_ones_check_before_the_own_decision(bank):
    task = make_task(bank, make_loan(bank, principal=150_000_000))
    visit = submitted(bank, task)
    own_view(visit, bank.officer)
    ask_recorder(visit_id=visit.pk, code="conclusion", question="Why so sure?", by=bank.officer)
    asked = Explanation.objects.get(verification__visit=visit)
    answer_question(explanation_id=asked.pk, answer="I was there.", by=bank.manager)
    four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen.", by=bank.officer)
    assert Visit.objects.get(pk=visit.pk).state == "submitted"
    assert set(of_the_first(bank.officer2, visit, bank.officer).values()) == {0}
    assert all(of_the_first(bank.officer, visit, bank.officer).values()) and all(of_the_first(bank.manager, visit, bank.officer).values())
    own_view(visit, bank.officer2)
    assert set(of_the_first(bank.officer2, visit, bank.officer).values()) == {0}, "with an own view, but undecided"
    with reading_as(bank.officer2):
        four_eyes.confirm_visit(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="Seen too.", by=bank.officer2)
    assert Visit.objects.get(pk=visit.pk).state == "verified"
    assert all(of_the_first(bank.officer2, visit, bank.officer).values())


@pytest.mark.nights
def test_a_split_is_known_to_the_third_officer_and_its_settlement_to_all_when_it_is_closed(bank):
    third = hire(bank, "third", Role.RISK_OFFICER, bank.branch)
    visit = submitted(bank, make_task(bank, make_loan(bank, principal=150_000_000)))
    for officer, decide in ((bank.officer, four_eyes.confirm_visit), (bank.officer2, four_eyes.overrule_visit)):
        with reading_as(officer):
            own_view(visit, officer, conclusion="no_problem" if officer is bank.officer else "concern")
            decide(visit_id=visit.pk, seen_hash=visit.content_hash, explanation="So it is.", by=officer)
    with reading_as(third):
        assert [v.pk for v in splits(third)] == [visit.pk]
        own_view(visit, third)
        first = Verification.objects.get(visit=visit, officer=bank.officer.person)
        four_eyes.settle_split(visit_id=visit.pk, seen_hash=visit.content_hash, verification_id=first.pk, explanation="The first one.", by=third)
    assert Visit.objects.get(pk=visit.pk).state == "verified"


@contextlib.contextmanager
def reading_as(access: Access) -> Iterator[None]:
    """As in a request of this person."""
    read_as(access)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lw.reader', 'house', false)")
