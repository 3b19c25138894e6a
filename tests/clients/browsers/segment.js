// What a site writes for @segment/analytics-next; only the address and the key are ours.
import { AnalyticsBrowser } from "@segment/analytics-next"

const { url, key, user } = window.HEADWATER
const host = url.replace("http://", "")
const analytics = AnalyticsBrowser.load(
  { writeKey: key, cdnURL: url },
  { integrations: { "Segment.io": { apiHost: `${host}/v1`, protocol: "http" } } },
)

analytics.page("Page")
if (window.HEADWATER.isLanding) {
  analytics.identify(user, { plan: "pro" })
} else {
  analytics.track("Order Completed", { order_id: user, revenue: 129.9, currency: "USD" })
}
