// What a site writes that has no client: a picture, and a beacon when an order is made.
const { url, key, user } = window.HEADWATER
const said = { k: key, uid: user, u: location.href, r: document.referrer }

new Image().src = `${url}/p.gif?${new URLSearchParams(said)}`
if (!window.HEADWATER.isLanding) {
  const order = { type: "track", event: "purchase", userId: user, writeKey: key }
  order.properties = { order_id: user, revenue: 129.9, currency: "USD", url: location.href }
  navigator.sendBeacon(`${url}/b`, JSON.stringify(order))
}
