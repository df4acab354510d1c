"""The phone's page without anybody's data: it opens without a log-in, keeps all it needs, and has a word for everything it says."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import translation

from inspections.sending import shell
from inspections.sending.words import words

FOLDER = settings.ROOT / "static" / "lw" / "phone"
MODULES = {path.stem: path.read_text() for path in FOLDER.glob("*.js") if path.stem != "theme"}
SOURCE = "\n".join(MODULES.values())


def kept(client):
    text = client.get("/m/sw.js").content.decode()
    return json.loads(re.search(r"const FILES = (\[.*?\]);", text)[1]), json.loads(re.search(r"const SHELLS = (\{.*?\});", text)[1])


@pytest.mark.parametrize(("asked", "lang"), [("en", "en"), ("zh-hans", "zh-Hans"), ("ko", "ko"), ("xx", "en")])
def test_the_page_opens_in_each_language_without_a_log_in(client, db, asked, lang):
    page = client.get("/m/", {"lang": asked})
    assert page.status_code == 200
    assert f'<html lang="{lang}"' in page.content.decode()
    assert "csrf" not in page.content.decode()


def test_the_page_is_the_same_for_everybody(client, bank):
    nobody = client.get("/m/", {"lang": "en"}).content
    client.force_login(bank.manager.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/m/", {"lang": "en"}).content == nobody


def test_the_page_has_no_script_and_no_style_of_its_own(client, db):
    page = client.get("/m/").content.decode()
    assert all('src="' in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "<style" not in page and " style=" not in page and not re.search(r"\son\w+=", page)


def test_the_worker_keeps_every_module_and_only_files_that_are_there(client, db):
    files, shells = kept(client)
    assert set(shells) == {code for code, _name in settings.LANGUAGES}
    assert set(shell.MODULES) == set(MODULES)
    for address in files:
        assert finders.find(address.removeprefix(settings.STATIC_URL)), address


def test_what_a_module_asks_for_is_kept_as_well():
    asked = set(re.findall(r"from '\./(\w+)\.js'", SOURCE))
    assert asked <= set(shell.MODULES)


def test_the_worker_changes_with_a_file_and_with_a_word(monkeypatch):
    before = shell.version()
    assert shell.version() == before
    monkeypatch.setattr(shell, "words", lambda: {**words(), "today": "Another word"})
    assert shell.version() != before
    monkeypatch.undo()
    monkeypatch.setattr(shell, "MODULES", shell.MODULES[1:])
    assert shell.version() != before


def test_the_page_can_be_installed(client, db):
    told = client.get("/m/manifest.webmanifest")
    assert told["Content-Type"] == "application/manifest+json"
    facts = told.json()
    assert (facts["start_url"], facts["scope"], facts["display"]) == ("/m/", "/m/", "standalone")
    assert {icon["sizes"] for icon in facts["icons"]} == {"192x192", "512x512"}
    assert all(finders.find(icon["src"].removeprefix(settings.STATIC_URL)) for icon in facts["icons"])


def test_the_page_has_a_word_for_everything_it_says():
    said = set(re.findall(r"\b(?:t|many|of)\('(\w+)'", SOURCE)) | {key for key in words() if f"'{key}'" in SOURCE}
    assert said - set(words()) == set()
    # Keys that are put together from a code.
    joined = [re.escape(text).replace("X", r"\w+") for text in re.findall(r"t\(`([^`]+)`", re.sub(r"\$\{[^{}]*\}", "X", SOURCE))]
    unused = [key for key in words() if key not in said and not any(re.fullmatch(pattern, key) for pattern in joined)]
    assert set(unused) <= {"first_login_text", "conclusion", "position_reason_field"}


@pytest.mark.parametrize("language", ["en", "zh-hans", "ko"])
def test_sentences_that_count_keep_their_place_for_the_count(language):
    with translation.override(language):
        pairs = [value for value in words().values() if isinstance(value, list)]
    assert pairs
    assert all(len(pair) == 2 and "%(count)s" in pair[1] for pair in pairs)


def test_texts_with_a_percent_sign_show_one():
    assert "%%" not in json.dumps(words())
    assert words()["fewer"] == "%(percent)s% fewer than last time."
