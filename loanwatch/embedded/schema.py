"""Brings the embedded database to the state of the code: log-ins, tables, rights."""

import hashlib
import io

from django.core.management import call_command

from loanwatch.embedded.ensure import Tell
from loanwatch.embedded.roles import acting_as, ensure_roles, grant_all
from loanwatch.embedded.state import ROOT, State

DECIDED_BY = (
    "*/migrations/*.py",
    "loanwatch/*/migrations/*.py",
    "loanwatch/embedded/roles.py",
    "loanwatch/trail/grants.py",
    "requirements.txt",  # Django and the libraries bring tables of their own
)


def deciding_files() -> dict[str, str]:
    """All that decides how the tables and rights come out: path below the project -> SHA-256. Costs a few milliseconds."""
    paths = [path for pattern in DECIDED_BY for path in sorted(ROOT.glob(pattern))]
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def fingerprint() -> str:
    """One digest of `deciding_files`."""
    return hashlib.sha256(repr(sorted(deciding_files().items())).encode()).hexdigest()


def is_current(state: State) -> bool:
    """Whether the embedded database of this state folder was migrated by the code as it is now."""
    note = state.folder / "migrated"
    return note.exists() and note.read_text() == fingerprint()


def bring_up_to_date(state: State, tell: Tell) -> None:
    """Migrate when something is missing. Two commands that start together do it once."""
    with state.lock("migrate").alone():
        if not is_current(state):
            tell("Migrating the database")
            migrate()
            (state.folder / "migrated").write_text(fingerprint())


def migrate() -> None:
    """Log-ins, migrations and rights, as the owner. Repeating it changes nothing."""
    with acting_as("owner") as connection:
        ensure_roles(connection)
        call_command("migrate", verbosity=0, interactive=False, stdout=io.StringIO())
        grant_all(connection)
