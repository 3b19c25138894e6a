"""Options: what people write is read in one way, or refused with the way to write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from headwater.contract.errors import UsageError
from headwater.contract.query import ALL_TIME
from headwater.options import query_of


@pytest.mark.parametrize(
    "options",
    [{"window": "soon"}, {"since": "March"}, {"as_of": "then"}, {"colour": "red"}, {"window": "0d"}],
)
def test_an_option_that_cannot_be_read_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        query_of(options)


def test_options_mean_the_same_as_text_and_as_values() -> None:
    written = query_of(
        {"model": "first, last", "window": "2w", "since": "2026-03-01", "as_of": "2026-03-01T02:00:00+02:00"}
    )

    assert written == query_of(
        {
            "models": ["first", "last"],
            "window": timedelta(days=14),
            "since": date(2026, 3, 1),
            "as_of": datetime(2026, 3, 1, tzinfo=UTC),
        }
    )


def test_the_window_all_takes_every_earlier_touch() -> None:
    assert query_of({"window": "all"}).window == ALL_TIME
