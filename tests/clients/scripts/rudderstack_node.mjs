// The RudderStack client for Node.
import Analytics from "@rudderstack/rudder-sdk-node";

const [dataPlaneUrl, key] = process.argv.slice(2);
const client = new (Analytics.default ?? Analytics)(key, { dataPlaneUrl });

const url = "https://shop.example/?utm_source=news&gclid=Abc";
client.page({ anonymousId: "d1", name: "Shop", properties: { url } });
client.identify({ userId: "ada", anonymousId: "d1", traits: { email: "ada@shop.example" } });
client.track({
  userId: "ada",
  event: "Order Completed",
  properties: { order_id: "o-1", revenue: 24.5, currency: "USD" },
});
client.flush((error) => {
  if (error) console.log("failed", error);
});
