"""Debian's chromium without a window, and pages that `glaab report` wrote."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from glaab.entrypoints.cli import glaab
from glaab.settings.parsers import world_path

EXAMPLE = world_path("example")
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 812, "deviceScaleFactor": 2, "mobile": True}
_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@attrs.frozen
class Browser:
    """A browser with one tab, and what a test wants to know of the page in it."""

    driver: Chrome

    def open(self, page: Path) -> None:
        self.driver.get(page.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function with this body returns; scripts of the page's own are another thing."""
        return self.driver.execute_script(script, *arguments)

    def resize(self, size: dict[str, Any]) -> None:
        self._devtools("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`."""
        wish = {"name": "prefers-color-scheme", "value": scheme}
        self._devtools("Emulation.setEmulatedMedia", media="", features=[wish])

    def print(self) -> None:
        self._devtools("Emulation.setEmulatedMedia", media="print", features=[])

    def forbid_scripts(self, *, forbidden: bool = True) -> None:
        self._devtools("Emulation.setScriptExecutionDisabled", value=forbidden)

    def tree(self) -> list[tuple[str, str]]:
        """The role and the name of everything that assistive technology is told of."""
        nodes = self._devtools("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"]
        ]

    def messages(self) -> list[str]:
        """What is on the console, and was not yet asked for."""
        return [each["message"] for each in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """What was fetched, and was not yet asked for."""
        entries = [json.loads(each["message"])["message"] for each in
                   self.driver.get_log("performance")]  # fmt: skip
        return [
            each["params"]["request"]["url"]
            for each in entries
            if each["method"] == "Network.requestWillBeSent"
        ]

    def _devtools(self, command: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)


@pytest.fixture(scope="session")
def driver(tmp_path_factory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    profile = tmp_path_factory.mktemp("profile")
    for each in (*_OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver) -> Iterator[Browser]:
    """On a desk, in daylight, with scripts; nothing may be on the console afterwards."""
    browser = Browser(driver)
    browser.resize(DESKTOP)
    browser.prefer("light")
    browser.forbid_scripts(forbidden=False)
    browser.driver.get("about:blank")
    browser.requests()
    yield browser
    assert [] == browser.messages()


@pytest.fixture(scope="session")
def page_of(tmp_path_factory) -> Callable[..., Path]:
    """A function: a world -> the page about it."""

    def page_of(world: Path) -> Path:
        page = tmp_path_factory.mktemp("report") / "report.html"
        told = ["--quiet", "--world", str(world), "report", "--format", "html"]
        done = CliRunner().invoke(glaab, [*told, "--output", str(page)], catch_exceptions=False)
        assert done.exit_code in (0, 3), done.stderr
        return page

    return page_of


@pytest.fixture(scope="session")
def example(page_of) -> Path:
    """The page about the world that ships with glaab."""
    return page_of(EXAMPLE)
