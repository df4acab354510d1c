"""Who may do what: the one table that pages, actions, the API and the printed matrix read.

Whether the thing is in a fit state is the slice's own check; which rows a person sees is `visible_to`. Nowhere else is
a role named.
"""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from loanwatch.kernel.policy import Grant
from loanwatch.people.models import Role

AM, RO, BH, CA = Role.ACCOUNT_MANAGER.value, Role.RISK_OFFICER.value, Role.BRANCH_HEAD.value, Role.CREDIT_ADMIN.value
FA, AU, SA, BO = Role.FIELD_AGENT.value, Role.AUDITOR.value, Role.SYSADMIN.value, Role.BORROWER.value
STAFF = frozenset({AM, RO, BH, CA, FA, AU, SA})


class Act(StrEnum):
    # anybody who is logged in
    HOME_SEE = "home.see"
    # facts
    LOAN_SEE = "loan.see"
    BORROWER_SEE = "borrower.see"
    PORTFOLIO_SEE = "portfolio.see"
    FEED_SEE = "feed.see"
    FEED_LOAD = "feed.load"
    FEED_KEEP = "feed.keep"
    FORMAT_APPROVE = "format.approve"
    DELIVERY_APPROVE = "delivery.approve"
    QUARANTINE_RELEASE = "quarantine.release"
    FACT_SEND = "fact.send"
    WEBHOOK_KEEP = "webhook.keep"
    BORROWER_ENTER = "borrower.enter"
    LOAN_ENTER = "loan.enter"
    REPAYMENT_ENTER = "repayment.enter"
    REPAYMENT_REVERSE = "repayment.reverse"
    RECONCILIATION_SEE = "reconciliation.see"
    DOCUMENT_SEE = "document.see"
    DOCUMENT_ADD = "document.add"
    DOCUMENT_SHELVE = "document.shelve"
    DOCUMENT_RULES_KEEP = "document.rules.keep"
    DOCUMENT_DESTROY = "document.destroy"
    LEGAL_HOLD_PLACE = "legal_hold.place"
    LEGAL_HOLD_LIFT = "legal_hold.lift"
    # meaning
    ALERT_SEE = "alert.see"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    ALERT_HANDLE = "alert.handle"
    ALERT_CLOSE = "alert.close"
    ALERT_ASSIGN = "alert.assign"
    ALERT_ORDER = "alert.order"
    ALERT_VIEW_KEEP = "alert.view.keep"
    ALERT_LINE_ACCEPT = "alert.line.accept"
    SIGNAL_RAISE = "signal.raise"
    CASE_SEE = "case.see"
    CASE_KEEP = "case.keep"
    RULE_SEE = "rule.see"
    RULE_WRITE = "rule.write"
    RULE_CHECK = "rule.check"
    RULE_APPROVE = "rule.approve"
    RULE_RETURN = "rule.return"
    RULE_RETIRE = "rule.retire"
    RULE_SNOOZE = "rule.snooze"
    RULE_TRIAL = "rule.trial"
    RULE_BACKTEST = "rule.backtest"
    CLASS_SEE = "class.see"
    CLASS_CONFIRM = "class.confirm"
    # acts
    TASK_SEE = "task.see"
    TASK_ASSIGN = "task.assign"
    DEADLINE_SEE = "deadline.see"
    DEADLINE_ASK = "deadline.ask"
    DEADLINE_AGREE = "deadline.agree"
    TASK_POSTPONE = "task.postpone"
    TASK_POSTPONE_AGREE = "task.postpone.agree"
    PLAN_SEE = "plan.see"
    PLAN_PROPOSE = "plan.propose"
    PLAN_APPROVE = "plan.approve"
    PLAN_READ = "plan.read"
    CAPACITY_SEE = "capacity.see"
    CAPACITY_KEEP = "capacity.keep"
    ABSENCE_KEEP = "absence.keep"
    CHECKLIST_SEE = "checklist.see"
    CHECKLIST_WRITE = "checklist.write"
    CHECKLIST_APPROVE = "checklist.approve"
    VISIT_SEE = "visit.see"
    VISIT_RECORD = "visit.record"
    SENDING_SEE = "sending.see"
    FOUR_EYES_SEE = "four_eyes.see"
    VISIT_VERIFY = "visit.verify"
    VISIT_EXPLAIN = "visit.explain"
    VISIT_SETTLE = "visit.settle"
    EVIDENCE_SEE = "evidence.see"
    EVIDENCE_JUDGE = "evidence.judge"
    SAMPLING_SEE = "sampling.see"
    SAMPLING_PROPOSE = "sampling.propose"
    SAMPLING_APPROVE = "sampling.approve"
    SAMPLING_UNSEAL = "sampling.unseal"
    AGREEMENT_SEE = "agreement.see"
    AGREEMENT_OFFICERS = "agreement.officers"
    FINDING_SEE = "finding.see"
    FINDING_RAISE = "finding.raise"
    FINDING_REMEDY = "finding.remedy"
    FINDING_VERIFY = "finding.verify"
    HOLD_SEE = "hold.see"
    HOLD_ASK = "hold.ask"
    HOLD_PLACE = "hold.place"
    HOLD_LIFT_ASK = "hold.lift.ask"
    HOLD_LIFT = "hold.lift"
    CERTIFICATE_ISSUE = "certificate.issue"
    AGENCY_SEE = "agency.see"
    AGENCY_KEEP = "agency.keep"
    AGENCY_ORDER = "agency.order"
    AGENCY_REVIEW = "agency.review"
    PACKET_SEE = "packet.see"
    PACKET_ANSWER = "packet.answer"
    # the house
    USER_KEEP = "user.keep"
    ROLE_GRANT = "role.grant"
    BRANCH_KEEP = "branch.keep"
    PRODUCT_KEEP = "product.keep"
    TERMS_PROPOSE = "terms.propose"
    TERMS_APPROVE = "terms.approve"
    CALENDAR_SEE = "calendar.see"
    CALENDAR_PROPOSE = "calendar.propose"
    CALENDAR_APPROVE = "calendar.approve"
    PARAMETER_SEE = "parameter.see"
    PARAMETER_PROPOSE = "parameter.propose"
    PARAMETER_APPROVE = "parameter.approve"
    DAY_SEE = "day.see"
    DAY_ACCEPT = "day.accept"
    DAY_RERUN = "day.rerun"
    DAY_REPLACE = "day.replace"
    EXCEPTION_RETRY = "exception.retry"
    OUTBOX_SEE = "outbox.see"
    OUTBOX_SETTLE = "outbox.settle"
    REMINDER_KEEP = "reminder.keep"
    CONTACT_KEEP = "contact.keep"
    TRAIL_SEE = "trail.see"
    MATRIX_SEE = "matrix.see"
    # the borrower
    PORTAL_SEE = "portal.see"


