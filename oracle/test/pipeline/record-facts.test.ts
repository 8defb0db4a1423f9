/** What epochs are judged under, learnt from the chain in time and after a downtime. */
import { join } from "node:path";
import { demo } from "@earshot/poc";
import { NETWORK_NUMBERS } from "@earshot/poc/protocol";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import { EntropyBook } from "../../src/challenges/entropy-book.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { FactsRecorder } from "../../src/pipeline/record-facts.ts";
import { hotspotsAt, unsureUntil } from "../../src/pipeline/registry-tables.ts";
import { StoredFacts } from "../../src/pipeline/stored-facts.ts";
import type { Store } from "../../src/ports/store.ts";
import type { HotspotAccount } from "../../src/registry/hotspot-account.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { openStore } from "../../src/store/open-store.ts";
import { always, hotspotAccount, TestDevice } from "../service/test-device.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("facts");
const parameters = demo(24_000);
const { time } = parameters;
const EPOCH = 1000;
const MINUTES = time.epochMs / time.entropyMs;
const blockhash = new Uint8Array(32);
const [OLD, NEW] = [
  { cellPublic: 0x881f1d4887fffffn, cell: 0x8c1f1d488601dffn, commitment: new Uint8Array(32), region: 1 },
  { cellPublic: 0x881f1d4887fffffn, cell: 0x8c1f1d488603dffn, commitment: new Uint8Array(32), region: 1 },
];

/** Asked whether an account was used in a time. */
interface Question {
  readonly address: string;
  readonly fromS: number;
  readonly beforeS: number;
}

let stores: Store[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  stores = [];
});

class World {
  readonly registry = new RegistryBook();
  readonly entropy = new EntropyBook();
  readonly opened: number[] = [];
  readonly questions: Question[] = [];
  readonly facts: StoredFacts;
  readonly recorder: FactsRecorder;
  readSlot = -1;
  readings = 0;
  nowMs = EPOCH * time.epochMs + 5000;
  nextEpoch = EPOCH;
  /** Uses of accounts, Unix s. */
  uses = new Map<string, number[]>();
  rules: { parameters: typeof parameters } | { why: string } = { parameters };

  constructor(store: Store, folder: string) {
    this.facts = new StoredFacts(store, new EpochArchive(new FolderArtefacts(join(folder, "artefacts"))));
    this.recorder = this.again();
  }

  static async make(folder = folders.next()): Promise<World> {
    const store = await openStore(`sqlite:${join(folder, "oracle.sqlite")}`);
    stores.push(store);
    return new World(store, folder);
  }

  readAnew(): void {
    this.readings++;
  }

  /** A recorder as a process that starts anew has it. */
  again(): FactsRecorder {
    const { facts, registry, entropy } = this;
    return new FactsRecorder({
      facts,
      registry,
      entropy,
      watch: this,
      history: {
        wasUsed: async (address, fromS, beforeS) => {
          this.questions.push({ address: address.toHex(), fromS, beforeS });
          return (this.uses.get(address.toHex()) ?? []).some((use) => use >= fromS && use < beforeS);
        },
      },
      rulesOf: () => this.rules,
      network: NETWORK_NUMBERS.local,
      time,
      nowMs: () => this.nowMs,
      nextEpoch: async () => this.nextEpoch,
      onOpened: (epoch) => this.opened.push(epoch),
    });
  }

  /** The block of the first minute of an epoch is final. */
  begin(epoch: number): void {
    const minute = epoch * MINUTES;
    this.entropy.add({
      minute,
      slot: slotOf(epoch),
      blockTimeS: (minute * time.entropyMs) / 1000,
      blockhash: new Uint8Array(32).fill(epoch % 256),
    });
  }

  add(number: number, changes: Partial<HotspotAccount> = {}): Uint8Array {
    const { key } = new TestDevice(number);
    const address = new Uint8Array(32).fill(number);
    const beneficiary = always([{ wallet: new Uint8Array(32).fill(7), bps: 10_000 }]);
    this.registry.putHotspot({ ...hotspotAccount(key), beneficiary, address, ...changes }, 1);
    return address;
  }
}

