/** What the chain says, over HTTP, so that a page needs no endpoint of its own. Read through, some seconds old; 503 while no endpoint answers. */
import { base58Text, keyFromText } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { atoms, hashText } from "../api/answers.ts";
import { walletFromText } from "../api/owner-request.ts";
import { errorAnswers, keyText } from "../service/api-schemas.ts";
import { type HttpApp, type HttpReply, sendError } from "../service/http.ts";
import type { ChainClaim, ChainEpochs, ChainProposal, ChainRouter } from "./chain-view.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import { isLingering, waitsFor } from "./proposal-standing.ts";

const tags = ["chain"];
const MAX_EPOCHS = 50;
const DEFAULT_EPOCHS = 10;
/** A client may keep an answer as long as this server does, s. */
const MAX_AGE_S = 3;
/** Name of the question for all proposals (kept-answers.ts). */
export const PROPOSALS = "proposals";
/** When to ask again while no endpoint answers, ms. */
const RETRY_MS = 5000;

const credits = Type.String({ pattern: "^[0-9]+$", description: "Data credits" });
const unixMs = (description: string) => Type.Integer({ description: `${description}, ms since the Unix epoch` });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const epochsSchema = Type.Object({
  nowMs: unixMs("The oracle's time"),
  nextEpoch: Type.Integer({ description: "The next epoch to be issued" }),
  nextFinal: Type.Integer({ description: "The next epoch whose root is to become final" }),
  oracles: Type.Array(Type.String(), { description: "In office, base58" }),
  threshold: Type.Integer({ description: "The same votes that approve a root" }),
  epochs: Type.Array(
    Type.Object({
      epoch: Type.Integer(),
      issuedAtoms: atoms,
      isFinal: Type.Boolean(),
      rootHash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Final or approved; zero before" }),
      rootTotalAtoms: atoms,
      votes: Type.Array(
        Type.Object({
          oracle: orNull(Type.String(), "Base58; null where it is no longer in office"),
          digest: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of what was voted for" }),
          rootHash: orNull(hashText, "Null where this oracle does not know what the digest stands for"),
          totalAtoms: orNull(atoms, "The same"),
        }),
      ),
      vetoEndsMs: orNull(
        unixMs("When the approved root can become final"),
        "Null before it is approved, and when it is final",
      ),
    }),
    { description: "Ascending" },
  ),
});
const proposalsSchema = Type.Object({
  proposals: Type.Array(
    Type.Object({
      number: Type.Integer(),
      state: Type.String({ description: "voting, passed, defeated, queued, executed or cancelled" }),
      yesAtoms: atoms,
      noAtoms: atoms,
      abstainAtoms: atoms,
      quorumAtoms: Type.String({ description: "Weight that has to take part, base units" }),
      passBps: Type.Integer({ description: "Part of the weight for and against that has to be for, 1e-4" }),
      endMs: unixMs("End of the vote"),
      etaMs: unixMs("When it can be executed; 0 before it is queued"),
      executeByMs: unixMs("When it can no longer be executed; 0 before it is queued"),
      waitsFor: orNull(
        Type.String(),
        "votes, count (its vote is over), queue (it passed), delay or execution; null where nothing can come of it",
      ),
      isLingering: Type.Boolean({
        description:
          "It waits to be counted or queued for longer than a queued one can be executed. Anybody may do either at any time, so it can still come " +
          "into force; only who proposed it can take it back",
      }),
    }),
    { description: "The latest first" },
  ),
});
const routerSchema = Type.Object({
  isOpen: Type.Boolean({ description: "False for a key that no wallet has opened an account for" }),
  balanceCredits: credits,
  fundedCredits: credits,
  burntCredits: credits,
});
const walletSchema = Type.Object({
  wallet: Type.String(),
  claimedAtoms: Type.String({ description: "Paid since the network began, base units" }),
  lastEpoch: orNull(Type.Integer(), "Epoch of the root it was last paid by"),
  finalEpoch: orNull(Type.Integer(), "The last epoch whose root is final; null before the first"),
  earnedAtoms: orNull(atoms, "Earned up to that epoch; null where it is not closed here"),
  claimableAtoms: orNull(atoms, "The difference: what a claim would pay now"),
});

const NO_ACCOUNT: ChainRouter = { balanceCredits: 0n, fundedCredits: 0n, burntCredits: 0n };

export interface ChainRoutesOptions {
  readonly kept: KeptAnswers;
  readonly epochs: (to: number | undefined, count: number) => Promise<ChainEpochs>;
  readonly proposals: () => Promise<readonly ChainProposal[]>;
  readonly router: (routeKey: Uint8Array) => Promise<ChainRouter | undefined>;
  readonly claim: (wallet: Uint8Array) => Promise<ChainClaim>;
  /** What a wallet earned up to an epoch; undefined where the epoch is not closed here. */
  readonly earned: (wallet: Uint8Array, epoch: number) => Promise<bigint | undefined>;
  readonly nowMs: () => number;
}

