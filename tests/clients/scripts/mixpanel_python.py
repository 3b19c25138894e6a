"""The Mixpanel client for Python."""

import sys

import mixpanel

base, key = sys.argv[1:]
consumer = mixpanel.Consumer(
    events_url=f"{base}/track",
    people_url=f"{base}/engage",
    import_url=f"{base}/import",
    groups_url=f"{base}/groups",
)
client = mixpanel.Mixpanel(key, consumer=consumer)

url = "https://shop.example/?utm_source=news&gclid=Abc"
client.track("ada", "$mp_web_page_view", {"$current_url": url})
client.people_set("ada", {"$email": "ada@shop.example"})
client.group_set("company", "acme", {"name": "Acme"})
client.import_data(None, "ada", "Signed Up", 1_700_000_000)
client.track("ada", "Order Completed", {"order_id": "o-1", "revenue": 24.5, "currency": "USD"})