def _not_recorder(holder: Any, visit: Any) -> bool:
    return holder.person is not None and holder.person.pk != visit.recorded_by_id


def _assigned(holder: Any, task: Any) -> bool:
    return holder.person is not None and holder.person.pk == task.assigned_to_id


def _not_proposer(holder: Any, parameter: Any) -> bool:
    return holder.person is not None and holder.person.staff_no != parameter.proposed_by


def _not_maker(holder: Any, made: Any) -> bool:
    return holder.person is not None and holder.person.pk != made.made_by_id


def _not_writer(holder: Any, version: Any) -> bool:
    return holder.person is not None and holder.person.pk not in {version.made_by_id, version.checked_by_id, *version.authors}


def _not_receiver(holder: Any, delivery: Any) -> bool:
    return holder.person is not None and holder.person.pk != delivery.received_by_id


def _not_enterer(holder: Any, fact: Any) -> bool:
    return holder.person is not None and holder.person.pk != fact.entered_by_id


def _not_placer(holder: Any, hold: Any) -> bool:
    return holder.person is not None and holder.person.pk != hold.placed_by_id


def _not_asker(holder: Any, day: Any) -> bool:
    return holder.person is not None and holder.person.pk != day.asked_by_id


def _not_self(holder: Any, person: Any) -> bool:
    return holder.person is not None and holder.person.pk != person.pk


def _handles(holder: Any, alert: Any) -> bool:
    # An alert on a branch or on staff has no account manager, and one on conduct is not shown to the person it concerns.
    of_superiors = alert.borrower_id is None or alert.staff_conduct
    if holder.person is not None and holder.person.pk == alert.assigned_to_id:
        return bool(holder.roles & ({RO, BH} if of_superiors else {AM, RO, BH}))
    return bool(holder.roles & ({RO, BH} if of_superiors else {AM}))


