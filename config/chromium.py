"""`python -m config.chromium`: makes sure that the browser tests have a browser.

Looks at $CHROMIUM, then PATH, then, as root with apt, installs it. Without one the browser tests are skipped with
one line; with CI=true that is a failure. `--path` prints where it is (an empty line: nowhere) and installs nothing.
"""

import os
import shutil
import subprocess
import sys
from typing import Final

# The shell without windows does the same pages with a quarter less processor time, so it is preferred.
NAMES: Final = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
)  # fmt: skip
PACKAGES: Final = ("chromium-headless-shell", "chromium")  # older systems know the second alone


def path() -> str:
    """The browser's program, an empty string when there is none."""
    named = os.environ.get("CHROMIUM", "")
    return next((found for name in (named, *NAMES) if name and (found := shutil.which(name))), "")


def install() -> None:
    """Ask apt for it, when we may."""
    apt = shutil.which("apt-get")
    if os.geteuid() or not apt:
        return
    print("No Chromium found: installing it by apt-get…", flush=True)
    _ask(apt, "update", "-qq")
    any(_ask(apt, "install", "-y", "-qq", "--no-install-recommends", package) for package in PACKAGES)


def _ask(apt: str, *arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([apt, *arguments], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"apt-get {' '.join(arguments)} failed: {done.stderr.strip().splitlines()[-1:]}", flush=True)
    return not done.returncode


def main() -> int:
    if "--path" in sys.argv[1:]:
        print(path())
        return 0
    if not path():
        install()
    found = path()
    if found:
        print(f"Browser tests: {found}")
        return 0
    if os.environ.get("CI", "").lower() == "true":
        print("Browser tests need Chromium: install it or set CHROMIUM to its path.", file=sys.stderr)
        return 1
    print("Browser tests are skipped: no Chromium (install it or set CHROMIUM to its path).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
