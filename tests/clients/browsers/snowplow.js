// What a site writes for @snowplow/browser-tracker; only the address and the key are ours.
import { newTracker, setUserId, trackPageView, trackSelfDescribingEvent } from "@snowplow/browser-tracker"

const { url, key, user } = window.HEADWATER
newTracker("sp", url, { appId: key, contexts: { session: true } })

if (window.HEADWATER.isLanding) {
  setUserId(user)
}
trackPageView()
if (!window.HEADWATER.isLanding) {
  const schema = "iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2"
  const order = "iglu:com.snowplowanalytics.snowplow.ecommerce/transaction/jsonschema/1-0-0"
  trackSelfDescribingEvent({
    event: { schema, data: { type: "transaction" } },
    context: [{ schema: order, data: { transaction_id: user, revenue: 129.9, currency: "USD" } }],
  })
}
