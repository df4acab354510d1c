"""Inspections with the network really off: filled in, the browser closed, gone on with, sent through cuts and kills; nothing lost, said in words."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.phone import PocketPhone, kill_web, sections_of
from tests.installation import Installation

pytestmark = pytest.mark.browser


@pytest.fixture
def pocket(browser: Browser, house: Installation, tmp_path: Path) -> Iterator[Callable[[], PocketPhone]]:
    """Phones that are switched off when the test is over; none may have met a script error."""
    made: list[PocketPhone] = []

    def take() -> PocketPhone:
        made.append(PocketPhone(browser.browser_type, house, tmp_path / f"phone-{len(made)}"))
        return made[-1]

    yield take
    for phone in made:
        phone.discard()
    assert [fault for phone in made for fault in phone.faults] == []


FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => { throw new DOMException('The device is full.', 'QuotaExceededError'); };
  window.lwRoom = () => { IDBObjectStore.prototype.put = put; };
}"""


def points_of(parcel: dict[str, Any], task: dict[str, Any]) -> int:
    return sum(len(section["points"]) for section in sections_of(parcel, task))


NEW_TASKS = """
INSERT INTO inspections_task (lender_id, bucket, loan_id, borrower_id, branch_id, kind, opened_on, due_on, assigned_to_id, state)
SELECT l.lender_id, l.bucket, l.id, l.borrower_id, l.branch_id, '{kind}', date '{day}' - 5, '{day}', c.person_id, 'due'
FROM borrowers_loan l JOIN borrowers_custody c ON c.loan_id = l.id AND c.capacity = 'lead' AND c.to_on IS NULL
JOIN people_account a ON a.person_id = c.person_id
WHERE a.username = 'manager' AND NOT EXISTS (SELECT 1 FROM inspections_task t WHERE t.loan_id = l.id AND t.kind = '{kind}')
ORDER BY l.id LIMIT {number} RETURNING id
"""
NEW_VERSION = """
DO $$
DECLARE fresh bigint := nextval(pg_get_serial_sequence('inspections_template', 'id'));
BEGIN
    UPDATE inspections_template SET state = 'retired', retired_on = current_date WHERE id = {old};
    INSERT INTO inspections_template
        SELECT (jsonb_populate_record(t, jsonb_build_object('id', fresh, 'version', t.version + 1, 'state', 'draft', 'retired_on', NULL))).*
        FROM inspections_template t WHERE id = {old};
    INSERT INTO inspections_section (template_id, position, title) SELECT fresh, position, title FROM inspections_section WHERE template_id = {old};
    INSERT INTO inspections_checkpoint
        SELECT (jsonb_populate_record(c, jsonb_build_object('id', nextval(pg_get_serial_sequence('inspections_checkpoint', 'id')), 'section_id', n.id))).*
        FROM inspections_checkpoint c JOIN inspections_section o ON o.id = c.section_id AND o.template_id = {old}
        JOIN inspections_section n ON n.template_id = fresh AND n.position = o.position;
    UPDATE inspections_template SET state = 'proposed' WHERE id = fresh;
    UPDATE inspections_template SET state = 'live' WHERE id = fresh;
END $$
"""


def new_tasks(phone: PocketPhone, kind: str, number: int = 1) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Tasks of the manager that nobody has begun, due today; the phone fetches them. Returns the parcel and the tasks in it."""
    ids = {row[0] for row in phone.house.ask(NEW_TASKS.format(kind=kind, day=phone.parcel()["as_of"], number=number))}
    assert len(ids) == number
    phone.today()
    phone.page.locator(f"section[data-task='{max(ids)}']").wait_for()
    parcel = phone.parcel()
    return parcel, [t for t in parcel["tasks"] if t["id"] in ids]


def visits_of(house: Installation, task: int) -> list[tuple[Any, ...]]:
    return house.ask(f"SELECT id, state FROM inspections_visit WHERE task_id = {task} ORDER BY id")


def originals_of(house: Installation, visit: int) -> list[str]:
    """SHA-256 of the pictures of a visit as they lie on the server's disk."""
    rows = house.ask(f"SELECT original, sent_sha256 FROM inspections_photo WHERE visit_id = {visit} AND what IN ('photo', 'document')")
    found = []
    for path, said in rows:
        on_disk = sha256((house.folder / "media" / path).read_bytes()).hexdigest()
        assert on_disk == said
        found.append(on_disk)
    return sorted(found)


def short_inspection(phone: PocketPhone, parcel: dict[str, Any], task: dict[str, Any]) -> str:
    """A whole inspection with the shortest form, filled in and finished where the phone is."""
    client = phone.begin(task["id"])
    phone.fill(task, sections_of(parcel, task), client)
    phone.hand_in(client)
    return client


