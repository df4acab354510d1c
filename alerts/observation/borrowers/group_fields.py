"""The fields about who belongs together with the borrower."""

from functools import partial

from alerts.observation.fields import BOOK, COUNT, CREDIT_ADMIN, DAYS, LOANWATCH, SHARE, WORD, YES_NO, Field, Kind, gettext_noop

GROUPS = gettext_noop("Groups and related parties, and their loans here")
_ALONE = gettext_noop("The borrower belongs to no group and has no controlling party that borrows here.")
_NO_SOURCE = gettext_noop("No court and no news have told the lender anything yet.")
_NO_LINK = gettext_noop("The borrower has no phone, no address and no related party on record.")
INSOLVENCIES = (
    ("none", gettext_noop("Nobody")),
    ("guarantor", gettext_noop("A guarantor")),
    ("parent", gettext_noop("The controller or parent")),
    ("borrower", gettext_noop("The borrower")),
)

_group = partial(Field, grain="borrower", inputs=GROUPS, owner=CREDIT_ADMIN)

GROUP_FIELDS = (
    _group(
        name="group_members", kind=Kind.INT, unit=COUNT, sample="3",
        label=gettext_noop("Others of the same group"),
        empty=gettext_noop("Observed before groups were read."),
        meaning=gettext_noop("Other borrowers in the same declared group, controlled by or controlling this one, or with the same controller."),
    ),
    _group(
        name="group_worst_dpd", indicator="GRP-01", kind=Kind.INT, unit=DAYS, sample="34", label=gettext_noop("Worst days past due in the group"),
        empty=gettext_noop("No other of a group of the borrower borrows here, or their days past due are not known."),
        meaning=gettext_noop("Highest days past due here among the others of the same group."),
    ),
    _group(
        name="group_insolvent", indicator="GRP-01", kind=Kind.BOOL, unit=YES_NO, sample="yes", label=gettext_noop("Insolvency in the group"), empty=_ALONE,
        meaning=gettext_noop("Whether an insolvency or restructuring was filed for one of the others of the same group."),
    ),
    _group(
        name="npl_share", indicator="GRP-02", kind=Kind.RATIO, unit=SHARE, inputs=BOOK, owner=LOANWATCH, sample="0.08",
        label=gettext_noop("Share past 90 days here"),
        meaning=gettext_noop("Share of the borrower's outstanding balance here that is more than 90 days past due; companies only."),
        empty=gettext_noop("The borrower is a person, or nothing is outstanding in the currency of the lender."),
    ),
    _group(
        name="hidden_links", indicator="GRP-04", kind=Kind.INT, unit=COUNT, sample="1", label=gettext_noop("Hidden links to troubled borrowers"), empty=_NO_LINK,
        meaning=gettext_noop(
            "Borrowers outside the group that share phone, address or a related party with this one and are at least special mention "
            "by days past due. What more than a few borrowers share links nobody."
        ),
    ),
    _group(
        name="hidden_link_dpd", indicator="GRP-04", kind=Kind.INT, unit=DAYS, sample="95", label=gettext_noop("Worst days past due behind a hidden link"), empty=_NO_LINK,
        meaning=gettext_noop("Highest days past due among them; 0 when there is none."),
    ),
    _group(
        name="group_limit_used", indicator="GRP-05", kind=Kind.RATIO, unit=SHARE, sample="0.83", label=gettext_noop("Limit of the group used"),
        meaning=gettext_noop("Outstanding balances of all members, in the currency of the limit, over the limit of the group; of several groups the highest."),
        empty=gettext_noop("The borrower is in no declared group, the group has no limit, or a balance of a member is not told."),
    ),
    _group(
        name="insolvency", indicator="EXT-03", kind=Kind.CHOICE, unit=WORD, inputs=gettext_noop("What courts and news tell of borrower, controller and guarantors"),
        sample="guarantor", values=INSOLVENCIES, label=gettext_noop("Insolvency filed"), empty=_NO_SOURCE,
        meaning=gettext_noop(
            "For whom an insolvency or restructuring is filed: the borrower itself, its controller or majority owner, or a guarantor "
            "of one of its loans."
        ),
    ),
)  # fmt: skip
