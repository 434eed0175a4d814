"""`python -m tests.mutants [--only WORD]`: takes one line of trust out of a copy of the tree at a time, and runs the
tests that must notice. Ends with 1 when a mutant survives. The copy, its database and its Redis live in a folder
that is removed afterwards."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.places import PLACES, ROOT, Place

FAILED = 1  # pytest: tests were run and some failed; everything else is no proof


def copy_tree(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for catalogue in ROOT.glob("locale/*/LC_MESSAGES/*.mo"):
        shutil.copy2(catalogue, target / catalogue.relative_to(ROOT))


def run_tests(tree: Path, state: Path, killers: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--reuse-db", "-p", "no:cacheprovider", *killers]
    environment = {**os.environ, "STATE_DIR": str(state), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def verdict_of(place: Place, tree: Path, state: Path) -> str:
    target = tree / place.path
    before = target.read_text()
    target.write_text(place.mutated())
    try:
        code = run_tests(tree, state, place.killers).returncode
    finally:
        target.write_text(before)
    return {0: "SURVIVED", FAILED: "killed"}.get(code, f"NO PROOF (pytest ended with {code})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a word of the names of the places to try")
    wanted = [place for place in PLACES if parser.parse_args().only in place.name]
    with tempfile.TemporaryDirectory(prefix="svm-") as folder:
        tree, state = Path(folder) / "tree", Path(folder) / "st"
        copy_tree(tree)
        killers = tuple(dict.fromkeys(killer for place in wanted for killer in place.killers))
        done = run_tests(tree, state, killers)
        if done.returncode:
            print(done.stdout[-2000:])
            print("The tests fail without any mutant: nothing can be proven.")
            return 1
        verdicts = []
        for place in wanted:
            started = time.monotonic()
            verdicts.append(verdict_of(place, tree, state))
            print(f"{verdicts[-1]:9} {place.name}: {place.path} ({time.monotonic() - started:.0f} s)", flush=True)
    killed = verdicts.count("killed")
    print(f"{killed} of {len(verdicts)} killed")
    return 0 if killed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
