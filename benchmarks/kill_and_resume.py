"""Kill a training with SIGKILL at random moments, resume it, and compare the weights byte for byte.

    python benchmarks/kill_and_resume.py --times 10

Each time is a training of its own on the bundled digits, killed once somewhere between its start
and its end, then resumed by the same command line with `--resume`.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = ["--dataset", "digits", "--steps", "5000", "--periods", "50", "--dropout", "0.2"]


def main() -> None:
    """Print a line for each time, and fail if any differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        unbroken = finished(Path(folder) / "unbroken")
        duration = time.perf_counter() - begin
        print(f"unbroken: {duration:.1f} s, {len(unbroken):,} bytes of weights")
        same = [
            survived(Path(folder) / f"killed-{number}", moments.uniform(0, duration), unbroken)
            for number in range(arguments.times)
        ]
    print(f"{sum(same)} of {len(same)} equal to the unbroken run's, byte for byte")
    sys.exit(0 if all(same) else 1)


def survived(run: Path, after: float, unbroken: bytes) -> bool:
    """Kill a training after some seconds, resume it, and return whether its weights are the same."""
    process = subprocess.Popen(command(run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    found = state(run)
    same = finished(run) == unbroken
    print(f"killed after {after:5.2f} s, {found}: {'same' if same else 'DIFFERENT'}")
    return same


def state(run: Path) -> str:
    """Say what the killed process left."""
    if not run.exists():
        return "before the run folder was made"
    if (run / "model.safetensors").exists():
        return "after the weights were written"
    history = run / "history.jsonl"
    return f"with {len(history.read_text().splitlines()) if history.exists() else 0} of 50 periods done"


def finished(run: Path) -> bytes:
    """Train or resume to the end, and return the weights."""
    subprocess.run(command(run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (run / "model.safetensors").read_bytes()


def command(run: Path) -> list[str]:
    """Return the command line of the training."""
    return [sys.executable, "-m", "digitlab", "train", "mlp", *SETTINGS, "--resume", "--out", str(run)]


if __name__ == "__main__":
    main()
