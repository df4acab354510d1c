"""How the bank's own people do their work. None of these alerts is shown to the person concerned."""

from alerts.observation.fields import gettext_noop as _
from alerts.rulebook.seeds.seed import NBFC_PROJECT, ON_RECORD, PORTFOLIO_PROJECT, PRACTICE, PROPOSED, Confidence, Seed

SEEDS = (
    Seed(
        code="PRC-01",
        name=_("Inspection overdue"),
        text=(
            "# A loan that no plan of inspections covers has no day to be late against and can't be judged: \"never inspected\" is not asked.\n"
            "yellow when inspection_overdue_days > 5\norange when inspection_overdue_days > 15\nred    when inspection_overdue_days > 30"
        ),
        why=_("A loan that nobody visits tells its troubles too late, and the duty of care cannot be shown afterwards."),
        look_at=_("Carry out the overdue inspection. Ask the account manager what stood in the way, and whether the load is too great."),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        staff_conduct=True,
    ),
    Seed(
        code="PRC-02",
        name=_("What the rules need is missing"),
        text=(
            "# One reporting period is 31 days. Red: neither schedule nor overdue status of the loan has come for five days.\n"
            "yellow when inputs_missing >= 1 and inputs_missing_days > 31\n"
            "orange when inputs_missing >= 1 and inputs_missing_days > 62 or inputs_missing >= 3 and inputs_missing_days > 31\n"
            "red    when days_past_due is empty and inputs_missing_days >= 5"
        ),
        why=_("A rule that cannot be evaluated is silent, and silence is easily taken for good news."),
        look_at=_(
            "See which input is missing and who owns it. Fetch it on the next visit, or have the feed mended, and judge the loan by hand "
            "until it has come."
        ),
        basis=PORTFOLIO_PROJECT,
        confidence=Confidence.MEDIUM,
        staff_conduct=True,
    ),
    Seed(
        code="PRC-03",
        name=_("Pictures copied from another visit"),
        text=("yellow when copied_pictures_90d >= 1\norange when copied_pictures_90d >= 2\nred    when preloan_pictures_90d >= 1"),
        why=_("A picture used twice means that one of the visits did not take place, and with it every answer of that report."),
        look_at=_(
            "Put the two pictures side by side with place and time. Have another person repeat the visits in question, and look at the "
            "manager's other reports of the quarter before you speak with him."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="staff",
        staff_conduct=True,
        event=True,
    ),
    Seed(
        code="PRC-04",
        name=_("Reports copied from one another"),
        text=(
            "yellow when copied_words_worst_90d > 60%\norange when copied_words_worst_90d > 80%\nred    when copied_words_reports_90d >= 5"
        ),
        why=_("Two firms are never described by the same sentences, unless nobody looked at the second one."),
        look_at=_(
            "Read the reports that are alike beside each other: which facts are of this borrower alone? Ask the manager to tell three of the "
            "visits from memory."
        ),
        basis=PRACTICE,
        confidence=Confidence.MEDIUM,
        grain="staff",
        staff_conduct=True,
        event=True,
    ),
    Seed(
        code="PRC-05",
        name=_("Routes that nobody can have travelled"),
        text="yellow when impossible_routes_30d >= 1\norange when impossible_routes_30d >= 2\nred    when impossible_routes_30d >= 3",
        why=_("Two visits an hour apart and two hundred kilometres between them: one of them was written at the desk."),
        look_at=_(
            "Check place and time of the pictures against calendar and travel costs. A telephone without reception can be the reason; ask "
            "the borrower when the visit was."
        ),
        basis=PROPOSED,
        grain="staff",
        staff_conduct=True,
        event=True,
    ),
    Seed(
        code="PRC-06",
        name=_("Verifiers often change the answers"),
        text="yellow when disagreement_share_90d > 10%\norange when disagreement_share_90d > 20%\nred    when disagreement_share_90d > 35%",
        why=_("Answers that a second pair of eyes turns round are either careless or kind to the borrower."),
        look_at=_(
            "Sort the changed answers by check point and direction: always better than found? Go along on two visits, and train or move the "
            "manager."
        ),
        basis=PROPOSED,
        grain="staff",
        staff_conduct=True,
    ),
    Seed(
        code="PRC-07",
        name=_("Verifier agrees with everything in seconds"),
        text=(
            "# Whether it goes on for a second quarter is not asked: the figures are of 90 days.\n"
            "yellow when review_seconds_90d < 5 and review_agreement_90d > 99%"
        ),
        why=_("A check that takes three seconds and never disagrees protects nobody and hides behind four eyes."),
        look_at=_("Have ten of the verified reports verified again by somebody else. Look at how many checks fall on one person in a day."),
        basis=PROPOSED,
        grain="staff",
        staff_conduct=True,
    ),
    Seed(
        code="PRC-08",
        name=_("Defaults that no report foretold"),
        text="orange when surprise_defaults_12m >= 1\nred    when surprise_defaults_12m >= 3",
        why=_("A loan that falls into arrears weeks after a report of no problem was not looked at, or was looked at with closed eyes."),
        look_at=_(
            "Read the last report of each of these loans with what is known today: what could have been seen? Draw ten current reports of the "
            "same manager for a second visit."
        ),
        basis=PROPOSED,
        grain="staff",
        staff_conduct=True,
        event=True,
    ),
    Seed(
        code="PRC-09",
        name=_("False alarms that were none"),
        text=(
            "yellow when benign_default_share_12m > 5%\norange when benign_default_share_12m > 10%\nred    when benign_default_share_12m > 20%"
        ),
        why=_("Who closes warnings as false alarms to have peace turns the whole rulebook off, one alert at a time."),
        look_at=_(
            "Read the reasons given for each of these closures and what the verifier saw of them. Let the person's next false alarms be "
            "verified by the risk officer without exception."
        ),
        basis=NBFC_PROJECT,
        confidence=Confidence.MEDIUM,
        grain="staff",
        staff_conduct=True,
    ),
    Seed(
        code="PRC-10",
        name=_("Entries made late"),
        text="yellow when late_entry_share_90d > 10%\norange when late_entry_share_90d > 25%",
        why=_("What is entered days afterwards can be arranged to fit; a payment that becomes known late hides arrears meanwhile."),
        look_at=_(
            "Compare the late entries with the vouchers and with the days before a close. Is it one kind of entry, one borrower, or a person "
            "with too much to do?"
        ),
        basis=PROPOSED,
        grain="staff",
        staff_conduct=True,
    ),
    Seed(
        code="PRC-11",
        name=_("Nobody is responsible for the loan"),
        text=(
            "# Empty: nobody has ever been responsible. From the first full month on that is the worst case.\n"
            "yellow when handover_gap_days >= 1\n"
            "orange when handover_gap_days >= 5\n"
            "red    when handover_gap_days >= 15 or (handover_gap_days is empty and months_on_book >= 1)"
        ),
        why=_("Loans fall through between the one who left and the one who was never named; nobody calls, visits or answers."),
        look_at=_(
            "Name a manager today and have the file handed over with open tasks and promises. Introduce the new manager to the borrower, and "
            "see the collateral on the same occasion."
        ),
        basis=ON_RECORD,
        confidence=Confidence.MEDIUM,
        staff_conduct=True,
    ),
    Seed(
        code="PRC-12",
        name=_("A worse class waits for a decision"),
        text=(
            "# The days alone count; whether the end of a quarter has passed meanwhile is not asked.\n"
            "yellow when class_wait_days > 10\norange when class_wait_days > 20\nred    when class_wait_days > 30"
        ),
        why=_("A downgrade that lies in a tray past the end of the quarter falsifies provisions and reports."),
        look_at=_(
            "Ask each step where the proposal lies and what is missing. Decide before the end of the quarter; if there are doubts, take the "
            "worse class and note the reason."
        ),
        basis=_("China, risk classification order No. 1 of 2023: classes are decided in time. The days are our own proposal."),
        confidence=Confidence.MEDIUM,
        staff_conduct=True,
    ),
)
