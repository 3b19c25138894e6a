"""Circles: solve x = given + M x where journeys can turn in circles, with other states closed in each column.

Reads  a sparse matrix of chances, and for each state its latest channel, the visits to it and the reward to come
Makes  x, with an error whose effect on the reward is below a bound that the residual proves

Two things make few rounds of it. States that one other state alone leads to, or that lead to one alone, are
left out where no two of them are neighbours: the states around them hold all their channels (order 2 and up),
so that closing a channel closes the detour as well. And after every round what the residual will still become
is guessed from the graph of single channels, where one inverse serves every closed channel (Koury, McAllister
and Stewart 1984); where states are too rare to be alike, as a trial shows, the guess is left out.

If e is the error of x and r its residual, e = r + M r + M M r + ..., and no state can bring more than the
reward h to come from it, so that the reward that e stands for is at most the sum of |r| h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from headwater.attribution.krylov import Matrix, iterated

if TYPE_CHECKING:
    import numpy.typing as npt

    from headwater.attribution.pieces import Bools, Floats, Ints

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
    bridged: bool
    """States on both sides of a state hold all of its channels."""


class Circles:
    """What is found once of a matrix, for many solutions."""

    def __init__(self, matrix: Matrix, states: States) -> None:
        self.size = matrix.shape[0]
        self.skipped = _skippable(matrix) if states.bridged else np.zeros(0, dtype=np.int64)
        kept = np.ones(self.size, dtype=bool)
        kept[self.skipped] = False
        self.kept = np.flatnonzero(kept)
        self.into_skipped = matrix[self.skipped][:, self.kept]
        self.out_of_skipped = matrix[self.kept][:, self.skipped]
        self.matrix: Matrix = (
            matrix[self.kept][:, self.kept] + self.out_of_skipped @ self.into_skipped
        ).tocsr()
        self.single = self.matrix.astype(np.float32)
        self.coming = states.coming[self.kept]
        self.coming_single = self.coming.astype(np.float32)
        self.guess = _Guess.of(self.matrix, states, self.kept)

    def solved(self, given: Floats, near: Floats, closed: Bools, shut: Ints, enough: Floats) -> Floats:
        """Return x, with 0 where `closed`; `near` is near it.

        `shut` names the channel that is closed in each column; `enough` is the error, in reward, up to which
        each column is solved.
        """
        x = np.empty_like(given)
        given = np.where(closed, 0.0, given)
        x[self.kept] = self._reduced(
            given[self.kept] + self.out_of_skipped @ given[self.skipped],
            near[self.kept],
            closed[self.kept],
            shut,
            enough,
        )
        x[self.skipped] = given[self.skipped] + self.into_skipped @ x[self.kept]
        x[closed] = 0.0
        return x

    def _reduced(self, given: Floats, near: Floats, closed: Bools, shut: Ints, enough: Floats) -> Floats:
        where = np.nonzero(closed)
        x = np.where(closed, 0.0, near)
        for _ in range(MOST_CYCLES):
            residual = self.matrix @ x
            residual += given
            residual -= x
            residual[where] = 0.0
            error = self.coming @ np.abs(residual)
            if (error <= enough).all():
                x += residual
                return x
            x += self._following(
                residual.astype(np.float32), where, shut, np.maximum(enough / 4, error * 1e-6)
            )
        late = np.flatnonzero(error > enough)
        doors = (~closed[:, late]).astype(np.float64)
        x[:, late] = iterated(self.matrix, np.where(closed, 0.0, given)[:, late], x[:, late], doors)
        return x

    def _following(self, residual: Singles, where: tuple[Ints, ...], shut: Ints, enough: Floats) -> Singles:
        """Return what the residual becomes in all rounds to come, to the six digits of single precision."""
        total = np.zeros_like(residual)
        guess, before = self.guess, np.full(residual.shape[1], np.inf, dtype=np.float32)
        for number in range(MOST_ROUNDS):
            total += residual
            if guess:
                guessed = guess.following(residual, shut)
                guessed[where] = 0.0
                total += guessed
                residual += guessed
                residual = self.single @ residual
                residual -= guessed
            else:
                residual = self.single @ residual
            residual[where] = 0.0
            if guess or number % 4 == 3:
                error = self.coming_single @ np.abs(residual)
                if (error <= enough).all():
                    break
                if (error > np.maximum(SLOWEST * before, enough)).any():
                    # plain rounds always come nearer
                    guess = None
                before = error
        return total


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


def _skippable(matrix: Matrix) -> Ints:
    """Return states with one way in or one way out, no two of them neighbours."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    columns = matrix.indices
    ways_in, ways_out = (np.bincount(ends, minlength=matrix.shape[0]) for ends in (rows, columns))
    is_free = np.minimum(ways_in, ways_out) <= 1
    is_taken = np.zeros(matrix.shape[0], dtype=bool)
    rank = np.random.default_rng(1).permutation(matrix.shape[0])
    for _ in range(4):
        both = is_free[rows] & is_free[columns]
        left, right = rows[both], columns[both]
        loses = np.where(rank[left] > rank[right], left, right)
        won = is_free.copy()
        won[loses] = False
        is_taken |= won
        is_free &= ~won
        is_free[columns[won[rows]]] = False
        is_free[rows[won[columns]]] = False
    return np.flatnonzero(is_taken)
