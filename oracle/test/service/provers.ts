/** Devices that answer their challenges and hear each other, each through an oracle of its own, as agents do. */
import {
  apiPath,
  beaconPayload,
  type ChallengeAnswer,
  keyToText,
  signBeacon,
  UPLOAD_CONTENT_TYPE,
} from "@earshot/poc/protocol";
import type { ServiceProcess } from "../servers/service-process.ts";
import type { TestDevice } from "./test-device.ts";

export interface Prover {
  readonly device: TestDevice;
  readonly oracle: ServiceProcess;
}

/** How often a challenge is asked for, ms. */
const ASK_MS = 100;
const RESEND_MS = 50;

/** Runs until the answer's `stop` is called, which waits for what is under way. */
export function startProving(provers: readonly Prover[]): { readonly stop: () => Promise<void> } {
  const ended = new AbortController();
  const chains = new Map(provers.map((prover) => [prover, Promise.resolve()]));
  // One upload of a device at a time, in the order in which they were sealed.
  const queue = (prover: Prover, content: Parameters<TestDevice["seal"]>[0]) =>
    void chains.set(
      prover,
      chains.get(prover)!.then(() => send(prover, content, ended.signal)),
    );
  const proving = provers.map((prover) => prove(prover, provers, queue, ended.signal));
  return {
    async stop() {
      ended.abort();
      await Promise.all(proving);
      await Promise.all(chains.values());
    },
  };
}

async function prove(
  prover: Prover,
  all: readonly Prover[],
  queue: (prover: Prover, content: Parameters<TestDevice["seal"]>[0]) => void,
  ended: AbortSignal,
): Promise<void> {
  const { device, oracle } = prover;
  const answered = new Set<string>();
  const path = apiPath("getChallenge", { key: keyToText(device.key) });
  while (!ended.aborted) {
    const answer = (await oracle.get(path).catch(() => undefined)) as ChallengeAnswer | undefined;
    const challenge = answer?.challenge;
    if (challenge === undefined || challenge === null || answered.has(challenge.challengeId)) {
      await Bun.sleep(ASK_MS);
      continue;
    }
    answered.add(challenge.challengeId);
    const challengeId = Uint8Array.fromHex(challenge.challengeId);
    const signature = signBeacon(device.signer, challengeId);
    const { transmitMs, frequencyHz, dataRate } = challenge;
    await Bun.sleep(Math.max(0, transmitMs - Date.now()));
    const radio = { frequencyHz, dataRate, tmst: 1 };
    queue(prover, { beacons: [{ challengeId, signature, transmitMs, txPowerDdbm: 140, ...radio }], witnesses: [] });
    const payload = beaconPayload(challengeId, signature);
    const witness = { payload, receivedMs: transmitMs, rssiDdbm: -1050, snrDdb: 20, ...radio };
    for (const other of all) if (other !== prover) queue(other, { witnesses: [witness] });
  }
}

/** The same bytes again until they are acknowledged. */
async function send(
  { device, oracle }: Prover,
  content: Parameters<TestDevice["seal"]>[0],
  ended: AbortSignal,
): Promise<void> {
  const sealed = device.seal(content);
  while (!ended.aborted) {
    const answer = await fetch(oracle.url + apiPath("submitUpload", {}), {
      method: "POST",
      headers: { "content-type": UPLOAD_CONTENT_TYPE },
      body: sealed.bytes.slice(),
      signal: AbortSignal.timeout(2000),
    }).catch(() => undefined);
    if (answer?.ok === true) {
      device.sequence++;
      device.previousId = sealed.id;
      return;
    }
    await Bun.sleep(RESEND_MS);
  }
}
