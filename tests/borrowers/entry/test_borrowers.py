"""A lender without a core system enters borrowers by hand; what was there before a correction is kept."""

from datetime import date

import pytest
from django.urls import reverse

from borrowers.facts import Correction
from borrowers.parties.models import Borrower, BorrowerIdentifier, CustomerGroup, GroupMembership, KeyCustomerTier, RelatedParty
from loanwatch.trail.models import AuditEvent
from tests.borrowers.entry.conftest import TODAY, borrower_data


def test_a_borrower_is_entered_with_numbers_people_group_and_tier(desk):
    desk.borrower(
        "M-1", **{"id-0-kind": "credit_code", "id-0-value": "91320500MA1X", "party-0-kind": "controller", "party-0-name": "Li Hua",
                  "party-0-share": "60", "group_number": "G-1", "group_name": "Works group", "tier": "2"},
    )  # fmt: skip
    found = Borrower.objects.get(number="M-1")
    assert (found.kind, found.segment, found.key_customer, found.entered_by) == ("company", "small", True, desk.people["first"].person)
    assert (found.valid_from, found.known_from) == (date(2026, 1, 5), TODAY)
    assert BorrowerIdentifier.objects.get().value == "91320500MA1X"
    assert RelatedParty.objects.get().share == 60
    assert GroupMembership.objects.get().group == CustomerGroup.objects.get(number="G-1", name="Works group")
    assert KeyCustomerTier.objects.get().tier == 2
    assert AuditEvent.objects.get(event="borrower.entered").subject_id == str(found.pk)


def test_nothing_is_kept_before_the_second_page_is_confirmed(desk):
    answer = desk.browser().post(reverse("entry:borrower_new"), borrower_data())
    assert answer.status_code == 200
    assert "Enter this borrower?" in answer.content.decode()
    assert not Borrower.objects.exists()


def test_change_something_shows_the_form_as_it_was_filled_in(desk):
    page = desk.browser().post(reverse("entry:borrower_new"), {**borrower_data(name="Silk works"), "change": "1"}).content.decode()
    assert "Silk works" in page
    assert not Borrower.objects.exists()


