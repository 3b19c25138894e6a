"""Circles: solve x = given + M x where journeys can turn in circles, with other states closed in each column.

Reads  a sparse matrix of chances, and for each state its latest channel, the visits to it and the reward to come
Makes  x, with an error whose effect on the reward is below a bound that the residual proves

Two things make few and short rounds of it. States with one way in or one way out are left out (`shortcuts`).
And after every round what the residual will still become is guessed from the graph of single channels, where
one inverse serves every closed channel (Koury, McAllister and Stewart 1984); where states are too rare to be
alike, as a trial shows, the guess is left out.

If e is the error of x and r its residual, e = r + M r + M M r + ..., and no state can bring more than the
reward h to come from it, so that the reward that e stands for is at most the sum of |r| h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from headwater.attribution.krylov import Matrix, iterated
from headwater.attribution.shortcuts import shortcuts

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.attribution.pieces import Floats, Ints
    from headwater.attribution.shortcuts import Hidden

    Singles = npt.NDArray[np.float32]

MOST_CHANNELS = 4_000
"""Up to this many channels the graph of single channels is inverted."""
MOST_CYCLES = 10
"""How often what is left is computed in full, between rounds in single precision."""
MOST_ROUNDS = 200
SLOWEST = 0.9
"""What a round has to leave of the error at most for the guess to go on."""
TRIAL_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """What is known of states that can be visited more than once."""

    channel_count: int
    latest: Ints
    """Code of the latest channel, -1 for none."""
    visits: Floats
    coming: Floats
    """Most that a journey can still bring from here."""
    order: int
    """How many channels a state holds."""


class Circles:
    """What is found once of a matrix, for many solutions."""

    def __init__(self, matrix: Matrix, states: States) -> None:
        short = shortcuts(matrix, states.latest, states.order, states.channel_count)
        self.kept, self.skipped, self.hidden = short.kept, short.skipped, short.hidden
        """States for which x is found, and layers of the others, as in `Shortcuts`."""
        self.matrix = short.matrix
        self.single = self.matrix.astype(np.float32)
        self.coming = states.coming[self.kept]
        self.coming_single = self.coming.astype(np.float32)
        self.guess = _Guess.of(self.matrix, states, self.kept)

    def solved(
        self, given: Floats, near: Floats, closed: tuple[Ints, Ints], shut: Ints, enough: Floats
    ) -> Floats:
        """Return x of the kept states, with 0 where `closed` (rows and columns); `near` is near it.

        `given` is what comes to the kept states from all but circles, and is changed; `shut` names the channel
        that is closed in each column; `enough` is the error, in reward, up to which each column is solved.
        """
        block = _Block.of(closed, shut, self.hidden)
        given[closed] = 0.0
        x = np.repeat(near[:, None], given.shape[1], axis=1)
        x[closed] = 0.0
        for _ in range(MOST_CYCLES):
            residual = block.stepped(self.matrix, x)
            residual += given
            residual -= x
            residual[closed] = 0.0
            error = self.coming @ np.abs(residual)
            if (error <= enough).all():
                x += residual
                return x
            x += self._following(residual.astype(np.float32), block, np.maximum(enough / 4, error * 1e-6))
        for column in np.flatnonzero(error > enough).tolist():
            x[:, [column]] = self._solved_slowly(given[:, [column]], x[:, [column]], block, column)
        return x

    def _following(self, residual: Singles, block: _Block, enough: Floats) -> Singles:
        """Return what the residual becomes in all rounds to come, to the six digits of single precision."""
        total = np.zeros_like(residual)
        guess, before = self.guess, np.full(residual.shape[1], np.inf, dtype=np.float32)
        for number in range(MOST_ROUNDS):
            total += residual
            if guess:
                guessed = guess.following(residual, block.shut)
                guessed[block.closed] = 0.0
                total += guessed
                residual += guessed
                residual = block.stepped(self.single, residual)
                residual -= guessed
            else:
                residual = block.stepped(self.single, residual)
            residual[block.closed] = 0.0
            if guess or number % 4 == 3:
                error = self.coming_single @ np.abs(residual)
                if (error <= enough).all():
                    break
                if (error > np.maximum(SLOWEST * before, enough)).any():
                    # plain rounds always come nearer
                    guess = None
                before = error
        return total

    def _solved_slowly(self, given: Floats, near: Floats, block: _Block, column: int) -> Floats:
        """Return x of one column, by other means."""
        states, columns = block.closed
        doors = np.ones(given.shape)
        doors[states[columns == column]] = 0.0
        target, source, _, weight = self.hidden.of(block.shut[[column]])
        hidden = sparse.csr_array((weight, (target, source)), shape=self.matrix.shape)
        return iterated((self.matrix - hidden).tocsr(), given, near, doors)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Columns that are solved together, and what is closed in each."""

    shut: Ints
    closed: tuple[Ints, Ints]
    target: Ints
    source: Ints
    weight: Floats
    """What is closed inside of shortcuts; places in the flat table of the columns."""

    @classmethod
    def of(cls, closed: tuple[Ints, Ints], shut: Ints, hidden: Hidden) -> _Block:
        target, source, column, weight = hidden.of(shut)
        width = len(shut)
        return cls(
            shut=shut,
            closed=closed,
            target=target * width + column,
            source=source * width + column,
            weight=weight,
        )

    def stepped(self, matrix: Any, x: Any) -> Any:
        """Return the matrix times x, without what is closed inside of shortcuts."""
        after = matrix @ x
        if len(self.target):
            met = self.weight.astype(x.dtype) * x.reshape(-1)[self.source]
            np.subtract.at(after.reshape(-1), self.target, met)
        return after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """The graph of single channels, and how the visits to a channel spread over its states."""

    gather: sparse.csr_array[np.float32]
    latest: Ints
    part: Singles
    moves: Singles
    onwards: Singles

    @classmethod
    def of(cls, matrix: Matrix, states: States, kept: Ints) -> _Guess | None:
        """Return the guess, or None where it would not help."""
        count = states.channel_count + 1
        if not len(kept) or count > MOST_CHANNELS:
            return None
        label, visits = states.latest[kept] + 1, states.visits[kept]
        place = np.arange(len(label))
        gather = sparse.csr_array((np.ones(len(label)), (label, place)), shape=(count, len(label)))
        total = np.asarray(gather @ visits)
        part = visits / np.where(total > 0, total, 1.0)[label]
        spread = sparse.csr_array((part, (place, label)), shape=(len(label), count))
        moves = (gather @ (matrix @ spread)).toarray()
        guess = cls(
            gather=gather.astype(np.float32),
            latest=label,
            part=part.astype(np.float32),
            moves=moves.astype(np.float32),
            onwards=np.linalg.inv(np.eye(count) - moves).astype(np.float32),
        )
        noise = np.random.default_rng(1).standard_normal((len(label), 1)) * visits[:, None]
        single = matrix.astype(np.float32)
        plain = guessed = noise.astype(np.float32)
        for _ in range(TRIAL_ROUNDS):
            plain = single @ plain
            after = guess.following(guessed, None)
            guessed = single @ (guessed + after) - after
        return guess if np.abs(guessed).sum() < np.abs(plain).sum() else None

    def following(self, residual: Singles, shut: Ints | None) -> Singles:
        """Return what the residual will become after its first step, were all states of a channel alike."""
        arriving = self.moves @ (self.gather @ residual)
        if shut is None:
            later = self.onwards @ arriving
        else:
            column = np.arange(len(shut))
            door = shut + 1
            arriving[door, column] = 0.0
            later = self.onwards @ arriving
            later -= self.onwards[:, door] * (later[door, column] / self.onwards[door, door])
        guess: Singles = later[self.latest]
        guess *= self.part[:, None]
        return guess
