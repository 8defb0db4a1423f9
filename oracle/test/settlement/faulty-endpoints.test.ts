/** What an oracle does on chain through three endpoints over one local chain, of which one lies, lags, hangs or is gone. */
import { Programs } from "@earshot/programs-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agreedConnection } from "../../src/chain/agreed-connection.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { RewardsChain } from "../../src/settlement/rewards-chain.ts";
import { type Fault, FaultyEndpoint, hanging, honestly, lagging, lying, OneChain } from "../chain/faulty-endpoint.ts";
import { EPOCH, parameters } from "../small-epoch.ts";
import { type LocalNetwork, startLocalNetwork } from "./local-network.ts";

const SLOT_MS = 20;
const TIMEOUT_MS = 2000;
const bytes = (fill: number) => new Uint8Array(32).fill(fill);

let network: LocalNetwork;
let endpoints: readonly [FaultyEndpoint, FaultyEndpoint, FaultyEndpoint];
beforeAll(async () => {
  network = await startLocalNetwork();
  const chain = new OneChain(network.url);
  endpoints = [new FaultyEndpoint(chain), new FaultyEndpoint(chain), new FaultyEndpoint(chain)];
}, 60_000);
afterAll(async () => {
  for (const endpoint of endpoints) endpoint.stop();
  await network.stop();
});

/** An oracle that asks these endpoints, and the names of those that said something else than the others. */
function oracleAt(index: number, urls: readonly string[], count: number) {
  const dissents = new Set<string>();
  const quorum = { count, onDissent: (endpoint: string) => dissents.add(endpoint) };
  const connection = agreedConnection({ urls, quorum, timeoutMs: TIMEOUT_MS, maxAnswerBytes: 1_000_000 });
  const sender = { connection, programs: new Programs(connection), payer: network.wallets[index]!, slotMs: SLOT_MS };
  return { chain: new RewardsChain(sender, network.addresses), dissents };
}

/** Lets an epoch and its grace time pass. */
function passEpoch(epoch: number, afterMs = 0): void {
  network.warpTo(epochSpan(epoch, parameters.time).closesMs + 20_000 + afterMs);
}

async function finalRoot(epoch: number) {
  const found = await network.oracles[0]!.epoch(epoch);
  return found && { isFinal: found.isFinal, root: found.rootHash[0] };
}

describe("an epoch is issued, voted on and made final, and a head recorded", () => {
  const faults: readonly [string, () => Fault, boolean][] = [
    ["lies about all there is", () => lying(1_000_000_000), true],
    ["lies a little about blocks and time", () => lying(20), true],
    ["lies that no block was made", () => lying(-1_000_000_000), true],
    ["stands still and keeps transactions to itself", lagging, true],
    ["hangs", () => hanging, false],
  ];
  test.each(faults.map((fault, at) => [...fault, EPOCH + at] as const))(
    "while one of three endpoints %s",
    async (_, faultOf, isNamed, epoch) => {
      for (const endpoint of endpoints) endpoint.fault = honestly;
      endpoints[epoch % 3]!.fault = faultOf();
      const oracles = [0, 1, 2].map((index) =>
        oracleAt(
          index,
          endpoints.map(({ url }) => url),
          2,
        ),
      );
      passEpoch(epoch);
      const [first] = oracles.map(({ chain }) => chain.settlement);
      expect((await first!.issue(BigInt(epoch))).state).toBe("done");
      await first!.openLog(new Uint8Array(33).fill(2));
      expect((await first!.recordLogHead(BigInt(epoch), bytes(epoch % 251))).state).toBe("done");
      const { parameterHash } = (await network.oracles[0]!.epoch(epoch))!;
      const tuple = {
        rootHash: bytes(7),
        total: BigInt(epoch - EPOCH),
        leafCount: 1,
        reportHash: bytes(8),
        parameterHash,
      };
      for (const { chain } of oracles) expect((await chain.settlement.vote(BigInt(epoch), tuple)).state).toBe("done");
      passEpoch(epoch, parameters.time.epochMs);
      expect((await first!.finalize(BigInt(epoch))).state).toBe("done");
      expect(await finalRoot(epoch)).toEqual({ isFinal: true, root: 7 });
      // What is read of the chain is so, too.
      const [{ chain, dissents }] = oracles as [ReturnType<typeof oracleAt>];
      expect(await chain.state()).toMatchObject({ nextFinal: epoch + 1 });
      expect((await chain.ingests())[0]!.heads.at(-1)).toMatchObject({ length: epoch });
      expect([...dissents]).toEqual(isNamed ? [endpoints[epoch % 3]!.name] : []);
    },
    60_000,
  );

  test("but not by an endpoint that keeps transactions to itself, where it is the only one that is asked", async () => {
    const epoch = EPOCH + faults.length;
    passEpoch(epoch);
    const [liar] = endpoints;
    liar.fault = async (request, honest) =>
      request.method === "sendTransaction" || request.method === "getSignatureStatuses"
        ? lying(0)(request, honest)
        : honest();
    const { chain } = oracleAt(0, [liar.url], 1);
    expect((await chain.settlement.issue(BigInt(epoch))).state).toBe("done");
    expect(await finalRoot(epoch)).toBeUndefined();
  });
});

test("endpoints that do not answer are said so in bounded time, and their addresses are not", async () => {
  for (const endpoint of endpoints) endpoint.fault = hanging;
  const urls = endpoints.map(({ url }) => `${url}/?api-key=secret`);
  const { chain } = oracleAt(0, urls, 2);
  const error = await chain.state().catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "PRG_NO_CHAIN" });
  expect(String(error)).toContain(endpoints[0].name);
  expect(String(error)).not.toContain("secret");
}, 30_000);
