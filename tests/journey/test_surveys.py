"""Surveys: an answer is kept word for word, its channel follows the table, and it earns no credit."""

from __future__ import annotations

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.settings import Settings, parsed
from headwater.journey.channels import channel_case, rules
from headwater.journey.surveys import survey_channel
from headwater.journey.touchpoints import touchpoints
from tests.worlds import Row, at, made

ANSWERS = [
    ("A friend", "word_of_mouth"),
    ("my colleague recommended it", "word_of_mouth"),
    ("podcast", "audio"),
    ("heard your ad on a podcast", "audio"),
    ("ChatGPT", "ai_assistant"),
    ("Chat-GPT told me", "ai_assistant"),
    ("saw on TikTok", "organic_social"),
    ("TikTok ad", "paid_social"),
    ("Tik Tok.", "organic_social"),
    ("Sponsored post (Instagram)", "paid_social"),
    ("googled you", "organic_search"),
    ("Google Ads", "paid_search"),
    ("YouTube", "organic_video"),
    ("LinkedIn/Twitter", "organic_social"),
    ("your newsletter", "email"),
    ("TV", "offline"),
    ("at the trade show in Köln", "offline"),
    ("freundin", "other"),
    ("I said no", "other"),
    ("", "other"),
]


def survey(answer: str | None, **columns: object) -> Row:
    return {
        "touchpoint_id": "t1",
        "person": "user:ada",
        "occurred_at": at("09:00"),
        "kind": "survey",
        "content": answer,
    } | columns


def touched(row: Row, settings: Settings | None = None) -> Row:
    chosen = settings or Settings()
    step = touchpoints(
        channel_case=channel_case(rules(chosen)), settings=chosen, uncredited_kinds=chosen.uncredited_kinds
    )
    [found] = made(step, imported_touchpoints=[row])
    return found


@pytest.mark.parametrize(("answer", "channel"), ANSWERS)
def test_an_answer_means_a_channel_and_sql_and_python_agree(answer: str, channel: str) -> None:
    row = touched(survey(answer))

    assert (survey_channel(answer), row["channel"]) == (channel, channel)
    assert (row["content"], row["source"]) == (answer, "self-reported")


def test_rows_of_the_settings_come_first() -> None:
    settings = parsed({"survey_answers": {"freundin|freund": "word_of_mouth", "podcast": "our_podcast"}})

    assert [survey_channel(text, settings) for text in ("Freundin", "a podcast", "TV")] == [
        "word_of_mouth",
        "our_podcast",
        "offline",
    ]
    assert touched(survey("Freundin"), settings)["channel"] == "word_of_mouth"


def test_a_channel_that_the_poster_names_stands() -> None:
    assert touched(survey("a friend", channel="Referral programme"))["channel"] == "Referral programme"


def test_a_touch_of_another_kind_is_not_read_as_an_answer() -> None:
    assert touched(survey("podcast", kind="call"))["channel"] == "offline"


@pytest.mark.parametrize(
    ("kind", "is_uncredited"), [("survey", True), ("Survey", True), ("impression", False)]
)
def test_what_a_person_reports_of_herself_earns_no_credit_by_default(kind: str, is_uncredited: bool) -> None:
    assert touched(survey("podcast", kind=kind))["is_uncredited"] is is_uncredited


def test_other_kinds_can_be_left_out_by_the_settings() -> None:
    settings = parsed({"uncredited_kinds": ["impression", "email_open"]})

    assert [
        touched(survey("x", kind=kind), settings)["is_uncredited"] for kind in ("impression", "survey")
    ] == [
        True,
        False,
    ]


def test_an_answer_without_a_channel_is_refused_in_the_settings() -> None:
    with pytest.raises(UsageError, match="survey_answers"):
        parsed({"survey_answers": {"podcast": ""}})
