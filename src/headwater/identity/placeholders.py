"""Placeholders: values that stand in the place of an id and must never join two persons.

Reads  nothing
Makes  a predicate in Python, and the same one in SQL for whole columns

`null`, `undefined`, `0`, `guest`, `{{user_id}}` or an all-zero UUID come from broken tags; thousands of
people share them. Case, quotes, brackets, spaces, invisible and full-width letters do not matter; but
`guest-1234` and `user_1` are ids. A refused id is still kept on its event: only the link is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from headwater.contract.steps import literal

NOTHING = (
    "null nil none nan na n/a n[.]a[.]? undefined undef unknown void empty blank missing unset not_set "
    "not_defined not_available not_applicable not_provided not_found no_id no_user no_user_id no_value "
    "no_email tbd tba inf infinity error"
)
NOBODY = (
    "anon anonymous anonymous_user guest guest_user visitor unidentified not_identified unauthenticated "
    "not_authenticated not_logged_in logged_out opted_out opt_out default deleted deleted_user removed "
    "redacted hidden"
)
NAMES = (
    "id uid uuid guid user users user_id username user_name customer customer_id client client_id "
    "contact_id member_id account_id visitor_id device_id distinct_id anonymous_id profile_id email "
    "e_mail email_address phone phone_number name first_name last_name string object object_object "
    "object_undefined value true false"
)
TRIALS = (
    "test tests testing tester test_user test_id test123 test1234 dummy sample example placeholder "
    "lmy47d abc123 abc foo bar foobar asdf qwerty xyz"
)
"""Words that are no id: `_` stands for a space, `_`, `-` or nothing between two words."""

_TEMPLATES = (
    r"[$#%@]\{[^}]*\}+",  # ${user.id} #{id} %{id} @{id}
    r"\{\{[^}]*\}+",  # {{user_id}}
    r"\{[a-z_][a-z0-9_. |]{0,29}\}",  # {email}; but {6f9619ff-...} is an id
    r"\{%[^%]*%\}",
    r"<%[^%]*%>",
    r"%%[^%]*%%",  # %%email%%
    r"%[a-z_][a-z0-9_. ]*%",
    r"\*\|[^|]*\|\*",  # *|EMAIL|*
    r"\[\[[^\]]*\]\]",
    r"##[^#]+##",
    r"@@[^@]+@@",
    r"__[a-z0-9_]+__",
    r"<[a-z_][a-z0-9_. -]{0,29}>",
    r"\[[a-z_][a-z0-9_. -]{0,29}\]",  # [email]
    r"[$][a-z_]+",
    r":[a-z_]+",
)
"""Marks of a template that was never filled in."""

_EMPTY = "null|nil|none|nan|na|n/a|undefined|unknown|anonymous|test"
_SHAPES = (
    r"[ -0:-@\[-`{-~]*",  # nothing but zeros and signs: 0, 0.0, --, [], {}, 00000000-0000-...
    r"-1([.]0+)?",
    "0x0+",
    "x{3,}",
    f"({_EMPTY})([ ,;_|/-]+({_EMPTY}))+",  # null null
    "((null)+|(undefined)+|(none)+|(nan)+)",
    *(f"({letter}-?){{8,}}" for letter in "abcdefghijklmnopqrstuvwyz"),  # ffffffff-ffff-...
    *(f"({digit}-?){{10,}}" for digit in "123456789"),
)
"""Shapes that are no id, whatever their length."""

_EMAIL_WORD = (
    "null|nil|none|na|undefined|unknown|anonymous|anon|guest|test|tester|testing|deleted|removed|"
    "dummy|example|sample|user|email|mail|name|noemail|no-email|nomail|fake|asdf|abc|xxx"
)
_EMAIL_WORDS = tuple(_EMAIL_WORD.split("|"))
_EMAIL_SITE = "domain|yourdomain|company|yourcompany|localhost"
_NO_REPLY = "(no|do[._-]?not)[._-]?reply"
_EMAILS = (
    f"{_NO_REPLY}@[^@ ]*",
    f"({_EMAIL_WORD})@({_EMAIL_WORD}|{_EMAIL_SITE})([.][a-z-]+)*",
    "[a-z]@[a-z][.][a-z]{1,3}",
)
"""Addresses that are given in place of one's own."""

_WORD = "|".join(word.replace("_", "[ _-]?") for word in f"{NOTHING} {NOBODY} {NAMES} {TRIALS}".split())
_WRAPPED = f"[ '\"`<>(){{}}\\[\\]%]*({_WORD}|{'|'.join(_SHAPES[1:])})[ '\"`<>(){{}}\\[\\]%]*"
_QUOTED = f"[ '\"`]*({'|'.join((*_TEMPLATES, *_EMAILS))})[ '\"`]*"
PATTERN = f"{_SHAPES[0]}|{_WRAPPED}|{_QUOTED}"
"""The whole rule as one regular expression for the whole value, to be used without regard to case."""
_MATCHER = re.compile(PATTERN, re.IGNORECASE | re.ASCII)


