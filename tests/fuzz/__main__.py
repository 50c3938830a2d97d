"""`make fuzz`: the tests of this folder again and again, each time with other examples, for FUZZ_SECONDS."""

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = "300"


def main() -> int:
    began, seconds, rounds = time.monotonic(), float(os.environ.get("FUZZ_SECONDS", "60")), 0
    while rounds == 0 or time.monotonic() - began < seconds:
        rounds += 1
        seed = time.time_ns()
        print(f"Round {rounds}, seed {seed} …", flush=True)
        command = [sys.executable, "-m", "pytest", str(HERE), "-x", f"--hypothesis-seed={seed}"]
        ended = subprocess.run(
            command, env={**os.environ, "FUZZ_EXAMPLES": EXAMPLES, "FUZZ_SEED": str(seed)}, check=False
        )
        if ended.returncode != 0:
            return ended.returncode
    print(f"{rounds} rounds of {EXAMPLES} examples for each test, and nothing found.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
