// The Snowplow client for Node.
import * as snowplow from "@snowplow/node-tracker";

const [endpoint, appId] = process.argv.slice(2);
const failed = (said) => console.log("failed", said);
const client = snowplow.newTracker(
  { namespace: "headwater", appId },
  { endpoint, bufferSize: 1, onRequestFailure: failed },
);
client.setUserId("ada");

client.track(snowplow.buildPageView({ pageUrl: "https://shop.example/?utm_source=news&gclid=Abc" }));
const vendor = "iglu:com.snowplowanalytics.snowplow.ecommerce";
const action = { schema: `${vendor}/snowplow_ecommerce_action/jsonschema/1-0-2`, data: { type: "transaction" } };
const sale = { transaction_id: "o-1", revenue: 24.5, currency: "USD", payment_method: "card" };
client.track(snowplow.buildSelfDescribingEvent({ event: action }), [
  { schema: `${vendor}/transaction/jsonschema/1-0-0`, data: sale },
]);
client.flush();
