// What a site writes for @rudderstack/analytics-js; only the address and the key are ours.
import { RudderAnalytics } from "@rudderstack/analytics-js/bundled"

const { url, key, user } = window.HEADWATER
const analytics = new RudderAnalytics()
analytics.load(key, url, { configUrl: url })

analytics.page("Page")
if (window.HEADWATER.isLanding) {
  analytics.identify(user, { plan: "pro" })
} else {
  analytics.track("Order Completed", { order_id: user, revenue: 129.9, currency: "USD" })
}
