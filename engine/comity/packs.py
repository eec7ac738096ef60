"""`pack.yaml` -> `Pack`: what a folder of rules is called, what it needs and what it changes.

Packs are put in order here, each after those that it requires, so that the order in which they
are named decides nothing. What they change is looked up by `layering`, which knows what there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from comity import __version__, source
from comity.library import PACK, TEST, by_folder, inside
from comity.model import Change, Pack, Requirement
from comity.problems import Place, Problem
from comity.sheets import Faults, Sheet, guess
from comity.source import Fields, Text

if TYPE_CHECKING:
    from packaging.version import Version

SHIPPED: Final = "comity"
PACK_KEYS: Final = (
    *("pack", "title", "version", "requires", "overrides", "disables"),
    *("author", "references", "note"),
)
KINDS: Final = ("rule", "concept", "reading", "measure", "word")
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EXAMPLE: Final = "`pack: my-rules`, `title: ...` and `version: 0.1` are enough"


def read_packs(files: Mapping[str, bytes]) -> tuple[tuple[Pack, ...], tuple[Problem, ...]]:
    """The packs whose files these are, the shipped one first and each after those it requires.

    Codes P001-P004 and, for the shape of `pack.yaml`, R001-R003 and Y001-Y010.
    """
    faults = Faults()
    found: dict[str, Pack] = {}
    for folder, held in by_folder(files).items():
        pack = _pack(folder, held, faults)
        other = found.get(pack.name) if pack is not None else None
        if pack is not None and other is not None:
            _same_name(pack, other, faults)
        elif pack is not None:
            found[pack.name] = pack
    return _in_order(found, faults), tuple(faults.problems)


def _pack(folder: str, files: Mapping[str, bytes], faults: Faults) -> Pack | None:
    name = next((name for name in files if inside(name) == PACK), None)
    if name is None:
        if not folder:  # a rulebook from before there were packs
            return Pack(SHIPPED, SHIPPED, __version__)
        place = Place(f"{folder}/{PACK}", 1, 1)
        text = "a folder of rules is a pack, and says so in pack.yaml, which is not there"
        faults.add("P001", place, text, f"write it into the folder: {EXAMPLE}")
        return None
    nodes, problems = source.read(files[name], str(name))
    faults.problems.extend(problems)
    if problems:
        return None
    if len(nodes) != 1 or not isinstance(nodes[0], Fields):
        faults.add("R001", nodes[-1].place, "pack.yaml is one mapping", EXAMPLE)
        return None
    pack = read_pack(nodes[0], folder, faults)
    others = [inner for n in files if (inner := inside(n)) != PACK and not inner.endswith(TEST)]
    stated = any(key in nodes[0] for key in ("overrides", "disables"))  # perhaps faulty
    if folder and not others and not stated:
        text = "the pack has no rules and no words, and changes none"
        faults.add("P002", nodes[0].place, text, "put rules into the folder, or name another")
    return pack


def read_pack(fields: Fields, folder: str, faults: Faults) -> Pack:
    """One `pack.yaml`. With faults the value is a stand-in that must not be used."""
    sheet = Sheet(fields, faults)
    sheet.only(PACK_KEYS)
    sheet.need("pack", "title", "version")
    name = sheet.word("pack")
    if name is not None and name.text.strip() and not NAME.fullmatch(name.text):
        text = f"'{name.text}' cannot be the name of a pack"
        faults.add("R001", name.place, text, "a name is small letters, digits and hyphens")
    version = sheet.word("version")
    # What is shipped is tested; a run without packs need not know how versions are compared.
    if folder and version is not None and version.text.strip() and _version(version.text) is None:
        text = f"'{version.text}' is no version"
        faults.add("R001", version.place, text, "write numbers with dots, such as 0.1")
    return Pack(
        name=sheet.text("pack"),
        title=sheet.text("title"),
        version=sheet.text("version"),
        folder=folder,
        requires=_requires(sheet),
        overrides=_changes(sheet, "overrides"),
        disables=_changes(sheet, "disables"),
        place=sheet.at("pack"),
    )


def _requires(sheet: Sheet) -> tuple[Requirement, ...]:
    written = sheet.fields("requires")
    if not written:
        return ()
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found = []
    for name, node in written:
        text = node.text.strip() if isinstance(node, Text) and not node.empty else ""
        try:
            if not text:
                raise InvalidSpecifier
            SpecifierSet(text)
            found.append(Requirement(name.text, text, name.place))
        except InvalidSpecifier:
            what = f"'{text}' does not say which versions of '{name.text}' will do"
            sheet.faults.add("R001", node.place, what, 'write ">=0.1", or ">=0.1,<2"')
    return tuple(found)


def _changes(sheet: Sheet, key: str) -> tuple[Change, ...]:
    """`id: reason`, or `kind id: reason` where the id alone would leave a doubt."""
    found = []
    for name, node in sheet.fields(key) or ():
        reason = node.text.strip() if isinstance(node, Text) and not node.empty else ""
        kind, _, id_ = name.text.rpartition(" ")
        if kind not in ("", *KINDS):
            text = f"'{name.text}' is not an id, alone or after what it is of"
            sheet.faults.add("R001", name.place, text, f"before the id: {', '.join(KINDS)}")
        elif not reason:
            text = f"`{key}` gives no reason for '{name.text}'"
            sheet.faults.add("R002", name.place, text, f"write `{name.text}: the reason`")
        elif kind == "word" and key == "disables":
            text = "a word cannot be disabled: rules and cases use it"
            sheet.faults.add("P005", name.place, text, "disable the rules that read it")
        else:
            found.append(Change(kind, id_, reason, name.place))
    return tuple(found)


def _same_name(pack: Pack, other: Pack, faults: Faults) -> None:
    where = other.place.file if other.place is not None else "the shipped rulebook"
    hint = "name it once"
    if other.shipped:
        hint = "the rulebook that comes with comity is always there; rename this pack"
    text = f"the pack '{pack.name}' is already there, in {where}"
    faults.add("P004", pack.place or Place(pack.folder, 1, 1), text, hint)


# --------------------------------------------------------------------------- versions and order


def _version(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _in_order(packs: Mapping[str, Pack], faults: Faults) -> tuple[Pack, ...]:
    """Each pack after those that it requires; by name where that leaves a choice."""
    for pack in packs.values():
        for needed in pack.requires:
            _check_there(pack, needed, packs, faults)
    left = sorted(packs.values(), key=lambda pack: (not pack.shipped, pack.name))
    done: dict[str, Pack] = {}
    while left:
        free = next((p for p in left if _required(p) & {*packs} <= {*done}), None)
        if free is None:
            itself = next((p for p in left if p.name in _required(p)), None)
            text = f"the packs require each other: {', '.join(p.name for p in left)}"
            place, hint = left[0].requires[0].place, "one of them must do without the other"
            if itself is not None:
                text, hint = f"the pack '{itself.name}' requires itself", "leave the entry out"
                place = next(n.place for n in itself.requires if n.pack == itself.name)
            faults.add("P003", place, text, hint)
            return (*done.values(), *left)
        done[free.name] = free
        left.remove(free)
    return tuple(done.values())


def _required(pack: Pack) -> set[str]:
    return {needed.pack for needed in pack.requires}


def _check_there(
    pack: Pack, needed: Requirement, packs: Mapping[str, Pack], faults: Faults
) -> None:
    from packaging.specifiers import SpecifierSet

    name, place = needed.pack, needed.place
    wanted = f"{name} {needed.versions}"
    found = packs.get(name)
    if found is None:
        others = sorted(p.name for p in packs.values() if p is not pack)
        hint = f"there is: {', '.join(f'{n} {packs[n].version}' for n in others)}"
        near = guess(name, others) if len(others) > 1 else ""
        hint = near if near.startswith("did") else hint
        faults.add("P003", place, f"'{pack.name}' requires {wanted}, which is not there", hint)
        return
    there = __version__ if found.shipped else found.version
    version, will_do = _version(there), SpecifierSet(needed.versions)
    if version is not None and not will_do.contains(version, prereleases=True):
        text = f"'{pack.name}' requires {wanted}, and there is {name} {there}"
        faults.add("P003", place, text, "take another version of one of them")
