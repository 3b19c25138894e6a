"""Following: the fate of each parameter at each hop of a link."""

from __future__ import annotations

import pytest

from headwater.contract.errors import HeadwaterError
from headwater.hygiene.fetching import Answer, FetchError
from headwater.hygiene.following import MOST_HOPS, TEST_VALUE, Journal, followed, with_test_ids

START = "https://go.example/a?utm_source=news&gclid=AbC&x=1"


def through(*locations: str, start: str = START, page: str = "<script src=/hw.js></script>") -> Journal:
    """Follow a link over redirects to a page."""
    answers = [Answer(status=301, location=location) for location in locations] + [
        Answer(status=200, text=page)
    ]
    asked: list[str] = []

    def fetch(url: str) -> Answer:
        asked.append(url)
        return answers[len(asked) - 1]

    return followed(start, fetch, watched=("gclid",))


def test_a_link_that_arrives_whole_is_well() -> None:
    journal = through("https://www.go.example/b?x=2&gclid=AbC&utm_source=news")

    assert [hop.status for hop in journal.hops] == [301, 200]
    assert {(fate.name, fate.state) for fate in journal.fates} == {("utm_source", "kept"), ("gclid", "kept")}
    assert (journal.is_well, journal.hints, journal.page.trackers) == (True, (), ("headwater",))


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("/b?gclid=AbC", "utm_source is lost at hop 2"),
        ("/b?utm_source=news&gclid=abc", "gclid is changed to 'abc' at hop 2"),
        ("/b#utm_source=news&gclid=AbC", "utm_source is moved behind the # at hop 2"),
        ("/b#/page?utm_source=news&gclid=AbC", "gclid is moved behind the # at hop 2"),
        ("/b?utm_source=news%2520&gclid=AbC", "utm_source is changed to 'news%2520' at hop 2"),
        ("/b?utm_source=news&utm_source=other&gclid=AbC", "utm_source is changed to 'news, other' at hop 2"),
    ],
)
def test_what_a_redirect_does_to_a_parameter_is_told(location: str, problem: str) -> None:
    journal = through(location)

    assert problem in journal.problems
    assert not journal.is_well


def test_a_loss_is_told_where_it_happens() -> None:
    journal = through("/b?utm_source=news&gclid=AbC", "/c?gclid=AbC", "/d?gclid=AbC")

    assert journal.problems == ("utm_source is lost at hop 3",)
    assert [[fate.name for fate in hop.fates] for hop in journal.hops] == [[], [], ["utm_source"], []]


def test_a_fragment_goes_over_a_redirect_that_names_none() -> None:
    journal = through("/b?utm_source=news&gclid=AbC", start=f"{START}#top")

    assert journal.hops[-1].url == "https://go.example/b?utm_source=news&gclid=AbC#top"


def test_tags_that_a_redirect_adds_are_a_hint() -> None:
    journal = through("/b?utm_source=news&gclid=AbC&utm_medium=qr")

    assert journal.is_well
    assert "a redirect adds utm_medium" in journal.hints


def test_a_circle_and_a_long_way_end() -> None:
    circle = through("/b", START)
    long = through(*(f"/{number}" for number in range(MOST_HOPS + 5)))

    assert circle.hops[-1].problem == "it redirects in a circle"
    assert long.hops[-1].problem == f"more than {MOST_HOPS} redirects"


def test_a_server_that_does_not_answer_ends_the_way_with_its_reason() -> None:
    def fetch(url: str) -> Answer:
        raise FetchError(f"{url} does not answer.", hint="")

    journal = followed(START, fetch)

    assert journal.problems == (f"{START} does not answer.",)


def test_an_error_page_at_the_end_is_a_problem() -> None:
    journal = followed("https://go.example/", lambda _: Answer(status=404))

    assert journal.problems == ("the page at the end answers 404",)


def test_click_ids_are_sent_as_a_platform_sends_them() -> None:
    assert (
        with_test_ids("https://a.example/?b=1#c", ["gclid"]) == f"https://a.example/?b=1&gclid={TEST_VALUE}#c"
    )
    assert with_test_ids("https://a.example", ["gclid"]) == f"https://a.example?gclid={TEST_VALUE}"
    assert with_test_ids("https://a.example/?gclid=1", ["gclid"]) == "https://a.example/?gclid=1"


def test_every_fault_on_the_way_is_one_of_ours() -> None:
    assert issubclass(FetchError, HeadwaterError)
