"""`python -m config.schema_drift`: the API's schema is valid and equals the committed docs/openapi.yaml."""

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
COMMITTED: Final = CHECKOUT / "docs" / "openapi.yaml"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, "openapi.yaml")
        # In the language of the source: a new translation changes nothing of the API.
        command = [sys.executable, "manage.py", "spectacular", "--lang", "en", "--validate", "--fail-on-warn"]
        command += ["--file", str(fresh)]
        if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
            return 1
        if not COMMITTED.exists():
            print("docs/openapi.yaml is not committed yet: nothing to compare with.")
            return 0
        kept, now = COMMITTED.read_text("utf-8").splitlines(), fresh.read_text("utf-8").splitlines()
    changed = list(difflib.unified_diff(kept, now, "docs/openapi.yaml", "the code", lineterm=""))
    if changed:
        print("\n".join(changed[:60]))
        print("The API differs from its committed schema: run manage.py spectacular --lang en --file docs/openapi.yaml")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
