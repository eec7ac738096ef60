"""The reference evaluator on tiny hand-made rules: each row of the tables of meaning, by name.

The keys are a, b, c, ... with the values 1, 2 and 3; `n` is a number and `s` holds several values.
"""

import pytest

from tests import generate, reference

DOMAINS = dict.fromkeys("abcde", ("1", "2", "3"))
DOMAINS |= {"act.type": ("x", "y"), "flag": ("true", "false")}
DOMAINS |= {f"s:{value}": ("true", "false") for value in "pq"}
PRESUMPTIONS = {"a_is_1": {"key": "a", "values": ["1"]}, "a_small": {"key": "a", "values": [1, 2]}}


def frame(stage="done", switches=None, **known):
    told = {key: set(str(value).split("|")) for key, value in known.items()}
    return {
        "known": {"act.type": {"x"}, **told},
        "switches": switches or {},
        "stage": stage,
        "domains": DOMAINS,
        "sets": {"s"},
    }


def rule(applies=None, departs=None, exceptions="none", kind="departure", **more):
    applies = {"a": "1"} if applies is None else applies
    found = {"kind": kind, "trigger": {"act.type": "x"}, "applies": applies, "except": exceptions}
    return {**found, **({} if departs is None else {"departs": departs}), **more}


def judged(of, seen, concepts=None, readings=None):
    return reference.evaluate(of, concepts or {}, PRESUMPTIONS, readings or {}, seen)


def outcome(*arguments, **named):
    return judged(*arguments, **named)["outcome"]


def unless_b(presumed="absent", **more):
    return {"e": {"when": {"b": "1"}, "presumed": presumed, **more}}


# --------------------------------------------------------------------------- one world


def test_an_act_that_the_trigger_does_not_name_is_not_in_play():
    assert outcome(rule(trigger={"act.type": "y"}), frame(a=1)) == "not_in_play"


def test_a_condition_that_fails_is_not_in_play():
    assert outcome(rule(), frame(a=2)) == "not_in_play"
    assert outcome(rule(), frame(a="2|3")) == "not_in_play"


def test_conditions_met_without_a_departure_are_respect():
    assert outcome(rule(departs={"c": "1"}), frame(a=1, c=2)) == "respected"


def test_respect_comes_before_an_exception():
    of = rule(departs={"c": "1"}, exceptions=unless_b())
    assert outcome(of, frame(a=1, b=1, c=2)) == "respected"


def test_a_known_exception_excuses():
    found = judged(rule(exceptions=unless_b()), frame(a=1, b=1))
    assert found["outcome"] == "excused"
    assert not found["assumes"][found["default"]]


def test_everything_known_is_established():
    assert outcome(rule(exceptions=unless_b()), frame(a=1, b=2)) == "established"
    assert outcome(rule(), frame(a=1)) == "established"


def test_silence_about_an_exception_is_presumed():
    found = judged(rule(exceptions=unless_b()), frame(a=1))
    assert found["outcome"] == "presumed"
    assert found["assumes"][found["default"]]


def test_silence_about_a_condition_is_open():
    assert outcome(rule(), frame()) == "open"
    assert outcome(rule(), frame(a="1|2")) == "open"


def test_an_exception_presumed_present_excuses_with_assumptions():
    found = judged(rule(exceptions=unless_b("present")), frame(a=1))
    assert found["outcome"] == "excused"
    assert found["assumes"][found["default"]]


def test_an_exception_never_presumed_leaves_the_question_open():
    assert outcome(rule(exceptions=unless_b("none")), frame(a=1)) == "open"


@pytest.mark.parametrize(
    ("applies", "departs", "exceptions", "known"),
    [
        pytest.param({"a": "1"}, {"c": "1"}, "none", {"c": 2}, id="no departure, A unknown"),
        pytest.param({"a": "1"}, None, unless_b(), {"b": 1}, id="an exception, A unknown"),
        pytest.param({"a": "1"}, {"a": "2"}, "none", {}, id="no completion: one key, two values"),
        pytest.param({"a": "1"}, None, {"e": {"when": {"a": ["1", "2"]}}}, {}, id="by exception"),
        pytest.param({"n": {"at_least": 3}}, {"n": {"less_than": 2}}, "none", {}, id="numbers"),
        pytest.param({"n": {"at_least": 3}}, {"n": {"at_most": 3}}, "none", {"n": "2|4"}, id="few"),
    ],
)
def test_what_can_never_be_established_is_moot(applies, departs, exceptions, known):
    assert outcome(rule(applies, departs, exceptions), frame(**known)) == "moot"


def test_a_number_that_meets_both_bounds_keeps_the_question_open():
    of = rule({"n": {"at_least": "2 d"}}, {"n": {"at_most": "48 h"}})
    assert outcome(of, frame()) == "open"
    assert outcome(of, frame(n=48)) == "established"


# --------------------------------------------------------------------------- the two passes


