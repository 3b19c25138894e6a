"""What the collector does for any protocol: methods, keys, shared paths, addresses, answers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from collecting import KEY, Running, running

from headwater.collect import protocols
from headwater.collect.admit import Refusal, Refused
from headwater.collect.bodies import Unreadable
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater.collect.request import Request

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def opened(request: Request, _body: Any, kind: str) -> Opened:
    if request.asked("broken"):
        raise Unreadable(Refused(Refusal.INVALID_FIELD, "broken", "this makes no sense"))
    context = {"anonymous": True, "ip": request.address, "userAgent": request.headers.get("user-agent")}
    said = {"type": "page", "name": request.asked("name"), "messageId": request.asked("id") or ""}
    return Opened([said | {"context": context | {"kind": kind}}], keys=(request.asked("site") or "",))


def told(request: Request, opened: Opened) -> Answer:
    if request.method == "POST":
        return Answer(204)
    return Answer(200, GIF, "image/gif", (("x-taken", str(len(opened.messages))),))


PIXEL = Wire(name="pixel", paths={"/pixel.gif": "p"}, methods=("GET", "POST"), opened=opened, answer=told)
OTHER = Wire(
    name="other",
    paths={"/pixel.gif": "o"},
    accepts=lambda request: "openpanel-client-id" in request.headers,
    opened=opened,
    answer=lambda _request, _opened: Answer(202, b"ok", "text/plain"),
)


@pytest.fixture
def collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(protocols, "BY_PATH", protocols.by_path((PIXEL, OTHER)))
    with running(tmp_path) as found:
        yield found


def pixel(collector: Running, query: str = f"site={KEY}", *, method: str = "GET", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return collector.send(f"/pixel.gif?{query}", None, key=None, method=method, headers=named)


def test_a_get_is_stored_and_answered_as_the_protocol_says(collector: Running) -> None:
    answer = pixel(collector)

    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, GIF, "image/gif")
    assert answer.headers["X-Taken"] == "1"
    assert [(row["origin"], row["type"]) for row in collector.rows("events")] == [("pixel", "page")]


def test_an_answer_without_content_has_none(collector: Running) -> None:
    answer = pixel(collector, method="POST")

    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (204, b"", None)


def test_a_head_counts_as_the_get_that_it_stands_for(collector: Running) -> None:
    assert (pixel(collector, method="HEAD").status, len(collector.rows("events"))) == (200, 1)


def test_a_method_that_the_protocol_does_not_have_is_named(collector: Running) -> None:
    answer = pixel(collector, method="PUT")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")


def test_two_protocols_on_one_path_are_told_apart_by_the_request(collector: Running) -> None:
    theirs = pixel(collector, method="POST", openpanel_client_id="c1")
    ours = pixel(collector)

    assert (theirs.status, theirs.body, ours.status) == (202, b"ok", 200)
    assert [row["origin"] for row in collector.rows("events")] == ["other", "pixel"]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (f"site={KEY}", {}, 200),
        (f"writeKey={KEY}", {}, 200),
        ("", {"Authorization": f"Bearer {KEY}"}, 200),
        ("", {"Authorization": "Basic " + base64.b64encode(KEY.encode()).decode()}, 200),
        ("", {"Authorization": f"Digest {KEY}"}, 401),
        ("site=other", {}, 401),
        ("", {}, 401),
    ],
)
def test_one_known_key_in_any_place_is_enough(
    collector: Running, query: str, headers: dict[str, str], status: int
) -> None:
    assert pixel(collector, query, **headers).status == status
    assert len(collector.rows("events")) == (status == 200)


def test_a_request_that_makes_no_sense_to_its_protocol_is_kept_as_refused(collector: Running) -> None:
    answer = pixel(collector, f"broken=1&writeKey={KEY}")

    assert answer.status == 400
    assert [(row["reason"], row["origin"]) for row in collector.rows("refused")] == [
        ("invalid_field", "pixel")
    ]


def test_the_address_is_the_clients_and_shortened_in_the_archive(collector: Running) -> None:
    pixel(collector, f"site={KEY}", X_Forwarded_For="203.0.113.77")

    assert '"ip":"203.0.113.0"' in collector.rows("events")[0]["context"]


def test_a_bad_address_is_none(collector: Running) -> None:
    assert pixel(collector, f"site={KEY}", X_Forwarded_For="<script>").status == 200
    assert '"ip":null' in collector.rows("events")[0]["context"]
