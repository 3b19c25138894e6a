"""Utm: links are built and checked from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from tests.cli.shell import as_json, headwater, well

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring"
BAD = "https://shop.example/?utm_source=FB&utm_medium=paid_social&utm_campaign=Spring%20Sale"


def test_a_link_is_built_and_its_changes_are_told(tmp_path: Path) -> None:
    done = headwater(
        "utm", "build", "https://shop.example/a#b", "--source", "FB", "--medium", "paid_social",
        "--campaign", "Spring Sale", "--dir", tmp_path,
    )  # fmt: skip

    assert done.stdout == (
        "https://shop.example/a?utm_source=facebook&utm_medium=paid_social&utm_campaign=spring_sale#b\n"
    )
    assert "'Spring Sale' is written 'spring_sale'" in done.stderr
    assert "channel: paid_social" in done.stderr
    assert done.returncode == 0


def test_a_csv_makes_a_link_of_each_row_and_a_bad_row_stops_none(tmp_path: Path) -> None:
    rows = "url,source,utm_medium,campaign\nhttps://shop.example/,google,cpc,a\nhttps://shop.example/,google,cpcc,b\n"

    done = headwater("utm", "build", "--rows", "-", "--json", "--dir", tmp_path, stdin=rows)

    told = orjson.loads(done.stdout)
    assert [(row["row"], row["is_well"]) for row in told] == [(2, True), (3, False)]
    assert told[1]["findings"][0]["suggestion"] == "cpc"
    assert done.returncode == 1


def test_lint_fails_with_file_row_field_and_suggestion(tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text(f"Ad,Final URL\nx,{GOOD}\ny,{BAD}\n")

    done = headwater("utm", "lint", file, "--json", "--dir", tmp_path)

    told = orjson.loads(done.stdout)
    assert done.returncode == 1
    assert (told["links"], told["errors"], told["warnings"]) == (2, 3, 1)
    assert {(row["file"], row["row"]) for row in told["findings"]} == {(str(file), 3)}
    assert ("utm_campaign", "space", "spring_sale") in {
        (row["field"], row["code"], row["suggestion"]) for row in told["findings"]
    }


def test_a_fixed_copy_lies_beside_the_file_and_passes(tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text(f"Ad,Final URL\nx,{GOOD}\ny,{BAD}\n")

    headwater("utm", "lint", file, "--fix", "--dir", tmp_path)

    assert file.read_text().endswith(f"{BAD}\n")
    assert as_json("utm", "lint", tmp_path / "links.fixed.csv", "--dir", tmp_path)["findings"] == []


def test_good_links_pass_and_warnings_do_not_fail(tmp_path: Path) -> None:
    done = headwater("utm", "lint", "-", "--dir", tmp_path, stdin=GOOD.replace("google", "gogle") + "\n")

    assert done.returncode == 0
    assert "1 links, 0 errors, 1 warnings" in done.stderr


def test_a_convention_file_binds_without_a_workspace(tmp_path: Path) -> None:
    rules = tmp_path / "utm.toml"
    rules.write_text('sources = ["bing"]\n[patterns]\ncampaign = "[a-z]+_[0-9]{4}"\n')

    done = headwater(
        "utm", "lint", "-", "--convention", rules, "--json", "--dir", tmp_path / "none", stdin=GOOD
    )

    assert {row["code"] for row in orjson.loads(done.stdout)["findings"]} == {"unlisted", "pattern"}
    assert not (tmp_path / "none").exists()


def test_the_convention_of_the_workspace_is_printed_and_can_be_used_as_a_file(tmp_path: Path) -> None:
    well("settings", "apply", "-", "--dir", tmp_path / "shop", stdin='{"naming": {"sources": ["bing"]}}')

    (tmp_path / "utm.json").write_text(well("utm", "convention", "--json", "--dir", tmp_path / "shop"))
    again = as_json("utm", "convention", "--convention", tmp_path / "utm.json", "--dir", tmp_path / "none")

    assert again["naming"]["sources"] == ["bing"]
    assert "**Sources:** `bing`." in well("utm", "convention", "--dir", tmp_path / "shop")


def test_links_on_our_own_site_may_not_be_tagged(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(
        '<a href="/a?utm_source=footer">a</a>\n<a href="https://other.example/?utm_source=us">b</a>'
    )

    done = headwater("utm", "lint", page, "--on-site", "--own", "shop.example", "--json", "--dir", tmp_path)

    assert [(row["row"], row["code"]) for row in orjson.loads(done.stdout)["findings"]] == [(1, "internal")]


def test_templates_are_ready_to_paste(tmp_path: Path) -> None:
    said = well("utm", "templates", "google_ads")

    assert said.startswith("utm_source=google&utm_medium=cpc&utm_campaign={campaignid}")
    assert as_json("utm", "lint", "-", "--templates", "--dir", tmp_path, stdin=said)["errors"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lint",), "Name the files"),
        (("lint", "-", "--fix"), "written aside"),
        (("lint", "-", "--on-site"), "--own"),
        (("lint", "missing.csv"), "cannot be read"),
        (("build",), "Name either"),
        (("build", "https://a.example", "--platform", "metta"), "'meta'"),
        (("build", "--rows", "-"), "no column url"),
    ],
)
def test_wrong_usage_says_the_way_out(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = headwater("utm", *words, "--dir", tmp_path, stdin="a\n")

    assert said in done.stderr
    assert done.returncode in (1, 2)
