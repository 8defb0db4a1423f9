/** Closed epochs themselves: what they paid, their manifests and files, and the proofs and statements of what a wallet is owed. */
import { Readable } from "node:stream";
import { base58Text } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { bytesAnswer, errorAnswers, keyParams } from "../service/api-schemas.ts";
import { type HttpApp, isKnown, notModified, sendError, sendHead } from "../service/http.ts";
import { answerFrom, atoms, epochAnswers, epochNumber, epochQuery, hashText, orBusy } from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { paySchema } from "./reports.ts";
import { type HotspotReward, RewardBook } from "./reward-book.ts";
import { owedTo, proofSchema } from "./wallet-proof.ts";

const tags = ["epochs"];
/** Most epochs in one statement of rewards: a quarter of a year of days. */
const MAX_STATEMENT_EPOCHS = 92;
/** Epochs in a statement that says none: the latest, which pages show. */
const DEFAULT_STATEMENT_EPOCHS = 30;

const epochSchema = Type.Object({
  epoch: Type.Integer(),
  start: Type.String({ description: "ISO 8601" }),
  rules: Type.String(),
  parameterHash: hashText,
  manifestHash: hashText,
  root: Type.Object({ hash: hashText, totalAtoms: atoms, leafCount: Type.Integer() }),
  hotspots: Type.Integer(),
  beacons: Type.Integer(),
  witnessReports: Type.Integer(),
  copies: Type.Integer({ description: "Receipts of packets carried" }),
});
const fileSchema = Type.Object({ name: Type.String(), sha256: hashText });
const statementSchema = Type.Object({
  key: Type.String(),
  rewards: Type.Array(Type.Object({ epoch: Type.Integer(), beneficiary: Type.String(), pay: paySchema })),
  totalAtoms: atoms,
});
const statementQuery = Type.Object({
  from: Type.Optional(epochNumber),
  to: Type.Optional(epochNumber),
});

