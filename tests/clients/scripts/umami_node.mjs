// The Umami client for Node.
import { Umami } from "@umami/node";

const [hostUrl, websiteId] = process.argv.slice(2);
const client = new Umami({ hostUrl, websiteId });

const ada = { id: "ada", hostname: "shop.example" };
await client.track({ ...ada, url: "/?utm_source=news&gclid=Abc", title: "Shop" });
const sale = { order_id: "o-1", revenue: 24.5, currency: "USD" };
const heard = await client.track({ ...ada, url: "/thanks", name: "Purchase", data: sale });
if (!heard.ok) console.log("failed", heard.status);
