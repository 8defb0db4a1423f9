/** The chain as a part of the service: what it says, for pages and whoever else reads the API. Needs no key. */
import { type Columns, ledgerOutTable } from "@earshot/poc";
import { Programs } from "@earshot/programs-client";
import { KeptEpochs } from "../api/kept-epochs.ts";
import { rpcConnection } from "../chain/rpc-connection.ts";
import { durationMs } from "../config/values.ts";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import { EpochArchive } from "../pipeline/epoch-archive.ts";
import { closedEpoch } from "../pipeline/work-table.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import type { OracleContext, ServicePart } from "../service/part.ts";
import { chainRoutes } from "./chain-routes.ts";
import { ChainView } from "./chain-view.ts";
import { InTurn } from "./in-turn.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { addressesOf, MAX_ANSWER_BYTES } from "./network-addresses.ts";
import { tupleOf } from "./settler.ts";

const WALLET_BYTES = 32;
/** Who asks for claims asks for the last final epoch; while the next becomes final some ask for both. */
const LEDGERS_IN_MEMORY = 2;
/** See kept-answers.ts. A page waits less than a person does; a chain that is away for a minute is said to be. */
const KEPT = { freshMs: 3000, usableMs: 60_000, waitMs: 4000, pauseMs: 2000, mostAsked: 32, mostKept: 2000 } as const;

export function chainPart(
  {
    config,
    store,
    artefacts,
    networkClock,
    clock,
  }: Pick<OracleContext, "config" | "store" | "artefacts" | "networkClock" | "clock">,
  network: Pick<NetworkAccount, "tokenMint" | "dcMint">,
): ServicePart {
  const addresses = addressesOf(network);
  const timeoutMs = durationMs(config.chain.timeout);
  const views = new InTurn(
    config.chain.rpc.map((url) => {
      const connection = rpcConnection({ url, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES });
      return new ChainView({ connection, programs: new Programs(connection) }, addresses);
    }),
  );
  const archive = new EpochArchive(artefacts);
  const ledgers = new KeptEpochs(LEDGERS_IN_MEMORY, (epoch) => archive.table(epoch, ledgerOutTable));
  const ownTuple = async (epoch: number) => {
    const closed = await closedEpoch(store, epoch);
    return closed && tupleOf(closed);
  };
  return {
    name: "chain",
    routes: (app) =>
      chainRoutes(app, {
        kept: new KeptAnswers({ clock, ...KEPT }),
        epochs: (to, count) => views.ask((view) => view.epochs(to, count, ownTuple)),
        proposals: () => views.ask((view) => view.proposals()),
        router: (routeKey) => views.ask((view) => view.router(routeKey)),
        claim: (wallet) => views.ask((view) => view.claim(wallet)),
        earned: async (wallet, epoch) => {
          if ((await closedEpoch(store, epoch)) === undefined) return undefined;
          const ledger = await ledgers.of(epoch);
          return ledger && earnedBy(ledger, wallet);
        },
        nowMs: () => networkClock.nowMs(),
      }),
  };
}

/** What a wallet earned since the network began; nothing for one that is not in the ledger. */
function earnedBy({ beneficiary, cumulative_atoms }: Columns<typeof ledgerOutTable>, wallet: Uint8Array): bigint {
  const at = (row: number) => beneficiary.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES);
  const row = lowerBound(cumulative_atoms.length, (one) => Buffer.compare(at(one), wallet) < 0);
  return row < cumulative_atoms.length && Buffer.compare(at(row), wallet) === 0 ? cumulative_atoms[row]! : 0n;
}
