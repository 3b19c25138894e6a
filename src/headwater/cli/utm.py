"""Utm: `utm build`, `utm lint`, `utm templates` and `utm convention`.

Reads  links as they are typed or in files, the convention
Makes  tagged links, findings with file and row

The convention is that of the workspace, or of a file, so that a repository can check its links without
any workspace.
"""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from headwater.cli import show
from headwater.cli.app import FAILED, NOWHERE, STDIN, WELL, Common, Everywhere, app, say
from headwater.contract.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from headwater.contract.settings import Settings
    from headwater.hygiene.building import Built
    from headwater.hygiene.rulebook import Rulebook

utm = App(name="utm", help="Campaign links: build, lint, check and suggest, by one convention.")
app.command(utm)

Convention = Annotated[
    Path | None,
    Parameter(help="A TOML or JSON file with the convention; default: the workspace's settings."),
]
TAG_OPTIONS = ("source", "medium", "campaign", "content", "term", "id")


@utm.command
def build(
    url: Annotated[str | None, Parameter(help="The page, perhaps with a query and a fragment.")] = None,
    /,
    *,
    source: Annotated[str, Parameter(help="Where the visitor comes from: google, newsletter, ...")] = "",
    medium: Annotated[str, Parameter(help="How: cpc, email, paid_social, ...")] = "",
    campaign: Annotated[str, Parameter(help="What for: spring_sale.")] = "",
    content: Annotated[str, Parameter(help="Which ad, link or version.")] = "",
    term: Annotated[str, Parameter(help="Which keyword.")] = "",
    id: Annotated[str, Parameter(help="The campaign's id at the platform.")] = "",
    platform: Annotated[
        str | None, Parameter(help="Fill in what is not given with this ad platform's macros.")
    ] = None,
    rows: Annotated[
        Path | None,
        Parameter(help="Build a link for each row of a CSV with url, source, medium, ...; - reads stdin."),
    ] = None,
    convention: Convention = None,
    common: Common = NOWHERE,
) -> int:
    """Build a tagged link by the convention, or one for each row of a CSV.

    Values are put into the convention's case, separators and spellings, and each change is told. The page's
    own query and fragment stay. Exits with 1 where a link breaks the convention; it is printed all the same.

    For example:

    ```
    headwater utm build https://shop.example/shoes --source FB --medium paid_social --campaign "Spring Sale"
    ```
    """
    from headwater.hygiene.building import built
    from headwater.hygiene.platforms import platform as template

    rules = rulebook(convention, common)
    common_tags = dict(zip(TAG_OPTIONS, (source, medium, campaign, content, term, id), strict=True))
    if (url is None) == (rows is None):
        raise UsageError(
            "Name either one page or a file of --rows.", hint="utm build https://shop.example/ ..."
        )
    one = template(platform) if platform else None
    asked = [(url, common_tags)] if url is not None else _asked(rows, common_tags)
    links = [built(page, tags, rules, platform=one) for page, tags in asked if page is not None]
    if rows is None and not common.json:
        print(links[0].url)
        _tell(links[0])
    else:
        told = [{"row": number, **link.to_dict()} for number, link in enumerate(links, start=2)]
        _print_built(told if rows is not None else told[0], json=common.json)
    return WELL if all(link.is_well for link in links) else FAILED


@utm.command
def lint(
    *files: Annotated[
        str, Parameter(help="Text with a link a line, CSV, JSON lines or HTML; - reads stdin.")
    ],
    column: Annotated[
        str | None, Parameter(help="The column of links, where its name does not tell.")
    ] = None,
    templates: Annotated[
        bool, Parameter(help="The links are templates: macros of platforms may stand.")
    ] = False,
    on_site: Annotated[
        bool, Parameter(help="The links stand on our own site: they must not tag what leads to our own site.")
    ] = False,
    own: Annotated[
        tuple[str, ...], Parameter(help="A domain of ours, besides own_domains of the settings.")
    ] = (),
    tagged_only: Annotated[bool, Parameter(help="Pass over links without any tag.")] = False,
    fix: Annotated[bool, Parameter(help="Write a corrected copy beside each file: links.fixed.csv.")] = False,
    convention: Convention = None,
    common: Common = NOWHERE,
) -> int:
    """Check links by the convention; exits with 1 where there is an error.

    Each finding has file, row, field, what is wrong and, where one can tell, what should stand there. The
    same rows are in the JSON, so that a build server or a pre-commit hook can read them.

    For example:

    ```
    headwater utm lint links.csv --fix
    ```
    """
    from headwater.hygiene import files as linted

    if not files:
        raise UsageError("Name the files to check.", hint="headwater utm lint links.csv, or - for stdin.")
    rules = rulebook(convention, common, own=own)
    if on_site and not rules.own_domains:
        raise UsageError(
            "Which sites are ours?", hint="name them: --own shop.example, or own_domains in the settings."
        )
    wish = linted.Wish(column=column, is_template=templates, is_on_site=on_site, tagged_only=tagged_only)
    checked = [linted.checked(_content(name), name=_name(name), rules=rules, wish=wish) for name in files]
    if fix:
        for one in checked:
            _fix(one, rules, wish)
    found = [row for one in checked for row in one.rows()]
    errors = sum(row["level"] == "error" for row in found)
    links = sum(one.links for one in checked)
    if common.json:
        show.facts(
            {"links": links, "errors": errors, "warnings": len(found) - errors, "findings": found}, json=True
        )
    else:
        columns = ("file", "row", "level", "code", "field", "said", "suggestion")
        if found:
            show.listing("findings", found, columns=columns, json=False)
        say(f"{links} links, {errors} errors, {len(found) - errors} warnings")
    return FAILED if errors else WELL


