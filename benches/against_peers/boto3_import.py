"""Imports a list with boto3: threads share one reader and one client.

boto3_import.py LIST.csv ENDPOINT_URL CLIENT_ID THREADS legacy|standard|adaptive
"""

import csv
import sys
import threading

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

path, endpoint_url, client_id, threads, mode = sys.argv[1:]
idp = boto3.client(
    "cognito-idp",
    endpoint_url=endpoint_url,
    region_name="us-east-1",
    config=Config(max_pool_connections=int(threads), retries={"mode": mode}),
)
reading = threading.Lock()
counts = {"made": 0, "failed": 0}


def work(rows):
    made = failed = 0
    while True:
        with reading:
            row = next(rows, None)
        if row is None:
            break
        username, password = row.pop("username"), row.pop("password")
        attributes = [{"Name": name, "Value": value} for name, value in row.items()]
        try:
            idp.sign_up(ClientId=client_id, Username=username, Password=password, UserAttributes=attributes)
            made += 1
        except (ClientError, BotoCoreError):
            failed += 1
    with reading:
        counts["made"] += made
        counts["failed"] += failed


with open(path, newline="", encoding="utf-8") as file:
    rows = csv.DictReader(file)
    workers = [threading.Thread(target=work, args=(rows,)) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
print(f"{counts['made']} made, {counts['failed']} failed")
