// The PostHog client for Node.
import { PostHog } from "posthog-node";

const [host, key] = process.argv.slice(2);
const client = new PostHog(key, { host });
client.on("error", (error) => console.log("failed", error));

const url = "https://shop.example/?utm_source=news&gclid=Abc";
client.capture({ distinctId: "ada", event: "$pageview", properties: { $current_url: url } });
client.identify({ distinctId: "ada", properties: { $anon_distinct_id: "d1", email: "ada@shop.example" } });
client.capture({
  distinctId: "ada",
  event: "Order Completed",
  properties: { order_id: "o-1", revenue: 24.5, currency: "USD" },
});
await client.shutdown();
