"""Which norm rests on what, as a picture: readings and presumptions feed concepts and norms.

`network` collects nodes and edges, `neighbourhood` chooses what belongs to some of them. The
picture of a neighbourhood is laid out by igraph (docs/decisions/0016); that of the whole keeps the
order of the law, article by article, where any other order would lose the reader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from textwrap import wrap
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct, to_builtins

from comity.authoring import showing
from comity.authoring.ledger import pinpoints
from comity.authoring.listing import in_order, instrument_of
from comity.model import Logic, Rulebook
from comity.phrasing import listed, plural
from comity.problems import printable
from comity.vocabulary import Vocabulary

INSTALL: Final = "pip install 'comity[graph]'"
LEGEND: Final = (
    "Readings (contested questions) and standing presumptions stand at the left, the concepts that"
    " they feed beside them, and the norms at the right, article by article."
)
FEEDS: Final = ("reading", "presumption", "concept")  # kinds of edge that feed what they lead to
EDGES: Final[Mapping[str, str]] = {
    "concept": "is a condition of",
    "reading": "changes",
    "presumption": "is presumed in",
    "cites": "is cited by an exception of",
    "see": "refers to",
}


class Node(Struct, frozen=True):
    id: str  # kind and name, such as rule:vcdr-22-1-entry
    kind: str  # rule | concept | reading | presumption
    name: str
    title: str
    group: str  # the article of a rule, such as VCDR 22
    instrument: str = ""


class Edge(Struct, frozen=True, order=True):
    """`source` feeds, is cited by, or refers to `target`."""

    source: str
    target: str
    kind: str


class Network(Struct, frozen=True):
    """Nodes in the order of the law, and edges in order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


# --------------------------------------------------------------------------- what feeds what


def network(book: Rulebook, v: Vocabulary) -> Network:
    rules = in_order(book.rules, v)
    nodes = [
        *(Node(f"reading:{r.id}", "reading", r.id, r.question or r.title, "")
          for r in book.readings.values()),
        *(Node(f"presumption:{p.name}", "presumption", p.name, p.text, "")
          for p in book.presumptions.values()),
        *(Node(f"concept:{c.name}", "concept", c.name, c.title, "") for c in book.concepts),
        *(Node(f"rule:{r.id}", "rule", r.id, r.title, r.provision.partition("(")[0].strip(),
               instrument_of(r, v)) for r in rules),
    ]  # fmt: skip
    edges: set[Edge] = set()
    for concept in book.concepts:
        edges.update(_fed(f"concept:{concept.name}", showing.logics(concept), (), book))
    places = defaultdict(list)
    for rule in rules:
        for one in pinpoints(rule.provision):
            places[one].append(rule.id)
    for rule in rules:
        here = f"rule:{rule.id}"
        edges.update(_fed(here, (rule.logic,), rule.presume, book))
        edges.update(Edge(here, f"rule:{other}", "see") for other in rule.see)
        own = set(pinpoints(rule.provision))
        cited = (p for cite in _cites(rule.logic) for p in pinpoints(cite) if p not in own)
        edges.update(Edge(f"rule:{other}", here, "cites") for p in cited for other in places[p])
    known = {node.id for node in nodes}
    kept = {e for e in edges if e.source != e.target and {e.source, e.target} <= known}
    return Network(tuple(nodes), tuple(sorted(kept)))


def _fed(
    here: str, logics: Sequence[Logic], presume: Iterable[str], book: Rulebook
) -> Iterator[Edge]:
    for name in showing.concepts_in(logics):
        yield Edge(f"concept:{name}", here, "concept")
    for name in showing.readings_in(logics):
        yield Edge(f"reading:{name}", here, "reading")
    for name in (*presume, *showing.presumptions_in(logics, book.presumptions)):
        yield Edge(f"presumption:{name}", here, "presumption")


def _cites(logic: Logic) -> Iterator[str]:
    pending = list(logic.exceptions)
    for one in pending:
        yield one.cite
        pending.extend(one.unless)


def neighbourhood(whole: Network, centres: Iterable[str]) -> Network:
    """What feeds some nodes, however far back; what they feed; what they cite or refer to."""
    chosen = set(centres)
    kept = set(chosen)
    pending = list(chosen)
    while pending:
        now = pending.pop()
        for edge in whole.edges:
            if edge.target == now and edge.kind in FEEDS and edge.source not in kept:
                kept.add(edge.source)
                pending.append(edge.source)
    kept |= {e.target for e in whole.edges if e.source in chosen}
    kept |= {e.source for e in whole.edges if e.target in chosen and e.kind == "cites"}
    near = chosen | {n for n in kept if not n.startswith("rule:")}
    edges = tuple(
        e for e in whole.edges
        if {e.source, e.target} <= kept
        and ((e.kind in FEEDS and e.target in near) or {e.source, e.target} & chosen)
    )  # fmt: skip
    linked = chosen | {end for e in edges for end in (e.source, e.target)}
    return Network(tuple(n for n in whole.nodes if n.id in linked), edges)


