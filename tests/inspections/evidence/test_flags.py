"""The evidence guard: what is noticed about a report that was handed in, who sees it, and what becomes of it."""

import io
from datetime import timedelta
from decimal import Decimal
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from PIL import Image

from borrowers.conduct.models import ConductFact
from inspections.evidence import actions, prints
from inspections.evidence.models import Examination, Flag, FlagJudgement
from inspections.evidence.queries import backlog, flags_of, flags_seen
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Photo, Visit
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from tests.inspections.book import TODAY, good_answers, hire, make_loan, make_task, own_view, submit
from tests.inspections.evidence.scenes import again, reuses, scene


def jpeg(image: Image.Image, **how: object) -> io.BytesIO:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85, **how)
    data.seek(0)
    return data


def other_picture(number: int) -> Image.Image:
    """Something that looks like nothing else, quickly."""
    rng = np.random.default_rng(number)
    return Image.fromarray(rng.integers(30, 220, (9, 12, 3), dtype="uint8")).resize((72, 54), Image.Resampling.BICUBIC)


def handed_in(
    bank, *pictures, by=None, at=("31.300312", "120.700245"), summary="All in order.", loan=None, before=timedelta(0), kind="routine", **answers
) -> Visit:
    """A visit handed in with these pictures of the gate. at: where it was; before: how long before now."""
    by = by or bank.manager
    visit = visits.start_visit(task_id=make_task(bank, loan, to=by, kind=kind).pk, by=by)
    visits.save_answers(visit_id=visit.pk, answers=good_answers(visit) | answers, by=by)
    points = list(Checkpoint.objects.filter(section__template=visit.template, kind="photo").order_by("pk"))
    for place, point in enumerate(points):
        for picture in pictures if place == 0 and pictures else [other_picture(visit.pk * 10 + place)]:
            upload = picture if isinstance(picture, io.BytesIO) else jpeg(picture)
            visits.add_photo(visit_id=visit.pk, code=point.code, upload=upload, size=len(upload.getvalue()), by=by)
    visits.set_position(visit_id=visit.pk, latitude=Decimal(at[0]), longitude=Decimal(at[1]), accuracy=8, by=by)
    Visit.objects.filter(pk=visit.pk).update(position_at=timezone.now() - before)
    return submit(visit, by, summary=summary, position_reason="Poor reception.")


@pytest.fixture
def no_pictures(monkeypatch) -> None:
    """Where pictures play no part: printing them is what takes the time."""
    monkeypatch.setattr(prints, "print_photos", lambda photos: {})


def codes(visit: Visit) -> list[str]:
    actions.ensure_examined([visit.pk])
    return sorted(Flag.objects.filter(visit=visit).values_list("code", flat=True))


def flag(visit: Visit, code: str) -> Flag:
    return next(found for found in flags_of(visit) if found.code == code)


def test_a_picture_that_was_cut_and_handed_in_again_is_noticed_once_and_counted(bank):
    first = handed_in(bank, scene(0))
    worn = dict(reuses(scene(0), Random(1)))["cropped, brightened, JPEG 50"]
    second = handed_in(bank, worn, again(1, 1), at=("31.300999", "120.700111"))
    assert "same_picture" not in codes(first)
    assert codes(second).count("same_picture") == 1
    assert actions.ensure_examined([first.pk, second.pk]) == 0
    assert Examination.objects.count() == 2
    found = flag(second, "same_picture")
    assert found.other.visit == first and found.figure > Decimal("0.96")
    assert found.sentence == f"The same picture was handed in with {first.task.number}, visited on 11/20/2026 at another borrower."
    fact = ConductFact.objects.get(kind="copied_picture")
    assert (fact.person, fact.subject, fact.detail) == (bank.manager.person, f"visit:{second.pk}", {"reused": 1, "old": 0, "before_loan": 0})


def test_the_earlier_report_is_never_blamed_for_the_later_one_whichever_is_examined_first(bank):
    first, second = handed_in(bank, scene(5)), handed_in(bank, scene(5), at=("31.300999", "120.700111"))
    assert "same_file" in codes(second)
    assert "same_file" not in codes(first)


def test_the_same_gate_photographed_again_is_no_flag_and_neither_is_the_same_picture_in_a_corrected_report(bank):
    loan = make_loan(bank)
    handed_in(bank, scene(8), loan=loan)
    honest = handed_in(bank, again(8, 2), loan=loan, kind="special", at=("31.300999", "120.700111"))
    assert not {"same_picture", "same_file"} & set(codes(honest))


