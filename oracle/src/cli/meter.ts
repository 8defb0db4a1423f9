/** `oracle meter`: confirms at a customer's ChirpStack which copies are paid for. */
import { buildCommand } from "@stricli/core";
import { oracleError } from "../errors.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { integerParser, textParser } from "./parse.ts";
import { ROUTE_KEY_COMMENT } from "./route-key.ts";

interface MeterFlags extends JsonFlag {
  readonly broker: string;
  readonly username?: string;
  readonly ca?: string;
  readonly topicPrefix: string;
  readonly key: string;
  readonly ingest: readonly string[];
  readonly rpc?: readonly string[];
  readonly network: string;
  readonly copies: number;
  readonly folder: string;
}

/** Where the broker's password is taken from: a command line can be read by others. */
const PASSWORD_VARIABLE = "EARSHOT_BROKER_PASSWORD";
const MOST_COPIES = 64;

const text = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: textParser, brief, placeholder }) as const;

export const meterCommand = buildCommand<MeterFlags, [], CliContext>({
  docs: {
    brief: "Confirm at a customer's ChirpStack which copies are paid for, until SIGTERM or Ctrl-C",
    fullDescription:
      "Reads what hotspots deliver and what ChirpStack accepts from the customer's own broker, and reports the accepted copies under the " +
      "route key, whose router account pays (`earshot dc register`, `earshot dc fund`). The key file is made when it is not there. The broker's " +
      `password comes from ${PASSWORD_VARIABLE}.`,
  },
  parameters: {
    flags: {
      broker: { ...text("The broker ChirpStack publishes to", "mqtt://HOST"), default: "mqtt://127.0.0.1:1883" },
      username: { ...text("User at the broker", "NAME"), optional: true },
      ca: { ...text("PEM of the authority of the broker's certificate", "FILE"), optional: true },
      topicPrefix: { ...text("ChirpStack's region before gateway/…", "eu868"), default: "eu868" },
      key: { ...text("Key file of the route", "FILE"), default: ".earshot/meter/route.key" },
      ingest: { ...text("An oracle and the key it signs with", "URL=KEY"), variadic: true },
      rpc: { ...text("Solana endpoint; the default is that of localnet", "URL"), variadic: true, optional: true },
      network: text("Address of the network's account", "ADDRESS"),
      copies: {
        kind: "parsed",
        parse: integerParser(1, MOST_COPIES),
        brief: "Copies of a packet that are paid for, as in the route",
        default: "1",
      },
      folder: { ...text("Where it keeps what is not yet in a log", "DIR"), default: ".earshot/meter" },
      json: jsonFlag,
    },
  },
  async func(flags) {
    await answer(this, flags, async () => {
      const [{ runMeter }, { ingestOf }, { ingestSigner }, { SYSTEM_CLOCK }, { createLog }, { keyToText }, files] =
        await Promise.all([
          import("../meter/run-meter.ts"),
          import("../meter/confirmation-sender.ts"),
          import("../service/ingest-key.ts"),
          import("../service/clock.ts"),
          import("../service/log.ts"),
          import("@earshot/poc/protocol"),
          import("../epoch-folder/durable-file.ts"),
        ]);
      const log = createLog({
        level: "info",
        repeatIntervalMs: 60_000,
        steadyMs: () => SYSTEM_CLOCK.steadyMs(),
        write: (line) => this.process.stderr.write(line),
      });
      // Before the key is made: a command line that is wrong leaves nothing behind.
      const ingests = flags.ingest.map((value) => parseIngest(value, ingestOf));
      const signer = ingestSigner(flags.key, true, ROUTE_KEY_COMMENT);
      this.process.stderr.write(`route key ${keyToText(signer.publicKey)}\n`);
      const stop = new AbortController();
      for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
      const password = process.env[PASSWORD_VARIABLE];
      let last: unknown = null;
      await runMeter(
        {
          broker: {
            url: flags.broker,
            topicPrefix: flags.topicPrefix,
            ...(flags.username === undefined ? {} : { username: flags.username }),
            ...(password === undefined ? {} : { password }),
            ...(flags.ca === undefined
              ? {}
              : {
                  certificateAuthority: Buffer.from(
                    files.readWhole(flags.ca, "expected the PEM of an authority"),
                  ).toString("utf8"),
                }),
          },
          ingests,
          signer,
          folder: flags.folder,
          maxCopies: flags.copies,
          rpc: flags.rpc ?? ["http://127.0.0.1:8899"],
          network: flags.network,
          clock: SYSTEM_CLOCK,
          log,
          onStatus: (status, waiting) => {
            last = { ...status, waiting };
            log.info("metered", flat({ ...status, waiting }));
          },
        },
        stop.signal,
      );
      return { json: last, text: "the meter has stopped\n" };
    });
  },
});

function parseIngest<T>(value: string, make: (url: string, key: string) => T): T {
  const [, url, key] = /^(https?:\/\/[^=]+)=([1-9A-HJ-NP-Za-km-z]+)$/.exec(value) ?? [];
  if (url === undefined || key === undefined) {
    throw oracleError("ORC_BAD_OPTION", `--ingest: expected URL=KEY, as https://oracle.example=13…, got ${value}`);
  }
  try {
    return make(url, key);
  } catch (cause) {
    throw oracleError("ORC_BAD_OPTION", `--ingest: ${(cause as Error).message}`, { cause });
  }
}

/** The counts of unconfirmed copies beside the others. */
function flat({ unconfirmed, ...counts }: Record<string, unknown>): Record<string, number | boolean> {
  return { ...counts, ...(unconfirmed as object) } as Record<string, number | boolean>;
}
