"""Signals: what a message says of consent, in whichever of the usual ways it says it.

Reads  the context of a canonical message
Makes  Choices, the strictest of everything that was said

Read are, in the context and one level below it (where protocols keep what has no other place):
`consent` of our own tracker, of Google's Measurement Protocol (ad_user_data: GRANTED) and of Segment
(categoryPreferences), RudderStack's consentManagement, Google's gcs and gcd, an IAB TCF or GPP string,
the United States privacy string. Names of categories are turned into purposes by the settings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater.collect import gpp, tcf
from headwater.collect.consent import NAMED, Choices, strictest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.contract.settings import Settings

ANALYTICS, ADS, PERSONALIZATION = "analytics", "ads", "personalization"
CATEGORIES = (
    dict.fromkeys(
        (
            "analytics", "analyticsstorage", "performance", "statistics", "statistic", "measurement",
            "c0002", "analyticsprocessingallowed", "cookiecat2",
        ),
        ANALYTICS,
    )
    | dict.fromkeys(
        (
            "ads", "ad", "adstorage", "aduserdata", "advertising", "marketing", "targeting", "targetedadvertising",
            "c0004", "marketingallowed", "saleofdataallowed", "saleofdata",
        ),
        ADS,
    )
    | dict.fromkeys(("adpersonalization", "personalization", "personalizedads"), PERSONALIZATION)
)  # fmt: skip
"""Names of categories, plain (lower case, letters and digits only), and the purpose each stands for."""
GRANTED = frozenset(("granted", "true", "yes", "1", "allowed", "accepted", "opt_in", "optin", "on"))
DENIED = frozenset(
    ("denied", "false", "no", "0", "rejected", "refused", "opt_out", "optout", "off", "withdrawn")
)
TCF_KEYS = frozenset(
    ("tcstring", "tcfstring", "tcf", "gdprconsent", "euconsentv2", "euconsent", "consentstring")
)
GPP_KEYS = frozenset(("gpp", "gppstring", "gppconsent", "iabgpp"))
US_KEYS = frozenset(("usprivacy", "usp", "uspstring", "ccpa"))
GCS = re.compile(r"G1([01-])([01-])", re.IGNORECASE)
GCD_GRANTED, GCD_DENIED = frozenset("rntv"), frozenset("pqmu")
"""Letters of gcd by what holds in the end; l (and any other) means that nothing was said."""
GCD_ORDER = 4
"""ad_storage, analytics_storage, ad_user_data, ad_personalization."""
ID_PURPOSE, MEASURES, AD_MEASURE, PROFILES = 1, (7, 8, 9), 7, (3, 4)
"""TCF purposes: keep something on the device; measure; measure ads; ads by profile."""


def choices(context: Mapping[str, Any], settings: Settings) -> Choices:
    """Return what a context says of consent; what cannot be read says nothing."""
    names = CATEGORIES | {plain(name): purpose for name, purpose in settings.consent_categories.items()}
    return strictest(*_said(context, names, settings.tcf_vendor))


def plain(name: str) -> str:
    """Return the name of a category or key as it is compared."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _said(context: Mapping[str, Any], names: Mapping[str, str], vendor: int) -> Iterator[Choices]:
    yield from _in(context, names, vendor)
    for key, inside in context.items():
        if isinstance(inside, dict) and plain(key) not in ("page", "traits", "library", "device", "os"):
            yield from _in(inside, names, vendor)


def _in(place: Mapping[str, Any], names: Mapping[str, str], vendor: int) -> Iterator[Choices]:
    """Yield what stands directly in one object."""
    has_tcf = not _is_false(place.get("gdprApplies", place.get("gdpr")))
    for key, value in place.items():
        name = plain(key)
        if name == "consent" or name == "consentmode":
            yield from _consent(value, names, vendor)
        elif name == "consentmanagement" and isinstance(value, dict):
            yield _listed(value.get("allowedConsentIds"), value.get("deniedConsentIds"), names)
        elif not isinstance(value, str):
            continue
        elif name == "gcs" and (found := GCS.fullmatch(value)):
            yield Choices(ads=_bit(found[1]), analytics=_bit(found[2]))
        elif name == "gcd":
            yield _gcd(value)
        elif name in TCF_KEYS and has_tcf:
            yield _tcf(value, vendor)
        elif name in GPP_KEYS:
            yield from _gpp(value, vendor, has_tcf=has_tcf)
        elif name in US_KEYS:
            yield _privacy(value)


