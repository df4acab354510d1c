"""A lender that was there before a parameter was shipped gets it with the release."""

from django.core.management import call_command

from loanwatch.lenders import defaults
from loanwatch.lenders.models import Parameter
from tests.factories import LenderFactory


def test_migrating_gives_every_lender_the_parameters_it_lacks_and_changes_none(db, monkeypatch):
    shipped = list(defaults.SHIPPED)
    monkeypatch.setattr(defaults, "SHIPPED", shipped[1:])
    lender = LenderFactory()
    before = set(Parameter.objects.values_list("pk", flat=True))
    monkeypatch.setattr(defaults, "SHIPPED", shipped)
    call_command("migrate", verbosity=0)
    given = Parameter.objects.exclude(pk__in=before)
    assert [(p.lender_id, p.key) for p in given] == [(lender.pk, shipped[0][0])]
    assert before <= set(Parameter.objects.values_list("pk", flat=True))
