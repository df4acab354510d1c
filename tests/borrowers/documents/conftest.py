"""A bank whose archive lies in a folder of the test."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from borrowers.documents import actions, house
from borrowers.documents.models import Document, DocumentKind
from borrowers.documents.uploads import pdf_child, pdfs
from borrowers.loans.models import Loan
from loanwatch.lenders.models import Product
from loanwatch.people.models import Role
from tests.borrowers.documents import files
from tests.inspections import book


@pytest.fixture
def own_process() -> None:
    """PDFs are read by the process of their own, as in service; elsewhere in the tests' process, which is quicker."""


@pytest.fixture(autouse=True)
def _pdfs_are_read_here(request, monkeypatch) -> None:
    if "own_process" not in request.fixturenames:
        monkeypatch.setattr(pdfs, "_run", lambda task, data, limits: _here(*task, data=data))


def _here(task: str, *numbers: str, data: bytes) -> bytes:
    try:
        return pdf_child.answer(task, data, *numbers)
    except Exception as fault:
        raise OSError from fault  # a process that fails


@pytest.fixture
def bank(db, settings, tmp_path) -> book.Bank:
    options = {"location": str(tmp_path / "documents"), "base_url": None}
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    settings.BUSINESS_DATE = book.TODAY.isoformat()
    made = book.open_bank()
    Product.objects.create(lender=made.lender, code="working_capital", name="Working capital", kind="working_capital")
    house.install_shipped(made.lender)
    made.people["credit2"] = book.hire(made, "credit2", Role.CREDIT_ADMIN, made.branch.reach_up.exclude(depth=0).get().ancestor)
    return made


@pytest.fixture
def loan(bank) -> Loan:
    return book.make_loan(bank)


@pytest.fixture
def kind(bank) -> Callable[[str], DocumentKind]:
    return lambda code: DocumentKind.objects.get(lender=bank.lender, code=code)


@pytest.fixture
def bring(bank, loan, kind) -> Callable[..., Document]:
    """Bring a document for the loan, by its manager unless told otherwise."""

    def bring_it(code: str = "loan_contract", data: bytes | None = None, name: str = "contract.png", **told: Any) -> Document:
        data = data if data is not None else files.picture("PNG", seed=next(book.COUNTER))
        given: dict[str, Any] = {"loan": loan, "by": bank.manager} | told
        return actions.add_document(kind=kind(code), upload=io.BytesIO(data), filename=name, **given)

    return bring_it
