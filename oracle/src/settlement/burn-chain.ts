/** Routers and their burns on chain, as billing sees them (billing/burns.ts): the door to the data_credits program. */
import { base58Bytes, keyToTextUnchecked } from "@earshot/poc/protocol";
import { escrowOf, type NetworkAddresses, type Sender, Settlement } from "@earshot/programs-client";
import type { Burn, BurnAnswer, BurnChain, BurnOnChain, RouterAccount } from "../billing/burns.ts";
import { publicKeyOf } from "../chain/address.ts";
import { rpcCall } from "../chain/rpc-connection.ts";
import { oracleError } from "../errors.ts";

/** Most accounts an endpoint gives in one answer. */
const MAX_ACCOUNTS = 100;
/** `amount` of a token account, u64 little-endian. */
const TOKEN_AMOUNT_OFFSET = 64;
/** `dc_config` is the first field of a router. */
const ROUTER_CONFIG_OFFSET = 0;

/** Routers as anybody reads them. */
export class RouterView {
  protected readonly network: NetworkAddresses;
  protected readonly reader: Pick<Sender, "connection" | "programs">;
  /** Route keys by router, as they were last read: the program names a router by its key. */
  protected readonly routeKeys = new Map<string, Uint8Array>();

  constructor(reader: Pick<Sender, "connection" | "programs">, network: NetworkAddresses) {
    this.reader = reader;
    this.network = network;
  }

  /** All routers of the network, by address. Throws PRG_NO_CHAIN and ORC_RPC_FAILED, both retryable. */
  async routers(): Promise<readonly RouterAccount[]> {
    const found = await this.reader.programs.accounts("dataCredits", "router", [
      { offset: ROUTER_CONFIG_OFFSET, bytes: this.network.dcConfig },
    ]);
    const escrows = await this.#escrows(found.map(({ address }) => escrowOf(address)));
    return found
      .map(({ address, account }, at) => {
        const text = address.toBase58();
        const key = Uint8Array.from(account.key);
        this.routeKeys.set(text, key);
        return {
          address: text,
          payer: account.authority.toBase58(),
          routeKey: keyToTextUnchecked(key),
          escrow: escrows[at]!,
          lastNonce: account.lastNonce,
        };
      })
      .sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  async #escrows(addresses: readonly ReturnType<typeof escrowOf>[]): Promise<readonly bigint[]> {
    const { connection } = this.reader;
    const amounts: bigint[] = [];
    for (let at = 0; at < addresses.length; at += MAX_ACCOUNTS) {
      const part = addresses.slice(at, at + MAX_ACCOUNTS);
      const infos = await rpcCall("escrows", "getMultipleAccounts", () =>
        connection.getMultipleAccountsInfo(part, "confirmed"),
      );
      for (const info of infos) amounts.push(tokenAmount(info?.data));
    }
    return amounts;
  }
}

/** What a token account holds, base units; nothing where there is none. */
export function tokenAmount(data: Buffer | undefined): bigint {
  return data !== undefined && data.length >= TOKEN_AMOUNT_OFFSET + 8 ? data.readBigUInt64LE(TOKEN_AMOUNT_OFFSET) : 0n;
}

/** The same, and burning from them. */
export class RouterBurns extends RouterView implements BurnChain {
  readonly #settlement: Settlement;

  /** The sender's payer is the network's burn authority. */
  constructor(sender: Sender, network: NetworkAddresses) {
    super(sender, network);
    this.#settlement = new Settlement(sender, network);
  }

  async burnsAfter(router: string, nonce: bigint): Promise<readonly BurnOnChain[]> {
    const burns = await burnsOfRouter(this.reader, publicKeyOf(router, "router"), nonce);
    return burns.map(({ nonce, epoch, amount, reportHash, signature }) => ({
      ...{ nonce, epoch: Number(epoch), dataCredits: amount, billHash: reportHash, signature },
    }));
  }

