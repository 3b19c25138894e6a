"""Following: a link followed to its end, and what became of its tags on the way.

Reads  a URL, whatever fetches one page
Makes  a `Journal`: the hops, the fate of each parameter, the page at the end

A browser carries the fragment over a redirect that names none; so does this. The tags of the link are
compared with those of every address on the way: a parameter is kept, changed, moved behind `#` or lost.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from headwater.contract.errors import HeadwaterError
from headwater.hygiene.links import Pair, decoded, parted
from headwater.hygiene.pages import OURS, Page, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headwater.hygiene.fetching import Answer

MOST_HOPS = 10
TEST_VALUE = "Hw-Test.AbC_123~x"
"""The value of a click id that is put in for the test: case and signs that must come through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one parameter at one address."""

    name: str
    state: str
    """kept, changed, moved, lost or added"""
    value: str = ""
    """What stands there now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One address on the way."""

    url: str
    status: int | None
    """None where nothing answered."""
    location: str = ""
    """Where it sent on to, in full."""
    fates: tuple[Fate, ...] = ()
    """Of the parameters whose state is another than at the address before."""
    problem: str = ""
    """Why the way ended here, where it should not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A link followed to its end."""

    url: str
    hops: tuple[Hop, ...]
    fates: tuple[Fate, ...] = ()
    """Every parameter at the end."""
    page: Page = field(default_factory=Page)
    problems: tuple[str, ...] = ()
    """What loses tracking."""
    hints: tuple[str, ...] = ()
    """What should be looked at."""

    @property
    def is_well(self) -> bool:
        """The link arrives with everything that it carried."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the journal as plain values."""
        return asdict(self) | {"is_well": self.is_well}


def followed(url: str, fetch: Callable[[str], Answer], *, watched: Iterable[str] = ()) -> Journal:
    """Follow a link; `watched` are parameters besides `utm_*` that must come through."""
    names = frozenset(name.lower() for name in watched)
    sent = carried(url, names)
    hops: list[Hop] = []
    before = {fate.name: fate for fate in fates(sent, url, names)}
    at, text = url, ""
    while True:
        now = {fate.name: fate for fate in fates(sent, at, names)}
        hop = Hop(
            url=at, status=None, fates=tuple(fate for fate in now.values() if before.get(fate.name) != fate)
        )
        before = now
        try:
            answer = fetch(at)
        except HeadwaterError as error:
            hops.append(replace(hop, problem=error.problem))
            break
        target = _target(at, answer.location)
        hops.append(replace(hop, status=answer.status, location=target))
        text = answer.text
        if not target:
            break
        if target in [one.url for one in hops]:
            hops[-1] = replace(hops[-1], problem="it redirects in a circle")
            break
        if len(hops) > MOST_HOPS:
            hops[-1] = replace(hops[-1], problem=f"more than {MOST_HOPS} redirects")
            break
        at = target
    end = tuple(before.values())
    shown = page(text)
    return Journal(
        url=url,
        hops=tuple(hops),
        fates=end,
        page=shown,
        problems=tuple(_problems(hops, end)),
        hints=tuple(_hints(hops, shown)),
    )


def with_test_ids(url: str, names: Iterable[str]) -> str:
    """Return a link as a platform would send a visitor to it: with a click id for each name."""
    link = parted(url)
    there = {pair.key for pair in link.pairs}
    added = tuple(Pair(name, "=", TEST_VALUE) for name in names if name.lower() not in there)
    return str(link.with_pairs((*(pair for pair in link.pairs if str(pair)), *added)))


def carried(url: str, watched: frozenset[str]) -> list[Pair]:
    """Return the parameters of a link that say where the visitor comes from."""
    return [pair for pair in parted(url).pairs if _counts(pair, watched)]


def fates(sent: list[Pair], url: str, watched: frozenset[str]) -> list[Fate]:
    """Return what became of the parameters that were sent, at one address on the way."""
    link = parted(url)
    here: dict[str, list[str]] = {}
    for pair in link.pairs:
        here.setdefault(pair.name, []).append(pair.value)
    _, _, behind = link.fragment.rpartition("?")
    moved = {Pair(*text.partition("=")).name for text in behind.lstrip("#!/").split("&") if "=" in text}
    told: list[Fate] = []
    names = list(dict.fromkeys(pair.name for pair in sent))
    for name in names:
        meant = {pair.decoded for pair in sent if pair.name == name}
        if values := here.get(name):
            state = "kept" if {decoded(value) for value in values} == meant else "changed"
            told.append(Fate(name=name, state=state, value=", ".join(values)))
        else:
            told.append(Fate(name=name, state="moved" if name in moved else "lost"))
    told += [
        Fate(name=pair.name, state="added", value=pair.value)
        for pair in link.pairs
        if _counts(pair, watched) and pair.name not in names
    ]
    return told


def _counts(pair: Pair, watched: frozenset[str]) -> bool:
    return pair.key.startswith("utm_") or pair.key in watched


def _target(at: str, location: str) -> str:
    if not location:
        return ""
    try:
        target = urljoin(at, location.strip())
        fragment = urlsplit(at).fragment
        return target if "#" in target or not fragment else f"{target}#{fragment}"
    except ValueError:
        return location  # whoever fetches it says why it is none


def _problems(hops: list[Hop], end: tuple[Fate, ...]) -> list[str]:
    last = hops[-1]
    said = [last.problem] if last.problem else []
    if last.status is not None and last.status >= 400:
        said.append(f"the page at the end answers {last.status}")
    for fate in end:
        if fate.state in ("lost", "moved", "changed"):
            place = next(
                number for number, hop in enumerate(hops, start=1) if any(one == fate for one in hop.fates)
            )
            how = {"moved": "behind the #", "changed": f"to {fate.value!r}"}.get(fate.state, "")
            said.append(f"{fate.name} is {fate.state}{f' {how}' if how else ''} at hop {place}")
    return said


def _hints(hops: list[Hop], shown: Page) -> list[str]:
    last = hops[-1]
    said: list[str] = []
    if last.status is not None and last.status < 300:
        if not shown.trackers:
            said.append(
                "no tracker is seen in the page; a tag that a script loads later cannot be seen from here"
            )
        elif OURS not in shown.trackers:
            said.append(
                f"the page has {', '.join(shown.trackers)}; whether it sends to Headwater cannot be seen"
            )
    if shown.refresh:
        said.append(f"the page sends on by meta refresh, to {shown.refresh}: the referrer may be lost")
    if shown.script:
        said.append(f"a script in the page may send on, to {shown.script}")
    first, final = urlsplit(hops[0].url), urlsplit(last.url)
    if first.scheme == "http" and final.scheme == "https":
        said.append("the link begins with http://; https:// saves a redirect")
    if any(fate.state == "added" for hop in hops for fate in hop.fates):
        names = sorted({fate.name for hop in hops for fate in hop.fates if fate.state == "added"})
        said.append(f"a redirect adds {', '.join(names)}")
    return said
