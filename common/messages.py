"""The message catalogues without gettext's binaries: `python -m common.messages merge|compile|check`.

merge    locale/parts/*.po, drafts that git ignores, and what is already there become locale/ru/LC_MESSAGES/django.po:
         sorted, only used messages.
compile  .po → .mo where the .po is newer.
check    every message of code and templates has a whole Russian translation with the same placeholders; exit 1 if not.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation import trans_real
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {"tests", "bench", "migrations", "node_modules", "staticfiles", "var", "locale", "docs", "static"}

Key = tuple[str | None, str]

# Which argument is what: (context, singular, plural); None where the function has no such argument.
_ARGUMENTS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_LITERAL = r"""(?:u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
_TEMPLATE_CALL = re.compile(rf"\b(?P<name>n?p?gettext|_)\(\s*(?P<args>{_LITERAL}(?:\s*,\s*{_LITERAL})*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]?[\d.*]*[a-zA-Z]|\{(\w*)[^{}]*\}|%[sd]")

_HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "MIME-Version": "1.0",
}
_RUSSIAN_PLURALS = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
)


@dataclass
class Message:
    """One translatable text: where it stands (path:line, relative) and whether it has a plural."""

    context: str | None
    text: str
    plural: str | None = None
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.context, self.text


def python_messages(source: str, place: str) -> Iterator[Message]:
    """Messages of Python source: calls of gettext and its kin whose arguments are literals."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in _ARGUMENTS:
            continue
        texts = [a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in node.args]
        yield from _message(name, texts, f"{place}:{node.lineno}")


def template_messages(source: str, place: str) -> Iterator[Message]:
    """Messages of a template: translate, blocktranslate and `_("…")` inside tags."""
    calls = templatize(source, origin=place)
    for match in _TEMPLATE_CALL.finditer(calls):
        texts = [ast.literal_eval(text) for text in re.findall(_LITERAL, match["args"], re.DOTALL)]
        line = calls.count("\n", 0, match.start()) + 1
        yield from _message(match["name"], texts, f"{place}:{line}")


def _message(name: str, texts: list[str | None], place: str) -> Iterator[Message]:
    context_at, text_at, plural_at = _ARGUMENTS[name]

    def argument(index: int | None) -> str | None:
        return texts[index] if index is not None and index < len(texts) else None

    if text := argument(text_at):
        yield Message(argument(context_at), text, argument(plural_at), [place])


def used_messages(root: Path = ROOT) -> dict[Key, Message]:
    """Every message of the project's code and templates."""
    found: dict[Key, Message] = {}
    for path in _sources(root):
        place, source = str(path.relative_to(root)), path.read_text(encoding="utf-8")
        read = python_messages if path.suffix == ".py" else template_messages
        for message in read(source, place):
            known = found.setdefault(message.key, message)
            if known is not message:
                known.places += message.places
                known.plural = known.plural or message.plural
    return found


def _sources(root: Path) -> Iterator[Path]:
    for folder in sorted(root.iterdir()):
        if not folder.is_dir() or folder.name.startswith(".") or folder.name in SKIPPED_FOLDERS:
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"} or SKIPPED_FOLDERS & set(path.relative_to(root).parts):
                continue
            if path.suffix == ".py" or "templates" in path.parts:
                yield path


