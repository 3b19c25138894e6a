// The Amplitude client for Node.
import * as amplitude from "@amplitude/analytics-node";

const [base, key] = process.argv.slice(2);
const client = amplitude.createInstance();
await client.init(key, { serverUrl: `${base}/2/httpapi` }).promise;

const ada = { user_id: "ada", device_id: "d1" };
const url = { "[Amplitude] Page Location": "https://shop.example/?utm_source=news&gclid=Abc" };
client.track("[Amplitude] Page Viewed", url, { device_id: "d1" });
client.identify(new amplitude.Identify().set("email", "ada@shop.example"), ada);
const sale = new amplitude.Revenue().setPrice(12.25).setQuantity(2).setProductId("p1");
sale.setEventProperties({ order_id: "o-1", currency: "USD" });
const { code, message } = await client.revenue(sale, ada).promise;
if (code !== 200) console.log("failed", code, message);
await client.flush().promise;
