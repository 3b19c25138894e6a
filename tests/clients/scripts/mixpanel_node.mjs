// The Mixpanel client for Node.
import Mixpanel from "mixpanel";

const [base, key] = process.argv.slice(2);
const { host, protocol } = new URL(base);
const client = Mixpanel.init(key, { host, protocol: protocol.replace(":", "") });
const heard = (error) => error && console.log("failed", error);

const url = "https://shop.example/?utm_source=news&gclid=Abc";
client.track("$mp_web_page_view", { distinct_id: "ada", $current_url: url }, heard);
client.people.set("ada", { $email: "ada@shop.example" }, heard);
const sale = { distinct_id: "ada", order_id: "o-1", revenue: 24.5, currency: "USD" };
client.track_batch([{ event: "Order Completed", properties: sale }], (errors) => errors && heard(errors[0]));
