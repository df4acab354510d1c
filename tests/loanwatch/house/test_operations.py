"""What operators are handed holds together: containers start commands that exist, dashboards and rules name figures that are exported."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from loanwatch.embedded.state import ROOT
from loanwatch.lenders.models import Lender
from loanwatch.trail.models import Beat, BusinessDay, RunUnit

COMPOSE = ["docker-compose.yml", "deploy/workers.yml"]
SHELL_WORDS = {"&&", "exec", "sh", "-c"}


def compose(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def services() -> list[tuple[str, str, dict]]:
    return [(name, service, kept) for name in COMPOSE for service, kept in compose(name)["services"].items()]


def words_of(command: object) -> list[str]:
    words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command or []]
    return [inner for word in words for inner in (shlex.split(word) if " " in word else [word])]


# Containers ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "service", "kept"), services(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_container_starts_a_command_that_exists_and_names_secrets_and_neighbours_that_do(file, service, kept):
    words = words_of(kept.get("command"))
    called = [words[n + 1] for n, word in enumerate(words) if word.endswith("manage.py")]
    assert set(called) <= set(get_commands()), f"{service} of {file} calls {called}"
    if "celery" in words:
        assert {"worker", "beat"} & set(words)
    whole = compose(file)
    assert set(kept.get("secrets", [])) <= set(whole.get("secrets", {}))
    assert set(kept.get("depends_on", {})) <= set(whole["services"])
    assert {volume.split(":")[0] for volume in kept.get("volumes", []) if not volume.startswith(".")} <= set(whole.get("volumes", {}))


def test_the_profile_for_a_bigger_host_adds_workers_that_are_like_the_others():
    found = compose("docker-compose.yml")["services"]
    assert found["worker-scale"]["profiles"] == ["scale"]
    unlike = {key for key in found["worker"].keys() | found["worker-scale"].keys() if found["worker"].get(key) != found["worker-scale"].get(key)}
    assert unlike == {"profiles", "deploy"}
    asked = set(re.findall(r"\$\{(LOANWATCH_(?:PG_|WORKERS|SCALE_)\w*)", (ROOT / "docker-compose.yml").read_text()))
    given = {line.partition("=")[0] for line in (ROOT / "deploy/scale.env").read_text().splitlines() if line and not line.startswith("#")}
    assert given == asked


def test_what_opens_the_servers_to_other_hosts_opens_them_on_a_named_address_only():
    for service in compose("deploy/scale.yml")["services"].values():
        assert all(port.startswith("${LOANWATCH_PRIVATE_ADDRESS") for port in service["ports"])
    assert all("ports" not in kept for name, service, kept in services() if service != "proxy")


def test_the_timer_looks_every_minute_at_what_the_service_and_the_cron_line_call():
    service = (ROOT / "docs/ops/loanwatch-watch.service").read_text()
    assert "manage.py watch" in service and "Type=oneshot" in service
    assert "manage.py watch" in (ROOT / "docs/ops/loanwatch-watch.cron").read_text()
    assert "OnCalendar=*:0/1" in (ROOT / "docs/ops/loanwatch-watch.timer").read_text()


# Figures -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(db) -> dict[str, list]:
    """Every figure of /metrics on a book where each has something to say."""
    lender = Lender.objects.create(code="ONE", name="One", currency="CNY", zone="Asia/Shanghai")
    now = timezone.now()
    for on, state in (("2026-11-19", "closed"), ("2026-11-20", "closing")):
        BusinessDay.objects.create(lender=lender, business_date=on, state=state, opened_at=now, closed_at=now if state == "closed" else None)
        RunUnit.objects.create(
            lender=lender, business_date=on, run_version=1, step="observe", step_order=1, bucket=0, bucket_from=0, bucket_to=255,
            state="done" if state == "closed" else "todo", seconds=2.5, rows_out=40,
        )  # fmt: skip
    for name in ("tick", "relay", "watch", "worker:w@h"):
        Beat.objects.create(name=name, at=now)
    answer = Client().get("/metrics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    return {family.name: family.samples for family in text_string_to_metric_families(answer.content.decode())}


# Figures of which this book has nothing to say, and why.
ONLY_SOMETIMES = {
    "loanwatch_oldest_outbox_row_seconds": "no message waits",
    "loanwatch_oldest_unsealed_event_seconds": "exists once audit events are sealed",
}


def test_the_figures_of_the_last_closed_day_and_the_day_at_work_are_exported(exported):
    def value(name: str, **labels: str) -> float:
        return next(s.value for s in exported[name] if s.labels == labels)

    assert value("loanwatch_step_seconds", lender="ONE", step="observe") == 2.5
    assert value("loanwatch_step_rows", lender="ONE", step="observe") == 40
    assert value("loanwatch_units", state="todo") == 1 and value("loanwatch_units", state="done") == 0
    assert value("loanwatch_workers_alive") == 1
    assert value("loanwatch_open_alerts", lender="ONE", level="red") == 0
    assert value("loanwatch_missing_feeds", lender="ONE") == 0
    assert value("loanwatch_last_closed_age_business_days", lender="ONE") >= 0


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bloanwatch_\w+", text))


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load((ROOT / "docs/ops/alert-rules.yml").read_text())["groups"] for rule in group["rules"]]


def test_every_figure_that_an_alarm_or_a_panel_names_is_exported(exported):
    dashboard = json.loads((ROOT / "docs/ops/grafana-dashboard.json").read_text())
    shown = {name for panel in dashboard["panels"] for target in panel["targets"] for name in named_in(target["expr"])}
    watched = {name for rule in rules() for name in named_in(rule["expr"])}
    assert (shown | watched) - set(exported) <= set(ONLY_SOMETIMES)
    assert set(exported) - shown == set(), "a figure that no panel shows"


def test_every_alarm_has_its_entry_in_the_runbook_and_a_sentence():
    runbook = (ROOT / "docs/ops/runbook.md").read_text(encoding="utf-8")
    heads = " ".join(line for line in runbook.splitlines() if line.startswith("## "))
    for rule in rules():
        assert re.search(rf"\b{rule['alert']}\b", heads), f"{rule['alert']} has no entry"
        assert rule["annotations"]["summary"].endswith(".") and rule["labels"]["severity"]


def test_every_alarm_of_the_watch_has_its_entry_in_the_runbook():
    runbook = (ROOT / "docs/ops/runbook.md").read_text(encoding="utf-8")
    source = Path(ROOT / "loanwatch/watch/checks.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'Alarm\(\s*f?"([a-z_]+)', source)) | set(re.findall(r'^    "(\w+)": \(\d+, ', source, re.M))
    assert {"database", "last_tick", "workers", "day", "feed", "failed_units", "outbox_uncertain", "oldest_outbox_row"} <= keys
    assert [key for key in sorted(keys) if f"`{key}" not in runbook] == []


def test_the_proxy_shows_figures_and_reasons_to_nobody_outside():
    text = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    sites = dict(re.findall(r"^(\S+) \{\n(.*?)^\}", text, re.M | re.S))
    outside, inside = sites["{$LOANWATCH_HOSTS}"], sites["http://:9180"]
    matched = re.search(r"@inside path (.+)\n\s+respond @inside 404\n", outside)
    assert matched and {"/metrics", "/readyz"} <= set(matched[1].split())
    assert "@figures path /metrics /readyz" in inside and "respond 404" in inside
    published = re.findall(r"ports: \[(.+)\]", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert published == ['"80:80", "443:443"'], "neither the web process nor the port of the monitoring is open to the outside"
    assert "http://proxy:9180/metrics" in (ROOT / "docs/ops/runbook.md").read_text(encoding="utf-8")


def test_ready_says_what_is_silent_and_since_when(exported, client):
    Beat.objects.filter(name="tick").update(at=timezone.now() - timezone.timedelta(seconds=121))
    answer = client.get("/readyz")
    told = answer.json()
    assert answer.status_code == 503 and len(told["reasons"]) == 1 and told["reasons"][0].startswith("last_tick is 12")
    assert {"last_tick", "oldest_open_unit", "oldest_outbox_row", "oldest_unsealed_event", "missing_feeds"} <= set(told)
    Beat.objects.filter(name="tick").update(at=timezone.now() - timezone.timedelta(seconds=110))
    assert client.get("/readyz").json()["ready"] is True
