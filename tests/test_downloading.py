"""Packages by address, from a server on this machine that misbehaves."""

import gzip
import hashlib
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError, UnsafePathError
from policycase.storage import downloads as downloading

INFLATING = gzip.compress(bytes(10**7))


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Answers each path in its own bad way; `/case.zip` is the one that is well."""

    content = b""
    seen: list[str]

    def do_GET(self):
        self.seen.append(self.path)
        getattr(self, f"_{self.path.strip('/').split('.')[0]}")()

    def _case(self):
        self._answer(self.content)

    def _changed(self):
        self._answer(self.content + b"x")

    def _truncated(self):
        self._answer(self.content[: len(self.content) // 2], stated=len(self.content))

    def _huge(self):
        self._answer(b"", stated=10**12)

    def _endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"0" * 2**16)
        except OSError:
            self.close_connection = True

    def _slow(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"0")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def _slowhead(self):
        try:
            for letter in f"HTTP/1.1 200 OK\r\nx-long: {'x' * 1000}":
                self.wfile.write(letter.encode())
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def _inflating(self):
        self.send_response(200)
        self.send_header("content-encoding", "gzip")
        self.end_headers()
        self.wfile.write(INFLATING)

    def _missing(self):
        self.send_error(404)

    def _http(self):
        self._redirect(f"http://127.0.0.1:{self.server.server_port}/case.zip")

    def _file(self):
        self._redirect("file:///etc/passwd")

    def _circle(self):
        self._redirect("/circle")

    def _moved(self):
        self._redirect("/case.zip")

    def _redirect(self, target: str):
        self.send_response(302)
        self.send_header("location", target)
        self.end_headers()

    def _answer(self, content: bytes, stated: int | None = None):
        self.send_response(200)
        self.send_header("content-length", str(len(content) if stated is None else stated))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return policycase.pack(output=tmp_path_factory.mktemp("packed") / "case.zip")


@pytest.fixture
def server(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    handler = type("Handler", (Misbehaving,), {"content": packed.read_bytes(), "seen": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        running.seen = handler.seen
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{running.server_port}"
        running.shutdown()


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def cached(tmp_path: Path) -> list[str]:
    return [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()]


@pytest.mark.parametrize("page", ["case.zip", "moved"])
def test_load_takes_an_address_with_its_hash_and_keeps_it(server: str, packed: Path, page: str):
    case = policycase.load(f"{server}/{page}", sha256=sha256(packed))

    assert case == policycase.load()
    assert policycase.load(f"{server}/{page}#sha256={sha256(packed)}") == case


def test_second_load_asks_the_cache_alone(server: str, packed: Path, monkeypatch: pytest.MonkeyPatch):
    policycase.load(f"{server}/case.zip", sha256=sha256(packed))
    monkeypatch.setattr(downloading, "_download", None)  # a second download would fail

    again = policycase.load(f"{server}/case.zip", sha256=sha256(packed))

    assert again == policycase.load()


def test_load_without_a_hash_says_that_it_is_unverified(server: str):
    with pytest.warns(policycase.UnverifiedWarning, match="not verified, since no SHA-256 was given"):
        case = policycase.load(f"{server}/case.zip")

    assert case == policycase.load()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("query", ["", "?download=1", "?file[]=*"])
def test_command_takes_an_address_and_warns_in_one_line(server: str, capsys, query: str):
    code = main(["info", f"{server}/case.zip{query}", "--json"])

    assert (code, capsys.readouterr().err.count("\n")) == (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("changed", (UnsafePathError, "is not the file of SHA-256")),
        ("huge", (UnsafePathError, "1000000000000 bytes are too many")),
        ("endless", (UnsafePathError, "goes on after 1000000 bytes")),
        ("inflating", (UnsafePathError, "set POLICYCASE_LARGEST_DOWNLOAD to more than 1000000")),
        ("slow", (UnsafePathError, "not whole after 1 seconds .* set POLICYCASE_LONGEST_DOWNLOAD to more than 1")),
        ("slowhead", (UnsafePathError, "not whole after 1 seconds")),
        ("truncated", (UnreadableError, "cannot be downloaded")),
        ("missing", (UnreadableError, "404")),
        ("http", (UnsafePathError, "only https addresses")),
        ("file", (UnsafePathError, "only https addresses")),
        ("circle", (UnsafePathError, "redirects more than 5 times")),
    ],
)
def test_misbehaving_server_is_refused_and_nothing_is_kept(
    server: str, packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, expected: tuple[type, str]
):
    monkeypatch.setenv("POLICYCASE_LARGEST_DOWNLOAD", "1000000")
    monkeypatch.setenv("POLICYCASE_LONGEST_DOWNLOAD", "1")

    with pytest.raises(expected[0], match=expected[1]):
        policycase.load(f"{server}/{page}", sha256=sha256(packed))

    assert cached(tmp_path) == []


@pytest.mark.parametrize(
    ("address", "hash_", "error", "message"),
    [
        ("http://127.0.0.1:9/case.zip", None, UnsafePathError, "only https"),
        ("ftp://127.0.0.1/case.zip", None, UnsafePathError, "only https"),
        ("https://[", None, UnsafePathError, "not a whole web address"),
        ("https://[", "0" * 64, UnsafePathError, "not a whole web address"),
        ("https://", None, UnsafePathError, "not a whole web address"),
        ("https://127.0.0.1:99999/case.zip", None, UnsafePathError, "not a whole web address"),
        (
            "https://me:secret@127.0.0.1:99999/case.zip",
            None,
            UnsafePathError,
            "https://…@127.0.0.1:99999/case.zip: not a",
        ),
        ("https://127.0.0.1:9/case.zip", "abc", UnreadableError, '"abc" is not a SHA-256'),
        ("case.zip", "0" * 64, UnreadableError, "sha256 goes with an https address"),
    ],
)
def test_wrong_address_or_hash_is_refused_before_anything_is_fetched(
    address: str, hash_: str | None, error: type, message: str
):
    with pytest.raises(error, match=message):
        policycase.load(address, sha256=hash_)


def test_server_with_a_certificate_that_nobody_signed_is_refused(
    server: str, packed: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(UnreadableError, match="certificate"):
        policycase.load(f"{server}/case.zip", sha256=sha256(packed))
