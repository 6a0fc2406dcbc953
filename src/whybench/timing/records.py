"""What a timing run measured: every round of every contender, from which the profile is computed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from whybench.records import Cost, Status

What = Literal["method", "bare forward", "bare forward again", "bare gradient"]
Clock = Literal["wall", "cpu"]


@dataclass(frozen=True)
class Timed:
    """One contender: a method, or a bare pass of the model over the same samples.

    cost: of the warm-up, samples forward and backward and peak memory among it, all samples of the block together;
    repeats: calls a lap, of which the mean counts; wall, cpu: seconds a call in each round. Without status ok there
    are no rounds, and a reason.
    """

    what: What
    method: str = ""
    method_parameters: dict[str, Any] = field(default_factory=dict, hash=False)
    kind: str = ""
    control: bool = False
    status: Status = "ok"
    reason: str = ""
    cost: Cost = field(default_factory=Cost)
    repeats: int = 1
    wall: tuple[float, ...] = ()
    cpu: tuple[float, ...] = ()

    def laps(self, clock: Clock) -> tuple[float, ...]:
        """Seconds a call in each round, by one clock."""
        return self.wall if clock == "wall" else self.cpu


@dataclass(frozen=True)
class BlockTiming:
    """All contenders on one model and dataset, measured in the same rounds.

    machine: the facts of `environment`; plan: the batch plan; load: the machine's load average before and after,
    where the system knows it.
    """

    suite: str
    dataset: str
    model: str
    samples: int
    seed: int
    protocol: int
    machine: dict[str, Any] = field(hash=False)
    plan: dict[str, Any] = field(hash=False)
    load: tuple[float, ...]
    contenders: tuple[Timed, ...]

    @property
    def address(self) -> list[Any]:
        """What a later measurement replaces: the same block of the same suite on the same machine and device."""
        return [self.suite, self.dataset, self.model, self.machine, self.plan["device"]]

    def contender(self, what: What) -> Timed | None:
        """The first contender of a sort."""
        return next((t for t in self.contenders if t.what == what), None)

    def body(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @staticmethod
    def restore(body: Mapping[str, Any]) -> "BlockTiming":
        """The inverse of `body`."""
        contenders = tuple(
            Timed(**{**t, "cost": Cost(**t["cost"]), "wall": tuple(t["wall"]), "cpu": tuple(t["cpu"])})
            for t in body["contenders"]
        )
        return BlockTiming(**{**body, "load": tuple(body["load"]), "contenders": contenders})
