"""Random rulebooks and frames, for the comparison of the engine with `tests/reference.py`.

Everything is built by functions over a source of choices, so that the same code serves hypothesis
(which shrinks a failure) and `random.Random` (which is fast and needs only a seed). Documents are
made as plain dicts, which the reference reads; `text_of` spells them as YAML for the engine.

The keys are real ones, and the values are some of their real values: see `KEYS`.
"""

from __future__ import annotations

import random

from hypothesis import strategies as st

from tests import reference

# How a key is asked about: the values that conditions name. A choice has others besides.
CHOICES = {
    "act.harm": ("none", "injury", "death"),
    "act.zone": ("inside", "exterior_wall", "roof"),
    "by.attributed_to": ("sending", "receiving", "none"),
    "consent.state": ("given", "refused", "revoked"),
    "mission.relations": ("established", "suspended", "severed"),
    "place.acceptance": ("accepted", "not_objected", "objected"),
}
BOOLEANS = ("agreement.covers", "by.own_mission")
JUDGED = ("judged.grave_misuse", "judged.war_propaganda")
NUMBERS = {"png.deadline_hours": ("24 h", "48 h", "3 d", "10 d")}
HOURS = ("0", "24", "36", "48", "72", "100.5", "240", "300")
SETS = {"act.topic": ("culture", "trade", "war_of_own_state")}
KEYS = (*CHOICES, *BOOLEANS, *JUDGED, *NUMBERS, *SETS)

# Presumptions of the vocabulary whose key is one of these, and what they presume.
PRESUMPTIONS = {
    "no_special_agreement": {"key": "agreement.covers", "values": ["false"]},
    "premises_accepted": {"key": "place.acceptance", "values": ["accepted", "not_objected"]},
    "relations_subsist": {"key": "mission.relations", "values": ["established"]},
}

# Act types with their family and tags.
ACTS = {
    "display_banner": ("speech_display", ("expressive", "display", "local_law")),
    "enter_premises": ("host_premises", ("entry", "intrusion", "coercive")),
    "make_statement": ("speech_display", ("expressive",)),
    "search_premises": ("host_premises", ("entry", "intrusion", "coercive", "search")),
}
TAGS = sorted({tag for _, tags in ACTS.values() for tag in tags})
FAMILIES = sorted({family for family, _ in ACTS.values()})
KINDS = ("departure", "duty", "immunity", "inviolability", "power", "liberty")
STAGES = ("done", "done", "done", "planned", "alleged", "did_not_happen")

# What the reference needs to know of the keys: every value of those that are closed.
BOOLEAN = ("true", "false")


def domains(others):
    """The closed value sets; `others` gives the real values of a choice besides those named."""
    found = {key: (*values, *others.get(key, ())) for key, values in CHOICES.items()}
    found |= dict.fromkeys((*BOOLEANS, *JUDGED), BOOLEAN)
    found |= {f"{key}:{value}": BOOLEAN for key, values in SETS.items() for value in values}
    found |= {"act.type": tuple(ACTS), "act.family": tuple(FAMILIES)}
    return found | {f"act.tag:{tag}": BOOLEAN for tag in TAGS}


# --------------------------------------------------------------------------- sources of choices


class Source:
    """Where choices come from; only `integer` differs."""

    def integer(self, low, high):
        raise NotImplementedError

    def chance(self, percent):
        """True in so many of a hundred; the simple case, to which a failure shrinks, is False."""
        return self.integer(1, 100) > 100 - percent

    def pick(self, options):
        return options[self.integer(0, len(options) - 1)]

    def some(self, options, least, most):
        """So many of the options, each at most once, in their order."""
        left = list(range(len(options)))
        count = self.integer(least, min(most, len(left)))
        chosen = {left.pop(self.integer(0, len(left) - 1)) for _ in range(count)}
        return [options[index] for index in sorted(chosen)]


class Seeded(Source):
    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self, low, high):
        # About four times as fast as randint, and the same numbers on every version of Python.
        return low + int(self.random.random() * (high - low + 1))


class Drawn(Source):
    def __init__(self, draw):
        self.draw = draw

    def integer(self, low, high):
        return self.draw(st.integers(low, high))


# --------------------------------------------------------------------------- conditions