  async burn(burns: readonly Burn[]): Promise<readonly BurnAnswer[]> {
    if (burns.some(({ router }) => !this.routeKeys.has(router))) await this.routers();
    const bills = burns.map(({ router, nonce, epoch, dataCredits, billHash }) => {
      const routeKey = this.routeKeys.get(router);
      if (routeKey === undefined) throw oracleError("ORC_WRONG_NETWORK", `${router}: no router of this network`);
      return { routeKey, nonce, epoch: BigInt(epoch), amount: dataCredits, reportHash: billHash };
    });
    const acts = await this.#settlement.burn(bills);
    return acts.map((act) => (act.state === "refused" ? { state: "refused", why: act.error.message } : act));
  }
}

/** A burn as the program told of it. */
export interface ChainBurn {
  readonly router: string;
  readonly nonce: bigint;
  readonly epoch: bigint;
  readonly amount: bigint;
  readonly reportHash: Uint8Array;
  readonly signature: string;
}

/** Signatures of one answer. */
const MAX_SIGNATURES = 1000;

/**
 * Every burn from every router of the network, from the events of its transactions: what invoices are held against. As far back as
 * the endpoint keeps transactions. Throws PRG_NO_CHAIN, ORC_RPC_FAILED.
 */
export async function burnsOnChain(
  reader: Pick<Sender, "connection" | "programs">,
  network: NetworkAddresses,
): Promise<readonly ChainBurn[]> {
  const routers = await reader.programs.accounts("dataCredits", "router", [
    { offset: ROUTER_CONFIG_OFFSET, bytes: network.dcConfig },
  ]);
  const burns: ChainBurn[] = [];
  for (const { address } of routers) burns.push(...(await burnsOfRouter(reader, address, 0n)));
  return burns;
}

/** Burns of a router after a number, the latest first. */
async function burnsOfRouter(
  reader: Pick<Sender, "connection" | "programs">,
  address: ReturnType<typeof escrowOf>,
  after: bigint,
): Promise<readonly ChainBurn[]> {
  const router = address.toBase58();
  const burns = new Map<bigint, ChainBurn>();
  for (let before: string | undefined; ; ) {
    const page = await rpcCall("burns", "getSignaturesForAddress", () =>
      reader.connection.getSignaturesForAddress(
        address,
        { limit: MAX_SIGNATURES, ...(before === undefined ? {} : { before }) },
        "confirmed",
      ),
    );
    for (const { signature, err } of page) {
      if (err !== null) continue;
      for (const burn of await burnsIn(reader, signature)) {
        // A transaction may hold burns of other routers.
        if (burn.router === router && burn.nonce > after) burns.set(burn.nonce, burn);
      }
      if (burns.has(after + 1n)) return [...burns.values()];
    }
    before = page.at(-1)?.signature;
    if (page.length < MAX_SIGNATURES) return [...burns.values()];
  }
}

/** Burns that a transaction did, from its events. */
async function burnsIn(
  { connection, programs }: Pick<Sender, "connection" | "programs">,
  signature: string,
): Promise<readonly ChainBurn[]> {
  const found = await rpcCall("burns", "getTransaction", () =>
    connection.getTransaction(signature, { commitment: "confirmed", maxSupportedTransactionVersion: 0 }),
  );
  if (found === null) return [];
  const { transaction, meta } = found;
  const keys = transaction.message.getAccountKeys({ accountKeysFromLookups: meta?.loadedAddresses ?? null });
  const inner = meta?.innerInstructions?.flatMap(({ instructions }) => instructions) ?? [];
  return inner.flatMap(({ programIdIndex, data }) => {
    const programId = keys.get(programIdIndex);
    const bytes = base58Bytes(data);
    const event = programId === undefined || bytes === undefined ? null : programs.eventIn(programId, bytes);
    if (event?.name !== "RouterBurned" && event?.name !== "routerBurned") return [];
    const { router, amount, epoch, nonce, reportHash } = event.fields as unknown as {
      router: { toBase58(): string };
      amount: bigint;
      epoch: bigint;
      nonce: bigint;
      reportHash: Uint8Array;
    };
    return [{ router: router.toBase58(), amount, epoch, nonce, reportHash: Uint8Array.from(reportHash), signature }];
  });
}
