"""The conversation with the mail server, and what its answers mean."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.constants import MAX_SEND_ATTEMPTS, RETRY_MINUTES
from notifications.models import OutboxMail


@dataclass(eq=False)
class Refused(Exception):
    """The letter was not taken. `is_permanent`: asking again is useless. `is_server_away`: nobody answered at all."""

    text: str
    is_permanent: bool = False
    is_server_away: bool = False


def next_attempt_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None when enough is enough."""
    if attempts >= MAX_SEND_ATTEMPTS:
        return None
    return now + timedelta(minutes=RETRY_MINUTES[min(attempts, len(RETRY_MINUTES)) - 1])


class Sender:
    """One connection for many letters; it is opened again after a failure."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(self, mail: OutboxMail) -> None:
        """Hands the letter over. Raises Refused."""
        try:
            if self._connection is None:
                connection = get_connection()
                connection.open()
                self._connection = connection
            self._connection.send_messages([_message(mail, self._connection)])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            is_greeted = self._connection is not None
            self._hang_up()
            raise _refusal(error, is_greeted=is_greeted) from error

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # The letters are already taken or refused: a server that dislikes the good-bye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            connection.close()


def _message(mail: OutboxMail, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.to_address],
        connection=connection,
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _refusal(error: Exception, *, is_greeted: bool) -> Refused:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
        return Refused(_text(answers[0]), is_permanent=all(500 <= code < 600 for code, _said in answers))
    # A wrong password or a server without TLS says nothing about the letter: the operator mends it, the letter waits.
    if isinstance(error, smtplib.SMTPResponseException) and not isinstance(error, smtplib.SMTPAuthenticationError):
        is_about_letter = is_greeted and 500 <= error.smtp_code < 600
        return Refused(
            _text((error.smtp_code, error.smtp_error)), is_permanent=is_about_letter, is_server_away=not is_greeted
        )
    if isinstance(error, ValueError):  # a header with a line break, an address that cannot be one
        return Refused(_short(error), is_permanent=True)
    return Refused(_short(error), is_server_away=not is_greeted)


def _text(answer: tuple[int, bytes | str]) -> str:
    code, said = answer
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:500]


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
