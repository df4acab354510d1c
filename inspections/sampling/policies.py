"""A sampling policy from draft to force: written by one credit administrator, approved by another, never changed after that."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.sampling import rules
from inspections.sampling.actions import install_policy, write_strata
from inspections.sampling.models import SamplingPolicy, SamplingStratum
from loanwatch.kernel.moves import move
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

State = SamplingPolicy.State


@transaction.atomic
def draft_policy(*, by: Access, lender: Lender, values: Mapping[str, Any], strata: Sequence[rules.Stratum]) -> SamplingPolicy:
    """A new version as a draft. values: the columns of the policy with `valid_from` and `why`; strata in the order in which they are tried."""
    by.check(Act.SAMPLING_PROPOSE)
    _check_rows(strata)
    install_policy(lender)  # so that the days before this one's first have theirs
    newest = SamplingPolicy.objects.filter(lender=lender).aggregate(n=Max("version"))["n"] or 0
    made = SamplingPolicy.objects.create(lender=lender, version=newest + 1, made_by=by.person, **values)
    write_strata(made, strata)
    record("sampling.drafted", by=by, subject=made, version=made.version)
    return made


@transaction.atomic
def change_draft(*, by: Access, policy: SamplingPolicy, values: Mapping[str, Any], strata: Sequence[rules.Stratum]) -> SamplingPolicy:
    """Other figures and rows of an own draft. Raises Conflict once it is proposed, Refused for anybody but its maker."""
    by.check(Act.SAMPLING_PROPOSE)
    _check_rows(strata)
    found = _locked(policy, State.DRAFT)
    if by.person is None or found.made_by_id != by.person.pk:  # who writes in it could approve what they wrote
        raise Refused(_("Only the person who made this draft changes it. Make a version of your own."), code="NOT_YOUR_DRAFT")
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    SamplingStratum.objects.filter(policy=found).delete()
    write_strata(found, strata)
    record("sampling.drafted", by=by, subject=found, version=found.version)
    return found


def _check_rows(strata: Sequence[rules.Stratum]) -> None:
    if not strata:
        raise Conflict(_("A sampling policy needs at least one row."), code="NO_ROWS")
    if len({row.code for row in strata}) < len(strata):
        raise Conflict(_("Two rows of the policy have the same name."), code="ROW_TWICE")


@transaction.atomic
def propose_policy(*, by: Access, policy: SamplingPolicy) -> SamplingPolicy:
    """Hand a draft in for approval: its text is sealed by a hash and changes no more."""
    by.check(Act.SAMPLING_PROPOSE)
    found = _locked(policy, State.DRAFT)
    _check_first_day(found, by.on)
    move(rules.MOVES, found, State.PROPOSED)
    found.proposed_at, found.text_hash = timezone.now(), rules.policy_hash(found.as_rules())
    found.save(update_fields=["state", "proposed_at", "text_hash"])
    record("sampling.proposed", by=by, subject=found, version=found.version, text_hash=found.text_hash, valid_from=found.valid_from.isoformat())
    return found


@transaction.atomic
def approve_policy(*, by: Access, policy: SamplingPolicy, seen_hash: str) -> SamplingPolicy:
    """Put a proposed version in force from its first day. seen_hash: of the text on which was decided.

    Raises Refused for its maker; Conflict where the text was changed meanwhile or its first day is no longer ahead: what was
    handed in is drawn by the policy of that day.
    """
    found = _locked(policy, State.PROPOSED)
    by.check(Act.SAMPLING_APPROVE, found)
    if found.text_hash != seen_hash:
        raise Conflict(_("This version was changed while you read it. Read it again before you approve it."), code="POLICY_CHANGED")
    _check_first_day(found, by.on)
    if SamplingPolicy.objects.filter(lender_id=found.lender_id, state=State.APPROVED, valid_from=found.valid_from).exists():
        raise Conflict(_("Another version counts from the same day. Choose another first day."), code="SAME_FIRST_DAY")
    move(rules.MOVES, found, State.APPROVED)
    found.approved_by, found.approved_at = by.person, timezone.now()
    found.save(update_fields=["state", "approved_by", "approved_at"])
    record("sampling.approved", by=by, subject=found, version=found.version, text_hash=found.text_hash, valid_from=found.valid_from.isoformat())
    return found


@transaction.atomic
def return_policy(*, by: Access, policy: SamplingPolicy, reason: str) -> SamplingPolicy:
    """Give a proposed version back to be changed, with a reason; by anybody who might approve it, or by its maker."""
    by.check(Act.SAMPLING_PROPOSE)
    found = _locked(policy, State.PROPOSED)
    move(rules.MOVES, found, State.DRAFT)
    found.proposed_at, found.text_hash = None, ""
    found.save(update_fields=["state", "proposed_at", "text_hash"])
    record("sampling.returned", by=by, subject=found, version=found.version, reason=reason.strip())
    return found


@transaction.atomic
def withdraw_policy(*, by: Access, policy: SamplingPolicy, reason: str) -> SamplingPolicy:
    """A version that is not to come. It stays on the list."""
    by.check(Act.SAMPLING_PROPOSE)
    found = _locked(policy, State.DRAFT, State.PROPOSED)
    move(rules.MOVES, found, State.WITHDRAWN)
    found.save(update_fields=["state"])
    record("sampling.withdrawn", by=by, subject=found, version=found.version, reason=reason.strip())
    return found


def _locked(policy: SamplingPolicy, *states: str) -> SamplingPolicy:
    found = SamplingPolicy.objects.select_for_update(of=("self",)).select_related("lender").get(pk=policy.pk)
    if found.state not in states:
        raise Conflict(_("This version is not in a state in which that can be done. Open it again."), code="POLICY_STATE")
    return found


def _check_first_day(policy: SamplingPolicy, on: date) -> None:
    if policy.valid_from <= on:
        raise Conflict(_("A sampling policy counts from tomorrow at the earliest: what was handed in is drawn by the policy of that day."), code="TOO_EARLY")
