"""The cases come out as they expect; the answer depends on the facts and not on their order."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
import yaml

from comity.checking import Checked, Loaded, check
from comity.expecting import compare
from comity.problems import render
from comity.render_json import as_data
from comity.render_json import render as as_json
from tests.conftest import ROOT, SEED

CASES = sorted((ROOT / "cases").rglob("*.yaml"))


def checked(loaded: Loaded, data: bytes, name: str, variant: str = "") -> Checked:
    found, problems = check(loaded, data, name, variant=variant)
    assert found is not None, render(problems, {name: data.decode()})
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_nothing_disagrees_with_what_the_case_expects(loaded: Loaded, path: Path) -> None:
    data = path.read_bytes()
    name = str(path.relative_to(ROOT))
    first = checked(loaded, data, name)
    runs = [first, *(checked(loaded, data, name, v) for v in first.case.variants)]
    rows = [row for one in runs for row in compare(one, loaded.rulebook.rules)]
    assert rows, "the case expects nothing"
    wrong = [
        (
            r.variant,
            r.expected.act or r.expected.measure,
            r.expected.cite,
            r.expected.outcome,
            *r.found,
        )
        for r in rows
        if r.verdict in ("disagrees", "todo_met")
    ]
    assert wrong == []


def test_the_same_case_gives_the_same_bytes(loaded: Loaded, seed: Checked) -> None:
    again = checked(loaded, SEED.read_bytes(), "cases/seoul-banner-2026.yaml")
    assert as_json(again.report) == as_json(seed.report)


def without_places(value: object) -> object:
    """The answer without line numbers, places in a list and the hash of the file: shuffling moves
    them all."""
    if isinstance(value, dict):
        return {k: without_places(v) for k, v in value.items() if k not in ("at", "case")}
    if isinstance(value, str):
        return re.sub(r"^(facts|absent|claims|judgements)\.\d+", r"\1", value)
    return [without_places(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("turn", range(3))
def test_the_order_of_acts_cast_and_facts_does_not_matter(loaded: Loaded, turn: int) -> None:
    """Written anew twice, in two orders: the layout is the same, the order is not."""
    case = yaml.load(SEED.read_text(encoding="utf-8"), yaml.BaseLoader)
    answers = []
    for order in (random.Random(turn), random.Random(turn + 100)):
        mixed = dict(case)
        for part in ("acts", "cast", "sources"):
            items = list(case[part].items())
            order.shuffle(items)
            mixed[part] = dict(items)
        for part in ("facts", "absent", "judgements"):
            if part in case:
                mixed[part] = order.sample(case[part], len(case[part]))
        text = yaml.dump(mixed, sort_keys=False, allow_unicode=True)
        report = checked(loaded, text.encode(), "case.yaml").report
        answers.append(json.dumps(without_places(as_data(report)), indent=1))
    assert answers[0] == answers[1]
