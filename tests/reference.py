"""A second, naive evaluator of rule documents: it guards what a rule means.

It works on the plain dicts that the YAML of a rule file spells, shares no code with the engine and
takes the long way on purpose: recursion for conditions, a loop over every world, enumeration of
the completions of what is unknown. Where the two evaluators differ, one of them is wrong.

A frame is a plain dict:
    known     {key: values still possible}; a key that is absent is unknown
    switches  {key: (values, default)}; a reading is the key `reading.<id>`
    stage     done, planned, threatened, attempted, alleged or did_not_happen
    domains   {key: every value it can take}; a key that is absent is open: numbers, durations
    sets      keys that hold several values, stored as one boolean key `key:value` for each

Concepts are {name: document}, presumptions {name: {key, values}}, readings {id: document}. Truth
is a number, so that `and` is min, `or` is max and `not` is a subtraction.
"""

from __future__ import annotations

import functools
import itertools
import re
from fractions import Fraction

F, U, T = 0, 1, 2
CLEAR = ("respected", "excused", "moot", "not_in_play")
HOLDS = ("established", "presumed")
UNITS = {"": 1, "h": 1, "d": 24, "m": 1, "km": 1000, "min": Fraction(1, 60), "w": 168}
BOOLEAN_WORDS = {"yes": "true", "no": "false"}


class Contradiction(Exception):
    """A concept's true_when and false_when hold together: a fault of the rulebook."""


# --------------------------------------------------------------------------- accepted values


def all_of(truths):
    """Kleene's `and`; what follows a false one cannot matter."""
    lowest = T
    for truth in truths:
        if truth == F:
            return F
        lowest = min(lowest, truth)
    return lowest


def any_of(truths):
    """Kleene's `or`; what follows a true one cannot matter."""
    return 2 - all_of(2 - truth for truth in truths)


def as_list(value):
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


