// The Matomo client for Node.
import Matomo from "matomo-tracker";

const [base, site] = process.argv.slice(2);
const client = new Matomo(Number(site), `${base}/matomo.php`);
client.on("error", (error) => console.log("failed", error));

const ada = { uid: "ada", _id: "0123456789abcdef" };
client.track({ ...ada, url: "https://shop.example/?utm_source=news&gclid=Abc", action_name: "Shop" });
client.trackBulk([
  { ...ada, url: "https://shop.example/thanks", idgoal: 0, ec_id: "o-1", revenue: 24.5 },
]);
