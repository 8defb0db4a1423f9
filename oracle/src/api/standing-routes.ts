/** Who stands where: hotspots of an epoch ranked by what they earned, heard or carried, and how long they have earned without a break. */
import Type, { type Static } from "typebox";
import { hotspotText } from "../explain/find-hotspot.ts";
import type { HttpApp } from "../service/http.ts";
import { animalName } from "./animal-names.ts";
import { answerFrom, cellOrNull, cellText, epochAnswers, epochQuery } from "./answers.ts";
import { type EpochView, rowOf } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { perView } from "./per-view.ts";
import { payOf, paySchema } from "./reports.ts";
import { StreakBook } from "./streak-book.ts";

const KEY_BYTES = 33;
const MOST = 200;
const RANKINGS = ["earned", "heard", "carried", "streak"] as const;
type Ranking = (typeof RANKINGS)[number];

const standingSchema = Type.Object({
  rank: Type.Integer({ description: "From 1; equal figures stand in the order of the registry" }),
  key: Type.String(),
  name: Type.String(),
  cell: Type.Union([cellText, Type.Null()]),
  pay: paySchema,
  validReceptions: Type.Integer({ description: "Beacons of others it heard, with a valid report" }),
  beaconsHeard: Type.Integer({ description: "Valid reports of others that heard its beacons" }),
  dataCredits: Type.String({ description: "Billed data credits it carried" }),
  streakEpochs: Type.Integer({
    description: "Epochs in a row, up to this one, in which it earned; at most 92 are counted",
  }),
});
type Standing = Static<typeof standingSchema>;
const rankingQuery = Type.Object({
  ...epochQuery.properties,
  by: Type.Optional(Type.Unsafe<Ranking>({ type: "string", enum: [...RANKINGS], description: "earned" })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, description: "50" })),
});

export function standingRoutes(app: HttpApp, views: EpochViews): void {
  const streakBook = new StreakBook(views.source, (read) => views.old.read(read));
  const figuresIn = perView(figuresOf);
  // Ranking 50,000 hotspots takes longer than an answer may: it is done once for each order.
  const standingsIn = perView(() => new Map<Ranking, Promise<readonly Standing[]>>());
  const standings = async (view: EpochView, by: Ranking): Promise<readonly Standing[]> => {
    const streaks = await streakBook.until(view.number);
    const figures = figuresIn(view);
    return ranked(view, figures, streaks, by)
      .slice(0, MOST)
      .map((row, at) => standingOf(view, figures, streaks, row, at));
  };
  app.get(
    "/v1/leaderboard",
    {
      schema: {
        tags: ["hotspots"],
        summary: "Hotspots ranked by what they earned, heard or carried in an epoch, or by epochs in a row with pay.",
        querystring: rankingQuery,
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), hotspots: Type.Array(standingSchema) })),
      },
    },
    async (request, reply) => {
      const { by = "earned", limit = 50 } = request.query;
      return answerFrom(views, request.query.epoch, request, reply, "hotspots", async (view) => {
        const made = standingsIn(view);
        const all = made.get(by) ?? standings(view, by);
        made.set(by, all);
        // What failed is tried again.
        all.catch(() => made.delete(by));
        return { epoch: view.number, hotspots: (await all).slice(0, limit) };
      });
    },
  );
}

interface Figures {
  readonly validReceptions: Uint32Array;
  readonly beaconsHeard: Uint32Array;
}

/** One pass over the verdicts. */
function figuresOf(view: EpochView): Figures {
  const { input, output } = view.epoch;
  const { kind, reason, hotspot, challenge } = output.verdicts;
  const validReceptions = new Uint32Array(view.hotspotCount);
  const beaconsHeard = new Uint32Array(view.hotspotCount);
  const WITNESS = 2;
  for (let row = 0; row < kind.length; row++) {
    if (kind[row] !== WITNESS || reason[row] !== 0) continue;
    validReceptions[hotspot[row]!]!++;
    beaconsHeard[input.challenges.hotspot[challenge[row]!]!]!++;
  }
  return { validReceptions, beaconsHeard };
}

function ranked(view: EpochView, figures: Figures, streaks: ReadonlyMap<string, number>, by: Ranking): number[] {
  const { rewards, shares } = view.epoch.output;
  const earned = (row: number) =>
    Number(rewards.beacon_atoms[row]! + rewards.witness_atoms[row]! + rewards.data_atoms[row]!);
  const figure: (row: number) => number = {
    earned,
    heard: (row: number) => figures.validReceptions[row]!,
    carried: (row: number) => Number(shares.data_credits[row]!),
    streak: (row: number) => streakOf(view, streaks, row),
  }[by];
  const values = Float64Array.from({ length: view.hotspotCount }, (_, row) => figure(row));
  const rows = Array.from(values, (_, row) => row).filter((row) => values[row]! > 0);
  // Those of equal streaks by what they earned.
  return rows.sort((a, b) => values[b]! - values[a]! || earned(b) - earned(a) || a - b);
}

function standingOf(
  view: EpochView,
  figures: Figures,
  streaks: ReadonlyMap<string, number>,
  row: number,
  at: number,
): Standing {
  const { hotspots } = view.epoch.input;
  const key = hotspotText(hotspots, row);
  return {
    rank: at + 1,
    key,
    name: animalName(key),
    cell: cellOrNull(hotspots.cell_public[row]!),
    pay: payOf(view, row),
    validReceptions: figures.validReceptions[row]!,
    beaconsHeard: figures.beaconsHeard[row]!,
    dataCredits: view.epoch.output.shares.data_credits[row]!.toString(),
    streakEpochs: streakOf(view, streaks, row),
  };
}

function streakOf(view: EpochView, streaks: ReadonlyMap<string, number>, row: number): number {
  return streaks.get(rowOf(view.epoch.input.hotspots.key, row, KEY_BYTES).toHex()) ?? 0;
}
