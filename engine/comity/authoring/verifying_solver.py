"""The one door to clingo: formulas in, a frame that satisfies them out (docs/decisions/0015).

A formula becomes an atom that stable-model semantics makes equivalent to it: a cell is chosen,
exactly one for each key, and a conjunction is derived exactly when its parts hold. Questions are
asked as assumptions, so that everything learnt for one question serves the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from comity.authoring.verifying_formulas import FALSE, TRUE, Cell, Formula, Pool

Model = Mapping[str, str]  # each key and its value


class SolverMissing(Exception):
    """The extra `verify` is not installed."""


class Solver:
    """Asks which values of the keys satisfy some formulas.

    `frames` are the named conditions that every frame satisfies; `core` says which of them are to
    blame when nothing else can be found.
    """

    def __init__(
        self, pool: Pool, cells: Mapping[str, Sequence[str]], laws: Mapping[str, Formula]
    ) -> None:
        try:
            import clingo
        except ImportError as error:
            raise SolverMissing from error
        self.pool = pool
        self.asked = 0
        self._control: Any = clingo.Control(["--warn=none"])
        self._atoms: dict[int, int] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        with self._control.backend() as backend:
            self._true = backend.add_atom()
            backend.add_rule([self._true], [])
            for key, values in cells.items():
                self._choose(backend, key, values)
        self.laws = {name: self._switchable(formula) for name, formula in laws.items()}
        self._all_laws = list(self.laws.values())

    def _choose(self, backend: Any, key: str, values: Sequence[str]) -> None:
        atoms = []
        for value in values:
            atom = backend.add_atom()
            self._atoms[self.pool.cell(key, value)] = atom
            backend.add_rule([atom], [], choice=True)
            atoms.append(atom)
        backend.add_rule([], [-atom for atom in atoms])
        if len(atoms) > 1:
            backend.add_weight_rule([], 2, [(atom, 1) for atom in atoms])
        self._keys[key] = tuple(values)

    def _switchable(self, formula: Formula) -> int:
        """A condition that counts only while its switch is assumed."""
        literal = self.literal(formula)
        with self._control.backend() as backend:
            switch = int(backend.add_atom())
            backend.add_rule([switch], [], choice=True)
            backend.add_rule([], [switch, -literal])
        return switch

    def literal(self, formula: Formula) -> int:
        """The clingo literal of a formula; what it is made of is told first."""
        if formula in (TRUE, FALSE):
            return int(self._true * formula)
        number = abs(formula)
        if number not in self._atoms:
            with self._control.backend() as backend:
                self._tell(backend, number)
        return self._atoms[number] * (1 if formula > 0 else -1)

    def _tell(self, backend: Any, number: int) -> None:
        """Parts before wholes, without recursion: formulas may be deep."""
        todo = [number]
        while todo:
            current = todo[-1]
            if current in self._atoms:
                todo.pop()
                continue
            parts = [int(part) for part in self.pool.nodes[current]]
            missing = [abs(p) for p in parts if abs(p) != TRUE and abs(p) not in self._atoms]
            if missing:
                todo += missing
                continue
            atom = backend.add_atom()
            literals = [self._atoms[abs(p)] * (1 if p > 0 else -1) for p in parts]
            backend.add_rule([atom], literals)
            self._atoms[current] = int(atom)
            todo.pop()

    @property
    def size(self) -> int:
        """How many formulas it was told of: each makes every question a little dearer."""
        return len(self._atoms)

    # ------------------------------------------------------------------ questions

    def possible(self, *goals: Formula, laws: Iterable[int] | None = None) -> bool:
        """Whether some frame satisfies all goals."""
        if FALSE in goals:
            return False
        literals = [self.literal(goal) for goal in goals if goal != TRUE]
        literals += self._all_laws if laws is None else laws
        self.asked += 1
        return bool(self._control.solve(assumptions=literals).satisfiable)

    def model(self, *goals: Formula) -> Model | None:
        """A frame that satisfies all goals, the same one each time for the same questions."""
        if FALSE in goals:
            return None
        literals = [self.literal(goal) for goal in goals if goal != TRUE]
        self.asked += 1
        with self._control.solve(assumptions=[*literals, *self._all_laws], yield_=True) as handle:
            found = handle.model()
            if found is None:
                return None
            return {
                key: next(v for v in values if found.is_true(self._atoms[self._cell(key, v)]))
                for key, values in self._keys.items()
            }

    def _cell(self, key: str, value: str) -> int:
        return self.pool.cell(key, value)

    def simplest(self, goals: Sequence[Formula], wanted: Sequence[Sequence[Cell]]) -> Model | None:
        """A frame that satisfies all goals with as many ordinary values as can be had.

        `wanted` are rounds of cells, the most ordinary ones first; within a round an earlier cell
        goes before a later one. Which frame it is depends on nothing but the goals.
        """
        if not self.possible(*goals):
            return None
        kept: list[Cell] = []
        for cells in wanted:
            decided = {key for key, _ in kept}
            self._keep(list(goals), kept, [cell for cell in cells if cell[0] not in decided])
        return self.model(*goals, *(self.pool.cell(*cell) for cell in kept))

    def _keep(self, goals: Sequence[Formula], kept: list[Cell], cells: Sequence[Cell]) -> None:
        """Keep each cell in turn that can be had with those kept: whole runs at once, and halves
        of the runs that cannot be had whole."""
        if not cells:
            return
        trial = [self.pool.cell(*cell) for cell in (*kept, *cells)]
        if self.possible(*goals, *trial):
            kept += cells
        elif len(cells) > 1:
            middle = len(cells) // 2
            self._keep(goals, kept, cells[:middle])
            self._keep(goals, kept, cells[middle:])

    def blame(self, *goals: Formula) -> tuple[str, ...]:
        """A smallest set of laws without which the goals could be had; () if not even that helps.

        Precondition: no frame satisfies the goals.
        """
        if self.possible(*goals, laws=()) is False:
            return ()
        kept = dict(self.laws)
        for name in self.laws:
            rest = [switch for other, switch in kept.items() if other != name]
            if not self.possible(*goals, laws=rest):
                del kept[name]
        return tuple(kept)
