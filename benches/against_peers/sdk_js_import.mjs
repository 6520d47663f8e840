// Imports a list with the AWS SDK for JavaScript v3 and p-limit.
//
// node sdk_js_import.mjs LIST.csv ENDPOINT_URL CLIENT_ID IN_FLIGHT standard|adaptive

import { createReadStream } from "node:fs";
import { CognitoIdentityProviderClient, SignUpCommand } from "@aws-sdk/client-cognito-identity-provider";
import { parse } from "csv-parse";
import pLimit from "p-limit";

const [path, endpoint, clientId, inFlight, retryMode] = process.argv.slice(2);
const client = new CognitoIdentityProviderClient({ endpoint, region: "us-east-1", retryMode });
const limit = pLimit(Number(inFlight));
const counts = { made: 0, failed: 0 };
let wake = () => {};

async function signUp({ username, password, ...others }) {
  try {
    await client.send(new SignUpCommand({
      ClientId: clientId,
      Username: username,
      Password: password,
      UserAttributes: Object.entries(others).map(([Name, Value]) => ({ Name, Value })),
    }));
    counts.made += 1;
  } catch {
    counts.failed += 1;
  }
  wake();
}

const sent = [];
for await (const row of createReadStream(path).pipe(parse({ columns: true }))) {
  sent.push(limit(signUp, row));
  // Rows are read on demand, so that a long list is not buffered in memory.
  while (limit.pendingCount > Number(inFlight)) {
    await new Promise((resolve) => { wake = resolve; });
  }
}
await Promise.all(sent);
console.log(`${counts.made} made, ${counts.failed} failed`);
