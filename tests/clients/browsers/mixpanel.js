// What a site writes for mixpanel-browser; only the address and the key are ours.
import mixpanel from "mixpanel-browser"

const { url, key, user } = window.HEADWATER
mixpanel.init(key, { api_host: url })

mixpanel.track_pageview()
if (window.HEADWATER.isLanding) {
  mixpanel.identify(user)
} else {
  mixpanel.track("purchase", { order_id: user, revenue: 129.9, currency: "USD" })
}
