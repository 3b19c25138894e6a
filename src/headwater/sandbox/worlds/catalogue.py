"""Catalogue: the worlds by name. A new world is an entry here and a page in docs/worlds.

Eight paid channels and direct; each world changes one thing of the first, so that a model's error can be
laid to that thing. The figures are plausible, not measured; no model may be tuned to them.
"""

from __future__ import annotations

from dataclasses import replace

from headwater.contract.errors import UnknownNameError
from headwater.sandbox.worlds.world import Campaign, Cause, Channel, Synergy, World


class UnknownWorldError(UnknownNameError):
    """No simulated market has this name."""

    kind = "world"


def _campaigns(*given: tuple[str, float, float]) -> tuple[Campaign, ...]:
    return tuple(Campaign(name=name, share=share, strength=strength) for name, share, strength in given)


CHANNELS = (
    Channel(
        name="paid_social", role="push", touches=0.55, effect=1.6, half_life=3, click=0.3, cents=9,
        platform="meta_ads", source="facebook", medium="paid_social",
        campaigns=_campaigns(("social_broad", 0.6, 0.6), ("social_stories", 0.4, 1.6)),
    ),
    Channel(
        name="display", role="push", touches=0.6, effect=0.7, half_life=2.5, click=0.1, cents=3,
        platform="ad_network", source="adnetwork", medium="display",
        campaigns=_campaigns(("display_reach", 0.7, 0.5), ("display_context", 0.3, 2.1667)),
    ),
    Channel(
        name="paid_video", role="push", touches=0.3, effect=1.3, half_life=7, click=0.08, cents=12,
        platform="google_ads", source="youtube", medium="paid_video",
        campaigns=_campaigns(("video_brand", 0.5, 1.4), ("video_product", 0.5, 0.6)),
    ),
    Channel(
        name="email", role="push", touches=0.4, effect=1.2, half_life=1.5, click=0.5, cents=1,
        platform="mailer", source="newsletter", medium="email",
        campaigns=_campaigns(("email_news", 0.6, 0.7), ("email_offer", 0.4, 1.45)),
    ),
    Channel(
        name="paid_search", role="pull", touches=0.3, effect=3.6, half_life=1.2, cents=110,
        platform="google_ads", source="google", medium="cpc",
        campaigns=_campaigns(("search_generic", 0.6, 1.3), ("search_category", 0.4, 0.55)),
    ),
    Channel(
        name="brand_search", role="pull", touches=0.2, effect=0.6, half_life=0.8, cents=25,
        platform="google_ads", source="google", medium="cpc",
        campaigns=_campaigns(("brand_exact", 0.8, 0.9), ("brand_competitors", 0.2, 1.4)),
    ),
    Channel(
        name="retargeting", role="pull", touches=0.4, effect=0.9, half_life=1.5, click=0.2, cents=14,
        platform="ad_network", source="adnetwork", medium="retargeting",
        campaigns=_campaigns(("retargeting_viewed", 0.5, 1.2), ("retargeting_cart", 0.5, 0.8)),
    ),
    Channel(
        name="affiliate", role="pull", touches=0.12, effect=0.8, half_life=0.8, cents=60,
        platform="partners", source="partners", medium="affiliate",
        campaigns=_campaigns(("affiliate_content", 0.4, 2.2), ("affiliate_coupons", 0.6, 0.2)),
    ),
    Channel(
        name="direct", role="pull", touches=0.5, effect=0, source="(direct)", medium="(none)",
        campaigns=_campaigns(("", 1.0, 1.0)),
    ),
)  # fmt: skip

PLAIN = World(name="plain", channels=CHANNELS)
PULL = {"paid_search": 1.0, "brand_search": 1.6, "retargeting": 1.2, "affiliate": 1.2, "direct": 1.0}
"""How hard each pull channel seeks out people in want, against paid search."""


