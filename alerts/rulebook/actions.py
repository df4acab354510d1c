"""Writing the rulebook: a risk officer drafts and checks, a credit administrator who wrote none of it approves or retires.

Every action locks the rule first, so that of two people at the same instant one decides and the other is told so.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Q
from django.utils.translation import gettext as _

from alerts.rulebook.drafting import Draft, fitting, stamp
from alerts.rulebook.holding import end_trials, lender_of, locked, may_end_earlier, move, running_trials, said
from alerts.rulebook.language import parse
from alerts.rulebook.life import APPROVED, OPEN
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.seeds import SEEDS, Seed
from alerts.rulebook.writing import fingerprint, tree_to_json
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.lenders.parameters import require_open
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.queries import last_taken
from loanwatch.trail.record import record

__all__ = ["Draft", "approve", "check", "drop_draft", "install_seeds", "retire", "return_draft", "save_draft", "stamp", "words_of_the_day"]

EPOCH = date(1990, 1, 1)  # shipped rules are in force from the first day of any book
State = RuleVersion.State


@transaction.atomic
def install_seeds(lender: Lender, seeds: Iterable[Seed] = SEEDS) -> int:
    """Give `lender` the shipped rules that it lacks, live from the first day; returns how many were written.

    What rests on our own proposal alone ships off: as a draft that the lender checks and approves first. A rule of the same code
    that is there already, changed or not, stays as it is.
    """
    present = set(Rule.objects.filter(lender=lender).values_list("code", flat=True))
    missing = [seed for seed in seeds if seed.code not in present]
    rules = Rule.objects.bulk_create(
        Rule(lender=lender, code=seed.code, name=seed.name, family=seed.family, grain=seed.grain, staff_conduct=seed.staff_conduct,
             why=seed.why, look_at=seed.look_at, basis=seed.basis) for seed in missing
    )  # fmt: skip
    RuleVersion.objects.bulk_create(_shipped(rule, seed) for rule, seed in zip(rules, missing, strict=True))
    return len(missing)


def _shipped(rule: Rule, seed: Seed) -> RuleVersion:
    tree, mark = _parsed(seed.text, seed.grain)
    live: dict[str, Any] = {"state": State.LIVE, "valid_from": EPOCH} if seed.ships_live else {"state": State.DRAFT}
    return RuleVersion(
        rule=rule, version=1, text=seed.text, tree=tree, fingerprint=mark, handling_days=dict(seed.handling_days),
        confidence=seed.confidence.value, cure_days=seed.cure_days, hold_days=seed.hold_days, **live,
    )  # fmt: skip


@cache
def _parsed(text: str, grain: str) -> tuple[dict[str, Any], str]:
    """The tree as it is stored, and its fingerprint. Shipped texts are parsed once a process."""
    tree = parse(text, grain)
    return tree_to_json(tree), fingerprint(tree)


# Writing ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(*, by: Access, draft: Draft, new: bool = False, seen: str | None = None) -> RuleVersion:
    """Keep `draft` as the one open draft of its rule, and return it.

    new: the rule must not be there yet; it gets the draft's code, grain, family and whether it is about staff conduct. Otherwise the
    rule of that code is changed: its open draft is written on, or a further version begun where none is open. seen: what `stamp` said
    of the draft the writer began from ("" where there was none); None does not ask whether somebody has written meanwhile.

    Raises RuleRefused with every error and its place when the text does not parse; Refused without the right, or when handling days,
    scope or times do not fit; Rule.DoesNotExist for a code the lender does not have; Conflict when the code is taken, the version is
    checked, tried out or was written on meanwhile.
    """
    by.check(Act.RULE_WRITE)
    lender = lender_of(by)
    tree, parts = fitting(draft, lender)
    rule = _new_rule(lender, draft) if new else Rule.objects.select_for_update().get(lender=lender, code=draft.code)
    if rule.grain != draft.grain:
        raise Refused(_("What a rule looks at never changes; write a new rule for it."), code="GRAIN_FIXED")
    version = rule.versions.select_for_update().filter(state__in=OPEN).first()
    if seen is not None and seen != (stamp(version) if version else ""):
        raise Conflict(_("Somebody has written on this rule meanwhile. Look at the draft as it is now; nothing was changed."), code="DRAFT_CHANGED")
    if version is not None and version.state == State.CHECKED:
        raise Conflict(_("Version %(n)s is checked and waits for approval. Have it returned to write on it.") % {"n": version.version}, code="DRAFT_CHECKED")
    if version is not None and running_trials(version).exists():
        raise Conflict(_("Version %(n)s is being tried out. Stop the test run to write on it.") % {"n": version.version}, code="TRIAL_RUNS")
    if version is None:
        number = (rule.versions.order_by("-version").values_list("version", flat=True).first() or 0) + 1
        version = RuleVersion(rule=rule, version=number, made_by=by.person)
    parts |= {"text": draft.text, "tree": tree_to_json(tree), "fingerprint": fingerprint(tree)}
    for name, value in parts.items():
        setattr(version, name, value)
    version.authors = sorted({*version.authors, by.person.pk})  # type: ignore[union-attr]
    version.save()
    if not rule.versions.filter(state__in=APPROVED).exists():  # nothing rests on the rule's own words before it has ever counted
        _take_over_words(rule, version)
    record("rule.drafted", by=by, subject=version, rule=rule.code, version=version.version, text=draft.text, lender=lender.code)
    return version


def _new_rule(lender: Lender, draft: Draft) -> Rule:
    rule, made = Rule.objects.get_or_create(
        lender=lender, code=draft.code,
        defaults={"name": draft.name, "family": draft.family, "grain": draft.grain, "staff_conduct": draft.staff_conduct, "why": draft.why,
                  "look_at": draft.look_at, "basis": draft.basis},
    )  # fmt: skip
    if not made:
        raise Conflict(_("There is a rule with the code %(code)s already.") % {"code": draft.code}, code="CODE_TAKEN")
    return rule


@transaction.atomic
def drop_draft(*, version_id: int, by: Access, reason: str = "") -> None:
    """Give up a draft that one has written at. It keeps its number and is never written on again."""
    by.check(Act.RULE_WRITE)
    version = locked(version_id, by)
    move(version, State.DROPPED)
    if by.person is None or by.person.pk not in version.authors:
        raise Refused(_("Only somebody who has written at a draft gives it up."), code="NOT_YOUR_DRAFT")
    end_trials(version, by)
    version.reason = reason.strip()
    version.save(update_fields=["state", "reason"])
    record("rule.dropped", by=by, subject=version, rule=version.rule.code, version=version.version, reason=version.reason)


@transaction.atomic
def check(*, version_id: int, by: Access) -> RuleVersion:
    """State that a draft is complete: it parses, and says why it matters, what to look at and on what it rests. It can't be changed after."""
    by.check(Act.RULE_CHECK)
    version = locked(version_id, by)
    move(version, State.CHECKED)
    missing = [str(label) for name, label in ASKED.items() if not (getattr(version, name) or getattr(version.rule, name)).strip()]
    if missing:
        raise Refused(_("The draft is not complete. Missing: %(what)s.") % {"what": ", ".join(missing)}, code="INCOMPLETE")
    parse(version.text, version.rule.grain)  # fields may have gone since it was written
    version.checked_by, version.reason = by.person, ""
    version.save(update_fields=["state", "checked_by", "reason"])
    record("rule.checked", by=by, subject=version, rule=version.rule.code, version=version.version)
    return version


