"""`comity rules graph`: what feeds what, drawn safely and the same each time."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from comity.authoring import graphing
from comity.authoring.graphing import Edge, Network, Node
from comity.checking import Loaded
from comity.cli import main

NEEDS_IGRAPH = pytest.mark.skipif(find_spec("igraph") is None, reason="needs the extra graph")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def whole(loaded: Loaded) -> Network:
    return graphing.network(loaded.rulebook, loaded.vocabulary)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["rules", "graph", *words])


def test_the_network_says_what_the_rules_say(loaded: Loaded, whole: Network):
    edges = set(whole.edges)
    for rule in loaded.rulebook.rules:
        here = f"rule:{rule.id}"
        assert {Edge(here, f"rule:{one}", "see") for one in rule.see} <= edges
        assert {Edge(f"reading:{one}", here, "reading") for one in rule.readings} <= edges
        assert {Edge(f"presumption:{one}", here, "presumption") for one in rule.presume} <= edges
    assert Edge("concept:place.premises", "rule:vcdr-22-1-entry", "concept") in edges
    assert (
        Edge("concept:place.consular_work_part", "concept:place.consular_premises", "concept")
        in edges
    )
    assert Edge("reading:premises_acceptance", "concept:place.premises", "reading") in edges
    known = {node.id for node in whole.nodes}
    assert {end for e in edges for end in (e.source, e.target)} <= known


def test_what_an_exception_cites_is_an_edge(loaded: Loaded, whole: Network):
    """An exception of a rule on another provision names the rules of that provision."""
    cited = {e for e in whole.edges if e.kind == "cites"}
    provision = {f"rule:{r.id}": r.provision for r in loaded.rulebook.rules}
    assert cited
    assert all(provision[e.source] != provision[e.target] for e in cited)
    entry = {e.target for e in cited if e.source == "rule:vcdr-22-1-entry"}
    assert "rule:vcdr-30-1-coercion" in entry


def test_a_neighbourhood_goes_back_to_the_sources(whole: Network):
    near = graphing.neighbourhood(whole, ["rule:vcdr-22-1-entry"])
    ids = {node.id for node in near.nodes}
    assert {
        "concept:place.premises",
        "reading:premises_acceptance",
        "reading:life_exception",
    } <= ids
    assert "rule:vcdr-45-a-respect" in ids
    assert "rule:practice-p18-praise" not in ids
    alone = graphing.neighbourhood(whole, ["rule:vcdr-02-relations"])
    assert "rule:vcdr-02-relations" in {node.id for node in alone.nodes}


def shapes(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_the_overview_has_every_norm_in_the_order_of_the_law(loaded: Loaded, whole: Network):
    root = shapes(graphing.overview(whole, lambda link: f"{link}.html"))
    at = {
        link.get("href", ""): float(link.find(f"{SVG}rect").get("y"))  # type: ignore[union-attr, arg-type]
        for link in root.iter(f"{SVG}a")
    }
    assert {f"rule:{r.id}.html" for r in loaded.rulebook.rules} <= set(at)
    assert at["rule:vcdr-22-1-entry.html"] < at["rule:vccr-31-2-entry.html"]
    assert root.find(f"{SVG}title") is not None
    assert root.get("role") == "img"


def boxes(root: ET.Element) -> list[tuple[float, float, float, float]]:
    found = [
        r for g in (*root.iter(f"{SVG}g"), *root.iter(f"{SVG}a")) for r in g.iter(f"{SVG}rect")
    ]
    return [tuple(float(r.get(k, "0")) for k in ("x", "y", "width", "height")) for r in found]  # type: ignore[misc]


def test_no_box_of_the_overview_covers_another(whole: Network):
    _apart(boxes(shapes(graphing.overview(whole))))


def _apart(found: list[tuple[float, float, float, float]]) -> None:
    assert found
    for i, (x, y, w, h) in enumerate(found):
        for x2, y2, w2, h2 in found[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


@NEEDS_IGRAPH
@pytest.mark.parametrize(
    "name", ["vcdr-22-1-entry", "place.premises", "VCDR 41", "overhang", "in_post"]
)
def test_a_picture_is_the_same_each_time_and_no_box_covers_another(name: str):
    first = run(name)
    assert first.exit_code == 0, first.output
    assert run(name).output == first.output
    _apart(boxes(shapes(first.output)))
    assert "http://" not in first.output.replace("http://www.w3.org/2000/svg", "")


@NEEDS_IGRAPH
def test_a_label_is_data(whole: Network):
    nasty = '<script>"&\u202e\x1b\\'
    one = Network(
        (Node("rule:a", "rule", nasty, nasty, nasty), Node("concept:b", "concept", "b", nasty, "")),
        (Edge("concept:b", "rule:a", "concept"),),
    )
    for svg in (
        graphing.overview(one, lambda _: nasty),
        graphing.picture(one, (), lambda _: nasty, nasty),
    ):
        root = shapes(svg.replace("\x1b", "") if "\x1b" in svg else svg)
        assert not list(root.iter(f"{SVG}script"))
        assert "\u202e" not in "".join(root.itertext())
    written = graphing.dot(one)
    assert r"<script>\"&\\u202e" in written
    assert written.count("->") == 1


def test_dot_and_json_need_no_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(graphing, "find_spec", lambda _: None)
    data = json.loads(run("leaked_archives", "--format", "json").output)
    assert {node["name"] for node in data["nodes"]} >= {"leaked_archives", "vcdr-24-archives"}
    assert run("leaked_archives", "--format", "dot").output.startswith("digraph norms {")
    result = run("leaked_archives")
    assert result.exit_code == 2
    assert "pip install 'comity[graph]'" in result.output
    target = tmp_path / "all.svg"
    assert run("-o", str(target)).exit_code == 0
    assert shapes(target.read_text(encoding="utf-8")).tag == f"{SVG}svg"


def test_what_is_unknown_or_rests_on_nothing_is_wrong_usage():
    assert run("vcdr-22-1-entri").exit_code == 2
    assert run("request_removal_privately").exit_code == 2
