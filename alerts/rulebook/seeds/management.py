"""Who owns and leads the borrower, and whether they can be found."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import NBFC_PROJECT, PRACTICE, WARNING_LISTS, Confidence, Seed

SEEDS = (
    Seed(
        code="MGT-01",
        name=_("Control changed without our consent"),
        text=(
            "yellow when control_change = shares\n"
            "orange when shares_changed_12m >= 25% or control_change = legal_rep\n"
            "red    when shares_changed_12m > 50% or control_change = controller"
        ),
        why=_("We lent to people we knew; new owners may have other plans, other debts and no guarantee with us."),
        look_at=_(
            "Meet the new owner in person and ask for the purchase contract, price and source of the money. Renew personal guarantees, and "
            "check the clause on change of control."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
    Seed(
        code="MGT-02",
        name=_("Key persons come and go"),
        text="yellow when key_person_changes_12m >= 2\norange when key_person_changes_12m >= 3\nred    when key_person_changes_12m >= 4",
        why=_("Those who see the books first are the first to leave; a third change in a year is no coincidence."),
        look_at=_(
            "Talk with the person who left, if you can reach him. Ask the new head of finance what he found, and who may sign at the bank "
            "now."
        ),
        basis=WARNING_LISTS,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
    Seed(
        code="MGT-03",
        name=_("The owner's own credit suffers"),
        text=(
            "yellow when owner_dpd >= 1 or owner_new_loans >= 3\n"
            "orange when owner_dpd > limit.past_due_watch\n"
            "red    when owner_dpd > limit.past_due_substandard"
        ),
        why=_("In a small firm the owner's purse and the till are one; he borrows for it himself when no bank does."),
        look_at=_(
            "Ask what the personal loans were for and who pays their instalments. Add them to the firm's debts, and ask about gambling, "
            "guarantees and family matters with tact."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="MGT-04",
        name=_("The borrower can't be reached"),
        text=(
            "yellow when failed_contacts_60d >= 2\n"
            "orange when failed_contacts_60d >= 4\n"
            "red    when failed_contacts_60d >= 6 or premises_closed"
        ),
        why=_("Who does not answer by telephone, message or at the door has usually decided whom to pay, and it is not us."),
        look_at=_(
            "Go there at working hours without notice. Speak with landlord, neighbours and guarantor; if the place is closed, secure movable "
            "collateral the same day."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="MGT-05",
        name=_("The controller's shares are pledged or frozen"),
        text="yellow when shares_pledged_share > 50%\norange when shares_pledged_share > 80%\nred    when shares_frozen",
        why=_("An owner who has pledged his shares has little left to lose and another creditor who may take over the firm."),
        look_at=_(
            "Ask for whose debt the shares stand, with which lender, and at which price or date they are taken. Read the register for other "
            "holdings of the controller."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
    ),
    Seed(
        code="MGT-06",
        name=_("Capital, address or business changed in the register"),
        text=(
            "yellow when registry_change = address_scope\n"
            "orange when registry_change = capital and capital_cut_12m >= 20%\n"
            "red    when registry_change = deregistration"
        ),
        why=_("A firm that moves away, shrinks its capital or prepares its end does so before its creditors are told."),
        look_at=_(
            "See the new address and what is left at the old one. On a notice of capital reduction or deregistration file our claim within the "
            "period of the notice."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="borrower",
        event=True,
    ),
    Seed(
        code="MGT-07",
        name=_("Visits are put off or refused"),
        text=(
            "yellow when visits_postponed_12m >= 1\n"
            "orange when visits_postponed_12m >= 2\n"
            "red    when visits_postponed_12m >= 3 or visits_refused_12m >= 1"
        ),
        why=_("Sound firms like to show their shop; who keeps the bank out has something that should not be seen."),
        look_at=_(
            "Come unannounced together with a second person. Remind of the duty to give access in the contract, and have the branch head "
            "call if the door stays closed."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
    ),
)
