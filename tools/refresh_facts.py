"""Refresh facts: turn public lists, lying in a folder, into the tables that classification uses.

Reads  FOLDER with matomo_SearchEngines.yml, matomo_Socials.yml (CC0), ga4_source_categories_velir.csv (MIT)
       and ecb_eurofxref-hist.zip; the hand-written facts, which win
Makes  hosts_public.csv, names_public.csv and fx_rates.parquet in src/headwater/journey/facts

Run it as `python tools/refresh_facts.py FOLDER`, read the difference in git, then commit. NOTICE names
where each list comes from.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FACTS = Path(__file__).resolve().parents[1] / "src" / "headwater" / "journey" / "facts"
RATES_SINCE = date(2010, 1, 1)

OWNERS = {
    "bing images": "bing",
    "yahoo! images": "yahoo",
    "yahoo! directory": "yahoo",
    "yahoo! japan": "yahoo",
    "yahoo! japan images": "yahoo",
    "yahoo! japan videos": "yahoo",
    "yahoo!": "yahoo",
    "yandex images": "yandex",
    "auone images": "auone",
    "biglobe images": "biglobe",
    "nifty videos": "nifty",
    "so-net videos": "so-net",
    "seznam videa": "seznam",
    "gigablast (directory)": "gigablast",
    "360search": "so.com",
    "ixquick": "startpage",
    "google%2b": "google_plus",
    "google maps": "google_maps",
    "google news": "google_news",
    "google shopping": "google_shopping",
    "hacker news": "hackernews",
    "vkontakte": "vk",
    "metacrawler de": "metacrawler",
    "compuserve.com (enhanced by google)": "compuserve",
    "la toile du québec (google)": "la_toile",
    "startpagina (google)": "startpagina",
    "묻지마 검색": "kwzf",
    "conduit.com": "conduit",
    "ozone": "qzone",
}
"""Names that are a service of another source, or too long for one."""

LEFT_OUT = {
    "login.live.com",  # a sign-in page, no network
    "www.cnn.com",  # a news site whose search box was powered by a search engine
    "www.facebook.com",  # listed as a search engine; a network first of all
    "start.lenovo.com",  # a start page
    "cgi2.nintendo.co.jp",  # a console's browser of 2008
    "www.icq.com",  # a messenger
    "www.so-net.ne.jp",  # a provider's portal
    "www.fastweb.it",  # a provider's portal
    "www.optuszoo.com.au",  # a provider's portal
    "www.talktalk.co.uk",  # a provider's portal
    "online.no",  # a provider's portal
    "www.arcor.de",  # a provider's portal
    "www.charter.net",  # a provider's portal
    "home.speedbit.com",  # a download tool
    "rpmfind.net",  # a package index
    "fr2.rpmfind.net",  # a package index
    "www.sharelook.fr",  # a link list
}


def patterns(path: Path, *, under: str | None) -> Iterator[tuple[str, str]]:
    """Yield (name, pattern) of a list in YAML; `under` is the key that holds the patterns, if any."""
    name, inside = "", under is None
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        if line and not line.startswith(" "):
            name, inside = text.removesuffix(":").strip("\"'"), under is None
        elif text.endswith(":") or re.match(r"\w+: ", text):
            inside = text == f"{under}:"
        elif inside and text.startswith("- "):
            yield name, text.removeprefix("- ").strip("\"'").lower()


def source_of(name: str) -> str:
    """Return the canonical source for the name that a list gives to an engine or network."""
    known = OWNERS.get(name.lower())
    if known:
        return known
    if name.lower().startswith("google"):
        return "google"
    return re.sub(r"[^\w.+-]+", "_", name.lower()).strip("_!")


def host_rows(folder: Path) -> dict[str, tuple[str, str]]:
    """Return pattern -> (source, category) of all public lists; GA4's category wins over the others'."""
    named = {
        pattern.removeprefix("www."): (source_of(name), category)
        for file, under, category in (
            ("matomo_SearchEngines.yml", "urls", "search"),
            ("matomo_Socials.yml", None, "social"),
        )
        for name, pattern in patterns(folder / file, under=under)
        if pattern not in LEFT_OUT and not pattern.startswith("android-app")
    }
    names, hosts = ga4(folder)
    found = dict(named)
    for host, category in hosts.items():
        label = next((label for label in host.split(".") if names.get(label) == category), None)
        source = named[host][0] if host in named and named[host][1] == category else label or host
        found[host] = (source, category)
    own = first_column(FACTS / "own_hosts.csv")
    return {pattern: row for pattern, row in sorted(found.items()) if pattern not in own}


def name_rows(folder: Path) -> dict[str, tuple[str, str]]:
    """Return spelling -> (source, category) for the names in GA4's list that are no hosts."""
    names, _ = ga4(folder)
    own = first_column(FACTS / "own_names.csv")
    return {
        name: (re.sub(r"\s+", "_", name), category)
        for name, category in sorted(names.items())
        if name not in own
    }


def ga4(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return GA4's categories, of plain names and of hosts."""
    with (folder / "ga4_source_categories_velir.csv").open(encoding="utf-8") as file:
        listed = {
            row["source"].strip().lower(): row["source_category"].removeprefix("SOURCE_CATEGORY_").lower()
            for row in csv.DictReader(file)
        }
    return (
        {name: category for name, category in listed.items() if "." not in name},
        {name: category for name, category in listed.items() if "." in name},
    )


def first_column(path: Path) -> set[str]:
    """Return the first column of a file of facts."""
    return {
        line.split(",")[0]
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }


def write_rows(path: Path, head: str, rows: dict[str, tuple[str, str]], *, remark: str) -> None:
    """Write a file of facts."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {remark}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([head, "source", "category"])
        writer.writerows([key, *value] for key, value in rows.items())


def rates(folder: Path) -> Iterator[tuple[str, date, float]]:
    """Yield currency, day and units per euro, for every calendar day: the last published."""
    with zipfile.ZipFile(folder / "ecb_eurofxref-hist.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    published = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["Date"])
    days = [date.fromisoformat(row["Date"]) for row in published]
    ends = [*days[1:], days[-1] + timedelta(days=1)]
    for row, day, end in zip(published, days, ends, strict=True):
        known = [
            (code, float(rate)) for code, rate in row.items() if len(code) == 3 and rate not in ("N/A", "")
        ]
        for one_day in _days(max(day, RATES_SINCE), end):
            yield "EUR", one_day, 1.0
            yield from ((code, one_day, rate) for code, rate in known)


def _days(since: date, until: date) -> Iterator[date]:
    return (since + timedelta(days=n) for n in range((until - since).days))


def write_rates(path: Path, rows: Iterable[tuple[str, date, float]]) -> None:
    """Write the rates as Parquet, sorted by currency and day."""
    currencies, days, values = zip(*sorted(rows), strict=True)
    table = pa.table({"currency": currencies, "rated_on": pa.array(days, pa.date32()), "per_eur": values})
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=["currency", "per_eur"],
        column_encoding={"rated_on": "DELTA_BINARY_PACKED"},
    )


def main(folder: Path) -> None:
    """Write the three files."""
    remark = (
        "Made by tools/refresh_facts.py from Matomo's lists (CC0) and GA4's source categories (see NOTICE)."
    )
    write_rows(FACTS / "hosts_public.csv", "pattern", host_rows(folder), remark=remark)
    write_rows(FACTS / "names_public.csv", "alias", name_rows(folder), remark=remark)
    write_rates(FACTS / "fx_rates.parquet", rates(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
