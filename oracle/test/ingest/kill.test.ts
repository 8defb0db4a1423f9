/** An ingest that is killed at any moment: what it acknowledged is in the log, once, and every chain goes on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUploadHeader, signerFromEd25519Seed, UPLOAD_CONTENT_TYPE, uploadId } from "@earshot/poc/protocol";
import { afterAll, expect, test } from "vitest";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { NETWORK, TestDevice } from "../service/test-device.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
/** 20 in CI, 200 in `bun run soak oracle`. */
const ROUNDS = 20 * Math.min(soak, 10);
const DEVICES = 4;
const ENTRY = join(import.meta.dirname, "../service/ingest-process.ts");
const folder = mkdtempSync(join(tmpdir(), "earshot-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(): Promise<{ readonly url: string; kill(): Promise<void> }> {
  const child = Bun.spawn([process.execPath, ENTRY, folder, String(DEVICES)], { stdio: ["ignore", "pipe", "inherit"] });
  const { value } = await child.stdout.getReader().read();
  return {
    url: new TextDecoder().decode(value).trim(),
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The receipt, or undefined where the ingest was gone. */
async function submit(url: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/v1/uploads`, {
      method: "POST",
      headers: { "content-type": UPLOAD_CONTENT_TYPE },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
    const json = (await answer.json()) as { status?: string; receipt: string };
    expect(json.status, JSON.stringify(json)).toMatch(/accepted|duplicate/);
    return json.receipt;
  } catch (error) {
    if (
      error instanceof TypeError ||
      (error as { code?: string }).code?.startsWith("E") ||
      /socket|connect/i.test(String(error))
    ) {
      return undefined;
    }
    throw error;
  }
}

test(`${ROUNDS} kills lose nothing that was acknowledged, and count nothing twice`, async () => {
  const devices = Array.from({ length: DEVICES }, (_, i) => new TestDevice(i + 1));
  const outstanding = new Map<TestDevice, Uint8Array>();
  const receipts = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round++) {
    const ingest = await start();
    let isDead = false;
    const sending = devices.map(async (device) => {
      while (!isDead) {
        const bytes = outstanding.get(device) ?? device.next().bytes;
        outstanding.set(device, bytes);
        const receipt = await submit(ingest.url, bytes);
        if (receipt === undefined) return;
        const id = uploadId(bytes).toHex();
        expect(receipts.get(id) ?? receipt).toBe(receipt);
        receipts.set(id, receipt);
        outstanding.delete(device);
      }
    });
    const before = receipts.size;
    // Not by the clock: after so many acknowledgements, another number each round.
    while (receipts.size < before + 1 + ((round * 7) % 23)) await Bun.sleep(1);
    await ingest.kill();
    isDead = true;
    await Promise.all(sending);
  }
  const log = await EmbeddedReportLog.open({
    folder: join(folder, "log"),
    network: NETWORK,
    ingestKey: signerFromEd25519Seed(new Uint8Array(32).fill(250)).publicKey,
    partitions: 4,
    segmentMs: 900_000,
  });
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for await (const uploads of log.readUploads(undefined, -1, { follow: false })) {
    for (const { uploadId: id, bytes, deviceKey } of uploads) {
      expect(seen.has(id.toHex())).toBe(false);
      seen.add(id.toHex());
      const parsed = parseUploadHeader(bytes);
      if (parsed.status === "refused") throw new Error(parsed.code);
      expect(parsed.header.sequence).toBe((last.get(deviceKey.toHex()) ?? 0) + 1);
      last.set(deviceKey.toHex(), parsed.header.sequence);
    }
  }
  await log.close();
  expect([...receipts.keys()].filter((id) => !seen.has(id))).toEqual([]);
  expect(receipts.size).toBeGreaterThan(ROUNDS);
}, 3_600_000);
