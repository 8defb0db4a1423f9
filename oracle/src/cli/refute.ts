/** `oracle refute`: a payer shows that no device sent what hotspots claim, and an ingest logs it. */
import { encodeRefutation, judgeRefutation, type SessionProof } from "@earshot/poc/lorawan";
import { NOTICE_CONTENT_TYPE, sealNotice } from "@earshot/poc/protocol";
import { buildCommand } from "@stricli/core";
import { oracleError } from "../errors.ts";
import { ingestSigner } from "../service/ingest-key.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";
import { sendNotice } from "./send-notice.ts";

interface RefuteFlags extends JsonFlag {
  readonly url: string;
  readonly key: string;
  readonly network: number;
  readonly before: string;
  readonly after: string;
}

/** Where the session's key is taken from: a command line can be read by others. */
const KEY_VARIABLE = "EARSHOT_NWK_S_KEY";

const text = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: textParser, brief, placeholder }) as const;

export const refuteCommand = buildCommand<RefuteFlags, string[], CliContext>({
  docs: {
    brief: "Show that no device sent frames that hotspots claim to have carried",
    fullDescription:
      "Frames are PHYPayloads in hexadecimal. Two frames of the session that were paid for, received before and after the disputed ones, " +
      `prove its NwkSKey (hexadecimal, in ${KEY_VARIABLE}), which becomes public: let the device join anew. LoRaWAN 1.0.x only.`,
  },
  parameters: {
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: textParser, brief: "Disputed frames", placeholder: "FRAME" },
    },
    flags: {
      url: { ...text("An oracle's address", "URL"), default: "http://127.0.0.1:8080" },
      key: { ...text("Key file of the route", "FILE"), default: ".earshot/meter/route.key" },
      network: {
        kind: "parsed",
        parse: integerParser(0, 0xffff),
        brief: "Number of the network in protocol messages",
        placeholder: "N",
      },
      before: text("A paid frame received before them, and the upper half of its counter", "FRAME[:N]"),
      after: text("The same, received after them", "FRAME[:N]"),
      json: jsonFlag,
    },
  },
  async func(flags, ...frames) {
    await answer(this, flags, async () => {
      const nwkSKey = bytesOf(process.env[KEY_VARIABLE] ?? "", KEY_VARIABLE);
      const before = proofOf(flags.before, "--before");
      const after = proofOf(flags.after, "--after");
      const disputed = frames.map((frame) => bytesOf(frame, "FRAME"));
      for (const frame of disputed) {
        const verdict = judgeRefutation({ disputed: frame, before, after, nwkSKey });
        if (verdict !== "refuted")
          throw oracleError("ORC_BAD_OPTION", `${frame.toHex()}: ${verdict}, expected a frame whose MIC fails`);
      }
      const signer = ingestSigner(flags.key, false);
      const document = encodeRefutation({ nwkSKey, before, after, disputed });
      const notice = sealNotice("refutation", document, flags.network, signer);
      const { status, receipt } = await sendNotice(flags.url, "/v1/refutations", NOTICE_CONTENT_TYPE, notice.bytes);
      const id = notice.id.toHex();
      return {
        json: { id, status, receipt, frames: disputed.length },
        text: `${status}: ${disputed.length} frames refuted by notice ${id}\n`,
      };
    });
  },
});

function proofOf(value: string, name: string): SessionProof {
  const [frame = "", high = "0", ...more] = value.split(":");
  const fCntHigh = /^[0-9]{1,5}$/.test(high) ? Number(high) : Number.NaN;
  if (more.length > 0 || !(fCntHigh <= 0xffff)) throw oracleError("ORC_BAD_OPTION", `${name}: expected FRAME[:N]`);
  return { phyPayload: bytesOf(frame, name), fCntHigh };
}

function bytesOf(hex: string, name: string): Uint8Array {
  try {
    return Uint8Array.fromHex(hex);
  } catch (cause) {
    throw oracleError("ORC_BAD_OPTION", `${name}: expected hexadecimal, got ${JSON.stringify(hex.slice(0, 80))}`, {
      cause,
    });
  }
}
