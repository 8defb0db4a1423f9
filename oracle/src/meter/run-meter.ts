/** The process of a payer's meter: finds out which gateways are hotspots, and meters until it is told to stop. */
import { join } from "node:path";
import type { DeviceSigner } from "@earshot/poc/protocol";
import { addressBytes } from "../chain/address.ts";
import { RpcAccounts } from "../chain/rpc-accounts.ts";
import { majority } from "../challenges/entropy-quorum.ts";
import { DISSENT } from "../registry/agreement.ts";
import { RegistryBook } from "../registry/registry-book.ts";
import { RegistryWatch } from "../registry/registry-watch.ts";
import type { Clock } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import type { BrokerOptions } from "./broker-feed.ts";
import type { Ingest } from "./confirmation-sender.ts";
import { GatewayKeys } from "./gateway-keys.ts";
import { Meter, type MeterStatus } from "./meter.ts";

export interface RunMeterOptions {
  readonly broker: Omit<BrokerOptions, "log" | "clientId">;
  readonly ingests: readonly Ingest[];
  /** The route key. */
  readonly signer: DeviceSigner;
  readonly folder: string;
  readonly maxCopies: number;
  /** Solana endpoints. */
  readonly rpc: readonly string[];
  /** Address of the network's account, base58. */
  readonly network: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told now and then, and at the end. */
  readonly onStatus: (status: MeterStatus, waiting: number) => void;
}

const RESYNC_MS = 600_000;
const RPC_TIMEOUT_MS = 120_000;
const FLUSH_MS = 10_000;
const STATUS_MS = 60_000;

/** Runs until `stop`. Throws ORC_BAD_CONFIG, and what opening the meter's files throws. */
export async function runMeter(options: RunMeterOptions, stop: AbortSignal): Promise<void> {
  const { broker, ingests, signer, folder, maxCopies, rpc, network, clock, log, onStatus } = options;
  const book = new RegistryBook();
  const own = log.for("chain");
  const onDissent = (endpoint: string, what: string) =>
    own.complain(`dissent ${endpoint}`, DISSENT, { endpoint, what });
  const watch = new RegistryWatch({
    sources: rpc.map((url) => new RpcAccounts({ url, timeoutMs: RPC_TIMEOUT_MS })),
    network: addressBytes(network, "network"),
    quorum: { count: majority(rpc.length), onDissent },
    book,
    file: join(folder, "registry.cache"),
    resyncMs: RESYNC_MS,
    clock,
    log: log.for("registry"),
  });
  watch.loadCache();
  const watching = watch.run(stop);
  const aborted = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const account = await Promise.race([watch.network, aborted]);
  if (account !== undefined) {
    const keys = new GatewayKeys(book, () => clock.steadyMs());
    const meter = new Meter({
      broker: { ...broker, clientId: `earshot-meter-${signer.publicKey.toHex().slice(2, 14)}` },
      ingests,
      network: account.wireId,
      signer,
      stateFolder: join(folder, "confirmations"),
      maxCopies: () => maxCopies,
      hotspotKey: (gatewayId) => keys.of(gatewayId),
      log: log.for("meter"),
      steadyMs: () => clock.steadyMs(),
      flushMs: FLUSH_MS,
    });
    const telling = setInterval(() => onStatus(meter.status, meter.waiting), STATUS_MS);
    try {
      await meter.run(stop);
    } finally {
      clearInterval(telling);
      onStatus(meter.status, meter.waiting);
    }
  }
  await watching;
}
