"""The dictionary of fields is complete, agrees with the tables, and its printed page is current."""

from pathlib import Path

import pytest
from django.db import models

from alerts.observation.dictionary import FIELDS_BRANCH, FIELDS_LOAN, GRAINS, as_markdown
from alerts.observation.fields import Kind
from alerts.observation.models import BorrowerDay, BranchDay, LoanDay, StaffDay

EVERY = [field for fields in GRAINS.values() for field in fields.values()]
COLUMNS = {
    Kind.MONEY: (models.DecimalField,),
    Kind.NUMBER: (models.DecimalField, models.FloatField),
    Kind.RATIO: (models.DecimalField, models.FloatField),
    Kind.INT: (models.IntegerField,),
    Kind.DATE: (models.DateField,),
    Kind.BOOL: (models.BooleanField,),
    Kind.TEXT: (models.CharField,),
    Kind.CHOICE: (models.CharField,),
}


@pytest.mark.parametrize("field", EVERY, ids=lambda f: f"{f.grain}.{f.name}")
def test_every_field_says_what_it_is_where_it_comes_from_and_who_owns_it(field):
    assert all((field.label, field.unit, field.inputs, field.owner, field.sample))
    assert field.meaning.endswith(".") and (not field.empty or field.empty.endswith("."))
    assert (field.kind == Kind.CHOICE) == bool(field.values)
    assert not field.values or field.sample in field.choices


def column(field) -> models.Field:
    model = {"loan": LoanDay, "borrower": BorrowerDay, "branch": BranchDay, "staff": StaffDay}[field.grain]
    path, _, rest = field.column.partition("__")
    found = model._meta.get_field(path)
    return found.related_model._meta.get_field(rest) if rest else found


@pytest.mark.parametrize("field", EVERY, ids=lambda f: f"{f.grain}.{f.name}")
def test_every_field_is_a_column_of_its_kind_and_empty_where_the_dictionary_says_so(field):
    found = column(field)
    assert isinstance(found, COLUMNS[field.kind])
    if field.kind not in (Kind.TEXT, Kind.CHOICE):
        assert found.null == field.nullable


def test_a_field_of_the_same_name_has_the_same_kind_at_both_grains():
    assert all(FIELDS_LOAN[name].kind == FIELDS_BRANCH[name].kind for name in FIELDS_LOAN.keys() & FIELDS_BRANCH.keys())


def test_the_printed_dictionary_is_current():
    page = Path(__file__).parents[3] / "docs" / "indicators.md"
    assert page.read_text(encoding="utf-8") == as_markdown()