@functools.cache
def number(text):
    """A number with an optional unit; hours for times, metres for lengths."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*([a-z]*)\s*", text)
    return Fraction(match[1]) * UNITS[match[2]] if match and match[2] in UNITS else None


def decimal(value):
    """How a frame writes a number."""
    return str(value.numerator if value.denominator == 1 else float(value))


def within(value, bounds):
    """Whether one value meets every bound of `{at_least: 48 h, less_than: ...}`."""
    got = number(value)
    if got is None:
        return False
    tests = {
        "at_least": lambda bound: got >= bound,
        "more_than": lambda bound: got > bound,
        "at_most": lambda bound: got <= bound,
        "less_than": lambda bound: got < bound,
    }
    return all(tests[word](number(str(bound))) for word, bound in bounds)


def wanted_values(key, wanted, frame):
    """What a condition accepts: ("within", bounds) or ("among", values as a frame stores them)."""
    if isinstance(wanted, dict):
        return "within", tuple(wanted.items())
    values = [str(value) for value in as_list(wanted)]
    if set(frame["domains"].get(key, ())) == {"true", "false"}:
        values = [BOOLEAN_WORDS.get(value.lower(), value.lower()) for value in values]
    return "among", frozenset(values)


def accepts(accepted, value):
    kind, what = accepted
    return value in what if kind == "among" else within(value, what)


@functools.cache
def truth_of(accepted, values):
    """T if every value still possible is accepted, F if none is."""
    met = [accepts(accepted, value) for value in values]
    return T if all(met) else U if any(met) else F


# --------------------------------------------------------------------------- one world, one pass


def forgetting(method):
    """Once a truth is known it stays known, so what was unknown below it is of no interest."""

    @functools.wraps(method)
    def looked(self, *arguments):
        before = len(self.unknown)
        truth = method(self, *arguments)
        if truth != U:
            del self.unknown[before:]
        return truth

    return looked


class Pass:
    """One world seen strictly, or with what may be presumed."""

    def __init__(self, concepts, presumptions, frame, world, presumptive):
        self.concepts = concepts
        self.presumptions = presumptions
        self.frame = frame
        self.world = world
        self.presumptive = presumptive
        self.memory = {}
        self.unknown = []  # the keys that leave something unknown, in the order they were met

    def possible(self, key, owner):
        """The values still possible of a key for the atoms of `owner`, None if anything is."""
        if key in self.world:
            values = {self.world[key]}
        elif key in self.frame["known"]:
            values = set(self.frame["known"][key])
        elif key in self.frame["domains"]:
            values = set(self.frame["domains"][key])
        else:
            values = None
        if not self.presumptive:
            return values
        for name in owner.get("presume", []):
            if self.presumptions[name]["key"] == key:
                presumed = {str(value) for value in as_list(self.presumptions[name]["values"])}
                if values is None:
                    values = presumed
                elif not values <= presumed and values & presumed:
                    values = values & presumed
        return values

    def atom(self, key, wanted, owner):
        values = self.possible(key, owner)
        truth = U
        if values is not None:
            truth = truth_of(wanted_values(key, wanted, self.frame), frozenset(values))
        if truth == U:
            self.unknown.append(key)
        return truth

    @forgetting
    def entry(self, key, wanted, owner):
        if key == "any":
            return any_of(self.condition(part, owner) for part in wanted)
        if key == "all":
            return all_of(self.condition(part, owner) for part in wanted)
        if key == "not":
            return 2 - self.condition(wanted, owner)
        if key in self.concepts:
            return any_of(self.conclusion(key, value) for value in as_list(wanted))
        if key in self.frame["sets"]:
            return any_of(self.atom(f"{key}:{value}", "true", owner) for value in as_list(wanted))
        return self.atom(key, wanted, owner)

    @forgetting
    def condition(self, condition, owner):
        """All the entries of a mapping, any of a list; nothing asked is true."""
        if isinstance(condition, list):
            return any_of(self.condition(part, owner) for part in condition)
        return all_of(self.entry(key, wanted, owner) for key, wanted in condition.items())

    @forgetting
    def effect(self, exception, owner):
        """An exception's `when`, taken for granted as it says, unless a sub-exception undoes it."""
        when = self.condition(exception["when"], owner)
        if self.presumptive and when == U:
            when = {"absent": F, "present": T, "none": U}[exception.get("presumed", "absent")]
        if when == F:
            return F
        return min(when, 2 - self.any_effect(exception.get("unless"), owner))

    @forgetting
    def any_effect(self, exceptions, owner):
        if not exceptions or exceptions == "none":
            return F
        return any_of(self.effect(exception, owner) for exception in exceptions.values())

    @forgetting
    def derived(self, definitions, concept):
        """The conclusion of a list of definitions: any of their L."""
        return any_of(self.holds(definition, concept) for definition in listed(definitions))

    @forgetting
    def holds(self, definition, concept):
        """L of one definition, as the readings of this world have it."""
        for name, wanted in as_definition(definition).get("readings", {}).items():
            if not isinstance(wanted, dict) and self.world[f"reading.{name}"] not in as_list(
                wanted
            ):
                return F
        read = with_readings(as_definition(definition), self.world)
        applies = self.condition(read["when"], concept)
        if applies == F:
            return F
        return min(applies, 2 - self.any_effect(read["except"], concept))

    def conclusion(self, name, value):
        """Whether concept `name` has `value`."""
        value = str(value)
        if "values" not in self.concepts[name]:
            value = BOOLEAN_WORDS.get(value.lower(), value.lower())
        if (name, value) not in self.memory:
            before = len(self.unknown)
            truth = self._conclusion(self.concepts[name], value)
            self.memory[name, value] = truth, self.unknown[before:]
            del self.unknown[before:]
        truth, unknown = self.memory[name, value]
        self.unknown.extend(unknown)
        return truth

    def _conclusion(self, concept, value):
        # Saying when it is false means that otherwise silence stays unknown.
        closed = concept.get("closed", "no" if "false_when" in concept else "yes")
        floor = U if str(closed).lower() in ("no", "false") else F
        if "values" in concept:
            return max(self.derived(concept["values"][value], concept), floor)
        yes = self.derived(concept.get("true_when"), concept)
        no = self.derived(concept.get("false_when"), concept)
        if yes == T and no == T:
            raise Contradiction(concept.get("concept"))
        truth = F if no == T else max(yes, floor)
        return truth if value == "true" else 2 - truth


