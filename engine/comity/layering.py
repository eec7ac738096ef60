"""Packs laid over each other: what each brings, and whether it may change what is there.

Nothing is replaced by accident. What a pack brings is new, or stands under its `overrides` with a
reason; and it may change only what comity brings or a pack that it requires, since otherwise the
order of folders would decide a question of law.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from msgspec.structs import replace

from comity import source
from comity.library import PACK, by_folder, inside
from comity.model import Change, Pack
from comity.problems import Place
from comity.sheets import Faults, guess
from comity.source import Fields, Items, Node, Text
from comity.vocabulary import FILES

Thing: TypeAlias = tuple[str, str]  # kind and id
WORDS: Final = ("word",)


class Layers:
    """What there is, and which pack it belongs to; packs are laid over it one after the other."""

    def __init__(self, packs: Sequence[Pack], faults: Faults) -> None:
        self.faults = faults
        self._packs = {pack.name: pack for pack in packs}
        self._owners: dict[Thing, tuple[Pack, Place]] = {}
        self._gone: dict[Thing, tuple[Pack, Change]] = {}
        self._looked_up: dict[str, Pack] = {}

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs, each of their changes with the kind of what it changes."""
        return tuple(self._looked_up.get(name, pack) for name, pack in self._packs.items())

    @property
    def disabled(self) -> dict[Thing, str]:
        """What is disabled, and by which pack."""
        return {thing: pack.name for thing, (pack, _) in self._gone.items()}

    def lay(
        self, pack: Pack, held: Mapping[Thing, Place], kinds: Collection[str]
    ) -> tuple[set[Thing], set[Thing]]:
        """Lay what a pack brings of some kinds over what is there: (what clashes and is left out,
        what it disables)."""
        overrides = list(self._known(pack.overrides, kinds))
        disables = list(self._known(pack.disables, kinds))
        wanted = {(change.kind, change.id): change for change in overrides}
        refused = {
            thing for thing, place in held.items() if not self._fits(pack, thing, place, wanted)
        }
        for change in overrides:
            if change.kind in kinds and (change.kind, change.id) not in held:
                text = f"the pack overrides the {change.kind} '{change.id}' and brings none"
                less = "" if change.kind == "word" else ", or list it under `disables`"
                self.faults.add("P005", change.place, text, f"add it to the pack{less}")
        for thing in held.keys() - refused:
            self._owners[thing] = (pack, held[thing])
            self._gone.pop(thing, None)
        gone = {(c.kind, c.id) for c in disables if c.kind in kinds and self._goes(pack, c, held)}
        self._looked_up[pack.name] = replace(pack, overrides=(*overrides,), disables=(*disables,))
        return refused, gone

    def _known(self, changes: Iterable[Change], kinds: Collection[str]) -> Iterator[Change]:
        """The changes, those of these kinds looked up. Words come with `word` before them, as
        many bear the name of something else."""
        for change in changes:
            if (change.kind in WORDS) != (kinds == WORDS):
                yield change
                continue
            fitting = [
                kind
                for kind in kinds
                if change.kind in ("", kind) and (kind, change.id) in self._owners
            ]
            if len(fitting) == 1:
                yield replace(change, kind=fitting[0])
            elif fitting:
                text = f"'{change.id}' is the id of a {' and of a '.join(fitting)}"
                hint = f"write `{fitting[0]} {change.id}`"
                self.faults.add("P005", change.place, text, hint)
            else:
                self._unknown(change, kinds)

    def _unknown(self, change: Change, kinds: Collection[str]) -> None:
        there = {id_ for kind, id_ in self._owners if kind in kinds and change.kind in ("", kind)}
        what = change.kind or "rule, concept, reading or measure"
        hint = guess(change.id, there)
        if not change.kind and ("word", change.id) in self._owners:
            hint = f"for the word, write `word {change.id}`"
        text = f"there is no {what} '{change.id}' that this pack could change"
        self.faults.add("P005", change.place, text, hint)

    def _goes(self, pack: Pack, change: Change, held: Collection[Thing]) -> bool:
        thing = (change.kind, change.id)
        if thing in held:
            text = f"the pack disables the {change.kind} '{change.id}', which it brings itself"
            self.faults.add("P005", change.place, text, "leave one of the two out")
            return False
        if thing in self._gone:  # by another pack as well: they agree
            return True
        if not self._may(pack, change):
            return False
        self._gone[thing] = (pack, change)
        return True

    def _fits(self, pack: Pack, thing: Thing, place: Place, wanted: Mapping[Thing, Change]) -> bool:
        """Whether what a pack brings is new, or overrides what it may."""
        if thing not in self._owners:
            return True
        if thing in wanted:
            return self._may(pack, wanted[thing])
        kind, id_ = thing
        other, where = self._owners[thing]
        at = f"{where.file}, line {where.line}"
        text = f"{kind} '{id_}' stands already in the pack '{other.name}': {at}"
        named = f"word {id_}" if kind == "word" else id_
        file = pack.place.file if pack.place is not None else PACK
        hint = f"rename it, or list `{named}: the reason` under `overrides` in {file}"
        self.faults.add("P004", place, text, hint)
        return False

    def _may(self, pack: Pack, change: Change) -> bool:
        """Whether the pack requires the one that it changes, as every pack does comity."""
        thing = (change.kind, change.id)
        if thing in self._gone:
            other, by = self._gone[thing]
            done, where = "disables", by.place
        else:
            other, where = self._owners[thing]
            done = "brings"
        if other.shipped or other.name in self._required(pack):
            return True
        at = f"{where.file}, line {where.line}"
        text = f"the pack '{other.name}' {done} the {change.kind} '{change.id}' too: {at}"
        hint = f"to go further than that pack, add `{other.name}` under `requires`"
        self.faults.add("P004", change.place, text, hint)
        return False

    def _required(self, pack: Pack) -> set[str]:
        found: set[str] = set()
        pending = [needed.pack for needed in pack.requires]
        while pending:
            name = pending.pop()
            if name not in found and name in self._packs:
                found.add(name)
                pending += [needed.pack for needed in self._packs[name].requires]
        return found


