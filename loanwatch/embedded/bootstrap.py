"""Makes `.venv`, fills it from the pinned files and goes on inside it. Standard library only: nothing else is there yet."""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from loanwatch.embedded.progress import tell

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PINNED = {"runtime": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
NO_VENV = (
    "Python cannot make a virtual environment here, because its part 'ensurepip' is missing.\n"
    "On Debian or Ubuntu run: apt install python3-venv\n"
    "Then give the same command again. (uv or virtualenv on the PATH would do as well.)"
)


def enter(argv: list[str]) -> None:
    """Return inside an interpreter that has the packages; when this one has not, make one and start again in it.

    `manage.py install [--dev]` only fills `.venv` and ends. A virtual environment that already has Django is taken as it is.
    """
    if sys.version_info < (3, 11):
        sys.exit(f"LoanWatch needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if argv[1:2] == ["install"]:
        install("dev" if "--dev" in argv else "runtime")
        sys.exit(0)
    ours = Path(sys.prefix).resolve() == VENV.resolve()
    if importlib.util.find_spec("django") and (not _stamped("runtime") if ours else sys.prefix != sys.base_prefix):
        return  # filled by hand, or an environment of the user's own
    if ours and _current("runtime"):
        return
    if os.environ.get("LOANWATCH_BOOTSTRAPPED"):
        sys.exit("The packages were installed, but Django still cannot be imported. Remove .venv and give the command again.")
    install("runtime")
    os.environ["LOANWATCH_BOOTSTRAPPED"] = "1"
    os.execv(PYTHON, [str(PYTHON), *argv])  # noqa: S606  the interpreter just made


def install(group: str) -> None:
    """Make `.venv` hold exactly what the pinned file of `group` (runtime or dev) says; does nothing when it already does."""
    with _one_at_a_time():
        if _current(group):
            return
        _make_venv()
        _fill(group)
        tell("Compiling the message catalogues")
        subprocess.run([PYTHON, "-m", "loanwatch.embedded.catalogues"], cwd=ROOT, check=True)
        _stamp(group).write_text(_digest(group))
        tell("Installed")


def _digest(group: str) -> str:
    return hashlib.sha256(PINNED[group].read_bytes()).hexdigest()


def _stamp(group: str) -> Path:
    return VENV / f"installed-{group}"


def _stamped(group: str) -> bool:
    return _stamp(group).exists() or _stamp("dev").exists()


def _current(group: str) -> bool:
    # What dev installs contains all that runtime installs, at the same versions.
    return any(_stamp(g).exists() and _stamp(g).read_text() == _digest(g) for g in (group, "dev"))


def _make_venv() -> None:
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode == 0:
        return
    tell(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    makers = [[sys.executable, "-m", "venv", str(VENV)], [sys.executable, "-m", "virtualenv", "-q", str(VENV)]]
    if uv := shutil.which("uv"):
        makers.append([uv, "venv", "-q", "--seed", "--python", sys.executable, str(VENV)])
    for maker in makers:
        if subprocess.run(maker, check=False, capture_output=True).returncode == 0:
            return
        shutil.rmtree(VENV, ignore_errors=True)
    sys.exit(NO_VENV)


def _fill(group: str) -> None:
    pinned = PINNED[group]
    count = sum(1 for line in pinned.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    if uv := _find_uv():
        tell(f"Installing {count} packages with uv")
        command = [*uv, "pip", "install", "-q", "--require-hashes", "--python", str(PYTHON), "-r", str(pinned)]
        if subprocess.run(command, check=False).returncode == 0:
            return
        tell("uv could not install them; trying again with pip")
    tell(f"Installing {count} packages with pip (this takes about a minute)")
    if subprocess.run([PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(pinned)], check=False).returncode:
        sys.exit("The packages could not be installed; the reason stands above. Nothing was started.")


def _find_uv() -> list[str] | None:
    if uv := shutil.which("uv"):
        return [uv]
    inside = VENV / "bin" / "uv"
    if not inside.exists():
        tell("Fetching the installer uv")
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "uv"], check=False, capture_output=True)
    return [str(inside)] if inside.exists() else None


@contextlib.contextmanager
def _one_at_a_time():
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
