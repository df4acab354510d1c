"""What a visit concludes is kept beside its row until it is verified, where the database shows it to those who may read it."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

KEPT = "kept"  # stands in the row's own column where the conclusion lies beside it
COLUMNS = ("conclusion", "summary", "position_reason", "score")
HIDDEN: dict[str, Any] = {"conclusion": "", "summary": "", "position_reason": "", "score": None}

if TYPE_CHECKING:
    Base = models.Model
else:
    Base = object


class WordsBeside(Base):
    """For a visit: reads conclusion, summary and the like from beside the row on first use; blank where they are hidden.

    A list that shows them asks for `select_related("words")`, else each visit costs a query.
    """

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        found = super().from_db(db, field_names, values, **more)
        if found.__dict__.get("state", "") != "verified" and (found.__dict__.get("state") or found.__dict__.get("conclusion") == KEPT):
            for name in COLUMNS:
                found.__dict__.pop(name, None)
        return found

    def refresh_from_db(self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None, **more: Any) -> None:
        asked = None if fields is None else list(fields)
        if asked and set(asked) <= set(COLUMNS):
            told = self._words() or HIDDEN
            for name in COLUMNS:
                if name in asked or name not in self.__dict__:
                    self.__dict__[name] = told[name]
            return
        super().refresh_from_db(using=using, fields=asked, from_queryset=from_queryset, **more)

    def _words(self) -> dict[str, Any] | None:
        if "words" in self._state.fields_cache:
            beside = self._state.fields_cache["words"]
        else:
            try:
                beside = apps.get_model("inspections", "VisitWords").objects.get(pk=self.pk)
            except ObjectDoesNotExist:
                beside = None
        return None if beside is None else {name: getattr(beside, name) for name in COLUMNS}
