/** Cells where a hotspot is wanted, ranked (coverage-gaps.ts). Made once per epoch. */
import Type, { type Static } from "typebox";
import type { HttpApp } from "../service/http.ts";
import { answerFrom, atoms, cellOrNull, cellText, epochAnswers, nextPage, pageOf, pageQuery } from "./answers.ts";
import { type CoverageGap, coverageGaps } from "./coverage-gaps.ts";
import type { EpochViews } from "./epoch-views.ts";
import { perView } from "./per-view.ts";

const gapSchema = Type.Object({
  rank: Type.Integer(),
  cell: Type.Union([cellText, Type.Null()]),
  demandCredits: Type.Number({
    description: "Data credits carried in it and, at half, around it, over the window of the rules",
  }),
  provingAround: Type.Integer({ description: "Hotspots with a paid proof in its six neighbours; in it there is none" }),
  unmetCredits: Type.Number({ description: "Demand over those hotspots and one more" }),
  estimate: Type.Object(
    {
      scaleE4: Type.Integer({ description: "Density scale with one hotspot more, 1e-4" }),
      weightE4: Type.Integer({ description: "Weight by the curve of the demand, at most the median around, 1e-4" }),
      unitsE4: Type.Integer({ description: "Units of the median beaconer of its resolution-6 cell, 1e-4" }),
      sharesE12: Type.Number({ description: "Shares it would have earned, 1e-12" }),
      atoms,
    },
    {
      description:
        "What a hotspot there would have earned in the epoch for coverage, like the median around; nothing follows from it",
    },
  ),
});

export function gapRoutes(app: HttpApp, views: EpochViews): void {
  const gapsOf = perView(coverageGaps);
  app.get(
    "/v1/gaps",
    {
      schema: {
        tags: ["cells"],
        summary: "Cells with demand and no hotspot that proves coverage, the greatest unmet demand first.",
        querystring: pageQuery,
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), gaps: Type.Array(gapSchema), next: nextPage })),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "cells", (view) => {
        const gaps = gapsOf(view);
        const page = pageOf(gaps.length, request.query, (at) => gapOf(gaps[at]!, at));
        return { epoch: view.number, gaps: page.entries, next: page.next };
      }),
  );
}

function gapOf({ cell, estimate, ...figures }: CoverageGap, at: number): Static<typeof gapSchema> {
  return {
    rank: at + 1,
    cell: cellOrNull(cell),
    ...figures,
    estimate: { ...estimate, atoms: estimate.atoms.toString() },
  };
}
