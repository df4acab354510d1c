"""Staff, the accounts they log in with, the dated branch tree, and the roles they hold in it."""

from typing import TYPE_CHECKING

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loanwatch.lenders.models import Lender

if TYPE_CHECKING:
    from loanwatch.people.access import Access


class Role(models.TextChoices):
    ACCOUNT_MANAGER = "account_manager", _("Account manager")
    RISK_OFFICER = "risk_officer", _("Risk officer")
    BRANCH_HEAD = "branch_head", _("Branch head")
    CREDIT_ADMIN = "credit_admin", _("Credit administrator")
    FIELD_AGENT = "field_agent", _("Field agent")
    AUDITOR = "auditor", _("Auditor")
    SYSADMIN = "sysadmin", _("System administrator")
    BORROWER = "borrower", _("Borrower")  # never held in a branch: comes from portal access


class BranchQuerySet(models.QuerySet["Branch"]):
    def visible_to(self, access: "Access") -> "BranchQuerySet":
        """The branches at or below those in which this person holds a role; all of them for a role over the whole installation."""
        return self if access.everywhere else self.filter(pk__in=access.subtree(*access.roles))

    def kept_by(self, access: "Access") -> "BranchQuerySet":
        """The branches that this person keeps as system administrator."""
        if Role.SYSADMIN not in access.roles:
            return self.none()
        return self if access.everywhere else self.filter(pk__in=access.subtree(Role.SYSADMIN))


class Branch(models.Model):
    """One organisational unit: head office, region, branch or sub-branch. Its place in the tree is dated."""

    class Kind(models.TextChoices):
        HEAD_OFFICE = "head_office", _("Head office")
        REGION = "region", _("Region")
        BRANCH = "branch", _("Branch")
        SUB_BRANCH = "sub_branch", _("Sub-branch")

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="branches")
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = BranchQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["lender", "code"], name="one_branch_per_code")]

    def __str__(self) -> str:
        return self.name


class BranchReach(models.Model):
    """The dated closure of the branch tree: `descendant` lay at or below `ancestor` from a date to before another.

    Depth 0 is the branch itself, 1 its parent. `to_on` empty means still so.
    """

    ancestor = models.ForeignKey(Branch, models.CASCADE, related_name="reach_down")
    descendant = models.ForeignKey(Branch, models.CASCADE, related_name="reach_up")
    depth = models.SmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gt=F("from_on")), name="reach_ends_after_it_begins"),
            models.UniqueConstraint(fields=["ancestor", "descendant"], condition=Q(to_on__isnull=True), name="one_open_reach"),
        ]
        indexes = [models.Index(fields=["descendant", "ancestor"], name="reach_by_descendant")]


class PersonQuerySet(models.QuerySet["Person"]):
    def kept_by(self, access: "Access") -> "PersonQuerySet":
        """The people whose accounts this system administrator keeps.

        Those with a role, held now or once, in the branches he keeps and none now outside of them: whoever resets a password
        can become that person. Everybody for one who keeps the whole installation.
        """
        if Role.SYSADMIN not in access.roles:
            return self.none()
        if access.everywhere:
            return self
        kept = Branch.objects.kept_by(access).values("pk")
        not_over = Q(to_on__isnull=True) | Q(to_on__gt=access.on)
        outside = RoleHeld.objects.filter(not_over, Q(branch__isnull=True) | ~Q(branch_id__in=kept)).values("person_id")
        return self.filter(pk__in=RoleHeld.objects.filter(branch_id__in=kept).values("person_id")).exclude(pk__in=outside)


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["staff_no", "name", "certificate_until", "left_on"],
    model_name="PersonEvent",
)
class Person(models.Model):
    """One human being who works for the lender or for an agency. Four eyes are two persons, whatever accounts they use."""

    lender = models.ForeignKey(Lender, models.PROTECT, related_name="people", null=True)
    staff_no = models.CharField(_("staff number"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    agency = models.CharField(_("agency"), max_length=80, blank=True)
    certificate_until = models.DateField(_("certificate valid until"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    def get_queryset(self) -> models.QuerySet["Account"]:
        """Accounts with person and lender: every request asks for them."""
        return super().get_queryset().select_related("person__lender")

    def create_user(self, username: str, password: str | None = None, **fields: object) -> "Account":
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """What somebody logs in with. A borrower's account has no person."""

    username = models.CharField(_("log-in name"), max_length=80, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="accounts", null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=False)
    # Part of what a session is signed with: one more, and every session begun before is over.
    session_round = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    objects = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own seam under both the current and the fallback secrets; password changes end sessions as well.
        signed = f"{self.password}:{self.session_round}"
        return salted_hmac("loanwatch.people.Account.session", signed, secret=secret, algorithm="sha256").hexdigest()


class ApiToken(models.Model):
    """A key for programs: acts as its account, or asks for holds alone. Only a hash is kept; it is shown once, when made."""

    class Scope(models.TextChoices):
        ALL = "all", pgettext_lazy("API key", "Everything you may do")
        HOLDS = "holds", pgettext_lazy("API key", "Ask whether a borrower is blocked, nothing else")

    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    scope = models.CharField(pgettext_lazy("API key", "may"), max_length=5, choices=Scope.choices, default=Scope.ALL, db_default="all")
    name = models.CharField(_("what it is for"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    expires_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    fields=["person", "role", "branch", "from_on", "to_on", "granted_by"],
    model_name="RoleHeldEvent",
)
class RoleHeld(models.Model):
    """A role that a person holds in a branch, and so over its subtree, from a date to before another.

    Without a branch it is held over the whole installation, which only a system administrator's can be. A role is ended,
    never deleted; the database refuses account manager and risk officer over the same branches at the same time.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="roles_held")
    role = models.CharField(_("role"), max_length=20, choices=[c for c in Role.choices if c[0] != Role.BORROWER])
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("branch"))
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True, blank=True)
    granted_by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["-from_on"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="role_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("person")),
                name="nobody_grants_a_role_to_themselves",
                violation_error_message=_("Nobody can grant a role to themselves."),
            ),
            models.CheckConstraint(condition=Q(branch__isnull=False) | Q(role=Role.SYSADMIN), name="only_sysadmin_without_a_branch"),
            models.UniqueConstraint(
                fields=["person", "role", "branch"], condition=Q(to_on__isnull=True), nulls_distinct=False, name="one_open_role"
            ),
        ]
        indexes = [models.Index(fields=["branch", "role"], name="role_by_branch")]