def test_a_long_form_survives_the_battery_and_a_killed_server_and_arrives_once_byte_for_byte(pocket, house):
    phone = pocket()
    phone.log_in("manager")
    parcel, (task,) = new_tasks(phone, "maturity")
    sections = sections_of(parcel, task)
    assert points_of(parcel, task) >= 25
    phone.ready_for_offline()

    phone.offline()
    client = phone.begin(task["id"])
    half = len(sections) // 2
    phone.fill(task, sections, client, last=half, pictures=3)
    phone.close()
    phone.open()
    phone.today()
    phone.page.locator(f"section[data-task='{task['id']}'] progress").wait_for()
    phone.fill(task, sections, client, first=half + 1, pictures=3)
    phone.hand_in(client)
    assert phone.state(client) == "waiting"
    assert visits_of(house, task["id"]) == []

    total = sum(len(data) for data in phone.pictures.values())
    phone.online(cut_after=total // 3)  # the network breaks first, the server is killed after that
    phone.log_in("manager")  # a browser that was closed has forgotten the log-in, and nothing else
    wait(lambda: not phone.cable.plugged, 40)
    here = received(house, client)
    assert 0 < here < total
    phone.online()
    wait(lambda: received(house, client) > here, 40)
    killed = kill_web(house)
    at_the_kill = received(house, client)
    assert killed and at_the_kill < total, "the server was not killed half-way"
    phone.wait_for_state(client, "received", 70)

    (visit, state), *more = visits_of(house, task["id"])
    assert (state, more) == ("submitted", [])
    assert originals_of(house, visit) == sorted(sha256(data).hexdigest() for data in phone.pictures.values())
    assert house.ask(f"SELECT state, count(*) FROM inspections_sending WHERE client_id = '{client}' GROUP BY 1") == [("received", 1)]
    assert house.ask(f"SELECT count(*) FROM trail_auditevent WHERE event = 'visit.submitted' AND subject_id = '{visit}'") == [(1,)]


def received(house: Installation, client: str) -> int:
    sql = f"SELECT coalesce(sum(f.received), 0) FROM inspections_sentfile f JOIN inspections_sending s ON s.id = f.sending_id WHERE s.client_id = '{client}'"
    return int(house.ask(sql)[0][0])


def wait(true: Callable[[], object], seconds: float) -> None:
    Installation.wait(true, seconds)


def test_a_log_in_that_ran_out_and_another_person_on_the_phone_lose_nothing(pocket, house):
    phone = pocket()
    phone.log_in("manager")
    parcel, (task,) = new_tasks(phone, "special")
    phone.ready_for_offline()
    phone.offline()
    client = short_inspection(phone, parcel, task)
    assert phone.state(client) == "waiting"

    phone.context.clear_cookies()  # as after a night
    phone.online()
    phone.page.goto("/m/#/sync")
    phone.page.locator("a[href*='/accounts/login/']").first.wait_for()
    assert phone.state(client) == "waiting"

    page = phone.page
    page.goto("/accounts/login/?next=/m/")
    page.fill("[name=login]", "officer")
    page.fill("[name=password]", phone.password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.goto("/m/")
    page.get_by_text(task["number"]).first.wait_for()
    assert visits_of(house, task["id"]) == [], "what one person recorded was sent as another"

    phone.context.clear_cookies()
    phone.log_in("manager")
    phone.wait_for_state(client, "received")
    assert [state for _, state in visits_of(house, task["id"])] == ["submitted"]


def test_what_happened_meanwhile_is_said_and_nothing_is_lost(pocket, house):
    phone = pocket()
    phone.log_in("manager")
    parcel, (given_away, form_changed) = new_tasks(phone, "special", 2)
    phone.ready_for_offline()
    phone.offline()
    first = short_inspection(phone, parcel, given_away)
    second = short_inspection(phone, parcel, form_changed)
    owner = house.ask(f"SELECT assigned_to_id FROM inspections_task WHERE id = {given_away['id']}")[0][0]
    other = house.ask(f"SELECT min(person_id) FROM people_roleheld WHERE role = 'account_manager' AND person_id <> {owner}")[0][0]
    house.ask(f"UPDATE inspections_task SET assigned_to_id = {other} WHERE id = {given_away['id']}")
    house.ask(NEW_VERSION.format(old=form_changed["template"]))
    phone.online()
    phone.wait_for_state(first, "refused")
    phone.wait_for_state(second, "received")
    said = phone.words()
    assert "given to another person" in said
    assert "newer version" in said
    assert visits_of(house, given_away["id"]) == []
    kept = house.ask(f"SELECT state, reason FROM inspections_sending WHERE client_id = '{first}'")
    assert kept == [("refused", "TASK_REASSIGNED")]

    house.ask(f"UPDATE inspections_task SET assigned_to_id = {owner} WHERE id = {given_away['id']}")  # the branch head gives it back
    card = phone.page.locator(f"[data-sheet='{first}']")
    card.get_by_role("button", name="Send once more").click()
    phone.wait_for_state(first, "received")


def test_two_tabs_send_the_same_inspection_once_and_a_full_phone_says_so(pocket, house):
    phone = pocket()
    phone.log_in("manager")
    parcel, (task,) = new_tasks(phone, "special")
    phone.ready_for_offline()
    phone.offline()
    client = phone.begin(task["id"])

    sections = sections_of(parcel, task)
    phone.page.evaluate(FULL)
    phone.fill(task, sections, client, last=1)
    phone.page.locator(".nt.red").first.wait_for()
    assert "room" in phone.words()
    phone.page.evaluate("window.lwRoom()")
    phone.page.locator(".nt.red button").last.click()
    phone.page.locator(".nt.red").first.wait_for(state="detached")
    phone.fill(task, sections, client, first=2)
    phone.hand_in(client)

    second = phone.context.new_page()
    phone.listen(second)
    second.goto("/m/#/sync")
    second.locator(f"[data-sheet='{client}']").wait_for()
    phone.online()
    for page in (phone.page, second):
        page.evaluate("document.querySelectorAll('button.bt.p.lg.w').forEach(button => button.click())")
    phone.wait_for_state(client, "received")
    second.locator(f"[data-sheet='{client}'][data-state=received]").wait_for()
    assert [state for _, state in visits_of(house, task["id"])] == ["submitted"]
    visit = visits_of(house, task["id"])[0][0]
    assert originals_of(house, visit) == sorted(sha256(data).hexdigest() for data in phone.pictures.values())
