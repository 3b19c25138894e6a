r"""Peers: the attribution packages of PyPI behind one function, run with a Python of their own.

    python -m venv .tools-peers
    .tools-peers/bin/pip install ChannelAttribution matplotlib marketing-attribution-models mta \
        do-attribution shapley-attribution pychattr pyarrow
    .tools-peers/bin/python benchmarks/peers.py PEER MODEL paths.parquet

None of them is ever a dependency. Reads a table with path ("a > b"), conversions, nulls and value; prints one
line of JSON: CPU seconds from the table in memory to the credits, and the credits by channel.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import warnings
from typing import Any

MODELS = ("markov 1", "markov 2", "markov 3", "shapley", "first", "last", "linear", "position", "time_decay")


def channelattribution(model: str, table: Any) -> dict[str, float]:
    import ChannelAttribution as peer  # noqa: N813 (their name)

    if model.startswith("markov"):
        found = peer.markov_model(
            table, "path", "conversions", var_value="value", var_null="nulls", order=int(model[-1]),
            ncore=1, verbose=False, flg_pro=False,
        )  # fmt: skip
        return dict(zip(found["channel_name"].astype(str), found["total_conversions"], strict=True))
    found = peer.heuristic_models(table, "path", "conversions", flg_pro=False)
    column = {"first": "first_touch", "last": "last_touch", "linear": "linear_touch"}[model]
    return dict(zip(found["channel_name"].astype(str), found[column], strict=True))


def dp6(model: str, table: Any) -> dict[str, float]:
    import mam
    import pandas as pd

    won = table[table["conversions"] > 0].assign(done=True, times=lambda rows: rows["conversions"])
    lost = table[table["nulls"] > 0].assign(done=False, times=lambda rows: rows["nulls"])
    rows = pd.concat([won, lost])[["path", "done", "times"]]
    made = mam.MAM(rows, "grouped_journey", "path", "done", occurrences_colname="times", path_separator=" > ")
    run = {
        "markov 1": lambda: made.run_markov(transition_to_same_state=True),
        "shapley": lambda: made.run_shapley(max_size=20, value_column="conversions"),
        "first": made.run_first_click, "last": made.run_last_click, "linear": made.run_linear,
        "position": made.run_position_based, "time_decay": made.run_time_decay,
    }[model]  # fmt: skip
    found = run().to_dict()
    return dict(zip(found["channels"], found["attribution"], strict=True))


def mta(model: str, table: Any) -> dict[str, float]:
    import mta as peer

    rows = table.rename(columns={"conversions": "total_conversions", "nulls": "total_null"})
    made = peer.MTA(rows, allow_loops=True, add_timepoints=model == "time_decay")
    name = {"markov 1": "markov", "position": "position_based", "first": "first_touch", "last": "last_touch"}
    found = getattr(made, name.get(model, model))(normalize=True).attribution
    total = float(table["conversions"].sum())
    return {channel: share * total for channel, share in found[name.get(model, model)].items()}


def do_attribution(model: str, table: Any) -> dict[str, float]:
    import do_attribution as peer

    paths, done, weights = [], [], []
    for sign, column in ((1, "conversions"), (0, "nulls")):
        rows = table[table[column] > 0]
        paths += rows["path"].tolist()
        done += [sign] * len(rows)
        weights += rows[column].tolist()
    if model == "shapley":
        # this one takes no weights
        counts = [int(weight) for weight in weights]
        every = [each for each, times in zip(paths, counts, strict=True) for _ in range(times)]
        ends = [sign for sign, times in zip(done, counts, strict=True) for _ in range(times)]
        found = peer.ShapleyAttribution().fit(every, ends)["attribution"]
    else:
        made = peer.MarkovAttribution(order=int(model[-1]), removal_strategy="redirect_to_null")
        found = made.fit(paths, done, weights)["attribution"]
    total = float(table["conversions"].sum())
    return {channel: share * total for channel, share in found.items()}


def shapley_attribution(model: str, table: Any) -> dict[str, float]:  # noqa: ARG001 (it has one model)
    from shapley_attribution.models import SimplifiedShapleyAttribution

    won = table[table["conversions"] > 0]
    journeys = won["path"].str.split(" > ").repeat(won["conversions"].astype(int)).tolist()
    made = SimplifiedShapleyAttribution(normalize=True)
    found = made.fit(journeys, [1] * len(journeys)).attribution_
    return {channel: share * len(journeys) / sum(found.values()) for channel, share in found.items()}


def pychattr(model: str, table: Any) -> dict[str, float]:
    from pychattr.channel_attribution import HeuristicModel, MarkovModel

    table = table.astype({"path": object})
    kwargs = {"path_feature": "path", "conversion_feature": "conversions", "null_feature": "nulls"}
    if model.startswith("markov"):
        made = MarkovModel(**kwargs, separator=">", k_order=int(model[-1]), return_transition_probs=False)
        found = made.fit(table).attribution_model_
        return dict(zip(found["channel_name"], found["total_conversions"], strict=True))
    made = HeuristicModel(**kwargs, separator=">")
    found = made.fit(table).attribution_model_
    return dict(zip(found["channel"], found[f"{model}_touch_conversions"], strict=True))


HEURISTICS = {"first", "last", "linear"}
PEERS: dict[str, tuple[Any, set[str]]] = {
    "ChannelAttribution": (channelattribution, {"markov 1", "markov 2", "markov 3"} | HEURISTICS),
    "DP6": (dp6, {"markov 1", "shapley", "position", "time_decay"} | HEURISTICS),
    "mta": (mta, {"markov 1", "shapley", "position", "time_decay"} | HEURISTICS),
    "do-attribution": (do_attribution, {"markov 1", "markov 2", "markov 3", "shapley"}),
    "shapley-attribution": (shapley_attribution, {"shapley"}),
    "pychattr": (pychattr, {"markov 1"} | HEURISTICS),
}
"""Each peer's function, and the models that it has."""


def main() -> None:
    import pandas as pd

    warnings.simplefilter("ignore")
    name, model, file = sys.argv[1:]
    table = pd.read_parquet(file)
    seconds: list[float] = []
    while not seconds or (sum(seconds) < 1 and len(seconds) < 3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        with contextlib.redirect_stdout(io.StringIO()):
            found = PEERS[name][0](model, table.copy())
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    credits_ = {str(channel): float(credit) for channel, credit in found.items()}
    print(json.dumps({"seconds": min(seconds), "credits": credits_}))


if __name__ == "__main__":
    main()
