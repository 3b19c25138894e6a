// What a site writes for @plausible-analytics/tracker; only the address and the key are ours.
import { init, track } from "@plausible-analytics/tracker"

const { url, key, user } = window.HEADWATER
init({
  domain: key,
  endpoint: `${url}/api/event`,
  captureOnLocalhost: true,
  customProperties: { user_id: user },
})

if (!window.HEADWATER.isLanding) {
  track("Purchase", { props: { order_id: user }, revenue: { amount: 129.9, currency: "USD" } })
}
