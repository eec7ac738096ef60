"""The solver's answers put to the engine: a frame for each, and what the engine finds on it.

A frame of the solver leaves nothing open. For people it is made small: keys are left out as long
as the engine, told nothing of them, still finds the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from comity.authoring.verifying_questions import Asker, Claim, Expect
from comity.checking import Loaded
from comity.kleene import FALSE, TRUE, disjunction
from comity.model import Fact, Frame, Known, Switch
from comity.resolving import judge, view_of
from comity.running import EngineFault, Run, effect
from comity.switching import PREFIX

Values = Mapping[str, str]


class Witness(Struct, frozen=True):
    """The keys that matter and what the engine said; `wrong` is where it said otherwise."""

    values: tuple[tuple[str, str], ...]
    said: tuple[tuple[Expect, str], ...]
    wrong: tuple[str, ...] = ()


def confirmed(asker: Asker, loaded: Loaded, claim: Claim) -> Witness:
    """What the engine says of a claim, on the whole frame and on the smallest that shows it."""
    keys = sorted(_keys(asker, loaded, claim))
    whole = {key: claim.model[key] for key in keys}
    wrong = _wrong(loaded, whole, claim.expects)
    small = whole if wrong else _smallest(loaded, whole, claim.expects, claim.shows)
    wrong = wrong or _wrong(loaded, small, claim.expects)
    said = tuple((expect, expect.outcome) for expect in claim.expects)
    return Witness(tuple(sorted(small.items(), key=_order)), said, wrong)


def _keys(asker: Asker, loaded: Loaded, claim: Claim) -> set[str]:
    """The keys that what is expected depends on."""
    codes = {code.rule.id: code for code in loaded.program.rules}
    found = {"act.type", "act.family", "act.stage", "act.hypothetical"}
    found |= {key for key in asker.space.cells if key.startswith("act.tag:")}
    for expect in claim.expects:
        concept, sign, value = expect.subject.partition("=")
        if sign:
            pairs = [asker.meaning.concept(concept, value)]
            pairs += [asker.meaning.concept(concept, v) for v in asker.concepts[concept].values]
            found |= {key for key, _ in asker.pool.cells_of(one for p in pairs for one in p)}
            found |= _of_definitions(asker, concept)
        else:
            found |= codes[expect.subject].cone.keys
    return (found | {*claim.shows}) & asker.space.cells.keys()


def _of_definitions(asker: Asker, concept: str) -> set[str]:
    parts = (asker.meaning.departure(d.logic) for d in asker.concepts[concept].definitions)
    return {key for key, _ in asker.pool.cells_of(one for pair in parts for one in pair)}


def _order(item: tuple[str, str]) -> tuple[bool, bool, str]:
    return item[0] != "act.type", item[0].startswith(PREFIX), item[0]


# --------------------------------------------------------------------------- the engine


def frame_of(values: Values) -> Frame:
    """The frame with these values; a reading is fixed by a switch of one value."""
    known = {
        key: Known((value,), (Fact(f"witness.{key}", value),))
        for key, value in values.items()
        if not key.startswith(PREFIX)
    }
    switches = {
        key: Switch(key, key.removeprefix(PREFIX), (value,), value)
        for key, value in values.items()
        if key.startswith(PREFIX)
    }
    return Frame(
        id="witness@mission",
        act="witness",
        mission="mission",
        type=values["act.type"],
        stage=values.get("act.stage", "done"),
        hypothetical=values.get("act.hypothetical") == "true",
        known=known,
        switches=switches,
    )


def _wrong(loaded: Loaded, values: Values, expects: Sequence[Expect]) -> tuple[str, ...]:
    """Where the engine, asked as for any case, says something else than the solver."""
    found = []
    for changed, some in _by_frame(expects).items():
        frame = frame_of({**values, **dict(changed)})
        outcomes = {}
        fault = ""
        try:
            judged = judge(loaded.engine, frame, loaded.rulebook.readings, explain=False)
            outcomes = {one.rule.id: one.outcome for one in judged}
        except EngineFault as error:
            fault = error.message
        for expect in some:
            said = _said(loaded, frame, expect, outcomes, fault)
            if said != expect.outcome:
                where = "".join(f", with {k} = {v}" for k, v in changed)
                wanted = expect.outcome or "nothing certain"
                found.append(
                    f"{expect.subject}{where}: the solver says {wanted}, the engine {said}"
                )
    return tuple(found)


def _said(
    loaded: Loaded, frame: Frame, expect: Expect, outcomes: Mapping[str, str], fault: str
) -> str:
    concept, sign, value = expect.subject.partition("=")
    if not sign:
        return fault or outcomes.get(expect.subject, "not_in_play")
    if expect.outcome == "both":
        # The engine refuses such a frame when a rule rests on the concept.
        return (
            "both"
            if "both true and false" in fault + _concept_fault(loaded, frame, concept)
            else fault
        )
    truth = _concept(loaded, frame, concept, value)
    return {TRUE: "true", FALSE: "false"}.get(truth, "unknown")


def _concept(loaded: Loaded, frame: Frame, concept: str, value: str) -> int:
    fixed = frame_with_readings(frame)
    return view_of(loaded.engine, fixed).node(("c", concept, value), False)


def _concept_fault(loaded: Loaded, frame: Frame, concept: str) -> str:
    try:
        _concept(loaded, frame, concept, "true")
    except EngineFault as error:
        return error.message
    return ""


def frame_with_readings(frame: Frame) -> Frame:
    """The same world with its readings among what is known, as a view looks at it."""
    from msgspec.structs import replace

    told = {key: Known((switch.default,)) for key, switch in frame.switches.items()}
    return replace(frame, known={**frame.known, **told}, switches={})


def _by_frame(
    expects: Iterable[Expect],
) -> dict[tuple[tuple[str, str], ...], list[Expect]]:
    found: dict[tuple[tuple[str, str], ...], list[Expect]] = {}
    for expect in expects:
        found.setdefault(expect.changed, []).append(expect)
    return found


# --------------------------------------------------------------------------- made small


def _smallest(
    loaded: Loaded, values: Values, expects: Sequence[Expect], shows: Sequence[str] = ()
) -> dict[str, str]:
    """The values without those that the engine need not be told."""
    small = dict(values)
    # Family and tags follow from the type: whoever writes a case never writes them.
    fixed = ("act.type", "act.family", "act.tag", *shows)
    for key in sorted(small, key=lambda key: (key.startswith(PREFIX), key), reverse=True):
        if key.partition(":")[0] in fixed:
            continue
        trial = {name: value for name, value in small.items() if name != key}
        if _stays(loaded, trial, expects):
            small = trial
    return small


def _stays(loaded: Loaded, values: Values, expects: Sequence[Expect]) -> bool:
    for changed, some in _by_frame(expects).items():
        frame = frame_of({**values, **dict(changed)})
        try:
            run = loaded.engine.run(frame_with_readings(frame))
            for expect in some:
                if _strict(loaded, frame, run, expect) != expect.outcome:
                    return False
        except EngineFault:
            if any(expect.outcome != "both" for expect in some):
                return False
    return True


def _strict(loaded: Loaded, frame: Frame, run: Run, expect: Expect) -> str:
    """The outcome that durable_rules alone decides, "" if something is open."""
    if "=" in expect.subject:
        return _said(loaded, frame, expect, {}, "")
    if expect.subject not in run.active:
        return "not_in_play"
    code = next(c for c in loaded.program.rules if c.rule.id == expect.subject)
    logic, parts = code.code, run.parts
    if parts[logic.applies] != TRUE:
        return "not_in_play" if parts[logic.applies] == FALSE else ""
    if parts[logic.departs] != TRUE:
        return "respected" if parts[logic.departs] == FALSE else ""
    excepted = disjunction(effect(one, parts.__getitem__) for one in logic.exceptions)
    label = {TRUE: "excused", FALSE: "established"}.get(excepted, "")
    return staged(label, code.rule.kind, frame.stage)


def staged(label: str, kind: str, stage: str) -> str:
    """What did not happen has not departed from anything."""
    undone = stage == "did_not_happen" and kind in ("departure", "duty")
    return "respected" if undone and label == "established" else label