def test_a_sub_exception_takes_an_exception_away():
    of = rule(exceptions=unless_b(unless={"s": {"when": {"c": "1"}}}))
    assert outcome(of, frame(a=1, b=1, c=1)) == "established"
    assert outcome(of, frame(a=1, b=1, c=2)) == "excused"
    # The sub-exception nobody mentioned is presumed absent in its turn.
    found = judged(of, frame(a=1, b=1))
    assert (found["outcome"], found["assumes"][found["default"]]) == ("excused", True)


def test_only_the_own_condition_of_an_exception_is_presumed():
    of = rule(
        exceptions=unless_b("present", unless={"s": {"when": {"c": "1"}, "presumed": "none"}})
    )
    assert outcome(of, frame(a=1)) == "open"


def test_a_standing_presumption_fills_silence_and_never_overrides():
    of = rule(presume=["a_is_1"])
    assert outcome(of, frame()) == "presumed"
    assert outcome(of, frame(a="1|2")) == "presumed"
    assert outcome(of, frame(a=2)) == "not_in_play"
    assert outcome(of, frame(a="2|3")) == "not_in_play"


def test_a_presumption_narrows_and_leaves_the_rest_unknown():
    of = rule(presume=["a_small"])
    assert outcome(of, frame()) == "open"
    assert outcome(of, frame(a="1|3")) == "presumed"


def test_a_presumption_against_the_rule_leaves_it_open():
    assert outcome(rule({"a": "2"}, presume=["a_is_1"]), frame()) == "open"


def test_a_presumption_holds_for_the_exceptions_of_the_rule_too():
    of = rule({"b": "1"}, exceptions={"e": {"when": {"a": "1"}}}, presume=["a_is_1"])
    assert outcome(of, frame(b=1)) == "excused"


# --------------------------------------------------------------------------- conditions


def test_any_all_not_and_lists():
    of = rule({"any": [{"a": ["1", "2"]}, {"not": {"b": "1"}}], "all": [{"c": "3"}, {"d": "3"}]})
    assert outcome(of, frame(a="1|2", c=3, d=3)) == "established"
    assert outcome(of, frame(a=3, b=2, c=3, d=3)) == "established"
    assert outcome(of, frame(a=3, b=1, c=3, d=3)) == "not_in_play"
    assert outcome(of, frame(d=2)) == "not_in_play"


def test_a_key_of_an_unfilled_role_meets_no_condition():
    assert outcome(rule({"flag": "no"}), frame(flag="none")) == "not_in_play"
    assert outcome(rule({"flag": "no"}), frame(flag="false")) == "established"
    assert outcome(rule({"n": {"at_most": 3}}), frame(n="none")) == "not_in_play"


def test_a_set_key_asks_for_any_of_its_values():
    of = rule({"s": ["p", "q"]})
    assert outcome(of, frame(**{"s:p": "false", "s:q": "true"})) == "established"
    assert outcome(of, frame(**{"s:p": "false"})) == "open"
    assert outcome(of, frame(**{"s:p": "false", "s:q": "false"})) == "not_in_play"


# --------------------------------------------------------------------------- concepts


def concept(**more):
    return {"k": {"concept": "k", "true_when": [{"when": {"a": "1"}}], **more}}


def test_a_closed_concept_is_false_where_it_is_not_derived():
    assert outcome(rule({"k": "no"}), frame(a=2), concept()) == "established"
    assert outcome(rule({"k": "yes"}), frame(a=2), concept()) == "not_in_play"


def test_an_open_concept_is_unknown_where_it_is_not_derived():
    # No fact can make it false, so nothing that needs it false can be established.
    assert outcome(rule({"k": "no"}), frame(a=2), concept(closed="no")) == "moot"
    both = {"any": [{"k": "yes"}, {"b": "1"}]}
    assert outcome(rule(both), frame(a=2), concept(closed="no")) == "open"


def test_what_makes_a_concept_false():
    of = concept(false_when=[{"when": {"b": "1"}}], closed="no")
    assert outcome(rule({"k": "no"}), frame(a=2, b=1), of) == "established"
    assert outcome(rule({"k": "no"}), frame(b=1), of) == "established"
    assert outcome(rule({"k": "no"}), frame(a=2), of) == "open"
    with pytest.raises(reference.Contradiction):
        judged(rule({"k": "no"}), frame(a=1, b=1), of)


def test_each_value_of_a_concept_is_its_own_conclusion():
    of = {"k": {"values": {"p": [{"when": {"a": "1"}}], "q": [{"when": {"b": "1"}}], "r": []}}}
    assert outcome(rule({"k": "p"}, {"k": "q"}), frame(a=1, b=1), of) == "established"
    assert outcome(rule({"k": ["p", "q"]}), frame(a=2, b=2), of) == "not_in_play"
    assert outcome(rule({"k": ["p", "q"]}), frame(a=2), of) == "open"


def test_a_concept_carries_what_it_presumes_itself():
    of = concept(presume=["a_is_1"])
    assert outcome(rule({"k": "yes"}), frame(), of) == "presumed"
    # The rule's own look at the key is not touched by what the concept presumes.
    assert outcome(rule({"k": "yes", "a": ["1", "2"]}), frame(), of) == "open"


