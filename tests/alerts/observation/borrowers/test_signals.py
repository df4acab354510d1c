"""What courts, registers and news tell, who owns and runs the borrower, and whether it can be reached."""

from datetime import date, timedelta
from decimal import Decimal

from tests.observed import assert_carried_is_fresh

DAY = date(2026, 9, 28)
YEAR_AGO = date(2025, 9, 28)
LAST_WEEK = date(2026, 9, 21)


def test_courts(house, years):
    def told(*signals: tuple, who=None):
        made = who or house.borrower()
        for topic, on, named in signals:
            house.signal(made, topic, on, **named)
        return made

    worth = {"total_assets": 300, "total_liabilities": 200, "equity": 100}
    suit = ("lawsuit", LAST_WEEK, {"amount": 5})
    house.check(DAY, [
        ("five percent", told(suit, who=years(worth)), "litigation_share", 0.05),
        ("of two currencies one counts", told(suit, ("lawsuit", DAY, {"amount": 9, "currency": "USD"}), who=years(worth)), "litigation_share", 0.05),
        ("no amount told", told(("lawsuit", DAY, {}), who=years(worth)), "litigation_share", None),
        ("settled today", told(("lawsuit", LAST_WEEK, {"amount": 5, "to_on": DAY}), who=years(worth)), "litigation_share", 0.0),
        ("settled tomorrow", told(("lawsuit", LAST_WEEK, {"amount": 5, "to_on": DAY + timedelta(days=1)}), who=years(worth)), "litigation_share", 0.05),
        ("a year ago", told(("lawsuit", YEAR_AGO, {"amount": 5})), "lawsuits_12m", 0),
        ("within the year", told(("lawsuit", YEAR_AGO + timedelta(days=1), {"amount": 5})), "lawsuits_12m", 1),
        ("no net assets", told(suit, who=years({"equity": -1})), "litigation_share", None),
        ("a lender sues", told(("lender_sues", DAY, {})), "sued_by_lenders_12m", 1),
        ("five percent of the exposure", told(("enforcement", LAST_WEEK, {"amount": 50_000})), "enforcement_share", 0.05),
        ("a case without amount", told(("enforcement", LAST_WEEK, {})), "enforcement_share", None),
        ("it is a case all the same", told(("enforcement", LAST_WEEK, {})), "enforcement_cases", 1),
        ("nothing told", house.borrower(), "enforcement_share", 0.0),
        ("on the list", told(("dishonest_debtor", date(2020, 1, 1), {})), "on_debtor_list", True),
        ("taken off", told(("travel_ban", date(2020, 1, 1), {"to_on": DAY})), "on_debtor_list", False),
        ("a rumour in the news", told(("dishonest_debtor", DAY, {"kind": "news", "confidence": "rumour"})), "on_debtor_list", False),
        ("half the accounts", told(("account_frozen", DAY, {"share": 99})), "account_frozen", "partial"),
        ("all of them", told(("account_frozen", DAY, {"share": 100})), "account_frozen", "full"),
        ("a tenth of the exposure", told(("account_deducted", DAY, {"amount": 100_000})), "deducted_share", 0.1),
        ("the tax office is silent", house.borrower(), "tax_trouble", None),
        ("the register is silent", house.borrower(), "penalties_12m", None),
    ])  # fmt: skip


def test_tax_office_authorities_news_and_employer(house, years):
    def told(*signals: tuple, who=None, kind="registry"):
        made = who or house.borrower()
        for topic, on, named in signals:
            house.signal(made, topic, on, **{"kind": kind, **named})
        return made

    worth = {"total_assets": 300, "total_liabilities": 200, "equity": 100}
    news = {"kind": "news"}
    house.check(DAY, [
        ("nothing told", house.borrower(), "tax_trouble", "none"),
        ("invoices", told(("abnormal_invoice", DAY, {}), kind="tax"), "tax_trouble", "invoices"),
        ("arrears", told(("tax_arrears", DAY, {}), ("abnormal_invoice", DAY, {}), kind="tax"), "tax_trouble", "arrears"),
        ("paid", told(("tax_arrears", LAST_WEEK, {"to_on": DAY}), kind="tax"), "tax_trouble", "none"),
        ("illegal", told(("tax_case", DAY, {}), ("tax_arrears", DAY, {}), kind="tax"), "tax_trouble", "illegal"),
        ("a fine of one percent", told(("penalty", DAY, {"amount": 1}), who=years(worth)), "penalty_share", 0.01),
        ("no statement", told(("penalty", DAY, {"amount": 1})), "penalty_share", None),
        ("recall", told(("product_recall", DAY, {})), "regulator_order", "recall"),
        ("licence", told(("licence_withdrawn", DAY, {}), ("product_recall", DAY, {})), "regulator_order", "stopped"),
        ("listed today", told(("abnormal_operation", DAY, {})), "abnormal_operation_days", 1),
        ("listed for 31 days", told(("abnormal_operation", DAY - timedelta(days=30), {})), "abnormal_operation_days", 31),
        ("cured", told(("abnormal_operation", LAST_WEEK, {"to_on": DAY})), "abnormal_operation_days", 0),
        ("serious", told(("serious_violation", LAST_WEEK, {})), "serious_violation", True),
        ("outlook", told(("rating_outlook", LAST_WEEK, {})), "negative_outlook", True),
        ("one item", told(("adverse_news", DAY, news)), "adverse_news_weight_90d", 1),
        ("not confirmed", told(("adverse_news", DAY, {**news, "confidence": "probable"})), "adverse_news_weight_90d", 0),
        ("a strike weighs two", told(("strike", DAY, news)), "adverse_news_weight_90d", 2),
        ("fraud weighs four", told(("fraud", DAY, {"kind": "court"})), "adverse_news_weight_90d", 4),
        ("the ninetieth day", told(("adverse_news", DAY - timedelta(days=89), news)), "adverse_news_weight_90d", 1),
        ("ninety days ago", told(("adverse_news", DAY - timedelta(days=90), news)), "adverse_news_weight_90d", 0),
        ("watched", told(("employer_watched", DAY, {})), "employer_trouble", "watched"),
        ("closed", told(("employer_closed", DAY, {}), ("wage_delay", DAY, {})), "employer_trouble", "closed"),
    ])  # fmt: skip


