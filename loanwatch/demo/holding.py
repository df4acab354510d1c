"""Findings and holds of the demo book, each at another point of its way: late, waiting, returned, verified and back again, held by hand."""

from datetime import date, timedelta

from borrowers.loans.models import Loan
from inspections.findings import actions, extending, holding
from inspections.findings.models import Finding
from inspections.findings.queries import may_own, owner_of
from inspections.visits.models import Visit
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.models import Account

CASES = 7
TEXTS: tuple[tuple[str, str, int, list[str]], ...] = (
    ("质押存货短少约三成。 A third of the pledged stock was not there.", "重新盘点并补足。 Count it again and make it good.", 3, ["new_disbursement", "extension"]),
    ("发票与合同品名不符。 An invoice names other goods than the contract.", "补交凭证。 Hand in the right papers.", 2, ["new_disbursement"]),
    ("设备保险已过期。 The insurance of the machines has ended.", "续保并提交保单。 Renew it and hand in the policy.", 2, []),
    ("对账单缺少两个月。 Two months of statements are missing.", "补齐对账单。 Hand them in.", 1, []),
    ("借款人新增担保未报告。 A new guarantee was not reported.", "核实并更新档案。 Find out and update the file.", 2, ["new_credit"]),
    ("租金拖欠一个月。 The rent is a month behind.", "提供缴费证明。 Show that it was paid.", 1, []),
    ("一条生产线停产。 One line stands still.", "说明原因及复工计划。 Say why, and when it starts again.", 2, []),
)


def _access(login: str, on: date) -> Access:
    return Access.of(Account.objects.get(username=login), on)


def findings(lender: Lender, as_of: date) -> int:
    """Raise them through the real actions, on loans of the main officer's branches whose inspection was of concern; returns how many."""
    early = as_of - timedelta(days=20)
    officer, later = _access("officer", early), _access("officer", as_of)
    seen = Visit.objects.filter(lender=lender, state=Visit.State.VERIFIED, loan__in=Loan.objects.visible_to(officer), loan__disbursed_on__lt=early)
    worried = seen.exclude(conclusion=Visit.Conclusion.NO_PROBLEM).select_related("loan__borrower", "loan__branch").order_by("pk")
    loans = list({v.loan_id: v.loan for v in worried}.values())
    made: list[Finding] = []
    for loan in loans:
        owner = owner_of(loan.borrower, loan, as_of)
        if len(made) == CASES or owner is None or not may_own(owner, loan.branch, early):
            continue
        text, measure, severity, blocking = TEXTS[len(made)]
        late = as_of - timedelta(days=2) if len(made) in (0, 3) else None
        made.append(
            actions.raise_finding(
                by=officer, loan=loan, text=text, measure=measure, severity=severity, blocking=blocking, due_on=late, owner=owner, points=[f"demo-{len(made)}"]
            )
        )
    for step, finding in enumerate(made):
        _further(step, finding, later, as_of)
    if made:
        credit = _access("credit", as_of)
        (held, *_rest) = holding.place_hold(
            by=credit, borrower=made[-1].borrower, kinds=["limit_increase"], reason="法院查询函。 A court has asked about the owner.", ends_on=as_of + timedelta(days=60)
        )
        holding.ask_to_lift(hold_id=held.pk, by=later, reason="法院已答复，无影响。 The court has answered: nothing against the owner.")
    return len(made)


def _further(step: int, finding: Finding, officer: Access, as_of: date) -> None:
    """What has become of the finding of this place in the list by `as_of`."""
    owner = Access.of(Account.objects.filter(person=finding.owner, is_active=True).order_by("pk")[0], as_of)
    if step in (1, 2, 4):
        actions.hand_in_remedy(finding_id=finding.pk, by=owner, text="已补交。 Handed in.", no_files="原件在网点。 The originals lie at the branch.")
    if step == 2:
        actions.return_remedy(finding_id=finding.pk, by=officer, reason="保单缺少印章。 The policy bears no seal.")
    if step == 4:
        actions.verify_remedy(finding_id=finding.pk, by=officer, text="已核实。 Seen.")
        actions.raise_finding(
            by=officer, loan=finding.loan, text=finding.text, measure=finding.measure, severity=3, blocking=["new_credit"], owner=finding.owner, points=finding.points
        )
    if step == 5:
        until = finding.due_on + timedelta(days=10)
        extending.ask_for_time(finding_id=finding.pk, by=owner, until_on=until, reason="房东出差。 The landlord is away.")
