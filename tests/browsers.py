"""Headless Chromium with the network cut off, for tests that look at a page as a reader does."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = os.environ.get("POLICYCASE_BROWSER") == "required"


class Browser:
    """One page at a time, in a size and a theme."""

    def __init__(self, driver) -> None:
        self.driver = driver

    def open(self, file: Path, width: int = 1280, theme: str = "light") -> "Browser":
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
        self.driver.get(file.as_uri())
        return self

    def ask(self, script: str) -> object:
        return self.driver.execute_script(script)

    def requests(self) -> list[str]:
        """Addresses asked for since the last time."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [message["params"]["request"]["url"] for message in sent]

    def complaints(self) -> list[str]:
        """What the console says since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; without one the test is skipped, or fails where POLICYCASE_BROWSER is `required`."""
    found, steered = next(filter(None, map(shutil.which, NAMES)), None), shutil.which("chromedriver")
    if not (found and steered):
        why = "no chromium and chromedriver on the path · run: apt-get install chromium chromium-driver"
        (pytest.fail if REQUIRED else pytest.skip)(why)
    from selenium import webdriver  # noqa: PLC0415 - slow, and only where there is a browser

    options = webdriver.ChromeOptions()
    options.binary_location = found
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(steered))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
