/** A wallet's proof in the form that `earshot rewards claim --proof` reads. */
import Type, { type Static } from "typebox";
import type { HttpApp } from "../service/http.ts";
import { answerFrom, atoms, epochAnswers, epochQuery, hashText } from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { proofOf } from "./wallet-proof.ts";

const claimSchema = Type.Object({
  beneficiary: Type.String({ description: "Wallet, base58" }),
  cumulative: Type.String({ pattern: "^[0-9]+$", description: "Earned since the network began, base units: the leaf" }),
  leftSiblings: Type.Integer({ description: "Bit i: the sibling of step i stands on the left" }),
  siblings: Type.Array(Type.Object({ hash: hashText, sum: atoms }), {
    description: "From the leaf up",
  }),
});

export function claimRoutes(app: HttpApp, views: EpochViews): void {
  app.get(
    "/v1/wallets/:wallet/claim",
    {
      schema: {
        tags: ["epochs"],
        summary: "The proof of what a wallet is owed as `earshot rewards claim --proof` takes it.",
        params: Type.Object({ wallet: Type.String({ maxLength: 44 }) }),
        querystring: epochQuery,
        response: epochAnswers(claimSchema),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a wallet that earned", (view) =>
        claimOf(view, request.params.wallet),
      ),
  );
}

function claimOf(view: EpochView, walletText: string): Static<typeof claimSchema> | undefined {
  const proof = proofOf(view, walletText);
  if (proof === undefined) return undefined;
  const { siblingHashes, siblingSums, leftSiblings } = proof.proof;
  return {
    beneficiary: walletText,
    cumulative: proof.cumulativeAtoms,
    leftSiblings,
    siblings: siblingSums.map((sum, step) => ({ hash: siblingHashes[step]!, sum })),
  };
}
