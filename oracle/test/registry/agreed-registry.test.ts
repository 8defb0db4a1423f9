/** The registry of an epoch from several endpoints over one local chain, of which one lies, lags, hangs or is gone. */
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import { PublicKey } from "@solana/web3.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RpcAccounts } from "../../src/chain/rpc-accounts.ts";
import type { AccountSource } from "../../src/registry/account-source.ts";
import { AgreedRegistry, agreedAccounts } from "../../src/registry/agreed-registry.ts";
import { decodeNetwork } from "../../src/registry/network-account.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { RegistryWatch } from "../../src/registry/registry-watch.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("agreed-registry");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const devices = [11, 12].map((number) => signerFromEd25519Seed(new Uint8Array(32).fill(number)));

type Source = Pick<AccountSource, "name" | "account" | "programAccounts">;
type Lie = (accounts: { address: Uint8Array; data: Uint8Array }[]) => { address: Uint8Array; data: Uint8Array }[];

let chain: LocalRegistry;
let honest: RpcAccounts;
beforeAll(async () => {
  chain = await LocalRegistry.start(86_400);
  for (const device of devices) await chain.onboard(device);
  honest = new RpcAccounts({ url: chain.url, timeoutMs: 5000 });
});
afterAll(() => chain.stop());

const lying = (lie: Lie, slotsBehind = 0): Source => ({
  name: "liar",
  account: (address) => honest.account(address),
  async programAccounts(program, filters) {
    const { slot, accounts } = await honest.programAccounts(program, filters);
    return { slot: slot - slotsBehind, accounts: lie(accounts.map(({ address, data }) => ({ address, data }))) };
  },
});
const hanging: Source = {
  name: "hanging",
  account: () => new Promise(() => {}),
  programAccounts: () => new Promise(() => {}),
};
const gone: Source = {
  name: "gone",
  account: () => Promise.reject(new Error("gone")),
  programAccounts: () => Promise.reject(new Error("gone")),
};

/** With a pause that is over at once. */
function registryOf(sources: readonly Source[], quorum = 2): AgreedRegistry {
  let nowMs = 0;
  const steadyMs = () => {
    nowMs += 3_600_000;
    return nowMs;
  };
  return new AgreedRegistry({
    sources,
    network: new PublicKey(chain.account).toBytes(),
    quorum: { count: quorum },
    steadyMs,
  });
}

/** Keys of the hotspots, when all that was onboarded is final. */
async function keysOf(registry: AgreedRegistry): Promise<string[]> {
  for (;;) {
    const { hotspots } = await registry.read(0);
    if (hotspots.length >= devices.length) return hotspots.map(({ deviceKey }) => deviceKey.toHex()).sort();
    await Bun.sleep(50);
  }
}
const allKeys = devices.map(({ publicKey }) => publicKey.toHex()).sort();

describe("the registry of an epoch", () => {
  const changed: Lie = ([first, ...rest]) =>
    first === undefined ? [] : [{ ...first, data: first.data.with(first.data.length - 3, 99) }, ...rest];
  const invented: Lie = (all) =>
    all.flatMap((one) => [one, { ...one, address: one.address.with(0, one.address[0]! ^ 1) }]);

  test.each<[string, () => Source]>([
    ["leaves all out", () => lying(() => [])],
    ["changes one", () => lying(changed)],
    ["makes some up", () => lying(invented)],
    ["is far behind", () => lying((all) => all, 1_000_000_000)],
    ["hangs", () => hanging],
    ["is gone", () => gone],
  ])("is what two endpoints say while a third one %s", async (_, third) => {
    for (const sources of [
      [third(), honest, honest],
      [honest, honest, third()],
    ]) {
      expect(await keysOf(registryOf(sources))).toEqual(allKeys);
    }
  });

  test("is held under the rules that two endpoints name, though the one that is followed names others", async () => {
    const network = new PublicKey(chain.account).toBytes();
    const plain = await honest.account(network);
    const { parameters } = decodeNetwork(plain!.data);
    // The hash is found in the account and replaced.
    const at = Buffer.from(plain!.data).indexOf(parameters.at(-1)!.hash);
    const forged = Uint8Array.from(plain!.data);
    forged.fill(7, at, at + 32);
    const liar: AccountSource = {
      name: "liar",
      account: async (address) => {
        const found = await honest.account(address);
        return found && Buffer.compare(address, network) === 0 ? { ...found, data: forged } : found;
      },
      wasUsed: (...asked) => honest.wasUsed(...asked),
      programAccounts: (...asked) => honest.programAccounts(...asked),
      onProgramAccount: (...asked) => honest.onProgramAccount(...asked),
      onSlot: (tell) => honest.onSlot(tell),
    };
    expect(decodeNetwork(forged).parameters).not.toEqual(parameters);
    const stop = new AbortController();
    const watch = new RegistryWatch({
      sources: [liar, honest, honest],
      network,
      quorum: { count: 2 },
      book: new RegistryBook(),
      file: `${folders.next()}/registry.cache`,
      resyncMs: 3_600_000,
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
    });
    const running = watch.run(stop.signal);
    expect((await watch.network).parameters).toEqual(parameters);
    stop.abort();
    await running;
  });

  test("is not told while two endpoints differ, nor from a slot that is not there yet", async () => {
    await keysOf(registryOf([honest, honest]));
    await expect(registryOf([lying(() => []), honest]).read(0)).rejects.toMatchObject({
      code: "ORC_RPC_FAILED",
      retryable: true,
    });
    await expect(registryOf([honest, honest]).read(1_000_000_000)).rejects.toThrow(/1000000000 or later expected/);
  });
});

test("whatever fewer than a majority of readings hold, the accounts are those of the rest", async () => {
  const accounts = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.uint8Array({ minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(accounts, fc.array(accounts, { maxLength: 3 }), fc.nat(), (right, lies, at) => {
      const count = 2 * lies.length + 1;
      const quorum = lies.length + 1;
      const asMap = (one: Record<string, Uint8Array>) => new Map(Object.entries(one));
      const readings = Array.from({ length: count }, () => asMap(right));
      for (const [index, lie] of lies.entries()) readings[(at + 2 * index) % count] = asMap(lie);
      expect(agreedAccounts(readings, quorum)).toEqual(asMap(right));
      // One honest reading fewer, and it is known or said not to be: never anything else.
      const fewer = agreedAccounts(readings.slice(1), quorum);
      if (typeof fewer !== "string") expect(fewer).toEqual(asMap(right));
    }),
    { numRuns: 300 * soak },
  );
});
