import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ChainHead,
  type ChainLink,
  chainLink,
  EMPTY_CHAIN,
  importKey,
  isChainFork,
  sealUpload,
  stepChain,
  type VerifiedUpload,
  verifyUpload,
} from "../../src/protocol/index.ts";
import { codeOf, edDevice, hex, p256Device, seed, soak, someReceipt } from "./support.ts";

const NOTHING_LOGGED = () => undefined;

function link(sequence: number, previousId: Uint8Array, name: string, resumed = false): ChainLink {
  return { sequence, previousId, id: seed(name), resumed };
}

describe("the chain of a device", () => {
  test("begins with number 1 and follows its head", () => {
    const first = stepChain(EMPTY_CHAIN, link(1, EMPTY_CHAIN.id, "one"), NOTHING_LOGGED);
    expect(first).toEqual({ outcome: "accept", head: { sequence: 1, id: seed("one") }, resumed: false });
    const second = stepChain(first.head, link(2, seed("one"), "two", true), NOTHING_LOGGED);
    expect(second).toEqual({ outcome: "accept", head: { sequence: 2, id: seed("two") }, resumed: true });
  });

  test("answers a resend as a duplicate, of the head without asking the log", () => {
    const head = { sequence: 2, id: seed("two") };
    expect(stepChain(head, link(2, seed("one"), "two"), NOTHING_LOGGED)).toEqual({ outcome: "duplicate", head });
    expect(stepChain(head, link(1, EMPTY_CHAIN.id, "one"), () => seed("one"))).toEqual({ outcome: "duplicate", head });
  });

  test("keeps a second body under a logged number as evidence, with the resumed flag as data", () => {
    const head = { sequence: 2, id: seed("two") };
    const step = stepChain(head, link(2, seed("one"), "other two", true), NOTHING_LOGGED);
    const evidence = { sequence: 2, firstId: seed("two"), secondId: seed("other two"), secondResumed: true };
    expect(step).toEqual({ outcome: "chain_fork", head, evidence });
  });

  test("answers gaps, wrong predecessors and numbers the log forgot with the head", () => {
    const head = { sequence: 5, id: seed("five") };
    for (const wrong of [
      link(6, seed("not five"), "six"),
      link(7, seed("five"), "seven"),
      link(3, seed("two"), "three"),
      link(0, EMPTY_CHAIN.id, "zero"),
    ]) {
      expect(stepChain(head, wrong, NOTHING_LOGGED)).toEqual({ outcome: "wrong_predecessor", head });
    }
    for (const wrong of [link(1, seed("x"), "one"), link(0, EMPTY_CHAIN.id, "zero")]) {
      expect(stepChain(EMPTY_CHAIN, wrong, NOTHING_LOGGED).outcome).toBe("wrong_predecessor");
    }
  });

  test("behaves as a list of logged ids, for any mix of new, resent, forked, lost and stray uploads", () => {
    const operation = fc.record({
      kind: fc.constantFrom("next", "resend", "fork", "gap", "stray", "resume"),
      pick: fc.nat(1000),
      forgets: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const logged: Uint8Array[] = [];
        const evidence: string[] = [];
        let head: ChainHead = EMPTY_CHAIN;
        operations.forEach(({ kind, pick, forgets }, step) => {
          const last = logged.at(-1) ?? EMPTY_CHAIN.id;
          const old = logged.length === 0 ? 0 : pick % logged.length;
          const predecessor = old === 0 ? EMPTY_CHAIN.id : logged[old - 1]!;
          const upload: ChainLink =
            kind === "next" || kind === "resume"
              ? link(logged.length + 1, last, `body ${step}`, kind === "resume")
              : kind === "gap"
                ? link(logged.length + 2 + pick, last, `body ${step}`)
                : kind === "stray"
                  ? link(logged.length + 1, seed(`stray ${step}`), `body ${step}`)
                  : kind === "resend" && logged.length > 0
                    ? { ...link(old + 1, predecessor, ""), id: logged[old]! }
                    : link(old + 1, predecessor, `fork ${step}`);
          const known = (sequence: number) => (forgets ? undefined : logged[sequence - 1]);
          const result = stepChain(head, upload, known);

          const forgotten = forgets && upload.sequence < logged.length;
          const first = logged[upload.sequence - 1];
          const expected =
            upload.sequence === logged.length + 1 && hex(upload.previousId) === hex(last)
              ? "accept"
              : first === undefined || forgotten
                ? "wrong_predecessor"
                : hex(first) === hex(upload.id)
                  ? "duplicate"
                  : "chain_fork";
          expect(result.outcome).toBe(expected);
          if (result.outcome === "accept") {
            logged.push(upload.id);
            expect(result.resumed).toBe(kind === "resume");
          }
          if (result.outcome === "chain_fork") {
            expect(hex(result.evidence.firstId)).toBe(hex(first!));
            evidence.push(hex(result.evidence.secondId));
          }
          head = result.head;
          expect(head.sequence).toBe(logged.length);
          expect(hex(head.id)).toBe(hex(logged.at(-1) ?? EMPTY_CHAIN.id));
        });
        // What was logged once is never replaced, and evidence is never part of the log.
        expect(new Set(logged.map(hex)).size).toBe(logged.length);
        for (const id of evidence) expect(logged.map(hex)).not.toContain(id);
      }),
      soak(200),
    );
  });

  test("refuses ids and numbers that are malformed", () => {
    const good = link(1, EMPTY_CHAIN.id, "one");
    const short = new Uint8Array(31);
    expect(codeOf(() => stepChain({ sequence: 0, id: short }, good, NOTHING_LOGGED))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => stepChain(EMPTY_CHAIN, { ...good, id: short }, NOTHING_LOGGED))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => stepChain(EMPTY_CHAIN, { ...good, previousId: short }, NOTHING_LOGGED))).toBe("POC_BAD_LENGTH");
    expect(codeOf(() => stepChain(EMPTY_CHAIN, { ...good, sequence: -1 }, NOTHING_LOGGED))).toBe("POC_BAD_ENCODING");
  });
});

describe("evidence of a fork", () => {
  function verified(fCnt: number, sequence = 1, signer = edDevice, network = 1): VerifiedUpload {
    const previousId = sequence === 1 ? new Uint8Array(32) : seed("previous");
    const sealed = sealUpload({ network, sequence, previousId, receipts: [{ ...someReceipt, fCnt }] }, signer);
    const verdict = verifyUpload(sealed.bytes, importKey(signer.publicKey), network);
    if (verdict.status === "refused") throw new Error(verdict.code);
    return verdict;
  }

  test("is two bodies of one signer, network and number, and nothing less", () => {
    expect(isChainFork(verified(1), verified(2))).toBe(true);
    expect(isChainFork(verified(1), verified(1))).toBe(false);
    expect(isChainFork(verified(1), verified(2, 2))).toBe(false);
    expect(isChainFork(verified(1), verified(2, 1, p256Device))).toBe(false);
    expect(isChainFork(verified(1), verified(2, 1, edDevice, 2))).toBe(false);
  });

  test("is found by the chain from the uploads themselves", () => {
    const [first, second] = [verified(1), verified(2)];
    const { head } = stepChain(EMPTY_CHAIN, chainLink(first), NOTHING_LOGGED);
    expect(stepChain(head, chainLink(second), NOTHING_LOGGED).outcome).toBe("chain_fork");
    expect(stepChain(head, chainLink(first), NOTHING_LOGGED).outcome).toBe("duplicate");
  });
});