export function epochRoutes(app: HttpApp, views: EpochViews): void {
  const recent = new RewardBook(views.source, DEFAULT_STATEMENT_EPOCHS);
  const older = new RewardBook(views.source, DEFAULT_STATEMENT_EPOCHS);
  /** Statements that go further back push none of the latest epochs out, and are made one at a time. */
  const rewardsOf = async (key: string, chosen: readonly number[], closed: readonly number[]) => {
    const isRecent = (chosen[0] ?? Number.POSITIVE_INFINITY) >= (closed.at(-DEFAULT_STATEMENT_EPOCHS) ?? 0);
    return isRecent ? recent.of(key, chosen) : views.old.read(() => older.of(key, chosen));
  };
  /** Of an epoch that is being closed some files are there already, and may yet be written anew. */
  const isClosed = async (epoch: number) => (await views.source.epochs()).includes(epoch);
  app.get(
    "/v1/epochs",
    {
      schema: {
        tags,
        summary: "Numbers of the closed epochs.",
        response: { 200: Type.Object({ epochs: Type.Array(Type.Integer()) }), 304: Type.Null() },
      },
    },
    async (request, reply) => {
      const epochs = [...(await views.source.epochs())];
      // Another one may be closed at any moment, and whoever asks here wants to know.
      reply.header("cache-control", "no-cache");
      if (isKnown(request, reply, tagOf(epochs.join(" ")))) return notModified(reply);
      return { epochs };
    },
  );
  app.get(
    "/v1/epochs/:epoch",
    {
      schema: {
        tags,
        summary: "One closed epoch in figures.",
        params: Type.Object({ epoch: epochNumber }),
        response: epochAnswers(epochSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.params.epoch, request, reply, "a closed epoch", (view) => epochOf(view)),
  );
  app.get(
    "/v1/epochs/:epoch/files",
    {
      schema: {
        tags,
        summary: "Every file of the epoch's folder with its hash: what `oracle audit` downloads.",
        params: Type.Object({ epoch: epochNumber }),
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), files: Type.Array(fileSchema) })),
      },
    },
    async (request, reply) => {
      const { epoch } = request.params;
      const files = (await isClosed(epoch)) ? await views.source.files(epoch) : new Map<string, string>();
      if (!files.has(FILES.manifest)) return sendError(reply, "not_found", "a closed epoch", epoch);
      reply.header("cache-control", "public, max-age=86400");
      if (isKnown(request, reply, tagOf([...files].join(" ")))) return notModified(reply);
      return { epoch, files: [...files].map(([name, sha256]) => ({ name, sha256 })) };
    },
  );
  app.get(
    "/v1/epochs/:epoch/files/*",
    {
      schema: {
        tags,
        summary: "The bytes of a file of the epoch.",
        params: Type.Object({ epoch: epochNumber, "*": Type.String({ maxLength: 128 }) }),
        response: {
          200: bytesAnswer("The file", "application/octet-stream", "application/json"),
          304: Type.Null(),
          ...errorAnswers("bad_request", "not_found"),
        },
      },
    },
    async (request, reply) => {
      const { epoch, "*": name } = request.params;
      const file = (await isClosed(epoch)) ? await views.source.open(epoch, name) : undefined;
      if (file === undefined) return sendError(reply, "not_found", "a file of a closed epoch", name);
      reply.header("cache-control", "public, max-age=86400");
      if (isKnown(request, reply, file.sha256)) {
        await file.stream.cancel();
        return notModified(reply);
      }
      const type = name.endsWith(".json") ? "application/json" : "application/octet-stream";
      reply.type(type);
      if (request.method === "HEAD") {
        await file.stream.cancel();
        return sendHead(reply, file.bytes);
      }
      return reply.header("content-length", file.bytes).send(Readable.fromWeb(file.stream));
    },
  );
  app.get(
    "/v1/wallets/:wallet/proof",
    {
      schema: {
        tags,
        summary: "What a wallet is owed since the network began, and the proof of it under the epoch's root.",
        params: Type.Object({ wallet: Type.String({ maxLength: 44 }) }),
        querystring: epochQuery,
        response: epochAnswers(proofSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a wallet in base58", (view) =>
        owedTo(view, request.params.wallet),
      ),
  );
  for (const suffix of ["", ".csv"] as const) {
    app.get(
      `/v1/hotspots/:key/rewards${suffix}`,
      {
        schema: {
          tags: ["hotspots"],
          summary: `What a hotspot earned, epoch by epoch${suffix === "" ? "" : ", as CSV"}; the latest ${DEFAULT_STATEMENT_EPOCHS} if not told otherwise.`,
          params: keyParams,
          querystring: statementQuery,
          response: {
            ...epochAnswers(statementSchema),
            ...(suffix === "" ? {} : { 200: bytesAnswer("RFC 4180", "text/csv") }),
          },
        },
      },
      async (request, reply) => {
        const { from, to } = request.query as Static<typeof statementQuery>;
        const { key } = request.params as Static<typeof keyParams>;
        const numbers = await views.source.epochs();
        const last = to ?? numbers.at(-1) ?? 0;
        const wanted = numbers.filter((number) => number <= last && number >= (from ?? 0));
        const chosen = from === undefined ? wanted.slice(-DEFAULT_STATEMENT_EPOCHS) : wanted;
        if (chosen.length > MAX_STATEMENT_EPOCHS) {
          return sendError(reply, "bad_request", `at most ${MAX_STATEMENT_EPOCHS} epochs`, chosen.length);
        }
        return orBusy(reply, async () => {
          const statement = statementOf(key, await rewardsOf(key, chosen, numbers));
          if (statement.rewards.length === 0) return sendError(reply, "not_found", "a hotspot of these epochs", key);
          if (suffix === "") return statement;
          return reply.type("text/csv; charset=utf-8").send(statementCsv(statement));
        });
      },
    );
  }
}

function tagOf(text: string): string {
  return sha256Hex(Buffer.from(text)).slice(0, 32);
}

function epochOf(view: EpochView): Static<typeof epochSchema> {
  const { manifest, manifestHash, input } = view.epoch;
  return {
    epoch: view.number,
    start: new Date(view.startMs).toISOString(),
    rules: manifest.rules,
    parameterHash: manifest.parameterHash,
    manifestHash,
    root: { ...manifest.root },
    hotspots: view.hotspotCount,
    beacons: input.beacons.hotspot.length,
    witnessReports: input.witnesses.hotspot.length,
    copies: input.packets.hotspot.length,
  };
}

function statementOf(key: string, found: readonly HotspotReward[]): Static<typeof statementSchema> {
  const rewards = found.map(({ epoch, beneficiary, beaconAtoms, witnessAtoms, dataAtoms }) => ({
    epoch,
    beneficiary: base58Text(beneficiary),
    pay: {
      beaconAtoms: beaconAtoms.toString(),
      witnessAtoms: witnessAtoms.toString(),
      dataAtoms: dataAtoms.toString(),
      atoms: (beaconAtoms + witnessAtoms + dataAtoms).toString(),
    },
  }));
  return { key, rewards, totalAtoms: rewards.reduce((sum, { pay }) => sum + BigInt(pay.atoms), 0n).toString() };
}

/** RFC 4180, one line for each wallet paid in an epoch; the `atoms` of a wallet sum to what the hotspot put into its leaf. */
function statementCsv({ rewards }: Static<typeof statementSchema>): string {
  const lines = rewards.map(({ epoch, beneficiary, pay }) =>
    [epoch, beneficiary, pay.beaconAtoms, pay.witnessAtoms, pay.dataAtoms, pay.atoms].join(","),
  );
  return ["epoch,beneficiary,beacon_atoms,witness_atoms,data_atoms,atoms", ...lines]
    .map((line) => `${line}\r\n`)
    .join("");
}
