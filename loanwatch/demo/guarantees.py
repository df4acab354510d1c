"""Guarantors of the ordinary loans. Firms stand for firms and persons for persons, and never in a circle by chance."""

from random import Random

from loanwatch.demo import places
from loanwatch.demo.drafts import Backing, Note, Party


def ordinary(notes: list[Note], parties: list[Party], draw: Random) -> None:
    """A guarantor for the share of loans that their product says.

    A guarantor has a higher place in the list of borrowers than the one it stands for, so that no circle can arise.
    """
    place = {party.number: index for index, party in enumerate(parties)}
    by_kind = {
        (kind, branch): [p for p in parties if p.kind == kind and p.branch == branch]
        for kind, branch in {(p.kind, p.branch) for p in parties}
    }
    late = {n.party.number for n in notes if n.behaviour in {"defaulted", "arrears", "recovered"}}
    for note in notes:
        if draw.random() >= places.PRODUCTS[note.product].guarantor:
            continue
        peers = [
            p for p in by_kind[note.party.kind, note.party.branch] if place[p.number] > place[note.party.number] and p.number not in late
        ]
        if peers:
            note.backings.append(Backing(draw.choice(peers), note.principal, note.disbursed_on))
