"""The first command on a bare machine."""

import subprocess
import sys

import pytest

from loanwatch.embedded import bootstrap, catalogues

STANDARD_LIBRARY_ONLY = """
import sys
sys.path.insert(0, {root!r})
from loanwatch.embedded import bootstrap
foreign = {{name.partition('.')[0] for name in sys.modules}} - set(sys.stdlib_module_names) - {{'loanwatch', '__main__'}}
print(sorted(foreign))
"""


def test_the_bootstrap_needs_nothing_but_python_itself():
    program = STANDARD_LIBRARY_ONLY.format(root=str(bootstrap.ROOT))
    said = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose installer only writes down what it was asked."""
    asked = []
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PINNED", {g: tmp_path / f"requirements-{g}.txt" for g in ("runtime", "dev")})
    monkeypatch.setattr(bootstrap, "_make_venv", lambda: (tmp_path / ".venv").mkdir(exist_ok=True))
    monkeypatch.setattr(bootstrap, "_fill", asked.append)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: None)
    for pinned in bootstrap.PINNED.values():
        pinned.write_text("django==5.2 --hash=sha256:0\n")
    return asked


def test_a_second_start_installs_nothing(checkout):
    bootstrap.install("runtime")
    bootstrap.install("runtime")
    assert checkout == ["runtime"]


def test_what_was_installed_for_development_serves_the_demo(checkout):
    bootstrap.install("dev")
    bootstrap.install("runtime")
    assert checkout == ["dev"]


def test_a_new_pin_is_installed(checkout):
    bootstrap.install("runtime")
    bootstrap.PINNED["runtime"].write_text("django==5.2.1 --hash=sha256:1\n")
    bootstrap.install("runtime")
    assert checkout == ["runtime", "runtime"]


def test_an_old_python_is_told_which_one_is_needed(monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        bootstrap.enter(["manage.py", "up"])


def test_a_catalogue_is_compiled_once_and_again_when_its_sentences_change(tmp_path):
    po = tmp_path / "locale" / "ko" / "LC_MESSAGES" / "django.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "loan"\nmsgstr "대출"\n')
    assert catalogues.compile_outdated(tmp_path) == [po]
    assert catalogues.compile_outdated(tmp_path) == []
    later = po.with_suffix(".mo").stat().st_mtime + 5
    import os

    os.utime(po, (later, later))
    assert catalogues.compile_outdated(tmp_path) == [po]
