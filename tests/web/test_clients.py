"""Clients of other makers, unmodified, in a real browser on another origin than the server's.

A visitor lands from an ad, says who she is, and buys on a second page. A site changes nothing but the
address and the key (see `tests/clients/browsers`, one page for each client).
"""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.cli.shell import as_json, serving, until, well
from tools import install_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

PAGES = Path(__file__).parents[1] / "clients/browsers"
pytestmark = pytest.mark.slow

KNOWN = {"page": 2, "identify": 1, "track": 1}
SEEN = {"page": 2, "track": 1}
CLIENTS = {
    "segment": KNOWN,
    "rudderstack": KNOWN,
    "posthog": KNOWN,
    "snowplow": SEEN,
    "plausible": SEEN,
    "plausible_tracker": SEEN,
    "openpanel": KNOWN | {"identify": 2},
    "mixpanel": KNOWN,
    "pixel": SEEN,
}
"""What is stored of each visit; Plausible's word of how long a page was looked at comes besides."""
AD = "utm_source=google&utm_medium=cpc&utm_campaign=spring&gclid=EAIaIQ_b-c"
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
LIKE_A_PERSON = "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false })"
"""Some clients send nothing from a browser that is driven by a test."""
SAID = "coalesce(event, '') <> 'engagement'"
PAGE = """<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">
<script>window.HEADWATER = {said}</script><script src="/{client}.js"></script></html>"""


class Shop:
    """A site whose pages hold one client each: /<client>/landing and /<client>/thanks."""

    def __init__(self, bundles: Path, collector: dict[str, Any]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = self.path.partition("?")[0].strip("/")
                client, _, page = place.removesuffix(".js").partition("/")
                said = collector | {"user": f"{client}-ada", "isLanding": page == "landing"}
                html = PAGE.replace("{said}", orjson.dumps(said).decode()).replace("{client}", client)
                content = (bundles / place).read_bytes() if place.endswith(".js") else html.encode()
                self.send_response(200)
                kind = "text/javascript" if place.endswith(".js") else "text/html; charset=utf-8"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Shop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of each client with the client's package, as a site would build it."""
    environment = install_clients.node()
    if environment is None:
        pytest.skip("there is no Node: the clients cannot be installed")
    folder = tmp_path_factory.mktemp("bundles")
    options = ["--bundle", "--format=iife", f"--outdir={folder}", "--log-level=warning"]
    command = [install_clients.NODE / ".bin/esbuild", *sorted(PAGES.glob("*.js")), *options]
    subprocess.run(command, check=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def place(
    chromium: Browser, bundles: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """A served workspace to which every client has sent its visit, and what the browser complained of."""
    place = tmp_path_factory.mktemp("clients") / "shop"
    key = well("key", "add", "--dir", place).strip()
    with serving(place) as server, Shop(bundles, {"url": server["url"], "key": key}) as shop:
        complaints = {client: visit(chromium, shop, client) for client in CLIENTS}
        wanted = sum(sum(kinds.values()) for kinds in CLIENTS.values())
        with suppress(AssertionError):  # what is missing is told client by client
            until(lambda: len(rows(place, f"select event_id from events where {SAID}")) >= wanted)
        yield place, complaints


def visit(chromium: Browser, shop: Shop, client: str) -> list[str]:
    """Land from an ad, then buy, in a browser of a visitor who was never here; return what went wrong."""
    wrong: list[str] = []
    context = chromium.new_context(user_agent=AGENT, locale="de-DE")
    context.add_init_script(LIKE_A_PERSON)
    page = context.new_page()
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{shop.url}/{client}/landing?{AD}", referer="https://www.google.com/")
    page.wait_for_load_state("networkidle")
    page.goto(f"{shop.url}/{client}/thanks")
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")
    context.close()
    return wrong


def rows(place: Path, query: str) -> Any:
    return as_json("sql", query, "--dir", place)["rows"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_in_a_browser_sends_its_pages_its_order_and_who_it_was(
    place: tuple[Path, dict[str, list[str]]], client: str
) -> None:
    folder, complaints = place

    said = f"(url like '%/{client}/%' or user_id = '{client}-ada')"
    events = rows(folder, f"select type, event_id, anonymous_id, user_id from events where {SAID} and {said}")

    assert complaints[client] == []
    assert Counter(row["type"] for row in events) == CLIENTS[client]
    assert all(row["event_id"] for row in events)
    assert {row["user_id"] for row in events} - {None} == {f"{client}-ada"}
    assert len({row["anonymous_id"] for row in events}) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_the_order_of_a_browser_has_its_value_and_the_channel_of_the_landing(
    place: tuple[Path, dict[str, list[str]]], client: str
) -> None:
    folder, _ = place

    orders = rows(
        folder,
        f"""
        select c.goal, c.value, c.currency, t.channel
        from conversions as c
        left join touchpoints as t on t.person_id = c.person_id and t.occurred_at <= c.occurred_at
        where c.conversion_id = '{client}-ada'
        """,
    )

    assert [(row["goal"], float(row["value"]), row["currency"]) for row in orders] == [
        ("purchase", 129.9, "USD")
    ]
    assert [row["channel"] for row in orders] == ["paid_search"]