def comparison(source, bounds):
    """One bound, or two that leave something between them."""
    low = source.integer(0, len(bounds) - 1)
    if source.chance(30) and low + 1 < len(bounds):
        high = source.integer(low + 1, len(bounds) - 1)
        return {
            source.pick(("at_least", "more_than")): bounds[low],
            source.pick(("at_most", "less_than")): bounds[high],
        }
    word = source.pick(("at_least", "more_than", "at_most", "less_than"))
    return {word: bounds[low]}


def one_or_more(values):
    return values[0] if len(values) == 1 else values


def leaf(source, concepts):
    """One key or concept, with what is wanted of it."""
    if concepts and source.chance(35):
        name = source.pick(sorted(concepts))
        values = list(concepts[name].get("values", ()))
        if not values:
            return name, source.pick(("true", "false", "yes", "no"))
        return name, one_or_more(source.some(values, 1, len(values) - 1))
    key = source.pick(KEYS)
    if key in CHOICES:
        return key, one_or_more(source.some(CHOICES[key], 1, len(CHOICES[key]) - 1))
    if key in NUMBERS:
        return key, comparison(source, NUMBERS[key])
    if key in SETS:
        return key, one_or_more(source.some(SETS[key], 1, 2))
    return key, source.pick(("true", "false", "yes", "no"))


def condition(source, concepts, depth=2, most=3):
    """A mapping that is never empty."""
    found = {}
    for _ in range(1 if source.chance(50) else source.integer(1, most)):
        if depth and source.chance(20):
            word = source.pick(("any", "all", "not"))
            if word == "not":
                found[word] = condition(source, concepts, depth - 1, 2)
            else:
                count = source.integer(1 if word == "all" else 2, 3)
                found[word] = [condition(source, concepts, depth - 1, 1) for _ in range(count)]
        else:
            key, wanted = leaf(source, concepts)
            found[key] = wanted
    return found


def exceptions(source, concepts, prefix="e", depth=2):
    found = {}
    for number in range(1, source.integer(1, 3 if depth == 2 else 2) + 1):
        name = f"{prefix}{number}"
        exception = {"when": condition(source, concepts, 1, 2), "cite": "VCDR 41(1)"}
        if source.chance(40):
            exception["presumed"] = source.pick(("absent", "present", "none"))
        if depth and source.chance(30):
            exception["unless"] = exceptions(source, concepts, f"{name}u", depth - 1)
        found[name] = exception
    return found


# --------------------------------------------------------------------------- presumed both ways


def atoms(condition):
    """Every (key, wanted) of a condition, as text."""
    for key, wanted in condition.items():
        if key in ("any", "all"):
            for part in wanted:
                yield from atoms(part)
        elif key == "not":
            yield from atoms(wanted)
        else:
            yield key, reference.BOOLEAN_WORDS.get(str(wanted), str(wanted))


def every_exception(found):
    for exception in found.values():
        if exception is not None:
            yield exception
            yield from every_exception(exception.get("unless", {}))


def exception_groups(document):
    """The exceptions of a rule or a definition, and those that each value of a reading brings."""
    own = document.get("except", "none")
    yield {} if own == "none" else own
    for values in document.get("readings", {}).values():
        if isinstance(values, dict):
            yield from (change.get("except", {}) for change in values.values())


def standing(condition, presumed):
    """What the standing presumptions alone make of a condition."""
    blank = {"known": {}, "domains": dict.fromkeys(BOOLEANS, BOOLEAN), "sets": set(SETS)}
    look = reference.Pass({}, PRESUMPTIONS, blank, {}, presumptive=True)
    return look.condition(condition, {"presume": presumed})


def presume_one_way(presumed, *groups):
    """Let nothing be presumed both ways, which is a fault of the rulebook.

    No atom is presumed both absent and present, and no exception is presumed the contrary of what
    the standing presumptions in `presumed` say.
    """
    found = [exception for group in groups for exception in every_exception(group)]
    for exception in found:
        mode = exception.get("presumed", "absent")
        held = standing(exception["when"], presumed)
        if (mode, held) in (("absent", reference.T), ("present", reference.F)):
            exception["presumed"] = "none"
    absent = {
        atom
        for exception in found
        if exception.get("presumed", "absent") == "absent"
        for atom in atoms(exception["when"])
    }
    for exception in found:
        if exception.get("presumed") == "present" and absent & set(atoms(exception["when"])):
            exception["presumed"] = "none"


