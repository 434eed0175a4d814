"""What a service says when it refuses. Pages turn it into 403, 409, 422; the API into problem details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class ActError(Exception):
    """An act was refused; nothing has been written. `text` is for the person, in his language."""

    code = "refused"
    status = 409

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        if code:
            self.code = code


class NotAllowed(ActError):
    """In scope, but not this verb for this person."""

    code = "not_allowed"
    status = 403


class Invalid(ActError):
    """Wrong input, by field: `{"amount": ["…"]}`; "__all__" for what belongs to no field."""

    code = "invalid"
    status = 422

    def __init__(self, fields: Mapping[str, Sequence[str] | str], *, code: str = "") -> None:
        self.fields = {key: [value] if isinstance(value, str) else list(value) for key, value in fields.items()}
        super().__init__(" ".join(text for texts in self.fields.values() for text in texts), code=code)


@dataclass(frozen=True)
class Missing:
    """One fact that a guard asks for."""

    code: str
    text: str


class GuardFailed(ActError):
    """A step of the state machine lacks facts (domain 1.2): 409 in the API, 422 on pages, never silent."""

    code = "guard"
    status = 409

    def __init__(self, text: str, missing: Sequence[Missing]) -> None:
        super().__init__(text)
        self.missing = tuple(missing)


class Conflict(ActError):
    """Somebody was faster, or a cap is reached."""

    code = "conflict"
    status = 409


class StaleVersion(Conflict):
    """The form was opened before another person's save; `current` holds the values that stand now."""

    code = "stale_version"

    def __init__(self, text: str, *, current: Mapping[str, object] | None = None) -> None:
        super().__init__(text)
        self.current = dict(current or {})
