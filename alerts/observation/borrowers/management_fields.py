"""The fields about who owns and runs the borrower, and whether it can be reached."""

from functools import partial

from alerts.observation.borrowers.signals_fields import REGISTER, SIGNALS_DESK
from alerts.observation.fields import COUNT, MANAGER, SHARE, WORD, YES_NO, Field, Kind, gettext_noop

CONTACTS = gettext_noop("Record of contacts")
CONTROL_CHANGES = (
    ("none", gettext_noop("No change")),
    ("shares", gettext_noop("Shares changed hands")),
    ("legal_rep", gettext_noop("Legal representative changed")),
    ("controller", gettext_noop("Controller changed")),
)
REGISTRY_CHANGES = (
    ("none", gettext_noop("No change")),
    ("address_scope", gettext_noop("Address moved or business scope changed")),
    ("capital", gettext_noop("Capital reduced")),
    ("deregistration", gettext_noop("Deregistration announced")),
)
_NO_REGISTER = gettext_noop("No register or authority has told the lender anything yet.")
_NO_CONTACTS = gettext_noop("Nobody of the lender has recorded a contact yet.")

_register = partial(Field, grain="borrower", inputs=REGISTER, owner=SIGNALS_DESK)

MANAGEMENT_FIELDS = (
    _register(
        name="control_change", indicator="MGT-01", kind=Kind.CHOICE, unit=WORD, sample="legal_rep", values=CONTROL_CHANGES,
        label=gettext_noop("Change of control without consent"), empty=_NO_REGISTER,
        meaning=gettext_noop("The worst change of twelve months to which the lender had not agreed."),
    ),
    _register(
        name="shares_changed_12m", indicator="MGT-01", kind=Kind.RATIO, unit=SHARE, sample="0.3", label=gettext_noop("Shares that changed hands"),
        empty=gettext_noop("No register has told the lender anything yet, or it told of a change without its share."),
        meaning=gettext_noop("Share of the capital that changed hands in twelve months without the lender's consent."),
    ),
    _register(
        name="key_person_changes_12m", indicator="MGT-02", kind=Kind.INT, unit=COUNT, sample="3", label=gettext_noop("Changes of key persons"),
        empty=_NO_REGISTER, meaning=gettext_noop("Changes of legal representative, directors and head of finance in twelve months."),
    ),
    _register(
        name="shares_frozen", indicator="MGT-05", kind=Kind.BOOL, unit=YES_NO, sample="yes", label=gettext_noop("Controller's shares frozen"),
        empty=_NO_REGISTER, meaning=gettext_noop("Whether a court has frozen shares in the borrower and not released them."),
    ),
    _register(
        name="registry_change", indicator="MGT-06", kind=Kind.CHOICE, unit=WORD, sample="capital", values=REGISTRY_CHANGES,
        label=gettext_noop("Change in the company register"), empty=_NO_REGISTER,
        meaning=gettext_noop("The worst of twelve months; a deregistration counts until it is taken back."),
    ),
    _register(
        name="capital_cut_12m", indicator="MGT-06", kind=Kind.RATIO, unit=SHARE, sample="0.2", label=gettext_noop("Capital reduced by"),
        empty=gettext_noop("No register has told the lender anything yet, or it told of a reduction without its share."),
        meaning=gettext_noop("Share of the capital by which it was reduced in twelve months."),
    ),
)  # fmt: skip
CONTACT_FIELDS = (
    Field(
        name="failed_contacts_60d", grain="borrower", indicator="MGT-04", kind=Kind.INT, unit=COUNT, inputs=CONTACTS, owner=MANAGER, sample="4",
        label=gettext_noop("Contacts that failed"), empty=_NO_CONTACTS,
        meaning=gettext_noop("Attempts of 60 days that did not reach the borrower, since it was last reached; 0 while they all went through one channel."),
    ),
    Field(
        name="premises_closed", grain="borrower", indicator="MGT-04", kind=Kind.BOOL, unit=YES_NO, inputs=CONTACTS, owner=MANAGER, sample="yes",
        label=gettext_noop("Premises found closed"), empty=_NO_CONTACTS,
        meaning=gettext_noop("Whether somebody stood before closed premises within 60 days, and the borrower has not been reached since."),
    ),
)  # fmt: skip
