import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import { expect, test } from "vitest";
import { OrganisationClient } from "../../src/organisations/organisation-client.ts";

test("an oracle that refuses without a word, or with another than JSON, is an error with a code", async () => {
  let body = "";
  const server = Bun.serve({ port: 0, fetch: () => new Response(body, { status: 500 }) });
  const client = new OrganisationClient({
    url: `http://127.0.0.1:${server.port}`,
    wallet: "w",
    signer: "w",
    key: signerFromEd25519Seed(new Uint8Array(32).fill(1)),
    nowMs: Date.now,
    timeoutMs: 5000,
  });
  try {
    for ([body] of [["null"], ["7"], ["[]"], ['{"code":"no"}']]) {
      await expect(client.show()).rejects.toMatchObject({ code: "ORC_REFUSED" });
    }
    body = "<html>";
    await expect(client.show()).rejects.toMatchObject({ code: "ORC_DOWNLOAD_FAILED", retryable: true });
  } finally {
    await server.stop(true);
  }
});
