"""The changelog: fragments become one release, by kind, each point with its issue."""

from __future__ import annotations

import pytest

from tools.changelog import entry


def test_points_stand_under_their_kind_with_the_number_of_their_issue() -> None:
    fragments = {
        "7.fixed.md": "- Days are those of the account.\n",
        "2.added.md": "- Import takes\n  two files.\n- Reports.\n",
        "2-2.added.md": "- A page.\n",
    }

    text = entry(fragments, version="0.2.0", day="2026-03-01")

    assert text.splitlines() == [
        "## 0.2.0 (2026-03-01)",
        "",
        "### Added",
        "",
        "- A page. (#2)",
        "- Import takes",
        "  two files. (#2)",
        "- Reports. (#2)",
        "",
        "### Fixed",
        "",
        "- Days are those of the account. (#7)",
    ]


def test_a_fragment_with_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="is not named like"):
        entry({"news.md": "- Something.\n"}, version="0.2.0", day="2026-03-01")
