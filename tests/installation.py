"""A whole installation in a folder of its own: real servers, real workers, started as an operator would."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
OWNER, DATABASE = "loanwatch", "loanwatch"
SEED = ["--seed", "7", "--loans", "300", "--as-of", "2026-11-20"]


class Installation:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LOANWATCH_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS"))}
        self.env = {**inherited, "LOANWATCH_STATE": str(folder), "LOANWATCH_LEASE_SECONDS": "2", "LOANWATCH_SETTINGS": "demo"}

    @property
    def servers(self) -> Path:
        """Where the servers keep their data: elsewhere when the state folder can't be reached by their account."""
        return Path((self.folder / "servers-home").read_text())

    def discard(self) -> None:
        """Remove what the servers keep outside the state folder, which a test's own folder would not take along."""
        if self.servers != self.folder:
            shutil.rmtree(self.servers, ignore_errors=True)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder.parent / f"{self.folder.name}-{command[0]}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)

    def running(self) -> str:
        """What the running `up` wrote down, empty while it has not."""
        path = self.folder / "running.json"
        return path.read_text() if path.exists() else ""

    def log(self, command: str) -> str:
        return (self.folder.parent / f"{self.folder.name}-{command}.log").read_text(errors="replace")[-3000:]

    @staticmethod
    def stop(process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=120)

    def run(self, *command: str) -> dict:
        done = subprocess.run([sys.executable, "manage.py", *command, "--json"], cwd=ROOT, env=self.env, capture_output=True, timeout=400, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return json.loads(done.stdout)

    @contextmanager
    def up(self, workers: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        process = self.start("up", "--workers", str(workers), "--port", "18400")
        try:
            self.wait(lambda: "http" in self.running(), 90)
            yield process
        finally:
            self.stop(process)

    @contextmanager
    def database(self) -> Iterator[None]:
        """The database alone, while the block lasts."""
        keep = "import sys; from loanwatch.embedded import ensure; from loanwatch.embedded.state import State\n" \
            "with ensure.services(State.current()): print('ready', flush=True); sys.stdin.read()"
        process = subprocess.Popen([sys.executable, "-c", keep], cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout and process.stdin and process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=60)

    def connect(self) -> psycopg2.extensions.connection:
        secrets, ports = (json.loads((self.folder / f"{name}.json").read_text()) for name in ("secrets", "ports"))
        connection = psycopg2.connect(host="127.0.0.1", port=ports["database"], dbname=DATABASE, user=OWNER, password=secrets["owner"])
        connection.autocommit = True
        return connection

    def ask(self, sql: str) -> list[tuple]:
        """The answer to a question, asked again while the database is coming back."""
        until = time.monotonic() + 60
        while True:
            try:
                connection = self.connect()
                with connection.cursor() as cursor:
                    cursor.execute(sql)
                    return cursor.fetchall()
            except psycopg2.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @staticmethod
    def wait(true: Callable[[], object], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"not within {seconds} s"
            time.sleep(0.05)



# Every effect of the days, with names instead of ids: ids may have gaps where an attempt was rolled back.
BOOK = {
    "observations": "SELECT l.number, to_jsonb(o) - ARRAY['lender_id','loan_id','borrower_id','branch_id','product_id','manager_id'] AS row, h.code, p.staff_no "
    "FROM alerts_loanday o JOIN borrowers_loan l ON l.id = o.loan_id JOIN people_branch h ON h.id = o.branch_id LEFT JOIN people_person p ON p.id = o.manager_id",
    "alerts": "SELECT r.code, l.number, h.code, a.level, a.state, a.opened_on, a.cleared_on, a.due_on, a.exposure, p.staff_no FROM alerts_alert a "
    "JOIN alerts_rule r ON r.id = a.rule_id LEFT JOIN borrowers_loan l ON l.id = a.loan_id JOIN people_branch h ON h.id = a.branch_id "
    "LEFT JOIN people_person p ON p.id = a.concerns_id",
    "evidence": "SELECT r.code, l.number, h.code, e.as_of, e.level, e.values, e.thresholds FROM alerts_alertevidence e JOIN alerts_alert a ON a.id = e.alert_id "
    "JOIN alerts_rule r ON r.id = a.rule_id LEFT JOIN borrowers_loan l ON l.id = a.loan_id JOIN people_branch h ON h.id = a.branch_id",
    "tallies": "SELECT r.code, t.as_of, t.bucket, t.red, t.orange, t.yellow, t.clear, t.not_evaluable FROM alerts_ruletally t "
    "JOIN alerts_ruleversion v ON v.id = t.rule_version_id JOIN alerts_rule r ON r.id = v.rule_id",
    "proposals": "SELECT l.number, c.as_of, c.old_class, c.new_class, c.state FROM alerts_classproposal c JOIN borrowers_loan l ON l.id = c.loan_id",
    "tasks": "SELECT l.number, t.kind, t.due_on, t.opened_on, t.state, p.staff_no FROM inspections_task t JOIN borrowers_loan l ON l.id = t.loan_id "
    "LEFT JOIN people_person p ON p.id = t.assigned_to_id",
    "deadlines": "SELECT d.kind, l.number, d.bucket, i.number, c.number, t.number, g.number, f.number, d.due_on, d.opened_on, d.closed_on, d.state, d.cause, "
    "p.staff_no FROM inspections_deadline d JOIN borrowers_loan l ON l.id = d.loan_id LEFT JOIN borrowers_collateralitem i ON i.id = d.item_id "
    "LEFT JOIN borrowers_covenant c ON c.id = d.covenant_id LEFT JOIN borrowers_document t ON t.id = d.document_id "
    "LEFT JOIN borrowers_borrower g ON g.id = d.guarantor_id LEFT JOIN borrowers_facility f ON f.id = d.facility_id "
    "LEFT JOIN people_person p ON p.id = d.responsible_id",
    "nodes": "SELECT h.code, p.code, to_jsonb(n) - ARRAY['id','lender_id','branch_id','product_id'] AS row FROM alerts_nodeday n "
    "JOIN people_branch h ON h.id = n.branch_id JOIN lenders_product p ON p.id = n.product_id",
    "rolls": "SELECT h.code, to_jsonb(n) - ARRAY['id','lender_id','branch_id'] AS row FROM alerts_noderoll n JOIN people_branch h ON h.id = n.branch_id",
    "states": "SELECT l.number, to_jsonb(s) - ARRAY['lender_id','loan_id'] AS row FROM borrowers_loanstate s JOIN borrowers_loan l ON l.id = s.loan_id",
    "branches": "SELECT h.code, to_jsonb(n) - ARRAY['id','lender_id','branch_id'] AS row FROM alerts_branchday n JOIN people_branch h ON h.id = n.branch_id",
    "messages": "SELECT m.kind, m.business_date, m.channel, m.recipient, m.send_on, m.body FROM trail_outboxmessage m",
    "days": "SELECT business_date, state FROM trail_businessday",
    "effects once": "SELECT business_date, run_version, step, bucket, state FROM trail_rununit",
}

# What the nodes say against the sums over the loans, per branch, product, currency and date: rows that differ.
SUMS = """
WITH loans AS (
    SELECT o.as_of, t.ancestor_id AS branch_id, o.product_id, o.currency, count(*) AS loans, sum(o.outstanding) AS outstanding,
           coalesce(sum(o.overdue_principal), 0) AS overdue
    FROM alerts_loanday o JOIN people_branchreach t ON t.descendant_id = o.branch_id AND t.from_on <= o.as_of AND (t.to_on IS NULL OR t.to_on > o.as_of)
    GROUP BY 1, 2, 3, 4
)
SELECT as_of, branch_id, product_id, currency FROM loans l FULL JOIN alerts_nodeday n USING (as_of, branch_id, product_id, currency)
WHERE (l.loans, l.outstanding, l.overdue) IS DISTINCT FROM (n.loans::bigint, n.outstanding, n.overdue_principal)
"""


def fingerprint(at: Installation) -> dict[str, tuple[int, str]]:
    """Rows and digest of every table the days write."""
    return {
        name: at.ask(f"SELECT count(*), coalesce(md5(string_agg(q::text, '|' ORDER BY q::text COLLATE \"C\")), '') FROM ({sql}) q")[0] for name, sql in BOOK.items()
    }
