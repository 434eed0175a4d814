"""`python -m config.embedded start|stop|status|url`: the embedded servers by hand."""

import argparse
import sys

from config import embedded


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded",
        description="The embedded PostgreSQL and Redis.",
    )
    parser.add_argument("act", choices=["start", "stop", "status", "url"])
    act = parser.parse_args().act
    try:
        if act == "start":
            print("started:", ", ".join(embedded.ensure()) or "nothing, all were running")
            embedded.keep()
        elif act == "stop":
            print("stopped:", ", ".join(embedded.stop()) or "nothing was running")
        elif act == "url":
            print(f"DATABASE_URL={embedded.database_url()}\nREDIS_URL={embedded.redis_url()}")
        else:
            running = embedded.status()
            for name, pid in running.items():
                print(f"{name}: {f'runs, pid {pid}' if pid else 'does not run'}")
            return 0 if all(running.values()) else 1
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
