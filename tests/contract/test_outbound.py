"""Outbound: no URL leads where only this machine can go."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.outbound import OutboundError, destination, refusal
from tests.worlds import vectors


def is_let_through(url: str, dns: dict[str, list[str]]) -> bool:
    try:
        found = destination(url)
    except OutboundError:
        return False
    addresses = [found.host] if found.is_address else dns.get(found.host, [])
    return bool(addresses) and not any(refusal(address) for address in addresses)


def test_every_verdict_of_the_public_vectors_holds() -> None:
    told = vectors("ssrf_urls.json")

    wrong = [
        case["url"]
        for case in told["urls"]
        if is_let_through(case["url"], case.get("fake_dns", {})) != (case["expect"] == "allow")
    ]

    assert len(told["urls"]) > 30
    assert wrong == []


def test_no_target_of_a_redirect_of_the_vectors_is_let_through() -> None:
    cases = vectors("ssrf_urls.json")["redirects"]

    assert [case["location"] for case in cases if is_let_through(case["location"], {})] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://metadata.google.internal/",
        "http://intranet/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://１２７.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00:ec2::254]/",
        "http://192.0.0.192/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user@shop.example/",
        "http://shop.example:6379/",
        "http://shop.example:0/",
        "http://shop.example:99999/",
        "javascript:alert(1)",
        "http:shop.example",
        "http:///shop.example",
        "http://shop_.example-/",
        "http://shop.example/\u2028",
        "",
    ],
)
def test_hostile_spellings_are_refused(url: str) -> None:
    with pytest.raises(OutboundError):
        destination(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://shop.example/?a=b", "shop.example", 443),
        ("http://Shop.Example.:8443", "shop.example", 8443),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("http://8.8.8.8/", "8.8.8.8", 80),
        ("http://[2606:4700::1111]/", "2606:4700::1111", 80),
    ],
)
def test_public_addresses_are_let_through(url: str, host: str, port: int) -> None:
    found = destination(url)

    assert (found.host, found.port) == (host, port)


def test_an_operator_may_let_a_private_network_through_but_no_metadata_service() -> None:
    assert destination("http://127.0.0.1:5000/", allow_private=True).host == "127.0.0.1"
    assert destination("http://staging:8000/", allow_private=True).host == "staging"
    for url in ("http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/", "http://[fd00:ec2::254]/"):
        with pytest.raises(OutboundError):
            destination(url, allow_private=True)


@settings(max_examples=300, deadline=None)
@given(
    st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"),
    st.integers(0, 4),
)
def test_no_spelling_of_a_private_address_gets_through(address: object, spelling: int) -> None:
    number = int(address)  # type: ignore[call-overload]
    host = [
        str(address), str(number), hex(number), f"[::ffff:{address}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
    ][spelling]  # fmt: skip

    with pytest.raises(OutboundError):
        destination(f"http://{host}/")
