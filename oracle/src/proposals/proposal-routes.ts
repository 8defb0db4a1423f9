/** Proposals over HTTP: what is proposed, what of the rules it changes, and what those rules would have made of the latest epoch. */
import { parameterHash } from "@earshot/poc";
import Type, { type Static } from "typebox";
import { answerFrom, atoms, epochAnswers, epochQuery } from "../api/answers.ts";
import type { EpochView } from "../api/epoch-view.ts";
import type { EpochViews } from "../api/epoch-views.ts";
import { type HttpApp, sendError } from "../service/http.ts";
import type { EpochSums } from "./effect-message.ts";
import { parameterChanges } from "./parameter-diff.ts";
import { ProposalFolder, type PublishedProposal } from "./proposal-files.ts";
import { RuleEffects } from "./rule-effect.ts";

const tags = ["proposals"];
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

const proposalSchema = Type.Object({
  number: Type.Integer(),
  description: Type.String(),
  instructions: Type.Array(Type.Unknown(), { description: "As its proposer published them" }),
  parameterHash: orNull(Type.String({ description: "Of the rules it would set" })),
  fromEpoch: orNull(Type.Integer({ description: "First epoch they would hold in" })),
  fault: orNull(Type.String({ description: "What is wrong with the published file" })),
  changes: Type.Array(
    Type.Object({ path: Type.String(), from: orNull(Type.String()), to: orNull(Type.String({ description: "JSON" })) }),
    { description: "Against the rules of the latest closed epoch; empty where no rules are proposed or published" },
  ),
});
const sumsSchema = Type.Object({
  activeHotspots: Type.Integer(),
  beaconsValid: Type.Integer(),
  witnessesValid: Type.Integer(),
  coverageAtoms: atoms,
  dataAtoms: atoms,
  treasuryAtoms: atoms,
});
const effectSchema = Type.Object({
  epoch: Type.Integer(),
  number: Type.Integer(),
  /** Why there is none, or null. */
  none: orNull(Type.String({ description: "Why this epoch cannot be scored under the proposed rules" })),
  effect: orNull(
    Type.Object({
      before: sumsSchema,
      after: sumsSchema,
      hotspots: Type.Object({ more: Type.Integer(), less: Type.Integer(), same: Type.Integer() }),
      most: Type.Array(Type.Object({ key: Type.String(), beforeAtoms: atoms, afterAtoms: atoms })),
    }),
  ),
});

/** `folder`: where published proposals are laid; `steadyMs`: a clock that only goes forward. */
export function proposalRoutes(app: HttpApp, views: EpochViews, folder: string, steadyMs: () => number): void {
  const effects = new RuleEffects(steadyMs);
  const published = new ProposalFolder(folder);
  app.get(
    "/v1/proposals",
    {
      schema: {
        tags,
        summary: "Published proposals, the latest first, each with what it changes of the rules in force.",
        response: { 200: Type.Object({ proposals: Type.Array(proposalSchema) }) },
      },
    },
    async () => {
      const current = (await views.view())?.epoch.input.parameters;
      return { proposals: published.all().map((one) => proposalOf(one, current)) };
    },
  );
  app.get(
    "/v1/proposals/:number/effect",
    {
      schema: {
        tags,
        summary: "A closed epoch under the rules in force and under those proposed.",
        params: Type.Object({ number: Type.Integer({ minimum: 0, maximum: 999_999_999 }) }),
        querystring: epochQuery,
        response: epochAnswers(effectSchema),
      },
    },
    async (request, reply) => {
      const { number } = request.params;
      const { parameters } = published.one(number);
      if (parameters === null) return sendError(reply, "not_found", "a proposal with published rules", number);
      const make = async (view: EpochView): Promise<Static<typeof effectSchema>> => {
        const found = await effects.of(view, parameters, await views.isRecent(view.number));
        if ("none" in found) return { epoch: view.number, number, none: found.none, effect: null };
        const { before, after, hotspots, most } = found;
        const named = most.map(({ key, beforeAtoms, afterAtoms }) => ({
          key,
          beforeAtoms: beforeAtoms.toString(),
          afterAtoms: afterAtoms.toString(),
        }));
        const effect = { before: sumsOf(before), after: sumsOf(after), hotspots, most: named };
        return { epoch: view.number, number, none: null, effect };
      };
      // The answer follows from the proposal's rules as well as from the epoch, and its file may be laid anew.
      const basis = { until: parameterHash(parameters).slice(0, 16), isLasting: false };
      return answerFrom(views, request.query.epoch, request, reply, "an epoch", make, async () => basis);
    },
  );
}

function proposalOf(proposal: PublishedProposal, current: unknown): Static<typeof proposalSchema> {
  const { parameters, instructions, ...told } = proposal;
  const changes = parameters === null || current === undefined ? [] : parameterChanges(current, parameters);
  return { ...told, instructions: [...instructions], changes };
}

function sumsOf({ coverageAtoms, dataAtoms, treasuryAtoms, ...counts }: EpochSums): Static<typeof sumsSchema> {
  return {
    ...counts,
    coverageAtoms: coverageAtoms.toString(),
    dataAtoms: dataAtoms.toString(),
    treasuryAtoms: treasuryAtoms.toString(),
  };
}
