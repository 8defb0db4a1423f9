/** The network over time: what each epoch's manifest sums up. Reads no report, so that a quarter of a year costs its manifests. */
import type { EpochManifest } from "@earshot/poc";
import Type, { type Static } from "typebox";
import { FILES } from "../epoch-folder/layout.ts";
import { errorAnswers } from "../service/api-schemas.ts";
import type { HttpApp } from "../service/http.ts";
import { atoms, epochNumber } from "./answers.ts";
import type { EpochSource } from "./epoch-source.ts";
import type { EpochViews } from "./epoch-views.ts";

const MAX_EPOCHS = 92;
const DEFAULT_EPOCHS = 30;

const hashText = Type.String({ pattern: "^[0-9a-f]{64}$" });
const epochSummarySchema = Type.Object({
  epoch: Type.Integer(),
  rules: Type.String(),
  engineVersion: Type.String(),
  parameterHash: hashText,
  previousManifestHash: hashText,
  root: Type.Object({ hash: hashText, totalAtoms: atoms, leafCount: Type.Integer() }),
  tokenPriceUsdE8: Type.Integer({ description: "Price of a token the epoch was paid at, 1e-8 USD" }),
  budgetAtoms: atoms,
  coverageAtoms: atoms,
  dataAtoms: atoms,
  treasuryAtoms: Type.String({ description: "What nobody earned" }),
  dataCredits: Type.String({ description: "Data credits billed, each burnt by a payer" }),
  hotspots: Type.Integer(),
  activeHotspots: Type.Integer(),
  beacons: Type.Integer(),
  beaconsValid: Type.Integer(),
  witnesses: Type.Integer(),
  witnessesValid: Type.Integer(),
  witnessesSelected: Type.Integer(),
  packets: Type.Integer({ description: "Receipts of packets carried" }),
  uploads: Type.Integer(),
  uploadsRefused: Type.Integer(),
  beaconReasons: Type.Record(Type.String(), Type.Integer()),
  witnessReasons: Type.Record(Type.String(), Type.Integer()),
});
type EpochSummary = Static<typeof epochSummarySchema>;

export function historyRoutes(app: HttpApp, views: EpochViews): void {
  // A manifest never changes; a quarter of a year of them is small.
  const known = new Map<number, EpochSummary>();
  app.get(
    "/v1/history",
    {
      schema: {
        tags: ["epochs"],
        summary: `Sums of closed epochs, ascending; the latest ${DEFAULT_EPOCHS} if not told otherwise, at most ${MAX_EPOCHS}.`,
        querystring: Type.Object({
          to: Type.Optional(epochNumber),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_EPOCHS })),
        }),
        response: { 200: Type.Object({ epochs: Type.Array(epochSummarySchema) }), ...errorAnswers("bad_request") },
      },
    },
    async (request) => {
      const { to, limit = DEFAULT_EPOCHS } = request.query;
      const numbers = (await views.source.epochs()).filter((number) => to === undefined || number <= to).slice(-limit);
      const epochs: EpochSummary[] = [];
      for (const number of numbers) {
        const summary = known.get(number) ?? (await readSummary(views.source, number));
        if (summary === undefined) continue;
        known.set(number, summary);
        epochs.push(summary);
      }
      if (known.size > 2 * MAX_EPOCHS) for (const old of [...known.keys()].slice(0, MAX_EPOCHS)) known.delete(old);
      return { epochs };
    },
  );
}

async function readSummary(source: EpochSource, epoch: number): Promise<EpochSummary | undefined> {
  const bytes = await source.file(epoch, FILES.manifest);
  if (bytes === undefined) return undefined;
  const manifest = JSON.parse(Buffer.from(bytes).toString("utf8")) as EpochManifest;
  const { summary, uploads } = manifest;
  const number = (name: string) => Number(summary[name] ?? 0);
  const amount = (name: string) => String(summary[name] ?? "0");
  return {
    epoch: manifest.epoch,
    rules: manifest.rules,
    engineVersion: manifest.engineVersion,
    parameterHash: manifest.parameterHash,
    previousManifestHash: manifest.previousManifestHash,
    root: { ...manifest.root },
    tokenPriceUsdE8: manifest.tokenPriceUsdE8,
    budgetAtoms: amount("budgetAtoms"),
    coverageAtoms: amount("coverageAtoms"),
    dataAtoms: amount("dataAtoms"),
    treasuryAtoms: amount("treasuryAtoms"),
    dataCredits: amount("dataCredits"),
    hotspots: number("hotspots"),
    activeHotspots: number("activeHotspots"),
    beacons: number("beacons"),
    beaconsValid: number("beaconsValid"),
    witnesses: number("witnesses"),
    witnessesValid: number("witnessesValid"),
    witnessesSelected: number("witnessesSelected"),
    packets: number("packets"),
    uploads: uploads?.count ?? 0,
    uploadsRefused: Object.values(uploads?.refused ?? {}).reduce((sum, count) => sum + count, 0),
    beaconReasons: countsOf(summary.beaconReasons),
    witnessReasons: countsOf(summary.witnessReasons),
  };
}

function countsOf(value: unknown): Record<string, number> {
  return typeof value === "object" && value !== null ? { ...(value as Record<string, number>) } : {};
}
