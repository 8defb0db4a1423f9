/** A small run on disk for the explorer: real hotspots around San Francisco, closed epochs, a proposal, and wallets that can sign. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { realFilePath, usHotspotsFile } from "@earshot/fixtures";
import { earshot, type NetworkParameters, parameterHash } from "@earshot/poc";
import { apiPart } from "../../src/api/api-part.ts";
import { EpochFolders } from "../../src/api/epoch-source.ts";
import { explorerPart } from "../../src/explorer/explorer-part.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { simulate } from "../../src/simulate/index.ts";
import { derive } from "../../src/simulate/random.ts";
import { walletSigner } from "../../src/simulate/world.ts";

const SEED = "explorer";
const DAYS = 3;
/** Ordinals of owners in the list of hotspots. */
const OWNERS = 4000;

export interface ExplorerWorld {
  /** Where it is served. */
  readonly url: string;
  readonly app: HttpApp;
  /** Folders of epochs that are played and not closed, in order. */
  readonly open: string[];
  /** Closes the next open epoch. */
  closeNext(): Promise<void>;
  /** The keypair file of the wallet that is derived by a path. */
  keypairFile(...path: string[]): string;
  /** The keypair file of an owner's wallet, by the 32 bytes of it. */
  ownerKeypairFile(wallet: Uint8Array): string;
  stop(): Promise<void>;
}

/** Plays the epochs below `folder`, closes all but the last, and serves them on a free port. */
export async function explorerWorld(folder: string, radiusKm = 3): Promise<ExplorerWorld> {
  const { epochs } = await simulate({
    hotspotsCsv: realFilePath(usHotspotsFile),
    near: { latDeg: 37.775, lngDeg: -122.42 },
    radiusKm,
    days: DAYS,
    seed: SEED,
    outDir: folder,
    parameters: earshot,
  });
  const open = epochs.map((epoch) => epoch.folder);
  const closeNext = async () => {
    const next = open.shift();
    if (next !== undefined) await scoreFolder(next);
  };
  while (open.length > 1) await closeNext();
  propose(join(folder, "proposals"), earshot);
  const app = createHttpApp({ maxConnections: 100, log: SILENT_LOG });
  const source = new EpochFolders(folder);
  await apiPart({ source, nowMs: () => Date.now(), proposals: join(folder, "proposals") }).routes?.(app);
  await explorerPart().routes?.(app);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const keypairFile = (...path: string[]) => {
    const seed = derive(SEED, ["wallet", ...path]);
    return JSON.stringify([...seed, ...walletSigner(SEED, ...path).publicKey.slice(1)]);
  };
  return {
    url,
    app,
    open,
    closeNext,
    keypairFile,
    ownerKeypairFile(wallet) {
      for (let ordinal = 0; ordinal < OWNERS; ordinal++) {
        const { publicKey } = walletSigner(SEED, "owner", String(ordinal));
        if (Buffer.compare(publicKey.slice(1), wallet) === 0) return keypairFile("owner", String(ordinal));
      }
      throw new Error("no owner of the list has this wallet");
    },
    stop: () => app.close(),
  };
}

/** A change of the rules, and a payment. */
function propose(folder: string, current: NetworkParameters): void {
  mkdirSync(folder, { recursive: true });
  const parameters: NetworkParameters = { ...current, selection: { ...current.selection, maximumWitnesses: 4 } };
  const hash = parameterHash(parameters);
  const write = (number: number, proposal: unknown) =>
    writeFileSync(join(folder, `${number}.json`), JSON.stringify(proposal));
  write(2, {
    description: "Pay four witnesses of a beacon instead of fourteen.",
    instructions: [{ program: "registry", instruction: "setParameters", args: { hash, fromEpoch: 20770 } }],
    parameters,
  });
  write(1, {
    description: "Pay for the audit of the programs.",
    instructions: [{ program: "guard", instruction: "spend", args: { amount: "5000000000000" } }],
  });
}
