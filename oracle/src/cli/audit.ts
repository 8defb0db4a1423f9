/** `oracle audit`: recomputes epochs from raw uploads and entropy and fails on any difference. */
import { importKey, keyFromText, type VerifyKey } from "@earshot/poc/protocol";
import { buildCommand } from "@stricli/core";
import { auditRun, type RunAudit } from "../audit/audit-run.ts";
import { EpochBefore } from "../audit/epoch-before.ts";
import { findingText } from "../audit/finding.ts";
import { epochFolders } from "../epoch-folder/run-folder.ts";
import { oracleError } from "../errors.ts";
import { type ChainFlags, chainFactsOf, chainFlags } from "./chain-facts.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { type PlaceFlags, placeFlags, withEpochFolders } from "./epoch-place.ts";
import { count } from "./format.ts";
import { textParser } from "./parse.ts";
import { workersFlag } from "./score.ts";

interface AuditFlags extends JsonFlag, PlaceFlags, ChainFlags {
  readonly "governance-key"?: VerifyKey;
  readonly workers: number;
}

export const auditCommand = buildCommand<AuditFlags, string[], CliContext>({
  docs: {
    brief: "Recompute epochs from their raw uploads and compare everything",
    fullDescription:
      "Verifies every upload, derives challenges and reports, judges and pays again, and compares each table and the manifest. " +
      "Exit code 1 and one line per difference (file, column, first row) when anything is not as it should be. " +
      "Taken as given: hotspots, payers, entropy, parameters, price, and the state before the first epoch. Upheld appeals are recomputed from the " +
      "log of the epoch before, where it is in the run, beside the folder, or at --url. With --url epochs are downloaded from an oracle; with --rpc and --token root, manifest, rules, price and log heads are held against the chain.",
  },
  parameters: {
    positional: {
      kind: "array",
      parameter: {
        parse: textParser,
        brief: "Epoch folders in order, or folders of epoch-N folders",
        placeholder: "DIR",
      },
    },
    flags: {
      ...placeFlags,
      ...chainFlags,
      "governance-key": {
        kind: "parsed",
        parse: keyParser,
        brief: "Public key that outcomes of appeals are signed with, in its text form",
        placeholder: "KEY",
        optional: true,
      },
      workers: workersFlag,
      json: jsonFlag,
    },
  },
  async func(flags, ...folders) {
    await answer(this, flags, async (progress) => {
      const chain = await chainFactsOf(flags);
      using before = new EpochBefore(flags.url);
      const audit = async (own: readonly string[]) => {
        const run = await auditRun(own, {
          workers: flags.workers,
          chain,
          governanceKey: flags["governance-key"],
          before: ({ folder, input }) => before.of(folder, input.header.epoch - 1),
          onProgress: (done, total, label) => progress.show(done, total, label),
        });
        const isClean = run.findings.length === 0;
        return { json: { ok: isClean, ...run }, text: auditText(run), failed: !isClean };
      };
      if (folders.length === 0) return withEpochFolders(flags, progress, audit);
      if (flags.url !== undefined || flags.dir !== undefined || flags.epoch !== undefined) {
        throw oracleError("ORC_BAD_OPTION", "either folders, or --epoch with --dir or --url");
      }
      return audit(folders.flatMap(epochFolders));
    });
  },
});

function keyParser(text: string): VerifyKey {
  return importKey(keyFromText(text));
}

/** One line per epoch, then one per finding. */
export function auditText({ epochs, findings }: RunAudit): string {
  const lines = epochs.map(({ epoch, folder, uploads, reports, manifestHash, findings: own }) =>
    own.length === 0
      ? `epoch ${epoch}: ${count(uploads)} uploads and ${count(reports)} reports recomputed, all equal; manifest ${manifestHash}`
      : `${epoch === undefined ? folder : `epoch ${epoch}`}: ${own.length === 1 ? "1 difference" : `${own.length} differences`}`,
  );
  const given = epochs.flatMap(({ epoch, appeals }) =>
    appeals === "given" ? [`epoch ${epoch}: appeals taken as given, the epoch before is not at hand`] : [],
  );
  const differences = findings.map((finding) => `  ${findingText(finding)}`);
  return [...lines, ...given, ...differences, findings.length === 0 ? "audit passed" : "AUDIT FAILED", ""].join("\n");
}
