/** The explorer over one small epoch, which is closed when it is told to be: quick enough for a file of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cellToString } from "@earshot/geo";
import { keyToText } from "@earshot/poc/protocol";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders } from "../../src/api/epoch-source.ts";
import { explorerPart } from "../../src/explorer/explorer-part.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { EPOCH, smallEpoch } from "../small-epoch.ts";
import { writeFolder } from "../temporary-folder.ts";

const KEY_BYTES = 33;
const WALLET_BYTES = 32;

export interface SmallWorld {
  readonly url: string;
  /** The first hotspot's key and its public cell. */
  readonly hotspot: string;
  readonly cell: string;
  close(): Promise<void>;
  stop(): Promise<void>;
}

/** Serves an epoch that is played and not closed; `owner` owns its first hotspot and is paid for it. */
export async function startSmallWorld(folder: string, owner: Uint8Array): Promise<SmallWorld> {
  const proposals = join(folder, "proposals");
  mkdirSync(proposals, { recursive: true });
  writeFileSync(join(proposals, "1.json"), JSON.stringify({ description: "Change nothing.", instructions: [] }));
  const { input, records } = smallEpoch();
  for (const column of [input.hotspots.owner, input.hotspots.beneficiary]) column.set(owner.subarray(0, WALLET_BYTES));
  const epoch = join(folder, `epoch-${EPOCH}`);
  const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  await apiPart({ source: new EpochFolders(folder), nowMs: () => Date.now(), proposals }).routes?.(app);
  await explorerPart().routes?.(app);
  const cell = input.hotspots.cell_public[0]!;
  return {
    url: await app.listen({ host: "127.0.0.1", port: 0 }),
    hotspot: keyToText(input.hotspots.key.slice(0, KEY_BYTES)),
    cell: cellToString(Number(cell >> 32n), Number(cell & 0xffff_ffffn)),
    async close() {
      await writeFolder(epoch, input, records);
      await scoreFolder(epoch);
    },
    async stop() {
      await app.close();
    },
  };
}
