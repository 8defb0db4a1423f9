/** The chain as a part of the service: what it says, for pages and whoever else reads the API. Needs no key. */
import { type Columns, ledgerOutTable } from "@earshot/poc";
import { Programs } from "@earshot/programs-client";
import { KeptEpochs } from "../api/kept-epochs.ts";
import { lowerBound } from "../epoch-folder/lower-bound.ts";
import { EpochArchive } from "../pipeline/epoch-archive.ts";
import { closedEpoch } from "../pipeline/work-table.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { sleep } from "../service/clock.ts";
import type { OracleContext, ServicePart } from "../service/part.ts";
import { chainRoutes, PROPOSALS } from "./chain-routes.ts";
import { ChainView } from "./chain-view.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { addressesOf } from "./network-addresses.ts";
import { networkConnection } from "./network-connection.ts";
import { isLingering } from "./proposal-standing.ts";
import { tupleOf } from "./settler.ts";

const WALLET_BYTES = 32;
/** Who asks for claims asks for the last final epoch; while the next becomes final some ask for both. */
const LEDGERS_IN_MEMORY = 2;
/** See kept-answers.ts. A page waits less than a person does; a chain that is away for a minute is said to be. */
const KEPT = { freshMs: 3000, usableMs: 60_000, waitMs: 4000, pauseMs: 2000, mostAsked: 32, mostKept: 2000 } as const;
/** How often proposals are looked at, ms: they linger for weeks. */
const LOOK_MS = 600_000;

export function chainPart(
  context: Pick<OracleContext, "config" | "store" | "artefacts" | "networkClock" | "clock" | "log" | "telemetry">,
  network: Pick<NetworkAccount, "tokenMint" | "dcMint">,
): ServicePart {
  const { store, artefacts, networkClock, clock, telemetry } = context;
  const log = context.log.for("chain");
  const addresses = addressesOf(network);
  const connection = networkConnection(context);
  const view = new ChainView({ connection, programs: new Programs(connection) }, addresses);
  const archive = new EpochArchive(artefacts);
  const ledgers = new KeptEpochs(LEDGERS_IN_MEMORY, (epoch) => archive.table(epoch, ledgerOutTable));
  const ownTuple = async (epoch: number) => {
    const closed = await closedEpoch(store, epoch);
    return closed && tupleOf(closed);
  };
  const kept = new KeptAnswers({ clock, ...KEPT });
  const proposals = () => view.proposals();
  let lingering: readonly number[] | undefined;
  telemetry.gauge(
    "oracle_proposals_lingering",
    "Proposals whose vote is long over and that nobody has counted or queued: anybody may still, and have them executed.",
    () => lingering?.length,
  );
  const lookForLingering = async () => {
    // An endpoint that is away is said elsewhere; what was known before stands.
    const found = await kept.of(PROPOSALS, proposals);
    if (found === undefined) return;
    const nowMs = networkClock.nowMs();
    lingering = found.value.filter((one) => isLingering(one, nowMs)).map(({ number }) => number);
    if (lingering.length === 0) return;
    log.complain(
      "lingering",
      "proposals whose vote is long over can still be counted, queued and executed by anybody",
      {
        proposals: lingering.join(" "),
      },
    );
  };
  return {
    name: "chain",
    async run(stop) {
      while (!stop.aborted) {
        await lookForLingering();
        await sleep(clock, LOOK_MS, stop);
      }
    },
    routes: (app) =>
      chainRoutes(app, {
        kept,
        epochs: (to, count) => view.epochs(to, count, ownTuple),
        proposals,
        router: (routeKey) => view.router(routeKey),
        claim: (wallet) => view.claim(wallet),
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