# --------------------------------------------------------------------------- documents


def definitions(source, concepts, readings, most=2):
    found = []
    for number in range(1, source.integer(1, most) + 1):
        definition = {"when": condition(source, concepts)}
        if source.chance(25):
            definition["except"] = exceptions(source, concepts, f"d{number}e", 1)
        if readings and source.chance(20):
            definition["readings"] = definition_readings(source, definition, readings, concepts)
        definition["cite"] = "VCDR 41(1)"
        found.append(definition)
    return found


def definition_readings(source, definition, readings, concepts):
    """A definition counts under some values of a reading only, or has other exceptions there."""
    name = source.pick(sorted(readings))
    values = list(readings[name]["values"])
    if source.chance(40):
        return {name: source.some(values, 1, len(values) - 1)}
    own = definition.get("except", "none")
    return reading_changes(source, own, {name: readings[name]}, concepts, departs=False)


def keep_apart(source, yes, no):
    """Make true_when and false_when exclude each other: both together are a rulebook fault."""
    key = source.pick(sorted(CHOICES))
    left, right = source.some(CHOICES[key], 2, 2)
    for definition in yes:
        definition["when"][key] = left
    for definition in no:
        definition["when"][key] = right


def all_definitions(concept):
    return [
        *concept.get("true_when", ()),
        *concept.get("false_when", ()),
        *(definition for listed in concept.get("values", {}).values() for definition in listed),
    ]


def concept(source, name, concepts, readings):
    found = {"concept": name, "title": f"What {name} says", "cite": "VCDR 41(1)"}
    if source.chance(40):
        names = ("full", "partial", "little")[: source.integer(2, 3)]
        found["values"] = {value: definitions(source, concepts, readings) for value in names}
    else:
        found["true_when"] = definitions(source, concepts, readings)
        if source.chance(30):
            found["false_when"] = definitions(source, concepts, readings)
            keep_apart(source, found["true_when"], found["false_when"])
    if source.chance(30):
        found["closed"] = source.pick(("no", "yes"))
    if source.chance(30):
        found["presume"] = source.some(sorted(PRESUMPTIONS), 1, len(PRESUMPTIONS))
    for definition in all_definitions(found):
        presume_one_way(found.get("presume", ()), *exception_groups(definition))
    return found


def named(wanted):
    return set(reference.as_list(wanted))


