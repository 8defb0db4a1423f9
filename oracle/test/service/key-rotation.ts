/**
 * Keys of an oracle are changed as docs/guides/operator.md has it: by another oracle, with an ingest key and a wallet of its own, that takes over
 * the last final epoch, is named as a peer, and comes into office in place of the old one. The network goes on all the while; when the
 * old log has no more to say the old oracle ends, and is taken out of the peers.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { keyToText } from "@earshot/poc/protocol";
import { expect } from "vitest";
import { ingestSigner } from "../../src/service/ingest-key.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { freePorts } from "../servers/server-process.ts";
import { ServiceProcess } from "../servers/service-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { until } from "./until.ts";

const folders = new TemporaryFolders("key-rotation");
const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
const EPOCH_S = 24;
const PATIENCE_MS = 20 * EPOCH_S * 1000;

interface Place {
  readonly folder: string;
  readonly url: string;
  /** Text form of its ingest key. */
  readonly key: string;
}

interface Play {
  readonly chain: LocalRegistry;
  readonly running: Set<ServiceProcess>;
}

function settings({ chain }: Play, { folder }: Place, peers: readonly Place[]): string[] {
  return [
    `chain.rpc=["${chain.url}"]`,
    `network.account=${chain.account}`,
    `settlement.key_file=${join(folder, "oracle.json")}`,
    "settlement.interval=500 ms",
    "settlement.slot=40 ms",
    `peers.ingests=${JSON.stringify(peers.map(({ key, url }) => `${key}@${url}`))}`,
  ];
}

async function start(play: Play, place: Place, peers: readonly Place[]): Promise<ServiceProcess> {
  const oracle = new ServiceProcess(place.folder, settings(play, place, peers), place.url);
  await oracle.start();
  play.running.add(oracle);
  return oracle;
}

async function stop({ running }: Play, oracle: ServiceProcess): Promise<void> {
  await oracle.stop();
  running.delete(oracle);
}

/** Waits until an oracle has made an epoch from this one on final; its number. */
function final({ running }: Play, oracle: ServiceProcess, epoch: number): Promise<number> {
  return until(
    async () => {
      const last = await oracle.metric("oracle_epoch_final");
      return last >= epoch ? last : undefined;
    },
    PATIENCE_MS,
    () => `epoch ${epoch} is not final:\n${[...running].map(({ log }) => log.slice(-4000)).join("\n\n")}`,
  );
}

/** An oracle is followed by another one with keys of its own, and no epoch is missed. */
export async function followOracle(): Promise<void> {
  const chain = await LocalRegistry.start(EPOCH_S, { oracles: 1, vetoSeconds: 1 });
  const running = new Set<ServiceProcess>();
  try {
    await playRotation({ chain, running });
  } finally {
    for (const one of running) await one.stop();
    await chain.stop();
  }
}

async function playRotation(play: Play): Promise<void> {
  const { chain } = play;
  const ports = await freePorts(2);
  const [old, fresh] = ports.map((port, at): Place => {
    const folder = folders.next();
    mkdirSync(folder, { recursive: true });
    chain.writeOracleKey(join(folder, "oracle.json"), at);
    const { publicKey } = ingestSigner(join(folder, "ingest.key"), true);
    return { folder, url: `http://127.0.0.1:${port}`, key: keyToText(publicKey) };
  }) as [Place, Place];
  let first = await start(play, old, []);
  const known = await final(play, first, chain.firstEpoch);

  // 1. The second one takes over what is final, and each names the other.
  const flags = [`data.folder=${fresh.folder}`, ...settings(play, fresh, [old])].flatMap((one) => ["--set", one]);
  const take = Bun.spawn([process.execPath, main, "take-over", "--url", old.url, "--epoch", String(known), ...flags], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  expect(await new Response(take.stdout).text()).toContain(`epoch ${known} is taken over`);
  expect(await take.exited).toBe(0);
  let second = await start(play, fresh, [old]);
  await stop(play, first);
  first = await start(play, old, [fresh]);

  // 2. Its wallet comes into office.
  await chain.rotateOracles(1);
  const rotated = Math.floor(Date.now() / 1000 / EPOCH_S);
  await final(play, second, rotated);
  expect(await second.metric("oracle_votes_total")).toBeGreaterThan(0);

  // 4. The old one ends. What it logged is final; epochs wait for its log until it is taken out of the peers.
  await stop(play, first);
  await until(
    async () => (JSON.stringify(await second.get("/readyz")).includes("log_incomplete") ? true : undefined),
    PATIENCE_MS,
    () => second.log.slice(-4000),
  );
  await stop(play, second);
  second = await start(play, fresh, []);
  await final(play, second, Math.floor(Date.now() / 1000 / EPOCH_S));
  const { epochs } = (await second.get("/v1/epochs")) as { epochs: number[] };
  expect(epochs).toEqual(Array.from({ length: epochs.length }, (_, at) => known + at));
}
