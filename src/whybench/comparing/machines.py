"""Whether two timings are of one machine."""

from collections.abc import Mapping
from typing import Any

from whybench.comparing.cells import changed_facts
from whybench.timing.records import BlockTiming

FACTS = ("system", "machine", "processor", "cores", "cuda")
"""What names a machine in an environment; versions of software are what is compared."""


def machine(block: BlockTiming) -> dict[str, Any]:
    """What a block was timed on, and with how many threads."""
    facts: Mapping[str, Any] = block.machine
    return {
        **{name: facts.get(name) for name in FACTS},
        "device": block.plan.get("device"),
        "threads": block.plan.get("threads"),
    }


def other_machine(a: BlockTiming, b: BlockTiming) -> list[str]:
    """The facts in which two machines differ; empty where they are one."""
    return changed_facts(machine(a), machine(b))