def test_a_fault_loses_nothing_of_what_was_typed(desk):
    answer = desk.enter("borrower_new", borrower_data(kind="person", segment="small", name="Wang Fang", region="Suzhou"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A person has the size Person" in page
    assert all(text in page for text in ("Wang Fang", "Suzhou"))


def test_a_number_that_another_borrower_bears_shows_that_borrower(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "T-77"})
    answer = desk.enter("borrower_new", borrower_data(number="M-2", **{"id-0-kind": "tax", "id-0-value": "T-77"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Borrower M-1 bears this number already." in page
    assert reverse("entry:borrower", args=["M-1"]) in page
    assert Borrower.objects.count() == 1


def test_an_account_manager_learns_the_number_but_not_the_name_of_a_borrower_of_others(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "T-77"})
    page = desk.enter("borrower_new", borrower_data(number="M-2", name="Other", **{"id-0-kind": "tax", "id-0-value": "T-77"}), who="manager")
    assert "Works M-1" not in page.content.decode()
    assert desk.browser("manager").get(reverse("entry:borrower", args=["M-1"])).status_code == 404


def test_a_name_that_is_there_already_is_asked_about_not_refused(desk):
    desk.borrower("M-1", )
    page = desk.browser().post(reverse("entry:borrower_new"), borrower_data(number="M-2", name="works m-1")).content.decode()
    assert "Borrower M-1 has the same name." in page


def test_a_correction_keeps_what_was_there_before(desk):
    desk.borrower("M-1", region="Suzhou", tier="2")
    data = borrower_data(name="Works M-1", region="Wuxi", tier="1", valid_from="2026-06-01")
    assert desk.enter("borrower", data, number="M-1").status_code == 302
    change = Correction.objects.get(field="region")
    assert (change.before, change.after, change.known_from, change.entered_by) == ("Suzhou", "Wuxi", TODAY, desk.people["first"].person)
    tiers = KeyCustomerTier.objects.in_force(date(2026, 7, 1), TODAY).values_list("tier", flat=True)
    assert list(tiers) == [1]
    assert list(KeyCustomerTier.objects.in_force(date(2026, 3, 1), TODAY).values_list("tier", flat=True)) == [2]
    assert AuditEvent.objects.filter(event="borrower.corrected").count() == 1


def test_a_correction_that_says_the_same_writes_nothing(desk):
    desk.borrower("M-1", tier="2", **{"id-0-kind": "tax", "id-0-value": "T-77"})
    data = borrower_data(name="Works M-1", tier="2", **{"id-TOTAL_FORMS": "3", "id-INITIAL_FORMS": "1", "id-0-kind": "tax", "id-0-value": "T-77"})
    assert desk.enter("borrower", data, number="M-1").status_code == 302
    assert not Correction.objects.exists()
    assert KeyCustomerTier.objects.count() == BorrowerIdentifier.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": "a/b"}, "Letters, digits and signs other than"),
        ({"valid_from": "2026-11-21"}, "This day has not come yet"),
        ({"group_number": "G-9"}, "There is no group with this number yet"),
        ({"id-0-kind": "tax"}, "Give both the kind and the number."),
        ({"party-0-kind": "spouse"}, "Give the name."),
        ({"party-0-kind": "spouse", "party-0-name": "X", "party-0-party_number": "M-9"}, "There is no borrower with this number."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(desk, wrong, sentence):
    answer = desk.enter("borrower_new", borrower_data(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_an_auditor_enters_nothing(desk):
    assert desk.enter("borrower_new", borrower_data(), who="auditor").status_code == 403


def test_an_account_manager_enters_borrowers_but_no_loans(desk):
    assert desk.enter("borrower_new", borrower_data(), who="manager").status_code == 302
    assert desk.browser("manager").get(reverse("entry:borrower", args=["M-1"])).status_code == 200
    assert desk.browser("manager").get(reverse("entry:loan_new")).status_code == 403


# What the door of facts refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "Works\u200b"}, "invisible or control character"),
        ({"party-0-kind": "spouse", "party-0-name": "Li\u200bHua"}, "invisible or control character"),
        ({"party-0-kind": "controller", "party-0-name": "Li Hua", "party-0-share": "33.333333"}, "no more than 4 decimal places"),
        (
            {"id-0-kind": "tax", "id-0-value": "T-1", "id-1-kind": "tax", "id-1-value": "T-1", "id-1-to_on": "2026-12-31"},
            "The same thing is told twice, each time otherwise.",
        ),
    ],
)
def test_what_can_not_be_kept_is_a_fault_of_the_form_and_no_failure(desk, wrong, sentence):
    answer = desk.enter("borrower_new", borrower_data(**wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Borrower.objects.exists()


# A line that was wrong -----------------------------------------------------------------------------------------------------------


def lines(prefix: str, *told: dict[str, str]) -> dict[str, str]:
    """Lines that were there when the page was made, as the page sends them back."""
    sent = {f"{prefix}-{place}-{name}": value for place, line in enumerate(told) for name, value in line.items()}
    return sent | {f"{prefix}-TOTAL_FORMS": str(len(told) + 2), f"{prefix}-INITIAL_FORMS": str(len(told))}


def borne(number: str = "M-1") -> list[str]:
    return list(BorrowerIdentifier.objects.known_on(TODAY).filter(borrower__number=number).values_list("value", flat=True))


def test_a_corrected_number_takes_the_place_of_the_wrong_one(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "T-7"})
    page = desk.browser().get(reverse("entry:borrower", args=["M-1"])).content.decode()
    assert '<input type="hidden" name="id-0-was" value="tax T-7"' in page
    data = borrower_data(name="Works M-1", **lines("id", {"kind": "tax", "value": "T-77", "was": "tax T-7"}))
    assert desk.enter("borrower", data, number="M-1").status_code == 302
    assert borne() == ["T-77"]
    assert BorrowerIdentifier.objects.filter(value="T-7").count() == 2, "what was known before is kept"


def test_a_line_that_is_cleared_is_withdrawn(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "T-7", "party-0-kind": "controller", "party-0-name": "Li Hua", "party-0-share": "60"})
    cleared = lines("id", {"kind": "", "value": "", "was": "tax T-7"}) | lines("party", {"kind": "", "name": "", "was": "controller Li Hua"})
    data = borrower_data(name="Works M-1", **cleared)
    page = desk.browser().post(reverse("entry:borrower", args=["M-1"]), data).content.decode()
    assert "To be withdrawn" in page and "T-7" in page and "Li Hua" in page
    assert desk.enter("borrower", data, number="M-1").status_code == 302
    assert borne() == []
    assert not RelatedParty.objects.known_on(TODAY).exists()


def test_a_corrected_name_of_a_related_party_takes_the_place_of_the_wrong_one(desk):
    desk.borrower("M-1", **{"party-0-kind": "controller", "party-0-name": "Li Hua", "party-0-share": "60"})
    line = {"kind": "controller", "name": "Li Hui", "share": "60", "was": "controller Li Hua"}
    assert desk.enter("borrower", borrower_data(name="Works M-1", **lines("party", line)), number="M-1").status_code == 302
    assert [(p.name, p.share) for p in RelatedParty.objects.known_on(TODAY)] == [("Li Hui", 60)]


def test_two_numbers_that_change_places_are_both_kept(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "A", "id-1-kind": "tax", "id-1-value": "B"})
    swapped = lines("id", {"kind": "tax", "value": "B", "was": "tax A"}, {"kind": "tax", "value": "A", "was": "tax B"})
    assert desk.enter("borrower", borrower_data(name="Works M-1", **swapped), number="M-1").status_code == 302
    assert sorted(borne()) == ["A", "B"]


def test_a_line_that_another_person_changed_meanwhile_is_not_overwritten(desk):
    desk.borrower("M-1", **{"id-0-kind": "tax", "id-0-value": "T-7"})
    for value, status in (("T-77", 302), ("T-78", 422)):
        data = borrower_data(name="Works M-1", **lines("id", {"kind": "tax", "value": value, "was": "tax T-7"}))
        answer = desk.enter("borrower", data, number="M-1")
        assert answer.status_code == status
    assert "Somebody else has changed this line meanwhile." in answer.content.decode()
    assert borne() == ["T-77"]
