"""A picture or document of a visit as a browser gets it: shown where it was made anew, only handed over where it is as it came."""

from django.core.files.storage import default_storage
from django.http import FileResponse

from inspections.visits.models import Photo

PDF = "application/pdf"


def photo_answer(photo: Photo) -> FileResponse:
    """The cleaned picture, to be shown in a page; a PDF as a download that no page shows. The caller has asked who may read it."""
    is_paper = photo.sent_type == PDF
    answer = FileResponse(default_storage.open(photo.file), content_type=PDF if is_paper else "image/jpeg")
    name = f"{photo.what}-{photo.pk}.{'pdf' if is_paper else 'jpg'}"
    answer["Content-Disposition"] = f'{"attachment" if is_paper else "inline"}; filename="{name}"'
    answer["Cache-Control"] = "private, max-age=3600"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
