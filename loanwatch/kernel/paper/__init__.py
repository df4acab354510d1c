"""Sets PDF from a typst template and plain data, with one shipped font for Latin, Chinese and Korean.

Templates lie in templates/paper/. They read their data by `#import "/base.typ": data`; what people typed arrives as text and
is never read as markup. The compiler sees only the folder made for this one paper: no other file, no network, no system font.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

__all__ = ["FONT", "PaperFault", "pdf"]

FONTS = Path(__file__).parent / "fonts"
TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "paper"
FONT = "Noto Sans CJK SC"


class PaperFault(Exception):
    """A template and its data don't fit together; the text is the compiler's."""


def pdf(template: str, data: Mapping[str, Any], *, pictures: Mapping[str, bytes] | None = None, language: str = "en") -> bytes:
    """One PDF from templates/paper/`template`.

    data: JSON-ready values (dates and Decimals are written as text); the template finds them as `data`. Keys that `base.typ`
    reads for head and foot: lender, branch, title, as_of, printed_by, printed_at, number, words {page, of, as_of, printed_by}.
    pictures: file name without a folder -> JPEG or PNG bytes; a template shows one by `picture("name.jpg")`.
    language: en, zh-hans or ko. The same arguments give the same bytes. Raises PaperFault.
    """
    import typst

    with TemporaryDirectory(prefix="paper-") as folder:
        root = Path(folder)
        (root / "base.typ").write_bytes((TEMPLATES / "base.typ").read_bytes())
        (root / "main.typ").write_bytes((TEMPLATES / template).read_bytes())
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
        (root / "data.json").write_text(text, encoding="utf-8")
        (root / "pictures").mkdir()
        for name, content in (pictures or {}).items():
            (root / "pictures" / Path(name).name).write_bytes(content)
        try:
            made = typst.compile(
                root / "main.typ",
                root=root,
                font_paths=[FONTS],
                ignore_system_fonts=True,
                sys_inputs={"language": language[:2]},
                timestamp=0,
            )
        except typst.TypstError as fault:
            raise PaperFault(str(fault)) from fault
    return bytes(made)