def catalogue(root: Path = ROOT, language: str = "ru") -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def merge(root: Path = ROOT) -> list[str]:
    """Writes the Russian catalogue from the parts and the present one; returns conflicts between parts, in words.

    A part wins over the present catalogue; of two parts that differ the first by name wins until somebody settles it.
    Messages that nothing uses any more are left out.
    """
    used, conflicts = used_messages(root), []
    entries: dict[Key, polib.POEntry] = {}
    origin: dict[Key, str] = {}
    for part in sorted((root / "locale" / "parts").glob("*.po")):
        for entry in polib.pofile(str(part), encoding="utf-8"):
            if entry.obsolete:
                continue
            key = (entry.msgctxt, entry.msgid)
            if key not in entries:
                entries[key], origin[key] = entry, part.name
            elif _translation(entries[key]) != _translation(entry) and any(_translation(entry)):
                if not any(_translation(entries[key])) or (entry.msgid_plural and not entries[key].msgid_plural):
                    entries[key], origin[key] = entry, part.name
                elif not entries[key].msgid_plural or entry.msgid_plural:
                    ours, theirs = _translation(entries[key]), _translation(entry)
                    conflicts.append(f"{entry.msgid!r}: {origin[key]} {ours}, {part.name} {theirs}")
    present = catalogue(root)
    if present.exists():
        for entry in polib.pofile(str(present), encoding="utf-8"):
            entries.setdefault((entry.msgctxt, entry.msgid), entry)
    book = polib.POFile(wrapwidth=0)
    book.metadata = {**_HEADER, "Language": "ru", "Plural-Forms": _RUSSIAN_PLURALS}
    for key in sorted((set(entries) & set(used)), key=lambda key: (key[1], key[0] or "")):
        entry = entries[key]
        book.append(
            polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgstr=entry.msgstr,
                msgstr_plural=entry.msgstr_plural,
                flags=[flag for flag in entry.flags if flag == "fuzzy"],
            )
        )
    _write(book, present)
    english = polib.POFile(wrapwidth=0)
    english.metadata = {**_HEADER, "Language": "en", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    _write(english, catalogue(root, "en"))
    return conflicts


def _write(book: polib.POFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"{book}\n".replace("\n\n\n", "\n\n").rstrip("\n") + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _translation(entry: polib.POEntry) -> list[str]:
    plural = entry.msgstr_plural
    return [plural[index] for index in sorted(plural)] if plural else [entry.msgstr]


def compile_catalogues(root: Path = ROOT) -> list[Path]:
    """Compiles every catalogue whose .mo is missing or older than its .po; returns the .mo files written."""
    written = []
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(".mo.new")
        polib.pofile(str(source), encoding="utf-8").save_as_mofile(str(draft))
        # Several processes may start at once; a rename never shows half a file.
        draft.replace(target)
        written.append(target)
    if written:
        # A process that has already read the older catalogues would keep them to its end.
        trans_real._translations.clear()  # type: ignore[attr-defined]
    return written


def problems(root: Path = ROOT) -> list[str]:
    """What keeps the Russian catalogue from being whole, one sentence each; empty when it is."""
    used, found = used_messages(root), []
    path = catalogue(root)
    book = {(e.msgctxt, e.msgid): e for e in polib.pofile(str(path), encoding="utf-8")} if path.exists() else {}
    for key, message in sorted(used.items(), key=lambda pair: (pair[0][1], pair[0][0] or "")):
        where = f"{message.places[0]} {message.text!r}"
        entry = book.get(key)
        if entry is None:
            found.append(f"{where}: no translation")
            continue
        if "fuzzy" in entry.flags:
            found.append(f"{where}: fuzzy")
        if message.plural and set(entry.msgstr_plural) != {0, 1, 2}:
            found.append(f"{where}: needs three plural forms")
        if not all(_translation(entry)):
            found.append(f"{where}: empty translation")
            continue
        wanted = _placeholders(message.plural or message.text)
        for text in _translation(entry):
            if _placeholders(text) != wanted:
                found.append(f"{where}: placeholders differ in {text!r}")
    found += [f"{path.name} {key[1]!r}: nothing uses it" for key in sorted(set(book) - set(used), key=str)]
    return found


def _placeholders(text: str) -> set[str]:
    return {match.group(0) for match in _PLACEHOLDER.finditer(text.replace("%%", ""))}


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit code."""
    match arguments:
        case ["merge"]:
            lines = merge()
        case ["compile"]:
            lines = []
            for path in compile_catalogues():
                print(path.relative_to(ROOT))
        case ["check"]:
            lines = problems()
        case _:
            print(__doc__)
            return 2
    for line in lines:
        print(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
