"""The Segment protocol: from a body to canonical messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headwater.collect.protocols import chosen, segment, spoken
from headwater.collect.request import Request

if TYPE_CHECKING:
    from headwater.collect.protocols.wire import Opened

TRACK = {"type": "track", "event": "x"}


def opened(body: Any, kind: str = "") -> Opened:
    return segment.opened(Request("POST", "/v1/batch", "", {}, b"", 0), body, kind)


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({"batch": [TRACK, 7]}, [TRACK, 7]),
        ({"batch": TRACK}, [TRACK]),
        ([TRACK], [TRACK]),
        (TRACK, [TRACK]),
        ({"batch": []}, []),
        ("text", ["text"]),
        (None, [None]),
    ],
)
def test_a_batch_a_list_and_one_message_are_taken_apart(body: Any, messages: list[Any]) -> None:
    assert opened(body).messages == messages


def test_the_request_may_say_its_key_and_its_sending_time() -> None:
    found = opened({"batch": [], "writeKey": "wk", "sentAt": "2026-03-15T12:00:00Z"})

    assert (found.keys, found.sent_at) == (("wk",), "2026-03-15T12:00:00Z")
    assert opened({"batch": [], "writeKey": 7}).keys == ()


def test_what_a_retry_changes_is_taken_out() -> None:
    assert opened([TRACK | {"writeKey": "wk", "_metadata": {"retryCount": 1}}]).messages == [TRACK]


def test_the_type_comes_from_the_path_or_in_lower_case() -> None:
    assert opened({"type": "Track"}).messages == [{"type": "track"}]
    assert opened({"type": "track"}, "page").messages == [{"type": "page"}]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/", "/v1/p", "/beacon/v1/batch"])
def test_the_paths_of_all_clients_are_known(path: str) -> None:
    assert chosen(Request("POST", path, "", {}, b"", 0)) is not None


def test_other_paths_are_not_collected() -> None:
    assert [spoken(path) for path in ("/", "", "/v1", "/v1/tracks", "/api/v1/reports")] == [[]] * 5
