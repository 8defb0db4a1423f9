/** `oracle appeal file|decide`: a hotspot contests what a detector says of it, and governance decides; an ingest logs both. */
import { type AppealRecord, appealId, DETECTORS, type DetectorName, signAppealRecord } from "@earshot/poc";
import { keyFromText } from "@earshot/poc/protocol";
import { buildCommand, buildRouteMap } from "@stricli/core";
import { oracleError } from "../errors.ts";
import { ingestSigner } from "../service/ingest-key.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";
import { sendNotice } from "./send-notice.ts";

const MAX_EPOCH = 0xffff_ffff;

interface CommonFlags extends JsonFlag {
  readonly url: string;
  readonly key: string;
  readonly network: number;
  readonly detector: DetectorName;
  readonly reason: string;
}

const text = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: textParser, brief, placeholder }) as const;
const epochFlag = (brief: string) =>
  ({ kind: "parsed", parse: integerParser(0, MAX_EPOCH), brief, placeholder: "N" }) as const;

function commonFlags(keyBrief: string) {
  return {
    url: { ...text("An oracle's address", "URL"), default: "http://127.0.0.1:8080" },
    key: text(keyBrief, "FILE"),
    network: {
      kind: "parsed",
      parse: integerParser(0, 0xffff),
      brief: "Number of the network in protocol messages",
      placeholder: "N",
    },
    detector: { kind: "enum", values: DETECTORS.map(({ name }) => name), brief: "What is contested" },
    reason: text("Why, at most 1,000 characters; public", "TEXT"),
    json: jsonFlag,
  } as const;
}

interface FileFlags extends CommonFlags {
  readonly epoch: number;
}

const fileCommand = buildCommand<FileFlags, [], CliContext>({
  docs: {
    brief: "Contest what a detector says of a hotspot",
    fullDescription: "Prints the appeal's id, which its outcome names. What was closed stays as it is.",
  },
  parameters: {
    flags: { ...commonFlags("Key file of the hotspot"), epoch: epochFlag("Epoch whose evidence is contested") },
  },
  async func({ url, key, network, detector, reason, epoch, ...flags }) {
    await answer(this, flags, async () => {
      const signer = ingestSigner(key, false);
      const hotspot = signer.publicKey.toHex();
      return send(url, { kind: "appeal", network, hotspot, epoch, detector, reason }, signer);
    });
  },
});

interface DecideFlags extends CommonFlags {
  readonly appeal: string;
  readonly hotspot: string;
  readonly uphold: boolean;
  readonly from: number;
  readonly until: number;
}

const decideCommand = buildCommand<DecideFlags, [], CliContext>({
  docs: {
    brief: "Decide an appeal with the governance key",
    fullDescription:
      "The detector is lifted from one epoch to before another, and in none that has begun when the outcome is logged. A later outcome takes the place of " +
      "an earlier one; without --uphold it ends it.",
  },
  parameters: {
    flags: {
      ...commonFlags("Key file of governance: network.governance_key of every oracle is its public key"),
      appeal: text("Id of the appeal", "ID"),
      hotspot: text("Key of the hotspot in its text form", "KEY"),
      uphold: { kind: "boolean", brief: "Lift the detector", default: false },
      from: { ...epochFlag("First epoch it is lifted in"), default: "0" },
      until: { ...epochFlag("First epoch it counts in again"), default: String(MAX_EPOCH) },
    },
  },
  async func({ url, key, network, detector, reason, appeal, uphold, from, until, ...flags }) {
    await answer(this, flags, async () => {
      const hotspot = hotspotHex(flags.hotspot);
      if (!/^[0-9a-f]{64}$/.test(appeal)) throw oracleError("ORC_BAD_OPTION", "--appeal: expected 64 hex digits");
      const epochs = { fromEpoch: from, untilEpoch: until };
      const outcome = {
        kind: "outcome",
        network,
        appeal,
        hotspot,
        detector,
        upheld: uphold,
        ...epochs,
        reason,
      } as const;
      return send(url, outcome, ingestSigner(key, false));
    });
  },
});

export const appealRoutes = buildRouteMap({
  routes: { file: fileCommand, decide: decideCommand },
  docs: { brief: "Contest what a detector says of a hotspot, and decide it" },
});

async function send(url: string, record: AppealRecord, signer: ReturnType<typeof ingestSigner>) {
  const taken = await sendNotice(url, "/v1/appeals", "application/json", signAppealRecord(record, signer));
  const id = appealId(record);
  return { json: { id, ...taken }, text: `${taken.status}: ${record.kind} ${id}\n` };
}

function hotspotHex(keyText: string): string {
  try {
    return keyFromText(keyText).toHex();
  } catch (cause) {
    throw oracleError("ORC_BAD_OPTION", `--hotspot: ${keyText} is no key in its text form`, { cause });
  }
}
