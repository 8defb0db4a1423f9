/** `oracle verify-report` and `oracle verify-receipt`: what an epoch's files prove about one upload. */
import { readFileSync } from "node:fs";
import { keyToText, statementKey } from "@earshot/poc/protocol";
import { buildCommand } from "@stricli/core";
import { findReports, type ReportSearch } from "../audit/find-report.ts";
import { findingText } from "../audit/finding.ts";
import { folderLogs } from "../audit/folder-logs.ts";
import { readFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { checkReceipt, type ReceiptFinding } from "../settlement/check-receipt.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { type PlaceFlags, placeFlags, withEpochFolders } from "./epoch-place.ts";
import { textParser } from "./parse.ts";

type VerifyFlags = JsonFlag & PlaceFlags;

const flags = { ...placeFlags, json: jsonFlag } as const;

export const verifyReportCommand = buildCommand<VerifyFlags, [string], CliContext>({
  docs: {
    brief: "Prove that an upload's reports are, or are not, in an epoch's log and manifest",
    fullDescription:
      "Names the segment that holds the upload, the row and the verdict of each of its reports, and checks segments, tables and manifest " +
      "against each other. Exit code 1 when the upload is not there, or the files prove nothing.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ parse: uploadIdParser, brief: "Id of the upload, 64 hexadecimal digits", placeholder: "UPLOAD" }],
    },
    flags,
  },
  async func(given, upload) {
    await answer(this, given, (progress) =>
      withEpochFolders(given, progress, async (folders) => {
        const searches = folders.map((folder) => findReports(folder, Buffer.from(upload, "hex")));
        const isFound = searches.some(({ records }) => records.length > 0);
        const isSound = searches.every(({ findings }) => findings.length === 0);
        return {
          json: { ok: isFound && isSound, upload, searches },
          text: searches.map((search) => searchText(upload, search)).join(""),
          failed: !isFound || !isSound,
        };
      }),
    );
  },
});

export const verifyReceiptCommand = buildCommand<VerifyFlags, [string], CliContext>({
  docs: {
    brief: "Prove that an ingest kept, or broke, the word of a receipt",
    fullDescription:
      "Looks where the receipt says in the ingest's log. Exit code 1 when the word is broken or the receipt is none; a receipt of another " +
      "epoch's log is neither.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ parse: textParser, brief: "File with the receipt, as bytes or in base64", placeholder: "FILE" }],
    },
    flags,
  },
  async func(given, path) {
    await answer(this, given, (progress) =>
      withEpochFolders(given, progress, async (folders) => {
        const receipt = readReceipt(path);
        const key = statementKey(receipt);
        let finding: ReceiptFinding | undefined;
        for (const folder of folders) {
          const copy = folderLogs(folder).find(
            ({ ingestKey }) => key !== undefined && Buffer.compare(ingestKey, key) === 0,
          );
          if (copy === undefined) continue;
          const own = await checkReceipt(receipt, copy, copy.network);
          if (finding === undefined || finding.state === "open") finding = own;
        }
        if (finding === undefined || key === undefined) {
          throw oracleError("ORC_BAD_OPTION", `${path}: no receipt of an ingest whose log the epochs were made from`);
        }
        const failed = finding.state === "broken" || finding.state === "invalid";
        return { json: plain(finding, key), text: `${receiptText(finding, keyToText(key))}\n`, failed };
      }),
    );
  },
});

function uploadIdParser(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new RangeError(`expected 64 hexadecimal digits, got ${JSON.stringify(text)}`);
  return text;
}

/** Receipts are kept as the statement's bytes, or as the base64 in which an ingest answers. */
function readReceipt(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw readFailed(path, cause);
  }
  const text = Buffer.from(bytes).toString("latin1").trim();
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : bytes;
}

function searchText(upload: string, { epoch, manifestHash, records, reports, findings }: ReportSearch): string {
  const lines = [`epoch ${epoch}, manifest ${manifestHash}`];
  if (records.length === 0) lines.push(`  upload ${upload} is not in the epoch's log`);
  for (const { segment, record, receiveMs } of records) {
    lines.push(`  logged at ${new Date(receiveMs).toISOString()} as record ${record} of uploads/${segment}`);
  }
  for (const { index, kind, logIndex, verdict } of reports) {
    const place = logIndex === undefined ? "not judged in this epoch" : `row ${logIndex} of its log`;
    const said =
      verdict === undefined
        ? ""
        : `: ${verdict.reason}${verdict.isPaid ? ", paid" : ""} (measured ${verdict.measured}, limit ${verdict.limit})`;
    lines.push(`  report ${index}, ${kind}: ${place}${said}`);
  }
  lines.push(...findings.map((finding) => `  ${findingText(finding)}`), "");
  return lines.join("\n");
}

function receiptText(finding: ReceiptFinding, ingest: string): string {
  if (finding.state === "invalid") return `no receipt of ${ingest}: ${finding.code}`;
  const { logIndex, uploadId } = finding.receipt;
  const what = `${ingest} acknowledged upload ${Buffer.from(uploadId).toString("hex")} as number ${logIndex} of its log`;
  if (finding.state === "kept") return `kept: ${what}, and there it is (segment ${finding.segment})`;
  if (finding.state === "open") return `open: ${what}, which is beyond what these epochs hold`;
  return `BROKEN (${finding.why}): ${what}, and there it is not`;
}

function plain(finding: ReceiptFinding, key: Uint8Array) {
  const ingest = keyToText(key);
  if (finding.state === "invalid") return { ok: false, ingest, ...finding };
  const { receipt, ...rest } = finding;
  const { logIndex, receiveMs } = receipt;
  const [uploadId, previousHead] = [receipt.uploadId, receipt.previousHead].map((bytes) =>
    Buffer.from(bytes).toString("hex"),
  );
  return { ok: finding.state !== "broken", ingest, ...rest, receipt: { uploadId, logIndex, receiveMs, previousHead } };
}
