"""The PostHog client for Python; a third argument names the version of the protocol."""

import os
import sys

if len(sys.argv) > 3:
    os.environ["POSTHOG_CAPTURE_MODE"] = sys.argv[3]

from posthog import Posthog

client = Posthog(sys.argv[2], host=sys.argv[1], on_error=lambda error, _batch: print(error))

url = "https://shop.example/?utm_source=news&gclid=Abc"
client.capture("$pageview", distinct_id="ada", properties={"$current_url": url})
client.set(distinct_id="ada", properties={"email": "ada@shop.example"})
client.alias(previous_id="d1", distinct_id="ada")
client.group_identify("company", "acme", {"name": "Acme"})
client.capture(
    "Order Completed",
    distinct_id="ada",
    properties={"order_id": "o-1", "revenue": 24.5, "currency": "USD"},
)
client.shutdown()
