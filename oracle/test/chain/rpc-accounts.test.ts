import { afterAll, expect, test } from "vitest";
import { RpcAccounts } from "../../src/chain/rpc-accounts.ts";

/** Takes every question and answers none. */
const hanging = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  fetch: () => new Promise<Response>(() => {}),
});
afterAll(() => hanging.stop(true));

test("an endpoint that hangs is left after the time of one answer, not of one with all hotspots", async () => {
  const source = new RpcAccounts({ url: hanging.url.href, timeoutMs: 50, allTimeoutMs: 3_600_000 });
  await expect(source.account(new Uint8Array(32))).rejects.toMatchObject({ code: "ORC_RPC_FAILED", retryable: true });
  await expect(source.wasUsed(new Uint8Array(32), 0, 1)).rejects.toMatchObject({ code: "ORC_RPC_FAILED" });
});
