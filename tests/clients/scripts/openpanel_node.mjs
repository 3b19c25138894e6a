// The OpenPanel client for Node.
import { OpenPanel } from "@openpanel/sdk";

const [apiUrl, clientId] = process.argv.slice(2);
const client = new OpenPanel({ apiUrl, clientId });

const url = "https://shop.example/?utm_source=news&gclid=Abc";
await client.identify({ profileId: "ada", email: "ada@shop.example" });
await client.track("screen_view", { __path: url, __title: "Shop" });
await client.revenue(24.5, { order_id: "o-1", currency: "USD" });
