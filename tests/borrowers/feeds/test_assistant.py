"""A format is proposed from a sample: what is certain is proposed, what is not is asked, and nothing is stored before approval."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from borrowers.feeds import assistant, own_formats
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import FormatVersion
from borrowers.feeds.synonyms import WORDS, field_of
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.people.models import Role
from loanwatch.trail.models import AuditEvent

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CHINESE = "借据号,客户名称,贷款余额,逾期天数,到期日,数据日期\n" + "".join(
    f"00{n:04d},王{n}厂,{n * 1000}.50,{n % 3},{n % 12 + 1:02d}/{n % 12 + 1:02d}/2027,2026-11-20\n" for n in range(40)
)


def column(made: assistant.Proposal, header: str) -> assistant.Guess:
    return next(c for c in made.columns if c.header == header)


def of(header: str, *cells: str) -> assistant.Guess:
    return assistant.guess(header, cells, 0)


def test_a_chinese_file_of_balances_is_understood_by_its_headers():
    made = assistant.propose(CHINESE.encode("gb18030"), "core", "CNY")
    assert (made.encoding, made.delimiter, made.key, made.missing) == ("gb18030", ",", ("loan_number",), [])
    assert column(made, "借据号").target == "position.loan_number"
    assert (column(made, "贷款余额").type, column(made, "贷款余额").target) == ("decimal", "position.balance")
    assert column(made, "逾期天数").target == "position.days_past_due"
    assert column(made, "到期日").target == "position.matures_on"


def test_a_korean_file_is_read_as_such_and_its_delimiter_is_found():
    text = "대출번호;잔액;연체일수;기준일\n" + "".join(f"A{n};{n}000;0;20261120\n" for n in range(5))
    made = assistant.propose(text.encode("cp949"), "core", "KRW")
    assert made.delimiter == ";"
    assert made.encoding == "cp949"
    assert column(made, "기준일").format == "YYYYMMDD"


def test_a_date_that_can_be_read_in_two_ways_is_asked_and_never_guessed():
    unsure = of("到期日", "01/02/2024", "03/04/2024")
    assert unsure.ambiguous
    assert set(unsure.formats) == {"DD/MM/YYYY", "MM/DD/YYYY"}
    assert of("到期日", "01/02/2024", "13/04/2024").format == "DD/MM/YYYY"
    assert of("到期日", "01/02/2024", "04/13/2024").format == "MM/DD/YYYY"
    made = assistant.propose(CHINESE.encode(), "core", "CNY")
    assert "format" not in assistant.as_spec(made)["columns"][column(made, "到期日").name]


def test_a_few_faulty_cells_do_not_hide_the_type_and_a_type_that_does_not_fit_is_not_used():
    amounts = [f"{n}.50" for n in range(40)]
    assert of("余额", *amounts, "12S").type == "decimal"
    assert of("余额", *amounts[:10], "12S").type == "text"
    text = "借据号,余额,逾期天数\n" + "".join(f"L{n},x{n},{n}\n" for n in range(5))
    made = assistant.propose(text.encode(), "core", "CNY")
    assert [c.header for c in made.clashes] == ["余额"]
    assert "balance" not in assistant.as_spec(made)["position"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("00123", "00124"), "text"),
        (("12", "13"), "int"),
        (("12345678901234567890", "12345678901234567891"), "text"),
        (("1.5", "2.25"), "decimal"),
        (("1,234.50", "12.00"), "decimal"),
        (("1E5", "2"), "text"),
        (("NaN", "1.0"), "text"),
        (("2026-02-30", "2026-02-28"), "text"),
        (("Y", "N") * 6, "code"),
    ],
)
def test_types_are_those_of_our_own_grammar(cells, expected):
    assert of("whatever", *cells).type == expected


def test_every_header_word_names_one_field():
    words = [word for several in WORDS.values() for word in several]
    assert len({assistant.field_of(word) for word in words}) == len(WORDS)
    assert field_of("Loan_Number") == field_of("借据号") == field_of("대출번호") == "loan.number"


@pytest.mark.parametrize(
    ("content", "why"), [(b"\xff\xfe\x00", "NO_"), (b"just text\n", "NO_TABLE"), (b"a,a\n1,2\n", "NO_HEADER"), (b"a,b\n", "NO_TABLE")]
)
def test_a_file_without_a_table_is_refused_with_a_reason(content, why):
    with pytest.raises(assistant.NoSample, match=why):
        assistant.propose(content, "core", "CNY")


def test_the_text_of_a_proposal_is_a_readable_format_whatever_the_headers_hold():
    content = 'loan number,balance,"a ""quoted"" \\ head",日期\n' + "".join(f"L{n},{n}.00,x,y\n" for n in range(3))
    made = assistant.propose(content.encode(), "core", "CNY")
    declared = own_formats.read_text(assistant.as_toml(assistant.as_spec(made)), "core")
    assert [c.headers[0] for c in declared.columns.values()] == ["loan number", "balance", 'a "quoted" \\ head', "日期"]


# --- the pages, and approval


@pytest.fixture
def sampled(client, staff, lender):
    client.force_login(staff("CA1").account, backend=BACKEND)
    file = SimpleUploadedFile("core.csv", CHINESE.encode("gb18030"))
    return client.post(reverse("feeds:sample"), {"file": file, "name": "core_positions", "currency": "CNY"})


def form_of(text: str = "", **changed) -> dict[str, str]:
    sample = base64.b64encode(CHINESE.encode("gb18030")).decode()
    return {"name": "core_positions", "currency": "CNY", "sample": sample, "text": text, **changed}


def draft_text() -> str:
    return assistant.as_toml(assistant.as_spec(assistant.propose(CHINESE.encode("gb18030"), "core_positions", "CNY")))


@pytest.mark.django_db
def test_the_first_rows_are_shown_as_facts_before_anything_is_kept(sampled):
    shown = sampled.content.decode()
    assert "position.balance" in shown
    assert "1000.50" in shown
    assert "Say how these dates are written" in shown
    assert not FormatVersion.objects.exists()


@pytest.mark.django_db
def test_the_person_decides_how_a_date_is_written_and_tries_a_text_of_own(sampled, client):
    shown = client.post(
        reverse("feeds:save_draft"), form_of(what="map", **{"format-4": "DD/MM/YYYY", "target-4": "position.matures_on"})
    ).content.decode()
    assert "Say how these dates are written" not in shown
    assert "2027-02-02" in shown
    assert "The format can't be used yet." in client.post(reverse("feeds:save_draft"), form_of("name = 'x'", what="text")).content.decode()
    assert client.post(reverse("feeds:save_draft"), form_of("columns = 1", what="save")).status_code == 422
    assert not FormatVersion.objects.exists()


@pytest.mark.django_db
def test_a_draft_counts_only_when_another_person_has_approved_it(sampled, client, lender, staff):
    assert client.post(reverse("feeds:save_draft"), form_of(draft_text(), what="save")).status_code == 302
    made = FormatVersion.objects.get()
    with pytest.raises(BadSpec):
        own_formats.find_for(lender, "core_positions")
    assert client.post(reverse("feeds:format_approve", args=[made.pk])).status_code == 403
    client.force_login(staff("CA2").account, backend=BACKEND)
    assert client.post(reverse("feeds:format_approve", args=[made.pk])).status_code == 302
    assert own_formats.find_for(lender, "core_positions").encodings == ("gb18030",)
    assert client.post(reverse("feeds:format_approve", args=[made.pk])).status_code == 409
    assert set(AuditEvent.objects.filter(event__startswith="format.").values_list("event", flat=True)) == {
        "format.drafted",
        "format.approved",
    }


@pytest.mark.django_db
def test_a_new_version_retires_the_one_in_force(lender, staff):
    first, second = staff("CA1"), staff("CA2")
    one = own_formats.approve(format_id=own_formats.draft(lender=lender, name="core_positions", text=draft_text(), by=first).pk, by=second)
    two = own_formats.draft(lender=lender, name="core_positions", text=draft_text(), by=second)
    with pytest.raises(Refused):
        own_formats.approve(format_id=two.pk, by=second)
    own_formats.approve(format_id=two.pk, by=first)
    one.refresh_from_db()
    assert (one.state, two.version) == ("retired", 2)
    with pytest.raises(Refused):  # its maker would choose alone which format reads the files
        own_formats.retire(format_id=two.pk, by=second)
    own_formats.retire(format_id=two.pk, by=first)
    with pytest.raises(BadSpec):
        own_formats.find_for(lender, "core_positions")
    with pytest.raises(Conflict):
        own_formats.retire(format_id=two.pk, by=first)


@pytest.mark.django_db
def test_a_system_administrator_makes_formats_and_does_not_approve_them(lender, staff):
    made = own_formats.draft(lender=lender, name="core_positions", text=draft_text(), by=staff("SA1", Role.SYSADMIN))
    with pytest.raises(Refused):
        own_formats.approve(format_id=made.pk, by=staff("SA2", Role.SYSADMIN))
