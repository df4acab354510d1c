"""The archive of the demo bank: most papers on their shelves, some missing, some expired, a few lent and not brought back."""

import io
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from borrowers.documents import completeness, keeping, rules
from borrowers.documents.house import install_shipped
from borrowers.documents.models import Document, DocumentKind, DocumentVersion, LegalHold, ShelfEntry
from borrowers.loans.models import Custody, Loan
from loanwatch.demo.copying import copy, take_ids
from loanwatch.lenders.models import Lender
from loanwatch.people.models import Person

THERE = 0.93  # of what must be there
EXPIRED = 0.05  # of what can expire
LENT, LATE = 24, 7
SCANNED_LOANS, SCANS = 5, 16  # loans of the first manager whose papers were scanned
COLUMNS = "id lender_id number kind_id borrower_id loan_id item_id title valid_from known_from expires_on"
SHELF = "document_id seq act place holder_id due_back_on on by_id note"


def fill(lender: Lender, as_of: date, people: dict[str, Person], number: int) -> int:
    """Kinds, requirements and the documents of all running loans, the same for the same `number`; returns how many."""
    install_shipped(lender)
    draw = Random(number + 77)
    loans = Loan.objects.filter(lender=lender)
    wanted, _total = completeness.lacking(loans, as_of, limit=None)
    rows: dict[tuple[Any, ...], completeness.Wanted] = {}
    for row in sorted(completeness.with_names(wanted), key=_order):
        rows.setdefault((row.kind_id, _thing(row)), row)
    chosen = [row for row in rows.values() if draw.random() < THERE]
    made = [_columns(key, row, as_of, draw) for key, row in zip(take_ids(Document, len(chosen)), chosen, strict=True)]
    copy(Document, COLUMNS, made)
    on_paper = [(line, row) for line, row in zip(made, chosen, strict=True) if row.kind and row.kind.on_paper]
    _shelve(on_paper, as_of, people, draw)
    _scan(lender, as_of, people)
    _hold(lender, as_of, people)
    return len(made)


def _order(row: completeness.Wanted) -> tuple[str, str, str]:
    return (row.loan.number if row.loan else "", row.kind.code if row.kind else "", row.item.number if row.item else "")


def _thing(row: completeness.Wanted) -> Any:
    of = row.kind.of if row.kind else ""
    return row.loan_id if of == DocumentKind.Of.LOAN else row.item_id if of == DocumentKind.Of.ITEM else row.loan and row.loan.borrower_id


def _columns(key: int, row: completeness.Wanted, as_of: date, draw: Random) -> tuple[Any, ...]:
    kind, loan = row.kind, row.loan
    assert kind is not None and loan is not None  # noqa: S101 - the names were put in
    issued = max(loan.disbursed_on, min(as_of, row.due_on) - timedelta(days=draw.randint(0, 6)))
    expires = None
    if kind.months_valid:
        age = kind.months_valid * 30 + draw.randint(3, 60) if draw.random() < EXPIRED else draw.randint(5, kind.months_valid * 30 - 5)
        issued = as_of - timedelta(days=age)
        expires = rules.expires_on(issued, kind.months_valid, None)
    known = min(as_of, issued + timedelta(days=draw.randint(0, 3)))
    owner = row.item.owner_id if row.item else loan.borrower_id
    own_loan = loan.pk if kind.of == DocumentKind.Of.LOAN else None
    title = f"{kind.name['zh-hans']} {row.item.number if row.item else loan.number}"
    return (key, loan.lender_id, f"DC{key:08d}", kind.pk, owner, own_loan, row.item_id, title, issued, known, expires)


def _shelve(papers: list[tuple[tuple[Any, ...], completeness.Wanted]], as_of: date, people: dict[str, Person], draw: Random) -> None:
    """All papers lie in their branch's vault; some are lent, a few of them longer than agreed."""
    keeper, borrowers = people["credit"].pk, [people[login].pk for login in ("manager", "officer", "head", "manager2")]
    rows: list[tuple[Any, ...]] = []
    for line, row in papers:
        place = f"{row.loan.branch.name if row.loan else ''} · {draw.choice('ABCD')}-{draw.randint(1, 40):02d}"
        rows.append((line[0], 1, ShelfEntry.Act.SHELVED.value, place, None, None, line[9], keeper, ""))
    for turn, (line, _row) in enumerate(draw.sample(papers, min(LENT, len(papers)))):
        since = max(line[9], as_of - timedelta(days=draw.randint(16, 40) if turn < LATE else draw.randint(0, 8)))
        due = since + timedelta(days=rules.BORROWED_DAYS)
        rows.append((line[0], 2, ShelfEntry.Act.BORROWED.value, "", draw.choice(borrowers), due, since, keeper, "催收用 / for collection"))
    copy(ShelfEntry, SHELF, rows)


def _scan(lender: Lender, as_of: date, people: dict[str, Person]) -> None:
    """A few papers of the first manager's loans have a scan that can be looked at."""
    mine = Custody.objects.filter(person=people["manager"], loan__settled_on__isnull=True).order_by("loan__number").values("loan_id")
    loans = list(Loan.objects.filter(pk__in=mine).order_by("number").values_list("pk", flat=True)[:SCANNED_LOANS])
    papers = Document.objects.filter(lender=lender, loan__in=loans).select_related("kind", "borrower").order_by("number")[:SCANS]
    for document in papers:
        data = _page(document)
        digest = sha256(data).hexdigest()
        DocumentVersion.objects.create(
            document=document, version=1, sha256=digest, stored_sha256=digest, size=len(data), content_type=keeping.PDF,
            filename=f"{document.kind.code}-{document.number}.pdf", stored_as=keeping.keep(data, ".pdf"),
            evidence={"pages": 2, "producer": "Demo scanner"}, known_from=document.known_from, uploaded_by=people["manager"],
        )  # fmt: skip


def _page(document: Document) -> bytes:
    """Two drawn pages as a PDF: head, lines that stand for text, and a seal."""
    pages = []
    for page in (1, 2):
        sheet = Image.new("RGB", (827, 1169), (253, 252, 248))
        pen = ImageDraw.Draw(sheet)
        pen.text((90, 80), document.kind.name["en"].upper(), fill=(25, 30, 40), font_size=30)
        pen.text((90, 130), f"No. {document.number}    {document.valid_from.isoformat()}    page {page} of 2", fill=(70, 75, 85), font_size=18)
        source = Random(f"{document.number}-{page}")
        for line in range(24):
            pen.rectangle((90, 190 + line * 32, 90 + source.randint(380, 640), 198 + line * 32), fill=(196, 200, 206))
        if page == 2:
            pen.ellipse((560, 930, 720, 1090), outline=(190, 40, 40), width=6)
            pen.text((596, 1000), "DEMO BANK", fill=(190, 40, 40), font_size=16)
        pages.append(sheet)
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=100, creationDate=None, modDate=None)
    return out.getvalue()


def _hold(lender: Lender, as_of: date, people: dict[str, Person]) -> None:
    """A lawsuit against the borrower of the oldest loan of the first manager."""
    mine = Custody.objects.filter(person=people["manager"]).order_by("loan__disbursed_on", "loan__number").select_related("loan").first()
    if mine:
        LegalHold.objects.create(
            borrower_id=mine.loan.borrower_id, reason="苏州市虎丘区人民法院 (2026) 苏0505民初512号", placed_on=as_of - timedelta(days=40),
            placed_by=people["credit"],
        )  # fmt: skip
