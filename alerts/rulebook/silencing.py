"""Rules that are quiet for a while: tried out without alerts, or silenced for one borrower."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.rulebook.holding import end_trials, lender_of, locked, running_trials, said
from alerts.rulebook.life import OPEN, SYSTEM
from alerts.rulebook.models import Rule, RuleSnooze, RuleTrial
from borrowers.parties.models import Borrower
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.queries import parameter
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import last_taken, open_day
from loanwatch.trail.record import record

MOST_DAYS = {"rules.trial_days": 60, "rules.snooze_days": 180}  # where the lender has set none


def most_days(lender: Lender, key: str, on: date) -> int:
    """The most days of a test run (`rules.trial_days`) or a silence (`rules.snooze_days`), as the lender has set them."""
    try:
        return int(parameter(lender, key, on))
    except KeyError:
        return MOST_DAYS[key]


@transaction.atomic
def start_trial(*, version_id: int, by: Access, days: int) -> RuleTrial:
    """Try a version out beside the one in force, for `days` days from the next close on: it is counted and opens no alert.

    Raises Refused for more days than the lender allows, Conflict when the version is no longer open or is tried out already.
    """
    by.check(Act.RULE_TRIAL)
    version = locked(version_id, by)
    lender, most = version.rule.lender, most_days(version.rule.lender, "rules.trial_days", by.on)
    if not 1 <= days <= most:
        raise Refused(_("A test run lasts from 1 to %(most)s days.") % {"most": most}, code="TRIAL_DAYS")
    if version.state not in OPEN:
        raise Conflict(_("Only a version that is not approved yet is tried out."), code="RULE_STATE")
    if running_trials(version).exists():
        raise Conflict(_("This version is being tried out already."), code="TRIAL_RUNS")
    first = open_day(lender, by.on)
    trial = RuleTrial.objects.create(
        lender=lender, rule_version=version, from_on=first, to_on=first + timedelta(days=days - 1), text=version.text, tree=version.tree,
        by=by.person,  # type: ignore[misc]
    )
    record("rule.trial_started", by=by, subject=version, rule=version.rule.code, version=version.version, to_on=trial.to_on.isoformat())
    return trial


@transaction.atomic
def stop_trial(*, version_id: int, by: Access) -> None:
    """End the running test run of a version; what it has said stays."""
    by.check(Act.RULE_TRIAL)
    version = locked(version_id, by)
    if not running_trials(version).exists():
        raise Conflict(_("No test run of this version is under way."), code="NO_TRIAL")
    end_trials(version, by)
    record("rule.trial_stopped", by=by, subject=version, rule=version.rule.code, version=version.version)


@transaction.atomic
def snooze(*, rule_code: str, borrower: str, by: Access, until: date, reason: str) -> RuleSnooze:
    """A rule opens no alert for one borrower (by number) from the next close to `until`, with a reason. Open alerts stay.

    Raises Rule.DoesNotExist or Borrower.DoesNotExist for what is out of sight, Refused for rules that are not about borrowers or about
    staff conduct, and for longer than the lender allows; Conflict when the rule is silenced for the borrower already.
    """
    by.check(Act.RULE_SNOOZE)
    lender = lender_of(by)
    rule = Rule.objects.select_for_update().exclude(code__startswith=SYSTEM).get(lender=lender, code=rule_code)
    found = Borrower.objects.visible_to(by).get(lender=lender, number=borrower)
    if rule.grain not in (Rule.Grain.LOAN, Rule.Grain.BORROWER):
        raise Refused(_("Only a rule about loans or borrowers is silenced for a borrower."), code="SNOOZE_GRAIN")
    if rule.staff_conduct:
        raise Refused(_("A rule about staff conduct is never silenced."), code="SNOOZE_CONDUCT")
    first, most = open_day(lender, by.on), most_days(lender, "rules.snooze_days", by.on)
    if not first <= until < first + timedelta(days=most):
        raise Refused(
            _("Choose a day from %(first)s to %(last)s.") % {"first": first, "last": first + timedelta(days=most - 1)}, code="SNOOZE_DAYS"
        )
    made = RuleSnooze(lender=lender, rule=rule, borrower=found, from_on=first, until=until, reason=said(reason), by=by.person)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise Conflict(_("The rule is silenced for this borrower already."), code="SNOOZED") from None
    record("rule.snoozed", by=by, subject=made, rule=rule.code, borrower=found.number, until=until.isoformat(), reason=made.reason)
    return made


@transaction.atomic
def lift_snooze(*, snooze_id: int, by: Access) -> None:
    """The rule speaks of the borrower again from the next close. Raises RuleSnooze.DoesNotExist for what is out of sight."""
    by.check(Act.RULE_SNOOZE)
    seen = RuleSnooze.objects.filter(lender=lender_of(by), borrower__in=Borrower.objects.visible_to(by).order_by())
    found = seen.select_for_update(of=("self",)).get(pk=snooze_id)
    taken = last_taken(found.lender)
    if found.lifted_by_id is not None or (taken is not None and found.until <= taken):
        raise Conflict(_("This silence is over already."), code="SNOOZE_OVER")
    day_before = found.from_on - timedelta(days=1)
    found.until, found.lifted_by, found.lifted_at = max(taken or day_before, day_before), by.person, timezone.now()
    found.save(update_fields=["until", "lifted_by", "lifted_at"])
    record("rule.snooze_lifted", by=by, subject=found, rule=found.rule.code, borrower=found.borrower.number)
