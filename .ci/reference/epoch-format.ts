/** docs/reference/epoch-format.md from the table definitions, and what of a folder is no table. */
import {
  anomalyInputTables,
  anomalyOutputTables,
  inputTables,
  logTables,
  outputTables,
  type TableDefinition,
} from "../../poc/src/epoch/tables.ts";
import { GENERATED_NOTE } from "./generated-note.ts";

const INTRODUCTION = `An epoch on disk is a folder in two halves. The input half is the raw log in \`uploads/\`, \`epoch.json\`, \`parameters.json\`, \`intake.json\`
and the tables of "Input" and "Log", completed by \`input.sha256\`. The output half is the tables of "Output" and \`output.sha256\`, completed by
\`manifest.json\`. A half without the file that completes it is partly written and is refused. Tables are uncompressed Arrow IPC files named
after the table. \`oracle score\` makes the output from the input, \`oracle audit\` makes both again from the raw uploads.

\`manifest.json\` (RFC 8785) holds SHA-256 of every column: its values in the table's order, little-endian, never the Arrow container. It also
holds the hash of the manifest before it, the hash of the parameters, the engine version, the network number, the price, how many uploads
counted with SHA-256 over their ids in log order, how many were refused under which code, a summary, and the root of the reward tree.`;

const LOG_FORM = `### uploads/

Segments \`NNNNNN.seg\`, numbered from 000000 without a gap, integers little-endian. The order of records is the order of arrival and means nothing:
log order is (receive ms, upload id).

| part | bytes | content |
|---|---|---|
| header | 16 | magic "ESLOG" and a zero byte, version u8 = 1, zero, segment number u32, four zeros |
| record | 16 + length | length u32 of the upload, CRC-32 (zlib) u32 over the rest of the record, receive time u64 in Unix ms, the upload |
| trailer | 40 | ff ff ff ff, number of records u32, SHA-256 over everything before the trailer |

The log holds every upload that was received from the start of the epoch to the end of its grace time; the grace time is in the next
epoch's log too. Each report has its verdict in one epoch: of the reports received in the grace time the epoch judges beacons that name one
of its challenges and witness reports of what those put on the air, and names them in \`judged-out.arrow\`; the next epoch judges the others, also what
comes for a challenge when the grace time is over: such a beacon is \`irregular_interval\`, a reception of it \`stale\`. A
packet is billed in the epoch in which the later of its receipt and its confirmation arrived.

### epoch.json

| field | type | meaning |
|---|---|---|
| \`epoch\` | integer | Unix ms of the epoch's start divided by the length of an epoch |
| \`network\` | integer | network number that uploads must name |
| \`previousManifestHash\` | 64 hex digits | SHA-256 of the previous epoch's manifest.json; zeros for the first epoch of a network |
| \`tokenPriceUsdE8\` | integer | price of one token recorded for the epoch, 1e-8 USD |
| \`budgetAtoms\` | decimal text | what the chain issued for the epoch, base units; absent where the emission of the parameters is the budget |

### parameters.json

The network parameters (parameters.md). Fields that are missing, unknown or out of range, and times that do not fit together, are refused.

### intake.json

| field | type | meaning |
|---|---|---|
| \`uploads\` | integer | records of the log |
| \`accepted\` | integer | uploads that count: registered sender, good signature, next in the sender's chain |
| \`sha256\` | 64 hex digits | SHA-256 over their ids in log order |
| \`refused\` | object | refusal code → number of uploads, codes in ascending order |
| \`beacons\`, \`witnesses\` | integer | reports the epoch judges |
| \`receipts\`, \`confirmations\` | integer | reports of packets that arrived in the epoch |
| \`billed\` | integer | copies billed, of earlier receipts too |
| \`gaps\` | integer | accepted uploads before which numbers of their sender are missing |
| \`leftToNextEpoch\` | integer | reports received in the grace time that belong to the next epoch |
| \`judgedInEpochBefore\` | integer | reports received in the grace time of the epoch before that have their verdict there |

### input.sha256, output.sha256

One line a file, in the form of sha256sum: 64 hex digits, two spaces, the name. \`input.sha256\` names the segments too.
`;

export function epochFormat(): string {
  const lines = ["# Epoch folder", "", GENERATED_NOTE, "", INTRODUCTION, "", "## Files", "", LOG_FORM];
  lines.push("## Input", "", "What the engine judges from.", "");
  for (const table of inputTables) lines.push(...tableLines(table));
  lines.push(
    "## Log",
    "",
    "What uploads are loaded with, and what loading them leaves: each `-out` is the next epoch's `-in`.",
    "",
  );
  for (const table of logTables) lines.push(...tableLines(table));
  lines.push("## Output", "");
  for (const table of outputTables) lines.push(...tableLines(table));
  lines.push(
    "## Detectors",
    "",
    "Only under parameters with `anomaly`; elsewhere neither file nor hash exists (spoofing.md).",
    "",
  );
  for (const table of [...anomalyInputTables, ...anomalyOutputTables]) lines.push(...tableLines(table));
  return `${lines.join("\n").trimEnd()}\n`;
}

function tableLines(table: TableDefinition): string[] {
  return [
    `### ${table.name}.arrow`,
    "",
    `Order: ${table.order}.`,
    "",
    "| column | type | meaning |",
    "|---|---|---|",
    ...table.columns.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`),
    "",
  ];
}
