"""What one logged-in account may do and see today; made once per request and handed to every query."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from loanwatch.kernel import policy
from loanwatch.people.models import Account, BranchReach, Person, Role, RoleHeld
from loanwatch.people.policy import TABLE, Act

# Roles that reach the whole subtree of the branch they are held in; an account manager reaches only own loans.
SUBTREE_ROLES = frozenset({Role.RISK_OFFICER, Role.BRANCH_HEAD, Role.CREDIT_ADMIN, Role.AUDITOR})


@dataclass
class Access:
    """The roles that `account` holds on `on`.

    `held` is a list of (role, branch id); without a branch id the role is held over the whole installation. `portal` is
    True for a borrower's account. An inactive account holds nothing.
    """

    account: Account
    on: date
    held: list[tuple[str, int | None]] = field(default_factory=list)
    portal: bool = False

    @classmethod
    def of(cls, account: Account, on: date) -> "Access":
        """One query. Roles count from their first day to before their last."""
        if not account.is_active or (account.person and account.person.left_on and account.person.left_on <= on):
            return cls(account, on)
        if account.person_id is None:
            return cls(account, on, portal=True)
        held = RoleHeld.objects.filter(person_id=account.person_id, from_on__lte=on).filter(Q(to_on__isnull=True) | Q(to_on__gt=on))
        return cls(account, on, held=[(role, branch) for role, branch in held.values_list("role", "branch_id")])

    @property
    def person(self) -> Person | None:
        return self.account.person

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _ in self.held) | (frozenset({Role.BORROWER.value}) if self.portal else frozenset())

    def has(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))

    def branches_held(self, *roles: str) -> list[int]:
        """Ids of the branches in which one of `roles` (any, when none is named) is held; not their subtrees."""
        return sorted({branch for role, branch in self.held if branch is not None and (not roles or role in roles)})

    @property
    def everywhere(self) -> bool:
        """Whether a role is held over the whole installation; only a system administrator's can be."""
        return any(branch is None for _, branch in self.held)

    def subtree(self, *roles: str) -> QuerySet[BranchReach, Any]:
        """Subquery of branch ids at or below the branches in which one of `roles` is held, for `branch_id__in=`."""
        held = self.branches_held(*(roles or SUBTREE_ROLES))
        return (
            BranchReach.objects.filter(ancestor_id__in=held, from_on__lte=self.on)
            .filter(Q(to_on__isnull=True) | Q(to_on__gt=self.on))
            .values("descendant_id")
        )

    def may(self, act: Act | str, subject: Any = None) -> bool:
        return policy.allows(TABLE, self, Act(act), subject)

    def check(self, act: Act, subject: Any = None) -> None:
        """Raises Refused with the table's sentence when this person may not."""
        policy.check(TABLE, self, act, subject)