# --------------------------------------------------------------------------- a rule in one world


def as_definition(written):
    """A definition may be written as its bare condition."""
    return written if {"when", "except", "readings", "cite"} & written.keys() else {"when": written}


def listed(definitions):
    """Definitions may be a list, or one alone."""
    return [definitions] if isinstance(definitions, dict) else definitions or []


def is_null(value):
    """YAML's nothing, read as such or as text."""
    return value in (None, "", "~", "null")


def with_readings(document, world):
    """A rule or a definition as the readings of this world have it."""
    read = {**document}
    exceptions = document.get("except", "none")
    read["except"] = {} if exceptions == "none" else dict(exceptions)
    for name, values in document.get("readings", {}).items():
        change = values.get(world[f"reading.{name}"], {}) if isinstance(values, dict) else {}
        if "departs" in change:
            read["departs"] = change["departs"]
        for exception, new in change.get("except", {}).items():
            if is_null(new):
                read["except"].pop(exception, None)
            else:
                read["except"][exception] = new
    return read


def parts(rule, concepts, presumptions, frame, world, presumptive=False):
    """The truth of trigger, A, D, X and L of a rule in one world, in one pass."""
    look = Pass(concepts, presumptions, frame, world, presumptive)
    read = with_readings(rule, world)
    found = {
        "trigger": look.condition(read["trigger"], read),
        "A": look.condition(read.get("applies", {}), read),
        "D": look.condition(read.get("departs", {}), read),
        "X": look.any_effect(read["except"], read),
    }
    found["L"] = min(found["A"], found["D"], 2 - found["X"])
    found["unknown"] = look.unknown
    return found


def triggered(rule, frame):
    """The trigger asks only for what is always known."""
    return Pass({}, {}, frame, {}, presumptive=False).condition(rule["trigger"], rule) == T


def strict(rule, concepts, presumptions, frame, world):
    return parts(rule, concepts, presumptions, frame, world, presumptive=False)


def presumptive(rule, concepts, presumptions, frame, world):
    return parts(rule, concepts, presumptions, frame, world, presumptive=True)


def label(rule, concepts, presumptions, frame, world):
    """(outcome in one world, whether it rests on something presumed), the rows in order."""
    known = strict(rule, concepts, presumptions, frame, world)
    if known["trigger"] == F or known["A"] == F:
        return "not_in_play", False
    if known["A"] == T and known["D"] == F:
        return "respected", False
    if known["A"] == known["D"] == known["X"] == T:
        return "excused", False
    if known["L"] == T:
        return "established", False
    guess = presumptive(rule, concepts, presumptions, frame, world)
    if known["D"] == F:
        return ("respected", True) if guess["A"] == T else ("moot", False)
    if known["L"] == F or not can_hold(rule, concepts, presumptions, frame, world):
        excused = known["X"] == guess["A"] == guess["D"] == T
        return ("excused", True) if excused else ("moot", False)
    if guess["L"] == T:
        return "presumed", True
    if guess["A"] == guess["D"] == guess["X"] == T:
        return "excused", True
    return "open", False


def staged(outcome, rule, frame):
    """A departure that did not happen is a norm respected."""
    if frame["stage"] == "did_not_happen" and rule["kind"] in ("departure", "duty"):
        return {"established": "respected", "presumed": "respected", "open": "moot"}.get(
            outcome, outcome
        )
    return outcome


# --------------------------------------------------------------------------- completions


def conditions_of(document):
    """Every condition written in a rule or a definition, those of all readings included."""
    for part in ("applies", "departs", "when"):
        if part in document:
            yield document[part]
    exceptions = document.get("except", "none")
    for exception in {} if exceptions == "none" else exceptions.values():
        if not is_null(exception):
            yield from conditions_of({**exception, "except": exception.get("unless", "none")})
    for values in document.get("readings", {}).values():
        for change in values.values() if isinstance(values, dict) else ():
            yield from conditions_of(change)


