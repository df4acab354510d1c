"""What a system administrator types about people, roles and branches. Choices hold only what he keeps."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loanwatch.people import places
from loanwatch.people.access import Access
from loanwatch.people.actions import sentence_on_clash
from loanwatch.people.models import Account, Branch, Person, Role, RoleHeld
from loanwatch.people.queries import clashing_role

EVERYWHERE = "*"


def day_field(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def branch_choices(access: Access, branches: list[Branch] | None = None) -> list[tuple[str, str]]:
    """The open branches that this person keeps, in the order of the tree, indented by depth."""
    kept = (
        branches if branches is not None else list(Branch.objects.kept_by(access).filter(closed_on__isnull=True).select_related("lender"))
    )
    return [
        (str(branch.pk), "\u2003" * depth + f"{branch.name} ({branch.code})") for branch, depth in places.in_tree_order(kept, access.on)
    ]


class RoleForm(forms.Form):
    """A role in a branch from a date. `person` is None while the person is being made."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", "")])
    branch = forms.ChoiceField(
        label=gettext_lazy("Branch"), help_text=gettext_lazy("The role counts in this branch and in all branches below it.")
    )
    from_on = day_field(gettext_lazy("From"))
    to_on = day_field(gettext_lazy("Until"), required=False)

    def __init__(self, *args: Any, access: Access, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access, self.person = access, person
        roles = [(role.value, role.label) for role in Role if role != Role.BORROWER]
        self.fields["role"].choices = [("", _("Choose a role")), *roles]  # type: ignore[attr-defined]
        choices = [("", _("Choose a branch")), *branch_choices(access)]
        if access.everywhere:
            choices.insert(1, (EVERYWHERE, _("The whole installation (system administrators only)")))
        self.fields["branch"].choices = choices  # type: ignore[attr-defined]
        self.fields["from_on"].initial = access.on
        self.fields["to_on"].help_text = _("The first day on which it no longer counts; left empty, it counts until you end it.")

    def clean_branch(self) -> Branch | None:
        chosen = self.cleaned_data["branch"]
        return None if chosen == EVERYWHERE else Branch.objects.select_related("lender").get(pk=int(chosen))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("from_on"), data.get("to_on")
        if start and end and end <= start:
            self.add_error("to_on", _("The last day must come after the first."))
        if data.get("role") and "branch" in data and data["branch"] is None and data["role"] != Role.SYSADMIN:
            self.add_error("branch", _("Only system administrators hold their role over the whole installation. Choose a branch."))
        if self.person is not None and not self.errors:
            self._check_person(data)
        return data

    def _check_person(self, data: dict[str, Any]) -> None:
        if clash := clashing_role(self.person, data["role"], data["branch"], data["from_on"], data["to_on"]):  # type: ignore[arg-type]
            self.add_error("role", sentence_on_clash(clash))
        elif RoleHeld.objects.filter(person=self.person, role=data["role"], branch=data["branch"], to_on__isnull=True).exists():
            self.add_error("role", _("This person holds the role in this branch already."))


class PersonForm(forms.ModelForm):
    """Who somebody is. The staff number is given once."""

    certificate_until = day_field(gettext_lazy("Certificate valid until"), required=False)

    class Meta:
        model = Person
        fields = ["name", "staff_no", "agency", "certificate_until"]
        help_texts = {
            "staff_no": gettext_lazy("Stands for this person in every record. It can't be changed later."),
            "agency": gettext_lazy("Only for people of an outside agency: its name."),
        }


class PersonChangeForm(PersonForm):
    class Meta(PersonForm.Meta):
        fields = ["name", "agency", "certificate_until"]


class AccountForm(forms.ModelForm):
    """What somebody logs in with."""

    class Meta:
        model = Account
        fields = ["username", "email"]

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip().lower()
        if Account.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(_("This log-in name is taken."))
        return name


class LeavingForm(forms.Form):
    left_on = day_field(gettext_lazy("No longer works here from"))


class BranchForm(forms.ModelForm):
    """A new branch, below another."""

    parent = forms.ChoiceField(label=gettext_lazy("Lies below"))
    opened_on = day_field(gettext_lazy("Opens on"))

    class Meta:
        model = Branch
        fields = ["code", "name", "kind"]

    field_order = ["parent", "code", "name", "kind", "opened_on"]

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [("", _("Choose a branch")), *branch_choices(access)]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [c for c in Branch.Kind.choices if c[0] != Branch.Kind.HEAD_OFFICE]  # type: ignore[attr-defined]
        self.fields["opened_on"].initial = access.on

    def clean_parent(self) -> Branch:
        return Branch.objects.select_related("lender").get(pk=int(self.cleaned_data["parent"]))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        parent = data.get("parent")
        if parent and data.get("kind") and not places.may_hang_below(data["kind"], parent):
            self.add_error("kind", _("A branch of this kind can't lie below %(parent)s.") % {"parent": parent})
        if parent and data.get("code") and Branch.objects.filter(lender=parent.lender, code=data["code"]).exists():
            self.add_error("code", _("There is a branch with this code already."))
        return data


class BranchNameForm(forms.ModelForm):
    class Meta:
        model = Branch
        fields = ["name"]


class MoveForm(forms.Form):
    """Another place in the tree from a date."""

    parent = forms.ChoiceField(label=gettext_lazy("Lies below"))
    on = day_field(gettext_lazy("From"))

    def __init__(self, *args: Any, access: Access, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch
        kept = [
            other
            for other in Branch.objects.kept_by(access).filter(lender=branch.lender, closed_on__isnull=True).exclude(pk=branch.pk)
            if places.may_hang_below(branch.kind, other)
        ]
        self.fields["parent"].choices = [("", _("Choose a branch")), *branch_choices(access, kept)]  # type: ignore[attr-defined]
        self.fields["on"].initial = access.on
        self.fields["on"].help_text = _("Figures of earlier days keep the tree of their day.")

    def clean_parent(self) -> Branch:
        return Branch.objects.get(pk=int(self.cleaned_data["parent"]))

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day < self.branch.opened_on:
            raise forms.ValidationError(_("The branch opened later than this day."))
        return day


class CloseForm(forms.Form):
    on = day_field(gettext_lazy("Closed from"))
