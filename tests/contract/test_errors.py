"""Errors: each says what is wrong and the way out."""

from __future__ import annotations

import pytest

from headwater.contract.errors import HeadwaterError, UnknownModelError, UsageError


def test_an_error_says_the_problem_and_the_hint() -> None:
    error = HeadwaterError("The file is empty.", hint="name another.")

    assert str(error) == "The file is empty.\n\nHint: name another."
    assert (error.problem, error.hint) == ("The file is empty.", "name another.")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    error = UnknownModelError.named("liner", known=["first", "linear"])

    assert error.problem == "No model is called 'liner'."
    assert error.hint == "did you mean 'linear'?"


def test_a_name_like_no_other_is_answered_with_all() -> None:
    error = UnknownModelError.named("zzz", known=["linear", "first"])

    assert error.hint == "there are: first, linear."


def test_an_unknown_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        raise UnknownModelError.named("zzz", known=["linear"])
