"""Why an upload was not kept, in words. Each sentence says what to do instead."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from borrowers.documents.uploads.limits import BadUpload

SENTENCES: dict[str, Any] = {
    "EMPTY": _("The file is empty."),
    "TOO_LARGE": _("The file is larger than %(most)s MB. Scan it with a lower resolution or in parts."),
    "UNKNOWN_TYPE": _("This kind of file is not kept. Send PDF, JPEG, PNG, WEBP, TIFF, DOCX or XLSX."),
    "MARKUP": _("The file is a web page or another text that a browser would run. Print it to PDF and send that."),
    "PROGRAM": _("The file is a program. It is not kept."),
    "ARCHIVE": _("The file is an archive. Unpack it and send the documents in it one by one."),
    "OLD_OFFICE": _("The file is in an old Office format, whose macros can't be looked through. Save it as DOCX, XLSX or PDF."),
    "PHONE_PICTURE": _("The picture is in a format of telephones that browsers don't show. Save it as JPEG."),
    "POLYGLOT": _("The file is of two kinds at once: something else is hidden in it. It is not kept."),
    "DOUBLE_ENDING": _("The file name has two endings. Give it the one that it is."),
    "OTHER_ENDING": _("The ending of the file name is not that of its content, which is %(ending)s."),
    "IMAGE_DAMAGED": _("The picture is damaged, or no picture."),
    "TOO_MANY_PIXELS": _("The picture has more than %(most)s million pixels. Scan it with a lower resolution."),
    "TOO_MANY_PAGES": _("The file has more than %(most)s pages. Send it in parts."),
    "ANIMATED": _("The picture moves. Send a still picture."),
    "PDF_DAMAGED": _("The PDF is damaged or can't be looked through. Print it to PDF again and send that."),
    "PDF_PASSWORD": _("The PDF is protected by a password, so that it can't be looked through. Save it without one."),
    "PDF_SCRIPT": _("The PDF holds a script or a dynamic form. Print it to PDF again and send that."),
    "PDF_LAUNCH": _("The PDF would start a program or send data when it is opened. Print it to PDF again and send that."),
    "PDF_ATTACHMENT": _("The PDF has other files inside. Send them one by one."),
    "OFFICE_DAMAGED": _("The Office file is damaged."),
    "OFFICE_PASSWORD": _("The Office file is protected by a password, so that it can't be looked through. Save it without one."),
    "UNPACKS_TOO_LARGE": _("The Office file grows too large when it is unpacked. Save it as PDF."),
    "LEADS_OUT": _("The Office file names parts outside of itself. It is not kept."),
    "MACROS": _("The Office file has macros or controls. Save it as DOCX, XLSX or PDF without them."),
    "EMBEDDED_FILE": _("The Office file has other files inside. Send them one by one."),
    "EXTERNAL_CONTENT": _("The Office file fetches content from elsewhere when it is opened. Save it as PDF."),
    "XML_ENTITIES": _("The Office file declares entities, which could read other files. It is not kept."),
}


def sentence_of(refusal: BadUpload) -> str:
    """The reason in the reader's language."""
    said = str(SENTENCES.get(refusal.code) or refusal.code)
    return said % refusal.facts if refusal.facts.get("most") is not None or "ending" in refusal.facts else said
