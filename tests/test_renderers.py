"""Every renderer: the width kept, ASCII where asked, and no text of a case taken for markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import jsonschema
import pytest
from msgspec.structs import replace

from comity import explaining, phrasing
from comity.checking import Checked, Loaded, check
from comity.explaining import Branch
from comity.model import Fact, Known
from comity.problems import Place, columns
from comity.render_json import render as as_json
from comity.render_markdown import escape
from comity.render_markdown import render as as_markdown
from comity.render_text import Style
from comity.render_text import render as as_text
from comity.render_tree import Look, reasons, tree
from tests.conftest import SEED

HOSTILE = "x\x1b[31m\x07\u202e\x9b <script>alert(1)</script> | `a` ![b](c) # é"
BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")

# Design, section 6. A key that is added or lost is another format: bump its number.
KEYS = {
    "": "format case findings considered limits options questions presumptions silences receipt",
    "case": "id title as_of",
    "findings": "id kind rule cite strength act mission hypothetical stage bearer owed_to outcome"
    " text because assumes needs exceptions worlds",
    "because": "fact value source at",
    "exceptions": "name cite state",
    "worlds": "with outcome",
    "considered": "rule cite act outcome because",
    "limits": "measure on barred_by outcome findings opened_by",
    "options": "measure status level cite conditions on",
    "questions": "fact ask would_change",
    "would_change": "finding if to",
    "silences": "unused_facts acts_without_finding",
    "receipt": "comity rulebook case readings",
}
WORDS = {
    "kind": {"departure", "immunity", "inviolability", "duty", "power", "liberty"},
    "status": {"open", "conditional", "contested", "barred"},
    "state": {"holds", "absent", "presumed_absent", "unknown"},
    "outcome": {
        *("established", "presumed", "arguable", "open", "excused", "respected", "not_in_play"),
    },
}


@pytest.fixture(scope="module")
def hostile(seed: Checked) -> Checked:
    """The seed case with hostile text wherever the text of a case or a rule can stand."""
    report = seed.report
    fact = Fact(HOSTILE, HOSTILE, HOSTILE, Place(HOSTILE, 1, 1))
    because = (("act.zone", Known((HOSTILE,), (fact,))),)
    report = replace(
        report,
        title=HOSTILE,
        case=HOSTILE,
        file=HOSTILE,
        as_of=HOSTILE,
        variant=HOSTILE,
        labels={"RU": HOSTILE, "KR": HOSTILE},
        parties=tuple(replace(p, label=HOSTILE) for p in report.parties),
        findings=tuple(
            replace(
                f, act=HOSTILE, text=HOSTILE, title=HOSTILE, cite=HOSTILE, id=HOSTILE,
                judged=replace(f.judged, support=lambda: because),
                assumes=tuple(replace(a, text=HOSTILE) for a in f.assumes),
                needs=tuple(tuple(replace(x, ask=HOSTILE) for x in n) for n in f.needs),
            )
            for f in report.findings
        ),
        limits=tuple(
            replace(x, on=HOSTILE, title=HOSTILE, phrase=HOSTILE, barred_by=(HOSTILE,))
            for x in report.limits
        ),
        options=tuple(
            replace(o, on=HOSTILE, title=HOSTILE, conditions=(HOSTILE,), done=HOSTILE)
            for o in report.options
        ),
        questions=tuple(replace(q, ask=HOSTILE, fact=HOSTILE) for q in report.questions),
        presumptions=tuple(replace(p, text=HOSTILE) for p in report.presumptions),
        unused_facts=(HOSTILE,),
        acts_without_finding=(HOSTILE,),
    )  # fmt: skip
    return replace(seed, report=report)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_text_is_never_wider_than_asked(seed: Checked, width: int, full: bool) -> None:
    text = as_text(seed.report, Style(width=width, full=full))
    assert [line for line in text.splitlines() if columns(line) > width] == []


def test_text_of_wide_characters_is_not_wider_either(seed: Checked) -> None:
    report = replace(seed.report, title="한국의 외교 공관 " * 12)
    assert [line for line in as_text(report).splitlines() if columns(line) > 80] == []


def test_colour_changes_no_word(seed: Checked) -> None:
    plain = as_text(seed.report, Style())
    assert re.sub("\x1b\\[[0-9;]*m", "", as_text(seed.report, Style(colour=True))) == plain
    assert "\x1b" not in plain


def test_ascii_mode_is_ascii(seed: Checked, hostile: Checked) -> None:
    for one in (seed, hostile):
        assert as_text(one.report, Style(unicode=False, full=True)).isascii()


@pytest.mark.parametrize("full", [False, True])
def test_no_control_character_gets_into_text(hostile: Checked, full: bool) -> None:
    assert not BAD.search(as_text(hostile.report, Style(full=full)))


def test_no_control_character_or_markup_gets_into_markdown(hostile: Checked) -> None:
    text = as_markdown(hostile.report)
    assert not BAD.search(text)
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)`a", text)
    assert not re.search(r"(?<!\\)!\\?\[b", text)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} <= {5, 6}


def test_a_line_of_a_case_cannot_start_a_heading_or_a_list() -> None:
    for text in ("# a", "- a", "1. a", "> a", "a\n# b", "a\r# b", "\ta", "=== a", "--- a"):
        shown = escape(text)
        assert "\n" not in shown
        assert "\r" not in shown
        assert not shown.startswith(("#", ">"))


def test_json_is_ascii_and_gives_the_text_back_unchanged(hostile: Checked) -> None:
    text = as_json(hostile.report)
    assert text.isascii()
    assert not BAD.search(text)
    assert json.loads(text)["case"]["title"] == HOSTILE


def test_json_has_exactly_the_keys_of_the_format(seed: Checked) -> None:
    seen: dict[str, set[str]] = {}

    def visit(name: str, value: object) -> None:
        if isinstance(value, dict):
            if name in KEYS:
                assert list(value) == KEYS[name].split(), name
                seen.setdefault(name, set()).update(value)
            for key, inner in value.items():
                visit(key, inner)
                if key in WORDS and isinstance(inner, str) and name in KEYS:
                    known = WORDS[key] | ({"presumption", "exception"} if key == "kind" else set())
                    assert inner in known, (name, key, inner)
        elif isinstance(value, list):
            for inner in value:
                visit(name, inner)

    data = json.loads(as_json(seed.report))
    visit("", data)
    assert data["format"] == "comity.report/1"
    assert set(KEYS) - set(seen) == set()


TEXT = {"type": "string"}
FILLED = {"type": "string", "minLength": 1}
OUTCOMES = ["established", "presumed", "arguable", "open", "excused", "respected"]


def listed(items: object, **more: object) -> dict[str, object]:
    return {"type": "array", "items": items, **more}


def mapping(**fields: object) -> dict[str, object]:
    """Exactly these fields; a trailing underscore is left out (`if_`)."""
    named = {name.rstrip("_"): kind for name, kind in fields.items()}
    return {
        "type": "object",
        "properties": named,
        "required": list(named),
        "additionalProperties": False,
    }


LACK = mapping(fact=FILLED, values=listed(FILLED, minItems=1), ask=FILLED)
OPENING = mapping(
    facts=listed(LACK, minItems=1),
    cite=TEXT,
    text=FILLED,
    leads_to={"enum": ["open", "conditional", "contested"]},
)
BECAUSE = listed(mapping(fact=FILLED, value=TEXT, source=TEXT, at=TEXT))
ASSUMED = mapping(kind={"enum": ["exception", "presumption"]}, name=FILLED, text=FILLED)
HASH = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
# Design, section 6, as a schema: every field, its type, and nothing besides.
ANSWER = mapping(
    format={"const": "comity.report/1"},
    case=mapping(
        id=FILLED, title=FILLED, as_of={"type": "string", "pattern": r"^\d{4}(-\d\d){0,2}$"}
    ),
    findings=listed(
        mapping(
            id={"type": "string", "pattern": "^[^/]+/[^/]+$"},
            kind={"enum": ["departure", "immunity", "inviolability", "duty", "power", "liberty"]},
            rule=FILLED,
            cite=FILLED,
            strength=listed({"enum": ["treaty", "custom", "practice", "courtesy"]}, minItems=1),
            act=FILLED,
            mission=TEXT,
            hypothetical={"type": "boolean"},
            stage={
                "enum": ["done", "planned", "threatened", "attempted", "alleged", "did_not_happen"]
            },
            bearer=TEXT,
            owed_to=TEXT,
            outcome={"enum": OUTCOMES},
            text=FILLED,
            because=BECAUSE,
            assumes=listed(ASSUMED),
            needs=listed(listed(LACK, minItems=1)),
            exceptions=listed(
                mapping(
                    name=FILLED,
                    cite=TEXT,
                    state={"enum": ["holds", "absent", "presumed_absent", "unknown"]},
                )
            ),
            worlds=listed(
                mapping(
                    **{"with": {"type": "object", "additionalProperties": FILLED}},
                    outcome={"enum": [*OUTCOMES, "not_in_play"]},
                )
            ),
        )
    ),
    considered=listed(
        mapping(
            rule=FILLED, cite=FILLED, act=FILLED, outcome={"const": "not_in_play"}, because=BECAUSE
        )
    ),
    limits=listed(
        mapping(
            measure=FILLED,
            on=FILLED,
            barred_by=listed(FILLED, minItems=1),
            outcome={"enum": ["established", "presumed"]},
            findings=listed(FILLED, minItems=1),
            opened_by=listed(OPENING),
        )
    ),
    options=listed(
        mapping(
            measure=FILLED,
            status={"enum": ["open", "conditional", "contested", "barred"]},
            level={"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10}, {"type": "null"}]},
            cite=listed(FILLED),
            conditions=listed(FILLED),
            on=FILLED,
        )
    ),
    questions=listed(
        mapping(
            fact=FILLED,
            ask=FILLED,
            would_change=listed(
                mapping(finding=FILLED, if_=FILLED, to={"enum": [*OUTCOMES, "not_in_play"]}),
                minItems=1,
            ),
        )
    ),
    presumptions=listed(ASSUMED),
    silences=mapping(unused_facts=listed(FILLED), acts_without_finding=listed(FILLED)),
    receipt=mapping(
        comity=FILLED,
        rulebook=HASH,
        case=HASH,
        readings={"type": "object", "additionalProperties": FILLED},
    ),
)


@pytest.mark.parametrize(
    ("file", "variant"),
    [("seoul-banner-2026", ""), ("seoul-banner-2026", "later-press"), ("decided/tehran-1979", ""),
     ("decided/libyan-bureau-1984", ""), ("decided/sacoolas-2019", "")],
)  # fmt: skip
def test_json_meets_the_schema_of_the_format(loaded: Loaded, file: str, variant: str) -> None:
    data = (SEED.parent / f"{file}.yaml").read_bytes()
    checked, problems = check(loaded, data, "c.yaml", variant=variant)
    assert checked is not None, problems
    text = as_json(checked.report)
    validator = jsonschema.Draft202012Validator(ANSWER)
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(json.loads(text))] == []
    again, _ = check(loaded, data, "c.yaml", variant=variant)
    assert again is not None
    assert as_json(again.report) == text


def test_lists_of_json_are_in_a_stable_order(seed: Checked) -> None:
    data = json.loads(as_json(seed.report))
    acts = [(f["hypothetical"], OUTCOMES.index(f["outcome"]), f["id"]) for f in data["findings"]]
    law = [bool({"treaty", "custom"} & set(f["strength"])) for f in data["findings"]]
    keys = [(hypothetical, not treaty, *rest) for (hypothetical, *rest), treaty in
            zip(acts, law, strict=True)]  # fmt: skip
    assert keys == sorted(keys)
    for f in data["findings"]:
        facts = [(b["fact"], b["value"]) for b in f["because"]]
        assert facts == sorted(facts), f["id"]
        settings = [list(w["with"].items()) for w in f["worlds"]]
        assert settings == sorted(settings), f["id"]
    considered = [(c["act"], c["rule"]) for c in data["considered"]]
    assert considered == sorted(considered)
    levels = [10.5 if o["level"] is None else o["level"] for o in data["options"]]
    assert levels == sorted(levels)
    for silent in data["silences"].values():
        assert silent == sorted(silent)
    assert list(data["receipt"]["readings"]) == sorted(data["receipt"]["readings"])


def test_findings_of_json_are_named_once_and_referred_to(seed: Checked) -> None:
    data = json.loads(as_json(seed.report))
    ids = [f["id"] for f in data["findings"]]
    assert len(ids) == len(set(ids))
    assert {i for x in data["limits"] for i in x["findings"]} <= set(ids)
    for f in data["findings"]:
        assert (f["outcome"] == "open") == bool(f["needs"]), f["id"]


def test_trees_keep_width_and_ascii(loaded: Loaded, seed: Checked) -> None:
    for finding in seed.report.findings[:8]:
        root = explaining.derivation(loaded, seed.report, finding)
        assert tree(root, Look(80, False)).isascii()
        for width in (60, 80, 100):
            shown = tree(root, Look(width)).splitlines()
            assert [line for line in shown if columns(line) > width] == []
        hostile = replace(finding, text=HOSTILE, cite=HOSTILE, title=HOSTILE)
        shown_ = tree(explaining.derivation(loaded, seed.report, hostile), Look())
        assert not BAD.search(shown_)
        assert "alert" in shown_
    answers = explaining.why_not(loaded, seed, "vcdr-29-arrest")
    assert not BAD.search(reasons(HOSTILE, answers, Look()))


def branches_of(branch: Branch) -> Iterator[Branch]:
    yield branch
    for child in branch.children:
        yield from branches_of(child)


def test_a_derivation_shows_every_exception_fact_view_and_presumption(
    loaded: Loaded, seed: Checked
) -> None:
    """Also the exceptions of the concepts that the finding rests on."""
    finding = next(f for f in seed.report.findings if f.id == "banner/vcdr-41-3-facade")
    every = list(branches_of(explaining.derivation(loaded, seed.report, finding)))
    states = {b.text: b.value for b in every if b.kind == "exception"}
    for exception in finding.exceptions:
        known = {"holds", "absent", "presumed absent", "presumed to hold", "unknown"}
        assert states[exception.text or exception.name.replace("_", " ")] in known
    assert any("took its acceptance back" in text for text in states), states
    facts = {b.text for b in every if b.kind == "fact"}
    assert {f"{s.fact}: {s.value}" for s in finding.because if s.source} <= facts
    views = [b for b in every if b.kind == "view"]
    assert {b.value for b in views} == {"respected", "presumed"}
    assert all(b.where for b in views)
    assert any(b.kind == "differs" for b in every)
    told = [b.text for b in every if b.kind == "world"]
    assert len(told) == len(finding.worlds)
    assert any(b.kind == "judgement" and "line" in b.where for b in every)


def test_why_not_names_what_fails_and_the_nearest_rule(loaded: Loaded, seed: Checked) -> None:
    answers = explaining.why_not(loaded, seed, "practice-p12-third-flag")
    assert (answers[0].act, answers[0].outcome) == ("banner", "not_in_play")
    assert answers[0].failing[0].text == "object.kind is flag_third"
    near = explaining.nearest_rule(loaded, seed, "vcdr-41-1-threat")
    assert near is not None
    assert (near[0].cite, near[1]) == ("VCDR 41(1)", "the same provision")
    measure = next(m for m in loaded.rulebook.measures if m.id == "enter_premises")
    (barred,) = explaining.why_not_measure(loaded, seed, measure)
    assert (barred.act, barred.outcome) == ("chancery", "barred")
    assert {b.kind for b in barred.failing} == {"against", "opens if"}


def test_a_reading_chosen_by_the_case_is_the_default_of_its_derivation(loaded: Loaded) -> None:
    text = SEED.read_text(encoding="utf-8") + "\nreadings: {third_state_war: aimed_at_host}\n"
    checked, problems = check(loaded, text.encode(), "c.yaml")
    assert checked is not None, problems
    finding = next(f for f in checked.report.findings if f.id == "banner/vcdr-41-1-interference")
    root = explaining.derivation(loaded, checked.report, finding)
    departs = next(b for b in root.children if b.kind == "departs")
    assert departs.value == "yes"


# --------------------------------------------------------------------------- stages, grouping


@pytest.mark.parametrize("stage", ["planned", "threatened", "alleged", "did_not_happen", "done"])
@pytest.mark.parametrize("kind", ["departure", "immunity", "inviolability"])
def test_only_what_was_done_stands_under_departures(seed: Checked, stage: str, kind: str) -> None:
    one = next(f for f in seed.report.findings if f.practice and f.outcome == "established")
    finding = replace(one, stage=stage, kind=kind, by_bearer=True)
    if stage == "did_not_happen" and kind == "departure":
        finding = replace(finding, outcome="respected")
    report = replace(seed.report, findings=(finding,), limits=(), options=(), questions=())
    text = as_text(report)
    assert ("\nDEPARTURES" in text) == (stage == "done")
    assert ("WHAT IT WOULD BE" in text) == (stage in ("planned", "threatened", "alleged"))
    assert ("1 departure from practice" in text) == (stage == "done")


def test_an_answer_on_assumed_facts_begins_by_saying_so(loaded: Loaded) -> None:
    text = SEED.read_text(encoding="utf-8")
    told = []
    for basis in ("", "basis: assumed\n"):
        checked, problems = check(loaded, (text + "\n" + basis).encode(), "c.yaml")
        assert checked is not None, problems
        told += [as_text(checked.report), as_markdown(checked.report)]
    assert ["only assumed" in shown for shown in told] == [False, False, True, True]


def test_parts_of_an_act_and_like_acts_are_told_once(seed: Checked) -> None:
    one = next(f for f in seed.report.findings if f.outcome == "established" and not f.hypothetical)
    same = tuple(replace(one, act=a, id=f"{a}/x") for a in ("siege#2", "siege#3", "theft"))
    (entry,) = phrasing.entries(same, seed.report)
    assert entry.acts == ["siege#2-3", "theft"]
    other = replace(one, act="raid", outcome="presumed")
    assert len(phrasing.entries((*same, other), seed.report)) == 2


def test_no_key_of_a_frame_stands_in_the_short_text(seed: Checked) -> None:
    text = as_text(seed.report)
    body = text[: text.index("\nPresumed:")]
    keys = r"(?:acts?|cast|by|against|place|object|consent|waiver|judged|mission|reading|host)"
    assert re.findall(rf"\b{keys}\.[a-z_]+[=:]?|\w+=\w+|\b[a-z]+_[a-z_]+\b", body) == []


def test_what_is_cut_says_so(seed: Checked) -> None:
    short, full = as_text(seed.report), as_text(seed.report, Style(full=True))
    assert short.count("--full") >= 4
    assert "--full" not in full
    for option in seed.report.options:
        for condition in option.conditions if option.status != "barred" else ():
            assert condition.split()[0] in full


def test_hostile_text_in_a_real_case_stays_text(loaded: Loaded) -> None:
    text = SEED.read_text(encoding="utf-8")
    title = r'title: "a\e[2J\u202E <b>bold</b>"'
    text = re.sub(r"^title: .*$", lambda _: title, text, count=1, flags=re.M)
    checked, problems = check(loaded, text.encode(), "c.yaml")
    assert checked is not None, problems
    for shown in (as_text(checked.report), as_markdown(checked.report), as_json(checked.report)):
        assert not BAD.search(shown)
    assert "\\<b" in as_markdown(checked.report)
