// What a site writes for posthog-js; only the address and the key are ours.
import posthog from "posthog-js"

const { url, key, user } = window.HEADWATER
posthog.init(key, { api_host: url, defaults: "2025-05-24" })

if (window.HEADWATER.isLanding) {
  posthog.identify(user, { plan: "pro" })
} else {
  posthog.capture("purchase", { order_id: user, revenue: 129.9, currency: "USD" })
}
