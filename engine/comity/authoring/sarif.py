"""The linter's answer in two forms for programs: SARIF 2.1.0, and a plain one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from comity import __version__
from comity.authoring.lint_fix import Edit, edit_of
from comity.authoring.linting import SEVERITIES, Linted
from comity.problems import CATALOGUE, Entry, Place, Problem

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
FORMAT: Final = "comity.lint/1"
_LEVELS: Final = {"error": "error", "warning": "warning", "hint": "note"}


def sarif(linted: Linted, texts: Mapping[str, str]) -> dict[str, Any]:
    """One run, with every code that was met among its rules."""
    codes = sorted({one.code for one in linted.problems})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "comity",
                        "semanticVersion": __version__,
                        "rules": [_rule(CATALOGUE[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, codes, texts) for one in linted.problems],
            }
        ],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.meaning},
        "help": {"text": entry.advice},
        "defaultConfiguration": {"level": _LEVELS[entry.severity]},
    }


def _result(one: Problem, codes: list[str], texts: Mapping[str, str]) -> dict[str, Any]:
    said = f"{one.message}: {one.hint}" if one.hint else one.message
    found: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": codes.index(one.code),
        "level": _LEVELS[one.severity],
        "message": {"text": said},
    }
    if one.place is not None:
        found["locations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(one.place.file),
                    "region": _region(one.place),
                }
            }
        ]
        edit = edit_of(one, texts.get(one.place.file, ""))
        if edit is not None:
            found["fixes"] = [_fix(edit)]
    return found


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(file.replace("\\", "/"))}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + place.length,
    }


def _fix(edit: Edit) -> dict[str, Any]:
    region = {"startLine": edit.line, "startColumn": edit.start, "endColumn": edit.end}
    if edit.new == "\0":  # the whole line, with its end
        region = {"startLine": edit.line, "startColumn": 1, "endLine": edit.line + 1}
        region["endColumn"] = 1
    new = "" if edit.new == "\0" else edit.new
    return {
        "description": {"text": edit.why},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(edit.file),
                "replacements": [{"deletedRegion": region, "insertedContent": {"text": new}}],
            }
        ],
    }


def plain(linted: Linted, texts: Mapping[str, str]) -> dict[str, Any]:
    """`comity.lint/1`: described in docs/linting.md."""
    return {
        "format": FORMAT,
        "counts": {severity: linted.count(severity) for severity in SEVERITIES},
        "files": list(linted.files),
        "faults": [_fault(one, texts) for one in linted.problems],
    }


def _fault(one: Problem, texts: Mapping[str, str]) -> dict[str, Any]:
    place = one.place
    return {
        "code": one.code,
        "severity": one.severity,
        "title": CATALOGUE[one.code].title,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "length": place.length if place else None,
        "message": one.message,
        "hint": one.hint,
        "fixable": place is not None and edit_of(one, texts.get(place.file, "")) is not None,
    }
