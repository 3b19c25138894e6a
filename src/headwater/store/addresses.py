"""Addresses: the one spelling of an e-mail address or a phone number that is hashed.

Reads  what a person typed or a client sent
Makes  the normal form, or None for what is no address at all

Placeholders such as null@null have a normal form too: whether a value may link is for identity to say.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

LONGEST_EMAIL = 320
FEWEST_DIGITS = 4
MOST_DIGITS = 32
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NOT_DIGIT = re.compile(r"\D")


def email(raw: str) -> str | None:
    """Return the address trimmed, in lower case and Unicode NFC, its domain as IDNA."""
    text = unicodedata.normalize("NFC", raw).strip().lower()
    if len(text) > LONGEST_EMAIL or not _EMAIL.fullmatch(text):
        return None
    if text.isascii():
        return text
    local, _, domain = text.partition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return text


def phone(raw: str, *, region: str | None = None) -> str | None:
    """Return the number in E.164 where it names its country or `region` does, else its digits."""
    text = unicodedata.normalize("NFKC", raw).strip()
    digits = _NOT_DIGIT.sub("", text)
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        return None
    if text.startswith("00"):
        text = "+" + text[2:].lstrip()
    if not text.startswith("+") and region is None:
        return digits
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return f"+{digits}" if text.startswith("+") else digits
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
