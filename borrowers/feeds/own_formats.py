"""Formats that a lender keeps for itself: found before the shipped ones, drafted by one person, approved by another."""

import re
import tomllib
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from borrowers.feeds.importer.formats import FOLDER, Format, find, parse
from borrowers.feeds.importer.values import BadSpec
from borrowers.feeds.models import FormatVersion
from borrowers.feeds.shapes import find_told
from loanwatch.kernel.policy import Conflict, Refused
from loanwatch.lenders.models import Lender
from loanwatch.people.access import Access
from loanwatch.people.policy import Act
from loanwatch.trail.record import record

LONGEST = 100_000  # signs of a format
REASON_COLUMNS = ("_reason", "_sentence")  # beside the rows of a file of rejects; ignored when it comes back mended


def find_for(lender: Lender, name_or_path: str) -> Format:
    """The lender's live format of that name, else the shipped one, else the one in a file. Raises BadSpec with a sentence.

    The batches of the API stand under names of their own, which no file has.
    """
    if told := find_told(name_or_path):
        return told
    if re.fullmatch(r"[a-z0-9_]{1,60}", name_or_path):
        text = (
            FormatVersion.objects.filter(lender=lender, name=name_or_path, state=FormatVersion.State.LIVE)
            .values_list("text", flat=True)
            .first()
        )
        if text is not None:
            return _taking_rejects(read_text(text, name_or_path))
    return _taking_rejects(find(name_or_path))


def _taking_rejects(declared: Format) -> Format:
    extra = frozenset(REASON_COLUMNS) - {header for column in declared.columns.values() for header in column.headers}
    return replace(declared, layout=replace(declared.layout, ignore=declared.layout.ignore | extra))


def read_text(text: str, name: str) -> Format:
    """The Format that a TOML text declares. Raises BadSpec with the place; its name must be `name`."""
    try:
        declared = parse(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as fault:
        raise BadSpec(f"The text is no readable TOML: {fault}.") from None
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as fault:
        raise BadSpec(f"The format can't be read: {fault}.") from None
    if declared.name != name:
        raise BadSpec(f"The text declares the name {declared.name}, not {name}.")
    return declared


def shipped() -> list[str]:
    """Names of the formats that come with LoanWatch."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def known_to(lender: Lender) -> list[str]:
    """Names of all formats a file of the lender can be loaded with."""
    own = FormatVersion.objects.filter(lender=lender, state=FormatVersion.State.LIVE).values_list("name", flat=True)
    return sorted({*shipped(), *own})


@transaction.atomic
def draft(*, lender: Lender, name: str, text: str, by: Access) -> FormatVersion:
    """Keep a format as the next version of `name`, a draft. Raises Refused; BadSpec when it declares no readable format."""
    by.check(Act.FEED_KEEP)
    if len(text) > LONGEST:
        raise BadSpec("The format is longer than 100,000 signs.")
    read_text(text, name)
    Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
    version = (FormatVersion.objects.filter(lender=lender, name=name).aggregate(v=Max("version"))["v"] or 0) + 1
    if by.person is None:
        raise Refused(_("A format is made by a person of the lender."), code="NO_PERSON")
    made = FormatVersion.objects.create(lender=lender, name=name, version=version, text=text, made_by=by.person)
    record("format.drafted", by=by, subject=made, name=name, version=version)
    return made


@transaction.atomic
def approve(*, format_id: int, by: Access) -> FormatVersion:
    """Put a draft in force; the version in force before it is retired. Raises Refused for its maker, Conflict when it is no draft."""
    made = FormatVersion.objects.select_for_update().get(pk=format_id, lender=by.person.lender if by.person else None)
    by.check(Act.FORMAT_APPROVE, made)
    if made.state != FormatVersion.State.DRAFT:
        raise Conflict(_("Somebody has decided about this format already."), code="FORMAT_DECIDED")
    FormatVersion.objects.filter(lender=made.lender, name=made.name, state=FormatVersion.State.LIVE).update(
        state=FormatVersion.State.RETIRED
    )
    made.state, made.approved_by = FormatVersion.State.LIVE, by.person
    made.approved_at = Now()
    try:
        made.save(update_fields=["state", "approved_by", "approved_at"])
    except IntegrityError:
        raise Conflict(_("Somebody has decided about this format already."), code="FORMAT_DECIDED") from None
    record("format.approved", by=by, subject=made, name=made.name, version=made.version)
    return made


@transaction.atomic
def retire(*, format_id: int, by: Access) -> FormatVersion:
    """Take a draft or a format in force out of use. Files of its name are then read by the shipped format, where there is one.

    A draft goes by whoever keeps feeds; one in force, by which money is read, by a credit administrator who did not make it.
    Raises Refused, Conflict.
    """
    by.check(Act.FEED_KEEP)
    made = FormatVersion.objects.select_for_update().get(pk=format_id, lender=by.person.lender if by.person else None)
    if made.state == FormatVersion.State.LIVE:
        by.check(Act.FORMAT_APPROVE, made)
    if made.state == FormatVersion.State.RETIRED:
        raise Conflict(_("Somebody has decided about this format already."), code="FORMAT_DECIDED")
    made.state = FormatVersion.State.RETIRED
    made.save(update_fields=["state"])
    record("format.retired", by=by, subject=made, name=made.name, version=made.version)
    return made
