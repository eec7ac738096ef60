"""What an author sees in an editor: the YAML language server, asked for real with the schemas.

`make editor` fetches the server (Node.js and npm are needed); without it these tests are skipped.
In the texts below, `^` is where completion is asked for and `¦` where the pointer rests.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

EDITOR = ROOT / "tests" / "editor"
SERVER = EDITOR / "node_modules" / "yaml-language-server"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not SERVER.is_dir(), reason="the language server is not here: make editor"
)

CASE = """\
case: walk-in
title: Police walk into an embassy
as_of: 2026-01-10
cast:
  embassy: {is: ^mission, kind: ^embassy, sending: DE, receiving: FR}
  chancery: {is: place, used: [{by: embassy, as: ^chancery, from: 2000}], in: FR}
  police: {is: organ, of: FR, ki¦nd: police}
acts:
  entry:
    type: ^enter_pre¦mises
    by: police
    pl¦ace: chancery
    zone: ^inside
    stage: ^done
expect:
  - {act: entry, cite: VCDR 22(1), rule: ^vcdr-22-1-entry, outcome: ^breached}
readings:
  life_ex¦ception: ^none
"""
RULE = """\
rule: example-22-1-entry
provision: VCDR 22(1)
kind: ^departure
title: Agents of the receiving State stay out
norm: {bearer: ^receiving_state, modality: ^must_¦not, owed_to: sending_state}
strength: [^treaty]
trigger: {act.tag: ^entry}
applies:
  place.pre¦mises: true
  by.attributed_to: ^receiving
  act.zone: [^inside]
departs: {}
except:
  consent:
    when: {consent.state: ^given}
    presumed: ^absent
    cite: VCDR 22(1)
presume: [^premises_in_use]
readings:
  ^life_exception:
    last_resort:
      except: {danger: {when: {act.danger_to_life: true}, cite: VCDR 22(1)}}
finding: "{by} went into {place}."
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str, str], tuple[list[str], list[Any]]]:
    """The faults that are shown, and the answers where the marks stand, in their order."""

    def asked(text: str, kind: str) -> tuple[list[str], list[Any]]:
        schema = ROOT / "docs" / "schema" / f"{kind}.schema.json"
        lines = [f"# yaml-language-server: $schema={schema}", *text.splitlines()]
        questions = []
        for number, line in enumerate(lines):
            while mark := re.search("[¦^]", line):
                how = "hover" if mark[0] == "¦" else "completion"
                questions.append({"ask": how, "line": number, "character": mark.start()})
                line = line[: mark.start()] + line[mark.end() :]
            lines[number] = line
        file = tmp_path / "file.yaml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        run = subprocess.run(
            [str(NODE), str(EDITOR / "ask.mjs"), str(file)],
            input=json.dumps(questions), capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        told = json.loads(run.stdout)
        return [one["message"] for one in told["diagnostics"]], [*map(plain, told["answers"])]

    return asked


def plain(answer: Any) -> Any:
    """Of a hover its text; of a completion the words, each with what is said of it."""
    if answer and "contents" in answer:
        return answer["contents"]["value"]
    return {
        item["label"]: (item.get("documentation") or {}).get("value", "")
        if isinstance(item.get("documentation"), dict)
        else item.get("documentation", "")
        for item in (answer or {"items": []})["items"]
    }


def test_a_good_case_shows_no_fault_and_each_word_explains_itself(ask):
    faults, answers = ask(CASE, "case")
    assert faults == []
    kinds, missions, uses, organ, types, entering, place, zones, stages, rules, outcomes, *rest = (
        answers
    )
    assert "human being" in kinds["person"]
    assert "headed by an ambassador" in missions["embassy"]
    assert {"chancery", "head_residence"} <= set(uses)
    assert "Source" in organ
    assert len(types) > 200
    assert types["enter_premises"]
    assert "Goes into a building" in entering
    assert "cast" in place
    assert "exterior_wall" in zones
    assert "announced" in stages["planned"]
    assert rules["vcdr-22-1-entry"].startswith("VCDR 22(1)")
    assert "presumed" in outcomes["breached"]
    taken, values = rest
    assert "names no emergency" in taken
    assert set(values) >= {"none", "last_resort", "necessity"}


def test_a_good_rule_shows_no_fault_and_each_word_explains_itself(ask):
    faults, answers = ask(RULE, "rule")
    assert faults == []
    (kinds, parties, modalities, must_not, strengths, tags, premises, sides, zones, states,
     presumed, presumptions, readings) = answers  # fmt: skip
    assert set(kinds) == {"departure", "immunity", "inviolability", "duty", "power", "liberty"}
    assert {"sending_state", "receiving_state", "by"} <= set(parties)
    assert modalities["may"]
    assert "undone" in must_not
    assert "no State is in breach" in strengths["practice"]
    assert len(tags) > 50
    assert tags["entry"]
    assert "premises of the mission" in premises  # a concept, from the rulebook
    assert "receiving" in sides
    assert "exterior_wall" in zones
    assert "given" in states
    assert "nobody" in presumed["absent"].lower()
    assert presumptions["premises_in_use"]
    assert readings["life_exception"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "word"),
    [
        ("case", "    by: police", "    bye: police", "bye"),
        ("case", "type: enter_premises", "type: enter_premisses", "Value"),
        ("case", "zone: inside", "zone: insyde", "Value"),
        ("rule", "trigger:", "triger:", "triger"),
        ("rule", "    presumed: absent", "    presumed: abscent", "Value"),
        ("rule", "must_not", "must_knot", "Value"),
        ("rule", "    cite: VCDR 22(1)\n", "", "cite"),
    ],
)
def test_a_slip_is_underlined(ask, kind, old, new, word):
    text = re.sub("[¦^]", "", CASE if kind == "case" else RULE)
    assert old in text
    faults, _ = ask(text.replace(old, new, 1), kind)
    assert any(word in fault for fault in faults), faults
