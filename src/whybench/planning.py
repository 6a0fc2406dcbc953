"""Which batch plan a bench is worked on by: the one of the store, else what is declared, else what is faster here."""

from dataclasses import replace

from whybench import keys
from whybench.allocator import keep_freed_memory
from whybench.batch_plan import BatchPlan, plan_by_shapes
from whybench.calibration import calibrated
from whybench.loading import Bench
from whybench.store import Store


def planned(
    bench: Bench, store: Store, device: str, rows: int | None = None, channels_last: bool | None = None
) -> tuple[Bench, BatchPlan]:
    """A bench in the layout of its batch plan, and the plan: the stored one, or a new one that is then stored.

    rows, channels_last: what the caller fixes; a layout that is fixed, or declared by the model, is never timed.
    """
    keep_freed_memory()
    model, key = bench.model, keys.plan_key(bench, device, rows)
    fixed = model.channels_last if channels_last is None or bench.inputs.ndim != 4 else channels_last
    plan = store.plan(key)
    if plan is None:
        plan = plan_by_shapes(model, bench.inputs, rows)
        plan = calibrated(model, bench.inputs, plan, rows) if fixed is None else replace(plan, channels_last=fixed)
        store.save_plan(key, plan)
    elif fixed is not None:
        plan = replace(plan, channels_last=fixed)
    return bench.in_layout(plan.channels_last), plan