def trigger(source):
    key = source.pick(("act.type", "act.tag", "act.type", "act.tag", "act.family"))
    options = {"act.type": sorted(ACTS), "act.family": FAMILIES, "act.tag": TAGS}[key]
    found = {key: one_or_more(source.some(options, (len(options) + 1) // 2, len(options) - 1))}
    if key != "act.tag" and source.chance(10):
        # A tag that some act named has: a trigger that no act meets is a fault.
        met = [tags for act, (family, tags) in ACTS.items() if {act, family} & named(found[key])]
        found["act.tag"] = source.pick(source.pick(met))
    return found


def reading_changes(source, exceptions_of, readings, concepts, departs=True):
    """What readings change in a rule or a definition. No two change the same thing."""
    left = [] if exceptions_of == "none" else [*exceptions_of]
    changes = {}
    departs_by = source.integer(0, len(readings)) if departs else -1
    for number, name in enumerate(sorted(readings)):
        own = [left.pop() for _ in range(source.integer(0, min(1, len(left))))]
        values = {}
        for value in source.some(list(readings[name]["values"]), 1, 2):
            change = {}
            if number == departs_by:
                change["departs"] = condition(source, concepts)
            if own or source.chance(50) or not change:
                change["except"] = exceptions(source, concepts, f"{name}e", 1)
            for base in own:
                replaced = exceptions(source, concepts, base, 0)[f"{base}1"]
                change["except"][base] = None if source.chance(50) else replaced
            values[value] = change
        changes[name] = values
    return changes


def rule(source, name, concepts, readings):
    found = {
        "rule": name,
        "provision": "VCDR 41(1)",
        "kind": source.pick(KINDS),
        "title": f"What {name} asks",
        "norm": {"bearer": "by", "modality": "must", "owed_to": "receiving_state"},
        "strength": ["treaty"],
        "trigger": trigger(source),
        "applies": condition(source, concepts, 2, 2),
    }
    if source.chance(60):
        found["departs"] = condition(source, concepts)
    if source.chance(75):
        found["except"] = exceptions(source, concepts)
    else:
        found["except"] = "none"
        found["no_exceptions"] = "a generated rule"
    if source.chance(60):
        found["presume"] = source.some(sorted(PRESUMPTIONS), 1, len(PRESUMPTIONS))
    if readings and source.chance(50):
        used = {one: readings[one] for one in source.some(sorted(readings), 1, 2)}
        found["readings"] = reading_changes(source, found["except"], used, concepts)
    found["finding"] = "{by} did this."
    presume_one_way(found.get("presume", ()), *exception_groups(found))
    return found


def reading(source, name):
    values = ("narrow", "wide", "middle")[: source.integer(2, 3)]
    return {
        "reading": name,
        "title": f"How {name} is read",
        "question": "Which reading is right?",
        "default": source.pick(values),
        "values": {
            value: {"says": "It is so.", "held_by": "some", "why": "a generated reading"}
            for value in values
        },
    }


def rulebook(source):
    """{"concepts": {name: document}, "readings": {id: document}, "rules": [document]}"""
    readings = {
        f"generated_{number}": reading(source, f"generated_{number}")
        for number in range(1, source.integer(0, 3) + 1)
    }
    concepts = {}
    for number in range(1, source.integer(1, 6) + 1):
        name = f"act.generated_{number}"
        concepts[name] = concept(source, name, dict(concepts), readings)
    rules = [
        rule(source, f"generated-{number}", concepts, readings)
        for number in range(1, source.integer(1, 8) + 1)
    ]
    return {"concepts": concepts, "readings": readings, "rules": rules}


# --------------------------------------------------------------------------- frames


def known_values(source, key, others):
    """What a frame may say of a key: usually one value, at times several, or an unfilled role."""
    if key in NUMBERS:
        return set(source.some(HOURS, 1, 1 if source.chance(75) else 3))
    if key.startswith(("by.", "place.")) and source.chance(5):
        return {"none"}
    values = (*CHOICES[key], *others.get(key, ())[:1]) if key in CHOICES else BOOLEAN
    return set(source.some(values, 1, 1 if source.chance(75) else len(values)))


def stored_keys():
    """The keys that a frame holds, a set key spelled out in one key for each value."""
    plain = (*CHOICES, *BOOLEANS, *JUDGED, *NUMBERS)
    return [*plain, *(f"{key}:{value}" for key, values in SETS.items() for value in values)]


def frame(source, book, others):
    closed = domains(others)
    aimed = source.pick(book["rules"]) if source.chance(75) else None
    act = source.pick(acts_of(aimed) if aimed else sorted(ACTS))
    family, tags = ACTS[act]
    known = {"act.type": {act}, "act.family": {family}}
    known |= {f"act.tag:{tag}": {"true" if tag in tags else "false"} for tag in TAGS}
    aim = aim_at(source, aimed, book["concepts"]) if aimed else {}
    switches = {}
    told = source.pick((40, 60, 80, 95)) if aimed is None else source.pick((20, 60, 90))
    presumable = {held["key"] for held in PRESUMPTIONS.values()}
    for key in stored_keys():
        judged = key.startswith("judged.")
        if source.chance(20 if judged else 2) and key in closed and len(switches) < 3:
            values = BOOLEAN if judged else tuple(source.some(closed[key], 2, 2))
            switches[key] = (values, source.pick(values))
        elif key in aim and source.chance(60 if key in presumable else 95):
            known[key] = {aim[key]}
        elif source.chance(told):
            known[key] = known_values(source, key, others)
    for name in sorted(book["readings"]):
        if source.chance(20):
            values = tuple(book["readings"][name]["values"])
            switches[f"reading.{name}"] = (values, source.pick(values))
    return {
        "known": known,
        "switches": switches,
        "stage": source.pick(STAGES),
        "domains": closed,
        "sets": {*SETS, "act.tag"},
    }


# --------------------------------------------------------------------------- frames with an aim


def acts_of(rule):
    """The types of act that a rule looks at."""
    wanted = {key: named(value) for key, value in rule["trigger"].items()}
    seen = {
        act: {"act.type": {act}, "act.family": {family}, "act.tag": set(tags)}
        for act, (family, tags) in ACTS.items()
    }
    return [act for act in sorted(ACTS) if all(seen[act][key] & wanted[key] for key in wanted)]


def aim_at(source, rule, concepts):
    """{key: value}: facts under which a rule is mostly departed from.

    Without an aim hardly any frame establishes anything. What is said first of a key stands, so
    the aim is missed where a rule asks two things of one key.
    """
    aim = {}
    for part in ("applies", "departs"):
        meet(source, rule.get(part, {}), True, concepts, aim)
    meet_exceptions(source, rule, concepts, aim)
    return aim


def meet_exceptions(source, document, concepts, aim):
    """Mostly let no exception hold, or say nothing of them; a sub-exception is left to chance."""
    own = document.get("except", "none")
    silent = source.chance(40)
    for exception in ({} if own == "none" else own).values():
        if not silent and source.chance(75):
            meet(source, exception["when"], source.chance(15), concepts, aim)


def meet(source, condition, want, concepts, aim):
    """Aim at facts that make a condition hold, or fail."""
    entries = list(condition.items())
    # One entry that fails is enough.
    for key, wanted in entries if want else [source.pick(entries)]:
        if key == "not":
            meet(source, wanted, not want, concepts, aim)
        elif key in ("any", "all"):
            each = (key == "all") == want
            for part in wanted if each else [source.pick(wanted)]:
                meet(source, part, want, concepts, aim)
        elif key in concepts:
            meet_concept(source, concepts[key], wanted, want, concepts, aim)
        else:
            meet_key(source, key, wanted, want, aim)


def meet_concept(source, concept, wanted, want, concepts, aim):
    if "values" in concept:
        values = reference.as_list(wanted)
        definitions = [one for value in values for one in concept["values"][value]]
    else:
        definitions = concept["true_when"]
        want = want == (reference.BOOLEAN_WORDS.get(wanted, wanted) == "true")
    for definition in [source.pick(definitions)] if want else definitions:
        meet(source, definition["when"], want, concepts, aim)
        if want:
            meet_exceptions(source, definition, concepts, aim)


def meet_key(source, key, wanted, want, aim):
    if key in SETS:
        values = reference.as_list(wanted)
        for value in [source.pick(values)] if want else values:
            aim.setdefault(f"{key}:{value}", "true" if want else "false")
        return
    domain = CHOICES.get(key) or (HOURS if key in NUMBERS else BOOLEAN)
    frame = {"domains": {key: domain}}
    test = reference.wanted_values(key, wanted, frame)
    fitting = [value for value in domain if reference.accepts(test, value) == want]
    if fitting:
        aim.setdefault(key, source.pick(fitting))


def pairs(source, others, frames=1):
    """A rulebook, and so many frames to judge by it."""
    book = rulebook(source)
    return book, [frame(source, book, others) for _ in range(frames)]


def seeded(seed, others, frames=1):
    return pairs(Seeded(seed), others, frames)


@st.composite
def drawn(draw, others, frames=1):
    return pairs(Drawn(draw), others, frames)


# --------------------------------------------------------------------------- YAML text


def spelled(value, indent=0):
    """YAML for dicts, lists and text; every scalar is plain, as a rule author writes it."""
    pad = "  " * indent
    if isinstance(value, dict):
        for key, held in value.items():
            if isinstance(held, (dict, list)) and held and not flat(held):
                yield f"{pad}{key}:"
                yield from spelled(held, indent + 1)
            else:
                yield f"{pad}{key}: {inline(held)}"
    else:
        for held in value:
            first, *rest = spelled(held, indent + 1)
            yield f"{pad}- {first.lstrip()}"
            yield from rest


def flat(value):
    held = value.values() if isinstance(value, dict) else value
    return not any(isinstance(part, (dict, list)) for part in held)


def inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {inline(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(held) for held in value) + "]"
    if value is None:
        return "null"
    text = str(value)
    return f'"{text}"' if text.startswith("{") else text


def text_of(documents):
    return "---\n".join("\n".join(spelled(document)) + "\n" for document in documents)


def files_of(book):
    """{file name: bytes}: the rulebook as files, a file for each kind of document."""
    listed = {
        "concepts/generated.yaml": [*book["concepts"].values()],
        "readings/generated.yaml": [*book["readings"].values()],
        "practice/generated.yaml": book["rules"],
    }
    return {name: text_of(found).encode() for name, found in listed.items() if found}
