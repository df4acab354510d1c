"""Recording a visit: what can be begun, saved and submitted, by whom, and what is refused."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from PIL import ExifTags, Image

from inspections.checklists.shipped import TEMPLATES
from inspections.four_eyes import actions as four_eyes
from inspections.planning import actions as planning
from inspections.planning.models import Task
from inspections.visits import actions as visits
from inspections.visits.actions import NotComplete
from inspections.visits.models import Checkpoint, Photo, Template, Visit
from inspections.visits.pictures import BadPhoto
from inspections.visits.queries import content_of, said_of
from inspections.visits.rules import seal
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from tests.inspections.book import TODAY, fill, hire, make_loan, make_task, own_view, picture, submit, submitted


def test_shipped_forms_are_installed_once_and_speak_three_languages(bank):
    assert visits.install_templates(bank.lender) == 0
    assert Template.objects.filter(lender=bank.lender, state="live").count() == len(TEMPLATES) == 11
    for point in Checkpoint.objects.filter(section__template__lender=bank.lender):
        for text in [point.label, *(o["label"] for o in point.options), *([point.signal] if point.signal else [])]:
            assert set(text) == {"en", "zh-hans", "ko"} and all(text.values()), point.code


@pytest.mark.parametrize(("kind", "form"), [("first", "use-of-proceeds"), ("routine", "working-capital"), ("special", "special")])
def test_the_kind_of_inspection_chooses_the_form(bank, kind, form):
    assert visits.start_visit(task_id=make_task(bank, kind=kind).pk, by=bank.manager).template.code == form


def test_beginning_twice_goes_on_with_the_same_draft(bank):
    task = make_task(bank)
    assert visits.start_visit(task_id=task.pk, by=bank.manager) == visits.start_visit(task_id=task.pk, by=bank.manager)


@pytest.mark.parametrize(
    ("who", "error"), [("officer", Refused), ("head", Refused), ("manager2", Task.DoesNotExist), ("agent", Task.DoesNotExist)]
)
def test_only_the_person_the_task_is_assigned_to_begins_it(bank, who, error):
    with pytest.raises(error):
        visits.start_visit(task_id=make_task(bank).pk, by=bank.people[who])


def test_a_submitted_task_is_not_begun_again(bank):
    visit = submitted(bank)
    with pytest.raises(Conflict):
        visits.start_visit(task_id=visit.task_id, by=bank.manager)


def test_a_kind_without_a_form_says_so(bank):
    Template.objects.update(state="retired")
    with pytest.raises(Conflict, match="no form"):
        visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)


def test_answers_are_saved_one_by_one_and_the_rest_stays(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    visits.save_answers(visit_id=visit.pk, answers={"operating": ("no", "Closed."), "staff_present": ("12", "")}, by=bank.manager)
    visits.save_answers(visit_id=visit.pk, answers={"staff_present": ("13", "")}, by=bank.manager)
    said = said_of(visit)
    assert (said["operating"].value, said["operating"].note, said["staff_present"].value) == ("no", "Closed.", "13")


def test_nobody_saves_into_the_draft_of_another(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    with pytest.raises(Visit.DoesNotExist):
        visits.save_answers(visit_id=visit.pk, answers={"operating": ("yes", "")}, by=bank.manager2)


def test_a_submitted_visit_takes_no_answer_photo_or_position(bank):
    visit = submitted(bank)
    shot = picture(9)
    for change in (
        lambda: visits.save_answers(visit_id=visit.pk, answers={"operating": ("no", "")}, by=bank.manager),
        lambda: visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=shot, size=9, by=bank.manager),
        lambda: visits.set_position(visit_id=visit.pk, latitude=Decimal(1), longitude=Decimal(1), accuracy=1, by=bank.manager),
        lambda: visits.remove_photo(visit_id=visit.pk, photo_id=visit.photos.first().pk, by=bank.manager),
    ):
        with pytest.raises(Conflict, match="can no longer be changed"):
            change()


def test_an_empty_form_is_not_submitted_and_says_what_is_missing(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    with pytest.raises(NotComplete) as caught:
        submit(visit, bank.manager, conclusion="", summary=" ")
    assert {
        "operating": "answer",
        "photo_gate": "photo",
        "conclusion": "answer",
        "summary": "answer",
        "position_reason": "none",
    }.items() <= caught.value.faults.items()


@pytest.mark.parametrize("days", [1, -11])
def test_the_visit_lies_between_the_opening_of_the_task_and_today(bank, days):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    fill(visit, bank.manager)
    with pytest.raises(NotComplete) as caught:
        submit(visit, bank.manager, visited_on=TODAY + timedelta(days=days))
    assert caught.value.faults == {"visited_on": "date"}


def test_a_failing_answer_needs_a_note_and_a_far_position_a_reason(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    fill(visit, bank.manager, operating=("no", ""))
    visits.set_position(visit_id=visit.pk, latitude=Decimal("31.5"), longitude=Decimal("120.7"), accuracy=8, by=bank.manager)
    with pytest.raises(NotComplete) as caught:
        submit(visit, bank.manager)
    assert caught.value.faults == {"operating": "note", "position_reason": "far"}


def test_a_figure_far_from_the_last_visit_needs_a_note(bank):
    loan = make_loan(bank)
    first = submitted(bank, make_task(bank, loan))
    own_view(first, bank.officer)
    four_eyes.confirm_visit(visit_id=first.pk, seen_hash=first.content_hash, by=bank.officer)
    second = visits.start_visit(task_id=make_task(bank, loan).pk, by=bank.manager)
    fill(second, bank.manager, seed=4, staff_present=("40", ""))
    with pytest.raises(NotComplete) as caught:
        submit(second, bank.manager)
    assert caught.value.faults == {"staff_present": "note"}


def test_the_seal_covers_every_answer_and_is_recomputed_from_the_rows(bank):
    visit = Visit.objects.get(pk=submitted(bank).pk)
    assert seal(content_of(visit)) == visit.content_hash
    visit.summary = "Another word."
    assert seal(content_of(visit)) != visit.content_hash


def test_answers_that_no_longer_apply_are_left_out_of_the_record(bank):
    visit = visits.start_visit(task_id=make_task(bank, kind="first").pk, by=bank.manager)
    fill(visit, bank.manager, payee_related=("no", ""), payee_relation=("owner", ""))
    visit = submit(visit, bank.manager)
    assert not visit.answers.filter(checkpoint__code="payee_relation").exists()


def test_a_photo_used_in_another_inspection_is_kept_and_marked(bank):
    first = submitted(bank)
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    old, new = picture(0), picture(7)
    marked = visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=old, size=1000, by=bank.manager)
    fresh = visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=new, size=1000, by=bank.manager)
    assert marked.reused_from.visit == first and fresh.reused_from is None


def test_a_photo_is_found_again_after_it_was_made_smaller(bank):
    submitted(bank)
    smaller = Image.open(picture(0)).resize((120, 90))
    data = io.BytesIO()
    smaller.save(data, "JPEG", quality=60)
    data.seek(0)
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    assert visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=data, size=1000, by=bank.manager).reused_from is not None


@pytest.mark.parametrize("content", [b"", b"GIF89a....", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0 not a photo"])
def test_what_is_no_photo_is_refused_and_nothing_is_stored(bank, content):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    with pytest.raises(BadPhoto):
        visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=io.BytesIO(content), size=len(content), by=bank.manager)
    assert not Photo.objects.exists()


def test_a_photo_over_the_size_limit_is_refused_unread(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    with pytest.raises(BadPhoto, match="12 MB"):
        visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=picture(1), size=12 * 1024 * 1024 + 1, by=bank.manager)


def test_time_and_place_of_the_camera_are_kept_as_evidence_and_not_in_the_file(bank, settings):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:19 09:58:00"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (31.0, 18.0, 0.0), 3: "E", 4: (120.0, 42.0, 0.0)})
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    photo = visits.add_photo(visit_id=visit.pk, code="photo_gate", upload=picture(1, exif=exif), size=1000, by=bank.manager)
    assert photo.taken_at.isoformat() == "2026-11-19T01:58:00+00:00"
    assert (photo.latitude, photo.longitude) == (Decimal("31.300000"), Decimal("120.700000"))
    assert not Image.open(settings.MEDIA_ROOT / photo.file).getexif()


def test_a_photo_of_a_returned_attempt_stays_when_it_is_taken_out_of_the_next_one(bank, settings, django_capture_on_commit_callbacks):
    first = submitted(bank)
    own_view(first, bank.officer)
    four_eyes.return_visit(visit_id=first.pk, seen_hash=first.content_hash, reason="evidence", explanation="Unclear.", by=bank.officer)
    second = visits.start_visit(task_id=first.task_id, by=bank.manager)
    carried = second.photos.first()
    with django_capture_on_commit_callbacks(execute=True):
        visits.remove_photo(visit_id=second.pk, photo_id=carried.pk, by=bank.manager)
    assert (settings.MEDIA_ROOT / carried.file).exists()


def test_a_branch_head_gives_a_task_to_a_field_agent(bank):
    task = make_task(bank)
    planning.assign_task(task_id=task.pk, to_person_id=bank.agent.person.pk, by=bank.head)
    assert [t.pk for t in Task.objects.visible_to(bank.agent)] == [task.pk]
    assert visits.start_visit(task_id=task.pk, by=bank.agent).recorded_by == bank.agent.person


@pytest.mark.parametrize("who", ["manager", "officer", "credit", "auditor"])
def test_nobody_else_assigns_tasks(bank, who):
    with pytest.raises(Refused, match="branch head"):
        planning.assign_task(task_id=make_task(bank).pk, to_person_id=bank.manager2.person.pk, by=bank.people[who])


def test_a_task_is_not_given_to_somebody_who_does_not_work_for_the_branch(bank):
    with pytest.raises(Refused, match="works for"):
        planning.assign_task(task_id=make_task(bank).pk, to_person_id=bank.sibling_officer.person.pk, by=bank.head)


def test_a_task_somebody_has_begun_is_not_given_away(bank):
    task = make_task(bank)
    visits.start_visit(task_id=task.pk, by=bank.manager)
    with pytest.raises(Conflict, match="already begun"):
        planning.assign_task(task_id=task.pk, to_person_id=bank.manager2.person.pk, by=bank.head)


def test_a_branch_head_of_another_branch_does_not_find_the_task(bank):
    other = hire(bank, "head2", Role.BRANCH_HEAD, bank.sibling)
    with pytest.raises(Task.DoesNotExist):
        planning.assign_task(task_id=make_task(bank).pk, to_person_id=bank.manager2.person.pk, by=other)


def test_a_task_cancelled_meanwhile_is_not_submitted(bank):
    task = make_task(bank)
    visit = visits.start_visit(task_id=task.pk, by=bank.manager)
    fill(visit, bank.manager)
    Task.objects.update(state="cancelled", closed_on=TODAY)
    with pytest.raises(Conflict):
        submit(visit, bank.manager)
