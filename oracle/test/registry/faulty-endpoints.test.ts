/** Who may send, by three endpoints over one local chain of which one lies, hides, lags, hangs or floods, while the epoch runs. */
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import { PublicKey } from "@solana/web3.js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RpcAccounts } from "../../src/chain/rpc-accounts.ts";
import type { AccountBytes, AccountSource } from "../../src/registry/account-source.ts";
import { decodeHotspot } from "../../src/registry/hotspot-account.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { RegistryWatch } from "../../src/registry/registry-watch.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("faulty-registry");
const signer = (number: number) => signerFromEd25519Seed(new Uint8Array(32).fill(number));
/** All have begun by then, also where the day ends meanwhile. */
const NEXT_EPOCH = Math.floor(Date.now() / 86_400_000) + 2;
const made = signer(99);
/** Nothing honest is newer. */
const FAR_SLOT = 9_000_000_000_000_000;

let chain: LocalRegistry;
let honest: RpcAccounts;
/** The same chain, asked on its own. */
let other: RpcAccounts;
let nextDevice = 1;
beforeAll(async () => {
  chain = await LocalRegistry.start(86_400);
  [honest, other] = [0, 1].map(() => new RpcAccounts({ url: chain.url, timeoutMs: 5000 })) as [
    RpcAccounts,
    RpcAccounts,
  ];
}, 60_000);
afterAll(() => chain.stop());

interface Following {
  readonly book: RegistryBook;
  readonly watch: RegistryWatch;
  readonly dissents: Set<string>;
  stop(): Promise<void>;
}
const followed: Following[] = [];
afterEach(async () => {
  for (const { stop } of followed.splice(0)) await stop();
});

function follow(first: AccountSource, resyncMs = 3_600_000, sources = [first, honest, other]): Following {
  const stop = new AbortController();
  const book = new RegistryBook();
  const dissents = new Set<string>();
  const watch = new RegistryWatch({
    sources,
    network: new PublicKey(chain.account).toBytes(),
    quorum: { count: 2, onDissent: (endpoint) => dissents.add(endpoint) },
    book,
    file: `${folders.next()}/registry.cache`,
    resyncMs,
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
  });
  const running = watch.run(stop.signal);
  const following = {
    book,
    watch,
    dissents,
    async stop() {
      stop.abort();
      await running;
    },
  };
  followed.push(following);
  return following;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await Bun.sleep(20);
}

/** An endpoint that says `lie` of every account it lists, gives or tells of. */
function lying(lie: (account: AccountBytes) => AccountBytes | undefined, slot = FAR_SLOT): AccountSource {
  const listed = (accounts: readonly AccountBytes[]) => accounts.flatMap((one) => lie(one) ?? []);
  return {
    name: "faulty",
    async account(address) {
      const found = await honest.account(address);
      const said = found && lie({ address, data: found.data });
      return said && { ...found, data: said.data, slot };
    },
    wasUsed: (...asked) => honest.wasUsed(...asked),
    programAccounts: async (...asked) => ({
      slot,
      accounts: listed((await honest.programAccounts(...asked)).accounts),
    }),
    onProgramAccount: (program, filters, tell) =>
      honest.onProgramAccount(program, filters, (account) => {
        const said = lie(account);
        if (said !== undefined) tell(said, slot);
      }),
    onSlot: (tell) => honest.onSlot(tell),
  };
}

const isHotspot = (data: Uint8Array) => data.length > 300;
const suspending = (account: AccountBytes): AccountBytes => {
  if (!isHotspot(account.data)) return account;
  const { deviceKey, suspended } = decodeHotspot(account.data);
  if (suspended.current || suspended.next) return account;
  // The one byte that, changed, suspends it.
  for (let at = 80; at < account.data.length; at++) {
    if (account.data[at] !== 0) continue;
    const data = account.data.with(at, 1);
    try {
      const forged = decodeHotspot(data);
      if (forged.suspended.current && Buffer.compare(forged.deviceKey, deviceKey) === 0) return { ...account, data };
    } catch {
      // Another form.
    }
  }
  throw new Error("no byte suspends it");
};

async function onboard(): Promise<Uint8Array> {
  const device = signer(nextDevice++);
  await chain.onboard(device);
  return device.publicKey;
}

const mayUpload = ({ book }: Following, key: Uint8Array) => book.sender(key, NEXT_EPOCH).status === "hotspot";

describe("who may send while one of three endpoints", () => {
  const faults: readonly [string, () => AccountSource, boolean][] = [
    ["says that everybody is suspended, from a slot far ahead", () => lying(suspending), true],
    ["hides every hotspot", () => lying((one) => (isHotspot(one.data) ? undefined : one)), true],
    [
      "hangs",
      () => ({
        name: "faulty",
        account: () => new Promise(() => {}),
        wasUsed: () => new Promise(() => {}),
        programAccounts: () => new Promise(() => {}),
        onProgramAccount: () => () => {},
        onSlot: () => () => {},
      }),
      false,
    ],
  ];
  test.each(faults)("%s is who the others have, those that are new at once too", async (_, faulty, isNamed) => {
    const before = await onboard();
    const following = follow(faulty());
    await until(() => mayUpload(following, before));
    const after = await onboard();
    await until(() => mayUpload(following, after));
    await chain.suspend(before, true);
    await until(() => following.book.sender(before, NEXT_EPOCH).status === "refused");
    expect(following.book.sender(before, NEXT_EPOCH)).toMatchObject({ why: "suspended" });
    expect(mayUpload(following, after)).toBe(true);
    if (isNamed) await until(() => following.dissents.has("faulty"));
    expect([...following.dissents].filter((name) => name !== "faulty")).toEqual([]);
  });

  test("makes hotspots up, many of them, is none of those, and whoever is new is known all the same", async () => {
    const known = await onboard();
    const tells: ((account: AccountBytes, slot: number) => void)[] = [];
    const truth = lying((one) => one, 0);
    const flooding: AccountSource = {
      ...truth,
      onProgramAccount(program, filters, tell) {
        tells.push(tell);
        return truth.onProgramAccount(program, filters, tell);
      },
    };
    const following = follow(flooding);
    await until(() => mayUpload(following, known));
    const { data } = (await honest.account(chain.addressOf(known)))!;
    const at = Buffer.from(data).indexOf(known);
    const forged = Uint8Array.from(data);
    for (let number = 0; number < 5000; number++) {
      const address = new Uint8Array(32);
      new DataView(address.buffer).setUint32(0, number + 1);
      forged.set(made.publicKey, at);
      for (const tell of tells) tell({ address, data: forged.slice() }, FAR_SLOT);
    }
    const fresh = await onboard();
    await until(() => mayUpload(following, fresh));
    expect(following.book.sender(made.publicKey, NEXT_EPOCH)).toMatchObject({ why: "not registered" });
  });

  test("hides it and no other tells of it, whoever is new is known by the next reading", async () => {
    // As a socket that is gone.
    const mute = { onProgramAccount: () => () => {} };
    const [truth, same] = [lying((one) => one, 0), lying((one) => one, 0)];
    const hiding = { ...lying((one) => (isHotspot(one.data) ? undefined : one)), ...mute };
    const following = follow(hiding, 500, [hiding, { ...truth, ...mute }, { ...same, ...mute }]);
    await until(() => following.watch.ageMs !== undefined);
    const fresh = await onboard();
    await until(() => mayUpload(following, fresh));
  });
});
