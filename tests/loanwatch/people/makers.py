"""What stands in the addresses: for each part of an address that varies, a thing of each place, and who may see it there.

A new address with a part that no maker fills fails the access matrix: add a line to MAKERS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loanwatch.people.models import Role
from tests.loanwatch.people import world
from tests.loanwatch.people.world import BELOW, COLLEAGUE, OWN, PARENT, SIBLING, Place

SUBTREE_ROLES = {Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR}
WHO = {Role.FIELD_AGENT: "agent"}  # whose task or visit a role is asked about; the manager's for all others
BRANCH, REGION = {OWN, COLLEAGUE, BELOW}, {OWN, COLLEAGUE, BELOW, SIBLING, PARENT}


@dataclass(frozen=True)
class Maker:
    """`value` of a place and a role; `seen` says whether a role held at B11 or R1 reaches the thing of a place."""

    value: Callable[[Place, str], Any]
    seen: Callable[[str, str, str], bool]


def _by_loan(role: str, at: str, place: str) -> bool:
    if role in SUBTREE_ROLES:
        return place in (REGION if at == "R1" else BRANCH)
    return role == Role.ACCOUNT_MANAGER and place == OWN


def _by_task(role: str, at: str, place: str) -> bool:
    return _by_loan(role, at, place) or (role == Role.FIELD_AGENT and place == OWN)


def _photo_seen(role: str, at: str, place: str) -> bool:
    return role != Role.RISK_OFFICER and _by_task(role, at, place)  # the verifier is blind until the own view is recorded


def _assigned(role: str, at: str, place: str) -> bool:
    return role in {Role.ACCOUNT_MANAGER, Role.FIELD_AGENT} and place == OWN


def _absence_kept(role: str, at: str, place: str) -> bool:
    return (role == Role.ACCOUNT_MANAGER and place == OWN) or (role == Role.BRANCH_HEAD and _by_branch(role, at, place))


def _by_branch(role: str, at: str, place: str) -> bool:
    return place in (REGION if at == "R1" else BRANCH)


def _by_lender(role: str, at: str, place: str) -> bool:
    return place != world.STRANGER


def _by_order(role: str, at: str, place: str) -> bool:
    return place == OWN if role == Role.FIELD_AGENT else _by_branch(role, at, place)


def _always(role: str, at: str, place: str) -> bool:
    return True


def _never(role: str, at: str, place: str) -> bool:
    return False


def _thing(name: str, attribute: str = "pk") -> Callable[[Place, str], Any]:
    return lambda place, role: getattr(place.things[name], attribute)


def _of(kind: str) -> Callable[[Place, str], Any]:
    return lambda place, role: place.things[f"{kind} {WHO.get(Role(role), 'manager')}"].pk


def _sending(place: Place, role: str) -> Any:
    return place.things[f"sending of {WHO.get(Role(role), 'manager')}"]


LOAN = Maker(_thing("loan", "number"), _by_loan)
BORROWER = Maker(lambda place, role: place.things["loan"].borrower.number, _by_loan)
ALERT = Maker(_thing("alert", "number"), _by_loan)
BEGUN = Maker(_of("begun by"), _assigned)
PHOTO_POINT = Maker(lambda place, role: place.things["photo by manager"].checkpoint.code, _always)
FILE_KIND = Maker(lambda place, role: "csv", _always)

# "name of the URL/part", else "namespace/part", else "part".
MAKERS: dict[str, Maker] = {
    "kind": FILE_KIND,
    # people and the house
    "person_id": Maker(_thing("person"), _by_branch),
    "held_id": Maker(_thing("held"), _by_branch),
    "account_id": Maker(_thing("account"), _by_branch),
    "branch_id": Maker(lambda place, role: place.branch.pk, _by_branch),
    "token_id": Maker(_thing("foreign token"), _never),
    "product_id": Maker(_thing("product"), _by_lender),
    "parameter_id": Maker(_thing("parameter"), _by_lender),
    "lenders/key": Maker(_thing("parameter", "key"), _always),
    "days/lender": Maker(lambda place, role: place.bank.lender.code, _by_lender),
    "days/exception_id": Maker(_thing("run exception"), _by_lender),
    "days/version": Maker(lambda place, role: 2, _always),
    "days/on": Maker(lambda place, role: world.TODAY.isoformat(), _always),
    # facts
    "feeds:delivery/pk": Maker(lambda place, role: place.things["delivery"].delivery_id, _by_lender),
    "feeds/pk": Maker(_thing("delivery"), _by_lender),
    "feeds/delivery_id": Maker(lambda place, role: place.things["delivery"].delivery_id, _by_lender),
    "feeds/plan_id": Maker(_thing("feed plan"), _by_lender),
    "feeds/format_id": Maker(_thing("feed format"), _by_lender),
    "desk:loan/number": LOAN,
    "desk:loan_known/number": LOAN,
    "desk:loan_indicators/number": LOAN,
    "desk:borrower/number": BORROWER,
    "documents:loan/number": LOAN,
    "documents:add/number": LOAN,
    "documents/number": Maker(_thing("document", "number"), _by_loan),
    "documents/version": Maker(lambda place, role: 1, _always),
    "documents/page": Maker(lambda place, role: 1, _always),
    "documents/kind_id": Maker(lambda place, role: place.things["document"].kind_id, _by_lender),
    "documents/requirement_id": Maker(lambda place, role: place.things["document"].kind.requirements.first().pk, _by_lender),
    "documents/hold_id": Maker(_thing("hold"), _by_loan),
    "entry/number": LOAN,
    "entry:borrower/number": BORROWER,
    "entry:change/kind": Maker(lambda place, role: "extension", _always),
    "entry:change_preview/kind": Maker(lambda place, role: "extension", _always),
    "entry:end/kind": Maker(lambda place, role: "write_off", _always),
    "entry:around/kind": Maker(lambda place, role: "guarantee", _always),
    "entry/seq": Maker(_thing("repayment", "seq"), _always),
    "lenders/pack": Maker(lambda place, role: "cn_bank", _always),
    "lenders/calendar": Maker(lambda place, role: "CN", _always),
    "lenders/year": Maker(lambda place, role: world.TODAY.year, _always),
    "lenders/change_id": Maker(_thing("calendar change"), _always),
    "lenders/terms_id": Maker(_thing("terms"), _by_lender),
    # meaning
    "alerts/number": ALERT,
    "alerts/view_id": Maker(_thing("foreign view"), _never),
    "alerts/note_id": Maker(_thing("alert note"), _by_loan),
    "alerts/file_id": Maker(_thing("alert file"), _by_loan),
    "cases/number": Maker(_thing("case", "number"), _by_loan),
    "classification/pk": Maker(_thing("proposal"), _by_loan),
    "findings/finding_id": Maker(_thing("finding"), _by_loan),
    "findings/file_id": Maker(_thing("finding file"), _by_loan),
    "findings/proposal_id": Maker(_thing("proposed finding"), _by_loan),
    "holds/hold_id": Maker(_thing("hold on borrower"), _by_loan),
    "holds/certificate_id": Maker(_thing("certificate"), _by_loan),
    "holds/number": BORROWER,
    "deadlines/deadline_id": Maker(_thing("deadline"), _by_loan),
    "rulebook/snooze_id": Maker(_thing("snooze"), _by_loan),
    "backtests/run_id": Maker(_thing("backtest"), _by_lender),
    "backtests/code": Maker(lambda place, role: place.things["alert"].rule.code, _by_lender),
    "rulebook/version": Maker(lambda place, role: 1, _always),
    "rulebook/code": Maker(lambda place, role: place.things["alert"].rule.code, _by_lender),
    # acts
    "checklists/template_id": Maker(lambda place, role: world.form_of(place).pk, _by_lender),
    "checklists/point_id": Maker(lambda place, role: world.form_of(place).sections.first().checkpoints.first().pk, _by_lender),
    "inspections:assign/task_id": Maker(_of("task of"), _by_task),
    "visits:start/task_id": Maker(_of("task of"), _assigned),
    "visits:detail/visit_id": Maker(_of("submitted by"), _by_task),
    "visits:photo/photo_id": Maker(_of("photo submitted by"), _photo_seen),
    "visits/visit_id": BEGUN,
    "visits/photo_id": Maker(_of("photo by"), _assigned),
    "visits/code": PHOTO_POINT,
    "sending/client_id": Maker(lambda place, role: _sending(place, role).client_id, _assigned),
    "sending/file_id": Maker(lambda place, role: _sending(place, role).files.first().file_id, _assigned),
    "papers/visit_id": Maker(_of("submitted by"), _photo_seen),
    "papers/number": BORROWER,
    "evidence/flag_id": Maker(_thing("flag"), _photo_seen),
    "four_eyes/visit_id": Maker(_of("submitted by"), _by_loan),
    "planning/version_id": Maker(_thing("plan"), _by_lender),
    "planning/row_id": Maker(_thing("plan line"), _always),
    "planning/absence_id": Maker(_thing("absence"), _absence_kept),
    "planning/task_id": Maker(_of("task of"), _assigned),
    "planning/postponement_id": Maker(_thing("postponement"), _by_loan),
    "sampling/policy_id": Maker(_thing("sampling policy"), _by_lender),
    "sampling/month": Maker(lambda place, role: str(place.things["seed"]), _always),
    "agencies/code": Maker(_thing("agency", "code"), _by_lender),
    "agencies/order_id": Maker(_thing("order"), _by_order),
    "agencies/visit_id": Maker(_thing("ordered visit"), _by_order),
    "agencies/token": Maker(lambda place, role: "no-such-link", _never),
    # messages
    "outbox/pk": Maker(_thing("message"), _by_lender),
    "reminders/kind": Maker(lambda place, role: "soon", _always),
    "reminders/language": Maker(lambda place, role: "ko", _always),
    "reminders/number": BORROWER,
    "reminders/preference_id": Maker(_thing("preference"), _by_loan),
    # the API
    "api/fact": Maker(lambda place, role: "tier", _always),
    "api:webhook/lender": Maker(lambda place, role: place.bank.lender.code, _always),
    "api:webhook/name": Maker(_thing("webhook", "name"), _always),
    "intake/source_id": Maker(_thing("webhook"), _by_lender),
    "api:loan/number": LOAN,
    "api:borrower/number": BORROWER,
    "api:alert/number": ALERT,
    "api:rule/code": Maker(lambda place, role: place.things["alert"].rule.code, _by_lender),
    "api:task/pk": Maker(_of("task of"), _by_task),
    "api:inspection/pk": Maker(_of("submitted by"), _by_task),
}

# What is sent with a POST where an empty form isn't a question yet; everywhere else the form is sent empty.
BODIES: dict[str, str] = {"four_eyes:verify": "step=own"}


def maker_of(url_name: str, part: str) -> Maker | None:
    """The maker for one varying part of one address."""
    namespace = url_name.rpartition(":")[0]
    return next((MAKERS[key] for key in (f"{url_name}/{part}", f"{namespace}/{part}", part) if key in MAKERS), None)
