"""One cached sprite of line icons, drawn from the `lucide` package, so that the repository holds no third-party file.

The finder hands the sprite to `collectstatic` and to the development server like any other static file:
its name is hashed by the manifest and cached for ever.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from django.templatetags.static import static

SPRITE_NAME = "icons.svg"

# Only what the screens use travels to the browser; a new icon is added here by its lucide name.
# fmt: off
ICONS = (
    "activity", "archive", "arrow-down", "arrow-left", "arrow-left-right", "arrow-right", "arrow-up", "award",
    "badge-check", "ban", "banknote", "bell", "book-open", "briefcase", "building-2", "calculator", "calendar",
    "calendar-check", "calendar-clock", "calendar-days", "chart-column", "chart-line", "check", "chevron-down",
    "chevron-left", "chevron-right", "chevron-up", "circle-alert", "circle-check", "circle-question-mark",
    "circle-user", "circle-x", "clipboard-check", "clipboard-list", "clock", "coins", "copy", "database", "download",
    "ellipsis", "external-link", "eye", "eye-off", "file-check", "file-text", "flag", "funnel", "gauge", "globe",
    "graduation-cap", "grip-vertical", "handshake", "history", "house", "inbox", "info", "key-round", "keyboard",
    "languages", "layers", "link", "list", "list-filter", "loader", "lock", "log-out", "mail", "map-pin", "megaphone",
    "menu", "merge", "message-circle", "moon", "paperclip", "pause", "pencil", "percent", "phone", "phone-call",
    "phone-incoming", "phone-missed", "phone-off", "phone-outgoing", "play", "plug", "plus", "printer", "receipt",
    "redo-2", "refresh-cw", "repeat", "scale", "search", "send", "server", "settings", "shield-check",
    "sliders-horizontal", "smartphone", "snowflake", "split", "star", "sun", "tag", "target", "timer", "trash-2",
    "trending-down", "trending-up", "triangle-alert", "undo-2", "upload", "user", "user-check", "user-cog",
    "user-plus", "user-x", "users", "volume-2", "wallet", "webhook", "x", "zap",
)
# fmt: on

# Drawn by hand: the product's own sign.
_OWN = {
    "traffic-light": '<rect x="7" y="2" width="10" height="20" rx="4"/><path d="M12 7h.01M12 12h.01M12 17h.01"/>',
}
# The names people guess first, so that a template need not know lucide's own spelling.
ALIASES = {
    "home": "house",
    "filter": "funnel",
    "more": "ellipsis",
    "help": "circle-question-mark",
    "warning": "triangle-alert",
    "error": "circle-alert",
    "call": "phone",
    "meeting": "handshake",
    "visit": "map-pin",
    "messenger": "message-circle",
    "letter": "mail",
    "close": "x",
    "edit": "pencil",
    "delete": "trash-2",
    "lights": "traffic-light",
    "rotation": "refresh-cw",
}


class IconDoesNotExist(LookupError):
    """The sprite has no icon of that name: add it to ICONS."""


@cache
def sprite() -> str:
    """The whole sprite as SVG text, one `<symbol>` per icon, 24×24 user units, strokes in the current colour."""
    archive = ZipFile(BytesIO(resources.files("lucide").joinpath("lucide.zip").read_bytes()))
    symbols = [_symbol(name, _inner(archive.read(f"{name}.svg").decode())) for name in ICONS]
    symbols += [_symbol(name, inner) for name, inner in _OWN.items()]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _inner(svg: str) -> str:
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return re.sub(r"\s*/>", "/>", re.sub(r"\s+", " ", body)).replace("> <", "><").strip()


def _symbol(name: str, inner: str) -> str:
    # Presentation attributes on the symbol: a page's stylesheet does not reach inside an external sprite.
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
    )


@cache
def icon_href(name: str) -> str:
    """Address of one icon inside the sprite. Raises IconDoesNotExist for a name the sprite does not carry."""
    name = ALIASES.get(name, name)
    if name not in ICONS and name not in _OWN:
        raise IconDoesNotExist(f"No icon {name!r} in the sprite; add it to common.icons.ICONS.")
    return f"{static(SPRITE_NAME)}#{name}"


def _folder() -> Path:
    state = getattr(settings, "STATE_DIR", None)
    return Path(state) / "sprite" if state else Path(tempfile.gettempdir()) / "svetofor-sprite"


class SpriteFinder(BaseFinder):
    """Static files finder of the one generated file; settings.STATICFILES_FINDERS names it beside Django's own."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.storage = FileSystemStorage(location=_folder())
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: object) -> list[CheckMessage]:
        return []

    def find(  # type: ignore[override]
        self, path: str, find_all: bool = False, **kwargs: object
    ) -> str | list[str]:
        if path != SPRITE_NAME:
            return []
        found = str(self._written())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None = None) -> Iterator[tuple[str, FileSystemStorage]]:
        self._written()
        yield SPRITE_NAME, self.storage

    def _written(self) -> Path:
        folder = _folder()
        target = folder / SPRITE_NAME
        text = sprite()
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            folder.mkdir(parents=True, exist_ok=True)
            # Several processes may start at once; a rename never shows half a file.
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as draft:
                draft.write(text)
            Path(draft.name).chmod(0o644)
            Path(draft.name).replace(target)
        return target