ASKED: dict[str, Any] = {name: RuleVersion._meta.get_field(name).verbose_name for name in ("name", "why", "look_at", "basis")}  # type: ignore[union-attr]


@transaction.atomic
def return_draft(*, version_id: int, by: Access, reason: str) -> RuleVersion:
    """Give a checked version back to be written on, with a reason."""
    by.check(Act.RULE_RETURN)
    version = locked(version_id, by)
    move(version, State.DRAFT)
    version.reason, version.checked_by = said(reason), None
    version.save(update_fields=["state", "reason", "checked_by"])
    record("rule.returned", by=by, subject=version, rule=version.rule.code, version=version.version, reason=version.reason)
    return version


# Deciding --------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(*, version_id: int, by: Access, valid_from: date) -> RuleVersion:
    """A checked version is live from `valid_from`; the version in force until then ends on that day. Test runs of it end.

    Raises Refused for its writers and its checker, Conflict for another state, for a day that is closed or whose close has begun, and
    for a day on which another version that was approved already counts.
    """
    version = locked(version_id, by)
    by.check(Act.RULE_APPROVE, version)
    move(version, State.LIVE)
    rule = version.rule
    require_open(rule.lender, valid_from)
    before = rule.versions.filter(state=State.LIVE).first()
    later = rule.versions.filter(Q(state__in=APPROVED, valid_from__gte=valid_from) | Q(state=State.RETIRED, valid_to__gt=valid_from))
    if (other := later.exclude(valid_to=F("valid_from")).first()) is not None:
        raise Conflict(
            _("Version %(n)s is approved for days from %(day)s on. Choose a day after it.") % {"n": other.version, "day": other.valid_to or other.valid_from},
            code="VERSION_PLANNED",
        )
    if before is not None:
        before.state, before.valid_to = State.RETIRED, valid_from
        before.save(update_fields=["state", "valid_to"])
        record("rule.replaced", by=by, subject=before, rule=rule.code, version=before.version, valid_to=valid_from.isoformat())
    version.approved_by, version.valid_from = by.person, valid_from
    version.save(update_fields=["state", "approved_by", "valid_from"])
    end_trials(version, by)
    record("rule.approved", by=by, subject=version, rule=rule.code, version=version.version, valid_from=valid_from.isoformat())
    return version


