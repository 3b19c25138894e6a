"""The RudderStack client for Python."""

import sys

import rudderstack.analytics as analytics

analytics.dataPlaneUrl, analytics.write_key = sys.argv[1:]
analytics.on_error = lambda error, _items: sys.exit(str(error))

analytics.page(
    anonymous_id="d1", name="Shop", properties={"url": "https://shop.example/?utm_source=news&gclid=Abc"}
)
analytics.identify("ada", {"email": "ada@shop.example"}, anonymous_id="d1")
analytics.track("ada", "Order Completed", {"order_id": "o-1", "revenue": 24.5, "currency": "USD"})
analytics.shutdown()
