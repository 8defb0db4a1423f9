/** Billing as a part of the service: bills, burns and contests while it runs; invoices to payers and contests to everybody. */
import type { VerifyKey } from "@earshot/poc/protocol";
import { type PayerAccess, payerAlone } from "../api/payer-access.ts";
import type { EpochArchive } from "../pipeline/epoch-archive.ts";
import type { Store } from "../ports/store.ts";
import type { RouteBook } from "../routes/route-book.ts";
import type { SuspendedRoutes } from "../routes/suspended-routes.ts";
import { sleep } from "../service/clock.ts";
import type { HttpApp } from "../service/http.ts";
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { RepeatedFailure } from "../service/repeated-failure.ts";
import { Biller, CONTEST_LIMIT_UNITS, RESERVE_E4 } from "./biller.ts";
import type { BurnChain } from "./burns.ts";
import { contestRoutes } from "./contest-routes.ts";
import { invoiceRoutes } from "./invoice-routes.ts";
import { StoredJournal } from "./stored-journal.ts";

export interface BillingPartOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly book: Pick<RouteBook, "routes">;
  readonly suspended: SuspendedRoutes;
  readonly firstEpoch: number;
  /** Keys of the ingests whose appeals are read, 33 bytes each: this one's and its peers'; this one's alone. */
  readonly ingestKeys?: readonly Uint8Array[];
  /** Key that outcomes of appeals are signed with; without it there are none. */
  readonly governanceKey?: VerifyKey | undefined;
  /** What payers own (settlement/burn-chain.ts RouterView); undefined without a chain. */
  readonly routers: Pick<BurnChain, "routers"> | undefined;
  /** Only where this oracle holds the network's burn authority (RouterBurns). */
  readonly burner: BurnChain | undefined;
  /** Names this process among others of the network's. */
  readonly holder: string;
  /** How often it is looked what is due, ms. */
  readonly everyMs: number;
  /** Who may see invoices; their payer alone without it. */
  readonly access?: PayerAccess;
}

export function billingPart(
  {
    rules,
    signer,
    clock,
    networkClock,
    log,
    telemetry,
  }: Pick<ServiceContext, "rules" | "signer" | "clock" | "networkClock" | "log" | "telemetry">,
  options: BillingPartOptions,
): ServicePart {
  const { store, book, everyMs } = options;
  const journal = new StoredJournal(store);
  const own = log.for("billing");
  const counts = { bills: 0, burns: 0, dataCredits: 0, refused: 0, owed: 0 };
  const failure = new RepeatedFailure();
  const biller = new Biller({
    ...options,
    ingestKeys: options.ingestKeys ?? [signer.publicKey],
    governanceKey: options.governanceKey,
    journal,
    network: rules.network,
    routes: () =>
      book.routes.map(({ route: { routeId, payer, contestsSettledThrough } }) => ({
        routeId,
        payer,
        contestsSettledThrough,
      })),
    contestLimitUnits: CONTEST_LIMIT_UNITS,
    reserveE4: RESERVE_E4,
    onEvent(event) {
      if (event.kind === "billed") {
        counts.bills += event.bills;
        own.info("billed an epoch", { epoch: event.epoch, bills: event.bills, dataCredits: String(event.dataCredits) });
      } else if (event.kind === "contested") {
        own.info("judged what was not paid", { epoch: event.epoch, routes: event.routes, refuted: event.refuted });
      } else {
        const { burns, dataCredits, arrears, refused, unexplained } = event.round;
        counts.burns += burns;
        counts.dataCredits += Number(dataCredits);
        counts.owed = Number([...arrears.values()].reduce((sum, owed) => sum + owed, 0n));
        own.info("burnt data credits", { burns, dataCredits: String(dataCredits), payersInArrears: arrears.size });
        for (const { burn, why } of refused)
          own.complain(`burn ${burn.router}`, "a burn is refused and will be asked for again", {
            router: burn.router,
            epoch: burn.epoch,
            why,
          });
        for (const router of unexplained)
          own.complain(
            `router ${router}`,
            "a router has burns that the endpoint no longer tells: nothing is burnt from it",
            {
              router,
            },
          );
        counts.refused = refused.length;
      }
    },
  });
  telemetry.gauge("oracle_billing_bills", "Bills made since the start.", () => counts.bills);
  telemetry.gauge("oracle_billing_burns", "Burns done since the start.", () => counts.burns);
  telemetry.gauge("oracle_billing_burnt_data_credits", "Data credits burnt since the start.", () => counts.dataCredits);
  telemetry.gauge("oracle_billing_owed_data_credits", "Billed data credits that no escrow covers.", () => counts.owed);
  telemetry.gauge("oracle_billing_refused_burns", "Burns refused at the last round.", () => counts.refused);
  return {
    name: "billing",
    routes(app: HttpApp) {
      invoiceRoutes(app, { journal, access: options.access ?? payerAlone(() => networkClock.nowMs()) });
      contestRoutes(app, store, CONTEST_LIMIT_UNITS);
    },
    async run(stop) {
      while (!stop.aborted) {
        try {
          await biller.step();
          failure.succeeded();
        } catch (error) {
          failure.failed(error);
          own.complain("step", "billing cannot go on and will try again", { error: String(error) });
        }
        await sleep(clock, everyMs, stop);
      }
    },
    fault: () => failure.fault,
  };
}
