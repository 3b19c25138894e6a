"""Fill: click ids and the visitor's id reach the CRM, the payment and the meeting; values of fields stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tracker.site import events, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.collect.collecting import Running
    from tests.tracker.site import Site

AD = "?utm_source=google&utm_medium=cpc&utm_campaign=spring%20sale&gclid=Cj0_x-Y"
FIELDS = """(form) => Object.fromEntries([...new FormData(document.querySelector(form))])"""
LEAD = """<form id=lead action='javascript:void 0'>
<input name=first_name><input type=email name=email><input type=tel name=phone><textarea name=message></textarea>
<input type=hidden name=gclid><input type=hidden name=utm_source><input type=hidden name=utm_medium value=kept>
<input type=hidden name=token><input type=hidden name=00N5g000 data-hw=gclid><button>Send</button></form>"""


def test_a_form_tells_the_names_of_its_fields_and_never_what_is_in_them(
    page: Page, site: Site, collector: Running
) -> None:
    site.pages["/lead"] = LEAD
    page.goto(site.url("/lead"))
    page.fill("[name=first_name]", "Augusta")
    page.fill("[name=email]", "ada@shop.example")
    page.fill("[name=message]", "call me on 030 1234567")
    page.click("button")

    rows = wait_for(collector, "Form Submitted")

    [told] = [row["properties"] for row in rows if row["event"] == "Form Submitted"]
    assert told["form_id"] == "lead"
    assert told["fields"][:4] == ["first_name", "email", "phone", "message"]
    for value in ("Augusta", "ada@shop", "1234567"):
        assert value not in str(rows)
    assert not any(row["type"] == "identify" for row in rows)


def test_a_log_in_or_a_search_is_no_lead(page: Page, site: Site, collector: Running) -> None:
    site.pages["/login"] = (
        "<form id=a action='javascript:void 0'><input name=email><input type=password name=p><button id=x>ok</button></form>"
        "<form id=b action='javascript:void 0'><input name=q><button id=y>ok</button></form>"
    )
    page.goto(site.url("/login"))
    page.click("#x")
    page.click("#y")
    page.evaluate("headwater.track('Done')")

    wait_for(collector, "Done")

    told = [row["event"] for row in events(collector) if (row["event"] or "").startswith("Form")]
    assert told == ["Form Sent", "Form Sent"]


def test_a_form_that_says_so_identifies_by_its_email_address(
    page: Page, site: Site, collector: Running
) -> None:
    site.pages["/lead"] = LEAD.replace("id=lead", "id=lead data-hw-identify")
    page.goto(site.url("/lead"))
    page.fill("[name=email]", " Ada@shop.example ")
    page.click("button")

    rows = wait_for(collector, "identify")

    [row] = [row for row in rows if row["type"] == "identify"]
    assert row["email"]
    assert "shop.example" not in str(row)


def test_hidden_fields_are_filled_when_the_form_is_touched(
    page: Page, site: Site, collector: Running
) -> None:
    site.data["fill"] = ""
    site.pages |= {"/lead": LEAD, "/ad": ""}
    page.goto(site.url(f"/ad{AD}"))
    page.goto(site.url("/lead"))
    page.evaluate("document.querySelector('[name=gclid]').value = ''")
    page.focus("[name=message]")

    found = page.evaluate(FIELDS, "#lead")

    assert found["gclid"] == found["00N5g000"] == "Cj0_x-Y"
    assert (found["utm_source"], found["utm_medium"], found["token"]) == ("google", "kept", "")
    assert "hw_id" not in found


def test_a_marked_form_gets_the_fields_that_it_lacks(page: Page, site: Site, collector: Running) -> None:
    site.pages["/lead"] = "<form data-hw id=f><input name=email></form><form id=g><input name=q></form>"
    page.goto(site.url(f"/lead{AD}"))
    page.focus("[name=email]")
    page.focus("[name=q]")

    assert page.evaluate(FIELDS, "#f") == {
        "email": "",
        "hw_id": page.evaluate("headwater.id()"),
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "spring sale",
        "gclid": "Cj0_x-Y",
    }
    assert page.evaluate(FIELDS, "#g") == {"q": ""}


def test_fields_of_other_names_can_be_mapped(page: Page, site: Site, collector: Running) -> None:
    site.pages["/hubspot"] = "<form id=f><input type=hidden name=hs_click value=old><input name=first></form>"
    page.goto(site.url(f"/hubspot{AD}"))
    page.evaluate("headwater.fill(document.forms[0], {hs_click: 'gclid', first: 'first_utm_campaign'})")

    found = page.evaluate(FIELDS, "#f")

    assert (found["hs_click"], found["first"]) == ("Cj0_x-Y", "spring sale")


def test_frameworks_hear_of_a_filled_field(page: Page, site: Site, collector: Running) -> None:
    site.pages["/lead"] = "<form data-hw><input name=email><input type=hidden name=gclid></form>"
    page.goto(site.url(f"/lead{AD}"))
    page.evaluate(
        "window.heard=[]; document.forms[0].addEventListener('input', (event) => heard.push(event.target.value))"
    )
    page.focus("[name=email]")

    assert page.evaluate("heard") == ["Cj0_x-Y"]


def test_payment_and_booking_links_carry_the_visit(page: Page, site: Site, collector: Running) -> None:
    site.data["fill"] = ""
    site.pages["/links"] = (
        "<a id=s href='https://buy.stripe.com/abc?prefilled_email=x'>pay</a>"
        "<a id=k href='https://buy.stripe.com/abc?client_reference_id=mine'>pay</a>"
        "<a id=c href='https://calendly.com/ada/30min#hi'>meet</a><a id=o href='https://other.example/'>other</a>"
        "<stripe-buy-button></stripe-buy-button>"
        "<div class=calendly-inline-widget data-url='https://calendly.com/ada'></div>"
    )
    page.goto(site.url(f"/links{AD}"))
    visitor = page.evaluate("headwater.id()")

    found = page.evaluate(
        "() => [...document.links].map((link) => link.href).concat(document.querySelector('div').dataset.url,"
        "document.querySelector('stripe-buy-button').getAttribute('client-reference-id'))"
    )

    tags = "utm_source=google&utm_medium=cpc&utm_campaign=spring+sale"
    assert found == [
        f"https://buy.stripe.com/abc?prefilled_email=x&client_reference_id={visitor}&{tags}",
        f"https://buy.stripe.com/abc?client_reference_id=mine&{tags}",
        f"https://calendly.com/ada/30min?{tags}#hi",
        "https://other.example/",
        f"https://calendly.com/ada?{tags}",
        visitor,
    ]


def test_nothing_is_filled_for_who_refuses(page: Page, site: Site, collector: Running) -> None:
    site.data |= {"fill": "", "consent": "denied"}
    site.pages["/lead"] = LEAD
    page.goto(site.url(f"/lead{AD}"))
    page.focus("[name=message]")

    assert page.evaluate(FIELDS, "#lead")["gclid"] == ""
