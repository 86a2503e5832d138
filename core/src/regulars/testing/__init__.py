"""For plugin authors: the contract suite, the fault injector, the sandbox base and the invented world."""

from regulars.testing.sample import sample_world
from regulars.testing.sandbox import Answer, Asked, Dropped, Fault, Sandbox, Served
from regulars.testing.world import World, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund

__all__ = [
    "Answer",
    "Asked",
    "Dropped",
    "Fault",
    "Sandbox",
    "Served",
    "World",
    "WorldLine",
    "WorldOrder",
    "WorldPerson",
    "WorldProduct",
    "WorldRefund",
    "sample_world",
]