let world: World;
beforeEach(async () => {
  world = await World.make();
});

function slotOf(epoch: number): number {
  return (epoch - EPOCH) * 100 + 1000;
}

test("an oracle that knows the entropy of two years starts again", () => {
  const records = Array.from({ length: 1_200_000 }, (_, minute) => ({
    minute,
    slot: minute,
    blockTimeS: minute,
    blockhash,
  }));
  const entropy = { records: () => records, onRecord: () => () => undefined } as unknown as EntropyBook;
  const options = { entropy } as ConstructorParameters<typeof FactsRecorder>[0];
  expect(new FactsRecorder(options).fault).toBeUndefined();
});

describe("an epoch is opened", () => {
  test("from the first reading at or after its first final block, which is asked for, and once", async () => {
    world.add(1);
    await world.recorder.step();
    expect([world.opened, world.readings]).toEqual([[], 0]);
    world.begin(EPOCH);
    world.readSlot = slotOf(EPOCH) - 1;
    await world.recorder.step();
    expect([world.opened, world.readings]).toEqual([[], 1]);
    world.readSlot = slotOf(EPOCH);
    await world.recorder.step();
    await world.recorder.step();
    expect(world.opened).toEqual([EPOCH]);
    expect((await world.facts.opening(EPOCH))!.hotspots.region).toEqual(Uint8Array.of(1));
    expect((await world.facts.entropy(EPOCH * MINUTES, EPOCH * MINUTES)).minute).toHaveLength(1);
    // A process that starts anew puts nothing again, and what it knows of entropy changes nothing.
    await world.again().step();
    expect(world.opened).toEqual([EPOCH]);
  });

  test("without the hotspots of its own time, with what held when it began, in the order of the table", async () => {
    const moved = { current: OLD, next: NEW, fromEpoch: EPOCH + 1 };
    world.add(1, { location: moved });
    world.add(2, { location: always(NEW) });
    world.add(3, { onboardedEpoch: EPOCH });
    world.add(4, { location: always({ ...OLD, cell: 0n, commitment: new Uint8Array(32).fill(5) }), kind: "light" });
    world.begin(EPOCH);
    world.readSlot = slotOf(EPOCH);
    await world.recorder.step();
    const { hotspots } = (await world.facts.opening(EPOCH))!;
    expect([...hotspots.cell]).toEqual([0n, OLD.cell, NEW.cell]);
    expect([...hotspots.capability]).toEqual([0, 1, 1]);
    // What is hidden is committed to, and what is open needs no commitment.
    expect([0, 1, 2].map((row) => hotspots.location_commitment[row * 32])).toEqual([5, 0, 0]);
    expect(world.questions).toEqual([]);
  });

  test("not while its rules are others on chain, and says which", async () => {
    world.begin(EPOCH);
    world.readSlot = slotOf(EPOCH);
    world.rules = { why: "its rules are others" };
    await world.recorder.step();
    expect(world.recorder.fault).toBe(`epoch ${EPOCH}: its rules are others`);
    world.rules = { parameters };
    await world.recorder.step();
    expect([world.recorder.fault, world.opened]).toEqual([undefined, [EPOCH]]);
  });
});