def _targeted(world: World, *, intent: float = 0, propensity: float = 0, pull: float = 1) -> World:
    """Let pull channels meet people in want: `intent` times as often or so; retargeting only after a visit.

    `pull` scales their effects: on people in want a touch has less left to do.
    """

    def sought(channel: Channel) -> Channel:
        hard = PULL.get(channel.name, 0.12)
        gated = channel.name == "retargeting" and intent
        return replace(
            channel,
            effect=channel.effect * (pull if channel.role == "pull" else 1),
            intent=1 + intent * hard if channel.role == "pull" or intent > 10 else 1.0,
            propensity=propensity * min(hard + 0.3, 1.3),
            after_visit=10.0 if gated else None,
            touches=channel.touches * 2 if gated else channel.touches,
        )

    return replace(world, channels=tuple(sought(channel) for channel in world.channels))


def _changed(world: World, **effects: float) -> World:
    """Return the world with other effects for some channels."""
    channels = (replace(one, effect=effects.get(one.name, one.effect)) for one in world.channels)
    return replace(world, channels=tuple(channels))


CAUSES = (
    Cause(cause="paid_video", outcome="paid_search", chance=0.2, days=1.0),
    Cause(cause="paid_video", outcome="brand_search", chance=0.2, days=1.0),
    Cause(cause="paid_social", outcome="brand_search", chance=0.12, days=0.7),
    Cause(cause="paid_social", outcome="direct", chance=0.2, days=0.5),
    Cause(cause="display", outcome="paid_search", chance=0.06, days=1.0),
    Cause(cause="email", outcome="direct", chance=0.3, days=0.2),
    Cause(cause="paid_search", outcome="direct", chance=0.25, days=1.5),
)

