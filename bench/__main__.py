"""`make bench`: the product beside its floors and at scale. `python -m bench commands` measures one part."""

import argparse
import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from bench import api, attack, commands, report, scale
from bench.report import Table
from bench.slack import Slack

PARTS: dict[str, Callable[[Slack], Awaitable[Table]]] = {
    "commands": commands.measure,
    "attack": attack.measure,
    "scale": scale.measure,
    "api": api.measure,
}


async def main(parts: Sequence[str]) -> None:
    gc.freeze()
    async with Slack() as slack:
        for name in parts:
            table = await PARTS[name](slack)
            print(f"\n{report.machine()}\n\n{report.console(table)}\n", flush=True)
            report.write(table)


def chosen() -> list[str]:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure, and write docs/benchmarks.md."
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all when none is named"
    )
    parts: list[str] = parser.parse_args().parts or list(PARTS)
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"no part {unknown[0]}: there are {', '.join(PARTS)}")
    return parts


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(chosen()))
