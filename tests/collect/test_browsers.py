"""What browser clients are told before they send."""

from __future__ import annotations

import orjson
import pytest
from hearing import request

from headwater.collect.browsers import browser_answer, is_asked


def told(path: str, *, key: str = "wk_1") -> bytes:
    found = browser_answer(request(path), key)
    assert found is not None
    assert found.status == 200
    return found.content


def test_segment_is_told_to_send_with_the_key_of_its_path() -> None:
    assert orjson.loads(told("/v1/projects/wk_9/settings"))["integrations"] == {
        "Segment.io": {"apiKey": "wk_9"}
    }


def test_rudderstack_is_told_that_its_source_is_enabled() -> None:
    source = orjson.loads(told("/sourceConfig/"))["source"]

    assert (source["writeKey"], source["enabled"], source["destinations"]) == ("wk_1", True, [])


def test_posthog_is_told_to_load_nothing_more() -> None:
    config = orjson.loads(told("/array/phc_1/config"))

    assert config["supportedCompression"] == ["gzip", "gzip-js"]
    assert not any(config[part] for part in ("surveys", "sessionRecording", "heatmaps", "siteApps"))


def test_posthog_reads_the_same_from_a_script() -> None:
    script = told("/array/phc_1/config.js").decode()

    known = orjson.loads(script.removesuffix(");").partition(", ")[2])
    assert known["phc_1"]["config"] == orjson.loads(told("/array/phc_1/config"))


def test_a_key_in_a_path_cannot_end_the_text_of_the_script() -> None:
    assert b'{"\\";alert(1);":' in told('/array/";alert(1);/config.js')


@pytest.mark.parametrize("path", ["/flags/", "/flags", "/decide/"])
def test_posthog_has_no_flags(path: str) -> None:
    found = orjson.loads(told(path))

    assert (found["flags"], found["featureFlags"]) == ({}, {})
    assert found["errorsWhileComputingFlags"] is False


def test_parts_of_the_posthog_client_are_empty_and_the_client_itself_is_not_there() -> None:
    assert told("/static/1.449.2/surveys.js").startswith(b"/*")
    assert told("/static/exception-autocapture.js").startswith(b"/*")
    assert not is_asked("/static/array.js")
    assert not is_asked("/static/array.full.js")


def test_other_paths_are_not_asked() -> None:
    assert not any(map(is_asked, ("/", "/v1/batch", "/array/config", "/static/../secret.js")))
