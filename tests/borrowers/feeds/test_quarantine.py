"""A row that was set aside comes in by four eyes: one person corrects it, another releases it."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from borrowers.feeds import quarantine
from borrowers.feeds.models import Delivery, QuarantinedRow
from borrowers.loans.models import Loan
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.people.tree import open_branch
from loanwatch.trail.models import AuditEvent
from tests.borrowers.feeds.conftest import loans, months

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(deliver) -> QuarantinedRow:
    done = deliver("mortgage_acquisition", loans("L1") + loans("L2", orig_upb="12S000").splitlines(keepends=True)[1])
    assert (done.state, done.applied, done.quarantined) == ("applied", 1, 1)
    return QuarantinedRow.objects.get(delivery_id=done.delivery)


def test_a_row_corrected_by_one_and_released_by_another_is_applied_once(row, staff):
    first, second = staff("CA1"), staff("CA2")
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=first)
    released = quarantine.release_row(row_id=row.pk, by=second)
    assert released.state == "released"
    assert Loan.objects.get(number="L2").principal == 125000
    delivery = Delivery.objects.get(pk=row.delivery_id)
    assert (delivery.rows_applied, delivery.rows_quarantined) == (2, 0)
    corrected = AuditEvent.objects.get(event="quarantine.corrected")
    assert (corrected.details["before"], corrected.details["after"]) == ({"orig_upb": "12S000"}, {"orig_upb": "125000"})
    assert AuditEvent.objects.filter(event="quarantine.released", person=second.person).exists()
    with pytest.raises(Conflict):
        quarantine.release_row(row_id=row.pk, by=second)


def test_nobody_releases_an_own_correction(row, staff):
    first = staff("CA1")
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=first)
    with pytest.raises(Refused):
        quarantine.release_row(row_id=row.pk, by=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuarantinedRow.objects.filter(pk=row.pk).update(state="released", decided_by=first.person)
    assert not Loan.objects.filter(number="L2").exists()


def test_a_row_that_still_is_wrong_stays_where_it_is_with_its_reason(row, staff):
    with pytest.raises(Conflict) as still:
        quarantine.release_row(row_id=row.pk, by=staff("CA2"))
    assert still.value.code == "BAD_NUMBER"
    row.refresh_from_db()
    assert row.state == "waiting"


def test_only_credit_administration_decides_about_rows(row, staff):
    with pytest.raises(Refused):
        quarantine.release_row(row_id=row.pk, by=staff("SA1", Role.SYSADMIN))


def test_who_corrected_a_row_may_reject_it(row, staff):
    first = staff("CA1")
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=first)
    done = quarantine.reject_rows(row_ids=[row.pk], by=first, note="typed twice")
    assert [(d.row.state, d.fault) for d in done] == [("rejected", "")]


def test_nobody_releases_an_own_correction_that_stands_under_another_name(row, staff):
    first, second = staff("CA1"), staff("CA2")
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=first)
    with pytest.raises(Conflict) as refused:
        quarantine.correct_row(row_id=row.pk, cells={"seller_name": "BANK"}, by=second)
    assert refused.value.code == "CORRECTED_BY_ANOTHER"
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "126000"}, by=second)
    with pytest.raises(Refused):
        quarantine.release_row(row_id=row.pk, by=second)
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "12S000"}, by=first)
    row.refresh_from_db()
    assert (row.corrected, row.corrected_by) == (None, None)


def test_a_row_whose_format_is_gone_says_so(row, staff):
    Delivery.objects.filter(pk=row.delivery_id).update(format="retired_format")
    done = quarantine.release_rows(row_ids=[row.pk], by=staff("CA1"))
    assert "not in use any more" in done[0].fault


def test_a_release_locks_the_delivery_before_its_row_as_a_retry_does(row, staff):
    quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=staff("CA1"))
    with CaptureQueriesContext(connection) as asked:
        quarantine.release_row(row_id=row.pk, by=staff("CA2"))
    locked = [query["sql"] for query in asked if "FOR UPDATE" in query["sql"]]
    assert [sql.split("FOR UPDATE OF ")[1].strip('"').rstrip() for sql in locked[:2]] == ["borrowers_delivery", "borrowers_quarantinedrow"]


def test_who_administers_one_branch_decides_about_no_row(row, staff):
    open_branch(row.delivery.lender, code="B1", name="One", kind="branch", on=date(2000, 1, 1))
    other = staff("CA1", branch="B1")
    with pytest.raises(Conflict, match="head office"):
        quarantine.correct_row(row_id=row.pk, cells={"orig_upb": "125000"}, by=other)
    with pytest.raises(Conflict, match="head office"):
        quarantine.release_rows(row_ids=[row.pk], by=other)


def test_a_rejected_row_is_never_applied(row, staff):
    quarantine.reject_row(row_id=row.pk, by=staff("CA1"), note="typed twice")
    with pytest.raises(Conflict):
        quarantine.release_row(row_id=row.pk, by=staff("CA2"))
    assert AuditEvent.objects.get(event="quarantine.rejected").details["note"] == "typed twice"


def test_rows_of_a_held_delivery_come_with_a_corrected_file_not_one_by_one(two_loans, deliver, staff):
    done = deliver("mortgage_performance", months({"loan_id": "L1", "current_actual_upb": "NaN"}))
    waiting = QuarantinedRow.objects.get(delivery_id=done.delivery)
    with pytest.raises(Conflict, match="held as a whole"):
        quarantine.release_row(row_id=waiting.pk, by=staff("CA1"))


def test_the_shell_lists_corrects_and_releases(row, staff):
    staff("CA1"), staff("CA2")

    def run(*words: str) -> dict:
        out = StringIO()
        call_command("quarantine", *words, "--json", stdout=out)
        return json.loads(out.getvalue())

    listed = run("list")
    assert listed["count"] == 1
    assert {"line": 3, "reason": "BAD_NUMBER", "column": "orig_upb", "value": "12S000"}.items() <= listed["rows"][0].items()
    delivery = str(row.delivery_id)
    run("correct", "orig_upb=125000", "--delivery", delivery, "--line", "3", "--by", "CA1")
    with pytest.raises(CommandError, match="can't release it"):
        run("release", "--delivery", delivery, "--by", "CA1")
    assert run("release", "--delivery", delivery, "--by", "CA2")["rows"][0]["state"] == "released"
    assert Loan.objects.filter(number="L2").exists()
