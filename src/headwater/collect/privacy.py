"""Privacy: addresses of pages and machines without what they tell of a person.

Reads  URLs, IP addresses, texts
Makes  the same without e-mail addresses, phone numbers, tokens, session ids and passwords

A parameter goes by its name, wherever it stands (query, fragment, a URL inside a URL); what looks like
an e-mail address, a phone number with its country code or a signed token goes by its looks. Values of
UTM parameters and click ids are left byte for byte, but for an e-mail address in them. The name of a
parameter stays, so that the page is the same page.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from headwater.collect import addresses

if TYPE_CHECKING:
    from headwater.contract.settings import Settings

MARKS = REMOVED, PHONE_MARK, EMAIL_MARK = "[removed]", "[phone]", "[email]"
PARAMETERS = frozenset(
    {
        # who somebody is
        "email", "mail", "emailaddress", "useremail", "customeremail", "loginemail", "recipient",
        "phone", "phonenumber", "tel", "telephone", "mobile", "mobilenumber", "msisdn",
        "firstname", "lastname", "fullname", "surname", "givenname", "familyname", "fname", "lname", "username",
        "address", "address1", "address2", "street", "streetaddress", "postcode", "zipcode", "zip",
        "birthday", "birthdate", "dateofbirth", "dob", "ssn", "iban", "creditcard", "cardnumber", "ccnumber", "cvv",
        # what lets somebody in
        "token", "accesstoken", "idtoken", "refreshtoken", "authtoken", "logintoken", "resettoken", "resetkey",
        "csrftoken", "xsrftoken", "usertoken", "magictoken", "invitetoken", "verificationtoken", "confirmationtoken",
        "bearer", "jwt", "auth", "authorization", "authkey", "apikey", "apitoken", "secret", "clientsecret",
        "privatekey", "password", "passwd", "passwort", "pwd", "pass", "passphrase", "pin", "otp", "onetimecode",
        "verificationcode", "authcode", "samlresponse", "ticket",
        # which visit it is
        "session", "sessionid", "sessid", "sid", "phpsessid", "jsessionid", "aspsessionid", "cfid", "cftoken",
        "sessiontoken", "sessionkey",
    }
)  # fmt: skip
"""Parameters whose values are removed, by their plain names (lower case, letters and digits only)."""
CLICK_IDS = frozenset(
    {
        "_hsenc", "_kx", "aclid", "awc", "bfcid", "cjevent", "ck_subscriber_id", "clickref",
        "dclid", "dicbo", "dm_i", "ef_id", "epik", "fbclid", "gbraid",
        "gclid", "igshid", "irclickid", "irclid", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok",
        "msclkid", "ndclid", "ob_click_id", "oborigurl", "oppref", "qclid", "ransiteid",
        "rb_clickid", "rdt_cid", "s_kwcid", "sccid", "spclid", "srsltid", "sscid", "tbclid", "tblci",
        "tduid", "ttclid", "twclid", "vero_id", "vmcid", "wbraid", "wickedid", "yclid", "ysclid"
    }
)  # fmt: skip
"""Parameters in which ad and e-mail platforms hand over their ids, in lower case (as `click_id_names`)."""
EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}(?:@|%(?:25)?40)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
PHONE = re.compile(
    r"(?<![\w%])(?:\+|%2[Bb]|%252[Bb])[1-9](?:[ ().-]|%20|%28|%29)?(?:[0-9](?:[ ().-]|%20|%28|%29)?){7,14}(?![\w])"
)
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
LOGIN = re.compile(r"(?<=://)[^/?#@\s:]{0,200}:[^/?#@\s]{0,200}@")
PATH_SESSION = re.compile(r"(;(?:jsessionid|phpsessid|sid|sessionid)=)[^/?#;]*", re.IGNORECASE)
PATH_TOKEN = re.compile(
    r"(/(?:[a-z-]{0,40}(?:reset|password|verify|verification|confirm|activate|activation|unsubscribe|invite|invitation"
    r"|magic|token|session|login|auth)[a-z-]{0,40})/)([A-Za-z0-9._~-]{12,})(?=[/?#]|$)",
    re.IGNORECASE,
)
"""A segment behind a word of letting in; it is removed where it has a digit in it, as no page's name."""
SUSPECT = re.compile(
    r"@|%(?:25)?40|\+[0-9]|%(?:25)?2[Bb][0-9]|eyJ|;[A-Za-z]+=|=[^&=]*%3[DdAa]"
    r"|/[a-z-]{0,40}(?:reset|password|verif|confirm|activ|unsubscr|invit|magic|token|session|login|auth)[a-z-]{0,40}/"
    r"|[?&#][^?=&#]{0,60}(?:mail|phone|tel|mobile|msisdn|name|address|street|zip|code|birth|dob|ssn|iban|card|ccnum|cvv"
    r"|token|bearer|jwt|auth|key|secret|pass|pwd|pin|otp|saml|ticket|sess|sid|cfid|recipient|ip|addr)[^?=&#]{0,60}=",
    re.IGNORECASE,
)
"""Found in every URL that may hold something to remove; most hold nothing and are not looked at twice."""
ENDINGS = ("email", "token", "password", "phone", "phonenumber", "secret", "sessionid", "apikey")
ADDRESSES = frozenset(
    {"ip", "ipaddress", "clientip", "userip", "useripaddress", "remoteip", "remoteaddr", "realip", "xforwardedfor",
     "cip", "uip", "ipoverride", "networkip", "hostip", "visitorip"}
)  # fmt: skip
"""Names under which an IP address stands, plain."""
PARTS = re.compile(r"([?&#])")
PAIRS = re.compile(r"([?&#])([^?&#=]{1,100})=[^&#]*")
KEPT_V4, KEPT_V6 = 24, 48
"""Leading bits of an IP address that are kept."""
DEEPEST = 3
"""URLs inside URLs that are opened."""


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return the name of a parameter as it is compared.

    >>> plain("Access-Token"), plain("user%5Bemail%5D")
    ('accesstoken', 'useremail')
    """
    return "".join(letter for letter in unquote(name).lower() if letter.isalnum())


class Rules(NamedTuple):
    """What a workspace removes from addresses."""

    parameters: frozenset[str] = PARAMETERS
    """Plain names of parameters whose values go."""
    kept: frozenset[str] = frozenset()
    """Plain names of parameters that stay, whatever their name says."""
    addresses: str = "truncate"
    """IP addresses: truncate, drop or keep."""

    def removes(self, name: str) -> bool:
        """Say whether the value of a parameter goes."""
        if name.lower() in CLICK_IDS or name.lower().startswith("utm_"):
            return False
        key = plain(name)
        return key not in self.kept and (key in self.parameters or key.endswith(ENDINGS))


DEFAULT = Rules()


def rules(settings: Settings) -> Rules:
    """Return the rules of a workspace."""
    return Rules(
        parameters=PARAMETERS | {plain(name) for name in settings.removed_parameters},
        kept=frozenset(plain(name) for name in settings.kept_parameters),
        addresses=settings.ip_addresses,
    )


def url(text: str, rules: Rules = DEFAULT) -> str:
    """Return a URL, or a part of one, without what is personal in it.

    >>> url("https://shop.example/?utm_source=news&email=ada%40example.com&gclid=Ab+C#access_token=x1")
    'https://shop.example/?utm_source=news&email=[removed]&gclid=Ab+C#access_token=[removed]'
    """
    is_suspect = len(rules.parameters) > len(PARAMETERS) or SUSPECT.search(text)
    return _url(text, rules, 0) if is_suspect else text


def is_address(text: str) -> bool:
    """Say whether a text is a URL or a part of one: it has a scheme, or begins as a path or a query does."""
    return "://" in text or text[:1] in ("/", "?", "#")


def network(text: str, rules: Rules = DEFAULT) -> str | None:
    """Return an IP address as the workspace keeps it; None for what is none, or must not be kept.

    >>> network("203.0.113.77"), network("2001:db8:1:2::9"), network("none")
    ('203.0.113.0', '2001:db8:1::', None)
    """
    if rules.addresses == "drop":
        return None
    address = addresses.parsed(text)
    if address is None or rules.addresses == "keep":
        return None if address is None else str(address)
    return str(addresses.truncated(address, v4_bits=KEPT_V4, v6_bits=KEPT_V6))


def without_click_ids(text: str) -> str:
    """Return a URL whose click ids are gone by value; their names stay, since they tell the channel.

    >>> without_click_ids("https://shop.example/?gclid=AbC&utm_source=x")
    'https://shop.example/?gclid=[removed]&utm_source=x'
    """
    return PAIRS.sub(
        lambda found: f"{found[1]}{found[2]}={REMOVED}" if found[2].lower() in CLICK_IDS else found[0], text
    )


def _url(text: str, rules: Rules, depth: int) -> str:
    cut = next((place for place, letter in enumerate(text) if letter in "?#"), len(text))
    parts = PARTS.split(text[cut:])
    names = {plain(part.partition("=")[0]) for part in parts}
    is_login = "code" in names and "state" in names  # of OAuth; alone a code is a coupon's
    cleaned = [_part(part, rules, depth, is_login=is_login) for part in parts]
    return _path(text[:cut]) + "".join(cleaned)


def _part(part: str, rules: Rules, depth: int, *, is_login: bool) -> str:
    """Clean what stands between two of ? & #: a parameter, or the path of an application in one page."""
    name, equals, value = part.partition("=")
    if not equals:
        return _path(part) if len(part) > 1 else part
    key = plain(name)
    if key in ADDRESSES:
        return f"{name}={network(unquote(value), rules) or REMOVED}" if value else part
    if value and (rules.removes(name) or (is_login and key == "code")):
        return part if value in MARKS else f"{name}={EMAIL_MARK if EMAIL.fullmatch(value) else REMOVED}"
    if name.lower() in CLICK_IDS or name.lower().startswith("utm_"):
        return EMAIL.sub(EMAIL_MARK, part)
    return f"{EMAIL.sub(EMAIL_MARK, name)}={_inner(value, rules, depth)}"


def _inner(value: str, rules: Rules, depth: int) -> str:
    """Clean the value of a parameter, which may be a URL itself."""
    opened = unquote(value)
    if depth < DEEPEST and ("=" in opened or "://" in opened):
        cleaned = _url(opened, rules, depth + 1)
        return value if cleaned == opened else quote(cleaned, safe="/:[]") if "%" in value else cleaned
    return _text(value)


def _path(path: str) -> str:
    found = LOGIN.sub("", path) if "@" in path else path
    found = PATH_SESSION.sub(rf"\1{REMOVED}", found)
    found = PATH_TOKEN.sub(
        lambda hit: hit[1] + REMOVED if any(letter.isdigit() for letter in hit[2]) else hit[0], found
    )
    return _text(found)


def _text(text: str) -> str:
    return JWT.sub(REMOVED, PHONE.sub(PHONE_MARK, EMAIL.sub(EMAIL_MARK, text)))
