"""The evidence guard: what is noticed about a report that was handed in, who sees it, and what becomes of it."""

import io
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from borrowers.conduct.models import ConductFact
from inspections.evidence import actions
from inspections.evidence.models import Examination, Flag
from inspections.evidence.queries import flags_of, flags_seen
from inspections.visits import actions as visits
from inspections.visits.models import Checkpoint, Visit
from tests.inspections.book import TODAY, good_answers, make_loan, make_task, own_view, submit
from tests.inspections.evidence.scenes import again, reuses, scene


def jpeg(image: Image.Image, **how: object) -> io.BytesIO:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85, **how)
    data.seek(0)
    return data


def other_picture(number: int) -> Image.Image:
    """Something that looks like nothing else, quickly."""
    rng = np.random.default_rng(number)
    return Image.fromarray(rng.integers(30, 220, (9, 12, 3), dtype="uint8")).resize((240, 180), Image.Resampling.BICUBIC)


def handed_in(
    bank, *pictures, by=None, at=("31.300312", "120.700245"), summary="All in order.", loan=None, before=timedelta(0), **answers
) -> Visit:
    """A visit handed in with these pictures of the gate. at: where it was; before: how long before now."""
    by = by or bank.manager
    visit = visits.start_visit(task_id=make_task(bank, loan, to=by).pk, by=by)
    visits.save_answers(visit_id=visit.pk, answers=good_answers(visit) | answers, by=by)
    points = list(Checkpoint.objects.filter(section__template=visit.template, kind="photo").order_by("pk"))
    for place, point in enumerate(points):
        for picture in pictures if place == 0 and pictures else [other_picture(visit.pk * 10 + place)]:
            upload = picture if isinstance(picture, io.BytesIO) else jpeg(picture)
            visits.add_photo(visit_id=visit.pk, code=point.code, upload=upload, size=len(upload.getvalue()), by=by)
    visits.set_position(visit_id=visit.pk, latitude=Decimal(at[0]), longitude=Decimal(at[1]), accuracy=8, by=by)
    Visit.objects.filter(pk=visit.pk).update(position_at=timezone.now() - before)
    return submit(visit, by, summary=summary, position_reason="Poor reception.")


def codes(visit: Visit) -> list[str]:
    actions.ensure_examined([visit.pk])
    return sorted(Flag.objects.filter(visit=visit).values_list("code", flat=True))


def test_first(bank):
    v = handed_in(bank, scene(0))
    print(codes(v))
    w = handed_in(bank, list(reuses(scene(0), Random(1)))[6][1])
    print(codes(w), [f.sentence for f in flags_of(w)])
    w = handed_in(bank, again(0, 3))
    print(codes(w), [f.sentence for f in flags_of(w)])
    print(list(ConductFact.objects.values("kind", "detail", "figure")))
    print(list(Visit.objects.values_list("template__sections__checkpoints__code", flat=True).distinct()))
