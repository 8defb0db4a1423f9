/** Methods about the node itself, and Earshot's own: the clock and snapshots of a local chain. */
import type { MethodTable } from "./method.ts";
import { API_VERSION, wholeOf } from "./params.ts";
import { invalidParams } from "./rpc-error.ts";

/** One warp at most: a hundred years, as many slots as they hold, and blocks for a few seconds of work. */
const MAX_WARP = { seconds: 3_155_760_000, slots: 7_889_400_000, blocks: 10_000 };
/** 31 December 9999: later times have no date. */
const LAST_UNIX_MS = 253_402_300_799_000;
const SNAPSHOT_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export const nodeMethods: MethodTable = {
  getHealth: () => "ok",
  getVersion: () => ({ "solana-core": API_VERSION, "feature-set": 0 }),
  getGenesisHash: ({ chain }) => chain.genesisHash,

  /** What this chain is; on a cluster the method does not exist. */
  earshot_info: ({ chain }) => ({ localnet: true, ...chain.settings }),

  /** `{ seconds?, slots?, blocks? }`: closes the open block and moves the clock, the next slot and the height forward. */
  earshot_warp(node, params) {
    const config = params.config(0);
    const [seconds = 0, slots = 0, blocks = 0] = (["seconds", "slots", "blocks"] as const).map((name) => {
      const value = wholeOf(config[name], name);
      if (value !== undefined && value > MAX_WARP[name])
        throw invalidParams(`Invalid params: ${name} above ${MAX_WARP[name]}.`);
      return value;
    });
    if (node.chain.blocks.open.unixMs + seconds * 1000 > LAST_UNIX_MS || node.chain.blocks.open.slot + slots > 2 ** 48)
      throw invalidParams("Invalid params: past the end of time.");
    node.chain.warp({ slots, blocks, ms: seconds * 1000 }, node.now());
    const { slot, height, unixMs } = node.chain.blocks.open;
    return { slot, blockHeight: height, unixTimestamp: Math.floor(unixMs / 1000) };
  },

  /** `[name?]`: saves the chain into the data folder; gives the file. */
  earshot_snapshot: (node, params) => node.snapshot(snapshotName(params.at(0))),

  /** `[name?]`: goes back to a saved chain. */
  earshot_restore(node, params) {
    node.restore(snapshotName(params.at(0)));
    return node.chain.slotAt("processed");
  },
};

function snapshotName(value: unknown): string {
  if (value === undefined || value === null) return "localnet";
  if (typeof value === "string" && SNAPSHOT_NAME.test(value)) return value;
  throw invalidParams("Invalid params: a snapshot's name is lower-case letters, digits and hyphens.");
}