@utm.command
def templates(
    name: Annotated[str | None, Parameter(help="One ad platform; default: all.")] = None,
    /,
    *,
    common: Common = NOWHERE,
) -> None:
    """Print the tracking template of each ad platform, ready to paste, and where it goes.

    For example:

    ```
    headwater utm templates meta
    ```
    """
    from headwater.hygiene.platforms import platform, platforms

    chosen = [platform(name)] if name else list(platforms().values())
    if name and not common.json:
        print(chosen[0].suffix())
        say(f"Goes into: {chosen[0].field}. {chosen[0].title} adds {chosen[0].click_id} by itself.")
        return
    rows = [
        {"platform": one.name, "goes_into": one.field, "click_id": one.click_id, "template": one.suffix()}
        for one in chosen
    ]
    show.listing(
        "templates", rows, columns=("platform", "goes_into", "click_id", "template"), json=common.json
    )


@utm.command(name="convention")
def convention_(*, convention: Convention = None, common: Common = NOWHERE) -> None:
    """Print the naming convention that holds, as a page for people; --json prints what a file of it holds.

    For example:

    ```
    headwater utm convention --json > utm.json
    ```
    """
    from headwater.hygiene.documents import document, plain

    held = settings_of(convention, common)
    if common.json:
        show.facts(plain(held), json=True)
    else:
        print(document(held), end="")


def rulebook(convention: Path | None, common: Everywhere, *, own: tuple[str, ...] = ()) -> "Rulebook":
    """Return the rules that hold: those of the file, else of the workspace, else the defaults."""
    from dataclasses import replace

    from headwater.convention import rulebook as made

    rules = made(settings_of(convention, common))
    return replace(rules, own_domains=(*rules.own_domains, *(one.lower() for one in own)))


def settings_of(convention: Path | None, common: Everywhere) -> "Settings":
    """Return the settings that hold the convention; no workspace is made for it."""
    from headwater import convention as conventions
    from headwater.cli.settings import control, read
    from headwater.contract.settings import Settings
    from headwater.store.control import FILE

    if convention is not None:
        return conventions.settings_of(read(convention))
    if common.dir and common.dir.startswith(("http://", "https://")):
        from headwater.remote import RemoteWorkspace

        with RemoteWorkspace(common.dir) as remote:
            return remote.settings
    if not (common.folder / FILE).exists():
        return Settings()
    with control(common) as opened:
        return opened.settings()


def _asked(rows: Path | None, standard: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """Return the page and the tags of each row; what a row leaves empty the options say."""
    text = _content(str(rows)).decode("utf-8-sig")
    reader = csv.DictReader(text.splitlines())
    named = {(name or "").strip().lower().removeprefix("utm_"): name for name in reader.fieldnames or ()}
    if "url" not in named:
        raise UsageError(f"{rows} has no column url.", hint=f"it has: {', '.join(reader.fieldnames or ())}.")
    return [
        (
            row[named["url"]] or "",
            {
                tag: (row[named[tag]] or standard[tag] if tag in named else standard[tag])
                for tag in TAG_OPTIONS
            },
        )
        for row in reader
    ]


def _print_built(told: Any, *, json: bool) -> None:
    if json:
        if isinstance(told, dict):
            del told["row"]
        return (
            show.facts(told, json=True)
            if isinstance(told, dict)
            else show.listing("links", told, columns=(), json=True)
        )
    rows = [
        row | {"wrong": "; ".join(one["said"] for one in row["findings"] if one["level"] == "error")}
        for row in told
    ]
    return show.listing("links", rows, columns=("row", "url", "channel", "wrong"), json=False)


def _tell(link: "Built") -> None:
    for tag, (given, written) in link.changed.items():
        say(f"changed: {tag} {given!r} is written {written!r} here")
    for finding in link.findings:
        hint = f" (meant: {finding.suggestion})" if finding.suggestion else ""
        say(f"{finding.level}: {finding.said}{hint}")
    if link.channel:
        say(f"channel: {link.channel}")


def _name(file: str) -> str:
    return "-" if file == STDIN else file


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"{file} cannot be read ({error.strerror}).", hint="name a text, CSV, JSON or HTML file."
        ) from error


def _fix(one: Any, rules: "Rulebook", wish: Any) -> None:
    if one.name == "-":
        raise UsageError("What came by stdin cannot be written aside.", hint="name a file to --fix.")
    place = Path(one.name)
    aside = place.with_name(f"{place.stem}.fixed{place.suffix}")
    text, count = one.fixed(rules, wish)
    aside.write_text(text, encoding="utf-8", newline="")
    say(f"{aside}: {count} links changed")
