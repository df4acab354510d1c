"""The parameters a new lender starts with. Every number has a source and a confidence; each may be changed under four eyes."""

from datetime import date

from loanwatch.lenders.models import Lender, Parameter, Product, ProductTerms
from loanwatch.lenders.pack_files import GENERIC, packs

EPOCH = date(1990, 1, 1)
SHIPPED = [
    # key, value, source, confidence
    (
        "class.days_past_due",
        # risk class by days past due: a loan with more days than the number is at least this class
        [{"over": 0, "class": "special_mention"}, {"over": 90, "class": "substandard"}, {"over": 270, "class": "doubtful"}, {"over": 360, "class": "loss"}],
        "CN Measures for Risk Classification of Financial Assets, Order [2023] No. 1",
        "medium",
    ),
    ("buckets.days_past_due", [1, 30, 60, 90], "House reporting buckets: 1-29, 30-59, 60-89, 90+", "own"),
    ("arrears.materiality_minor", 0, "Off: every unpaid hundredth counts (proposal)", "own"),
    ("arrears.materiality_percent", 0.0, "Off; CRR Art. 178 knows 1 % of the outstanding amount, to be exceeded as well as the absolute limit", "own"),
    ("arrears.grace_days", 0, "Off: the day after the due date is day 1 (proposal)", "own"),
    ("arrears.convention", "none", "Off: a due date on a holiday stays where it is (proposal)", "own"),
    ("arrears.allocation_order", ["fee", "interest", "principal"], "Within a demand; the oldest demand first (proposal)", "own"),
    ("restructure.observation_months", 12, "CN Order [2023] No. 1: at least one year and two repayment periods", "medium"),
    (
        "valuation.allowed_days",
        {"commercial_property": 365, "residential_property": 1095, "equipment": 365, "inventory": 90, "receivables": 30, "shares": 1,
         "vehicle": 365, "other": 365},
        "CRR Art. 208(3) for property; house practice otherwise",
        "medium",
    ),
    ("extension.edge_days", [[25, 30], [80, 90]], "Indicator MSK-03 (proposal)", "low"),
    ("inspection.size_limits", {"large": 5000000, "medium": 1000000}, "House practice, lender's currency", "low"),
    ("inspection.task_days", {"opens_before": 14, "shortest_notice": 10, "missed_first": 31, "spread": 80},
     "House practice: when a task appears, what is left to the manager, when a plan comes late (proposal)", "low"),
    ("inspection.verify_days", {"special": 2, "routine": 5, "first": 5}, "House practice: days from submission to verification (proposal)", "low"),
    ("agencies.score_weights", {"on_time": 30, "first_time": 20, "quality": 30, "agreement": 20},
     "House practice: what an agency's score is made of, in parts of its sum (proposal)", "own"),
    ("evidence.pictures",
     {"shades": 0.95, "outlines": 0.96, "old_days": 2, "far_metres": 500, "together_points": 4, "together_seconds": 60},
     "Indicator PRC-03 for the age; correlations measured in docs/evidence.md (own proposal)", "own"),
    ("evidence.places",
     {"far_metres": 500, "kmh": 100, "same_seconds": 120, "clock_seconds": 600, "hurried_points": 10, "seconds_per_point": 3},
     "Indicator PRC-05 for distance and speed; otherwise own proposal", "low"),
    ("evidence.words", {"likeness": 0.6, "contained": 0.85, "least": 40, "house": 3},
     "Indicator PRC-04: likeness of the words of two reports of a person (own proposal)", "own"),
    ("evidence.figures",
     {"jump_percent": 100, "words": 8, "identical": 5, "days": 60, "fell_percent": 40, "power_percent": 70, "sales_times": 3},
     "House practice: figures of a visit against the accounts and the last visit (own proposal)", "own"),
    ("rating.allowed_days", 365, "House practice: an internal rating is renewed every year", "low"),
    ("maturity.notice_days", {"short": 7, "long": 30},
     "CN practice: a week before a loan of up to a year, a month before a longer one; a product kind may be named", "medium"),
    (
        "deadline.days_before",
        # days before something falls due that it appears on the list
        {"revaluation": 30, "insurance": 30, "registration": 180, "covenant_test": 45, "document": 30, "paper_return": 3, "rating": 30,
         "certificate": 60, "guarantee": 180, "facility": 60, "condition": 14},
        "Indicators COL-05 and COL-11 for insurance, registration and guarantees; otherwise house practice (proposal)",
        "low",
    ),
    ("limits.sector", {}, "None set: industry -> most outstanding, in the lender's currency (to be set by the bank)", "own"),
    ("conduct.least_points", {"verified": 20, "reviewed": 50}, "Indicators PRC-06 and PRC-07: fewer points say nothing of a person (proposal)", "low"),
    ("observation.keep_days", 90, "House practice: daily observations are kept 90 days, those of month-ends for ever (proposal)", "own"),
    ("promise.paid_share", 0.95, "Indicator REP-12: a promise is kept when at least this share of it came in (proposal)", "low"),
    (
        "proceeds.forbidden",
        # kinds of payee that loan money must not go to, by product kind
        {"default": ["securities", "property", "wealth", "lender"], "mortgage": ["securities", "wealth", "lender"]},
        "CN practice, indicator USE-02: credit must not flow into securities, property, wealth products or lending",
        "medium",
    ),
    ("proceeds.entrusted_limit", {"default": 10000000, "personal_business": 500000, "consumer": 300000},
     "CN lending measures: payments above it are made by the lender to the payee; figures of 2024 not confirmed", "low"),
    ("proceeds.proven_share", 0.8, "Indicator USE-04: share of the loan that is to be proven by contract, invoice or receipt (proposal)", "low"),
    ("insurance.required_kinds", ["residential_property", "commercial_property", "equipment", "inventory", "vehicle"],
     "Indicator COL-05: what can burn or be stolen is insured (proposal)", "low"),
    ("masking.large_repayment", 0.3, "Indicator MSK-01: a repayment of one day from this share of the loan is asked where it came from (proposal)", "low"),
    ("statements.idle_cash", {"cash": 0.2, "debt": 0.4, "interest": 0.005},
     "Indicator FIN-14 (proposal): cash and borrowings over assets, interest over mean cash", "low"),
    ("figures.current_days", 400, "Indicators EXT and FIN-18: a figure from outside older than this is none (proposal)", "low"),
    ("group.control_share", 25, "Indicator GRP-01: percent of the shares from which somebody controls", "medium"),
    ("group.most_sharing", 20, "Indicator GRP-04 (proposal): a phone, address or person that more borrowers share links nobody", "own"),
    ("news.weights", {"adverse_news": 1, "strike": 2, "accident": 2, "loss": 2, "fraud": 4, "owner_fled": 4}, "Indicator EXT-09 (proposal)", "low"),
    ("alerts.cooldown_days", 30, "House practice: what a person has closed stays closed at the same level (proposal)", "own"),
    ("alerts.reopen_days", 14, "Rule facts D7 (nbfc-early-warning): days after closing within which the same alert opens again", "medium"),
    ("alerts.acknowledge_days", {"red": 1, "orange": 3, "yellow": 5}, "Rule facts D7: working days until somebody has seen an alert (proposal)", "own"),
    ("alerts.escalation_days", {"red": [1, 2, 3], "orange": [1, 3, 5], "yellow": [1, 5, 10]},
     "House practice: working days late until account manager, branch head and credit administration are told (proposal)", "own"),
    ("alerts.hours_per_week", {"per_account_manager": 10, "branches": {}},
     "House practice: hours a week for alerts, of each account manager of the branch; a branch may have hours of its own (proposal)", "own"),
    ("alerts.minutes", {"red": 120, "orange": 60, "yellow": 20}, "House practice: minutes that an alert takes, by level; to be measured (proposal)", "own"),
    ("alerts.default_probability", {"red": 0.2, "orange": 0.08, "yellow": 0.03},
     "House practice: share of alerts of a level that end in default within 12 months, to rank by; replace it by the bank's own rates (proposal)", "low"),
    ("alerts.loss_given_default", 0.45, "Basel II, par. 287, senior unsecured: 45 %; 40 % for corporates since Basel III (2017)", "medium"),
    ("cases.quiet_days", 90, "Rule facts D7 (nbfc-early-warning): days without anything open after which a case closes by itself", "medium"),
    ("rules.quality", {"closed": 20, "retire": 0.1, "tighten": 0.3, "missing": 0.5, "worked_days": 90, "hours": 1.5},
     "House practice: judged alerts, precision and missing data from which a rule is proposed for change; hours of an alert (proposal)", "own"),
    ("reminder.send", True, "Borrowers are reminded of demands (proposal)", "own"),
    ("reminder.days_before", {"default": [7, 1, 0]}, "House practice: a week and a day before the due date, and on it; by product kind (proposal)", "own"),
    ("reminder.days_after", {"default": [1]}, "House practice: once, the day after a demand that was not met; by product kind (proposal)", "own"),
    ("reminder.most_per_week", 7, "KR Act on the Protection of Individual Debtors: at most 7 contacts in 7 days", "medium"),
    ("reminder.quiet_hours", {"from": 21, "until": 8}, "KR Fair Debt Collection Act, Art. 9: none between 21:00 and 08:00", "medium"),
    ("reminder.language", {"default": "en", "CNY": "zh-hans", "KRW": "ko"}, "By currency of the loan, until a borrower names another (proposal)", "own"),
    ("day.automatic", True, "The scheduler closes every business day by itself", "own"),
    ("day.closed_by", {"days_after": 1, "hour": 7, "minute": 0}, "Before the first branch opens on the calendar day after (proposal)", "own"),
    ("findings.due_days", {"minor": 30, "serious": 15, "critical": 5},
     "House practice: working days to put a finding right, by severity, where nobody names a day (proposal)", "own"),
    ("findings.remind_days", {"before": 3, "late": [1, 3, 5]},
     "House practice: working days before the due date, and late until owner, branch head and credit administration are told (proposal)", "own"),
    ("findings.extensions", {"most": 2, "days": 30}, "House practice: how often a due date may be moved, and by how many days at once (proposal)", "own"),
    ("findings.repeated_days", 365, "House practice: the same point within a year of its verification is a repeated finding (proposal)", "own"),
    ("holds.by_hand_days", 180, "House practice: longest hold placed by hand, without a finding (proposal)", "own"),
    ("holds.answer_minutes", 15, "House practice: how long a lending system may rely on an answer about holds (proposal)", "own"),
    ("holds.certificate_days", 3, "House practice: how many days a printed certificate about holds is valid (proposal)", "own"),
    ("four_eyes.two_above", {"CNY": 100_000_000, "KRW": 20_000_000_000, "USD": 15_000_000}, "Above this amount two risk officers verify (proposal)", "own"),
    ("four_eyes.cooling_months", 12, "A former account manager does not verify: reliability rule R32", "own"),
]


