"""What is wrong with a file, as a value: a code, a place, a sentence and advice.

Problems are collected, never raised. `CATALOGUE` documents every code for `comity explain`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct


class Place(Struct, frozen=True):
    """A position in a file: the file as the user named it, 1-based line and column, caret width."""

    file: str
    line: int
    column: int
    length: int = 1


class Problem(Struct, frozen=True):
    """One fault of one file."""

    code: str
    place: Place | None
    message: str
    hint: str = ""
    severity: Literal["error", "warning", "hint"] = "error"


class Entry(Struct, frozen=True):
    """The documentation of a code."""

    code: str
    title: str
    meaning: str
    advice: str
    severity: Literal["error", "warning", "hint"] = "error"


def _entries(*rows: tuple[str, str, str, str]) -> dict[str, Entry]:
    return {row[0]: Entry(*row) for row in rows}


def _lints(
    *rows: tuple[Literal["error", "warning", "hint"], str, str, str, str],
) -> dict[str, Entry]:
    return {row[1]: Entry(*row[1:], row[0]) for row in rows}


_READING: Mapping[str, Entry] = _entries(
    ("Y001", "the file cannot be read", "It is missing, a folder, not a regular file, or not readable.", "Check the name and the permissions. Use - to read standard input."),
    ("Y002", "the file is not plain UTF-8 text", "It is binary, in another encoding, or holds control characters.", "Save it as UTF-8 text and remove the character shown."),
    ("Y003", "the YAML cannot be read", "The text breaks the rules of YAML at the place shown; the cause is often a line above.", "Check quotes, brackets, colons and indents. Indent with spaces."),
    ("Y004", "the file is empty", "There is nothing in it, or only comments.", "A case starts with `case:`, `title:` and `as_of:`; a rule with `rule:`."),
    ("Y005", "the file is too large", "A case or rule file is text that people read; a megabyte is the limit.", "Split it into several files."),
    ("Y006", "the YAML is nested too deeply", "More than 40 levels of lists and mappings.", "Flatten it: no case or rule needs more than ten."),
    ("Y007", "aliases stand for too much", "Written out, the aliases of the file make more than 100,000 values.", "Write the repeated parts out or leave them out."),
    ("Y008", "a key stands twice", "Two entries of one mapping have the same name; YAML would keep one silently.", "Rename or remove one of them."),
    ("Y009", "a feature of YAML that is not allowed", "Tags, merge keys, keys that are not text, aliases inside what they name.", "Write plain mappings, lists and text."),
    ("Y010", "a text is too long", "One text has more than 65,535 characters.", "Shorten it; a source can be cited instead of quoted."),
    ("C001", "wrong shape", "A mapping, a list or a text stands where another of them is needed.", "See the case format in docs/encoding-a-case.md."),
    ("C002", "a required key is missing", "Every case needs `case`, `title` and `as_of`; every cast member `is`; every act `type`.", "Add the key."),
    ("C003", "unknown key", "Nothing reads this key, so what it says would be lost.", "Correct the spelling or put the remark under `note`."),
    ("C004", "wrong type of value", "The term takes another kind of value: yes or no, a number, a date, one of a list.", "See the term with `comity schema vocabulary`."),
    ("C010", "unknown kind of cast member", "`is` names what the member is, such as mission, person, organ or place.", "Use one of the kinds of the vocabulary."),
    ("C011", "nobody of that name in the cast", "A role, or a reference, names somebody who is neither in `cast` nor a State.", "Add the member to `cast`, or use an ISO country code."),
    ("C012", "unknown act type", "The vocabulary has no act of that name.", "Use the nearest word, or the act type that describes what was seen."),
    ("C013", "the act type does not have this role", "Each act type lists the roles it needs and may have.", "Remove the role or choose another act type."),
    ("C014", "a role that the act needs is not filled", "Without it nobody can say whose conduct it is or what it was aimed at.", "Fill it, or write `unknown`: then what depends on it stays open."),
    ("C015", "unknown value", "The attribute takes one of a closed list of values.", "Use one of the values listed."),
    ("C016", "unknown source", "`source` names a key of `sources`.", "Add the source, or correct the name."),
    ("C017", "unknown judgement", "A judgement has a term of the vocabulary and a grade: yes, likely, arguable, unlikely or no.", "Correct the term or the grade."),
    ("C018", "unknown kind of dated fact", "`what` names a kind such as consent, waiver, relations or agreement.", "Use one of the kinds of the vocabulary."),
    ("C019", "a name is used twice", "Cast, acts and States share one set of names.", "Rename one of them."),
    ("C020", "not a date", "Dates are written 2026, 2026-02 or 2026-02-21.", "Correct the date."),
    ("C021", "dates contradict each other", "Something ends before it begins, or an act that was done lies after `as_of`.", "Correct the dates, or give the act a stage such as planned."),
    ("C022", "not a number or duration", "Numbers are plain (15, 0.5); durations have a unit (48 h, 3 d).", "Correct the value."),
    ("C023", "unknown country code", "States are written with their ISO 3166-1 code of two capital letters, invented ones as XA, XB, AA or ZZ.", "Use the code of the State."),
    ("C024", "acts refer to each other in a circle", "`over` and `answers` must lead back in time.", "Remove one of the references."),
    ("C025", "a name that cannot be used", "Names are small letters, digits and hyphens and are not words of the format.", "Choose another name."),
    ("C026", "unknown act", "`over`, `answers`, `about` or `act` names an act that the case does not have.", "Correct the name or add the act."),
    ("C027", "unknown reading", "The rulebook has no reading, or no value of it, of that name.", "See the readings in rules/readings."),
    ("C028", "unknown measure", "The toolbox in rules/measures has no measure of that name.", "Use the nearest word."),
    ("C029", "an expectation that no rule can meet", "It cites a provision or a rule that the rulebook does not have.", "Correct the citation, or mark it `todo` with the reason."),
    ("C030", "nothing to check", "The case has no acts and asks for no measure.", "Add an act, or a `consider` entry."),
    ("C031", "a conclusion typed in as a fact", "Whether conduct is unlawful, hostile or an abuse is for the rules, or is somebody's claim or judgement.", "State what was seen; put the characterisation under `claims` with who made it, or a graded `judgements` entry with the reason."),
    ("C032", "a variant changes something that is not there", "`set` and `remove` name what the case has, by its address (acts.banner.zone).", "Correct the address, or use `add`."),
    ("C033", "facts contradict each other", "The same thing is said to hold and to be absent.", "Remove one, or give them dates; reports that differ are written `values: [a, b]`."),
    ("C034", "a measure that fits nothing", "An entry of `consider` names a measure, or a target, on which nothing in the case fits.", "Aim it at what the advice names, or leave the entry out."),
    ("C035", "unknown rule", "An entry of `expect` names a rule that the rulebook does not have, so that it could never be met.", "Use the id that the advice names, or name the provision under `cite` instead."),
    ("R001", "wrong shape or unknown word in the rulebook", "A mapping, list or text stands where another is needed, or a word is not in its list.", "See docs/writing-a-rule.md."),
    ("R002", "a required key is missing", "A rule needs rule, provision, kind, title, norm, strength, trigger, applies, except and finding.", "Add the key."),
    ("R003", "unknown key", "Nothing reads this key.", "Correct the spelling."),
    ("R004", "unknown term in a condition", "No frame can carry this key and no concept has this name.", "Use the nearest term, or add it to the vocabulary."),
    ("R005", "unknown value in a condition", "The term takes one of a closed list of values.", "Use one of the values listed."),
    ("R006", "a condition that decides nothing", "It accepts every value of its term, or none.", "Remove it or list the values that matter."),
    ("R007", "an exception without a condition", "`when` is empty, so the exception would always hold.", "Say when it holds."),
    ("R008", "a missing or wrong trigger", "A trigger uses only act.type, act.family and act.tag, which are always known.", "Move every other condition to `applies`."),
    ("R009", "an id is used twice", "Rules, concepts, readings and measures have ids of their own.", "Rename one; ids are never reused."),
    ("R010", "unknown concept", "A condition names a concept that no file defines.", "Define it, or correct the name."),
    ("R011", "unknown reading", "A rule names a reading, or a value of one, that no file defines.", "Define it under rules/readings, or correct the name."),
    ("R012", "two readings replace the same thing", "Which of them should win is a question of law that the order of a file must not answer.", "Make it one reading, or let them change different parts."),
    ("R013", "a presumption that cannot be used", "It is unknown, or one term is presumed two ways in one rule.", "See rules/vocabulary/presumptions.yaml."),
    ("R014", "concepts depend on each other in a circle", "A conclusion cannot rest on itself.", "Break the circle."),
    ("R015", "a citation that cannot be read", "Citations are an instrument of the vocabulary and a pinpoint: VCDR 41(1).", "Correct the citation or add the instrument."),
    ("R016", "a limit of the engine", "The condition has more alternatives or terms than the matcher is safe with.", "Split it with a concept."),
    ("R017", "the finding text names something that is not there", "Placeholders are roles, mission, act and the States by side.", "Correct the placeholder."),
    ("R018", "unknown act type, family or tag", "The trigger names a word that the vocabulary of acts does not have.", "Use the nearest word."),
    ("R019", "a concept is both true and false", "Its definitions contradict each other on a frame of this case.", "Make the definitions exclude each other."),
    ("R020", "a rule test is malformed or fails", "Tests say what a rule finds on a small case.", "Correct the rule or the test."),
    ("R021", "a measure that cannot be bound", "It names an act type, role or template that does not exist.", "See docs/writing-a-rule.md, measures."),
    ("R022", "no word on exceptions", "A rule lists its exceptions, or says `except: none` and why in `no_exceptions`.", "Add them, or the reason."),
    ("R030", "an index of an instrument that cannot be used", "Its instrument is not in rules/vocabulary/instruments.yaml, or has an index already.", "Add the instrument to the vocabulary, or put the two indexes together."),
    ("R031", "a number that does not fit", "Articles are numbered as the instrument numbers them, and a paragraph's number begins with that of its article: 22(1) under 22.", "Write the number as a rule would cite it after the instrument."),
    ("R032", "reason and reviewer's note", "A paragraph that no rule encodes needs the reason under `not_encoded` and a reviewer's note under `note`; a note without a reason says nothing.", "Write both in a sentence, in terms of what the engine judges."),
    ("R033", "a paragraph that nobody accounted for", "No rule, exception, definition, concept or measure cites it, and the ledger does not say why not.", "Encode it, or write `not_encoded` and `note` in rules/instruments/."),
    ("R034", "a stale entry of the ledger", "The ledger says that no rule encodes a paragraph, and a rule does.", "Remove `not_encoded` and `note`, or cite another provision."),
    ("R035", "a day that cannot be", "A list of parties has a day that is none, or that lies before one that it follows.", "Write days as 2020-01-31, and correct the order."),
    ("P001", "a folder of rules without a pack.yaml", "Rules are added as packs: what a pack is called and what it changes of the others stands in its pack.yaml.", "Write one into the folder, with `pack`, `title` and `version`. See docs/packs.md."),
    ("P002", "an empty pack", "The folder has no rules and no words, and changes none; it was probably meant to be another.", "Name the right folder, or add rules."),
    ("P003", "a requirement that is not met", "A pack says under `requires` which other packs it needs, and which version of comity.", "Add the pack that is missing, or take another version."),
    ("P004", "packs clash", "Two packs bring, override or disable the same thing, and nothing says which should win; or a word would lose what cases use.", "Rename one, list it under `overrides` with the reason, or let one pack require the other."),
    ("P005", "a change of something that is not there", "`overrides` and `disables` name what another pack has; an override is also in the pack itself.", "Correct the id, or leave the entry out."),
    ("P006", "something disabled is still used", "A rule or concept names a concept or reading that a pack disables.", "Disable or override what uses it as well."),
    ("P007", "an installed pack that cannot be read", "A distribution announces a pack under the entry points comity.packs, and its package cannot be imported.", "Repair or uninstall it, or set COMITY_PACKS=none."),
    ("U001", "wrong usage", "The command does not take what was typed.", "See the command's --help."),
    ("U002", "unknown name", "No rule, finding, code or measure has that name here.", "Use the nearest name."),
)  # fmt: skip

# What `comity rules lint` finds in a rulebook that can be read.
LINTS: Mapping[str, Entry] = _lints(
    ("error", "L001", "a condition on a term that no frame can carry", "No act of the rule's trigger has the role that the term is about, or nothing that can fill the role has such a term: the condition is never true.", "Test a role that these acts have, or widen the trigger."),
    ("error", "L002", "a condition that can never hold", "Each word is known, but no act of the trigger, and nobody who can fill the role, ever has this value.", "Correct the value, or take the condition out."),
    ("warning", "L003", "a value that can never occur here", "One of the values listed cannot come with the rule's trigger, so listing it does nothing.", "Take the value out of the list, or widen the trigger."),
    ("error", "L010", "a rule that can never apply", "Its trigger, `applies` and `departs` contradict each other: no frame meets them all.", "Find the term that is tested for values that do not meet, and correct one of the two."),
    ("error", "L011", "an exception that can never apply", "Its condition contradicts the rule's own: whenever the rule is in play, the exception cannot hold.", "Correct the condition, or take the exception out."),
    ("warning", "L012", "a condition that is always true here", "What stands beside it, the trigger or the part of the rule above it already says the same.", "Take it out, or say what you meant to add."),
    ("error", "L013", "an exception that always applies", "Its condition follows from the rule's own, so that the rule never finds anything.", "Narrow the exception, or correct the rule's conditions."),
    ("warning", "L014", "an alternative that another one includes", "Whenever it holds, the other holds too, so it adds nothing.", "Take it out, or narrow the other one."),
    ("warning", "L015", "two exceptions with the same condition", "Both hold and fail together; a reader cannot tell them apart.", "Make one of them, with both citations, or correct one condition."),
    ("error", "L016", "a rule made unreachable by another", "Another rule with the same norm and provision covers every act that this one covers: this one never adds a finding.", "Take one of the two out, or let their conditions differ."),
    ("warning", "L017", "a definition that another one includes", "A concept has it already by another of its definitions.", "Take it out, or narrow the other one."),
    ("warning", "L020", "a concept that nothing uses", "No rule, concept or measure asks for it.", "Use it in a condition, or take it out."),
    ("warning", "L021", "a reading that nothing uses", "No rule and no definition changes with it, so choosing a value changes no answer.", "Say under `readings` of a rule what each value changes, or take it out."),
    ("warning", "L022", "a presumption that the rule does not need", "Neither the rule's conditions nor a concept that it uses tests what is presumed.", "Take it out of `presume`, or test its term."),
    ("warning", "L023", "a reading that changes nothing", "Under this value the rule says just what it says without it.", "Take the value out, or write what it changes."),
    ("hint", "L024", "a word that no rule reads", "The vocabulary has it, and cases may state it, but no condition of the rulebook asks for it.", "Nothing need be done if it is there for encoders; else use it or take it out."),
    ("hint", "L025", "a presumption that no rule relies on", "No rule and no concept names it under `presume`.", "Name it where it is relied on, or take it out."),
    ("error", "L030", "the text names a role that these acts do not have", "No act of the trigger has the role, so the sentence would have a gap.", "Name a role that the acts have, or the State meant."),
    ("warning", "L031", "the text names a role that may be empty", "For some act of the trigger the role is optional and no condition needs it, so the sentence may have a gap.", "Test `<role>.is` or another term of the role in `applies`, or reword the sentence."),
    ("error", "L032", "the norm names a role that these acts do not have", "A norm binds somebody, or is owed to somebody, who is never there.", "Name a State by its side, or a role that the acts have."),
    ("error", "L040", "the strength does not fit the provision", "Practice is never reported as treaty law, and a treaty's provision is not mere practice.", "Write `strength: [practice]` for P-numbers, and `treaty` or `custom` for a treaty's provision."),
    ("warning", "L041", "the modality does not fit the kind", "A power or liberty is something that one may do; a duty must be done; an immunity forbids.", "Correct `kind` or `norm.modality`."),
    ("error", "L042", "a verdict in a text", "A finding tells what was done and which norm speaks to it; whether that is unlawful is not for its text. `Inviolable` is not `extraterritorial`.", "Write what was done, and without what. The word for the result is `departure`."),
    ("error", "L043", "a conclusion used as a word for a fact", "Acts, attributes, values and kinds say what can be seen. rules/vocabulary/conclusions.yaml lists the words that settle what is in dispute.", "Name what can be seen; leave the conclusion to a rule, a concept or a judgement."),
    ("warning", "L044", "the id does not fit the provision", "Ids begin with the instrument and the article, and a reader trusts them.", "Correct the provision or, if the rule is new, the id."),
    ("error", "L045", "a retired id is used again", "An id once published stays with its rule, since reports cite it.", "Choose another id; the retired ones stand in rules/vocabulary/retired.yaml."),
    ("warning", "L046", "a deprecated rule without a successor", "Who relied on it must find what took its place.", "Name the rule that replaces it under `see`, or give the reason in `note`."),
    ("error", "L047", "not a date", "Dates are written 2026-02-21, and nothing is modified before it was made.", "Correct the date."),
    ("warning", "L048", "something that readers of a report need is missing", "An exception has its wording in `text`, a rule says what it leaves to judgement, a view says why it is held, and a norm that no text states has its evidence.", "Add it in a sentence of your own words."),
    ("error", "L050", "a provision that is not in the ledger", "The index of the instrument lists no such article or paragraph.", "Correct the number, or add the paragraph to the index under rules/instruments."),
    ("hint", "L051", "an instrument without an index", "Nobody can check the numbers of its provisions.", "Add its paragraphs under rules/instruments."),
    ("error", "L052", "an authority that is not in the ledger", "An exception, definition, concept or measure cites a paragraph that the index of its instrument does not list.", "Correct the number, or add the paragraph to the index under rules/instruments."),
    ("warning", "L060", "a rule without a test", "No test document names it.", "Write one beside the rule; `comity new rule --provision CITE` shows the form."),
    ("warning", "L061", "no test in which the rule fires", "No check expects established, presumed or arguable.", "Add a check on facts that meet every condition."),
    ("warning", "L062", "no test in which the rule does not fire", "No check expects not_in_play, respected or moot: a rule that always fires would pass.", "Add a check with one fact changed, so that the norm is kept or does not apply."),
    ("warning", "L063", "an exception that no test reaches", "In no check does its condition hold.", "Add a check in which it holds; its outcome is mostly excused."),
    ("error", "L064", "a test of a rule that does not exist", "`tests` names no rule of the rulebook.", "Correct the id, or take the test out with its rule."),
    ("warning", "L065", "a test without a name of its own", "Two checks of one rule have the same name, or one has none, so that a failure cannot be told from another.", "Name each check by what is special about it."),
    ("error", "L066", "a test that looks at nothing", "The act that it looks at is not in its case, so that `not_in_play` would always be the answer.", "Correct the name under `act`."),
    ("warning", "L067", "a reading that no test reaches", "In no check does the answer differ by it, and none names it under `worlds`.", "Add a check with `worlds`: the outcome under each value."),
    ("error", "L068", "a test that no engine can meet", "It expects an outcome, a reading or a value that does not exist.", "Use the nearest word."),
    ("warning", "L069", "a file that nothing reads", "Its name does not end in .yaml, so it is no part of the rulebook.", "Rename it, or move it out of the folder."),
    ("hint", "L070", "something is left to do", "A scaffold marks what its author has to replace with TODO.", "Replace the placeholder."),
    ("hint", "L071", "untidy text", "Spaces at the end of a line, or no line break at the end of the file.", "Run `comity rules lint --fix`."),
)  # fmt: skip

CATALOGUE: Mapping[str, Entry] = {**_READING, **LINTS}


def problem(code: str, place: Place | None, message: str, hint: str = "") -> Problem:
    """A problem with a documented code. Raises KeyError for any other: a programming error."""
    entry = CATALOGUE[code]
    return Problem(entry.code, place, message, hint, entry.severity)


_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """The text with everything that could steer a terminal, or hide, shown as an escape."""
    # Nothing that is unsafe is printable, and nearly all text is: the pattern is seldom compiled.
    return text if text.isprintable() else re.sub(_UNSAFE, _escape, text)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(_fold(choice), choice)
    meant = _fold(word)
    found = get_close_matches(meant, list(folded), n=3, cutoff=0.6)
    alike = [one for one in found if one[:3] == meant[:3]]  # slips are rare in the first letters
    return folded[(alike or found)[0]] if found else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "-").replace(" ", "-")


# --------------------------------------------------------------------------- rendering

WIDTH = 80
_COLOURS: Mapping[str, int] = {"error": 31, "warning": 33, "hint": 36}


def render(
    problems: Sequence[Problem],
    sources: Mapping[str, str],
    *,
    colour: bool = False,
    width: int = WIDTH,
    summary: str | None = None,
) -> str:
    """All problems, each with its line and a caret, and a count at the end.

    `sources` gives the text of each file named by a place (missing: no line is shown); `summary`
    is the last line where it is not the count.
    """
    ordered = sorted(problems, key=position)
    blocks = [_block(one, sources, colour, width) for one in ordered]
    return "\n".join([*blocks, _summary(ordered) if summary is None else summary]) + "\n"


def position(one: Problem) -> tuple[str, int, int, str]:
    """What problems are put in order by."""
    if one.place is None:
        return ("", 0, 0, one.code)
    return (one.place.file, one.place.line, one.place.column, one.code)


def _block(one: Problem, sources: Mapping[str, str], colour: bool, width: int) -> str:
    place = one.place
    label = f"{one.severity}[{one.code}]"
    if colour:
        label = f"\x1b[1;{_COLOURS[one.severity]}m{label}\x1b[0m"
    message = printable(shortened(one.message))
    if place is None:
        return "\n".join([f"{label} {message}", *_advice(one.hint, "  ", width)])
    head = f"{printable(place.file)}:{place.line}:{place.column}: {label} {message}"
    lines = sources.get(place.file, "").splitlines()
    if not 0 < place.line <= len(lines):
        return "\n".join([head, *_advice(one.hint, "  ", width)])
    return "\n".join([head, *_excerpt(lines[place.line - 1], place, one.hint, width)])


def shortened(text: str, most: int = 240) -> str:
    """A message that quotes a very long word, with its middle left out."""
    return text if len(text) <= most else f"{text[: most - 60]} ... {text[-40:]}"


def _excerpt(line: str, place: Place, hint: str, width: int) -> list[str]:
    """The line with its number, cut around the fault, and the carets with the advice."""
    gutter = f"{place.line:>4} | "
    room = width - len(gutter)
    start = max(0, place.column - 1 - room // 2) if len(line) > room else 0
    before = printable(line[start : place.column - 1].replace("\t", " "))
    marked = printable(line[place.column - 1 : place.column - 1 + place.length].replace("\t", " "))
    after = printable(line[place.column - 1 + place.length :].replace("\t", " "))
    shown = ("..." if start else "") + before + marked + after
    shown = shown if len(shown) <= room else shown[: room - 3] + "..."
    indent = columns(("..." if start else "") + before)
    carets = "^" * max(1, min(columns(marked), room - indent))
    return [gutter + shown, *_pointed(carets, " " * (len(gutter) - 2) + "| ", indent, hint, width)]


def _pointed(carets: str, gutter: str, indent: int, hint: str, width: int) -> list[str]:
    pointer = f"{gutter}{' ' * indent}{carets}"
    if hint and len(pointer) + 1 + len(hint) <= width:
        return [f"{pointer} {printable(hint)}"]
    return [pointer, *_advice(hint, gutter, width)]


def _advice(hint: str, lead: str, width: int) -> list[str]:
    return wrap(printable(hint), width, initial_indent=lead, subsequent_indent=lead) if hint else []


def wrap(
    text: str,
    width: int,
    *,
    initial_indent: str = "",
    subsequent_indent: str = "",
    break_long_words: bool = True,
) -> list[str]:
    """As `textwrap.wrap` without breaks at hyphens, but counting columns, not characters."""
    lines: list[str] = []
    line, bare = initial_indent, True
    for found in re.finditer(r"(\s*)(\S+)", text):
        gap, word = " " * len(found[1]), found[2]
        if not bare and columns(line + gap + word) > width:
            lines.append(line)
            line, bare, gap = subsequent_indent, True, ""
        line += gap
        while break_long_words and columns(line + word) > width:
            count = _fitting(word, width - columns(line))
            lines.append(line + word[:count])
            line, word = subsequent_indent, word[count:]
        line, bare = line + word, False
    return lines if bare else [*lines, line]


def _fitting(word: str, room: int) -> int:
    """How many characters of a word fit into a number of columns; at least one."""
    count = 1
    while count < len(word) and columns(word[: count + 1]) <= room:
        count += 1
    return count


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _summary(problems: Sequence[Problem]) -> str:
    errors = [p for p in problems if p.severity == "error"]
    if not errors:
        return f"{len(problems)} warning{'s' if len(problems) != 1 else ''}"
    first = errors[0].code
    count = f"{len(errors)} error{'s' if len(errors) != 1 else ''}"
    return f"{count}, nothing checked. More: comity explain {first}"
