"""The encodings that a format may declare, and whether what came out of one can be text of the languages expected. Pure.

Bytes of one encoding often decode without an error in another: Korean names read as GB18030 become common Chinese
characters. A file that was decoded is therefore doubted when one of these holds (`docs/feed-format.md` tells them to
the people who write formats):

1. Read in another encoding than UTF-8, its bytes are UTF-8 too, with at least 2 characters of three bytes or 8 of two.
2. It holds the traces of an earlier wrong conversion: 锟斤拷, 烫烫烫, 屯屯屯, or UTF-8 that was read as Western European (Ã©).
3. Of at least 24 different letters outside ASCII, more than 5 % are of no expected script, unassigned or private.
4. Of at least 24 different Chinese characters read as GB18030, all lie where EUC-KR keeps its Hangul.
5. Of at least 24 different letters read as EUC-KR or CP949, more than a quarter are Chinese, and the format does not say in
   `scripts` that it expects them.
"""

import codecs
import unicodedata
from collections.abc import Collection

MARKS = codecs.BOM_UTF8
CODECS = {
    "utf-8": "utf-8", "gb18030": "gb18030", "cp949": "cp949", "euc-kr": "euc_kr", "ascii": "ascii", "latin-1": "iso8859-1",
    "cp1250": "cp1250", "cp1252": "cp1252", "big5": "big5", "shift-jis": "cp932",
}  # fmt: skip
SCRIPTS = ("latin", "han", "hangul", "kana", "cyrillic", "greek")
EXPECTED = {  # where the format does not say it, by the encoding
    "gb18030": ("latin", "han"), "cp949": ("latin", "han", "hangul"), "euc-kr": ("latin", "han", "hangul"), "big5": ("latin", "han"),
    "shift-jis": ("latin", "han", "kana"), "latin-1": ("latin",), "cp1250": ("latin",), "cp1252": ("latin",),
}  # fmt: skip
NAMES = {  # script -> how Unicode's names of its letters begin
    "latin": ("LATIN ", "FULLWIDTH LATIN ", "MICRO SIGN", "FEMININE ORDINAL", "MASCULINE ORDINAL"), "hangul": ("HANGUL ", "HALFWIDTH HANGUL "),
    "han": ("CJK UNIFIED ", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ", "CJK RADICAL", "KANGXI "),
    "kana": ("HIRAGANA ", "KATAKANA ", "HALFWIDTH KATAKANA "), "cyrillic": ("CYRILLIC ",), "greek": ("GREEK ",),
}  # fmt: skip
ENOUGH = 24  # different letters below which nothing is concluded from their kind
LOOKED_AT = 16 * 1024 * 1024  # bytes in blocks that are not all ASCII; what is wrong shows long before
TRACES = ("锟斤拷", "烫烫烫", "屯屯屯")


def codec_of(name: str, *, skip_mark: bool = False) -> str:
    """Python's name of a declared encoding."""
    codec = CODECS[name]
    return "utf-8-sig" if skip_mark and codec == "utf-8" else codec


class Evidence:
    """Gathers what a file looks like while it is read, cheaply: blocks of pure ASCII say nothing."""

    def __init__(self) -> None:
        self.letters: dict[str, set[str]] = {}
        self.traces: dict[str, str] = {}
        self.western: dict[str, list[int]] = {}
        self.seen = 0
        self.utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self.is_utf8, self.two, self.three = True, 0, 0

    def heard(self, name: str, text: str) -> None:
        """A block as decoded by the encoding of this name."""
        if text.isascii() or self.seen > LOOKED_AT:
            return
        found = set(text)
        self.letters.setdefault(name, set()).update(found)
        if trace := next((trace for trace in TRACES if trace[0] in found and trace in text), ""):
            self.traces.setdefault(name, trace)
        if name == "utf-8" and not found.isdisjoint("ÃÂâäåæçèéìëêí"):
            again, others = self.western.setdefault(name, [0, 0])
            for word in text.split():
                if not word.isascii():
                    again, others = (again + 1, others) if _was_utf8(word) else (again, others + 1)
            self.western[name] = [again, others]

    def saw(self, block: bytes) -> None:
        """A block as it lies there."""
        if block.isascii() or self.seen > LOOKED_AT:
            return
        self.seen += len(block)
        if self.is_utf8:
            try:
                text = self.utf8.decode(block)
            except UnicodeDecodeError:
                self.is_utf8 = False
                return
            if self.three < 2 and self.two < 8:
                self.three += sum(1 for char in text if char >= "\u0800")
                self.two += sum(1 for char in text if "\x80" <= char < "\u0800")

    def doubt(self, name: str, scripts: Collection[str] = (), *, reread: bool = False) -> str:
        """A sentence that says why the file can't be text in this encoding; empty when it can.

        `reread`: the format declares a column that went through an earlier wrong conversion, and how it is read right.
        """
        if name != "utf-8" and self.is_utf8 and (self.three >= 2 or self.two >= 8):
            return f"The file is declared as {name}, but its bytes are UTF-8 as well: that is no accident."
        if name in self.traces:
            return f"The file holds {self.traces[name]}: it was converted wrongly before it was delivered."
        again, others = self.western.get(name, [0, 0])
        if again >= 2 and again > others and not reread:
            return "The file holds UTF-8 that was once read as Western European: it was converted wrongly before it was delivered."
        return self._doubt_of_letters(name, scripts)

    def _doubt_of_letters(self, name: str, declared: Collection[str]) -> str:
        scripts = declared or EXPECTED.get(name, ())
        letters = [char for char in self.letters.get(name, ()) if char > "\x7f" and unicodedata.category(char)[0] not in "PSZN"]
        if len(letters) < ENOUGH:
            return ""
        odd = [char for char in letters if scripts and script_of(char) not in {*scripts, "mark"} and char not in "\ufeff"]
        if 20 * len(odd) > len(letters):
            return f"{len(odd)} of {len(letters)} different letters read as {name} are none of {', '.join(scripts)}, such as {_shown(odd)}."
        chinese = [char for char in letters if script_of(char) == "han"]
        if name == "gb18030" and len(chinese) >= ENOUGH and all(map(_where_hangul_lies, chinese)):
            return f"All {len(chinese)} different Chinese characters lie where EUC-KR keeps its Hangul: the file seems to be Korean."
        if name in {"cp949", "euc-kr"} and "han" not in declared and 4 * len(chinese) > len(letters):
            return (
                f"{len(chinese)} of {len(letters)} different letters read as {name} are Chinese characters: the file seems to be Chinese."
            )
        return ""


def script_of(char: str) -> str:
    """latin, han, hangul, kana, cyrillic, greek; mark for a combining one; empty for any other, unassigned or private character."""
    if unicodedata.category(char)[0] == "M":
        return "mark"
    written = unicodedata.name(char, "")
    return next((script for script, begins in NAMES.items() if written.startswith(begins)), "")


def _where_hangul_lies(char: str) -> bool:
    raw = char.encode("gb18030")
    return len(raw) == 2 and 0xB0 <= raw[0] <= 0xC8 and raw[1] >= 0xA1


def _was_utf8(word: str) -> bool:
    for codec in ("cp1252", "iso8859-1"):
        try:
            return len(word.encode(codec).decode("utf-8")) < len(word)
        except UnicodeError:
            continue
    return False


def _shown(letters: list[str]) -> str:
    return ", ".join(f"U+{ord(char):04X}" for char in sorted(letters)[:3])
