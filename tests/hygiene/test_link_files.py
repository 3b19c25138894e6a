"""Link files: links are found in every format with their row, and a copy differs in its links only."""

from __future__ import annotations

import pytest

from headwater.contract.errors import UsageError
from headwater.hygiene.link_files import links

A, B = "https://shop.example/?a=1,2", "https://shop.example/b"


def told(content: str | bytes, name: str = "-", column: str | None = None) -> list[tuple[int, str]]:
    raw = content.encode() if isinstance(content, str) else content
    return [(row.row, row.url) for row in links(raw, name=name, column=column).rows]


@pytest.mark.parametrize(
    ("content", "name", "rows"),
    [
        (f"# spring\n{A}\n\n  {B} \r\n", "a.txt", [(2, A), (4, f"  {B} ")]),
        (f"Ad,Final URL\nx,\"{A}\"\ny,\nz,{B}\n", "a.csv", [(2, A), (4, B)]),
        (f"Ad;Landing-Page\nx;{A}\n", "-", [(2, A)]),
        (f"name\tfrom\n1\t{A}\n", "a.tsv", [(2, A)]),
        (f'{{"url": "{A}"}}\n{{"n": 1}}\n{{"url": "{B}"}}\n', "-", [(1, A), (3, B)]),
        (f'["{A}", {{"href": "{B}"}}]', "a.json", [(1, A), (2, B)]),
        (f'<p>\n<a href="{A}&amp;b=2">x</a> <a href="#top">y</a><a href="mailto:a@b.c">z</a>', "a.html", [(2, f"{A}&b=2")]),
        ("", "a.txt", []),
    ],
)  # fmt: skip
def test_links_have_the_row_they_stand_in(content: str, name: str, rows: list[tuple[int, str]]) -> None:
    assert told(content, name) == rows


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_exports_of_ad_editors_are_read(encoding: str) -> None:
    assert told(f"Anzeige für\tFinal URL\nx\t{A}\n".encode(encoding), "export.csv") == [(2, A)]


def test_a_named_column_is_taken_and_a_missing_one_is_refused() -> None:
    content = f'url,shown\n"{A}",{B}\n'

    assert told(content, "a.csv", "Shown") == [(2, B)]
    with pytest.raises(UsageError, match="no column 'seen'"):
        told(content, "a.csv", "seen")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [("a,b\n1,2\n", "a.csv", "no column of links"), ('{"a": 1}\n{', "a.jsonl", "row 2"), ('{"a": 1}', "a.json", "no field")],
)  # fmt: skip
def test_a_file_without_links_says_so(content: str, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        told(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f"x\r\n{A}\r\n  {B}", "a.txt"),
        (f'Ad,URL\r\n"a ""b""\n c","{A}"\r\n', "a.csv"),
        (f'{{"url":"{A}","n":[1]}}\n"{B}"\n', "a.jsonl"),
    ],
)
def test_a_copy_without_changes_is_the_same(content: str, name: str) -> None:
    assert links(content.encode(), name=name).written({}) == content


def test_a_changed_link_changes_nothing_beside_it() -> None:
    read = links(f'Ad,URL,n\nx,"{A}",1\ny,{B},2\n'.encode(), name="a.csv")

    assert read.written({3: A}) == f'Ad,URL,n\nx,"{A}",1\ny,"{A}",2\n'
