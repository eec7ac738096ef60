"""A test run as JUnit XML: a suite a rule, a case a check. What is to do is skipped.

Only what the schema of Jenkins' xUnit plug-in (junit-10.xsd) allows: it knows no file or line of a
`testcase`, so these stand in its `system-out`, and the file is also that of the suite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from comity.authoring.testing import Run
from comity.ruletests import Result

# What XML 1.0 has no character for. Surrogates cannot be written as UTF-8 either.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run) -> str:
    """One `testsuites` element, in the form of the common JUnit schema.

    A rule without a check is a suite of its own: an error if it was asked for, else skipped.
    """
    suites = [
        _suite(rule, [*checks], run)
        for rule, checks in groupby(sorted(run.results, key=lambda r: r.rule), lambda r: r.rule)
    ]
    suites += [_untested(rule, asked=rule in run.asked) for rule in run.untested]
    root = ET.Element("testsuites", {"name": "comity rules test", **_sums(suites)})
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _sums(suites: Iterable[ET.Element]) -> dict[str, str]:
    listed = list(suites)
    counts = ("tests", "failures", "errors")
    return {n: str(sum(int(s.get(n, "0")) for s in listed)) for n in counts} | {"time": "0"}


def _suite(rule: str, results: list[Result], run: Run) -> ET.Element:
    failures = sum(r.verdict == "failed" for r in results)
    skipped = sum(r.verdict == "todo" for r in results)
    suite = _element(rule, len(results), failures, 0, skipped)
    if results[0].place is not None:
        suite.set("file", clean(results[0].place.file))
    for result in results:
        case = _case(suite, rule, result.name)
        told = "\n".join([f"{result.at}: {result.message}", *run.why.get(result.at, ())])
        if result.verdict == "failed":
            attributes = {"message": clean(result.message), "type": "outcome"}
            ET.SubElement(case, "failure", attributes).text = clean(told)
        elif result.verdict == "todo":
            attributes = {"message": clean(f"todo: {result.todo}"), "type": "todo"}
            ET.SubElement(case, "skipped", attributes).text = clean(told)
        ET.SubElement(case, "system-out").text = clean(result.at)
    return suite


def _untested(rule: str, *, asked: bool) -> ET.Element:
    suite = _element(rule, 1, 0, int(asked), int(not asked))
    attributes = {"message": "the rule has no test", "type": "untested"}
    ET.SubElement(_case(suite, rule, "has a test"), "error" if asked else "skipped", attributes)
    return suite


def _element(rule: str, tests: int, failures: int, errors: int, skipped: int) -> ET.Element:
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    return ET.Element(
        "testsuite",
        {"name": clean(rule), **{name: str(n) for name, n in counts.items()}, "time": "0"},
    )


def _case(suite: ET.Element, rule: str, name: str) -> ET.Element:
    return ET.SubElement(
        suite, "testcase", {"name": clean(name), "classname": clean(rule), "time": "0"}
    )


def clean(text: str) -> str:
    """The text with what XML forbids written as an escape."""
    return _FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
