/** `oracle take-over`: takes final epochs over from another oracle, after recomputing them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCommand } from "@stricli/core";
import { epochFolderName } from "../epoch-folder/run-folder.ts";
import { oracleError } from "../errors.ts";
import { holderName } from "../pipeline/hold-lease.ts";
import { answer, type CliContext } from "./context.ts";
import { placeFlags } from "./epoch-place.ts";
import { textParser } from "./parse.ts";
import { workersFlag } from "./score.ts";
import { aliases, type ConfigFlags, configFlags, loadConfig } from "./serve.ts";

interface TakeOverFlags extends ConfigFlags {
  readonly url: string;
  readonly epoch?: readonly number[];
  readonly workers: number;
}

/** Closing is held for as long as an archive may take to be written, ms. */
const LEASE_MS = 120_000;

export const takeOverCommand = buildCommand<TakeOverFlags, [], CliContext>({
  docs: {
    brief: "Take final epochs over from another oracle, after recomputing them",
    fullDescription:
      "For an oracle that joins a network, and for epochs that began while it was away (ORC_FACTS_LOST). Downloads each epoch, recomputes it from its " +
      "raw uploads, holds it against the chain, and archives it as if it had been closed here. Says which were when one cannot be; the same command again goes on " +
      "from there. `oracle serve` may run meanwhile.",
  },
  parameters: {
    flags: {
      ...configFlags,
      url: { kind: "parsed", parse: textParser, brief: "Address of the other oracle", placeholder: "URL" },
      epoch: placeFlags.epoch,
      workers: workersFlag,
    },
    aliases,
  },
  async func(flags) {
    await answer(this, flags, async (progress) => {
      const { epoch: epochs = [], url, workers } = flags;
      if (epochs.length === 0)
        throw oracleError("ORC_BAD_OPTION", "expected --epoch, once for each epoch in their order");
      const config = loadConfig(flags);
      const [
        { takeOver },
        { takeOverEpochs },
        { closedEpoch },
        { EpochArchive },
        { downloadEpoch },
        { chainReader },
        storage,
      ] = await Promise.all([
        import("../pipeline/take-over.ts"),
        import("../pipeline/take-over-epochs.ts"),
        import("../pipeline/work-table.ts"),
        import("../pipeline/epoch-archive.ts"),
        import("../audit/download-epoch.ts"),
        import("../settlement/chain-reader.ts"),
        import("../service/storage.ts"),
      ]);
      const chain = await chainReader(config);
      const store = await storage.openConfiguredStore(config);
      const folder = mkdtempSync(join(tmpdir(), "earshot-take-over-"));
      const onProgress = (done: number, total: number, label: string) => progress.show(done, total, label);
      try {
        const archive = new EpochArchive(storage.openConfiguredArtefacts(config));
        const lease = { store, holder: holderName("take-over"), ttlMs: LEASE_MS };
        const { taken, failure } = await takeOverEpochs(epochs, {
          closed: (epoch) => closedEpoch(store, epoch),
          async takeOver(epoch) {
            const place = join(folder, epochFolderName(epoch));
            await downloadEpoch(url, epoch, place, { onProgress });
            const closed = await takeOver(place, await chain(epoch), { store, archive, lease, workers, onProgress });
            rmSync(place, { recursive: true, force: true });
            return closed;
          },
        });
        const lines = taken.map(({ epoch, manifest, isNew }) => {
          return `epoch ${epoch} ${isNew ? "is taken over" : "was closed here before"}; manifest ${manifest}\n`;
        });
        const text = lines.join("");
        if (failure === undefined) return { json: { taken }, text };
        const { epoch, error } = failure;
        if (taken.length === 0) throw error;
        progress.clear();
        this.process.stderr.write(`epoch ${epoch} is not taken over: ${error.message}\n`);
        const { code, message } = error;
        return { json: { taken, error: { epoch, code, message } }, text, failed: true };
      } finally {
        rmSync(folder, { recursive: true, force: true });
        await store.close();
      }
    });
  },
});
