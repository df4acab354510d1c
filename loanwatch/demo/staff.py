"""The people of the made-up bank: who they are, what they log in with and what they may do where."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from loanwatch.demo.names import Namer
from loanwatch.demo.places import COUNTERS, TREE


@dataclass(frozen=True)
class Seat:
    """One member of staff. `login` is also what the book calls this person by."""

    login: str
    name: str
    role: str
    branch: str
    agency: str = ""
    certificate_days: int = 700  # from the day the book is made for; negative: expired
    left_days: int | None = None  # days before that day on which the person left


NAMED = (
    Seat("manager", "陈一凡 Chen Yifan", "account_manager", "111"),
    Seat("manager2", "周立平 Zhou Liping", "account_manager", "211"),
    Seat("officer", "王敏 Wang Min", "risk_officer", "110"),
    Seat("officer2", "何思远 He Siyuan", "risk_officer", "210"),
    Seat("officer3", "徐静怡 Xu Jingyi", "risk_officer", "110"),
    Seat("head", "孙磊 Sun Lei", "branch_head", "110"),
    Seat("head2", "吴海涛 Wu Haitao", "branch_head", "210"),
    Seat("credit", "沈文琳 Shen Wenlin", "credit_admin", "HO"),
    Seat("credit2", "许建成 Xu Jiancheng", "credit_admin", "HO"),
    Seat("agent", "唐宇 Tang Yu", "field_agent", "110", "华信外勤 Huaxin Field Services"),
    Seat("agent2", "冯春梅 Feng Chunmei", "field_agent", "210", "安达外勤 Anda Field Services"),
    Seat("auditor", "曹宁 Cao Ning", "auditor", "HO"),
    Seat("auditor2", "蒋文华 Jiang Wenhua", "auditor", "200"),
    Seat("sysadmin", "罗成 Luo Cheng", "sysadmin", "HO"),
    Seat("sysadmin2", "潘晓峰 Pan Xiaofeng", "sysadmin", "200"),
)
# Managers with a story of their own; see planted.py.
BOX_TICKER = Seat("am122c", "马国强 Ma Guoqiang", "account_manager", "122", certificate_days=-9)
PHOTO_REUSER = Seat("am221c", "袁子杰 Yuan Zijie", "account_manager", "221")
DEPARTED = Seat("am112b", "谢永林 Xie Yonglin", "account_manager", "112", left_days=23)
STORIED = {seat.login: seat for seat in (BOX_TICKER, PHOTO_REUSER, DEPARTED)}
RUBBER_STAMP = "officer230"  # agrees with everything in seconds
BORROWER_LOGINS = ("borrower", "borrower2")


def seats(namer: Namer) -> list[Seat]:
    """Everybody: the named log-ins, heads and officers of the other branches, regional heads, and all account managers."""
    found = list(NAMED)
    taken = {(seat.role, seat.branch) for seat in NAMED}
    for unit in TREE:
        if unit.kind == "region":
            found.append(Seat(f"head{unit.code}", namer.person(), "branch_head", unit.code))
        if unit.kind == "branch":
            for role, stem in (("branch_head", "head"), ("risk_officer", "officer")):
                if (role, unit.code) not in taken:
                    found.append(Seat(f"{stem}{unit.code}", namer.person(), role, unit.code))
    for unit in COUNTERS:
        for seat in range(unit.seats):
            login = f"am{unit.code}{'abc'[seat]}"
            if seat == 0 and ("account_manager", unit.code) in taken:
                continue  # `manager` or `manager2` sits here
            found.append(
                STORIED.get(login) or Seat(login, namer.person(), "account_manager", unit.code, certificate_days=365 + 11 * len(found))
            )
    return found


def managers(everybody: list[Seat]) -> dict[str, list[str]]:
    """Log-ins of the account managers of each sub-branch."""
    found: dict[str, list[str]] = {unit.code: [] for unit in COUNTERS}
    for seat in everybody:
        if seat.role == "account_manager":
            found[seat.branch].append(seat.login)
    return found


def officers(everybody: list[Seat]) -> dict[str, list[str]]:
    """Log-ins of the risk officers of each branch."""
    found: dict[str, list[str]] = {}
    for seat in everybody:
        if seat.role == "risk_officer":
            found.setdefault(seat.branch, []).append(seat.login)
    return found


def left_on(seat: Seat, as_of: date) -> date | None:
    return None if seat.left_days is None else as_of - timedelta(days=seat.left_days)


def colleague(draw: Random, team: list[str], of: str) -> str:
    """Another member of the team, or the same person where there is nobody else."""
    others = [login for login in team if login != of]
    return draw.choice(others) if others else of
