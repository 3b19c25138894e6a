"""Gate: what may be kept of an event, decided before anything is written to the archive.

Reads  what a request says of its sender (headers, address), rows of `events`, the workspace's settings
Makes  the row with the decision on it, without ids where no id may be kept; or nothing at all

An event whose sender may not be recognised loses its ids, traits, click ids, address and everything
whose meaning is unknown: it is counted and belongs to nobody. Where somebody takes consent back, hashes
of the ids that were given stay, for this alone: to send nothing more of that person to ad platforms.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b, md5
from typing import TYPE_CHECKING, Any, NamedTuple

from headwater.collect import addresses, privacy, signals
from headwater.collect.consent import decision
from headwater.collect.personal import Personal

if TYPE_CHECKING:
    from headwater.collect.request import Request
    from headwater.collect.salts import Salts
    from headwater.contract.settings import Settings

REGION_HEADERS = {
    "cf-ipcountry": "cf-region-code",
    "x-vercel-ip-country": "x-vercel-ip-country-region",
    "cloudfront-viewer-country": "cloudfront-viewer-country-region",
    "x-appengine-country": "x-appengine-region",
    "x-country-code": "x-region-code",
}
"""Headers in which proxies name the country, and the ones that name its part."""
IDS = ("anonymous_id", "user_id", "previous_id", "email", "phone")
KEPT_CONTEXT = frozenset(
    {"page", "campaign", "library", "locale", "timezone", "userAgent", "screen", "app", "os", "consent", "test",
     "isTest", "anonymous", "$clock"}
)  # fmt: skip
"""Keys of the context that stay of an event that belongs to nobody; all others may hold an id."""
PERSONAL_NAMES = frozenset(
    {
        "userid", "customerid", "anonymousid", "distinctid", "deviceid", "clientid", "visitorid", "memberid",
        "contactid", "leadid", "accountid", "externalid", "groupid", "sessionid", "insertid", "gaid", "idfa",
        "idfv", "advertisingid", "aliasid", "uuid", "fbp", "fbc",
    }
)  # fmt: skip
"""Keys of properties that go with the ids, plain."""
ENDINGS = ("email", "phone", "phonenumber", "deviceid", "userid", "clientid", "sessionid", "distinctid")
OF_PERSONS = ("identify", "group", "alias")
"""Types whose properties are what is known of somebody."""
PREFETCH = frozenset({"prefetch", "preview", "prerender"})
REFUSED = "$refused"
"""Key of the context under which hashes of the ids of somebody who refused stand."""

OWN_MACHINE = "own_machine"
"""Mark of an event that came from the very machine of the server: somebody tries the set-up."""


class Seen(NamedTuple):
    """What a request says of its sender, besides its body."""

    countries: tuple[tuple[str, str], ...] = ()
    """Header and region, for each header that names one; believed only where the settings say so."""
    gpc: bool = False
    dnt: bool = False
    is_prefetch: bool = False
    address: str | None = None


NOTHING = Seen()


def seen(request: Request) -> Seen:
    """Return what the headers of a request say."""
    headers = request.headers
    countries = tuple(
        (name, "-".join(filter(None, (headers[name], headers.get(part)))))
        for name, part in REGION_HEADERS.items()
        if headers.get(name)
    )
    purposes = ";".join(headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz")).lower()
    words = {word.strip() for word in purposes.replace(",", ";").split(";")}
    return Seen(
        countries=countries,
        gpc=headers.get("sec-gpc", "").strip() == "1",
        dnt=headers.get("dnt", "").strip() == "1",
        is_prefetch=bool(words & PREFETCH),
        address=request.address,
    )


class Gate:
    """The gate of one workspace, with the settings that hold."""

    def __init__(self, settings: Settings, *, salts: Salts | None = None) -> None:
        self._settings = settings
        self._salts = salts
        self.rules = privacy.rules(settings)

    def passed(self, row: dict[str, Any], around: Seen = NOTHING) -> dict[str, Any] | None:
        """Return the row as it may be kept, with marks, consent and may_sync; None where it may not be.

        The row's personal values are still marks or raw: it is screened afterwards.
        """
        context = row["context"]
        said = signals.choices(context, self._settings)
        if around.dnt and self._settings.honour_dnt:
            said = said._replace(ads=said.ads is True, analytics=said.analytics is True)
        gpc = around.gpc or _says_gpc(context)
        made = decision(self._region(around), said, gpc, self._settings)
        if made.store == "drop":
            return None
        consent = "gpc" if gpc and made.consent == "unknown" else made.consent
        found = row | {"marks": self._marks(row, around), "consent": consent, "may_sync": made.sync_to_ads}
        if made.store == "anonymous_only":
            found = nobodys(found, refused=_hashes(row) if said.analytics is False else [])
        return self._identified(found, around, may_know=made.store == "with_id")

    def _region(self, around: Seen) -> str:
        trusted = self._settings.region_header.strip().lower()
        return next((region for name, region in around.countries if name == trusted), "")

    def _marks(self, row: dict[str, Any], around: Seen) -> str | None:
        found = ["prefetch"] if around.is_prefetch else []
        if _is_own_machine(around.address):
            found.append(OWN_MACHINE)
        own = self._settings.internal_addresses
        if own and addresses.is_within(_address(row, around), own):
            found.append("internal")
        domains = self._settings.internal_email_domains
        if domains and any(_domain(row[name]) in _lower(domains) for name in ("email", "user_id")):
            found.append("staff")
        return ",".join(found) or None

    def _identified(self, row: dict[str, Any], around: Seen, *, may_know: bool) -> dict[str, Any]:
        """Give the row the ids that the workspace wants: as sent, of the day, or none."""
        how = self._settings.identity
        if how == "full" or not may_know:
            return row
        if how in ("daily", "none"):
            daily = self._daily(row, around) if how == "daily" else None
            return nobodys(row) | {"anonymous_id": daily}
        if any(row[name] for name in IDS):
            return row
        return row | {"anonymous_id": self._daily(row, around)}

    def _daily(self, row: dict[str, Any], around: Seen) -> str | None:
        """Return the id of a browser for a day; the salt is thrown away after it, so nobody can go back."""
        address = _address(row, around)
        if self._salts is None or not address:
            return None
        site = (row["url"] or "").split("/")[2:3]
        text = "\n".join((address, row.get("user_agent") or "", *site))
        salt = self._salts.of_day(row["known_at"].date())
        return "day-" + blake2b(text.encode(errors="replace"), key=salt, digest_size=12).hexdigest()


def nobodys(row: dict[str, Any], *, refused: list[Any] | None = None) -> dict[str, Any]:
    """Return a row that belongs to nobody: no ids, no address, no click ids, nothing of unknown meaning."""
    context = {key: value for key, value in row["context"].items() if key in KEPT_CONTEXT}
    context["anonymous"] = True
    if refused:
        context[REFUSED] = refused
    notes = {} if row["type"] in OF_PERSONS else _impersonal(row["properties"])
    found = row | dict.fromkeys(IDS) | {"context": _impersonal(context), "properties": notes}
    for name in ("url", "referrer"):
        found[name] = row[name] and privacy.without_click_ids(row[name])
    return found


def _impersonal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _impersonal(inside) for key, inside in value.items() if not _is_personal(key)}
    if isinstance(value, list):
        return [_impersonal(inside) for inside in value]
    if isinstance(value, str) and privacy.is_address(value):
        return privacy.without_click_ids(value)
    return value


@lru_cache(maxsize=4096)
def _is_personal(key: str) -> bool:
    name = privacy.plain(key)
    return (
        name in PERSONAL_NAMES
        or name in privacy.ADDRESSES
        or name in privacy.CLICK_IDS
        or name.endswith(ENDINGS)
    )


def _hashes(row: dict[str, Any]) -> list[Any]:
    """Return the hashes of the ids that somebody refused with: those of persons, and e-mail marks."""
    kinds = {"user": row["user_id"], "anonymous": row["anonymous_id"]}
    found: list[Any] = []
    for kind, value in kinds.items():
        if isinstance(value, str) and value and "@" not in value:
            found.append(str(stable_hash(f"{kind}:{value}")))
        elif isinstance(value, str) and value:
            found.append(Personal("email", value))
    return found + [row[name] for name in ("email", "phone") if isinstance(row[name], Personal)]


def stable_hash(text: str) -> int:
    """Return the hash that person ids are made of: the first 60 bits of MD5, as the engines have it."""
    return int(md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()[:15], 16)


def _says_gpc(context: dict[str, Any]) -> bool:
    consent = context.get("consent")
    inside = consent if isinstance(consent, dict) else {}
    return any(value in (True, 1, "1", "true") for value in (context.get("gpc"), inside.get("gpc")))


def _address(row: dict[str, Any], around: Seen) -> str:
    told = row["context"].get("ip")
    return told if isinstance(told, str) and told else around.address or ""


def _domain(value: Any) -> str:
    text = value.value if isinstance(value, Personal) else value
    return text.rpartition("@")[2].strip().lower() if isinstance(text, str) and "@" in text else ""


@lru_cache(maxsize=64)
def _lower(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.lower().removeprefix("@") for word in words)


def _is_own_machine(address: str | None) -> bool:
    found = None if address is None else addresses.parsed(address)
    return found is not None and found.is_loopback
