"""Makes the pictures of the README anew, from the example of a world; needs Debian's chromium."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

PICTURES = Path(__file__).with_name("pictures")
GLAAB = (str(Path(sys.executable).with_name("glaab")), "--world", "example")
COLUMNS, ROWS = 136, 25
_TERMINAL = """\
<!doctype html><meta charset="utf-8">
<style>body {{ margin: 0; padding: 16px; background: {background}; color: {foreground};
font: 14px/1.4 monospace; white-space: pre }} {stylesheet}</style>{code}"""


def main() -> None:
    """Write each picture."""
    with tempfile.TemporaryDirectory() as folder:
        report, terminal = Path(folder, "report.html"), Path(folder, "terminal.html")
        told(*GLAAB, "--quiet", "report", "--format", "html", "--output", str(report))
        terminal.write_text(dry_run_as_html(), encoding="utf-8")
        browser = started(folder)
        for scheme in ("light", "dark"):
            show(browser, report, scheme, 1200, 1080)
            browser.save_screenshot(str(PICTURES / f"report-{scheme}.png"))
        show(browser, report, "light", 375, 812)
        browser.save_screenshot(str(PICTURES / "report-phone.png"))
        show(browser, terminal, "light", 1080, 540)
        browser.save_screenshot(str(PICTURES / "dry-run.png"))
        browser.quit()


def dry_run_as_html() -> str:
    """The beginning of what a terminal shows."""
    lines = told(*GLAAB, "--quiet", "dry-run").splitlines()[:ROWS]
    shown = Text.from_ansi("\n".join(["$ glaab dry-run", *lines]))
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    console.print(shown)
    return console.export_html(theme=MONOKAI, code_format=_TERMINAL)


def told(*command: str) -> str:
    """What a command prints on a terminal; it ends with 3, since somebody waits in this world."""
    terminal = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=terminal, check=False)  # noqa: S603
    return done.stdout


def started(folder: str) -> Chrome:
    """A browser without a window."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in (
        "--headless=new",
        "--no-sandbox",
        "--hide-scrollbars",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(option)
    return Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def show(browser: Chrome, page: Path, scheme: str, width: int, height: int) -> None:
    """Open *page* as somebody with this screen and this preference sees it."""
    wish = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [wish]})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page.as_uri())


if __name__ == "__main__":
    main()
