"""`python -m config.secret_scan`: no key or password stands in a file of the repository. Exit 1 with the places.

Code and settings are read by detectors that guess by names and by the disorder of letters too; tests, texts and pictures,
whose words look like passwords, only by those that know the shape of a real key. A line that merely looks so says
`pragma: allowlist secret`; there is no baseline to hide in.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.scan import get_plugins, scan_file
from detect_secrets.settings import transient_settings

ROOT: Final = Path(__file__).resolve().parent.parent
SHAPES: Final[tuple[dict[str, Any], ...]] = (
    {"name": "PrivateKeyDetector"},
    {"name": "AWSKeyDetector"},
    {"name": "GitHubTokenDetector"},
    {"name": "JwtTokenDetector"},
    {"name": "TelegramBotTokenDetector"},
)
GUESSES: Final[tuple[dict[str, Any], ...]] = (
    {"name": "KeywordDetector"},
    {"name": "BasicAuthDetector"},
    {"name": "Base64HighEntropyString", "limit": 4.5},
    {"name": "HexHighEntropyString", "limit": 3.0},
)
FILTERS: Final[tuple[dict[str, Any], ...]] = (
    {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
    {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
    # the word that stands for a password in an example of an address
    {"path": "detect_secrets.filters.regex.should_exclude_secret", "pattern": ["^password$"]},
)
SKIPPED: Final = (".po", ".xlsx", ".csv", ".png", ".svg", ".ico", ".woff2", "openapi.yaml")
TEXTS: Final = ("tests/", "docs/", "static/", "templates/", "requirements", "CHANGELOG")


def main() -> int:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    names = [name for name in listed if name and not name.endswith(SKIPPED) and (ROOT / name).is_file()]
    code = [name for name in names if not name.startswith(TEXTS)]
    found = _scan(code, GUESSES) + _scan(_suspected(names), SHAPES)
    for place in found:
        print(place)
    return 1 if found else 0


def _suspected(names: list[str]) -> list[str]:
    """Files that hold the shape of a key anywhere: line by line, with all exceptions, only these are read."""
    with transient_settings({"plugins_used": list(SHAPES)}):
        detectors = list(get_plugins())
        texts = ((name, (ROOT / name).read_text(errors="replace")) for name in names)
        return [name for name, text in texts if any(any(one.analyze_string(text)) for one in detectors)]


def _scan(names: list[str], plugins: tuple[dict[str, Any], ...]) -> list[str]:
    with transient_settings({"plugins_used": list(plugins), "filters_used": list(FILTERS)}):
        return [f"{name}:{hit.line_number}: {hit.type}" for name in names for hit in scan_file(str(ROOT / name))]


if __name__ == "__main__":
    sys.exit(main())
