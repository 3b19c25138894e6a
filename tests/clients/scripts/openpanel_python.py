"""The OpenPanel client for Python; it has no way to wait, so this waits for what it started."""

import asyncio
import sys

from openpanel import OpenPanel

base, key = sys.argv[1:]
client = OpenPanel(key, api_url=base)

url = "https://shop.example/?utm_source=news&gclid=Abc"
client.identify("ada", {"email": "ada@shop.example"})
client.track("screen_view", {"__path": url, "__title": "Shop"})
client.track("revenue", {"__revenue": 24.5, "order_id": "o-1", "currency": "USD"})
asyncio.run_coroutine_threadsafe(asyncio.sleep(0), client.loop).result()