def as_data(one: Network) -> dict[str, Any]:
    found: dict[str, Any] = to_builtins(one)
    return found


# --------------------------------------------------------------------------- dot

SHAPES: Final = {"rule": "box", "concept": "ellipse", "reading": "diamond", "presumption": "note"}


def dot(one: Network) -> str:
    """For graphviz and what reads its language; a cluster an article."""
    lines = ["digraph norms {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=10];']
    groups: dict[str, list[Node]] = {}
    for node in one.nodes:
        groups.setdefault(node.group, []).append(node)
    for number, (group, nodes) in enumerate(groups.items()):
        inner = [
            f"{_quoted(n.id)} [label={_quoted(n.name)}, tooltip={_quoted(n.title)},"
            f" shape={SHAPES[n.kind]}];"
            for n in nodes
        ]
        if group:
            lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(group)};"]
            lines += [*(f"    {line}" for line in inner), "  }"]
        else:
            lines += [f"  {line}" for line in inner]
    styles = {"see": "dotted", "cites": "dashed"}
    for edge in one.edges:
        style = styles.get(edge.kind, "solid")
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [style={style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    flat = " ".join(printable(text).split())
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --------------------------------------------------------------------------- drawing

Href = Callable[[str], str]
WIDE: Final = 250  # of a box
LINE: Final = 14
GAP: Final = 16
COLOURS: Final = {  # fill, border; and of edges
    "rule": ("#eef2fb", "#3f51b5"),
    "concept": ("#eaf6ee", "#2e7d4f"),
    "reading": ("#fdf1e3", "#b26a00"),
    "presumption": ("#f3f3f3", "#757575"),
    "see": ("", "#9aa0ad"),
    "cites": ("", "#8e3b6b"),
}
DASHES: Final = {"see": "2 4", "cites": "6 3"}
# Each rule is of this picture alone: it may stand in a page among others.
STYLE: Final = (
    ".rests text{font-family:system-ui,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;"
    "font-size:11px;fill:#1c1f26}.rests .name{font-weight:600}"
    ".rests .head{font-size:13px;font-weight:600;fill:#3b4150}.rests .small{fill:#5b6270}"
    ".rests path{fill:none}.rests a:hover rect,.rests a:focus rect{stroke-width:2.5}"
)


class Box(Struct, frozen=True):
    """A node in its place."""

    node: Node
    x: float
    y: float
    height: float
    lines: tuple[str, ...]
    centre: bool = False
    width: float = WIDE

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def missing() -> bool:
    return find_spec("igraph") is None


def picture(
    one: Network, centres: Iterable[str] = (), href: Href = lambda _: "", title: str = ""
) -> str:
    """A neighbourhood: layers from left to right, laid out so that few lines cross."""
    layers = layers_of(one)
    across = _order(one, layers)
    chosen = set(centres)
    boxes: dict[str, Box] = {}
    for layer in sorted(set(layers.values())):
        column = [n for n in one.nodes if layers[n.id] == layer]
        bottom = 70.0
        for node in sorted(column, key=lambda n: (across[n.id], n.id)):
            lines = tuple(wrap(printable(node.title), 40)[:4])
            height = (len(lines) + 1) * LINE + 12
            y = max(bottom, 70 + across[node.id] * 62)
            x = 20 + layer * (WIDE + 110)
            boxes[node.id] = Box(node, x, y, height, lines, node.id in chosen)
            bottom = y + height + GAP
    top = min((b.y for b in boxes.values()), default=70.0) - 70
    boxes = {k: Box(b.node, b.x, b.y - top, b.height, b.lines, b.centre) for k, b in boxes.items()}
    return _svg(one, boxes, href, title or "What rests on what", ())


def layers_of(one: Network) -> dict[str, int]:
    """How far along each node stands: sources first, what only refers to a norm last."""
    fed = defaultdict(list)
    for edge in one.edges:
        if edge.kind in FEEDS:
            fed[edge.target].append(edge.source)
    depth: dict[str, int] = {}

    def reach(name: str) -> int:
        if name not in depth:
            depth[name] = 0
            depth[name] = max((reach(source) + 1 for source in fed[name]), default=0)
        return depth[name]

    rules = [n.id for n in one.nodes if n.kind == "rule"]
    others = [n.id for n in one.nodes if n.kind != "rule"]
    column = max((reach(n) + 1 for n in others), default=0)
    found = {name: depth[name] for name in others}
    found |= dict.fromkeys(rules, column)
    fed_rules = {e.target for e in one.edges if e.kind in FEEDS}
    centres = fed_rules or set(rules[:1])
    for edge in one.edges:
        if edge.kind == "cites" and edge.source not in centres:
            found[edge.source] = column
        elif edge.kind == "see" and edge.target not in centres:
            found[edge.target] = column + 1
    used = sorted(set(found.values()))
    return {name: used.index(layer) for name, layer in found.items()}


def _order(one: Network, layers: Mapping[str, int]) -> dict[str, float]:
    """Where each node stands in its layer, by igraph's Sugiyama layout."""
    import igraph  # type: ignore[import-untyped]

    numbers = {node.id: number for number, node in enumerate(one.nodes)}
    graph = igraph.Graph(
        n=len(numbers),
        edges=[(numbers[e.source], numbers[e.target]) for e in one.edges
               if layers[e.source] < layers[e.target]],
        directed=True,
    )  # fmt: skip
    layout = graph.layout_sugiyama(layers=[layers[n.id] for n in one.nodes], hgap=1, maxiter=200)
    return {node.id: layout[numbers[node.id]][0] for node in one.nodes}


# --------------------------------------------------------------------------- the whole

ROW: Final = 17
RULES_WIDE: Final = 620


def overview(one: Network, href: Href = lambda _: "", title: str = "What rests on what") -> str:
    """All norms, article by article, with what feeds them at the left. What norms refer to and
    cite is left out: it would hide the rest."""
    fed = Network(one.nodes, tuple(e for e in one.edges if e.kind in FEEDS))
    linked = {end for e in fed.edges for end in (e.source, e.target)}
    shown = Network(tuple(n for n in fed.nodes if n.kind == "rule" or n.id in linked), fed.edges)
    layers = layers_of(shown)
    last = max(layers.values(), default=0)
    boxes, heads = _rows(shown, 20 + last * (WIDE + 110))
    for layer in range(last - 1, -1, -1):
        column = [n for n in shown.nodes if layers[n.id] == layer]
        boxes |= _beside(column, shown, boxes, 20 + layer * (WIDE + 110))
    return _svg(shown, boxes, href, title, heads)


def _rows(one: Network, x: float) -> tuple[dict[str, Box], list[tuple[float, float, str, str]]]:
    boxes: dict[str, Box] = {}
    heads: list[tuple[float, float, str, str]] = []
    y, group, instrument = 60.0, "", ""
    for node in one.nodes:
        if node.kind != "rule":
            continue
        if node.instrument != instrument:
            y, instrument, group = y + 26, node.instrument, ""
            heads.append(
                (x, y, "head", instrument.title() if instrument == "PRACTICE" else instrument)
            )
            y += 6
        if node.group != group and instrument != "PRACTICE":
            y, group = y + 20, node.group
            heads.append((x, y, "small", group))
            y += 4
        line = f"{node.name}: {printable(node.title)}"
        short = line if len(line) <= 104 else line[:101].rstrip() + "..."
        boxes[node.id] = Box(node, x, y, ROW - 2, (short,), False, RULES_WIDE)
        y += ROW
    return boxes, heads


def _beside(
    column: Sequence[Node], one: Network, boxes: Mapping[str, Box], x: float
) -> dict[str, Box]:
    """A column of nodes, each as near as may be to the middle of what it feeds."""
    fed = defaultdict(list)
    for edge in one.edges:
        if edge.target in boxes:
            fed[edge.source].append(boxes[edge.target].middle)
    wanted = {n.id: sum(fed[n.id]) / len(fed[n.id]) if fed[n.id] else 0.0 for n in column}
    found: dict[str, Box] = {}
    bottom = 60.0
    for node in sorted(column, key=lambda n: (wanted[n.id], n.id)):
        lines = tuple(wrap(printable(node.title), 40)[:4])
        height = (len(lines) + 1) * LINE + 12
        y = max(bottom, wanted[node.id] - height / 2)
        found[node.id] = Box(node, x, y, height, lines)
        bottom = y + height + GAP
    return found


# --------------------------------------------------------------------------- SVG


def _svg(
    one: Network,
    boxes: Mapping[str, Box],
    href: Href,
    title: str,
    heads: Iterable[tuple[float, float, str, str]],
) -> str:
    width = max((b.x + b.width for b in boxes.values()), default=200) + 20
    height = max((b.y + b.height for b in boxes.values()), default=60) + 20
    counts = listed(
        plural(sum(n.kind == kind for n in one.nodes), "norm" if kind == "rule" else kind)
        for kind in ("reading", "presumption", "concept", "rule")
        if any(n.kind == kind for n in one.nodes)
    )
    size = f'width="{width:.0f}" height="{height:.0f}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {height:.0f}"',
        ' class="rests" role="img" aria-labelledby="title desc">',
        f'<title id="title">{_text(title)}</title>',
        f'<desc id="desc">{_text(counts)}. An arrow leads from what feeds to what it feeds.</desc>',
        f"<style>{STYLE}</style>",
        "<defs>",
        *(_marker(kind) for kind in COLOURS),
        "</defs>",
        f'<rect {size} fill="#ffffff"/>',
        f'<text x="20" y="26" class="head">{_text(title)}</text>',
        *_legend(one),
        *(_path(edge, boxes) for edge in one.edges),
        *(f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{_text(text)}</text>'
          for x, y, style, text in heads),
        *(_box(box, href(box.node.id), one) for box in boxes.values()),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return escape(" ".join(printable(text).split()))


def _marker(kind: str) -> str:
    return (
        f'<marker id="to-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto">'
        f'<path d="M0,0 L8,4 L0,8 z" style="fill:{COLOURS[kind][1]}"/></marker>'
    )


_LEGENDS: Final = {
    "reading": "reading: changes",
    "presumption": "presumption: is presumed in",
    "concept": "concept: is a condition of",
    "cites": "cited by an exception of",
    "see": "refers to",
}


def _legend(one: Network) -> Iterator[str]:
    x = 20
    for kind, text in _LEGENDS.items():
        if any(edge.kind == kind for edge in one.edges):
            colour, dash = COLOURS[kind][1], DASHES.get(kind, "")
            yield (f'<path d="M{x},42 h24" stroke="{colour}" stroke-width="1.6"'
                   f' stroke-dasharray="{dash}" marker-end="url(#to-{kind})"/>')  # fmt: skip
            yield f'<text x="{x + 30}" y="46" class="small">{_text(text)}</text>'
            x += 46 + 6 * len(text)


_DIM: Final = {"presumption": 0.3, "see": 0.8}


def _path(edge: Edge, boxes: Mapping[str, Box]) -> str:
    a, b = boxes[edge.source], boxes[edge.target]
    colour, dash = COLOURS[edge.kind][1], DASHES.get(edge.kind, "")
    if a.x + a.width <= b.x:
        x1, x2, bend = a.x + a.width, b.x, (b.x - a.x - a.width) / 2
        c1, c2 = x1 + bend, x2 - bend
    else:  # in one column, or backwards: round the right side
        x1, x2 = a.x + a.width, b.x + b.width
        c1 = c2 = max(x1, x2) + 40
    y1, y2 = f"{a.middle:.0f}", f"{b.middle:.0f}"
    d = f"M{x1:.0f},{y1} C{c1:.0f},{y1} {c2:.0f},{y2} {x2:.0f},{y2}"
    dim = _DIM.get(edge.kind, 0.6)
    return (
        f'<path d="{d}" stroke="{colour}" stroke-opacity="{dim}" stroke-width="1.3"'
        f' stroke-dasharray="{dash}" marker-end="url(#to-{edge.kind})"/>'
    )


def _box(box: Box, href: str, one: Network) -> str:
    fill, border = COLOURS[box.node.kind]
    thick = 2.5 if box.centre else 1
    row = box.height < 2 * LINE
    place = f'x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}"'
    said = [f'<rect {place} rx="4" fill="{fill}" stroke="{border}" stroke-width="{thick}"/>']
    if row:
        said.append(
            f'<text x="{box.x + 6:.0f}" y="{box.y + 11.5:.1f}">{_text(box.lines[0])}</text>'
        )
    else:
        y = box.y + LINE + 2
        said.append(
            f'<text x="{box.x + 8:.0f}" y="{y:.0f}" class="name">{_text(_head(box.node))}</text>'
        )
        for number, line in enumerate(box.lines, 1):
            said.append(
                f'<text x="{box.x + 8:.0f}" y="{y + number * LINE:.0f}">{_text(line)}</text>'
            )
    inner = f"<title>{_text(tooltip(box.node, one))}</title>{''.join(said)}"
    return f"<a href={quoteattr(href)}>{inner}</a>" if href else f"<g>{inner}</g>"


def _head(node: Node) -> str:
    return node.name if len(node.name) <= 38 else node.name[:36] + ".."


def tooltip(node: Node, one: Network) -> str:
    """The node in words, for the pointer and for a screen reader."""
    what = "norm" if node.kind == "rule" else node.kind
    fed = [e.source.partition(":")[2] for e in one.edges if e.target == node.id and e.kind in FEEDS]
    rests = f" Rests on: {listed(fed)}." if fed else ""
    return f"{what} {node.name}: {node.title.rstrip('.')}.{rests}".replace("?.", "?")