def definitions_of(concept):
    lists = [concept.get("true_when"), concept.get("false_when")]
    lists += concept.get("values", {}).values()
    return [as_definition(one) for held in lists for one in listed(held)]


def cone(rule, concepts):
    """(entries, readings): each (key, wanted) that the rule names, in itself or by a concept."""
    entries, readings = [], set(rule.get("readings", {}))
    todo, seen = list(conditions_of(rule)), set()
    while todo:
        condition = todo.pop(0)
        if isinstance(condition, list):
            todo.extend(condition)
            continue
        for key, wanted in condition.items():
            if key in ("any", "all"):
                todo.extend(wanted)
            elif key == "not":
                todo.append(wanted)
            elif key not in concepts:
                entries.append((key, wanted))
            elif key not in seen:
                seen.add(key)
                for definition in definitions_of(concepts[key]):
                    readings |= set(definition.get("readings", {}))
                    todo.extend(conditions_of(definition))
    return entries, readings


def looked_at(rule, concepts, frame, world):
    """{stored key: the accepted sets with which the rule looks at it}, switches left out."""
    found = {}
    for key, wanted in cone(rule, concepts)[0]:
        if key in frame["sets"]:
            for value in as_list(wanted):
                found.setdefault(f"{key}:{value}", []).append("true")
        else:
            found.setdefault(key, []).append(wanted)
    return {key: wanted for key, wanted in found.items() if key not in world}


def specimens(accepted):
    """Values of an open key, at least one for each way of meeting the accepted sets."""
    ranges = [wanted for wanted in accepted if isinstance(wanted, dict)]
    bounds = sorted({number(str(bound)) for wanted in ranges for bound in wanted.values()})
    if bounds:
        between = [(low + high) / 2 for low, high in itertools.pairwise(bounds)]
        return [decimal(value) for value in [bounds[0] - 1, *bounds, *between, bounds[-1] + 1]]
    return [*(str(value) for wanted in accepted for value in as_list(wanted)), "something else"]


def classes(key, accepted, frame):
    """The values still possible of a key, those that no condition tells apart taken together."""
    if key in frame["known"]:
        values = frame["known"][key]
    elif key in frame["domains"]:
        values = frame["domains"][key]
    else:
        values = specimens(accepted)
    tests = [wanted_values(key, wanted, frame) for wanted in accepted]
    alike = {}
    for value in sorted(values):
        alike.setdefault(tuple(accepts(test, value) for test in tests), set()).add(value)
    return [frozenset(values) for values in alike.values()]


def told(frame, facts):
    return {**frame, "known": {**frame["known"], **facts}}


def can_hold(rule, concepts, presumptions, frame, world):
    """Whether some completion of the unknown facts makes strict L true."""
    return establishing(rule, concepts, presumptions, frame, world) is not None


def establishing(rule, concepts, presumptions, frame, world):
    """{key: values}: facts that make strict L true, however the rest turns out; or None.

    A branch is left as soon as L is settled, since facts never unsettle what is settled, and only
    facts are tried that some condition still asks for, those most asked for first. That these
    shortcuts change nothing is tested against `can_hold_exhaustively`.
    """
    keys = looked_at(rule, concepts, frame, world)
    choices = {key: classes(key, accepted, frame) for key, accepted in keys.items()}
    open_keys = {key for key, found in choices.items() if len(found) > 1}

    def search(facts):
        known = strict(rule, concepts, presumptions, told(frame, facts), world)
        left = [key for key in known["unknown"] if key in open_keys and key not in facts]
        if known["L"] != U or not left:
            return facts if known["L"] == T else None
        key = max(left, key=left.count)
        tried = (search({**facts, key: found}) for found in choices[key])
        return next((found for found in tried if found is not None), None)

    return search({})


