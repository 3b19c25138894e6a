"""The Snowplow client for Python."""

import sys
from urllib.parse import urlsplit

from snowplow_tracker import Emitter, PageView, SelfDescribing, SelfDescribingJson, Subject, Tracker

base, key = sys.argv[1:]
emitter = Emitter(
    urlsplit(base).netloc, protocol="http", batch_size=2, on_failure=lambda *said: print("failed", said)
)
tracker = Tracker("headwater", emitter, subject=Subject().set_user_id("ada"), app_id=key)

tracker.track(PageView("https://shop.example/?utm_source=news&gclid=Abc", "Shop"))
sale = {"type": "transaction", "transaction_id": "o-1", "revenue": 24.5, "currency": "USD"}
schema = "iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2"
context = SelfDescribingJson(
    "iglu:com.snowplowanalytics.snowplow.ecommerce/transaction/jsonschema/1-0-0",
    {"transaction_id": "o-1", "revenue": 24.5, "currency": "USD", "payment_method": "card"},
)
tracker.track(SelfDescribing(SelfDescribingJson(schema, {"type": "transaction"}), context=[context]))
tracker.flush()