def test_owners_and_managers(house):
    def told(*signals: tuple):
        made = house.borrower()
        for topic, on, named in signals:
            house.signal(made, topic, on, **{"kind": "registry", **named})
        return made

    house.check(DAY, [
        ("a quarter", told(("control_change", DAY, {"share": 25})), "shares_changed_12m", 0.25),
        ("in two steps", told(("control_change", DAY, {"share": 25}), ("control_change", LAST_WEEK, {"share": 80})), "shares_changed_12m", 1.0),
        ("agreed", told(("control_change", DAY, {"share": 25, "consented": True})), "control_change", "none"),
        ("the share is not told", told(("control_change", DAY, {})), "shares_changed_12m", None),
        ("the change is", told(("control_change", DAY, {})), "control_change", "shares"),
        ("legal representative", told(("legal_rep_changed", DAY, {})), "control_change", "legal_rep"),
        ("controller", told(("controller_changed", DAY, {}), ("legal_rep_changed", DAY, {})), "control_change", "controller"),
        ("a year ago", told(("controller_changed", YEAR_AGO, {})), "control_change", "none"),
        ("three heads", told(*[("person_change", DAY, {})] * 2, ("legal_rep_changed", DAY, {"consented": True})), "key_person_changes_12m", 3),
        ("frozen", told(("shares_frozen", LAST_WEEK, {})), "shares_frozen", True),
        ("released", told(("shares_frozen", LAST_WEEK, {"to_on": DAY})), "shares_frozen", False),
        ("moved", told(("address_change", DAY, {})), "registry_change", "address_scope"),
        ("reduced", told(("capital_reduced", DAY, {"share": 20})), "registry_change", "capital"),
        ("by a fifth", told(("capital_reduced", DAY, {"share": 20})), "capital_cut_12m", 0.2),
        ("deregistration", told(("deregistration", YEAR_AGO, {})), "registry_change", "deregistration"),
        ("nothing", house.borrower(), "registry_change", "none"),
        ("courts are silent", house.borrower(), "lawsuits_12m", None),
        ("no contact is on record", house.borrower(), "failed_contacts_60d", None),
    ])  # fmt: skip


def test_contacts_that_failed(house):
    def tried(*attempts: tuple):
        made = house.borrower()
        for on, channel, *named in attempts:
            house.contact(made, on, channel, **(named[0] if named else {}))
        return made

    call, letter = (DAY, "telephone"), (LAST_WEEK, "letter")
    house.check(DAY, [
        ("two channels", tried(call, letter), "failed_contacts_60d", 2),
        ("one channel", tried(call, (LAST_WEEK, "telephone")), "failed_contacts_60d", 0),
        ("reached since", tried(letter, (LAST_WEEK, "telephone"), (DAY, "visit", {"reached": True})), "failed_contacts_60d", 0),
        ("reached before", tried(call, letter, (date(2026, 9, 20), "visit", {"reached": True})), "failed_contacts_60d", 2),
        ("the sixtieth day", tried(call, (DAY - timedelta(days=59), "letter")), "failed_contacts_60d", 2),
        ("sixty days ago", tried(call, (DAY - timedelta(days=60), "letter")), "failed_contacts_60d", 0),
        ("closed premises", tried((DAY, "visit", {"premises_closed": True})), "premises_closed", True),
        ("nobody tried", house.borrower(), "failed_contacts_60d", 0),
    ])  # fmt: skip


def test_carried_signals_are_those_computed_afresh(house, years):
    second, third, fourth = date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 1)
    suit, settled, late, withdrawn, news, unreached = (house.borrower() for _ in range(6))
    house.signal(suit, "lawsuit", date(2025, 9, 29), amount=5)
    house.signal(settled, "enforcement", LAST_WEEK, amount=7, to_on=third)
    house.signal(late, "tax_arrears", LAST_WEEK, kind="tax", known_from=second)
    first = house.signal(withdrawn, "dishonest_debtor", LAST_WEEK)
    house.signal(withdrawn, "dishonest_debtor", LAST_WEEK, reference=first.reference, revision=2, withdrawn=True, known_from=third)
    house.signal(news, "strike", third - timedelta(days=90), kind="news")
    house.contact(unreached, second - timedelta(days=60), "telephone")
    house.contact(unreached, DAY, "visit")
    seen = []
    for day in (DAY, second, third, fourth):
        house.close(day)
        assert_carried_is_fresh(house.lender, day)
        rows = [house.seen(b, day) for b in (suit, settled, late, withdrawn, news, unreached)]
        seen.append((rows[0].lawsuits_12m, rows[1].enforcement_amount, rows[2].tax_trouble, rows[3].on_debtor_list, rows[4].adverse_news_weight_90d,
                     rows[5].failed_contacts_60d))  # fmt: skip
    assert seen == [
        (1, Decimal(7), None, True, 2, 2), (0, Decimal(7), "arrears", True, 2, 0), (0, Decimal(0), "arrears", False, 0, 0),
        (0, Decimal(0), "arrears", False, 0, 0),
    ]  # fmt: skip
