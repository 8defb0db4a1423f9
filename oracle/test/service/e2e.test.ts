/**
 * A hotspot, two oracles and a chain, each a process or server of its own: onboarded, challenged, heard, acknowledged; an oracle killed and
 * back; and the challenges of the time derived again from the chain alone and from what an oracle logged.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { demo } from "@earshot/poc";
import {
  beaconPayload,
  type EntropyRecord,
  findChallenge,
  intervalStart,
  keyToText,
  parseUploadHeader,
  sha256,
  signBeacon,
  signerFromEd25519Seed,
} from "@earshot/poc/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RpcBlocks } from "../../src/chain/rpc-blocks.ts";
import { EntropyFile } from "../../src/challenges/entropy-file.ts";
import { firstBlockAt } from "../../src/challenges/first-block.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import type { LoggedUpload } from "../../src/ports/report-log.ts";
import { ingestSigner } from "../../src/service/ingest-key.ts";
import { Gateway } from "../servers/gateway.ts";
import { LocalRegistry } from "../servers/local-registry.ts";
import { ServiceProcess } from "../servers/service-process.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("e2e");
/** The shortest epoch of `demo`: intervals of 6 s, steps of 1 s. */
const EPOCH_S = 24;
const { time } = demo(EPOCH_S * 1000);
const SEED = new Uint8Array(32).fill(77);

let chain: LocalRegistry;
let oracles: readonly [ServiceProcess, ServiceProcess];
let gateway: Gateway;

beforeAll(async () => {
  chain = await LocalRegistry.start(EPOCH_S);
  const set = [`chain.rpc=["${chain.url}"]`, `network.account=${chain.account}`];
  oracles = [new ServiceProcess(folders.next(), set), new ServiceProcess(folders.next(), set)];
  await Promise.all([chain.onboard(signerFromEd25519Seed(SEED)), ...oracles.map((oracle) => oracle.start())]);
  gateway = await Gateway.start({ folder: folders.next(), seed: SEED, oracles });
}, 180_000);
afterAll(async () => {
  await gateway?.stop();
  await Promise.all((oracles ?? []).map((oracle) => oracle.stop()));
  await chain?.stop();
});

async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (!(await done())) {
    if (performance.now() > endMs)
      throw new Error(`no ${what}:\n${gateway.log.slice(-3000)}\n${oracles[0].log.slice(-2000)}`);
    await Bun.sleep(50);
  }
}

/** Records by minute. */
type Entropies = ReadonlyMap<number, EntropyRecord>;

/** The beacon of somebody else. */
function foreignBeacon(number: number): Uint8Array {
  const challengeId = sha256(new Uint8Array([number]));
  return beaconPayload(challengeId, signBeacon(signerFromEd25519Seed(new Uint8Array(32).fill(9)), challengeId));
}

const uploadsTaken = () => gateway.metric("agent_uploads_total");

async function hear(number: number): Promise<void> {
  const before = await uploadsTaken();
  gateway.hears(foreignBeacon(number));
  await until(async () => (await uploadsTaken()) > before, `upload of report ${number}`);
}

test("a hotspot is challenged, its reports are acknowledged, and an oracle that is killed loses nothing", async () => {
  const device = keyToText(gateway.signer.publicKey);
  await until(() => gateway.transmitted.length > 0, "beacon on the air");
  await until(async () => (await uploadsTaken()) > 0, "upload of the beacon");
  await hear(1);
  const [first, second] = oracles;
  await first.kill();
  await hear(2);
  await hear(3);
  await first.start();
  await second.stop();
  await hear(4);
  await second.start();
  await hear(5);
  const taken = await uploadsTaken();
  expect(await gateway.metric("agent_chain_resumed_total")).toBe(0);
  expect(await gateway.metric("agent_receipts_contradicting_total")).toBe(0);
  // When the windows are closed, anybody may know.
  await until(
    async () => (await first.metric('oracle_uploads_total{outcome="accepted"}')) > 0,
    "uploads in the metrics",
  );
  // Nobody issues for the epochs of this network, so that the pipeline says what it waits for. The others have none, once they keep up again:
  // the entropy of three seconds that is not known is a fault.
  await until(
    async () => Object.keys((await first.get("/readyz")).faults).every((part) => part === "pipeline"),
    "oracle without a fault",
  );
  expect(first.log).not.toContain(device);

  await gateway.stop();
  expect(await first.stop()).toBe(0);
  expect(await second.stop()).toBe(0);
  const logged = new Map<number, string>();
  for (const oracle of oracles) {
    let last = 0;
    for (const { uploadId, bytes } of await uploadsOf(oracle.folder)) {
      const parsed = parseUploadHeader(bytes);
      if (parsed.status === "refused") throw new Error(parsed.code);
      const { sequence } = parsed.header;
      // Each log is a chain without a gap: what the other took came from the agent before anything after it.
      expect(sequence).toBe(last + 1);
      last = sequence;
      expect(logged.get(sequence) ?? uploadId.toHex()).toBe(uploadId.toHex());
      logged.set(sequence, uploadId.toHex());
    }
    expect(existsSync(join(oracle.folder, "forks"))).toBe(false);
  }
  expect(logged.size).toBeGreaterThanOrEqual(taken);

  const reader = new RpcBlocks({ url: chain.url, timeoutMs: 5000 });
  const entropyOf = ({ folder }: ServiceProcess): Entropies => {
    const file = new EntropyFile(join(folder, "entropy.records"), time.entropyMs);
    file.close();
    return new Map(file.takeRecords().map((record) => [record.minute, record]));
  };
  const [one, two] = [entropyOf(first), entropyOf(second)];
  const minutes = [...one.keys()].sort((a, b) => a - b).filter((minute) => two.has(minute));
  const starts = new Set(minutes.map((minute) => intervalStart(minute, time)));
  const whole = [...starts].filter((start) => [0, 1, 2, 3, 4, 5].every((step) => minutes.includes(start + step)));
  expect(whole.length).toBeGreaterThan(0);
  const fromChain = new Map<number, Uint8Array>();
  for (const minute of whole.flatMap((start) => [0, 1, 2, 3, 4, 5].map((step) => start + step))) {
    fromChain.set(minute, (await firstBlockAt(reader, minute * time.entropyMs, undefined))!.blockhash);
  }
  for (const start of whole) {
    const challenge = findChallenge(gateway.signer.publicKey, start, (minute) => fromChain.get(minute), time);
    for (const known of [one, two]) {
      expect(findChallenge(gateway.signer.publicKey, start, (minute) => known.get(minute)?.blockhash, time)).toEqual(
        challenge,
      );
    }
  }
}, 600_000);

async function uploadsOf(folder: string): Promise<LoggedUpload[]> {
  const signer = ingestSigner(join(folder, "ingest.key"), false);
  const log = await EmbeddedReportLog.open({
    folder: join(folder, "log"),
    network: 3,
    ingestKey: signer.publicKey,
    partitions: 16,
    segmentMs: time.graceMs,
  });
  const uploads: LoggedUpload[] = [];
  for await (const batch of log.readUploads(undefined, -1, { follow: false })) uploads.push(...batch);
  await log.close();
  return uploads;
}