describe("an epoch that began while the oracle was away", () => {
  const later = EPOCH + 3;

  function comeBack(): void {
    world.nowMs = later * time.epochMs + 5000;
    for (const epoch of [EPOCH, EPOCH + 1, EPOCH + 2, later]) world.begin(epoch);
    world.readSlot = slotOf(later);
  }

  test("is opened from what the accounts still tell", async () => {
    // Written in the epoch itself: what held before is there.
    world.add(1, { location: { current: OLD, next: NEW, fromEpoch: EPOCH + 1 } });
    comeBack();
    await world.recorder.step();
    expect(world.opened).toEqual([EPOCH, EPOCH + 1, EPOCH + 2, later]);
    const cells = await Promise.all(
      world.opened.map(async (epoch) => (await world.facts.opening(epoch))!.hotspots.cell[0]),
    );
    expect(cells).toEqual([OLD.cell, NEW.cell, NEW.cell, NEW.cell]);
    expect(world.questions).toEqual([]);
  });

  test("is opened where the chain's history shows that nothing was written in between", async () => {
    // Written two epochs later: nobody knows from the account what was before.
    const address = world.add(1, { location: { current: OLD, next: NEW, fromEpoch: EPOCH + 3 } });
    world.uses.set(address.toHex(), [(EPOCH * time.epochMs) / 1000 - 1, ((EPOCH + 2) * time.epochMs) / 1000 + 3]);
    comeBack();
    await world.recorder.step();
    expect(world.opened).toEqual([EPOCH, EPOCH + 1, EPOCH + 2, later]);
    expect(world.questions[0]).toEqual({
      address: address.toHex(),
      fromS: (EPOCH * time.epochMs) / 1000,
      beforeS: ((EPOCH + 2) * time.epochMs) / 1000,
    });
    expect((await world.facts.opening(EPOCH))!.hotspots.cell[0]).toBe(OLD.cell);
    expect((await world.facts.opening(later))!.hotspots.cell[0]).toBe(NEW.cell);
  });

  test("is refused with the hotspot's name where something was, and everything after it waits", async () => {
    const address = world.add(1, { location: { current: OLD, next: NEW, fromEpoch: EPOCH + 3 } });
    world.uses.set(address.toHex(), [((EPOCH + 1) * time.epochMs) / 1000]);
    comeBack();
    const said = await messageOf(() => world.recorder.step());
    expect(said).toContain(`ORC_FACTS_LOST: epoch ${EPOCH}: hotspot ${new TestDevice(1).key.toHex()}`);
    expect(world.recorder.fault).toContain(`epoch ${EPOCH}: hotspot`);
    expect(world.opened).toEqual([]);
    // Taken over from another oracle, the epoch needs no opening; the next one does, and can be told.
    world.nextEpoch = EPOCH + 2;
    await world.recorder.step();
    expect([world.recorder.fault, world.opened]).toEqual([undefined, [EPOCH + 2, later]]);
  });
});

test("a payer counts from the first epoch that begins after its account was made", async () => {
  const [early, late] = [21, 22].map((byte) => new Uint8Array(32).fill(byte));
  for (const [number, address] of [early, late].entries()) {
    const key = new TestDevice(80 + number).key;
    world.registry.putPayer({ dcConfig: new Uint8Array(32), key, authority: address, address }, 1);
  }
  world.uses.set(early.toHex(), [(EPOCH * time.epochMs) / 1000 - 1]);
  world.uses.set(late.toHex(), [(EPOCH * time.epochMs) / 1000]);
  world.begin(EPOCH);
  world.readSlot = slotOf(EPOCH);
  await world.recorder.step();
  expect((await world.facts.opening(EPOCH))!.payers.payer).toEqual(early);
  world.nowMs += time.epochMs;
  world.begin(EPOCH + 1);
  world.readSlot = slotOf(EPOCH + 1);
  world.questions.length = 0;
  await world.recorder.step();
  expect((await world.facts.opening(EPOCH + 1))!.payers.payer).toHaveLength(64);
  // Who was there is not asked for again.
  expect(world.questions.map(({ address }) => address)).toEqual([late.toHex()]);
});

test("an account is unsure only for epochs before the one its last change was written in", () => {
  const account = { ...hotspotAccount(new TestDevice(1).key), location: { current: OLD, next: NEW, fromEpoch: 12 } };
  expect([9, 10, 11, 12].map((epoch) => unsureUntil(account, epoch))).toEqual([11, 11, undefined, undefined]);
  expect(unsureUntil({ ...account, onboardedEpoch: 9 }, 9)).toBeUndefined();
  expect(hotspotsAt([], 5).hotspots.gain_ddbi).toEqual(new Int16Array(0));
});
