// What a site writes for plausible-tracker; only the address and the key are ours.
import Plausible from "plausible-tracker"

const { url, key, user } = window.HEADWATER
const plausible = Plausible({ domain: key, apiHost: url, trackLocalhost: true })

plausible.trackPageview({}, { props: { user_id: user } })
if (!window.HEADWATER.isLanding) {
  plausible.trackEvent("Purchase", { props: { user_id: user, order_id: user, revenue: 129.9, currency: "USD" } })
}
