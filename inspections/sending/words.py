"""Every sentence the phone's page says, in the reader's language. The page fills the %(places)s; a pair is singular and plural."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy, pgettext


def words() -> dict[str, Any]:
    """Key -> text, (singular, plural), or code -> text; as JSON for the modules under static/lw/phone."""
    return {**_frame(), **_today(), **_form(), **_points(), **_pictures(), **_place(), **_review(), **_sending(), **_people()}


class _Open(int):
    """A number whose place stays open in a sentence, so that the page can fill it."""

    def __str__(self) -> str:
        return "%(count)s"


def _both(sentence: Any) -> list[str]:
    """Singular and plural of a lazy sentence that counts, both with their place for the count."""
    return [str(sentence % {"count": _Open(number)}) for number in (1, 2)]


def _frame() -> dict[str, Any]:
    return {
        "visits_title": pgettext("page title", "Visits"),
        "nav_label": _("Main navigation"),
        "nav_today": _("Today"),
        "nav_tasks": _("Tasks"),
        "nav_clients": pgettext("navigation", "Clients"),
        "nav_sync": pgettext("navigation", "Sync"),
        "cancel": _("Cancel"),
        "close": _("Close"),
        "more_menu": _("More about this visit"),
        "search": _("Search today's visits"),
        "language": _("Language"),
        "try_again": _("Try again"),
        "metres": _("%(count)s m"),
        "kilometres": _("%(count)s km"),
        "last_sync": _("Last sync %(at)s"),
        "no_network": _both(
            ngettext_lazy("No network. %(count)s item saved on this phone.", "No network. %(count)s items saved on this phone.", "count")
        ),
        "no_network_none": _("No network. Your visits are on this phone."),
        "kept_here": _both(ngettext_lazy("%(count)s item saved on this phone.", "%(count)s items saved on this phone.", "count")),
        "saved_here": _("Saved on this phone %(at)s. Sends when online."),
        "saved_here_online": _("Saved on this phone %(at)s."),
        "saved_and_copied": _("Saved on this phone %(at)s. Copy on the server %(server)s."),
        "sending_now": _("Sending what is on this phone."),
    }


def _today() -> dict[str, Any]:
    return {
        "today": _("Today, %(day)s"),
        "visits_today": _("Visits today"),
        "visits": _both(ngettext_lazy("%(count)s visit", "%(count)s visits", "count")),
        "late": _both(ngettext_lazy("%(count)s day late", "%(count)s days late", "count")),
        "chip_done": _("Form %(percent)s%% done").replace("%%", "%"),
        "chip_received": _("Received"),
        "chip_refused": _("Not taken"),
        "chip_waiting": _("Waiting to be sent"),
        "chip_returned": _("Returned"),
        "answered_of": _("%(answered)s of %(total)s answered"),
        "start": _("Start form"),
        "continue": _("Continue"),
        "correct": _("Correct"),
        "see_sync": _("See how it is sent"),
        "navigate": _("Find the way to %(name)s"),
        "navigate_short": _("Find the way"),
        "call": _("Call %(name)s"),
        "call_short": pgettext("telephone", "Call"),
        "also_due": _("Also due soon"),
        "all_tasks": _("All tasks"),
        "none_today": _("No visit today"),
        "none_today_text": _("What is due later stands below."),
        "not_in_list": _("Begun on this phone, no longer in your list"),
        "not_in_list_text": _("These inspections were closed or given to another person. What you recorded is still here."),
        "refused_person": _("The server gives no visits to this log-in."),
        "tasks": _("Tasks"),
        "tasks_here": _both(ngettext_lazy("%(count)s on this phone", "%(count)s on this phone", "count")),
        "tasks_desk": _("All tasks on the desk page"),
        "no_tasks": _("No task on this phone"),
        "later": _both(
            ngettext_lazy(
                "%(count)s more task is due later and comes to the phone then.",
                "%(count)s more tasks are due later and come to the phone then.",
                "count",
            )
        ),
        "clients": pgettext("navigation", "Clients"),
        "clients_here": _both(ngettext_lazy("%(count)s with a visit", "%(count)s with a visit", "count")),
        "no_clients": _("No client with a visit"),
    }


def _form() -> dict[str, Any]:
    return {
        "bar_line": _("%(kind)s · %(answered)s of %(total)s answered"),
        "sections": _("Sections of the form"),
        "sign_pill": pgettext("last page of a form", "Sign"),
        "next_step": _("Next step"),
        "next": _("Next: %(section)s"),
        "check": _("Check and sign"),
        "previous": _("Previous section"),
        "back_today": _("Back to today"),
        "back_form": _("Back to the form"),
        "back_sync": _("Back to the list"),
        "find_way": _("Find the way"),
        "template_line": _("Form: %(name)s, version %(version)s"),
        "due_line": _("Due %(day)s"),
        "discard": _("Throw this form away"),
        "discard_title": _("Throw away what you recorded?"),
        "discard_text": _("Answers, photos and signatures of this form leave the phone. This can't be undone."),
        "discard_sent_text": _("What you recorded leaves the phone. What the server has kept of it stays there for your branch head."),
        "returned": _("This inspection was returned: %(reason)s."),
        "task_gone": _("This inspection is no longer in your list. You can finish it; the server says whether it is still wanted."),
        "template_changed": _(
            "The form has a newer version now. This inspection goes on with version %(version)s and can be sent; the verifier sees the version."
        ),
    }


def _points() -> dict[str, Any]:
    return {
        "answer_yes": _("Yes"),
        "answer_no": _("No"),
        "answer_not_seen": _("Not seen"),
        "last_visit": _("last visit %(value)s"),
        "optional": _("optional"),
        "prefill": _("Take over %(value)s (%(from)s)"),
        "note": _("Note"),
        "note_add": _("Note or photo"),
        "note_different": _("What is different?"),
        "note_needed": _("needed for “%(answer)s”"),
        "fewer": _("%(percent)s%% fewer than last time.").replace("%%", "%"),
        "less": _("%(percent)s%% less than last time.").replace("%%", "%"),
        "more": _("%(percent)s%% more than last time.").replace("%%", "%"),
        "need_note": _("A note that says why is needed."),
        "need_photo": _("A photo is needed."),
        "need_document": _("A document is needed."),
        "need_list": _("A photo of the list is needed."),
        "need_list_of": _("“%(point)s” is needed."),
        "need_jump": _("Say why in a note, or add a photo."),
        "items_count": _("%(count)s lines"),
        "item_number": _("Line %(number)s"),
        "item_add": _("Add a line"),
        "item_remove": _("Remove line %(number)s"),
        "item_removed": _("Line %(number)s was removed."),
        "item_sum": _("Sum %(sum)s"),
        "bad": {
            "number": _("Write a figure such as 1200, 1,200.00 or 120万."),
            "percent": _("Write a percentage such as 35 or 35.5."),
            "date": _("Choose a day."),
            "choice": _("Choose one of the answers."),
            "long": _("This text is longer than 4,000 signs."),
            "items": _("Each line needs its first cell, and figures such as 1200 or 1,200.00."),
            "position": _("The position can't be read. Take it again."),
            "signature": _("Write the whole name."),
        },
        "faults": {
            "answer": _("an answer is needed"),
            "photo": _("a photo is needed"),
            "document": _("a document is needed"),
            "signature": _("a signature or the typed name is needed"),
            "note": _("a note is needed"),
            "list": _("the list or a photo of it is needed"),
            "jump": _("a note or a photo on the large change is needed"),
            "position": _("a position, or a reason why there is none or it is doubtful"),
            "none": _("a reason why there is no position"),
            "vague": _("a reason why the position is not accurate"),
            "far": _("a reason why the visit was far from the address"),
            "date": _("a day from the opening of the task up to today"),
            "number": _("a figure that can be read"),
            "percent": _("a percentage that can be read"),
            "choice": _("one of the answers"),
            "long": _("a shorter text"),
            "items": _("lines that can be read"),
        },
    }


def _pictures() -> dict[str, Any]:
    return {
        "photo_add": _("Photo"),
        "photo_add_to": _("Add a photo: %(point)s"),
        "photo_number": _("Photo %(number)s: %(point)s"),
        "photo_kept": _("Photo saved on this phone %(at)s."),
        "photo_type": _("This is no JPEG, PNG or WebP picture. Take the photo with the camera."),
        "document_add": _("Document"),
        "document_add_to": _("Add a document: %(point)s"),
        "document_number": _("Document %(number)s: %(point)s"),
        "document_kept": _("Document saved on this phone %(at)s."),
        "document_type": _("Documents are PDF files or pictures."),
        "file_empty": _("The file is empty. Take it again."),
        "file_large": _("The file has %(size)s; at most %(most)s are taken. Use a lower resolution."),
        "file_many": _("An inspection holds at most %(most)s pictures and documents. Remove one first."),
        "file_remove": _("Remove"),
        "file_removed": _("Removed from the form."),
        "file_taken": _("Taken %(at)s. On this phone, not sent yet."),
        "file_taken_sent": _("Taken %(at)s. The server has had it since %(server)s."),
        "tile_sent": _("%(label)s, taken %(at)s, the server has it"),
        "tile_here": _("%(label)s, taken %(at)s, on this phone"),
        "signature_board": _("%(label)s: draw here with a finger, or type the name below"),
        "signature_picture": _("%(label)s: drawn signature"),
        "signature_finger": _("Draw with a finger, or type the name."),
        "signature_at": _("Signed %(at)s on this phone"),
        "signature_kept": _("Signature saved on this phone %(at)s."),
        "signature_gone": _("The signature was removed."),
        "signature_clear": pgettext("signature", "Clear"),
        "signature_name": _("Name in letters"),
    }


def _place() -> dict[str, Any]:
    return {
        "position": _("Position"),
        "position_none": _("No position yet"),
        "position_why": _("The position shows that the visit took place at the borrower's address."),
        "position_taken": _("Position taken; the address has no position to compare with"),
        "position_at": _("At the site, %(distance)s from the address"),
        "position_far": _("%(distance)s from the address"),
        "position_take": _("Take my position"),
        "position_again": _("Take it again"),
        "position_looking": _("Looking for the position…"),
        "position_done": _("Position taken."),
        "position_reason": _("Why is there no good position?"),
        "position_reason_none": _("Why is there no position?"),
        "position_reason_vague": _("Why is the position less accurate than ±100 m?"),
        "position_reason_far": _("Why is this more than 300 m from the address?"),
        "position_denied_fault": _(
            "The browser may not ask for the position. Allow it in the browser's settings, or say why there is none."
        ),
        "position_slow_fault": _("The phone found no position in time. Step outside and try again, or say why there is none."),
        "position_none_fault": _("The phone gives no position. Say why there is none."),
    }


def _review() -> dict[str, Any]:
    return {
        "missing": _both(
            ngettext_lazy(
                "%(count)s point must be completed before you can sign.", "%(count)s points must be completed before you can sign.", "count"
            )
        ),
        "complete": _("Everything that is asked for is there."),
        "all_answers": _("All answers"),
        "pictures": _both(ngettext_lazy("%(count)s picture", "%(count)s pictures", "count")),
        "visited_on": _("Day of the visit"),
        "conclusion": _("Conclusion"),
        "conclusion_no_problem": _("No problem found"),
        "conclusion_concern": _("Concern, keep watching"),
        "conclusion_problem": _("Problem, action needed"),
        "summary": _("Summary"),
        "position_reason_field": _("Reason for the position"),
        "own_signature": _("Your signature"),
        "own_signature_of": _("Signature of the inspector: %(name)s"),
        "finish": _("Sign and hand in"),
        "finish_text": _(
            "After handing in nothing can be changed. Without a network it waits on this phone and is sent by itself. "
            "A risk officer who does not know your answers verifies the inspection."
        ),
    }


def _sending() -> dict[str, Any]:
    return {
        "sync": _("On the way to the server"),
        "state_here": _("On this phone, not finished"),
        "state_copied": _("Not finished, copy on the server %(at)s"),
        "state_waiting": _("On this phone, waits for a network"),
        "state_login": _("On this phone, waits for your log-in"),
        "state_sending": _("Sending %(done)s of %(total)s"),
        "state_received": _("Received %(at)s"),
        "state_refused": _("Not taken by the server"),
        "with_pictures": _both(
            ngettext_lazy("Form and %(count)s picture or document", "Form and %(count)s pictures or documents", "count")
        ),
        "refused_plain": _("The server did not take it. It stays on this phone."),
        "open_form": _("Open the form"),
        "send_again": _("Send once more"),
        "send_now": _("Send now"),
        "all_sent": _("Everything is sent"),
        "all_sent_text": _("Nothing waits on this phone."),
        "received_heading": _("Received by the server"),
        "remove_received": _("Clear the received ones from this list"),
        "fault_text": _("Something went wrong while sending. Nothing is lost; the phone tries again by itself."),
        "this_phone": _("This phone"),
        "room": _("%(used)s of %(room)s are used."),
        "room_kept": _("The browser keeps this storage until you clear it."),
        "room_not_kept": _(
            "The browser may clear this storage when the phone runs out of room. Put the page on the home screen, and send soon."
        ),
        "unreadable": _(
            "Something on this phone can't be read any more, because browser data was cleared. Tell your branch head what is missing."
        ),
        "picture_lost": _("A picture of “%(point)s” can no longer be read on this phone. Open the form, take it out, and take it again."),
        "elsewhere": _(
            "Nothing was changed: another tab has the last entries of this inspection in memory, because the phone has no room. Go on there."
        ),
        "full_short": _("The phone has no room left."),
        "full_open": _("What to do"),
        "full_title": _("The phone has no room left"),
        "full_text": _(
            "Your last entries are in memory only. Keep this page open. Send what waits, remove what was received, or make room on the phone."
        ),
        "full_send": _("Send first"),
        "full_remove": _("Remove received ones"),
        "full_again": _("Try to save again"),
        "full_still": _("There is still no room. Keep this page open; what you entered is in memory."),
    }


def _people() -> dict[str, Any]:
    return {
        "login": _("Log in"),
        "login_short": _("Log in to send. Nothing is lost."),
        "login_title": _("Your log-in has ended."),
        "login_text": _("Log in to send. Nothing is lost: everything stays on this phone, and you can go on recording."),
        "log_out": _("Log out"),
        "to_desk": _("To the desk"),
        "first_offline": _("No network"),
        "first_offline_text": _("This phone has not been used for visits yet. It needs a network once; after that it works without."),
        "first_login": _("Log in once"),
        "first_login_text": _("Your visits come to this phone after you log in. After that the page works without a network."),
        "first_refused": _("No visits for this log-in"),
        "first_refused_text": _("Visits are recorded by account managers, risk officers and field agents."),
        "first_fault": _("The page could not be opened"),
        "first_fault_text": _("The browser gave no storage. Private windows and blocked storage can't keep visits."),
        "first_insecure": _("This page needs a secure connection"),
        "first_insecure_text": _("Open it with https. Until then use the list, which works with a network."),
        "open_list": _("Open the list"),
        "log_out_offline": _("Logging out needs a network."),
        "blocked_title": _("This phone holds inspections of %(name)s that are not sent"),
        "blocked_text": _(
            "%(other)s is logged in. Until they are sent the phone can't change to another person. "
            "They stay here, encrypted, and are sent when %(name)s logs in again."
        ),
        "blocked_list": _both(ngettext_lazy("%(count)s inspection is not sent", "%(count)s inspections are not sent", "count")),
        "blocked_login": _("Log in as %(name)s"),
        "blocked_list_page": _("Work with a network instead, without this phone's storage"),
        "stay_title": _("You can't log out yet"),
        "stay_text": _("These inspections are only on this phone. Send them or throw them away first; then you can log out."),
    }
