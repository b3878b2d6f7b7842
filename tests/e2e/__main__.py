"""`make playground`: every system on loopback until Ctrl-C, to try glaab on by hand."""

import shlex
import signal
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.contract.services.openldap import openldap
from tests.e2e.installation import EXAMPLE, installed
from tests.variables import VARIABLES
from tests.worlds import read_world

ENV_FILE = Path("build/playground.env")


def main() -> None:
    """Start each on a free port with the example world, write the settings, and end them all."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory() as folder, ExitStack() as stack, openldap() as directory:
        systems = installed(stack, Path(folder), directory, read_world(EXAMPLE))
        settings = {name: text for name, text in systems.environ.items() if name in VARIABLES}
        ENV_FILE.parent.mkdir(exist_ok=True)
        ENV_FILE.touch(mode=0o600)
        stack.callback(ENV_FILE.unlink)
        ENV_FILE.write_text(
            "".join(f"{name}={shlex.quote(text)}\n" for name, text in settings.items())
        )
        print("GitLab, Phabricator, Gerrit, a wiki and an LDAP server stand ready.")  # noqa: T201
        print(f"In another terminal: glaab --env-file {ENV_FILE} dry-run")  # noqa: T201
        print("Ctrl-C ends them.", flush=True)  # noqa: T201
        signal.pause()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