# --------------------------------------------------------------------------- words


def read_words(files: Mapping[str, bytes], layers: Layers, faults: Faults) -> dict[str, Fields]:
    """The files of the vocabulary by stem, each pack's entries laid over those that are there."""
    found: dict[str, Fields] = {}
    folders = by_folder(files)
    for pack in layers.packs:
        own: dict[str, Fields] = {}
        for name in sorted(folders.get(pack.folder, ()), key=inside):
            nodes, problems = source.read(files[name], str(name))
            faults.problems.extend(problems)
            stem = PurePosixPath(inside(name)).stem
            if stem not in FILES or inside(name).count("/") > 1:
                text = f"'{inside(name)}' is no file of the vocabulary"
                faults.add("R001", Place(str(name), 1, 1), text, guess(stem, FILES))
            elif nodes and isinstance(nodes[0], Fields):
                own[stem] = nodes[0]
            elif nodes:
                faults.add("R001", nodes[0].place, "a file of the vocabulary is a mapping")
        held = dict(_entries(own))
        refused, _ = layers.lay(pack, held, WORDS)
        for stem, node in own.items():
            old = found.get(stem)
            found[stem] = node if old is None else _laid(stem, old, node, refused, faults)
    return found


def _entries(words: Mapping[str, Fields]) -> Iterator[tuple[Thing, Place]]:
    """Every named entry, by its word: `topics.own_policy`, `acts.tags.display`."""
    for stem, node in words.items():
        for section, entries in node:
            prefix = _prefix(stem, section.text)
            if _is_nested(stem, section.text) and isinstance(entries, Fields):
                yield from _entries({prefix: entries})
            elif isinstance(entries, Fields):
                for name, _ in entries:
                    yield ("word", f"{prefix}.{name.text}"), name.place


def _prefix(stem: str, section: str) -> str:
    return stem if section == stem else f"{stem}.{section}"


def _is_nested(stem: str, section: str) -> bool:
    return (stem, section) == ("keys", "mirrored")


def _laid(
    stem: str, old: Fields, new: Fields, refused: Collection[Thing], faults: Faults
) -> Fields:
    """The sections of a file with those of another laid over them."""
    sections = {key.text: (key, value) for key, value in old}
    for key, value in new:
        if key.text not in sections:
            faults.unknown("R003", key, "section of the vocabulary", sections)
            continue
        first, there = sections[key.text]
        prefix = _prefix(stem, key.text)
        laid: Node
        if isinstance(there, Items) and isinstance(value, Items):
            laid = Items(there.file, there.line, there.column)
            laid.items = (*there.items, *value.items)
        elif not isinstance(there, Fields) or not isinstance(value, Fields):
            what = "list" if isinstance(there, Items) else "mapping"
            faults.add("R001", value.place, f"'{key.text}' must be a {what}")
            continue
        elif _is_nested(stem, key.text):
            laid = _laid(prefix, there, value, refused, faults)
        else:
            laid = _with_entries(prefix, there, value, refused, faults)
        sections[key.text] = (first, laid)
    return _fields(old, tuple(sections.values()))


def _with_entries(
    prefix: str, old: Fields, new: Fields, refused: Collection[Thing], faults: Faults
) -> Fields:
    entries = {key.text: (key, value) for key, value in old}
    for key, value in new:
        if ("word", f"{prefix}.{key.text}") in refused:
            continue
        if key.text in entries:
            _check_kept(key, entries[key.text][1], value, faults)
        entries[key.text] = (key, value)
    return _fields(old, tuple(entries.values()))


def _fields(like: Fields, pairs: tuple[tuple[Text, Node], ...]) -> Fields:
    made = Fields(like.file, like.line, like.column)
    made.fill(pairs)
    return made


def _check_kept(word: Text, old: Node, new: Node, faults: Faults) -> None:
    """A word that is overridden keeps its type and its values: cases and the frames use them."""
    if not isinstance(old, Fields) or not isinstance(new, Fields):
        return
    kinds = [node.get("type") for node in (old, new)]
    before, after = (kind.text if isinstance(kind, Text) else "" for kind in kinds)
    if before and after and before != after:
        place = new.key("type") or word
        text = f"'{word.text}' is a {before} and cannot become a {after}"
        faults.add("P004", place.place, text, "add a word of your own")
    lost = sorted(_values(old) - _values(new))
    if lost:
        text = f"'{word.text}' loses the value{'s'[: len(lost) > 1]} {', '.join(lost)}"
        hint = "cases and other rules may use it; an override may only add values"
        faults.add("P004", (new.key("values") or word).place, text, hint)


def _values(entry: Fields) -> set[str]:
    values = entry.get("values")
    if isinstance(values, Fields):
        return {key.text for key, _ in values}
    if isinstance(values, Items):
        return {one.text for one in values if isinstance(one, Text)}
    return {values.text} if isinstance(values, Text) else set()
