/** Commands that name the present epoch, while that ends. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { earshot } from "./run-cli.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

const EPOCH_S = 24;
/** What is left of the epoch when the command begins, s. */
const LEFT_S = 3;

let localnet: RunningLocalnet;
beforeAll(async () => {
  localnet = await startLocalnetCommand("--epoch-seconds", String(EPOCH_S));
});
afterAll(() => localnet.stop());

async function chainSeconds(): Promise<number> {
  const { connection } = localnet;
  return (await connection.getBlockTime(await connection.getSlot("confirmed")))!;
}

test("data credits are made though the epoch ends between the question for it and the transaction", async () => {
  const epoch = async () => Math.floor((await chainSeconds()) / EPOCH_S);
  await localnet.warp(Math.max(0, EPOCH_S - LEFT_S - ((await chainSeconds()) % EPOCH_S)));
  const epochs: number[] = [];
  /** The chain, whose first simulation has to wait until the epoch that it was for is over. */
  const endpoint = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    async fetch(request) {
      const body = await request.text();
      if (epochs.length === 0 && body.includes("simulateTransaction")) {
        epochs.push(await epoch());
        while ((await epoch()) === epochs[0]) await Bun.sleep(50);
        epochs.push(await epoch());
      }
      return fetch(localnet.url, { method: "POST", headers: { "content-type": "application/json" }, body });
    },
  });
  const { tokenMint, lookupTable } = localnet.network;
  const chain = ["--url", endpoint.url.href, "--token-mint", tokenMint!, "--lookup-table", lookupTable!];
  const mint = ["dc", "mint", "1000", "--commit", "--json", ...chain, "--keypair", localnet.keypair("owner")];
  const { code, err, out } = await earshot(mint);
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ committed: true });
  expect(epochs).toEqual([epochs[0], epochs[0]! + 1]);
  expect((await localnet.answer("owner", "dc balance")).dataCredits).toBe("1000");
  await endpoint.stop(true);
});
