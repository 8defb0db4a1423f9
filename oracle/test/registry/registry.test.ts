/** The registry as the service knows it, against the programs on a local chain: read, heard of, lost and read again. */
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import { PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RpcAccounts } from "../../src/chain/rpc-accounts.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { RegistryWatch } from "../../src/registry/registry-watch.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("registry");
const device = (number: number) => signerFromEd25519Seed(new Uint8Array(32).fill(number));
const FOR_EVER = Number.MAX_SAFE_INTEGER;

let chain: LocalRegistry;
beforeAll(async () => {
  chain = await LocalRegistry.start(86_400);
}, 180_000);
afterAll(() => chain.stop());

function watch(book: RegistryBook, file: string) {
  const stop = new AbortController();
  const registry = new RegistryWatch({
    sources: [new RpcAccounts({ url: chain.url, timeoutMs: 5000 })],
    network: new PublicKey(chain.account).toBytes(),
    quorum: { count: 1 },
    book,
    file,
    resyncMs: 3_600_000,
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
  });
  return { registry, stop, running: () => registry.run(stop.signal) };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await Bun.sleep(20);
}

test("knows who is onboarded by reading and by being told, says the same as Anchor, and what it knew after a restart", async () => {
  const [first, second, third] = [device(1), device(2), device(3)];
  await chain.onboard(first);
  const book = new RegistryBook();
  const file = `${folders.next()}/registry.cache`;
  const { registry, stop, running } = watch(book, file);
  const done = running();
  const network = await registry.network;
  expect(network).toMatchObject({ wireId: 3, epochSeconds: 86_400 });
  await until(() => book.hotspotCount === 1);
  // The day may end meanwhile.
  const epoch = Number((await chain.hotspot(first.publicKey))!.onboardedEpoch);
  expect(book.sender(first.publicKey, epoch)).toMatchObject({
    status: "refused",
    why: "registered from the next epoch on",
  });
  expect(book.sender(first.publicKey, epoch + 1).status).toBe("hotspot");
  // Its place is asserted in a transaction of its own.
  await until(() => Bun.deepEquals(book.challenged(first.publicKey, epoch + 1), { region: 1 }));
  expect(book.sender(second.publicKey, FOR_EVER)).toMatchObject({ why: "not registered" });

  // Told, not read: the next reading is an hour away.
  await chain.onboard(second);
  await until(() => book.hotspotCount === 2);
  const told = () => [...book.hotspots()].find(({ deviceKey }) => Buffer.compare(deviceKey, second.publicKey) === 0)!;
  await until(() => told().location.next.cellPublic !== 0n);
  const asAnchor = (await chain.hotspot(second.publicKey)) as Record<string, never>;
  const mine = told();
  expect(Buffer.from(mine.gatewayId).toString("hex")).toBe(Buffer.from(asAnchor.gatewayId as never).toString("hex"));
  expect(mine.onboardedEpoch).toBe(Number(asAnchor.onboardedEpoch));
  expect(mine.antenna.next).toEqual((asAnchor.antenna as { next: unknown }).next as never);
  expect(mine.location.next.cellPublic).toBe((asAnchor.location as { next: { cellPublic: bigint } }).next.cellPublic);
  expect(mine.beneficiary.next.map(({ bps }) => bps)).toEqual([10_000]);
  stop.abort();
  await done;

  const cached = new RegistryBook();
  watch(cached, file).registry.loadCache();
  expect(cached.hotspotCount).toBe(2);
  expect(cached.sender(first.publicKey, epoch + 1).status).toBe("hotspot");

  // While nobody answers, what was known is used; when somebody does, what was missed is read.
  await chain.cut();
  const later = watch(cached, file);
  later.registry.loadCache();
  const ended = later.running();
  expect((await later.registry.network).wireId).toBe(3);
  expect(later.registry.ageMs).toBeUndefined();
  chain.restore();
  await chain.onboard(third);
  await until(() => cached.hotspotCount === 3);
  await until(() => later.registry.ageMs !== undefined);
  later.stop.abort();
  await ended;
});
