"""`create_admin` on an empty installation, and `access_matrix`."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from loanwatch.people.access import Access
from loanwatch.people.models import Account, Branch, Role
from loanwatch.people.policy import Act
from tests.loanwatch.people.conftest import TODAY


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("a quiet harbour at dawn\n", encoding="utf-8")
    return file


def test_the_first_administrator_keeps_the_whole_installation(db, settings, password_file):
    settings.BUSINESS_DATE = TODAY.isoformat()
    call_command("create_admin", "Root@Example.com", password_file=password_file, name="Root")
    account = Account.objects.get(username="root@example.com")
    access = Access.of(account, TODAY)
    assert access.everywhere and access.roles == {Role.SYSADMIN}
    assert Branch.objects.kept_by(access).count() == Branch.objects.count()
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "root@example.com", "password": "a quiet harbour at dawn"})
    assert answer.status_code == 302
    for page in ("people:users", "people:user_new", "people:branches", "people:matrix", "people:profile", "days:calendar"):
        assert browser.get(reverse(page)).status_code == 200, page


def test_a_second_first_administrator_is_refused(db, password_file):
    call_command("create_admin", "root@example.com", password_file=password_file)
    with pytest.raises(CommandError, match="already"):
        call_command("create_admin", "other@example.com", password_file=password_file)


@pytest.mark.parametrize(
    ("email", "password", "why"), [("no address", "a quiet harbour at dawn", "e-mail"), ("root@example.com", "short", "12")]
)
def test_a_bad_address_or_password_makes_nothing(db, tmp_path, email, password, why):
    (tmp_path / "p").write_text(password)
    with pytest.raises(CommandError, match=why):
        call_command("create_admin", email, password_file=tmp_path / "p")
    assert Account.objects.count() == 0


def test_the_matrix_is_one_json_object_with_every_act_and_address(capsys):
    call_command("access_matrix", "--json")
    found = json.loads(capsys.readouterr().out)
    assert {line["act"] for line in found["acts"]} == {act.value for act in Act}
    assert len(found["roles"]) == 8
    users = next(line for line in found["urls"] if line["name"] == "people:users")
    assert (users["method"], users["roles"]) == ("GET", ["sysadmin"])