def _not_submitter(holder: Any, alert: Any) -> bool:
    return holder.person is not None and holder.person.pk != alert.submitted_by_id


TABLE: dict[Act, Grant] = {
    Act.HOME_SEE: Grant(STAFF | {BO}, _("Log in to see your work.")),
    Act.LOAN_SEE: Grant(
        frozenset({AM, RO, BH, CA, AU}),
        _("Loans are shown to the account manager responsible, to risk officers, branch heads, credit administration and audit."),
    ),
    Act.BORROWER_SEE: Grant(
        frozenset({AM, RO, BH, CA, AU}),
        _("Borrowers are shown to the account manager responsible, to risk officers, branch heads, credit administration and audit."),
    ),
    Act.PORTFOLIO_SEE: Grant(
        frozenset({RO, BH, CA, AU}), _("Portfolio figures are shown to branch heads, risk officers, credit administration and audit.")
    ),
    Act.FEED_SEE: Grant(frozenset({SA, CA, AU}), _("Feeds are kept by the system administrator and credit administration.")),
    Act.FEED_LOAD: Grant(frozenset({SA, CA}), _("Files are brought by the system administrator or credit administration.")),
    Act.FEED_KEEP: Grant(frozenset({SA, CA}), _("Feeds are kept by the system administrator and credit administration.")),
    Act.FORMAT_APPROVE: Grant(frozenset({CA}), _("A credit administrator who did not make the format must approve it."), _not_maker),
    Act.DELIVERY_APPROVE: Grant(frozenset({CA}), _("A credit administrator who did not bring the delivery must approve it."), _not_receiver),
    Act.FACT_SEND: Grant(frozenset({SA, CA}), _("Facts are sent by systems that the system administrator or credit administration has set up.")),
    Act.WEBHOOK_KEEP: Grant(frozenset({SA}), _("Only a system administrator keeps the sources of webhooks.")),
    Act.BORROWER_ENTER: Grant(frozenset({AM, CA}), _("Borrowers are entered by account managers and credit administration.")),
    Act.LOAN_ENTER: Grant(frozenset({CA}), _("Only credit administration enters loans and what happens to them.")),
    Act.REPAYMENT_ENTER: Grant(frozenset({CA}), _("Only credit administration enters repayments.")),
    Act.REPAYMENT_REVERSE: Grant(frozenset({CA}), _("A credit administrator who did not enter the repayment must take it back."), _not_enterer),
    Act.RECONCILIATION_SEE: Grant(
        frozenset({RO, BH, CA, AU}), _("Differences with the core system are shown to risk officers, branch heads, credit administration and audit.")
    ),
    Act.DOCUMENT_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Documents are shown to the people responsible for the loan and to audit.")),
    Act.DOCUMENT_ADD: Grant(frozenset({AM, RO, CA}), _("Documents are added by account managers, risk officers and credit administration.")),
    Act.DOCUMENT_SHELVE: Grant(frozenset({AM, BH, CA}), _("Paper originals are handled by account managers, branch heads and credit administration.")),
    Act.DOCUMENT_RULES_KEEP: Grant(frozenset({CA}), _("Only credit administration says which documents there must be.")),
    Act.DOCUMENT_DESTROY: Grant(frozenset({CA}), _("Only credit administration destroys documents.")),
    Act.LEGAL_HOLD_PLACE: Grant(frozenset({CA}), _("Only credit administration places a legal hold.")),
    Act.LEGAL_HOLD_LIFT: Grant(frozenset({CA}), _("A credit administrator who did not place the legal hold must lift it."), _not_placer),
    Act.TERMS_PROPOSE: Grant(frozenset({CA}), _("Only credit administration proposes the terms of a product.")),
    Act.TERMS_APPROVE: Grant(frozenset({CA}), _("A credit administrator who did not propose the terms must approve them."), _not_proposer),
    Act.CALENDAR_SEE: Grant(frozenset({CA, AU, RO, SA}), _("Calendars are shown to credit administration, risk officers, system administrators and audit.")),
    Act.CALENDAR_PROPOSE: Grant(frozenset({CA}), _("Only credit administration proposes a change of the calendar.")),
    Act.CALENDAR_APPROVE: Grant(
        frozenset({CA}), _("A credit administrator who did not propose the change of the calendar must approve it."), _not_proposer
    ),
    Act.QUARANTINE_RELEASE: Grant(frozenset({CA}), _("Only credit administration releases rows that were set aside.")),
    Act.ALERT_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Alerts are shown to the people responsible for the loan and to audit.")),
    Act.ALERT_ACKNOWLEDGE: Grant(frozenset({AM, RO}), _("The account manager or the risk officer of the loan acknowledges an alert.")),
    Act.ALERT_HANDLE: Grant(
        frozenset({AM, RO, BH}),
        _("The account manager, or whoever was given it, handles an alert on a loan; one on a branch or staff conduct is handled by a risk officer or branch head."),
        _handles,
    ),
    Act.ALERT_ASSIGN: Grant(frozenset({RO, BH}), _("A risk officer or the branch head says who handles an alert.")),
    Act.ALERT_ORDER: Grant(frozenset({AM, RO, BH}), _("A special inspection is asked for by the account manager, a risk officer or the branch head.")),
    Act.ALERT_VIEW_KEEP: Grant(frozenset({AM, RO, BH, CA, AU}), _("Views of the list of alerts are kept by everybody who is shown alerts.")),
    Act.ALERT_LINE_ACCEPT: Grant(frozenset({BH}), _("Only the branch head accepts what falls below the workload line.")),
    Act.SIGNAL_RAISE: Grant(frozenset({AM, RO, BH}), _("Signals are raised by account managers, risk officers and branch heads.")),
    Act.CASE_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Cases are shown to the people responsible for the loans and to audit.")),
    Act.CASE_KEEP: Grant(frozenset({RO}), _("Only a risk officer makes cohorts of cases and closes cases.")),
    Act.ALERT_CLOSE: Grant(frozenset({RO}), _("A risk officer who did not submit the alert for closing must close it."), _not_submitter),
    Act.RULE_SEE: Grant(frozenset({RO, CA, AU}), _("Warning rules are shown to risk officers, credit administration and audit.")),
    Act.RULE_WRITE: Grant(frozenset({RO}), _("Only a risk officer writes warning rules.")),
    Act.RULE_CHECK: Grant(frozenset({RO}), _("Only a risk officer states that a warning rule is complete.")),
    Act.RULE_APPROVE: Grant(frozenset({CA}), _("A credit administrator who neither wrote nor checked the rule must approve it."), _not_writer),
    Act.RULE_RETURN: Grant(frozenset({RO, CA}), _("A checked rule is returned by a risk officer or credit administration.")),
    Act.RULE_RETIRE: Grant(frozenset({CA}), _("Only credit administration retires a warning rule.")),
    Act.RULE_SNOOZE: Grant(frozenset({RO}), _("Only a risk officer silences a rule for a borrower.")),
    Act.RULE_TRIAL: Grant(frozenset({RO}), _("Only a risk officer tries a draft out.")),
    Act.RULE_BACKTEST: Grant(frozenset({RO}), _("Only a risk officer holds a warning rule against past closes.")),
    Act.CLASS_SEE: Grant(
        frozenset({AM, RO, BH, CA, AU}), _("Class proposals are shown to the people responsible for the loan and to audit.")
    ),
    Act.CLASS_CONFIRM: Grant(frozenset({RO}), _("A risk officer confirms or overrules a proposed class.")),
    Act.TASK_SEE: Grant(
        frozenset({AM, RO, BH, CA, AU, FA}), _("Inspection tasks are shown to the people responsible for them and to audit.")
    ),
    Act.TASK_ASSIGN: Grant(frozenset({BH}), _("Only the branch head assigns tasks to another person.")),
    Act.DEADLINE_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Deadlines are shown to the people responsible for the loan and to audit.")),
    Act.DEADLINE_ASK: Grant(
        frozenset({AM, RO, CA}), _("That a deadline does not apply is said by account managers, risk officers and credit administration.")
    ),
    Act.DEADLINE_AGREE: Grant(
        frozenset({RO, BH, CA}), _("A risk officer, branch head or credit administrator who did not say it must agree that a deadline does not apply."), _not_asker
    ),
    Act.VISIT_SEE: Grant(
        frozenset({AM, RO, BH, CA, AU, FA}), _("Inspections are shown to the people responsible for the loan and to audit.")
    ),
    Act.VISIT_RECORD: Grant(
        frozenset({AM, FA, RO}),
        _("Only the person the task is assigned to can record this inspection. Ask the branch head to assign it to you."),
        _assigned,
    ),
    Act.SENDING_SEE: Grant(
        frozenset({BH, SA}), _("What hangs between phones and the server is shown to branch heads and system administrators.")
    ),
    Act.FOUR_EYES_SEE: Grant(frozenset({RO, AU}), _("The four-eyes queue is worked by risk officers.")),
    Act.VISIT_VERIFY: Grant(frozenset({RO}), _("A risk officer who did not record this inspection must verify it."), _not_recorder),
    Act.TASK_POSTPONE: Grant(frozenset({AM}), _("The account manager to whom the inspection is assigned asks to postpone it."), _assigned),
    Act.TASK_POSTPONE_AGREE: Grant(
        frozenset({BH, RO}), _("A branch head or risk officer who did not ask must agree before an inspection is postponed."), _not_asker
    ),
    Act.PLAN_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("The inspection plan is shown to everybody who inspects, verifies or audits.")),
    Act.PLAN_PROPOSE: Grant(frozenset({CA}), _("Only credit administration proposes an inspection plan.")),
    Act.PLAN_APPROVE: Grant(frozenset({CA}), _("A credit administrator who did not make the inspection plan must approve it."), _not_maker),
    Act.PLAN_READ: Grant(frozenset({AM, RO, BH, CA}), _("That the house regulation was read is confirmed by those who work by it.")),
    Act.CAPACITY_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Who has how much to do is shown to those who plan inspections and to audit.")),
    Act.CAPACITY_KEEP: Grant(frozenset({BH}), _("Only the branch head says how many inspections a person can make.")),
    Act.ABSENCE_KEEP: Grant(frozenset({AM, RO, BH}), _("Absences are entered by the person concerned or by the branch head.")),
    Act.CHECKLIST_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Inspection forms are shown to those who fill them in, check them or audit them.")),
    Act.CHECKLIST_WRITE: Grant(frozenset({CA}), _("Only credit administration writes inspection forms.")),
    Act.CHECKLIST_APPROVE: Grant(frozenset({CA}), _("A credit administrator who did not write the inspection form must approve it."), _not_maker),
    Act.VISIT_EXPLAIN: Grant(frozenset({AM}), _("The account manager who made the inspection explains a difference.")),
    Act.VISIT_SETTLE: Grant(
        frozenset({RO, CA}), _("A split is settled by a third person: a risk officer or credit administrator who took no part in it."), _not_recorder
    ),
    Act.EVIDENCE_SEE: Grant(frozenset({RO, AU}), _("What the evidence guard noticed is shown to the verifier and to audit.")),
    Act.EVIDENCE_JUDGE: Grant(frozenset({RO}), _("A risk officer says what became of something the evidence guard noticed.")),
    Act.SAMPLING_SEE: Grant(frozenset({RO, CA, AU}), _("How inspections are drawn is shown to risk officers, credit administration and audit.")),
    Act.SAMPLING_PROPOSE: Grant(frozenset({CA}), _("Only credit administration proposes how inspections are drawn.")),
    Act.SAMPLING_APPROVE: Grant(
        frozenset({CA}), _("A credit administrator who did not make the sampling policy must approve it."), _not_maker
    ),
    Act.SAMPLING_UNSEAL: Grant(frozenset({AU}), _("Only an auditor opens the sealed seed of a month that is over.")),
    Act.AGREEMENT_SEE: Grant(
        frozenset({RO, BH, CA, AU}), _("How often two views agree is shown to risk officers, branch heads, credit administration and audit.")
    ),
    Act.AGREEMENT_OFFICERS: Grant(
        frozenset({BH, CA, AU}), _("How an officer verifies is shown to branch heads, credit administration and audit, never to the officer.")
    ),
    Act.FINDING_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Findings are shown to the people responsible for the loan and to audit.")),
    Act.FINDING_RAISE: Grant(
        frozenset({RO, BH, CA, AU}), _("Findings are raised by risk officers, branch heads, credit administration and audit.")
    ),
    Act.FINDING_REMEDY: Grant(frozenset({AM, BH}), _("The owner of a finding says what was done about it.")),
    Act.FINDING_VERIFY: Grant(
        frozenset({RO}), _("A risk officer who neither owns the finding nor handed in its remedy must verify it."), _not_submitter
    ),
    Act.HOLD_SEE: Grant(frozenset({AM, RO, BH, CA, AU}), _("Holds are shown to the people responsible for the borrower and to audit.")),
    Act.HOLD_ASK: Grant(
        frozenset({AM, RO, BH, CA, AU}), _("Whether a hold stands is asked by lending systems and by the people responsible for the borrower.")
    ),
    Act.HOLD_PLACE: Grant(frozenset({RO, CA}), _("Holds are placed by risk officers and credit administration.")),
    Act.HOLD_LIFT_ASK: Grant(frozenset({BH, RO, CA}), _("That a hold be lifted by hand is asked by a branch head, risk officer or credit administrator.")),
    Act.HOLD_LIFT: Grant(frozenset({CA}), _("A credit administrator who did not ask for it must agree before a hold is lifted by hand."), _not_asker),
    Act.CERTIFICATE_ISSUE: Grant(
        frozenset({AM, RO, BH, CA}), _("Certificates about holds are issued to the people responsible for the borrower.")
    ),
    Act.AGENCY_SEE: Grant(frozenset({BH, RO, CA, AU}), _("Agencies are shown to those who order and review their work and to audit.")),
    Act.AGENCY_KEEP: Grant(frozenset({CA}), _("Only credit administration keeps agencies and their contracts.")),
    Act.AGENCY_ORDER: Grant(frozenset({BH, CA}), _("Visits are ordered from an agency by the branch head or credit administration.")),
    Act.AGENCY_REVIEW: Grant(frozenset({RO, BH}), _("What an agency delivers is reviewed by a risk officer or the branch head.")),
    Act.PACKET_SEE: Grant(frozenset({FA}), _("The visits ordered from an agency are shown to its own agents.")),
    Act.PACKET_ANSWER: Grant(frozenset({FA}), _("Only the agency that was asked accepts or declines an order.")),
    Act.USER_KEEP: Grant(frozenset({SA}), _("Only a system administrator keeps accounts.")),
    Act.ROLE_GRANT: Grant(frozenset({SA}), _("Only a system administrator grants roles, and nobody to themselves."), _not_self),
    Act.BRANCH_KEEP: Grant(frozenset({SA}), _("Only a system administrator keeps the branch tree.")),
    Act.PRODUCT_KEEP: Grant(frozenset({CA}), _("Only credit administration keeps products.")),
    Act.PARAMETER_SEE: Grant(frozenset({CA, AU, RO}), _("Parameters are shown to credit administration, risk officers and audit.")),
    Act.PARAMETER_PROPOSE: Grant(frozenset({CA}), _("Only credit administration proposes parameters.")),
    Act.PARAMETER_APPROVE: Grant(
        frozenset({CA}), _("A credit administrator who did not propose the value must approve it."), _not_proposer
    ),
    Act.DAY_SEE: Grant(
        frozenset({SA, CA, AU}), _("Business days are watched by the system administrator, credit administration and audit.")
    ),
    Act.DAY_ACCEPT: Grant(frozenset({CA}), _("Only credit administration may close a business day with exceptions, and must say why.")),
    Act.DAY_RERUN: Grant(frozenset({SA, CA}), _("Closed days are run again by the system administrator or credit administration.")),
    Act.DAY_REPLACE: Grant(
        frozenset({CA}), _("A credit administrator who did not ask for the re-run must agree before its figures replace the old ones."), _not_asker
    ),
    Act.EXCEPTION_RETRY: Grant(
        frozenset({SA, CA}), _("What was set aside is tried again by the system administrator or credit administration.")
    ),
    Act.OUTBOX_SEE: Grant(
        frozenset({SA, CA, AU}), _("Messages are watched by the system administrator, credit administration and audit.")
    ),
    Act.OUTBOX_SETTLE: Grant(
        frozenset({SA, CA}), _("A message of which nobody knows whether it arrived is settled by the system administrator or credit administration.")
    ),
    Act.REMINDER_KEEP: Grant(frozenset({CA}), _("The words and days of reminders are kept by credit administration.")),
    Act.CONTACT_KEEP: Grant(
        frozenset({AM, CA}), _("How a borrower may be reached is kept by the account manager responsible and credit administration.")
    ),
    Act.TRAIL_SEE: Grant(frozenset({AU}), _("The audit trail is shown to auditors.")),
    Act.MATRIX_SEE: Grant(
        frozenset({AU, SA, CA}), _("The access matrix is shown to auditors, system administrators and credit administration.")
    ),
    Act.PORTAL_SEE: Grant(frozenset({BO}), _("This page is for borrowers.")),
}
