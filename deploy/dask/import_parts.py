"""Imports the parts of a list in a Dask cluster, then merges them.

    import_parts.py --scheduler tcp://HOST:8786 --parts 8 --run-dir DIR -- LIST --user-pool-id ID

The arguments after `--` are those of `cognito-import import`. They are sent to the workers, so they
must not be secret: each worker needs the list, the AWS credentials and the file of the app client's
secret. All workers share the run directory. Exits with the code of the merge, or of a part that was
refused.
"""

import argparse
import subprocess
import sys
import time

from dask.distributed import Client, wait

FINISHED = (0, 1, 5)
REFUSED = (2, 3)


class TryAgain(Exception):
    """The program stopped early. The same command continues."""


def run(command: list[str], retry_delay: float) -> int:
    """Runs the program on a worker and returns its exit code.

    Raises TryAgain if another attempt may finish, which Dask then makes at once.
    """
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code in FINISHED + REFUSED:
        return code
    time.sleep(retry_delay)
    raise TryAgain(f"exit code {code}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Imports the parts of a list in a Dask cluster.")
    parser.add_argument("--scheduler", required=True)
    parser.add_argument("--parts", type=int, required=True)
    parser.add_argument("--run-dir", required=True)
    parser.add_argument("--program", default="cognito-import")
    parser.add_argument("--retries", type=int, default=10)
    parser.add_argument(
        "--retry-delay", type=float, default=30, help="seconds before the next attempt"
    )
    parser.add_argument("arguments", nargs="+", help="arguments of `cognito-import import`")
    args = parser.parse_args()

    command = [args.program, "import", *args.arguments, "--run-dir", args.run_dir]
    merge = [args.program, "report", "--merge", args.run_dir]
    with Client(args.scheduler) as client:
        parts = client.map(
            run,
            [[*command, "--part", f"{part}/{args.parts}"] for part in range(args.parts)],
            retry_delay=args.retry_delay,
            retries=args.retries,
            pure=False,
        )
        wait(parts)
        codes = [part.result() for part in parts if part.status == "finished"]
        for code in codes:
            if code in REFUSED:
                return code
        # Exits with 4 if a part has used up its retries.
        merged = client.submit(run, merge, retry_delay=0, pure=False)
        wait(merged)
        return merged.result() if merged.status == "finished" else 4


if __name__ == "__main__":
    sys.exit(main())