def test_one_photo_for_two_points_is_asked_about(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    visits.save_answers(visit_id=visit.pk, answers=good_answers(visit), by=bank.manager)
    for point in Checkpoint.objects.filter(section__template=visit.template, kind="photo"):
        shot = jpeg(other_picture(7))
        visits.add_photo(visit_id=visit.pk, code=point.code, upload=shot, size=len(shot.getvalue()), by=bank.manager)
    submit(visit, bank.manager, position_reason="No reception in the hall.")
    assert "same_in_visit" in codes(visit)


def test_a_photo_older_than_the_visit_or_than_the_loan_says_so(bank):
    def taken(when: str) -> io.BytesIO:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = when
        return jpeg(other_picture(hash(when) % 1000), exif=exif)

    visit = handed_in(bank, taken("2026:11:17 10:00:00"), taken("2026:11:18 10:00:00"), taken("2025:12:24 10:00:00"))
    found = codes(visit)
    assert (found.count("old_picture"), found.count("before_loan")) == (1, 1)
    assert flag(visit, "old_picture").sentence == "The camera says that the photo was taken on 11/17/2026, 3 days before the visit."
    assert ConductFact.objects.get(kind="copied_picture").detail == {"reused": 0, "old": 2, "before_loan": 1}


def test_two_visits_too_far_apart_for_the_time_between_and_a_place_far_from_the_address_are_noted(bank):
    near = handed_in(bank, before=timedelta(minutes=30))
    far = handed_in(bank, at=("32.300312", "120.700245"))
    assert "speed" not in codes(near)
    assert {"speed", "away"} <= set(codes(far))
    assert flag(far, "speed").other_visit == near and 200 < flag(far, "speed").figure < 250
    assert ConductFact.objects.filter(kind="impossible_route", subject=f"visit:{far.pk}").count() == 1  # one act of a kind on a report


def test_the_same_position_to_the_last_digit_is_asked_about_but_not_on_one_day_at_one_borrower(bank):
    loan = make_loan(bank)
    first, same_place, elsewhere = handed_in(bank, loan=loan), handed_in(bank, loan=loan, kind="special"), handed_in(bank)
    assert "same_position" not in codes(first)
    assert "same_position" not in codes(same_place)
    assert "same_position" in codes(elsewhere)


REPORT = (
    "The owner Mr Liu led us through the dyeing hall. Two of the three jiggers were running; on the third the gearbox was open and a fitter "
    "worked on it. The drying yard holds about forty bales of grey cloth for a customer in Nantong who pays at sixty days."
)
OTHER = (
    "Nobody was at the gate at first. The bookkeeper came and opened the office, the hall was dark because of a power cut since the morning. "
    "Orders for spring are signed with a chain of shops in Hangzhou, first delivery after the new year."
)


@pytest.mark.usefixtures("no_pictures")
def test_words_of_another_report_of_the_person_or_of_a_colleague_are_noticed(bank):
    handed_in(bank, summary=REPORT)
    honest = handed_in(bank, summary=OTHER, at=("31.300888", "120.700222"))
    copied = handed_in(bank, summary=REPORT.replace("forty", "30"), at=("31.300777", "120.700333"))
    assert [v for v in (honest, copied) if "same_words" in codes(v)] == [copied]
    assert "the same as in the report" in flag(copied, "same_words").sentence
    assert ConductFact.objects.get(kind="copied_words").figure > Decimal("0.6")
    colleague = handed_in(bank, summary=REPORT, by=bank.manager2, at=("31.300999", "120.700111"))
    assert "same_words" in codes(colleague) and "of another person" in flag(colleague, "same_words").sentence
    assert ConductFact.objects.filter(kind="copied_words", person=bank.manager2.person).exists()


@pytest.mark.usefixtures("no_pictures")
def test_words_of_another_branch_and_borrower_are_not_compared(bank):
    handed_in(bank, summary=REPORT)
    far = handed_in(bank, summary=REPORT, by=bank.manager2)
    with patch.object(prints, "NEAR_REPORTS", prints.NEAR_REPORTS.replace("%(branch)s", "%(branch)s + 1000000")):
        assert "same_words" not in codes(far)


@pytest.mark.usefixtures("no_pictures")
def test_what_three_others_write_as_well_are_words_of_the_house(bank):
    for name in ("manager2", "head", "credit"):
        by = hire(bank, f"am-{name}", Role.ACCOUNT_MANAGER, bank.branch)
        handed_in(bank, summary=REPORT, by=by)
    handed_in(bank, summary=REPORT)
    second = handed_in(bank, summary=REPORT, at=("31.300777", "120.700333"))
    actions.ensure_examined(Visit.objects.values_list("pk", flat=True))
    assert "same_words" not in codes(second)


@pytest.mark.usefixtures("no_pictures")
def test_nothing_is_shown_before_the_own_view_and_nothing_to_the_person_concerned(bank):
    visit = handed_in(bank, at=("31.400312", "120.700245"))
    codes(visit)
    assert not flags_seen(bank.officer).exists()
    own_view(visit, bank.officer)
    assert [f.code for f in flags_seen(bank.officer) if f.code == "away"] == ["away"]
    assert flags_seen(bank.auditor).exists()
    assert not flags_seen(bank.manager).exists() and not flags_of(visit, bank.manager)
    assert not flags_seen(bank.sibling_officer).exists()


@pytest.mark.usefixtures("no_pictures")
def test_a_risk_officer_says_what_became_of_it_with_words_and_the_last_word_counts(bank):
    visit = handed_in(bank, at=("31.400312", "120.700245"))
    codes(visit)
    with pytest.raises(Flag.DoesNotExist):
        judge(visit, bank.officer)
    own_view(visit, bank.officer)
    with pytest.raises(Conflict, match="why"):
        judge(visit, bank.officer, words="  ")
    with pytest.raises(Refused):
        judge(visit, bank.auditor)
    judge(visit, bank.officer, verdict="stands")
    judge(visit, bank.officer, verdict="explained")
    assert flags_seen(bank.auditor, state="explained").filter(code="away").exists()
    assert not flags_seen(bank.auditor, state="stands").exists()


def judge(visit: Visit, by, *, verdict="explained", words="The works moved in June."):
    found = Flag.objects.get(visit=visit, code="away")
    return actions.judge_flag(flag_id=found.pk, verdict=verdict, words=words, by=by)


@pytest.mark.usefixtures("no_pictures")
def test_the_database_keeps_flags_and_judgements_and_refuses_the_person_concerned(bank):
    visit = handed_in(bank, at=("31.400312", "120.700245"))
    codes(visit)
    found = Flag.objects.filter(visit=visit).first()
    for statement in (
        "UPDATE inspections_flag SET code = 'none' WHERE id = %s",
        "DELETE FROM inspections_flag WHERE id = %s",
        "UPDATE inspections_examination SET examined_on = now() WHERE visit_id = (SELECT visit_id FROM inspections_flag WHERE id = %s)",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [found.pk])
    with pytest.raises(DatabaseError, match="himself"), transaction.atomic():
        FlagJudgement.objects.create(flag=found, verdict="explained", words="It was me.", judged_by=bank.manager.person, judged_on=TODAY)


def test_a_cropped_copy_of_a_photo_for_a_second_point_is_asked_about(bank):
    visit = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    visits.save_answers(visit_id=visit.pk, answers=good_answers(visit), by=bank.manager)
    whole = scene(7)
    cut = whole.crop((whole.width // 10, whole.height // 10, whole.width * 19 // 20, whole.height * 19 // 20))
    points = list(Checkpoint.objects.filter(section__template=visit.template, kind="photo").order_by("pk"))
    assert len(points) > 1
    for point, picture in zip(points, [whole, cut, scene(11), scene(12), scene(13)], strict=False):
        shot = jpeg(picture)
        visits.add_photo(visit_id=visit.pk, code=point.code, upload=shot, size=len(shot.getvalue()), by=bank.manager)
    submit(visit, bank.manager, position_reason="No reception in the hall.")
    assert codes(visit).count("same_in_visit") == 1
    assert flag(visit, "same_in_visit").point == points[1].code


@pytest.mark.usefixtures("no_pictures")
def test_what_still_waits_is_examined_however_old_it_is_and_what_is_left_is_counted(bank, monkeypatch):
    waiting = [handed_in(bank, at=(f"31.30{n}312", "120.700245")) for n in range(2)]
    assert backlog(bank.lender)[0] == 2
    monkeypatch.setattr(actions, "NIGHTLY", 1)
    key = {"lender": bank.lender.pk, "day": TODAY + timedelta(days=40)}
    assert actions.examine_of_the_day(None, key, bank.lender) == 1
    assert backlog(bank.lender)[0] == 1
    assert actions.examine_of_the_day(None, key, bank.lender) == 1
    assert backlog(bank.lender)[0] == 0
    assert Examination.objects.filter(visit__in=waiting).count() == 2


def test_the_oldest_photos_are_printed_too_when_new_ones_fill_the_night(bank, monkeypatch):
    visit = handed_in(bank)
    actions.ensure_examined([visit.pk])
    monkeypatch.setattr(actions, "NIGHTLY", 2)
    taken = []
    monkeypatch.setattr(actions.prints, "print_photos", lambda photos: taken.extend(photo.pk for photo in photos))
    monkeypatch.setattr(actions.prints, "unprinted", lambda lender, until=None: Photo.objects.filter(visit=visit).order_by("-pk"))
    actions.examine_of_the_day(None, {"lender": bank.lender.pk, "day": TODAY}, bank.lender)
    pks = sorted(visit.photos.values_list("pk", flat=True))
    assert set(taken) == {pks[0], pks[-1]}


@pytest.mark.usefixtures("no_pictures")
def test_a_draft_is_not_examined_and_the_night_takes_what_nobody_opened(bank):
    draft = visits.start_visit(task_id=make_task(bank).pk, by=bank.manager)
    waiting = handed_in(bank)
    assert actions.ensure_examined([draft.pk]) == 0
    key = {"lender": bank.lender.pk, "day": TODAY}
    assert actions.examine_of_the_day(None, key, bank.lender) == 1
    assert actions.examine_of_the_day(None, key, bank.lender) == 0
    assert Examination.objects.get().visit == waiting
