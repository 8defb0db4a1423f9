/** From a hotspot to a claimed reward, as a new user of a local chain does it; and the price that stays fresh meanwhile. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readKeypair } from "../../src/cli/keys.ts";
import { networkAddresses } from "../../src/sdk/create-network.ts";
import { Programs } from "../../src/sdk/programs.ts";
import { Settlement } from "../../src/sdk/settlement.ts";
import { type RunningLocalnet, startLocalnetCommand } from "./running-localnet.ts";

let localnet: RunningLocalnet;
beforeAll(async () => {
  localnet = await startLocalnetCommand();
});
afterAll(() => localnet.stop());

const play = (...args: string[]) => localnet.answer("owner", "play-epoch", "--data", localnet.folder, ...args);
const proofOf = (name: string) => join(localnet.folder, "proofs", `${localnet.address(name)}.json`);

test("pays a hotspot from the epoch after its onboarding, and claims add up", async () => {
  const { answer, refusal, address, write } = localnet;
  await answer("owner", "dc mint", "500000", "--commit");
  const device = write("hotspot.key", `ed25519 ${"33".repeat(32)}\n`);
  await answer("owner", "hotspot onboard", "--device", device, "--commit");
  await play();
  expect(existsSync(proofOf("owner"))).toBe(false);
  await play();
  const before = BigInt((await answer("owner", "dc balance")).tokenAtoms);
  expect(await answer("owner", "rewards claim", "--proof", proofOf("owner"))).toMatchObject({ committed: false });
  // Anybody may pay the fee.
  await answer("customer", "rewards claim", "--proof", proofOf("owner"), "--commit");
  const { claimedAtoms, finalTotalAtoms } = await answer("owner", "rewards status");
  expect(BigInt(claimedAtoms)).toBeGreaterThan(60_000n * 100_000_000n);
  expect(BigInt((await answer("owner", "dc balance")).tokenAtoms) - before).toBe(BigInt(claimedAtoms));
  expect(BigInt(finalTotalAtoms)).toBeGreaterThan(BigInt(claimedAtoms));
  expect(await refusal("owner", "rewards claim", "--proof", proofOf("owner"))).toMatch(/NothingToClaim, error 6044/);
  const { proofs } = await play();
  expect(proofs.map(({ wallet }: { wallet: string }) => wallet)).toContain(address("owner"));
  await answer("owner", "rewards claim", "--proof", proofOf("owner"), "--commit");
  // Another day's budget; the first one also had a part of what was burnt for data credits.
  const second = BigInt((await answer("owner", "rewards status")).claimedAtoms) - BigInt(claimedAtoms);
  expect(second).toBeGreaterThan(60_000n * 100_000_000n);
});

test("takes a proof from an address, and refuses one that is not of the latest root", async () => {
  const { refusal, answer } = localnet;
  const files = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      new URL(request.url).pathname === "/proof"
        ? new Response(Bun.file(proofOf("owner")))
        : new Response("", { status: 404 }),
  });
  await play();
  await answer("owner", "rewards claim", "--proof", `${files.url.href}proof`, "--commit");
  expect(await refusal("owner", "rewards claim", "--proof", files.url.href)).toMatch(
    /^PRG_BAD_PROOF: .+ it answers 404/,
  );
  const old = await Bun.file(proofOf("owner")).text();
  await play();
  writeFileSync(join(localnet.folder, "old.json"), old);
  expect(await refusal("owner", "rewards claim", "--proof", join(localnet.folder, "old.json"))).toMatch(
    /^PRG_BAD_PROOF: the proof does not lead to the root of epoch \d+, the latest final one/,
  );
  await files.stop(true);
});

test("says the price again whenever it grew old, so that data credits can always be made", async () => {
  const { answer, connection, warp } = localnet;
  for (const seconds of [86_400, 30 * 86_400]) {
    const nowS = async () => (await connection.getBlockTime(await connection.getSlot("confirmed")))!;
    const warpedS = (await nowS()) + seconds;
    await warp(seconds);
    // Until a block has the new time, a price looks younger than it is.
    await expect.poll(nowS, { timeout: 10_000 }).toBeGreaterThanOrEqual(warpedS);
    const ageS = async () => {
      const { updatedAt } = await answer("owner", "dc price");
      return (await nowS()) - Number(updatedAt);
    };
    // The keeper looks four times a second.
    await expect.poll(ageS, { timeout: 10_000 }).toBeLessThan(86_400 / 4 + 1);
    await answer("owner", "dc mint", "1000", "--commit");
  }
});

test("goes on with an epoch that was issued and left", async () => {
  const { answer, connection, keypair, network } = localnet;
  const programs = new Programs(connection);
  const addresses = networkAddresses(new PublicKey(network.tokenMint!), new PublicKey(network.dcMint!));
  const { nextEpoch, epochSeconds } = (await programs.account("rewards", "distributor", addresses.distributor))!;
  await localnet.warp(2 * epochSeconds);
  const oracle = new Settlement({ connection, programs, payer: readKeypair(keypair("oracle-1")) }, addresses);
  await expect.poll(async () => (await oracle.issue(nextEpoch)).state).not.toBe("waiting");
  expect(await play()).toMatchObject({ epoch: nextEpoch.toString() });
  expect(await answer("owner", "rewards status")).toMatchObject({ nextFinal: String(nextEpoch + 1n) });
});

test("refuses to play where it did not play before", async () => {
  const { refusal, write } = localnet;
  write("owed.json", { distributor: localnet.network.distributor, owed: [] });
  expect(await refusal("owner", "play-epoch", "--data", localnet.folder)).toMatch(
    /owed.json does not hold what the last/,
  );
});
