"""`make faults`: kill everything again and again, then count what was lost. Exit 1 when a bar is missed."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from faults.mail import PostOffice
from faults.product import Product, free_port


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=40, help="processes to kill; 200 and more for a release")
    parser.add_argument("--pause", type=float, default=2.0, help="mean seconds between two strikes")
    parser.add_argument("--longest", type=float, default=780, help="seconds after which the storm ends anyway")
    parser.add_argument("--drills", action="store_true", help="also measure the recovery from one fault at a time")
    parser.add_argument("--disk", type=Path, help="a small file system to keep the product on; the drills fill it up")
    parser.add_argument("--report", type=Path, help="write the report to this file")
    parser.add_argument("--keep", action="store_true", help="leave the state folder for a look")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="flt", dir=asked.disk or "/tmp"))
    folder.chmod(0o755)
    state = folder / "s"
    state.mkdir()
    office = PostOffice(asked.seed)
    port = free_port()
    environment = {
        "STATE_DIR": str(state), "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}", "DEMO": "1",
        "EMAIL_URL": f"smtp://127.0.0.1:{office.start()}", "FAULT_DIR": str(state / "faults"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    for name in ("DATABASE_URL", "REDIS_URL", "SVETOFOR_FSYNC", "FAULT"):
        os.environ.pop(name, None)
    os.environ.update(environment)
    product = Product(state, port, environment)
    try:
        say("start")
        product.start()
        import django

        django.setup()
        from faults.campaign import Campaign
        from faults.report import written

        campaign = Campaign(product, office, seed=asked.seed, kills=asked.kills, pause=asked.pause, say=say)
        result = campaign.run(drills=asked.drills, longest=asked.longest, small_disk=asked.disk is not None)
    finally:
        status = product.stop()
        office.stop()
    result.bars["Ctrl-C ends everything"] = (f"status {status}", status == 0)
    text = written(result, seed=asked.seed)
    print(text)
    if asked.report:
        asked.report.write_text(text, encoding="utf-8")
    if asked.keep or not result.passed:
        say(f"state folder: {state}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if result.passed else 1


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
