"""The ``comity`` command, also as ``python -m comity``: what concerns the whole process."""

from __future__ import annotations

import atexit
import gc


def run() -> None:
    """Run the command line in a process of its own."""
    # A run makes many values and hardly a cycle: looking for cycles as often as usual only costs,
    # from the first import on. At the end everything goes at once.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)

    from comity.cli import main

    main(prog_name="comity")


if __name__ == "__main__":
    run()
