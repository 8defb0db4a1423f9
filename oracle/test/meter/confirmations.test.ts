import { cpSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type PacketConfirmation, sha256, signerFromEd25519Seed } from "@earshot/poc/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfirmationJournal } from "../../src/meter/confirmation-journal.ts";
import { sendConfirmations } from "../../src/meter/confirmation-sender.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { SmallIngest } from "./small-ingest.ts";

const NETWORK = 3;
const signer = signerFromEd25519Seed(new Uint8Array(32).fill(4));
const hotspotKey = signerFromEd25519Seed(new Uint8Array(32).fill(5)).publicKey;

const folders = new TemporaryFolders("meter");
let folder: string;
let journal: ConfirmationJournal;
let a: SmallIngest;
let b: SmallIngest;

beforeEach(() => {
  folder = folders.next();
  journal = open();
  a = new SmallIngest("a");
  b = new SmallIngest("b");
});
afterEach(() => {
  journal.close();
  a.close();
  b.close();
});

function open(): ConfirmationJournal {
  return new ConfirmationJournal(folder, NETWORK, signer);
}

function restart(): void {
  journal.close();
  journal = open();
}

const copy = (number: number): PacketConfirmation => ({
  packetHash: sha256(new TextEncoder().encode(`copy ${number}`)),
  hotspotKey,
  phyBytes: 20 + (number % 50),
});
const hashes = (confirmations: readonly PacketConfirmation[]) =>
  confirmations.map(({ packetHash }) => packetHash.toHex());

function send(ingests = [a, b]) {
  const options = {
    journal,
    ingests: ingests.map(({ ingest }) => ingest),
    network: NETWORK,
    log: SILENT_LOG,
    timeoutMs: 5000,
  };
  return sendConfirmations(options, new AbortController().signal);
}

describe("confirmations", () => {
  test("reach a log once and in order, and the journal then waits for nothing", async () => {
    journal.add([copy(1), copy(2)]);
    journal.add([copy(3)]);
    expect(await send()).toBe("taken");
    expect(hashes(a.logged)).toEqual(hashes([copy(1), copy(2), copy(3)]));
    expect(await send()).toBe("idle");
    expect([journal.waiting, journal.outstanding, b.logged.length]).toEqual([0, null, 0]);
  });

  test("reach the second ingest when the first is not there, and go on with it", async () => {
    a.close();
    journal.add([copy(1)]);
    expect(await send()).toBe("taken");
    journal.add([copy(2)]);
    await send();
    expect(hashes(b.logged)).toEqual(hashes([copy(1), copy(2)]));
  });

  test("whose receipt was lost are sent again as the same upload and logged once", async () => {
    a.losesAnswers = true;
    journal.add([copy(1)]);
    expect(await send([a])).toBe("later");
    restart();
    a.losesAnswers = false;
    expect(await send([a])).toBe("taken");
    expect(hashes(a.logged)).toEqual(hashes([copy(1)]));
  });

  test("go on from an ingest's head when the state was lost", async () => {
    journal.add([copy(1)]);
    await send([a]);
    journal.close();
    rmSync(folder, { recursive: true });
    journal = open();
    journal.add([copy(2)]);
    expect(await send([a])).toBe("taken");
    journal.add([copy(3)]);
    expect(await send([a])).toBe("taken");
    expect(hashes(a.logged)).toEqual(hashes([copy(1), copy(2), copy(3)]));
  });

  test("that no ingest will ever take are said to be refused, and stay", async () => {
    journal.add([copy(1)]);
    a.refuseWith = "trailing_bytes";
    b.refuseWith = "trailing_bytes";
    expect(await send()).toBe("refused");
    a.refuseWith = null;
    expect(await send()).toBe("taken");
  });

  test("are not taken for logged on the word of another key", async () => {
    journal.add([copy(1)]);
    const impostor = { ...a.ingest, key: b.ingest.key };
    const options = { journal, ingests: [impostor], network: NETWORK, log: SILENT_LOG, timeoutMs: 5000 };
    expect(await sendConfirmations(options, new AbortController().signal)).toBe("later");
    expect(journal.outstanding).not.toBeNull();
  });
});

describe("the journal", () => {
  test("cuts a torn last record off and keeps those before", () => {
    journal.add([copy(1), copy(2)]);
    journal.close();
    truncateSync(join(folder, "confirmed-1"), 66 + 10);
    journal = open();
    expect(journal.waiting).toBe(1);
  });

  test("begins a new file when the old one is sealed, and leaves one behind", async () => {
    journal.add(Array.from({ length: 64_000 }, (_, number) => copy(number)));
    expect(await send([a])).toBe("taken");
    expect(readdirSync(folder).filter((name) => name.startsWith("confirmed"))).toEqual(["confirmed-2"]);
    expect(a.logged).toHaveLength(64_000);
  });

  test("loses no confirmation and logs none twice, whatever is lost and wherever it is killed", async () => {
    const step = fc.constantFrom("add", "add", "seal", "send", "lose", "restart", "restore");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const ingest = new SmallIngest("property");
        journal.close();
        rmSync(folder, { recursive: true, force: true });
        journal = open();
        let added = 0;
        for (const one of [...steps, "send" as const]) {
          ingest.losesAnswers = one === "lose";
          if (one === "add") journal.add([copy(added++), copy(added++)]);
          else if (one === "seal") journal.seal();
          else if (one === "send" || one === "lose") await send([ingest]);
          else if (one === "restart") restart();
          else {
            // Killed between the upload's file and state.json: the older state.json is what a kill leaves.
            const state = join(folder, "state.json");
            const before = `${folder}-state`;
            rmSync(before, { force: true });
            const had = readdirSync(folder).includes("state.json");
            if (had) cpSync(state, before);
            if (journal.seal()) {
              journal.close();
              if (had) cpSync(before, state);
              else rmSync(state);
              journal = open();
            }
          }
        }
        expect(hashes(ingest.logged)).toEqual(hashes(Array.from({ length: added }, (_, number) => copy(number))));
        ingest.close();
      }),
      { numRuns: 40 },
    );
  });
});
