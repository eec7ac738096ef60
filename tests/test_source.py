"""YAML into nodes: text stays text, places are exact, and hostile input is only ever refused."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from comity.problems import CATALOGUE, render
from comity.source import Fields, Items, Limits, Node, Text, read, read_path


def one(text: str | bytes) -> Node:
    nodes, problems = read(text, "f.yaml")
    assert problems == ()
    assert len(nodes) == 1
    return nodes[0]


def faults(data: str | bytes, limits: Limits | None = None) -> list[tuple[str, int, int]]:
    """(code, line, column) of each problem; every one must be printable with its excerpt."""
    _, problems = read(data, "f.yaml", limits=limits)
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    assert render(problems, {"f.yaml": text})
    return [(p.code, p.place.line, p.place.column) for p in problems if p.place]


# --------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    "word",
    ["NO", "no", "yes", "on", "off", "true", "22:10", "1_000", "0x1F", "010", "1e3", ".inf", "=",
     "2026-02-23", "2026-02-23T10:00:00Z", "1.10", "null-ish", "+1", "한국"],
)  # fmt: skip
def test_every_scalar_stays_as_typed(word) -> None:
    assert one(f"a: {word}").plain() == {"a": word}
    assert one(f"{word}: a").plain() == {word: "a"}


def test_only_nothing_is_nothing() -> None:
    assert one("a: \nb: ~\nc: null\nd: ''\ne: 'null'").plain() == {
        "a": None, "b": None, "c": None, "d": "", "e": "null",
    }  # fmt: skip


def test_a_tree_keeps_its_shape_and_order() -> None:
    tree = one("b: [x, {y: z}]\na: |\n  two\n  lines\n")
    assert tree.plain() == {"b": ["x", {"y": "z"}], "a": "two\nlines\n"}
    assert [key.text for key, _ in tree] == ["b", "a"]
    assert isinstance(tree, Fields)
    assert "a" in tree
    assert "c" not in tree
    assert tree.get("c") is None
    assert tree.key("a").text == "a"
    assert (len(tree), len(tree.get("b"))) == (2, 2)


def test_places_are_one_based_and_as_wide_as_the_word() -> None:
    tree = one("first: 1\nlist:\n  - 한국: value\n")
    assert isinstance(tree, Fields)
    items = tree.get("list")
    assert isinstance(items, Items)
    key, value = next(iter(items.items[0]))
    assert (key.line, key.column, key.length) == (3, 5, 2)
    assert (value.line, value.column, value.length) == (3, 9, 5)
    assert value.place.file == "f.yaml"


def test_several_documents_and_a_byte_order_mark() -> None:
    nodes, problems = read(b"\xef\xbb\xbfa: 1\n---\nb: 2\n---\n", "f.yaml")
    assert problems == ()
    assert [n.plain() for n in nodes] == [{"a": "1"}, {"b": "2"}]


def test_windows_lines_are_lines() -> None:
    assert one("a: 1\r\nb: 2\r\n").get("b").line == 2


def test_a_plain_alias_repeats_what_it_names() -> None:
    assert one("a: &x [1, 2]\nb: *x\nc: &y w\nd: *y").plain() == {
        "a": ["1", "2"], "b": ["1", "2"], "c": "w", "d": "w",
    }  # fmt: skip


def test_an_alias_does_not_reach_into_the_next_document() -> None:
    assert [f[0] for f in faults("a: &x 1\n---\nb: *x\n")] == ["Y003"]


# --------------------------------------------------------------------------- what is refused

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=False)
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("Y004", 1, 1)),
        (b"# only a comment\n", ("Y004", 1, 1)),
        (b"---\n---\n", ("Y004", 1, 1)),
        (b"\x7fELF\x02\x01\x01\x00", ("Y002", 1, 1)),
        (b"\x89PNG\r\n\x1a\n", ("Y002", 1, 1)),
        ("a: 1".encode("utf-16"), ("Y002", 1, 1)),
        ("a: b".encode("utf-16-le"), ("Y002", 1, 2)),
        (b"a: 1\nb: caf\xe9\n", ("Y002", 2, 7)),
        (b"a: 1\nb: x\x00y\n", ("Y002", 2, 5)),
        (b"a: 1\nb: \x1b[31mred\n", ("Y002", 2, 4)),
        ("a: x\x9by\n", ("Y002", 1, 5)),
        ("a: \ud800\n", ("Y002", 1, 4)),
        ("a: 1\nb: 2\na: 3\n", ("Y008", 3, 1)),
        ("a: {b: 1, c: 2, b: 3}\n", ("Y008", 1, 17)),
        ("a: !!python/object:os.system x\n", ("Y009", 1, 4)),
        ("a: !!str x\n", ("Y009", 1, 4)),
        ("a: !!map {b: 1}\n", ("Y009", 1, 4)),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", ("Y009", 3, 3)),
        ("? [a, b]\n: c\n", ("Y009", 1, 3)),
        ("a: &x [*x]\n", ("Y009", 1, 8)),
        ("a: &x {b: {c: *x}}\n", ("Y009", 1, 15)),
        ("a: *nobody\n", ("Y003", 1, 4)),
        ("a:\n\tb: 1\n", ("Y003", 2, 1)),
        ('a: "never closed\nb: 1\n', ("Y003", 1, 4)),
        ("a: 1\nb\nc: 3\n", ("Y003", 2, 1)),
        ("a: [1, 2\nb: 3\n", ("Y003", 2, 2)),
        ("a: b: c\n", ("Y003", 1, 5)),
        ("a: 1\n b: 2\n", ("Y003", 2, 3)),
        ("a: @x\n", ("Y003", 1, 4)),
        ("%YAML 9.9\n---\na: 1\n", ("Y003", 1, 1)),
    ],
    ids=lambda value: repr(value)[:32] if isinstance(value, (str, bytes)) else value[0],
)
def test_refused_at_its_place(data, expected) -> None:
    assert faults(data) == [expected]


def test_a_file_has_all_its_faults_reported_at_once() -> None:
    codes = sorted(f[0] for f in faults("a: 1\na: 2\nb: !x 3\nc: {<<: {}}\n"))
    assert codes == ["Y008", "Y009", "Y009"]


def test_an_alias_bomb_is_refused_at_once() -> None:
    start = time.perf_counter()
    assert [f[0] for f in faults(BOMB)] == ["Y007"]
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "data",
    ["[" * 100_000, "{a: " * 100_000, "- " * 100_000 + "x", "[" * 100_000 + "]" * 100_000,
     "".join(f"{' ' * n}a:\n" for n in range(1_000))],
    ids=["flow lists", "flow maps", "block lists", "closed", "block maps"],
)  # fmt: skip
def test_depth_is_refused(data) -> None:
    assert [f[0] for f in faults(data)] == ["Y006"]


def test_size_and_long_texts_are_refused() -> None:
    assert faults(b"a: " + b"x" * 1_048_576) == [("Y005", 1, 1)]
    assert faults("b: 1\na: " + "x" * 65_536) == [("Y010", 2, 4)]
    assert faults("[" + "x," * 20 + "]", Limits(nodes=10))[0][0] == "Y007"


def test_forty_levels_are_allowed() -> None:
    assert faults("[" * 40 + "]" * 40) == []
    assert faults("[" * 41 + "]" * 41) == [("Y006", 1, 41)]


def test_a_repeated_key_keeps_the_first_and_says_where_it_is() -> None:
    nodes, problems = read("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert nodes[0].plain() == {"a": "1", "b": "2"}
    assert "line 1" in problems[0].message


# --------------------------------------------------------------------------- files


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 2_000_000)
    os.mkfifo(tmp_path / "pipe")
    for name, code in (("none", "Y001"), (".", "Y001"), ("pipe", "Y001"), ("big", "Y005")):
        data, problems = read_path(str(tmp_path / name))
        assert (data, [p.code for p in problems]) == (None, [code])
    for odd in ("a\0b", "x" * 5_000):
        data, problems = read_path(odd)
        assert (data, [p.code for p in problems]) == (None, ["Y001"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "shut").write_text("a: 1")
    (tmp_path / "shut").chmod(0)
    assert read_path(str(tmp_path / "shut"))[1][0].code == "Y001"


def test_a_good_file_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a: 1\r\n")
    assert read_path(str(tmp_path / "a")) == (b"a: 1\r\n", ())


# --------------------------------------------------------------------------- fuzz


def test_no_bytes_raise_anything() -> None:
    """Random bytes, random YAML-like text and damaged good text: nodes or known problems."""
    seeded = random.Random(7)
    pieces = [
        *list("{}[]:,-#&*!|>'\"%@`?~<\n\n  \tabé€\u2028\x85"),
        "- ",
        ": ",
        "&a ",
        "*a ",
        "---\n",
        "<<: ",
    ]
    good = "case: a\nacts:\n  b: {c: [d, 'e'], f: &g h}\n  i: *g\n"
    for turn in range(3_000):
        if turn % 3 == 0:
            data: str | bytes = seeded.randbytes(seeded.randrange(40))
        elif turn % 3 == 1:
            data = "".join(seeded.choices(pieces, k=seeded.randrange(1, 40)))
        else:
            cut = seeded.randrange(len(good))
            data = good[:cut] + seeded.choice(pieces) + good[cut + seeded.randrange(3) :]
        nodes, problems = read(data, "f.yaml")
        assert nodes or problems
        assert all(p.code in CATALOGUE for p in problems)
        assert all(isinstance(n, (Text, Items, Fields)) for n in nodes)
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        for line in render(problems, {"f.yaml": text}).splitlines():
            assert "\x1b" not in line
