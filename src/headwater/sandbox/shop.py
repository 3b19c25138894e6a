"""Shop: a simulated shop whose visitors post real HTTP traffic to a collector.

Reads  a seed
Makes  requests: first some weeks of history in batches, then live visits, a few messages a second, for ever

History has timestamps in the past and `sentAt` of the moment of sending, as a server's backfill has. What is
true (who was who, which channel it was) goes to a file, if one is named, and never to the collector.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from headwater.sandbox.messages import Message, messages
from headwater.sandbox.people import Visit, history, newcomers
from headwater.sandbox.post import Poster

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

BATCH = 100
MESSAGES_PER_VISIT = 3.2
"""Mean of `messages`; sets how many visits a second make the wanted rate."""
AGAIN = 0.015
"""Share of requests that are sent twice, as after an answer that got lost."""
BROKEN = 0.006
"""Share of messages that a broken integration spoils."""
REFUND_EVERY = timedelta(seconds=75)
"""In live traffic, how often a refund that history has left over comes in."""


def run(
    base_url: str,
    write_key: str,
    *,
    stop: threading.Event,
    seed: int = 7,
    rate: float = 4.0,
    backfill_days: int = 30,
    persons: int = 4000,
    truth: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Post history, then live traffic at about `rate` messages a second, until `stop` is set.

    `progress` is called with the messages sent and planned while history is posted. `truth` is a file that
    gets one JSON line per visit: who it was, on which device, by which channel, and what came of it.
    """
    now = _now()
    past = history(seed=seed, persons=persons, since=now - timedelta(days=backfill_days), until=now)
    gone = [visit for visit in past if visit.at < now] if backfill_days else []
    still_open = [visit for visit in past if visit.at >= now]
    poster = Poster(base_url, write_key, stop=stop)
    try:
        sent, later = divided([message for visit in gone for message in messages(visit)], now=now)
        _record(truth, gone)
        _backfill(poster, sent, seed=seed, stop=stop, progress=progress)
        visits = live_visits(still_open, seed=seed, number=persons)
        _live(poster, visits, later, rate=rate, seed=seed, stop=stop, truth=truth)
    finally:
        poster.close()


def divided(planned: Iterable[Message], *, now: datetime) -> tuple[list[Message], list[Message]]:
    """Return what has happened by `now` and what has not, each in time order."""
    ordered = sorted(planned, key=lambda message: (message.at, str(message.body["messageId"])))
    return [one for one in ordered if one.at <= now], [one for one in ordered if one.at > now]


def live_visits(still_open: Sequence[Visit], *, seed: int, number: int) -> Iterator[Visit]:
    """Yield visits for ever: persons of history who come again, and new ones from `number` on.

    A person's visits keep their order; `at` is only the plan and is replaced when the visit begins.
    """
    rng = Random(f"live {seed}")  # noqa: S311 (a simulation, not a secret)
    order = count()
    waiting = [(visit.at, next(order), visit) for visit in still_open]
    heapq.heapify(waiting)
    fresh = newcomers(seed=seed, number=number, at=_now())
    while True:
        if waiting and rng.random() < 0.5:
            yield heapq.heappop(waiting)[2]
            continue
        first, *rest = next(fresh)
        for visit in rest:
            heapq.heappush(waiting, (visit.at, next(order), visit))
        yield first


def spoiled(body: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Return the message as a broken integration sends it: one thing is wrong."""
    faults: tuple[dict[str, Any], ...] = (
        {"anonymousId": None, "userId": None},
        {"type": "trck"},
        {"type": "track", "event": None},
        {"timestamp": "yesterday evening"},
        {"anonymousId": "undefined", "userId": "undefined"},
    )
    return {**body, "messageId": f"{body['messageId']}-x", **rng.choice(faults)}


def _backfill(
    poster: Poster,
    past: Sequence[Message],
    *,
    seed: int,
    stop: threading.Event,
    progress: Callable[[int, int], None] | None,
) -> None:
    rng = Random(f"backfill {seed}")  # noqa: S311 (as above)
    for start in range(0, len(past), BATCH):
        if stop.is_set():
            return
        batch = [{**one.body, "timestamp": _iso(one.at)} for one in past[start : start + BATCH]]
        batch += [spoiled(body, rng) for body in batch if rng.random() < BROKEN]
        for _ in range(2 if rng.random() < AGAIN else 1):
            poster.post("/v1/batch", {"batch": batch, "sentAt": _iso(_now())})
        if progress:
            progress(min(start + BATCH, len(past)), len(past))


def _live(
    poster: Poster,
    visits: Iterator[Visit],
    later: list[Message],
    *,
    rate: float,
    seed: int,
    stop: threading.Event,
    truth: Path | None,
) -> None:
    rng = Random(f"pace {seed}")  # noqa: S311 (as above)
    order = count()
    due: list[tuple[datetime, int, Message]] = []
    next_visit = _now()
    next_refund = _now() + REFUND_EVERY
    refunds = iter(later)
    while not stop.is_set():
        now = _now()
        while next_visit <= now:
            visit = _moved(next(visits), next_visit)
            for message in divided(messages(visit), now=next_visit + timedelta(hours=6))[0]:
                heapq.heappush(due, (message.at, next(order), message))
            _record(truth, [visit])
            next_visit += timedelta(seconds=rng.expovariate(rate / MESSAGES_PER_VISIT))
        if now >= next_refund and (refund := next(refunds, None)):
            heapq.heappush(due, (now, next(order), refund))
            next_refund = now + REFUND_EVERY
        while due and due[0][0] <= now and not stop.is_set():
            _deliver(poster, heapq.heappop(due)[2], rng)
        first = min(due[0][0], next_visit) if due else next_visit
        stop.wait(max(0.02, min(1.0, (first - _now()).total_seconds())))


def _deliver(poster: Poster, message: Message, rng: Random) -> None:
    """Send one live message the way its sender does: pages one by one, orders in a batch."""
    now = _now()
    body = {**message.body, "timestamp": _iso(now + message.clock_error)}
    if rng.random() < BROKEN:
        body = spoiled(body, rng)
    sent_at = _iso(now + message.clock_error)
    for _ in range(2 if rng.random() < AGAIN else 1):
        if message.sender == "server":
            poster.post("/v1/batch", {"batch": [body], "sentAt": sent_at})
        else:
            path = f"/v1/{message.body['type']}"
            poster.post(path, {**body, "sentAt": sent_at}, content_type="text/plain")


def _moved(visit: Visit, at: datetime) -> Visit:
    return replace(visit, at=at)


def _record(truth: Path | None, visits: Iterable[Visit]) -> None:
    """Append what is true of these visits to the file."""
    if truth is None:
        return
    with truth.open("ab") as file:
        for visit in visits:
            facts = {
                "at": visit.at.isoformat(),
                "person": visit.person.number,
                "user_id": visit.person.user_id,
                "anonymous_id": visit.device.anonymous_id,
                "channel": visit.arrival.channel,
                "deed": visit.deed,
            }
            file.write(orjson.dumps(facts) + b"\n")


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