_CONTROLS = (*range(1, 32), 127)
_SPACES = (
    "\u0085\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033\u00b4"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
_ODD = "\u017f\u212a"  # two letters that some engines take for s and k where case does not matter
_UNSEEN = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_LETTERS = _SPACES + _QUOTES + _DASHES + _WIDE + _ODD
_PLAIN = (
    " " * len(_SPACES) + '"' * len(_QUOTES) + "-" * len(_DASHES) + "".join(map(chr, range(0x21, 0x7F))) + "sk"
)
"""Letters that look like, or stand for, plain ASCII ones; and those that are not seen at all."""
_TRANSLATION = str.maketrans(
    dict.fromkeys(_CONTROLS, " ")
    | dict(zip(map(ord, _LETTERS), _PLAIN, strict=True))
    | dict.fromkeys(map(ord, _UNSEEN))
)


def is_placeholder(kind: str, value: str) -> bool:
    """Say whether a raw value is no id of anybody; `kind` is user, anonymous, email, phone or other.

    >>> is_placeholder("user", " 'NULL' "), is_placeholder("user", "guest-1234")
    (True, False)
    """
    plain = value.translate(_TRANSLATION)
    if _MATCHER.fullmatch(plain):
        return True
    return kind == "phone" and _is_no_phone(plain)


def _is_no_phone(plain: str) -> bool:
    digits = re.sub("[^0-9]", "", plain).lstrip("0")
    ways = {digits, digits.removeprefix("1"), digits[2:], digits[3:]}
    repeated = any(len(way) >= 6 and len(set(way)) == 1 for way in ways)
    counted = any(len(way) >= 6 and (way in "12345678901234567890" or way in "09876543210") for way in ways)
    return len(digits) < 6 or repeated or counted


@lru_cache(maxsize=8)
def placeholder_values(kind: str) -> frozenset[str]:
    """Return raw e-mail addresses or phone numbers that are given in place of one's own.

    E-mail addresses and phone numbers stand on events as keyed hashes: hash these the same way and
    compare. Other kinds have no such list: use `placeholder_condition`.
    """
    if kind == "email":
        ends = ("com", "net", "org", "de", "co", "io", "fr", "co.uk", "example", "test")
        sites = ("example", "test", "domain", "email", "mail", "yourdomain", "company")
        senders = (*_EMAIL_WORDS, "noreply", "no-reply", "donotreply")
        same = {f"{word}@{word}.{end}" for word in _EMAIL_WORDS for end in (*ends, word)}
        others = {f"{word}@{site}.{end}" for word, site, end in product(senders, sites, ends)}
        single = {
            f"{one}@{one}.{end}" for one in "abcdefghijklmnopqrstuvwxyz" for end in (one, "com", "co", "de")
        }
        shops = {f"{word}@shop.example" for word in ("noreply", "no-reply", "donotreply")}
        return frozenset(same | others | single | shops | {"a@b.c", "a@b.com", "a@b.co"})
    if kind == "phone":
        digits = {digit * length for digit in "0123456789" for length in range(1, 16)}
        counted = {"123456", "1234567", "12345678", "123456789", "1234567890", "0123456789", "12345678901"}
        zeros = {f"1{'0' * 10}"}
        plain = digits | counted | zeros | {"9876543210", "0987654321"}
        american = {f"+1{number}" for number in plain if len(number) == 10}
        return frozenset(plain | {f"+{number}" for number in plain} | american | {"+1 555 555 5555"})
    return frozenset()


def placeholder_condition(column: str) -> str:
    """Return an SQL condition (BOOLEAN, never null) that holds where a user or anonymous id is a placeholder.

    It says what `is_placeholder` says; an id that is null is one. Plain ASCII ids, nearly all, cost one
    look at their first letters; only others are translated first.
    """
    pattern = literal(f"(?i)^({PATTERN})$")
    controls = " || ".join(f"chr({code})" for code in _CONTROLS)
    seen = f"{controls} || {literal(_LETTERS + _UNSEEN)}"
    plain = literal(" " * len(_CONTROLS) + _PLAIN)
    return (
        f"({column} is null or regexp_matches({column}, {pattern}) or (regexp_matches({column}, '[^ -~]') "
        f"and regexp_matches(translate({column}, {seen}, {plain}), {pattern})))"
    )
