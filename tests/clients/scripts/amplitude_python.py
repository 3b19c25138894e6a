"""The Amplitude client for Python; a third argument asks for its batches."""

import sys

from amplitude import Amplitude, BaseEvent, Config, EventOptions, Identify, Revenue

path = "batch" if len(sys.argv) > 3 else "2/httpapi"
client = Amplitude(sys.argv[2], Config(server_url=f"{sys.argv[1]}/{path}", use_batch=path == "batch"))
client.configuration.callback = lambda _event, code, said: None if code == 200 else print(code, said)

ada = EventOptions(user_id="ada", device_id="d1")
page = {"[Amplitude] Page Location": "https://shop.example/?utm_source=news&gclid=Abc"}
client.track(BaseEvent("[Amplitude] Page Viewed", device_id="d1", event_properties=page))
client.identify(Identify().set("email", "ada@shop.example"), ada)
sale = Revenue(price=12.25, quantity=2, product_id="p1", properties={"order_id": "o-1", "currency": "USD"})
client.revenue(sale, ada)
client.shutdown()