RANDOM = replace(
    PLAIN,
    name="random",
    title="Random exposure",
    lesson="Ads meet people at random: neither who they are nor what they want now plays a part. What a model "
    "gets wrong here it gets wrong by its nature: by handing out conversions that would have come anyway.",
)
PROPENSITY = replace(
    _targeted(PLAIN, propensity=1.0),
    name="propensity",
    title="Targeting on fixed propensity",
    lesson="Channels seek out people who buy more at all times. That is confounding by a lasting trait, of which "
    "the segment and the score of a person are a fair proxy.",
)
MILD = replace(
    _targeted(PLAIN, intent=6, pull=0.6),
    name="mild-intent",
    title="Mild intent targeting",
    lesson="Search, retargeting and affiliates meet people when they are in the market, some seven times as often "
    "as else. The touch is then evidence of want, and only in part its cause.",
)
STRONG = replace(
    _targeted(PLAIN, intent=25, propensity=0.5, pull=0.3),
    name="strong-intent",
    title="Strong intent targeting",
    lesson="Pull channels chase people in the market hard, retargeting follows every visit, and platforms steer "
    "push ads the same way. Observation alone hardly tells cause from evidence: this is where experiments count.",
)
SYNERGY = replace(
    PLAIN,
    name="synergy",
    title="Synergy",
    lesson="Some channels do more together than apart, so increments of single channels add up to more than "
    "what all of them bring: each is needed for the shared part.",
    synergies=(
        Synergy(one="paid_video", other="paid_search", effect=2.0),
        Synergy(one="paid_social", other="email", effect=2.0),
        Synergy(one="display", other="brand_search", effect=2.0),
    ),
)
SATURATION = replace(
    PLAIN,
    name="saturation",
    title="Saturation",
    lesson="Three times the touches, and each channel's lift has a limit that a few touches reach. Frequent "
    "touches are worth less than rare ones; counting them alike over-credits the loud channels.",
    channels=tuple(
        replace(one, touches=one.touches * 3, saturation=0.5 * one.effect or None) for one in CHANNELS
    ),
)
MEDIATION = replace(
    PLAIN,
    name="mediation",
    title="Mediation",
    lesson="A video makes people search, social ads make them type the address. The search would not have been "
    "without the video, so its effect belongs to the video too; switched off, the video takes it along.",
    causes=CAUSES,
)
ALL_WAYS = _targeted(PLAIN, intent=12, propensity=0.6, pull=0.4)
EVERYTHING = replace(
    ALL_WAYS,
    name="everything",
    title="Everything at once, with a weak covariate",
    lesson="Targeting by trait and by want, mediation, synergy, saturation, a season that spend follows, several "
    "devices, lost cookies, bots, refunds and late reports; and the covariate says little.",
    channels=tuple(replace(one, saturation=2.0 * one.effect or None) for one in ALL_WAYS.channels),
    causes=CAUSES,
    synergies=SYNERGY.synergies[:1],
    covariate=0.2,
    weekly=0.2,
    peak=1.0,
    spend_follows=True,
    devices=1.5,
    cookie_days=45,
    known=0.4,
    bots=0.01,
    refunded=0.06,
    late=0.15,
)
DEVICES = replace(
    RANDOM,
    name="devices",
    title="Several devices, lost cookies",
    lesson="Exposure is random, but a person has two devices or so and cookies live a month. The files name cookies, "
    "not persons, unless a person is known; journeys break, and effects fade towards nothing.",
    devices=1.8,
    cookie_days=30,
    known=0.3,
)
BOTS = replace(
    RANDOM,
    name="bots",
    title="Bots",
    lesson="One visitor in fifty is a program that clicks one campaign's ads again and again and never buys. Its "
    "clicks are billed; they thin out what a touch seems to do.",
    bots=0.02,
)
SEASON = replace(
    RANDOM,
    name="season",
    title="Season",
    lesson="Demand swings with the week and triples in a sale, and advertisers spend with it. Who compares times "
    "with many touches with times with few credits the calendar to the ads.",
    weekly=0.3,
    peak=2.0,
    spend_follows=True,
)
LATE = replace(
    RANDOM,
    name="late",
    title="Late and refunded conversions",
    lesson="A third of the conversions is reported days after it happened, a tenth is given back. The last days "
    "look poor until the reports are in, and value must be read net.",
    late=0.33,
    late_days=8,
    refunded=0.1,
)
ONCE = replace(
    _targeted(PLAIN, intent=6, pull=0.6),
    name="once",
    title="One conversion each",
    lesson="A contract is signed once. Much of what an ad brings is brought forward: without it the person would "
    "have signed later within the period, so the increment is less than the lift of the moment.",
    once=True,
    organic=60.0,
)
DEMAND = replace(
    RANDOM,
    name="new-demand",
    title="New demand",
    lesson="Two thirds of the lift work on everybody alike, also on people who want nothing, instead of making "
    "ready buyers readier. Models in which ads multiply a person's own demand are then wrong in form.",
    new_demand=0.67,
)
NULL = replace(
    _changed(STRONG, **{one.name: 0.0 for one in CHANNELS}),
    name="null",
    title="No effect at all",
    lesson="Ads chase people in want and do nothing. Every conversion would have come anyway; whatever a model "
    "credits is over-claim.",
)
PULL_HEAVY = replace(
    _changed(MILD, paid_search=3.5, brand_search=2.0, retargeting=1.5, affiliate=2.0),
    name="strong-pull",
    title="Pull channels that work",
    lesson="The mild targeting again, but here search, retargeting and affiliates truly add much. Who writes off "
    "pull channels by rule is as wrong here as who credits them with everything elsewhere.",
)

WORLDS = {
    world.name: world
    for world in (
        RANDOM, PROPENSITY, MILD, STRONG, SYNERGY, SATURATION, MEDIATION, EVERYTHING, DEVICES, BOTS,
        SEASON, LATE, ONCE, DEMAND, NULL, PULL_HEAVY,
    )
}  # fmt: skip
"""Every world by the name that users type."""


def world_named(name: str) -> World:
    """Return the world of this name; raise UnknownWorldError with the nearest that exists.

    `name~3` is the world with other effects, half-lives and targeting, drawn by the number 3.
    """
    plain, variant, number = name.partition("~")
    if plain not in WORLDS or bool(variant) != number.isdigit():
        raise UnknownWorldError.named(name, known=WORLDS)
    return WORLDS[plain].varied(int(number)) if number else WORLDS[plain]
