"""Imports parts of a list for the state machine in state-machine.asl.json.

    worker.py --queue-url URL --run-dir s3://BUCKET/PREFIX/ -- LIST --user-pool-id ID --client-id ID

A message has a task token and the number of a part, and nothing of the list. The arguments after
`--` are those of `cognito-import import`. The program reads the list and the app client's secret
itself. Run this as the first process of a container, so that the program ends with it.
"""

import argparse
import json
import signal
import subprocess
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

FINISHED = (0, 1, 5)
REFUSED = (2, 3)

# The task has timed out, or its execution has ended.
NOT_WANTED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


class Worker:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.queue: Any = boto3.client("sqs")
        self.tasks: Any = boto3.client("stepfunctions")
        self.process: subprocess.Popen[bytes] | None = None
        self.is_waiting = False
        self.is_stopping = False

    def stop(self, *_: object) -> None:
        """Lets the program end its run. Exits at once while the worker waits for a message."""
        self.is_stopping = True
        if self.is_waiting:
            sys.exit()
        if self.process is not None:
            self.process.terminate()

    def work(self) -> None:
        while not self.is_stopping:
            self.is_waiting = True
            received = self.queue.receive_message(
                QueueUrl=self.args.queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=20
            )
            self.is_waiting = False
            for message in received.get("Messages", []):
                task = json.loads(message["Body"])
                is_wanted = self.heartbeat(task["token"])
                # The state machine sends another message if this worker is lost.
                self.queue.delete_message(
                    QueueUrl=self.args.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                if is_wanted:
                    self.report(task["token"], self.run(task))

    def command(self, task: dict[str, Any]) -> list[str]:
        if task.get("merge"):
            return [self.args.program, "report", "--merge", self.args.run_dir]
        run = ["--run-dir", self.args.run_dir, "--part", task["part"]]
        return [self.args.program, "import", *self.args.arguments, *run]

    def run(self, task: dict[str, Any]) -> int:
        """Runs the program, and sends heartbeats until it exits."""
        self.process = subprocess.Popen(self.command(task), stdin=subprocess.DEVNULL)
        if self.is_stopping:
            self.process.terminate()
        try:
            while True:
                try:
                    return self.process.wait(timeout=self.args.heartbeat)
                except subprocess.TimeoutExpired:
                    if not self.heartbeat(task["token"]):
                        # Another worker has the part.
                        self.process.terminate()
                        return self.process.wait()
        finally:
            self.process = None

    def heartbeat(self, token: str) -> bool:
        """Returns whether the task still waits for an answer."""
        try:
            self.tasks.send_task_heartbeat(taskToken=token)
        except ClientError as error:
            print(error, file=sys.stderr)
            return error.response["Error"]["Code"] not in NOT_WANTED
        except BotoCoreError as error:
            print(error, file=sys.stderr)
        return True

    def report(self, token: str, code: int) -> None:
        """Ends the task. If that fails, its heartbeat times out, and the part is tried again."""
        try:
            if code in FINISHED:
                output = json.dumps({"exit_code": code})
                self.tasks.send_task_success(taskToken=token, output=output)
            else:
                name = "Refused" if code in REFUSED else "TryAgain"
                self.tasks.send_task_failure(
                    taskToken=token, error=f"CognitoImport.{name}", cause=f"exit code {code}"
                )
        except (BotoCoreError, ClientError) as error:
            print(error, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description="Imports parts of a list for a state machine.")
    parser.add_argument("--queue-url", required=True)
    parser.add_argument("--run-dir", required=True)
    parser.add_argument("--program", default="cognito-import")
    parser.add_argument("--heartbeat", type=float, default=30, help="seconds between heartbeats")
    parser.add_argument("arguments", nargs="+", help="arguments of `cognito-import import`")
    worker = Worker(parser.parse_args())
    signal.signal(signal.SIGTERM, worker.stop)
    worker.work()


if __name__ == "__main__":
    main()