def completions(rule, concepts, frame, world):
    """Every completion of the facts the rule looks at, one for each way to tell them apart."""
    keys = looked_at(rule, concepts, frame, world)
    choices = [classes(key, accepted, frame) for key, accepted in keys.items()]
    for values in itertools.product(*choices):
        yield told(frame, {key: {min(some)} for key, some in zip(keys, values, strict=True)})


def can_hold_exhaustively(rule, concepts, presumptions, frame, world):
    return any(
        strict(rule, concepts, presumptions, complete, world)["L"] == T
        for complete in completions(rule, concepts, frame, world)
    )


# --------------------------------------------------------------------------- all worlds


def switches_of(rule, concepts, readings, frame):
    """{key: (values, default)}: the frame's switches, and the readings in the rule's cone."""
    found = {key: (list(values), default) for key, (values, default) in frame["switches"].items()}
    for name in sorted(cone(rule, concepts)[1]):
        reading = readings[name]
        found.setdefault(f"reading.{name}", (list(reading["values"]), reading["default"]))
    return found


def worlds_of(switches):
    names = sorted(switches)
    for values in itertools.product(*(switches[name][0] for name in names)):
        yield dict(zip(names, values, strict=True))


def across(outcomes, default):
    """One outcome for all worlds; `default` is that of the default world."""
    if len(set(outcomes)) == 1:
        return outcomes[0]
    holds = [outcome in HOLDS for outcome in outcomes]
    if all(holds):
        return "presumed"
    if any(holds):
        return "arguable"
    return "open" if "open" in outcomes else default


def evaluate(rule, concepts, presumptions, readings, frame):
    """The outcome of a rule on a frame, and in every world of the frame's switches."""
    switches = switches_of(rule, concepts, readings, frame)
    default = tuple(sorted((key, switch[1]) for key, switch in switches.items()))
    named = looked_at(rule, concepts, frame, {}).keys()
    named |= {f"reading.{name}" for name in cone(rule, concepts)[1]}
    worlds, assumes = {}, {}
    asked = {}
    for world in worlds_of(switches):
        # Worlds that differ only in a switch which the rule never names are looked at once.
        same = tuple(sorted(item for item in world.items() if item[0] in named))
        if same not in asked:
            asked[same] = label(rule, concepts, presumptions, frame, world)
        outcome, assumed = asked[same]
        worlds[tuple(sorted(world.items()))] = staged(outcome, rule, frame)
        assumes[tuple(sorted(world.items()))] = assumed
    return {
        "outcome": across(list(worlds.values()), worlds[default]),
        "worlds": worlds,
        "default": default,
        "assumes": assumes,
    }


# --------------------------------------------------------------------------- needs


def narrowings(found):
    """The ways to learn something of a key: every union of its classes short of all of them.

    With many classes only each class and its complement are tried.
    """
    everything = frozenset().union(*found)
    if len(found) <= 4:
        unions = [
            frozenset().union(*some)
            for size in range(1, len(found))
            for some in itertools.combinations(found, size)
        ]
    else:
        unions = [*found, *(everything - some for some in found)]
    return sorted(unions, key=lambda union: (-len(union), sorted(union)))


def narrower(facts, old):
    return set(facts) == set(old) and all(facts[key] <= old[key] for key in facts)


def needs(rule, concepts, presumptions, frame, world, limit=3, most=3):
    """The smallest sets of facts that give established or presumed in this world.

    Each is a list of (key, values left), the widest values that serve; fewest keys first.
    """
    keys = looked_at(rule, concepts, frame, world)
    choices = {key: classes(key, accepted, frame) for key, accepted in keys.items()}
    ways = {key: narrowings(found) for key, found in choices.items() if len(found) > 1}
    for size in range(1, limit + 1):
        sets = []
        for chosen in itertools.combinations(sorted(ways), size):
            for values in itertools.product(*(ways[key] for key in chosen)):
                facts = dict(zip(chosen, values, strict=True))
                if any(narrower(facts, dict(old)) for old in sets):
                    continue
                if label(rule, concepts, presumptions, told(frame, facts), world)[0] in HOLDS:
                    sets.append(tuple(facts.items()))
        if sets:
            return sets[:most]
    return []
