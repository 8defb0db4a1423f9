/** A pipeline worker as a process of its own, on the stores of a folder: `bun worker-process.ts FOLDER WALL_MS`. Killed, never stopped. */
import { join } from "node:path";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import { EmbeddedLogReader } from "../../src/log/embedded/embedded-log-reader.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { runWorker } from "../../src/pipeline/run-worker.ts";
import { StoredFacts } from "../../src/pipeline/stored-facts.ts";
import { openStore } from "../../src/store/open-store.ts";
import { EPOCH, parameters } from "../small-epoch.ts";
import { ingest, logFolder, logIdentity, logName, oracleSigner } from "./small-pipeline.ts";

const [folder, wallMs] = process.argv.slice(2);
const store = await openStore(`sqlite:${join(folder, "oracle.sqlite")}`);
const artefacts = new FolderArtefacts(join(folder, "artefacts"));
await runWorker(
  {
    store,
    artefacts,
    facts: new StoredFacts(store, new EpochArchive(artefacts)),
    logs: [{ name: logName(ingest), log: EmbeddedLogReader.open(logFolder(folder, ingest), logIdentity(ingest)) }],
    time: parameters.time,
    firstEpoch: EPOCH,
    signer: oracleSigner,
    roles: ["live", "batch"],
    holder: `${process.pid}`,
    wallMs: () => Number(wallMs),
    settings: { leaseMs: 300, longLeaseMs: 300, pollMs: 10, tickMs: 10 },
    onEvent: (event) => {
      if (event.kind !== "waits")
        process.stdout.write(
          `${JSON.stringify(event, (_, value) => (value instanceof Error ? value.message : value))}\n`,
        );
    },
  },
  new AbortController().signal,
);
