// What a site writes for @openpanel/web; only the address and the key are ours.
import { OpenPanel } from "@openpanel/web"

const { url, key, user } = window.HEADWATER
const panel = new OpenPanel({ apiUrl: url, clientId: key, trackScreenViews: true })

panel.identify({ profileId: user, properties: { plan: "pro" } })
if (!window.HEADWATER.isLanding) {
  panel.track("purchase", { order_id: user, revenue: 129.9, currency: "USD" })
}
