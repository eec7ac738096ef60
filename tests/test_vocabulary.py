"""The vocabulary shipped with the rules, and what the loader says of a broken one."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from comity.vocabulary import Vocabulary, load_vocabulary

FOLDER = Path(__file__).parents[1] / "rules" / "vocabulary"
FILES = {f"vocabulary/{path.name}": path.read_bytes() for path in FOLDER.glob("*.yaml")}
VOCABULARY, PROBLEMS = load_vocabulary(FILES)

# The keys that framing computes, as rules may rely on them.
ROLE_KEYS = (
    "is side attributed_to kind role household_role national_of_receiving permanent_resident post "
    "own_mission png transit"
)
COMPUTED = (
    "act.type act.family act.tag act.stage act.hypothetical act.persisted "
    "place.is place.side place.used_as place.use place.acceptance place.objection_timely "
    "place.kind place.in place.of_member place.owner_side "
    "object.is object.kind object.located object.purpose object.marked object.owner_side "
    "object.of_mission "
    "mission.kind mission.relations mission.bound_by mission.recalled "
    "consent.state consent.from consent.host waiver.covers agreement.covers agreement.about "
    "host.objected host.requested_stop host.warned host.response answers.refused "
    "png.deadline_hours by.png_days_over"
)
ACT_ATTRIBUTES = (
    "zone topic about stance audience channel publicity capacity harm weapon claim proceeding "
    "notice notice_given permit law_elements law_invoked means restraint danger_to_life "
    "purpose_of_asset overhang deadline reasons persistent_after_notice size_m text"
)
OTHER_ACT = "type family tag capacity side harm zone attributed_to stage claim"

# Acts of the research note that draw a conclusion, and what says the same in facts.
REFUSED_ACTS = ("fail_to_protect", "fail_to_act", "overstay_after_png", "drive_unlawfully")


def test_the_shipped_vocabulary_has_no_faults() -> None:
    assert PROBLEMS == ()


def test_every_act_can_be_applied_and_keyed_on() -> None:
    for act in VOCABULARY.acts.values():
        assert act.family in VOCABULARY.families, act.name
        assert act.tags, act.name
        assert set(act.tags) <= set(VOCABULARY.tags), act.name
        assert "by" in act.needs, act.name
        assert act.definition.endswith("."), act.name
        assert not set(act.needs) & set(act.may), act.name


def test_every_family_tag_and_effect_is_used() -> None:
    acts = VOCABULARY.acts.values()
    assert {act.family for act in acts} == set(VOCABULARY.families)
    assert {tag for act in acts for tag in act.tags} == set(VOCABULARY.tags)
    assert {act.produces for act in acts} == {"none", *VOCABULARY.effects}


def test_what_the_engine_looks_for_by_tag_is_tagged() -> None:
    def tagged(tag: str) -> set[str]:
        return {act.name for act in VOCABULARY.acts.values() if tag in act.tags}

    assert {"enter_premises", "search_premises", "occupy_premises"} <= tagged("entry")
    assert {"arrest", "detain", "detain_person_inside"} <= tagged("restraint_of_person")
    assert tagged("display") <= tagged("expressive")
    assert {"organise_rally", "join_rally"} <= tagged("rally") & tagged("expressive")
    assert {"request_removal", "demarche", "note_verbale", "summon_envoy"} <= tagged("objection")
    assert tagged("request_to_stop") <= tagged("objection")
    assert {"request_help", "warn"} == tagged("warning")
    assert "stand_by" in tagged("omission") - tagged("protection")


@pytest.mark.parametrize("name", REFUSED_ACTS)
def test_an_act_that_draws_a_conclusion_is_refused_with_advice(name: str) -> None:
    assert name not in VOCABULARY.acts
    assert VOCABULARY.advice(name).startswith("Write ")


def test_no_term_is_named_with_a_conclusion() -> None:
    terms = {
        *VOCABULARY.acts,
        *VOCABULARY.attributes,
        *VOCABULARY.person_roles,
        *VOCABULARY.topics,
        *(value for one in VOCABULARY.attributes.values() for value in one.values),
    }
    assert not terms & set(VOCABULARY.conclusions)
    loaded = re.compile("unlawful|illegal|wrongful|breach|violat|abus|immune|unjust|improper")
    assert not [term for term in terms if loaded.search(term)]


def test_conclusions_come_with_advice() -> None:
    assert len(VOCABULARY.conclusions) >= 40
    for word in ("unlawful", "provocative", "hostile", "interference", "abuse", "fails_to_protect"):
        assert VOCABULARY.advice(word)
    assert "used" in VOCABULARY.advice("chancery", "place.kind")
    assert VOCABULARY.advice("chancery") == ""
    assert VOCABULARY.advice("banner", "object.kind") == ""


def test_a_word_refused_in_one_attribute_is_not_a_value_of_it() -> None:
    for attribute, words in VOCABULARY.refused_in.items():
        kind, name = attribute.split(".")
        owner = VOCABULARY.attributes if kind == "act" else VOCABULARY.cast[kind].attributes
        assert not set(words) & set(owner[name].values), attribute


def test_advice_names_only_terms_that_exist() -> None:
    known = {
        *VOCABULARY.attributes,
        *VOCABULARY.judgements,
        *VOCABULARY.act_roles,
        *VOCABULARY.acts,
        *VOCABULARY.statuses,
        *(name for kind in VOCABULARY.cast.values() for name in kind.attributes),
        *(name for status in VOCABULARY.statuses.values() for name in status.parameters),
        *("claims", "absent", "stage"),
    }
    advice = {*VOCABULARY.conclusions.values()}
    advice |= {text for words in VOCABULARY.refused_in.values() for text in words.values()}
    named = {word for text in advice for word in re.findall(r"`(\w+)`", text)}
    assert named - known == set()


# --------------------------------------------------------------------------- frame keys


def test_every_computed_key_is_registered() -> None:
    wanted = {
        *COMPUTED.split(),
        *(f"act.{name}" for name in ACT_ATTRIBUTES.split()),
        *(f"{role}.{key}" for role in ("by", "against", "to", "for") for key in ROLE_KEYS.split()),
        *(f"{role}.{key}" for role in ("over", "answers") for key in OTHER_ACT.split()),
        *(f"judged.{term}" for term in VOCABULARY.judgements),
    }
    assert wanted - set(VOCABULARY.keys) == set()


def test_domains_are_closed_and_not_single_valued() -> None:
    for key in VOCABULARY.keys.values():
        if key.type in ("choice", "choices", "boolean"):
            assert len(key.values) >= 2, key.name
            assert len(set(key.values)) == len(key.values), key.name
        else:
            assert key.values == (), key.name


def test_every_key_says_what_it_means_and_what_to_ask() -> None:
    for key in VOCABULARY.keys.values():
        assert key.definition, key.name
        assert bool(key.ask) != bool(key.why_no_ask), key.name


def test_questions_use_only_names_that_a_frame_can_fill() -> None:
    names = {*VOCABULARY.act_roles, "mission", "sending_state", "receiving_state"}
    for key in VOCABULARY.keys.values():
        assert set(re.findall(r"\{(\w*)\}", key.ask)) <= names, key.name


def test_a_set_is_one_yes_or_no_key_for_each_value() -> None:
    topic = VOCABULARY.keys["act.topic"]
    assert topic.many
    assert topic.values == tuple(VOCABULARY.topics)
    member = VOCABULARY.keys["act.topic:election"]
    assert (member.type, member.values, member.many) == ("boolean", ("true", "false"), False)
    assert VOCABULARY.domain("act.tag:entry") == ("true", "false")
    assert VOCABULARY.domain("act.nonsense") == ()


def test_a_question_about_another_act_does_not_name_the_parties_of_this_one() -> None:
    assert VOCABULARY.keys["over.capacity"].ask.startswith("About {over}: did whoever did it")


def test_a_computed_key_wins_over_a_written_attribute() -> None:
    written = VOCABULARY.cast["place"].attributes["kind"].values
    assert "mission_premises" not in written
    assert "mission_premises" in VOCABULARY.domain("place.kind")


# --------------------------------------------------------------------------- the rest


def test_countries_cover_the_standard_and_some_of_the_past() -> None:
    current = set(VOCABULARY.countries) - set(VOCABULARY.historic)
    assert len([code for code in current if code not in ("XK", "AA", "XA", "XB", "ZZ")]) == 249
    assert VOCABULARY.countries["NO"] == "Norway"
    assert {"SU", "DD", "YU", "CS", "ZR"} <= set(VOCABULARY.historic)
    assert all(re.fullmatch("[A-Z]{2}", code) for code in VOCABULARY.countries)


def test_presumptions_name_a_key_and_leave_something_out() -> None:
    for presumption in VOCABULARY.presumptions.values():
        assert presumption.values < frozenset(VOCABULARY.domain(presumption.key))


def test_grades_and_the_terms_of_the_research_note_are_there() -> None:
    assert list(VOCABULARY.grades) == ["yes", "likely", "arguable", "unlikely", "no"]
    assert {"internal_affair", "appropriate_steps", "imminent_danger_to_life"} <= set(
        VOCABULARY.judgements
    )


def test_persons_have_what_a_person_has() -> None:
    person, persons = VOCABULARY.cast["person"], VOCABULARY.cast["persons"]
    assert set(person.attributes) < set(persons.attributes)


def test_lines_are_short_enough_to_read() -> None:
    for path in FOLDER.glob("*.yaml"):
        long = [n for n, line in enumerate(path.read_text().splitlines(), 1) if len(line) > 120]
        assert not long, (path.name, long)


def test_it_can_be_cached() -> None:
    again = pickle.loads(pickle.dumps(VOCABULARY))
    assert isinstance(again, Vocabulary)
    assert again == VOCABULARY


# --------------------------------------------------------------------------- faults

ACTS = "vocabulary/acts.yaml"


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("tags: [entry, intrusion, coercive, search]", "tags: [entri]", "R001", "tag 'entri'"),
        ("family: influence", "family: influenc", "R001", "act family 'influenc'"),
        ("needs: [by, place]", "needs: [by, plaice]", "R001", "role 'plaice'"),
        ("produces: png", "produces: pgn", "R001", "effect 'pgn'"),
        ("    tags: [reparation]\n", "", "R002", "has no tags"),
        ("definition: Pays for", "definitoin: Pays for", "R003", "key 'definitoin'"),
        ("definition: Pays for damage or injury.", "definition: ''", "R002", "has no definition"),
        ("needs: [by, over]", "needs: {by: over}", "R001", "must be a list"),
    ],
)
def test_a_fault_is_reported_with_its_place(old: str, new: str, code: str, says: str) -> None:
    text = FILES[ACTS].decode()
    assert old in text
    broken = {**FILES, ACTS: text.replace(old, new, 1).encode()}
    vocabulary, problems = load_vocabulary(broken)
    found = [problem for problem in problems if problem.code == code]
    assert any(says in problem.message for problem in found), problems
    assert all(problem.place is not None and problem.place.file == ACTS for problem in found)
    assert len(vocabulary.acts) == len(VOCABULARY.acts)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{title: A, date: 02.05.2019, kind: treaty}", "'02.05.2019' is not a date"),
        ("{title: A, in_force: 2019-02-30, kind: treaty}", "'2019-02-30' is not a date"),
        ("{title: A, date: 2019-05-02, kind: convention}", "kind of instrument 'convention'"),
    ],
)
def test_an_instrument_has_a_day_and_a_kind(entry: str, says: str) -> None:
    name = "vocabulary/instruments.yaml"
    text = FILES[name].decode() + f"  XAXB: {entry}\n"
    _, problems = load_vocabulary({**FILES, name: text.encode()})
    assert [(p.code, p.place.line if p.place else 0) for p in problems] == [
        ("R001", text.count("\n"))
    ]
    assert says in problems[0].message
    assert problems[0].hint


def test_all_faults_are_reported_at_once() -> None:
    text = FILES[ACTS].decode()
    text = text.replace("tags: [fiscal]", "tags: [fisc]")
    text = text.replace("family: property", "family: prop")
    _, problems = load_vocabulary({**FILES, ACTS: text.encode()})
    assert len({(p.place.line if p.place else 0) for p in problems}) > 5


def test_a_missing_file_is_a_fault_and_not_a_crash() -> None:
    _, problems = load_vocabulary({n: d for n, d in FILES.items() if "topics" not in n})
    assert any(p.code == "R002" and "topics" in p.message for p in problems)


def test_an_unknown_word_comes_with_the_nearest_one() -> None:
    text = FILES[ACTS].decode().replace("tags: [reparation]", "tags: [repartion]", 1)
    _, problems = load_vocabulary({**FILES, ACTS: text.encode()})
    assert "reparation" in problems[0].hint
