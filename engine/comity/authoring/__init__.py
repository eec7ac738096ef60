"""The rule author's bench: what checks, tests, explains and compares rules. No pipeline stage."""