def give_defaults(lender: Lender) -> int:
    """Write the shipped parameters, those of the generic pack among them, that `lender` lacks; returns how many were written."""
    present = set(Parameter.objects.filter(lender=lender).values_list("key", flat=True))
    shipped = [(key, value, EPOCH, source, confidence) for key, value, source, confidence in SHIPPED]
    shipped += [(v.key, v.value, v.valid_from, v.source, v.confidence) for v in packs()[GENERIC].applied]
    rows = [
        Parameter(lender=lender, key=key, value=value, valid_from=valid_from, source=source, confidence=confidence)
        for key, value, valid_from, source, confidence in shipped
        if key not in present
    ]
    return len(Parameter.objects.bulk_create(rows))


# Product kind → day count; what is lent to persons in equal instalments counts whole months. Everything else as the parameters ship it.
DAY_COUNTS: dict[str, str] = {Product.Kind.MORTGAGE: "30/360", Product.Kind.CONSUMER: "30/360", Product.Kind.PERSONAL_BUSINESS: "30/360"}
TERMS_SOURCE = "House practice: daily rate = yearly rate / 360 (PBOC, Yinfa [2005] No. 129); due dates stay on holidays (proposal)"


def give_terms(lender: Lender) -> int:
    """Write the shipped terms of those products of `lender` that have none; returns how many were written."""
    rows = [
        ProductTerms(product=product, valid_from=EPOCH, day_count=DAY_COUNTS.get(product.kind, "ACT/360"), source=TERMS_SOURCE)
        for product in Product.objects.filter(lender=lender, terms__isnull=True)
    ]
    return len(ProductTerms.objects.bulk_create(rows))