export function chainRoutes(app: HttpApp, options: ChainRoutesOptions): void {
  const { kept, nowMs } = options;
  app.get(
    "/v1/chain/epochs",
    {
      schema: {
        tags,
        summary: "Issued epochs with the votes on their roots.",
        querystring: Type.Object({
          to: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "The last one; the latest" }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_EPOCHS, description: `${DEFAULT_EPOCHS}` })),
        }),
        response: { 200: epochsSchema, ...errorAnswers("bad_request", "chain_unavailable") },
      },
    },
    async (request, reply) => {
      const { to, limit = DEFAULT_EPOCHS } = request.query;
      const found = await kept.of(`epochs ${to} ${limit}`, () => options.epochs(to, limit));
      return found === undefined ? away(reply) : fresh(reply, epochsOf(found.value, nowMs()));
    },
  );
  app.get(
    "/v1/chain/proposals",
    {
      schema: {
        tags,
        summary: "Proposals as the chain has them: votes, quorum, delays.",
        response: { 200: proposalsSchema, ...errorAnswers("chain_unavailable") },
      },
    },
    async (_request, reply) => {
      const found = await kept.of(PROPOSALS, options.proposals);
      if (found === undefined) return away(reply);
      const proposals = found.value.map(({ yesAtoms, noAtoms, abstainAtoms, quorumAtoms, ...one }) => ({
        ...one,
        waitsFor: waitsFor(one, nowMs()),
        isLingering: isLingering(one, nowMs()),
        yesAtoms: yesAtoms.toString(),
        noAtoms: noAtoms.toString(),
        abstainAtoms: abstainAtoms.toString(),
        quorumAtoms: quorumAtoms.toString(),
      }));
      return fresh(reply, { proposals });
    },
  );
  app.get(
    "/v1/chain/routers/:routeKey",
    {
      schema: {
        tags,
        summary: "What a route has left to pay with, what was put in, and what was burnt.",
        params: Type.Object({ routeKey: keyText }),
        response: { 200: routerSchema, ...errorAnswers("bad_request", "chain_unavailable") },
      },
    },
    async (request, reply) => {
      const { routeKey } = request.params;
      const key = routeKeyOf(routeKey);
      if (key === undefined) return sendError(reply, "bad_request", "the text form of a key", routeKey);
      const found = await kept.of(`router ${routeKey}`, () => options.router(key));
      if (found === undefined) return away(reply);
      const { balanceCredits, fundedCredits, burntCredits } = found.value ?? NO_ACCOUNT;
      return fresh(reply, {
        isOpen: found.value !== undefined,
        balanceCredits: balanceCredits.toString(),
        fundedCredits: fundedCredits.toString(),
        burntCredits: burntCredits.toString(),
      });
    },
  );
  app.get(
    "/v1/chain/wallets/:wallet",
    {
      schema: {
        tags,
        summary: "What a wallet has claimed, and what it could claim now.",
        params: Type.Object({ wallet: Type.String({ maxLength: 44 }) }),
        response: { 200: walletSchema, ...errorAnswers("bad_request", "chain_unavailable") },
      },
    },
    async (request, reply) => {
      const wallet = walletFromText(request.params.wallet);
      if (wallet === undefined) return sendError(reply, "bad_request", "a wallet, base58", request.params.wallet);
      const found = await kept.of(`wallet ${base58Text(wallet)}`, () => options.claim(wallet));
      if (found === undefined) return away(reply);
      const { claimedAtoms, lastEpoch, finalEpoch } = found.value;
      const earned = finalEpoch === null ? undefined : await options.earned(wallet, finalEpoch);
      return fresh(reply, {
        wallet: base58Text(wallet),
        claimedAtoms: claimedAtoms.toString(),
        lastEpoch,
        finalEpoch,
        earnedAtoms: earned?.toString() ?? null,
        claimableAtoms: earned === undefined ? null : (earned < claimedAtoms ? 0n : earned - claimedAtoms).toString(),
      });
    },
  );
}

function epochsOf({ epochs, oracles, ...rest }: ChainEpochs, nowMs: number): Static<typeof epochsSchema> {
  return {
    nowMs,
    ...rest,
    oracles: [...oracles],
    epochs: epochs.map(({ epoch, issuedAtoms, isFinal, root, votes, vetoEndsMs }) => ({
      epoch,
      issuedAtoms: issuedAtoms.toString(),
      isFinal,
      rootHash: root === null ? "0".repeat(64) : Uint8Array.from(root.rootHash).toHex(),
      rootTotalAtoms: (root?.total ?? 0n).toString(),
      votes: votes.map(({ oracle, digest, tuple }) => ({
        oracle,
        digest: digest.toHex(),
        rootHash: tuple === null ? null : Uint8Array.from(tuple.rootHash).toHex(),
        totalAtoms: tuple === null ? null : tuple.total.toString(),
      })),
      vetoEndsMs,
    })),
  };
}

function fresh<T>(reply: HttpReply, answer: T): T {
  reply.header("cache-control", `public, max-age=${MAX_AGE_S}`);
  return answer;
}

function away(reply: HttpReply): HttpReply {
  return sendError(reply, "chain_unavailable", "an endpoint of the chain that answers", "none in time", {
    retryAfterMs: RETRY_MS,
  });
}

function routeKeyOf(text: string): Uint8Array | undefined {
  try {
    return keyFromText(text);
  } catch {
    return undefined;
  }
}
