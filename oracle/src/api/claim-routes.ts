/** A wallet's proof in the form that `earshot rewards claim --proof` reads. */
import { merkleSumProof } from "@earshot/poc";
import Type, { type Static } from "typebox";
import type { HttpApp } from "../service/http.ts";
import { answerFrom, atoms, epochAnswers, epochQuery } from "./answers.ts";
import { type EpochView, rowOf } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { walletFromText } from "./owner-request.ts";

const HASH_BYTES = 32;
const claimSchema = Type.Object({
  beneficiary: Type.String({ description: "Wallet, base58" }),
  cumulative: Type.String({ pattern: "^[0-9]+$", description: "Earned since the network began, base units: the leaf" }),
  leftSiblings: Type.Integer({ description: "Bit i: the sibling of step i stands on the left" }),
  siblings: Type.Array(Type.Object({ hash: Type.String({ pattern: "^[0-9a-f]{64}$" }), sum: atoms }), {
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
  const wallet = walletFromText(walletText);
  const row = wallet === undefined ? undefined : view.ledgerRow(wallet);
  if (row === undefined) return undefined;
  const { siblingHashes, siblingSums, leftSiblings } = merkleSumProof(view.tree(), row);
  return {
    beneficiary: walletText,
    cumulative: view.epoch.output.ledgerOut.cumulative_atoms[row]!.toString(),
    leftSiblings,
    siblings: Array.from(siblingSums, (sum, step) => ({
      hash: rowOf(siblingHashes, step, HASH_BYTES).toHex(),
      sum: sum.toString(),
    })),
  };
}
