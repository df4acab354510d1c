"""Why something that a phone sent was not taken: a code for the phone, a sentence for the person who holds it."""

from typing import Any

from django.utils.translation import gettext as _

# Codes after which the same revision may be sent again as it is; all others wait for somebody to do something.
AGAIN = frozenset({"PIECE_DAMAGED", "FILE_DAMAGED", "MANIFEST_DAMAGED", "PIECES_MISSING", "WRONG_OFFSET"})


class NotTaken(Exception):
    """What was sent is not taken; `more` goes into the answer beside code and sentence."""

    def __init__(self, code: str, status: int, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.more = more

    @property
    def sentence(self) -> str:
        return sentence_of(self.code)


def sentence_of(code: str) -> str:
    """The sentence of a code in the reader's language."""
    return {**_of_the_task(), **_of_the_way()}.get(
        code, _("The server did not take the inspection. It stays on this phone; ask your branch head or the system administrator.")
    )


def _of_the_task() -> dict[str, str]:
    return {
        "TASK_UNKNOWN": _("The server does not know this inspection task for you. What you recorded stays on this phone."),
        "TASK_REASSIGNED": _(
            "This inspection was given to another person while you were away. What you sent is kept, and your branch head sees that it is there."
        ),
        "TASK_CANCELLED": _(
            "This inspection was cancelled while you were away. What you sent is kept, and your branch head sees that it is there."
        ),
        "DONE_BY_OTHER": _(
            "Another person has handed in this inspection meanwhile. What you sent is kept, and your branch head sees that it is there."
        ),
        "DONE_ALREADY": _("You have handed in this inspection already from another device or page. What you sent now is kept beside it."),
        "TEMPLATE_UNKNOWN": _("The server does not know the form this inspection was filled in with. What you sent is kept; tell your branch head."),
        "OTHER_FORM_BEGUN": _(
            "You have begun this inspection on another page with another version of the form. Hand it in there, or ask your branch head."
        ),
        "NOT_FINISHED": _("The inspection is not finished on the phone yet."),
        "VISIT_INCOMPLETE": _("The inspection is not complete yet. What is missing stands beside each point; nothing is lost."),
        "FORM_CHANGED": _(
            "The server has received the whole inspection. The form has a newer version by now; this inspection keeps the one it was made with."
        ),
        "NO_TEMPLATE": _("There is no form for this kind of inspection yet. Ask credit administration for one."),
    }


def _of_the_way() -> dict[str, str]:
    return {
        "LOGIN": _("You are no longer logged in. Log in again; everything you recorded stays on this phone and is sent afterwards."),
        "SENDING_UNKNOWN": _("The server does not know this inspection from you. The phone sends it from the beginning."),
        "OLDER_REVISION": _("The server has a newer state of this inspection than this page. Open the page anew."),
        "OTHER_TASK": _("An inspection that is on its way can't change to another task."),
        "MANIFEST_DAMAGED": _("The inspection was damaged on the way. It is sent again."),
        "MANIFEST_UNREADABLE": _("The server can't read what this phone sent. Open the page anew; what you recorded stays on this phone."),
        "PIECE_DAMAGED": _("A piece of a picture was damaged on the way. It is sent again."),
        "PIECE_TOO_LARGE": _("A piece of a picture is larger than the server takes at a time."),
        "PIECES_MISSING": _("Pieces of pictures are still missing. The phone sends them now."),
        "WRONG_OFFSET": _("The server has another number of bytes of this picture. The phone goes on from there."),
        "FILE_DAMAGED": _("A picture was damaged on the way. It is sent again from the beginning."),
        "FILE_TYPE": _("A file is not of a kind that is taken: photos are JPEG, PNG or WebP, documents are PDF or photos. Take it again."),
        "FILE_TOO_LARGE": _("A file is too large: a photo may have 12 MB, a PDF document 20 MB. Take it again with a lower resolution."),
        "FILE_EMPTY": _("A file is empty. Take the picture again."),
        "FILE_UNKNOWN": _("The server was not told of this picture. The phone tells it first."),
        "NOT_A_PHOTO": _("A file is not a photo, or it is damaged. Take it out of the form, take it again, and send once more."),
        "PHOTO_TOO_LARGE": _("A photo has too many pixels. Take it out of the form, take it again with a lower resolution, and send once more."),
        "TOO_MANY_PHOTOS": _("An inspection holds at most 40 photos and documents. Take some out, and send once more."),
        "QUOTA": _(
            "Too much of yours is waiting on the server to be finished. Finish what is on its way first, or ask the system administrator."
        ),
        "STORAGE_FULL": _("The server has no room left. Nothing is lost: it stays on this phone. Tell the system administrator."),
    }
