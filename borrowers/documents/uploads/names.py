"""The name a file came with: made fit to be shown, and held against what the file is. It is never a path on our disk."""

import unicodedata

LONGEST = 120
# A name that carries one of these before its last ending wants to be taken for something else by somebody.
ACTIVE = frozenset(
    [
        *("ade", "adp", "apk", "app", "asp", "aspx", "bat", "bin", "cgi", "chm", "cmd", "com", "cpl", "dll", "dmg", "docm", "exe", "hta"),
        *("htm", "html", "inf", "ins", "iso", "jar", "js", "jse", "jsp", "lnk", "mht", "mhtml", "msc", "msi", "msp", "php", "php3", "php5"),
        *("phtml", "pif", "pl", "potm", "ppam", "pptm", "ps1", "psm1", "py", "rb", "reg", "scr", "sct", "sh", "shtml", "svg", "svgz", "swf"),
        *("url", "vb", "vbe", "vbs", "wasm", "wsf", "xht", "xhtml", "xlam", "xlsm", "xltm", "xml", "xsl"),
    ]
)
ENDINGS: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/tiff": (".tif", ".tiff"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
}
KNOWN = frozenset(ending[1:] for endings in ENDINGS.values() for ending in endings)
FORBIDDEN = '<>:"|?*;'  # a file system or a header would stumble over them
RESERVED = frozenset(["con", "prn", "aux", "nul", *(f"{stem}{n}" for stem in ("com", "lpt") for n in range(1, 10))])


def display_name(raw: str) -> str:
    """`raw` without folders, control and direction marks; at most 120 characters with its ending kept; "document" where nothing is left."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    shown = unicodedata.normalize("NFC", "".join(sign for sign in last if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}))
    shown = "".join("_" if sign in FORBIDDEN else " " if sign.isspace() else sign for sign in shown).strip(" .")
    bare = last.startswith(".") and "." not in shown  # an ending alone, of which the full stop was taken off
    stem, _dot, ending = ("", ".", shown) if bare else shown.rpartition(".") if "." in shown else (shown, "", "")
    ending = ending[:10]
    stem = stem[: LONGEST - len(ending) - 1].rstrip(" .") or "document"
    if stem.lower() in RESERVED:
        stem = f"_{stem}"
    return f"{stem}.{ending}" if ending else stem


def agrees(name: str, content_type: str) -> bool:
    """Whether the last ending of a display name is one that files of this type have."""
    return name.lower().endswith(ENDINGS[content_type])


def pretends(name: str) -> bool:
    """Whether a second ending hides before the last one: `invoice.exe.pdf`, `page.html.jpg`, `scan.pdf.docx`."""
    *inner, last = (part.strip().lower() for part in ["", *name.split(".")[1:]])
    return any(part in ACTIVE or (part in KNOWN and part != last) for part in inner)
