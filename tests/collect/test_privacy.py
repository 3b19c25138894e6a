"""Privacy: nothing personal stays in a URL, nothing else goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.privacy import CLICK_IDS, Rules, network, url, without_click_ids
from headwater.journey.click_ids import CLICK_IDS as KNOWN

SECRET = "s3cr3t0f4d4"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
PLANTED = [
    ("https://shop.example/?email=ada@example.com", "ada"),
    ("https://shop.example/?email=ada%40example.com", "ada"),
    ("https://shop.example/?email=ada%2540example.com", "ada"),
    ("https://shop.example/?q=ada@example.com", "ada"),
    ("https://shop.example/?q=mail+ada%40example.com+now", "ada%40"),
    ("https://shop.example/u/ada@example.com/orders", "ada"),
    ("https://shop.example/u/ada%40example.com", "ada"),
    ("https://shop.example/#/u/ada@example.com", "ada"),
    ("https://shop.example/?utm_content=ada@example.com", "ada"),
    ("https://shop.example/?ada@example.com", "ada"),
    ("https://shop.example/?user[email]=ada@example.com", "ada"),
    ("https://shop.example/?user%5Bemail%5D=adaexample", "adaexample"),
    ("https://shop.example/?e-mail=adaexample", "adaexample"),
    ("https://shop.example/?customer_email=adaexample", "adaexample"),
    ("mailto:ada@example.com", "ada"),
    ("https://ada@example.com/", "ada@"),
    ("https://shop.example/?phone=015112345678", "015112345678"),
    ("https://shop.example/?tel=015112345678", "015112345678"),
    ("https://shop.example/?Mobile-Number=015112345678", "015112345678"),
    ("https://shop.example/?q=%2B4915112345678", "15112345678"),
    ("https://shop.example/?q=%2B49%20151%2012345678", "12345678"),
    ("https://shop.example/call/+4915112345678/now", "15112345678"),
    ("tel:+49-151-12345678", "12345678"),
    (f"https://shop.example/?token={SECRET}", SECRET),
    (f"https://shop.example/?access_token={SECRET}", SECRET),
    (f"https://shop.example/#access_token={SECRET}&token_type=bearer", SECRET),
    (f"https://shop.example/?x=1&id_token={SECRET}#top", SECRET),
    (f"https://shop.example/?refreshToken={SECRET}", SECRET),
    (f"https://shop.example/?reset-token={SECRET}", SECRET),
    (f"https://shop.example/?password_reset_token={SECRET}", SECRET),
    (f"https://shop.example/?csrf_token={SECRET}", SECRET),
    (f"https://shop.example/?api_key={SECRET}", SECRET),
    (f"https://shop.example/?client_secret={SECRET}", SECRET),
    (f"https://shop.example/?Authorization=Bearer%20{SECRET}", SECRET),
    (f"https://shop.example/?code={SECRET}&state=xyz", SECRET),
    (f"https://shop.example/?ticket={SECRET}", SECRET),
    (f"https://shop.example/?next={JWT}", JWT.split(".")[1]),
    (f"https://shop.example/t/{JWT}/", JWT.split(".")[1]),
    (f"https://shop.example/?password={SECRET}", SECRET),
    (f"https://shop.example/?pwd={SECRET}", SECRET),
    (f"https://ada:{SECRET}@shop.example/", SECRET),
    (f"https://shop.example/reset-password/{SECRET}abc", SECRET),
    (f"https://shop.example/account/verify/{SECRET}abc?x=1", SECRET),
    (f"https://shop.example/invite/{SECRET}abc", SECRET),
    (f"https://shop.example/?PHPSESSID={SECRET}", SECRET),
    (f"https://shop.example/?session_id={SECRET}", SECRET),
    (f"https://shop.example/cart;jsessionid={SECRET}?x=1", SECRET),
    (f"https://shop.example/?sid={SECRET}", SECRET),
    (f"https://shop.example/?next=https%3A%2F%2Fa.example%2F%3Ftoken%3D{SECRET}%26x%3D1", SECRET),
    (f"https://shop.example/?next=/login%3Fpassword%3D{SECRET}", SECRET),
    (f"https://shop.example/?a=https%3A%2F%2Fb.example%2F%3Fc%3Dhttps%253A%252F%252Fd%252F%253Ftoken%253D{SECRET}", SECRET),
    ("https://shop.example/?first_name=Ada-Lovelace", "Lovelace"),
    ("https://shop.example/?dob=1815-12-10", "1815"),
    ("https://shop.example/?card_number=4111111111111111", "4111"),
    ("https://shop.example/?iban=DE89370400440532013000", "DE89"),
    ("https://shop.example/?client_ip=203.0.113.77", ".77"),
]  # fmt: skip
UNTOUCHED = [
    "https://shop.example/shoes?utm_source=news&utm_medium=email&utm_campaign=+4915112345678&gclid=Ab+C%2Fd-_1",
    "https://shop.example/?fbclid=IwAR0eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ&li_fat_id=x%3Dy",
    "https://shop.example/?code=SUMMER",
    "https://shop.example/reset-password/how-it-works",
    "https://shop.example/blog/authentication-explained",
    "https://shop.example/?q=red+shoes&size=42&page=2#reviews",
    "https://shop.example/products/1234567890123?variant=998877665544",
    "https://shop.example/?redirect=https%3A%2F%2Fa.example%2F%3Fx%3D1",
    "https://shop.example/?utm_term=token&utm_id=password",
    "https://shop.example/#/cart?step=2",
    "",
    "/",
    "?",
]


def test_fifty_planted_patterns_leave_nothing() -> None:
    left = [(planted, url(planted)) for planted, secret in PLANTED if secret in url(planted)]

    assert left == []
    assert len(PLANTED) >= 50


@pytest.mark.parametrize("plain", UNTOUCHED)
def test_what_is_not_personal_stays_byte_for_byte(plain: str) -> None:
    assert url(plain) == plain


@given(st.text(alphabet="abz019+/%=&?#;:@._-~ ä", max_size=80))
def test_cleaning_breaks_on_nothing_and_is_done_after_once(text: str) -> None:
    cleaned = url(text)

    assert url(cleaned) == cleaned


def test_a_workspace_adds_and_keeps_parameters() -> None:
    own = Rules(parameters=Rules().parameters | {"memberno"}, kept=frozenset({"sid"}))

    assert url("https://shop.example/?member-no=77&sid=partner", own) == (
        "https://shop.example/?member-no=[removed]&sid=partner"
    )


@pytest.mark.parametrize(
    ("given_address", "rules", "kept"),
    [
        ("203.0.113.77", Rules(), "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", Rules(), "2001:db8:1::"),
        ("::ffff:203.0.113.77", Rules(), "203.0.113.0"),
        ("203.0.113.77", Rules(addresses="drop"), None),
        ("203.0.113.77", Rules(addresses="keep"), "203.0.113.77"),
        ("203.0.113.77, 10.0.0.1", Rules(), None),
    ],
)
def test_an_ip_address_is_kept_as_the_workspace_says(
    given_address: str, rules: Rules, kept: str | None
) -> None:
    assert network(given_address, rules) == kept


def test_the_click_ids_are_those_that_the_journey_knows() -> None:
    anybodys = {"ad_id", "aid", "pc_id", "gad_source", "gclsrc", "gad_campaignid"}

    assert {known.name.lower() for known in KNOWN} - anybodys == CLICK_IDS


def test_click_ids_lose_their_value_and_keep_their_name() -> None:
    page = "https://shop.example/?gclid=AbC&utm_source=x&FBCLID=y#z"

    assert without_click_ids(page) == "https://shop.example/?gclid=[removed]&utm_source=x&FBCLID=[removed]#z"


@pytest.mark.parametrize(
    "hostile",
    [
        "?" * 8000,
        "=" * 8000,
        "/auth" * 1600,
        "?ip" * 2600,
        "?x=" + "%3D" * 2600,
        "://" + ":" * 8000,
        "a." * 4000 + "@",
    ],
)
@pytest.mark.timeout(30)
def test_no_url_keeps_the_cleaner_busy(hostile: str) -> None:
    assert url(hostile) == url(url(hostile))
