import { findChallenge, type SolanaBlock, selectEntropyBlock, sha256 } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHash, RpcBlocks } from "../../src/proof/chain-blocks.ts";
import { ChainChallenges } from "../../src/proof/chain-challenges.ts";
import type { HttpSend } from "../../src/proof/http.ts";
import { EARSHOT_PARAMETERS } from "../../src/proof/proof-parameters.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { seed, soak } from "./support.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(bytes: Uint8Array): string {
  let value = BigInt(`0x${bytes.toHex()}`);
  let text = "";
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** A chain whose slots advance block time by whole seconds now and then, with skipped slots and pauses. */
function chain(seconds: readonly number[], firstSlot: number): SolanaBlock[] {
  let blockTimeS = 1_700_000_000;
  let slot = firstSlot;
  return seconds.map((step, index) => {
    blockTimeS += step % 3;
    slot += 1 + (step % 7 === 0 ? step : 0);
    return { slot, blockTimeS, blockhash: sha256(Uint8Array.of(index, index >> 8)) };
  });
}

/** A Solana RPC endpoint with these finalised blocks. */
function endpoint(blocks: () => readonly SolanaBlock[], calls: string[] = []): HttpSend {
  return async ({ body }) => {
    const { method, params, id } = JSON.parse(new TextDecoder().decode(body!));
    calls.push(method);
    const answer = (result: unknown) => ({
      status: 200,
      body: new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id, result })),
    });
    if (method === "getSlot") return answer(blocks().at(-1)!.slot);
    if (method === "getBlocks") {
      return answer(blocks().flatMap(({ slot }) => (slot >= params[0] && slot <= params[1] ? [slot] : [])));
    }
    const block = blocks().find(({ slot }) => slot === params[0])!;
    return answer({ blockhash: base58(block.blockhash), blockTime: block.blockTimeS, parentSlot: 0 });
  };
}

const stop = new AbortController().signal;

describe("blocks of an RPC endpoint", () => {
  test("give the first one at or after a time, exactly as the rule of entropy chooses it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { minLength: 2, maxLength: 400 }),
        fc.nat(1_000_000),
        fc.array(fc.nat(500), { minLength: 1, maxLength: 6 }),
        async (seconds, firstSlot, times) => {
          const blocks = chain(seconds, firstSlot);
          const source = new RpcBlocks(
            "https://rpc.test",
            endpoint(() => blocks),
            new StepClock(0),
          );
          for (const second of times) {
            const timeMs = (blocks[0]!.blockTimeS + 1 + second) * 1000;
            const expected = selectEntropyBlock(blocks, timeMs, 1);
            const found = await source.firstBlockAt(timeMs, stop);
            expect(found?.slot).toBe(expected?.slot);
            if (expected !== undefined) expect(found!.blockhash).toEqual(expected.blockhash);
          }
        },
      ),
      soak(100),
    );
  });

  test("are found in few calls, fewer when the next minute is asked for", async () => {
    const blocks = Array.from({ length: 60_000 }, (_, i) => ({
      slot: 300_000_000 + i,
      blockTimeS: 1_700_000_000 + Math.floor(0.4 * i),
      blockhash: seed(String(i)),
    }));
    const calls: string[] = [];
    const source = new RpcBlocks(
      "https://rpc.test",
      endpoint(() => blocks, calls),
      new StepClock(0),
    );
    await source.firstBlockAt(1_700_012_000_000, stop);
    expect(calls.length).toBeLessThan(40);
    calls.length = 0;
    await source.firstBlockAt(1_700_012_060_000, stop);
    expect(calls.length).toBeLessThan(40);
  });

  test("are refused when they have another shape, and a failing endpoint rejects", async () => {
    const wrong: unknown[] = [null, "x", -1, 1.5, [1], { slot: 1 }];
    for (const result of wrong) {
      const send: HttpSend = async () => ({ status: 200, body: new TextEncoder().encode(JSON.stringify({ result })) });
      const source = new RpcBlocks("https://rpc.test", send, new StepClock(0));
      await expect(source.firstBlockAt(1, stop), JSON.stringify(result)).rejects.toThrow("getSlot");
    }
    const send: HttpSend = async () => ({ status: 429, body: new TextEncoder().encode("slow down") });
    await expect(new RpcBlocks("https://rpc.test", send, new StepClock(0)).firstBlockAt(1, stop)).rejects.toThrow(
      "429",
    );
  });

  test("have hashes of 32 bytes in base58 and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (hash) => {
        expect(decodeHash(base58(hash))).toEqual(new Uint8Array(hash));
      }),
      soak(100),
    );
    expect(decodeHash("1".repeat(32))).toEqual(new Uint8Array(32));
    for (const text of ["", "1", "1".repeat(33), "O".repeat(44), "z".repeat(44), 7, null])
      expect(decodeHash(text)).toBe(undefined);
    expect(decodeHash(base58(seed("x")).slice(1))).toBe(undefined);
  });
});

describe("challenges from the chain", () => {
  const key = Uint8Array.of(0xed, ...seed("a key"));
  const { times } = EARSHOT_PARAMETERS;
  const start = 28_800_000 - (28_800_000 % 360);
  const all = Array.from({ length: 362 * 30 }, (_, i) => ({
    slot: 5000 + i,
    blockTimeS: start * 60 - 60 + 2 * i,
    blockhash: seed(`block ${i}`),
  }));

  test("are those of sortition, minute by minute as blocks become final", async () => {
    const entropyOf = (minute: number) => selectEntropyBlock(all, minute)?.blockhash;
    const expected = findChallenge(key, start, entropyOf, times)!;
    let known = 40;
    const calls: string[] = [];
    const source = new RpcBlocks(
      "https://rpc.test",
      endpoint(() => all.slice(0, known), calls),
      new StepClock(0),
    );
    const challenges = new ChainChallenges(source, key);
    for (;;) {
      const news = await challenges.ask(start, EARSHOT_PARAMETERS, 0, stop);
      if (news.kind === "drawn") {
        expect(news.drawn.challenge).toEqual(expected);
        break;
      }
      expect(news).toEqual({ kind: "not_drawn", knownUntil: Math.floor((all[known - 1]!.blockTimeS - 0) / 60) });
      known += 30;
    }
    const asked = calls.length;
    expect(await challenges.ask(start, EARSHOT_PARAMETERS, 0, stop)).toMatchObject({ kind: "drawn" });
    expect(calls.length).toBe(asked);
  });

  test("fail, and are asked for again, when the endpoint fails", async () => {
    let isDown = true;
    const working = endpoint(() => all);
    const send: HttpSend = (request) => (isDown ? Promise.reject(new Error("no route")) : working(request));
    const challenges = new ChainChallenges(new RpcBlocks("https://rpc.test", send, new StepClock(0)), key);
    expect(await challenges.ask(start, EARSHOT_PARAMETERS, 0, stop)).toEqual({ kind: "failed", reason: "no route" });
    isDown = false;
    expect(await challenges.ask(start, EARSHOT_PARAMETERS, 0, stop)).toMatchObject({ kind: "drawn" });
  });
});
