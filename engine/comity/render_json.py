"""Report -> JSON, exactly the format `comity.report/1`: same inputs, same bytes."""

from __future__ import annotations

import json
from typing import Any

from comity.model import Change, Pack
from comity.reporting import (
    Assumed,
    Considered,
    Finding,
    Lack,
    Limit,
    Opening,
    Option,
    QuestionView,
    Report,
    Support,
)

FORMAT = "comity.report/1"


def render(report: Report) -> str:
    """The report as JSON text, two-space indented, ending in a newline. ASCII only, so that no
    text of a case can reach a terminal as a control sequence."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=True) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as plain data in the published shape."""
    return {
        "format": FORMAT,
        "case": {"id": report.case, "title": report.title, "as_of": report.as_of},
        "findings": [finding(f) for f in report.findings],
        "considered": [considered(c) for c in report.considered],
        "limits": [limit(x) for x in report.limits],
        "options": [option(x) for x in report.options],
        "questions": [question(q) for q in report.questions],
        "presumptions": [assumed(a) for a in report.presumptions],
        "silences": {
            "unused_facts": list(report.unused_facts),
            "acts_without_finding": sorted(report.acts_without_finding),
        },
        "receipt": {
            "comity": report.receipt.comity,
            "rulebook": report.receipt.rulebook,
            "case": report.receipt.case,
            "readings": dict(report.receipt.readings),
            **({"packs": [pack(p) for p in report.receipt.packs]} if report.receipt.packs else {}),
        },
    }


def pack(p: Pack) -> dict[str, Any]:
    return {
        "pack": p.name,
        "title": p.title,
        "version": p.version,
        "overrides": [change(c) for c in p.overrides],
        "disables": [change(c) for c in p.disables],
    }


def change(c: Change) -> dict[str, str]:
    return {"kind": c.kind, "id": c.id, "reason": c.reason}


def finding(f: Finding) -> dict[str, Any]:
    return {
        "id": f.id,
        "kind": f.kind,
        "rule": f.rule,
        "cite": f.cite,
        "strength": list(f.strength),
        "act": f.act,
        "mission": f.mission,
        "hypothetical": f.hypothetical,
        "stage": f.stage,
        "bearer": f.bearer,
        "owed_to": f.owed_to,
        "outcome": f.outcome,
        "text": f.text,
        "because": [support(s) for s in f.because],
        "assumes": [assumed(a) for a in f.assumes],
        "needs": [[lack(x) for x in need] for need in f.needs],
        "exceptions": [
            {"name": e.name, "cite": e.cite, "state": state_word(e.state)} for e in f.exceptions
        ],
        "worlds": [{"with": dict(w.setting), "outcome": world_word(w.outcome)} for w in f.worlds],
    }


def state_word(state: str) -> str:
    """The four states of the format; a presumed presence holds on a presumption."""
    return "holds" if state == "presumed_present" else state


def world_word(outcome: str) -> str:
    """In one world a rule may also be moot (nothing could make it a departure): not in play."""
    return "not_in_play" if outcome == "moot" else outcome


def support(s: Support) -> dict[str, str]:
    return {"fact": s.fact, "value": s.value, "source": s.source, "at": s.at}


def assumed(a: Assumed) -> dict[str, str]:
    return {"kind": a.kind, "name": a.name, "text": a.text}


def lack(x: Lack) -> dict[str, Any]:
    return {"fact": x.fact, "values": list(x.values), "ask": x.ask}


def considered(c: Considered) -> dict[str, Any]:
    return {
        "rule": c.rule,
        "cite": c.cite,
        "act": c.act,
        "outcome": c.outcome,
        "because": [support(s) for s in c.because],
    }


def limit(x: Limit) -> dict[str, Any]:
    return {
        "measure": x.measure,
        "on": aim(x),
        "barred_by": list(x.barred_by),
        "outcome": x.outcome,
        "findings": list(x.findings),
        "opened_by": [opening(o) for o in x.opened_by],
    }


def opening(o: Opening) -> dict[str, Any]:
    facts = [lack(x) for x in o.facts]
    return {"facts": facts, "cite": o.cite, "text": o.text, "leads_to": o.leads_to}


def aim(x: Limit | Option) -> str:
    """What a measure is aimed at, with `@` and its day where `consider` gives it one of its own."""
    return x.on if x.target == x.on else f"{x.on}@{x.date}"


def option(x: Option) -> dict[str, Any]:
    return {
        "measure": x.measure,
        "status": x.status,
        "level": x.level,
        "cite": list(x.cite),
        "conditions": list(x.conditions),
        "on": aim(x),
    }


def question(q: QuestionView) -> dict[str, Any]:
    return {
        "fact": q.fact,
        "ask": q.ask,
        "would_change": [
            {"finding": f, "if": v, "to": world_word(o)} for f, v, o in q.would_change
        ],
    }
