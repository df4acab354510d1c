"""What the editor sends: the rule as text or rows, within how many days it is handled, for which loans it counts, and why."""

from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.rulebook.drafting import CODE, LONGEST_CURE, LONGEST_HANDLING, Draft, senseless, why_senseless
from alerts.rulebook.editing.builder import LEVELS, Part, posted, text_of
from alerts.rulebook.errors import RuleError, RuleRefused
from alerts.rulebook.language import parse
from alerts.rulebook.life import SYSTEM
from alerts.rulebook.models import Rule, RuleVersion
from alerts.rulebook.rules import RuleTree
from alerts.rulebook.seeds import HANDLING_DAYS
from borrowers.parties.models import Borrower
from loanwatch.lenders.models import Lender, Product
from loanwatch.people.models import Branch

OWN = "OWN-"
SCOPE = ("products", "segments", "branches")


def _days(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=LONGEST_HANDLING, widget=forms.NumberInput(attrs={"class": "in"}))


def _many() -> forms.SelectMultiple:
    return forms.SelectMultiple(attrs={"class": "in ed-many", "size": 5})


class RuleForm(forms.Form):
    """A draft. `tree` and `errors_in_text` say what became of its text once the form has been asked whether it is valid."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=20)
    grain = forms.ChoiceField(label=gettext_lazy("What it looks at"), choices=Rule.Grain.choices, widget=forms.Select(attrs={"class": "in"}))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    family = forms.CharField(label=gettext_lazy("Family"), max_length=20, required=False)
    staff_conduct = forms.BooleanField(label=gettext_lazy("About the conduct of staff: never shown to the person concerned"), required=False)
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    red = _days(gettext_lazy("Handle red within"))
    orange = _days(gettext_lazy("Handle orange within"))
    yellow = _days(gettext_lazy("Handle yellow within"))
    cure_days = forms.IntegerField(label=gettext_lazy("Closes that stay clear after the first before it counts as cleared"), min_value=0, max_value=LONGEST_CURE)
    hold_days = forms.IntegerField(label=gettext_lazy("Closes that stay lower after the first before a level falls"), min_value=0, max_value=LONGEST_CURE)
    products = forms.MultipleChoiceField(label=gettext_lazy("Products"), required=False, widget=_many())
    segments = forms.MultipleChoiceField(
        label=gettext_lazy("Segments"), required=False, choices=Borrower.Segment.choices, widget=_many()
    )
    branches = forms.CharField(label=gettext_lazy("Branches"), required=False, max_length=400)
    why = forms.CharField(label=gettext_lazy("Why it matters"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "in"}))
    look_at = forms.CharField(
        label=gettext_lazy("What to look at on a visit"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "in"})
    )
    basis = forms.CharField(label=gettext_lazy("On what it rests"), required=False, max_length=120)
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, lender: Lender, rule: Rule | None, initial: dict[str, Any] | None = None):
        if data is not None:
            data = data.copy()
            if rule is not None:
                data["code"], data["grain"] = rule.code, rule.grain
            if data.get("view") == "builder":
                data["text"] = text_of(self.parts_in(data))
        super().__init__(data, initial=initial)
        self.lender, self.rule = lender, rule
        self.tree: RuleTree | None = None
        self.errors_in_text: tuple[RuleError, ...] = ()
        self.fields["products"].choices = list(Product.objects.filter(lender=lender).order_by("code").values_list("code", "name"))  # type: ignore[attr-defined]
        for name in ("code", "name", "family", "branches", "basis", "cure_days", "hold_days"):
            self.fields[name].widget.attrs["class"] = "in"

    @staticmethod
    def parts_in(data: QueryDict) -> tuple[Part, ...]:
        """The rows of the builder."""
        return posted({name: data.getlist(name) for name in data})

    @property
    def rule_text(self) -> str:
        """The rule's text as it stands, with line ends of one sign."""
        return str(self["text"].value() or "").replace("\r\n", "\n").replace("\r", "\n")

    @property
    def named_grain(self) -> str:
        """What the rule looks at; loans, until something known is chosen."""
        grain = str(self["grain"].value())
        return grain if grain in Rule.Grain.values else Rule.Grain.LOAN.value

    def read(self) -> RuleTree | None:
        """The tree of the text, or None with what is wrong in `errors_in_text`."""
        try:
            self.tree, self.errors_in_text = parse(self.rule_text, self.named_grain), ()
        except RuleRefused as refused:
            self.tree, self.errors_in_text = None, refused.errors
        return self.tree

    @property
    def scope_faults(self) -> list[str]:
        """What is wrong with the loans for which it is to count, once the form has been asked whether it is valid."""
        return [str(fault) for name in SCOPE for fault in self.errors.get(name, ())]

    def unjudged(self) -> None:
        """Keeps what was typed and asks nothing of it yet, but where it is to count: the rule is still being written."""
        self._errors: ErrorDict | None = ErrorDict({name: faults for name, faults in self.errors.items() if name in SCOPE})

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip().upper()
        if not CODE.fullmatch(code):
            raise forms.ValidationError(_("A rule's code is capital letters, a dash, and letters or digits: for example OWN-01."))
        if code.startswith(SYSTEM):
            raise forms.ValidationError(_("Codes that begin with SIG- belong to signals of people and inspections; no rule is written under them."))
        if self.rule is None and Rule.objects.filter(lender=self.lender, code=code).exists():
            raise forms.ValidationError(_("There is a rule with the code %(code)s already.") % {"code": code})
        return code

    def clean_branches(self) -> list[str]:
        codes = [code.strip() for code in str(self.cleaned_data["branches"]).replace("，", ",").split(",") if code.strip()]
        known = set(Branch.objects.filter(lender=self.lender, code__in=codes).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise forms.ValidationError(_("There is no branch with the code %(codes)s.") % {"codes": ", ".join(unknown)})
        return codes

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if part := senseless(self.named_grain, products=found.get("products", ()), segments=found.get("segments", ())):
            self.add_error(part, why_senseless(part))
        if (tree := self.read()) is None:
            self.add_error("text", _("The rule can't be read yet. What is wrong stands below it."))
            return found
        for level in tree.levels:
            name = level.name.lower()
            if name not in self.errors and found.get(name) is None:
                self.add_error(name, _("Say within how many working days this level is handled."))
        return found

    def draft(self) -> Draft:
        """What the form says, as far as it says something valid."""
        found = getattr(self, "cleaned_data", {})
        return Draft(
            code=found.get("code", self.rule.code if self.rule else ""), text=self.rule_text, grain=self.named_grain,
            handling_days={level: found[level] for level in LEVELS if found.get(level)},
            name=found.get("name", ""), why=found.get("why", ""), look_at=found.get("look_at", ""), basis=found.get("basis", ""),
            family=found.get("family", ""), staff_conduct=bool(found.get("staff_conduct")), products=tuple(found.get("products", ())),
            segments=tuple(found.get("segments", ())), branches=tuple(found.get("branches", ())),
            cure_days=found.get("cure_days") or 0, hold_days=found.get("hold_days") or 0,
        )  # fmt: skip


def begun(lender: Lender) -> dict[str, Any]:
    """What a new rule's form begins with: the next free code of the lender's own, and the usual days."""
    taken = set(Rule.objects.filter(lender=lender, code__startswith=OWN).values_list("code", flat=True))
    code = next(code for n in range(1, 10_000) if (code := f"{OWN}{n:02}") not in taken)
    return {"code": code, "grain": "loan", "cure_days": 0, "hold_days": 0, "text": "yellow when days_past_due >= 1", "family": _("Own rules")[:20], **HANDLING_DAYS}


def begun_from(rule: Rule, version: RuleVersion | None, seen: str) -> dict[str, Any]:
    """What the form of a rule begins with: its open draft, else the version in force."""
    kept = {name: (getattr(version, name, "") or getattr(rule, name)) for name in ("name", "why", "look_at", "basis")}
    kept |= {"code": rule.code, "grain": rule.grain, "family": rule.family, "staff_conduct": rule.staff_conduct, "seen": seen}
    if version is None:
        return {**begun(rule.lender), **kept}
    scope = {"products": version.products, "segments": version.segments, "branches": ", ".join(version.branches)}
    days = {**HANDLING_DAYS, **version.handling_days}
    return {**kept, **scope, **days, "text": version.text, "cure_days": version.cure_days, "hold_days": version.hold_days}
