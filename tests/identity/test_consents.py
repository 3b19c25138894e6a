"""Consents: the latest word of a person holds, also when it is the last one that named them."""

from __future__ import annotations

import json

from headwater import pipeline
from headwater.contract.settings import Settings
from tests.worlds import IDENTITY, Row, built, event, hashed, person

STEPS = {step.makes.name: step for step in pipeline.steps(Settings())}


def decided(*events: Row) -> dict[int, tuple[str, bool]]:
    found = built(*IDENTITY, STEPS["consents"], events=list(events))["consents"]
    return {row["person_id"]: (row["consent"], row["may_sync"]) for row in found}


def said(event_id: str, clock: str, consent: str, *, may_sync: bool, **columns: object) -> Row:
    return event(event_id, clock, consent=consent, may_sync=may_sync, **({"user_id": "ada"} | columns))


def test_the_latest_word_holds_and_silence_after_it_changes_nothing() -> None:
    events = [
        said("1", "09:00", "all", may_sync=True),
        said("2", "10:00", "analytics_only", may_sync=False),
        said("3", "11:00", "unknown", may_sync=True),
    ]

    assert decided(*events) == {person("ada"): ("analytics_only", False)}


def test_where_nothing_was_said_the_strictest_default_holds() -> None:
    events = [said("1", "09:00", "unknown", may_sync=False), said("2", "10:00", "unknown", may_sync=True)]

    assert decided(*events) == {person("ada"): ("unknown", False)}


def test_an_event_that_took_consent_back_is_of_nobody_and_yet_holds_for_the_person() -> None:
    context = json.dumps(
        {"anonymous": True, "$refused": [str(hashed("user:ada")), "no-such-hash"]}, separators=(",", ":")
    )
    taken = said("2", "10:00", "none", may_sync=False, user_id=None, context=context)

    made = decided(said("1", "09:00", "all", may_sync=True), taken)

    assert made[person("ada")] == ("none", False)


def test_imports_say_nothing_of_consent() -> None:
    assert decided(event("1", user_id="ada")) == {}
