"""On which days a demand is reminded of."""

from datetime import date, timedelta

import pytest

from alerts.reminders.rules import LANGUAGES, NAMES, SHIPPED, Call, Settings, calls, fault_of_text, filled, late_calls, sample, send_days

MONDAY = date(2026, 11, 2)
SETTINGS = Settings(True, {"default": [7, 1, 0], "mortgage": [3]}, {"default": [1]}, 7, 21, 8, {"default": "en", "CNY": "zh-hans"})


def test_a_week_and_a_day_before_on_the_day_and_once_after():
    assert SETTINGS.offsets("working_capital") == [-7, -1, 0, 1]
    assert SETTINGS.offsets("mortgage") == [-3, 1]


def test_the_close_of_friday_sends_for_saturday_sunday_and_monday():
    friday = date(2026, 10, 30)
    assert send_days(friday, MONDAY) == [date(2026, 10, 31), date(2026, 11, 1), MONDAY]
    assert send_days(friday, date(2026, 10, 31)) == [date(2026, 10, 31)]


def test_each_day_offset_is_a_message_of_its_own_kind():
    made = calls(MONDAY - timedelta(days=1), MONDAY, 1, [-7, 0, 1], {})
    assert [(c.kind, c.due_on) for c in made] == [
        ("reminder.soon_7", MONDAY + timedelta(days=7)),
        ("reminder.due", MONDAY),
        ("reminder.overdue_1", MONDAY - timedelta(days=1)),
    ]


def test_a_due_date_on_a_holiday_is_reminded_of_by_the_day_it_moves_to():
    # The first of October moves behind the holiday, to the ninth.
    moves = {date(2026, 10, day): date(2026, 10, 9) for day in range(1, 9)}
    assert calls(date(2026, 9, 30), date(2026, 10, 1), 1, [0], moves) == []  # on the holiday itself nothing is due
    on_the_day = calls(date(2026, 9, 30), date(2026, 10, 9), 1, [0], moves)
    assert [c.due_on.day for c in on_the_day] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert {c.effective_on for c in on_the_day} == {date(2026, 10, 9)}
    assert [c.due_on.day for c in calls(date(2026, 9, 30), date(2026, 10, 8), 1, [-1], moves)] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert calls(date(2026, 9, 30), date(2026, 10, 2), 1, [1], moves) == []  # not overdue: the first has not counted yet


def test_a_book_that_closes_once_a_month_sends_two_weeks_ahead_at_most():
    assert len(send_days(date(2026, 9, 30), date(2026, 10, 31))) == 14


def test_nobody_is_called_late_before_the_close_that_saw_it():
    friday, saturday = date(2026, 10, 30), date(2026, 10, 31)
    # On Saturday it is said of Friday's demand; on Sunday and Monday nobody knows yet what came in on Saturday and Sunday.
    assert [[c.due_on for c in calls(friday, day, 1, [1], {})] for day in send_days(friday, MONDAY)] == [[friday], [], []]
    # Three days after Friday is Monday: known at the close of Friday, as far as Friday goes.
    assert [c.due_on for c in calls(friday, MONDAY, 1, [3], {})] == [friday]
    # The close of Monday makes up for the weekend, and for Monday itself by its own day.
    made_up = late_calls(MONDAY, friday, 1, [1], {})
    assert [c.due_on for c in made_up] == [saturday, saturday + timedelta(days=1)]
    assert [c.due_on for c in calls(MONDAY, MONDAY + timedelta(days=1), 1, [1], {})] == [MONDAY]
    assert late_calls(MONDAY, MONDAY - timedelta(days=1), 1, [1], {}) == []
    assert late_calls(MONDAY, None, 1, [1], {}) == []


@pytest.mark.parametrize(("quiet", "hours"), [((21, 8), (8, 21)), ((0, 8), (8, 0)), ((8, 8), (None, None))])
def test_hours_outside_of_the_quiet_ones_may_disturb(quiet, hours):
    settings = Settings(True, {}, {}, 7, *quiet, {})
    assert settings.hours == hours


def test_the_language_follows_the_currency_until_the_borrower_names_one():
    assert (SETTINGS.language_of("CNY"), SETTINGS.language_of("USD")) == ("zh-hans", "en")


@pytest.mark.parametrize(("text", "fault"), [("{amount} on {due}", ""), ("{salary}", "salary"), ("{", "{"), ("{amount!r}", "amount"), ("{}", "{}"), ("plain", "")])
def test_a_text_names_only_what_is_known(text, fault):
    assert fault_of_text("soon", text) == fault


def test_the_shipped_words_are_there_in_three_languages_and_leave_no_brace_when_filled():
    assert set(SHIPPED) == {(kind, language) for kind in NAMES for language in LANGUAGES}
    for (kind, language), (headline, text) in SHIPPED.items():
        assert not fault_of_text(kind, headline + text)
        assert "{" not in filled(headline + text, sample(kind, language, "Bank"))


def test_a_call_knows_which_text_it_needs():
    assert [Call(1, MONDAY, MONDAY, days).text for days in (-7, 0, 3)] == ["soon", "due", "overdue"]