def test_an_exception_to_a_definition_is_presumed_absent():
    of = {"k": {"true_when": [{"when": {"a": "1"}, "except": unless_b()}]}}
    assert outcome(rule({"k": "yes"}), frame(a=1), of) == "presumed"
    assert outcome(rule({"k": "yes"}), frame(a=1, b=1), of) == "not_in_play"


# --------------------------------------------------------------------------- worlds


def split(**switches):
    return {key: (("1", "2"), str(default)) for key, default in switches.items()}


@pytest.mark.parametrize(
    ("of", "default", "expected"),
    [
        pytest.param(rule({"a": ["1", "2"]}), 1, "established", id="one label everywhere"),
        pytest.param(
            rule({"b": "1"}, exceptions={"e": {"when": {"a": "1", "c": "1"}}}),
            1,
            "presumed",
            id="established or presumed everywhere",
        ),
        pytest.param(rule({"a": "1"}), 2, "arguable", id="established somewhere"),
        pytest.param(rule({"a": "1", "c": "1"}), 2, "open", id="open somewhere"),
        pytest.param(rule({"a": "1"}, {"b": "2"}), 1, "respected", id="all clear: the default"),
        pytest.param(rule({"a": "1"}, {"b": "2"}), 2, "not_in_play", id="all clear: the other"),
    ],
)
def test_the_worlds_together(of, default, expected):
    assert outcome(of, frame(b=1, switches=split(a=default))) == expected


READINGS = {"r": {"default": "p", "values": {"p": {}, "q": {}}}}


def test_a_reading_replaces_the_departure():
    of = rule(departs={"b": "1"}, readings={"r": {"q": {"departs": {"b": "2"}}}})
    found = judged(of, frame(a=1, b=1), readings=READINGS)
    assert found["outcome"] == "arguable"
    assert found["worlds"] == {
        (("reading.r", "p"),): "established",
        (("reading.r", "q"),): "respected",
    }


def test_a_reading_adds_replaces_and_removes_exceptions():
    changed = {"e": None, "f": {"when": {"c": "1"}}}
    of = rule(exceptions=unless_b(), readings={"r": {"q": {"except": changed}}})
    found = judged(of, frame(a=1, b=1, c=2), readings=READINGS)
    assert list(found["worlds"].values()) == ["excused", "established"]
    replaced = {"e": {"when": {"c": "2"}}}
    of = rule(exceptions=unless_b(), readings={"r": {"q": {"except": replaced}}})
    assert outcome(of, frame(a=1, b=1, c=2), readings=READINGS) == "excused"


def test_a_case_may_move_the_default_of_a_reading():
    of = rule({"b": "1"}, {"a": "1"}, readings={"r": {"q": {"departs": {"a": "2"}}}})
    exceptions = {"e": {"when": {"c": "1"}}}
    moved = {"reading.r": (("p", "q"), "q")}
    seen = frame(b=1, a=1, c=1, switches=moved)
    assert outcome({**of, "except": exceptions}, seen, readings=READINGS) == "respected"
    assert outcome({**of, "except": exceptions}, frame(b=1, a=1, c=1), readings=READINGS) == (
        "excused"
    )


# --------------------------------------------------------------------------- stage, needs


@pytest.mark.parametrize(
    ("kind", "known", "expected"),
    [
        ("departure", {"a": 1}, "respected"),
        ("duty", {"a": 1}, "respected"),
        ("departure", {}, "moot"),
        ("immunity", {"a": 1}, "established"),
        ("immunity", {}, "open"),
        ("departure", {"a": 2}, "not_in_play"),
    ],
)
def test_a_departure_that_did_not_happen_is_respect(kind, known, expected):
    assert outcome(rule(kind=kind), frame(stage="did_not_happen", **known)) == expected


def test_needs_are_the_smallest_sets_of_facts():
    of = rule({"a": ["1", "2"], "any": [{"b": "1"}, {"c": "1", "d": "1"}]})
    world = {}
    found = reference.needs(of, {}, PRESUMPTIONS, frame(), world)
    assert found == [(("a", {"1", "2"}), ("b", {"1"}))]
    found = reference.needs(of, {}, PRESUMPTIONS, frame(a=1, b=2), world)
    assert found == [(("c", {"1"}), ("d", {"1"}))]
    four = rule(dict.fromkeys("abcd", "1"))
    assert reference.needs(four, {}, PRESUMPTIONS, frame(), world) == []


# --------------------------------------------------------------------------- itself


def test_the_shortcut_through_completions_changes_nothing():
    compared = 0
    for seed in range(120):
        book, (seen,) = generate.seeded(seed, {})
        for of in book["rules"]:
            arguments = of, book["concepts"], generate.PRESUMPTIONS, seen
            switches = reference.switches_of(of, book["concepts"], book["readings"], seen)
            world = {key: default for key, (_, default) in switches.items()}
            many = 1
            for key, wanted in reference.looked_at(of, book["concepts"], seen, world).items():
                many *= len(reference.classes(key, wanted, seen))
            if many <= 300:
                compared += 1
                assert reference.can_hold(*arguments, world) == (
                    reference.can_hold_exhaustively(*arguments, world)
                ), (seed, of["rule"])
    assert compared > 200
