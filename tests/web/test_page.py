"""The page in a real browser, against canned answers: what it shows and how it can be used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.canned_measures import ASSOCIATION, NOTE
from tests.web.conftest import WIDE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
AUDIT = """async () => (await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}))
    .violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).join(", "))"""
LIVE = re.compile(r"^· [\d,]+ stored$")
BESIDE = "Conversions by channel as each model"
SURE = "Conversions that Incremental credits, by channel"
NARROW = {"width": 390, "height": 844}
PAGES = ("", "models", "budget", "paths", "people", "intake")


def test_live_count_grows(page: Page, stub: str) -> None:
    page.goto(stub)
    count = page.get_by_test_id("live-events")
    expect(count).to_have_text(re.compile(r"\d"))

    before = count.text_content()

    expect(count).not_to_have_text(before or "")


def test_received_is_shown_as_the_sum_of_its_parts(page: Page, stub: str) -> None:
    page.goto(stub)

    expect(page.get_by_text("adds up")).to_be_attached()
    expect(page.get_by_text("520 duplicate")).to_be_visible()


def test_models_stand_side_by_side(page: Page, stub: str) -> None:
    page.goto(stub)
    table = page.get_by_role("table", name=BESIDE)
    expect(table).to_be_visible()

    heads = table.get_by_role("columnheader").all_inner_texts()

    assert [re.sub(r"\W", "", head) for head in heads] == [
        "Channel", "Incremental", "First", "Last", "Linear", "Position", "Markov", "Shapley",
    ]  # fmt: skip
    expect(table.get_by_role("row", name="Paid social")).to_contain_text("52.0")


def test_a_click_on_a_header_sorts_by_it_and_says_so(page: Page, stub: str) -> None:
    page.goto(stub)
    table = page.get_by_role("table", name=BESIDE)

    table.get_by_role("button", name="Last").click()

    expect(table.get_by_role("columnheader", name="Last")).to_have_attribute("aria-sort", "descending")
    expect(table.get_by_role("row").nth(1)).to_contain_text("Direct")
    table.get_by_role("button", name="Last").click()
    expect(table.get_by_role("columnheader", name="Last")).to_have_attribute("aria-sort", "ascending")
    expect(table.get_by_role("row").nth(1)).to_contain_text("Display")


def test_the_figure_can_be_switched_to_revenue_and_stays_in_the_address(page: Page, stub: str) -> None:
    page.goto(stub)

    page.get_by_role("group", name="Figure").last.get_by_text("Revenue").click()

    table = page.get_by_role("table", name="Revenue by channel as each model")
    expect(table.get_by_role("row", name="Paid social")).to_contain_text("$6,318")
    assert "metric=value" in page.url


def test_choosing_another_dimension_asks_for_it(page: Page, stub: str) -> None:
    page.goto(stub)
    expect(page.get_by_role("table", name=BESIDE)).to_be_visible()

    with page.expect_request(lambda asked: "by=campaign" in asked.url):
        page.get_by_label("By", exact=True).first.select_option("campaign")

    expect(page.get_by_role("table", name="Conversions by campaign as each model")).to_be_visible()


def test_what_is_not_to_be_trusted_is_said_below_the_models(page: Page, stub: str) -> None:
    page.goto(stub)
    expect(page.get_by_role("table", name=BESIDE)).to_be_visible()
    expect(page.get_by_text(NOTE)).to_have_count(0)

    page.get_by_label("By", exact=True).first.select_option("campaign")

    expect(page.get_by_text(NOTE)).to_be_visible()


def test_the_incremental_model_comes_first_with_intervals_and_what_would_have_come_anyway(
    page: Page, stub: str
) -> None:
    page.goto(stub)

    search = page.get_by_role("table", name=SURE).get_by_role("row", name="Paid search")

    expect(search).to_contain_text("38.2")
    expect(search).to_contain_text("19.1 to 61.1")
    expect(page.get_by_text("86.4 (40%) would have come anyway")).to_be_visible()
    beside = page.get_by_role("table", name=BESIDE).get_by_role("row", name="Would have come anyway")
    expect(beside).to_contain_text("86.4")


def test_the_guard_speaks_above_the_numbers_and_leads_to_what_it_advises(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/models")
    card = page.get_by_role("region", name="What marketing brought")
    expect(card).to_contain_text(
        "Not to be trusted. Incremental: the main values (3) are known to within 61%"
    )

    expect(card.get_by_role("listitem")).to_have_text("one person goes by several identifiers")

    card.get_by_role("button", name="Linear").click()

    expect(page.get_by_role("table", name="Conversions that Linear credits")).to_be_visible()
    expect(card).not_to_contain_text("Not to be trusted")
    assert "model=linear" in page.url


def test_a_move_of_money_says_whether_it_could_be_the_other_way_round(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/budget")
    moves = page.get_by_role("table", name="What each move of money would gain")
    expect(moves.get_by_role("row", name="Display")).to_contain_text("Could go either way")

    with page.expect_request(lambda asked: "move=paid_social%3Aaffiliate%3A25%25" in asked.url):
        page.get_by_label("to", exact=True).select_option("affiliate")
        page.get_by_label("Move", exact=True).select_option("25%")

    expect(page.get_by_text("The chance that it changes sign and loses: 94.3%.")).to_be_visible()


def test_a_page_asks_for_fitted_numbers_that_may_be_a_minute_old(page: Page, stub: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(stub)
    expect(page.get_by_role("heading", name="What is behind it")).to_be_visible()

    fitted = [url for url in asked if any(part in url for part in ("/attribution?", "/explain/", "/budget?"))]
    assert fitted
    assert all("max_age=60" in url for url in fitted)


def test_lift_stands_beside_what_it_is_at_first_sight(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/models")
    table = page.get_by_role("table", name="Lift by channel")

    expect(table.get_by_role("row", name="Email")).to_contain_text("10.0×2.1×1.6× to 2.7×")
    expect(table.get_by_role("row", name="Display")).to_contain_text("too few")
    expect(page.get_by_text(ASSOCIATION)).to_be_visible()


def test_the_window_that_is_long_enough_is_marked(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/models")
    table = page.get_by_role("table", name="What each window holds")

    expect(table.get_by_role("row", name="14d")).to_contain_text("advised")
    expect(table.get_by_role("row", name="90d")).to_contain_text("in use")
    expect(table.get_by_role("row", name="7d")).to_contain_text("−13.8%")


def test_what_has_no_campaign_has_one_colour_in_every_table(page: Page, stub: str) -> None:
    def emptied(route: Route) -> None:
        route.fulfill(body=route.fetch().text().replace('"campaign": "email"', '"campaign": ""'))

    page.route(re.compile(r"/reports/(attribution|compare|lift)\?.*by=campaign"), emptied)
    page.goto(f"{stub}#/models?by=campaign")
    dots = page.get_by_role("rowheader", name="(none)").locator("[aria-hidden]")
    expect(dots).to_have_count(3)

    colours = dots.evaluate_all("all => all.map(one => one.style.background)")

    assert set(colours) == {"oklch(0.62 0.015 200)"}


def test_a_path_leads_to_somebody_who_went_that_way(page: Page, stub: str) -> None:
    page.goto(stub)

    page.get_by_role("link", name="AI assistant").first.click()

    expect(page.get_by_role("heading", name="People")).to_be_focused()
    expect(page.get_by_role("heading", name="Conversions on this path")).to_be_visible()


def test_one_person_is_told_touch_by_touch_with_the_credit_of_each(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/people")

    credit = page.get_by_role("table", name="Share of the conversion")

    expect(page.get_by_text("Known customer on 2 devices")).to_be_visible()
    expect(credit.get_by_role("row", name="Direct")).to_contain_text("100%")
    expect(credit).to_contain_text("left out: after conversion")


def test_a_conversion_says_what_would_have_come_anyway_and_what_is_behind_each_share(
    page: Page, stub: str
) -> None:
    page.goto(f"{stub}/#/people")
    credit = page.get_by_role("table", name="Share of the conversion")

    expect(credit.get_by_role("row", name="Would have come anyway")).to_contain_text("62%")
    expect(page.get_by_text("Where 1 was there anyway, it added 0.193.").first).to_be_visible()
    expect(page.get_by_text("would have been 12.0 % less likely").first).to_be_visible()
    expect(
        page.get_by_text("It gets nothing: by definition: there is nothing to switch off.")
    ).to_be_visible()

    page.get_by_role("group", name="Model to look behind").get_by_text("Markov").click()

    expect(page.get_by_text("33.7 % of conversions would be lost").first).to_be_visible()


def test_an_unknown_person_is_answered_with_the_hint_of_the_server(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/people")
    page.get_by_label("Find a person by any identifier").fill("nobody")

    page.get_by_role("button", name="Find").click()

    expect(page.get_by_text("give any identifier of the person")).to_be_visible()


def test_refusals_are_told_by_reason(page: Page, stub: str) -> None:
    page.goto(f"{stub}/#/intake")

    expect(page.get_by_role("listitem").filter(has_text="No identity")).to_contain_text("51")


def test_an_empty_workspace_says_the_next_step(page: Page, empty_stub: str) -> None:
    page.goto(empty_stub)

    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    expect(page.get_by_text("headwater key add")).to_be_visible()
    expect(page.get_by_text("headwater import FILE --as paths")).to_be_visible()


def test_the_theme_that_was_chosen_is_remembered(page: Page, stub: str) -> None:
    page.goto(stub)

    page.get_by_text("Dark", exact=True).first.click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_every_page_is_reached_by_keyboard_alone(page: Page, stub: str) -> None:
    page.goto(stub)
    page.get_by_role("link", name="Models").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_focused()
    expect(page.get_by_role("link", name="Models")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_small_screen(
    chromium: Browser, complaints: list[str], stub: str, name: str
) -> None:
    context = chromium.new_context(viewport=NARROW, locale="en-US")
    page = opened(context, complaints)

    page.goto(f"{stub}/#/{name}")
    expect(page.get_by_text(LIVE).filter(visible=True)).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_and_quiet(
    chromium: Browser, complaints: list[str], stub: str, name: str, scheme: str
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `npm ci` in web/ brings it")
    context = chromium.new_context(viewport=WIDE, color_scheme=scheme, locale="en-US", bypass_csp=True)
    page = opened(context, complaints)
    page.goto(f"{stub}/#/{name}")
    expect(page.get_by_text(LIVE).filter(visible=True)).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)

    page.add_script_tag(path=AXE)

    assert page.evaluate(AUDIT) == []
    assert complaints == []
    context.close()
