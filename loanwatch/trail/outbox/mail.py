"""E-mail through Django's SMTP backend. The key is the Message-ID, so that a mailbox that gets one twice knows it."""

import smtplib
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from loanwatch.trail.outbox.channels import Channel
from loanwatch.trail.outbox.rules import Message, Permanent, Temporary, Uncertain


class MailChannel(Channel):
    """`sender` is what stands in From; `tls` is "starttls", "tls" or "none"."""

    def __init__(
        self, host: str, *, sender: str, port: int = 587, username: str = "", password: str = "", tls: str = "starttls", timeout: float = 20.0,
    ) -> None:  # fmt: skip
        self.sender, self.timeout, self.host = sender, timeout, host
        self.told: dict[str, Any] = {
            "host": host, "port": port, "username": username or None, "password": password or None, "use_tls": tls == "starttls", "use_ssl": tls == "tls",
            "timeout": timeout,
        }  # fmt: skip

    def send(self, message: Message) -> str:
        backend = EmailBackend(**self.told)
        try:
            backend.open()
        except smtplib.SMTPAuthenticationError as fault:
            raise Temporary(f"{self.host} does not take our log-in ({fault.smtp_code}).") from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise Temporary(f"{self.host} can't be reached: {type(fault).__name__}") from fault
        domain = self.sender.rpartition("@")[2].strip("<> ") or "loanwatch"
        number = f"<{message.key.replace(':', '.').replace('/', '.')}@{domain}>"
        letter = EmailMessage(message.headline, message.body, self.sender, [message.recipient], headers={"Message-ID": number}, connection=backend)
        try:
            letter.send()
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as fault:
            _refused(fault, self.host)
        except ValueError as fault:  # a line break in a head line, an address that is none: raised before the letter is handed over
            raise Permanent(f"No letter can be made of it: {fault}") from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise Uncertain(f"{self.host} gave no answer: {type(fault).__name__}") from fault
        finally:
            _hang_up(backend)
        return number[:200]


def _hang_up(backend: EmailBackend) -> None:
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        backend.connection = None  # it was accepted or refused already; how the talk ended changes nothing


def _refused(fault: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException, host: str) -> None:
    of_recipient = isinstance(fault, smtplib.SMTPRecipientsRefused)
    code, text = next(iter(fault.recipients.values())) if of_recipient else (fault.smtp_code, fault.smtp_error)  # type: ignore[union-attr]
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    sentence = f"{host} answered {code}: {said[:160]}"
    raise (Permanent if 500 <= code < 600 else Temporary)(sentence) from fault
