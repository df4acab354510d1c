"""What the evidence guard noticed, as pages show it."""

from inspections.evidence.models import Flag
from inspections.visits.models import Visit


def flags_of(visit: Visit) -> list[Flag]:
    """The flags of a visit with `sentence` in the reader's language, `state`, `photo` and `other_photo`. The caller has asked who reads."""
    flags = list(Flag.objects.filter(visit=visit).judged().select_related("photo", "other_photo", "other_visit__task", "person").order_by("pk"))
    for flag in flags:
        flag.sentence = ""  # type: ignore[attr-defined]
    return flags
