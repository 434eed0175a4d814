"""Static files under their hashed names and compiled translations, as production serves them."""

import subprocess
import sys

import django


def main() -> None:
    django.setup()
    from django.core.management import call_command

    subprocess.run([sys.executable, "-m", "common.messages", "compile"], check=True, stdout=subprocess.DEVNULL)
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
