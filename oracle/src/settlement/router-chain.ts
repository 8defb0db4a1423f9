/** Routers and burns as enough endpoints have them. */
import { Programs } from "@earshot/programs-client";
import type { BurnChain } from "../billing/burns.ts";
import { keypairOf } from "../chain/keypair-file.ts";
import { durationMs } from "../config/values.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import type { OracleContext } from "../service/part.ts";
import { RouterBurns, RouterView } from "./burn-chain.ts";
import { addressesOf } from "./network-addresses.ts";
import { networkConnection } from "./network-connection.ts";

export interface RouterChain {
  readonly routers: Pick<BurnChain, "routers">;
  /** Undefined without the burn authority's key. */
  readonly burner: BurnChain | undefined;
}

/** Throws ORC_BAD_KEY. */
export function routerChain(
  context: Pick<OracleContext, "config" | "log" | "telemetry">,
  network: NetworkAccount,
): RouterChain {
  const { billing, settlement } = context.config;
  const addresses = addressesOf(network);
  const connection = networkConnection(context);
  const reader = { connection, programs: new Programs(connection) };
  if (billing.key_file === "") return { routers: new RouterView(reader, addresses), burner: undefined };
  const payer = keypairOf(billing.key_file, "billing.key_file");
  const burner = new RouterBurns({ ...reader, payer, slotMs: durationMs(settlement.slot) }, addresses);
  return { routers: burner, burner };
}
