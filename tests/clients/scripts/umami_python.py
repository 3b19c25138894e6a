"""The Umami client for Python."""

import sys

import umami

base, key = sys.argv[1:]
umami.set_url_base(base)
umami.set_website_id(key)
umami.set_hostname("shop.example")

umami.new_page_view("Shop", "/?utm_source=news&gclid=Abc", distinct_id="ada")
sale = {"order_id": "o-1", "revenue": 24.5, "currency": "USD"}
umami.new_event("Purchase", url="/thanks", custom_data=sale, distinct_id="ada")