def _consent(value: Any, names: Mapping[str, str], vendor: int) -> Iterator[Choices]:
    """Read the value of `consent`: a word, categories, or Segment's object around them."""
    if isinstance(value, str) or type(value) is bool:
        word = str(value).lower()
        if word in NAMED:
            yield NAMED[word]
        elif word in GRANTED:
            yield NAMED["all"]
        elif word in DENIED:
            yield NAMED["none"]
    elif isinstance(value, dict):
        yield _categories(value, names)
        for key, inside in value.items():
            if isinstance(inside, dict) and plain(key) in ("categorypreferences", "categories", "purposes"):
                yield _categories(inside, names)
        yield from _in(
            {key: inside for key, inside in value.items() if plain(key) != "consent"}, names, vendor
        )


def _categories(given: Mapping[str, Any], names: Mapping[str, str]) -> Choices:
    said: dict[str, list[bool]] = {}
    for key, value in given.items():
        purpose, answer = names.get(plain(key)), _answer(value)
        if purpose in (ANALYTICS, ADS, PERSONALIZATION) and answer is not None:
            said.setdefault(purpose, []).append(answer)
    return Choices(**{purpose: all(answers) for purpose, answers in said.items()})


def _listed(allowed: Any, denied: Any, names: Mapping[str, str]) -> Choices:
    listed = {str(name): True for name in allowed} if isinstance(allowed, list) else {}
    listed |= {str(name): False for name in denied} if isinstance(denied, list) else {}
    return _categories(listed, names)


def _answer(value: Any) -> bool | None:
    word = str(value).strip().lower()
    return True if word in GRANTED else False if word in DENIED else None


def _is_false(value: Any) -> bool:
    return value is not None and _answer(value) is False


def _bit(sign: str) -> bool | None:
    return {"0": False, "1": True}.get(sign)


def _gcd(value: str) -> Choices:
    """Read Google's gcd: a letter for each of four purposes, between numbers.

    `ad_storage` and `ad_user_data` must both be granted for data to go to ad platforms.
    """
    letters = [letter for letter in value.lower() if letter.isalpha()][:GCD_ORDER]
    read = [True if one in GCD_GRANTED else False if one in GCD_DENIED else None for one in letters]
    stored, analytics, user_data, personalized = (*read, None, None, None, None)[:GCD_ORDER]
    ads = strictest(Choices(ads=stored), Choices(ads=user_data)).ads
    return Choices(analytics=analytics, ads=ads, personalization=personalized)


def _gpp(value: str, vendor: int, *, has_tcf: bool) -> Iterator[Choices]:
    """Read a GPP string: who has not opted out has not said yes either."""
    said = gpp.parsed(value)
    if said is None:
        return
    yield Choices(ads=False if said.opted_out else None)
    if said.tcf and has_tcf:
        yield _tcf(said.tcf, vendor)
    if said.privacy:
        yield _privacy(said.privacy)


def _privacy(value: str) -> Choices:
    """Read the privacy string of the United States; its third letter says whether data may be sold."""
    return Choices(ads=False if len(value) == 4 and value[2] in "Yy" else None)


def _tcf(value: str, vendor: int) -> Choices:
    """Read a TCF string: an id needs consent to purpose 1, which knows no legitimate interest."""
    said = tcf.parsed(value)
    if said is None:
        return Choices()
    may_keep = said.allows(ID_PURPOSE, vendor=vendor)
    return Choices(
        analytics=may_keep and any(said.allows(one, vendor=vendor, by_interest=True) for one in MEASURES),
        ads=may_keep and said.allows(AD_MEASURE, vendor=vendor, by_interest=True),
        personalization=may_keep and all(said.allows(one, vendor=vendor) for one in PROFILES),
    )
