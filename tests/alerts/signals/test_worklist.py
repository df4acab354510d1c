"""The list of alerts: filters, order, views, steps on many, and that it costs the same however much is open."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from alerts.signals import actions, keeping
from alerts.signals.models import Alert, Level
from alerts.signals.worklist_models import SavedView
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent
from tests.factories import DAY, AlertFactory, BranchFactory, LoanFactory, RuleVersionFactory, close_days, hire

JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def the_day(settings):
    settings.BUSINESS_DATE = DAY.isoformat()


@pytest.fixture
def branch(db):
    branch = BranchFactory()
    close_days(branch.lender, DAY)
    return branch


@pytest.fixture
def manager(branch):
    return hire(branch, Role.ACCOUNT_MANAGER)


@pytest.fixture
def officer(branch):
    return hire(branch, Role.RISK_OFFICER)


@pytest.fixture
def alert(branch, manager):
    return AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))


def listed(client, query=""):
    return [a.number for a in client.get(f"{reverse('alerts:list')}?{query}").context["rows"]]


# --- filters and order ---


def test_every_filter_of_the_address_narrows_the_list(client, officer, branch):
    other = RuleVersionFactory(lender=branch.lender, code="COL-01")
    small = AlertFactory(loan__branch=branch, exposure=500)
    large = AlertFactory(loan__branch=branch, exposure=2_000_000, version=other, assigned_to=officer.person)
    alone = AlertFactory(loan__branch=branch, exposure=1000)
    Alert.objects.filter(pk=alone.pk).update(loan=None)
    client.force_login(officer.account)
    assert set(listed(client)) == {small.number, large.number, alone.number}
    assert listed(client, "exposure_from=1000.01") == [large.number]
    assert set(listed(client, "exposure_from=500&exposure_to=1000")) == {small.number, alone.number}
    assert listed(client, "exposure_to=499.99") == []
    assert listed(client, "grain=borrower") == [alone.number]
    assert listed(client, f"assigned={officer.person.staff_no}") == [large.number]
    assert set(listed(client, f"product={small.loan.product.code}&rule=COL-01")) <= {large.number}
    assert len(listed(client, "exposure_from=much&grain=planet&sort=colour")) == 3, "what is not understood is left out"


def test_the_columns_sort_and_the_default_is_the_deadline(client, officer, branch):
    small, large = AlertFactory(loan__branch=branch, exposure=1), AlertFactory(loan__branch=branch, exposure=9)
    client.force_login(officer.account)
    assert listed(client, "sort=-exposure") == [large.number, small.number]
    assert listed(client, "sort=exposure") == [small.number, large.number]


# --- views ---


def test_a_view_is_kept_opens_first_is_renamed_dropped_and_taken_back(client, officer, branch):
    red, yellow = AlertFactory(loan__branch=branch), AlertFactory(loan__branch=branch, level=Level.YELLOW)
    client.force_login(officer.account)
    client.post(reverse("alerts:keep_view"), {"name": "Mild ones", "query": "level=yellow", "is_default": "on"})
    view = SavedView.objects.get(name="Mild ones")
    assert client.get(reverse("alerts:list")).url.endswith("?level=yellow")
    page = client.get(f"{reverse('alerts:list')}?level=yellow")
    assert [(t["text"], t["count"], t["current"]) for t in page.context["tabs"]][-1] == ("Mild ones", 1, True)
    assert set(listed(client, "all=1")) == {red.number, yellow.number}
    client.post(reverse("alerts:view", args=[view.pk]), {"name": "Yellow", "is_default": ""})
    client.post(reverse("alerts:drop_view", args=[view.pk]))
    assert "Yellow" not in [t["text"] for t in client.get(f"{reverse('alerts:list')}?all=1").context["tabs"]]
    client.post(reverse("alerts:restore_view", args=[view.pk]))
    view.refresh_from_db()
    assert (view.name, view.query, view.dropped_at, view.is_default) == ("Yellow", "level=yellow", None, False)
    told = AuditEvent.objects.filter(event__startswith="alert_view.").order_by("id").values_list("event", flat=True)
    assert list(told) == ["alert_view.kept", "alert_view.changed", "alert_view.dropped", "alert_view.restored"]


def test_colleagues_of_the_branch_see_a_shared_view_and_change_nothing_of_it(client, officer, manager, branch):
    view = keeping.keep_view(by=officer, name="Red", query="level=red", shared=True)
    own = keeping.keep_view(by=officer, name="Mine", query="level=red")
    stranger = hire(BranchFactory(lender=branch.lender), Role.RISK_OFFICER)
    assert list(SavedView.objects.visible_to(manager)) == [view]
    assert list(SavedView.objects.visible_to(stranger)) == []
    client.force_login(manager.account)
    for name in ("view", "drop_view", "restore_view"):
        assert client.post(reverse(f"alerts:{name}", args=[view.pk]), {"name": "x"}).status_code == 404
        assert client.post(reverse(f"alerts:{name}", args=[own.pk]), {"name": "x"}).status_code == 404


def test_only_one_view_opens_first_and_a_name_stands_once(officer):
    first = keeping.keep_view(by=officer, name="One", query="level=red", is_default=True)
    keeping.keep_view(by=officer, name="Two", query="level=yellow", is_default=True)
    first.refresh_from_db()
    assert not first.is_default
    with pytest.raises(Conflict, match="named “Two” already"):
        keeping.change_view(by=officer, view_id=first.pk, name="Two")
    keeping.drop_view(by=officer, view_id=first.pk)
    with pytest.raises(Conflict, match="dropped meanwhile"):
        keeping.drop_view(by=officer, view_id=first.pk)
    keeping.keep_view(by=officer, name="One", query="level=orange")
    with pytest.raises(Conflict, match="named “One” already"):
        keeping.restore_view(by=officer, view_id=first.pk)


def test_who_is_not_shown_alerts_keeps_no_view(branch):
    with pytest.raises(Refused):
        keeping.keep_view(by=hire(branch, Role.FIELD_AGENT), name="x", query="")


def test_a_view_without_a_name_is_asked_for_again(client, officer):
    client.force_login(officer.account)
    answer = client.post(reverse("alerts:keep_view"), {"name": " ", "query": "level=red"})
    assert answer.status_code == 422
    assert 'value="level=red"' in answer.content.decode()


# --- steps on many ---


def test_each_of_many_says_in_its_row_what_became_of_it_and_the_step_is_taken_back(client, manager, branch, alert):
    other = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person))
    actions.acknowledge(number=other.number, by=manager)
    client.force_login(manager.account)
    answer = client.post(reverse("alerts:acknowledge_many"), {"number": [alert.number, other.number, "AL-99-000001"]}, headers=JSON).json()
    assert answer["said"] == "1 of 3 done"
    assert answer["done"] == [alert.number]
    assert set(answer["rows"]) == {alert.number, other.number}
    assert "Not done:" in answer["rows"][other.number]
    assert "Acknowledged" in answer["rows"][other.number]
    back = client.post(answer["undo"], headers=JSON).json()
    assert back["said"] == "Taken back for 1 alert."
    assert "Taken back" in back["rows"][alert.number]
    assert Alert.objects.get(pk=alert.pk).state == "open"
    assert client.post(answer["undo"], headers=JSON).json()["said"] == "0 of 1 done", "twice takes nothing more back"


def test_a_step_that_needs_words_asks_for_them_with_the_selection_kept(client, manager, alert):
    client.force_login(manager.account)
    page = client.post(reverse("alerts:note_many"), {"number": [alert.number]})
    assert page.status_code == 200
    assert f'name="number" value="{alert.number}"' in page.content.decode()
    assert client.post(reverse("alerts:note_many"), {"number": [alert.number], "text": ""}).status_code == 422
    assert client.post(reverse("alerts:note_many"), {"number": [alert.number], "text": ""}, headers=JSON).json()["fault"]
    done = client.post(reverse("alerts:note_many"), {"number": [alert.number], "kind": "contact", "text": "Called."}, headers=JSON).json()
    assert done["done"] == [alert.number]
    assert client.post(reverse("alerts:submit_many"), {"number": [alert.number], "text": "Paid."}, headers=JSON).json()["said"] == "1 alert done."


def test_red_alerts_are_not_closed_in_bulk(client, manager, officer, branch, alert):
    mild = AlertFactory(loan=LoanFactory(branch=branch, lead=manager.person), level=Level.YELLOW)
    for number in (alert.number, mild.number):
        actions.note_measure(number=number, by=manager, text="Called.")
        actions.submit_for_closing(number=number, by=manager, text="Paid.")
    client.force_login(officer.account)
    given = {"number": [alert.number, mild.number], "outcome": "resolved", "note": "Seen."}
    answer = client.post(reverse("alerts:close_many"), given, headers=JSON).json()
    assert answer["done"] == [mild.number]
    assert "red alerts are closed one by one" in answer["rows"][alert.number]


def test_nothing_selected_is_said(client, manager):
    client.force_login(manager.account)
    for name in ("acknowledge_many", "note_many", "submit_many"):
        assert "No alert was selected" in client.post(reverse(f"alerts:{name}")).content.decode()


# --- the pane ---


def test_the_pane_follows_the_row_without_taking_the_focus_unless_it_is_opened(client, officer, alert):
    client.force_login(officer.account)
    url = reverse("alerts:pane", args=[alert.number])
    assert "data-lw-focus" in client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "data-lw-focus" not in client.get(f"{url}?beside=1", headers={"HX-Request": "true"}).content.decode()


# --- what it costs ---

CLONE = """
INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('id', %(from)s + n, {key}))).*
FROM {table} t, generate_series(1, %(most)s) n WHERE t.id = %(id)s
"""


def grow(alert: Alert, most: int) -> None:
    """`most` more open alerts after all others: clones of the alert on clones of its loan, a hundred rules on each, without evidence."""
    with connection.cursor() as cursor:
        cursor.execute(CLONE.format(table="alerts_rule", key="'code', 'C-' || n"), {"from": 5_000_000, "most": 100, "id": alert.rule_id})
        cursor.execute(CLONE.format(table="borrowers_loan", key="'number', 'LC-' || n"), {"from": 5_000_000, "most": most // 100, "id": alert.loan_id})
        cursor.execute(
            """INSERT INTO alerts_alert SELECT (jsonb_populate_record(a, jsonb_build_object(
                   'id', 5000000 + l * 100 + r, 'number', 'AC-' || l || '-' || r, 'rule_id', 5000000 + r, 'loan_id', 5000000 + l,
                   'due_on', a.due_on + 1 + l %% 60, 'exposure', a.exposure - 0.01 * l))).*
               FROM alerts_alert a, generate_series(1, %s) l, generate_series(1, 100) r WHERE a.id = %s""",
            [most // 100, alert.pk],
        )
        cursor.execute("ANALYZE alerts_alert")
        cursor.execute("ANALYZE borrowers_loan")


def asked(client, query: str) -> list[str]:
    """The statements that a page of the list takes."""
    with CaptureQueriesContext(connection) as taken:
        assert client.get(f"{reverse('alerts:list')}?{query}").status_code == 200
    return [q["sql"] for q in taken.captured_queries]


PAGES = ["all=1", "level=red&sort=-exposure", "mine=1", "overdue=1"]


def same_cost(client, officer, branch, most: int) -> list[str]:
    """Every page takes as many statements for ten open alerts as for `most`; the statements of the first page with `most`."""
    alerts = [AlertFactory(loan__branch=branch) for _ in range(10)]
    client.force_login(officer.account)
    pages = [*PAGES, urlencode({"line": branch.code})]
    asked(client, "all=1")  # what is asked once for a process
    few = [len(asked(client, query)) for query in pages]
    grow(alerts[0], most)
    many = [asked(client, query) for query in pages]
    assert [len(statements) for statements in many] == few
    assert Alert.objects.open().count() == most + 10
    return many[0]


def test_the_list_takes_the_same_queries_for_ten_open_alerts_and_for_two_thousand(client, officer, branch):
    same_cost(client, officer, branch, 2000)


@pytest.mark.faults  # writes 100,000 alerts
def test_the_list_takes_the_same_queries_for_ten_open_alerts_and_for_a_hundred_thousand(client, officer, branch):
    statements = same_cost(client, officer, branch, 100_000)
    rows = next(s for s in statements if 'FROM "alerts_alert"' in s and "LIMIT 50" in s)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + rows)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "alert_by_deadline" in plan, plan
    assert "Seq Scan on alerts_alert" not in plan, plan
