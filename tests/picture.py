"""`python tests/picture.py` writes the pictures of the docs, in Chromium: the report, the page to code in, an editor.

The editor is Monaco, that of Visual Studio Code, with monaco-yaml; npm fetches both into a temporary folder.
"""

import base64
import functools
import json
import subprocess
import tempfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from browsers import Browser, chromium
from copies import LAMPS_SOURCE, copy_lamps

import policycase
from policycase.model.profile import CODING_SCHEMA

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
PAGE_HEADER = {6: ("furniture", "")}  # a block of the made-up source
EDITOR = ("monaco-editor@0.52.2", "monaco-yaml@5.5.1", "esbuild@0.28.2")
PATIENCE = 60  # seconds until the editor is there
WORKERS = {"editorWorkerService": "monaco-editor/esm/vs/editor/editor.worker.js", "yaml": "monaco-yaml/yaml.worker.js"}
OPEN_EDITOR = """
import * as monaco from "monaco-editor";
import { configureMonacoYaml } from "monaco-yaml";
globalThis.MonacoEnvironment = { getWorker: (_, label) => new Worker(`${label}.js`) };
const { text, schema } = await (await fetch("content.json")).json();
configureMonacoYaml(monaco, { schemas: [{ fileMatch: ["**/*.yaml"], uri: "file:///coding.schema.json", schema }] });
const model = monaco.editor.createModel(text, "yaml", monaco.Uri.parse("file:///bvt-lamps.yaml"));
globalThis.editor = monaco.editor.create(document.body, {
  model, fontSize: 15, minimap: { enabled: false }, scrollBeyondLastLine: false, hover: { enabled: false }, stickyScroll: { enabled: false },
  suggest: { showIcons: false }, padding: { top: 8 },
});
"""


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        report(browser, Path(folder))
        site(browser, Path(folder))
        coding_page(browser, Path(folder))
        editor(browser, Path(folder))


def report(browser: Browser, folder: Path) -> None:
    """The timeline of the report of this case."""
    page = policycase.report(policycase.load(ROOT), folder / "case.html")
    browser.open(Path(page), width=1000)
    box = browser.ask(
        "const box = document.querySelector('#timeline').getBoundingClientRect();"
        "return {x: box.x + scrollX - 16, y: box.y + scrollY + 2, width: box.width + 32, height: 620, scale: 1}"
    )
    shoot(browser, "report.png", {"captureBeyondViewport": True, "clip": box})


def site(browser: Browser, folder: Path) -> None:
    """The index of the site of all cases, with a search."""
    six = policycase.stack([ROOT, *sorted((ROOT / "examples").iterdir())])
    browser.open(policycase.report(six, folder / "site") / "index.html", width=1000)
    browser.ask(
        "const box = document.getElementById('q'); box.value = 'syringes'; box.dispatchEvent(new Event('input'))"
    )
    box = browser.ask(
        "const box = document.querySelector('.choices').getBoundingClientRect();"
        "return {x: box.x + scrollX - 16, y: box.y + scrollY - 16, width: box.width + 32, height: 800, scale: 1}"
    )
    shoot(browser, "site.png", {"captureBeyondViewport": True, "clip": box})


def coding_page(browser: Browser, folder: Path) -> None:
    """A sentence of the made-up case, with the codes of a field and their definitions."""
    file = policycase.export(copy_lamps(folder / "lamps"), "coding", folder / "lamps.yaml")
    page = folder / "lamps.html"
    policycase.coding_page(LAMPS_SOURCE, "bvt-lamps", page, resume=file, choices=PAGE_HEADER)
    browser.open(page, width=1200)
    browser.ask("document.querySelector('dialog button')?.click()")  # the case was coded from a copy without note marks
    browser.ask("document.querySelector('[data-passage=p1s2]').click()")
    box = browser.driver.find_element("css selector", "[data-record=lamp-office] [data-field=agency_type] input")
    browser.ask("document.querySelector('[data-record=lamp-office]').scrollIntoView({block: 'start'})")
    box.click()
    browser.ask("document.querySelector('.notice').hidden = true")
    shoot(browser, "coding-page.png", {})


def editor(browser: Browser, folder: Path) -> None:
    """A coding file of the made-up case in an editor, with the codes that its schema offers."""
    file = policycase.export(copy_lamps(folder / "case"), "coding", folder / "bvt-lamps.yaml")
    before, field, after = file.read_text(encoding="utf-8").partition("program_type: ")
    room = folder / "editor"
    room.mkdir()
    schema = json.loads((ROOT / CODING_SCHEMA).read_text(encoding="utf-8"))
    text = before + field + after[after.index("\n") :]
    (room / "content.json").write_text(json.dumps({"text": text, "schema": schema}), encoding="utf-8")
    (room / "page.js").write_text(OPEN_EDITOR, encoding="utf-8")
    (room / "page.html").write_text(
        "<!doctype html><meta charset=utf-8><link rel=stylesheet href=page.css><style>body {margin: 0; height: 100vh}</style>"
        "<script type=module src=page.js></script>",
        encoding="utf-8",
    )
    subprocess.run(["npm", "install", "--silent", "--no-fund", "--prefix", ".", *EDITOR], cwd=room, check=True)
    build = ["node_modules/.bin/esbuild", "--bundle", "--minify", "--loader:.ttf=dataurl", "--log-level=error"]
    subprocess.run([*build, "page.js", "--format=esm", "--outfile=page.js", "--allow-overwrite"], cwd=room, check=True)
    for name, path in WORKERS.items():
        subprocess.run([*build, f"node_modules/{path}", f"--outfile={name}.js"], cwd=room, check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=room))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    size = {"width": 1180, "height": 430, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.driver.get(f"http://127.0.0.1:{server.server_port}/page.html")
    place = {"lineNumber": before.count("\n") + 1, "column": len((before + field).rpartition("\n")[2]) + 1}
    wait(browser, "globalThis.editor")
    browser.driver.execute_script(
        "editor.setPosition(arguments[0]); editor.revealLineNearTop(arguments[0].lineNumber); editor.focus();"
        "editor.trigger('picture', 'editor.action.triggerSuggest')",
        place,
    )
    wait(browser, "document.querySelector('.suggest-widget .monaco-list-row')")
    browser.ask("editor.trigger('picture', 'toggleSuggestionDetails')")
    for _ in range(4):
        browser.ask("editor.trigger('picture', 'selectNextSuggestion')")
    wait(browser, "document.querySelector('.suggest-details .body')?.textContent.includes('Not when')")
    time.sleep(1)  # it takes its size after its text
    shoot(browser, "coding-file-in-an-editor.png", {})
    server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def wait(browser: Browser, wanted: str) -> None:
    """Return once something is there."""
    until = time.monotonic() + PATIENCE
    while not browser.ask(f"return Boolean({wanted})"):
        if time.monotonic() > until:
            msg = f"waited in vain for {wanted}"
            raise TimeoutError(msg)
        time.sleep(0.1)


def shoot(browser: Browser, name: str, wanted: dict[str, Any]) -> None:
    """Write a picture of what the browser shows."""
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"} | wanted)
    (PICTURES / name).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