WORDS_OF_THE_DAY = """
UPDATE alerts_rule r SET name = coalesce(nullif(v.name, ''), r.name), why = coalesce(nullif(v.why, ''), r.why),
       look_at = coalesce(nullif(v.look_at, ''), r.look_at), basis = coalesce(nullif(v.basis, ''), r.basis)
FROM alerts_ruleversion v
WHERE v.rule_id = r.id AND r.lender_id = %(lender)s AND v.state IN ('live', 'retired') AND v.valid_from <= %(on)s AND (v.valid_to IS NULL OR v.valid_to > %(on)s)
  AND (coalesce(nullif(v.name, ''), r.name), coalesce(nullif(v.why, ''), r.why), coalesce(nullif(v.look_at, ''), r.look_at), coalesce(nullif(v.basis, ''), r.basis))
      IS DISTINCT FROM (r.name, r.why, r.look_at, r.basis)
"""


def words_of_the_day(cursor: CursorWrapper, lender: Lender, day: date) -> int:
    """Let every rule be called and explained as its version in force says at the close of `day`; returns how many rules changed.

    A version that counts from a later day says nothing before. A close that is run again leaves the words of the newest close alone.
    """
    cursor.execute(WORDS_OF_THE_DAY, {"lender": lender.pk, "on": max(day, last_taken(lender) or day)})
    return cursor.rowcount


def _take_over_words(rule: Rule, version: RuleVersion) -> None:
    for name in ASKED:
        setattr(rule, name, getattr(version, name) or getattr(rule, name))
    rule.save(update_fields=list(ASKED))


@transaction.atomic
def retire(*, version_id: int, by: Access, from_on: date, reason: str) -> RuleVersion:
    """A live version no longer counts from `from_on`, with a reason. Alerts that it has opened stay until people close them.

    One that a planned version replaces on a later day may end earlier still: no version counts in between. A planned one that is retired
    from its own first day never counts, and the one that it was to replace ends on that day all the same.
    """
    by.check(Act.RULE_RETIRE)
    version = locked(version_id, by)
    if not (earlier := may_end_earlier(version)):
        move(version, State.RETIRED)
    require_open(version.rule.lender, from_on)
    if earlier and version.valid_to is not None and from_on >= version.valid_to:
        raise Conflict(_("This version ends on %(day)s already. Choose an earlier day.") % {"day": version.valid_to}, code="ENDS_EARLIER")
    if version.valid_from is not None and from_on < version.valid_from:
        raise Conflict(_("This version only counts from %(day)s. Retire it from that day or later.") % {"day": version.valid_from}, code="NOT_LIVE_YET")
    version.valid_to, version.reason = from_on, said(reason)
    version.save(update_fields=["state", "valid_to", "reason"])
    record("rule.retired", by=by, subject=version, rule=version.rule.code, version=version.version, from_on=from_on.isoformat(), reason=version.reason)
    return version
