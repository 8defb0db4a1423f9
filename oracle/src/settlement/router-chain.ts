/** Routers and burns at whichever endpoint answers: one that fails is left for the next. */
import { Programs } from "@earshot/programs-client";
import type { Burn, BurnAnswer, BurnChain, RouterAccount } from "../billing/burns.ts";
import { keypairOf } from "../chain/keypair-file.ts";
import { rpcConnection } from "../chain/rpc-connection.ts";
import type { WrittenConfig } from "../config/schema.ts";
import { durationMs } from "../config/values.ts";
import type { NetworkAccount } from "../registry/network-account.ts";
import { RouterBurns, RouterView } from "./burn-chain.ts";
import { InTurn } from "./in-turn.ts";
import { addressesOf, MAX_ANSWER_BYTES } from "./network-addresses.ts";

export interface RouterChain {
  readonly routers: Pick<BurnChain, "routers">;
  /** Undefined without the burn authority's key. */
  readonly burner: BurnChain | undefined;
}

/** Throws ORC_BAD_KEY. */
export function routerChain({ chain, billing, settlement }: WrittenConfig, network: NetworkAccount): RouterChain {
  const addresses = addressesOf(network);
  const readers = chain.rpc.map((url) => {
    const connection = rpcConnection({ url, timeoutMs: durationMs(chain.timeout), maxAnswerBytes: MAX_ANSWER_BYTES });
    return { connection, programs: new Programs(connection) };
  });
  if (billing.key_file === "") {
    const views = new InTurn(readers.map((reader) => new RouterView(reader, addresses)));
    return { routers: { routers: () => views.ask((view) => view.routers()) }, burner: undefined };
  }
  const payer = keypairOf(billing.key_file, "billing.key_file");
  const slotMs = durationMs(settlement.slot);
  const chains = new InTurn(readers.map((reader) => new RouterBurns({ ...reader, payer, slotMs }, addresses)));
  const burner: BurnChain = {
    routers: (): Promise<readonly RouterAccount[]> => chains.ask((one) => one.routers()),
    burn: (burns: readonly Burn[]): Promise<readonly BurnAnswer[]> => chains.ask((one) => one.burn(burns)),
  };
  return { routers: burner, burner };
}
