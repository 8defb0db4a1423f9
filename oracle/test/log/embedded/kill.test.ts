import { join } from "node:path";
import { expect, test } from "vitest";
import { EmbeddedReportLog } from "../../../src/log/embedded/embedded-report-log.ts";
import type { LogPlace } from "../../../src/ports/report-log.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { TemporaryFolders } from "../../temporary-folder.ts";
import { checkLog } from "../check-log.ts";

const folders = new TemporaryFolders("log-kill");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
/** 20 in CI, 200 in `bun run soak oracle`. */
const ROUNDS = 20 * Math.min(soak, 10);

/** Runs the writer and kills it after it has said `lines` lines; gives what it said. */
async function runAndKill(folder: string, firstDevice: number, lines: number): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dirname, "kill-child.ts"), folder, String(firstDevice)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const decoder = new TextDecoder();
  const errors = new Response(child.stderr).text();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  }
  await child.exited;
  expect(child.signalCode, await errors).toBe("SIGKILL");
  // The last line may be cut off: then nobody was told.
  return text.split("\n").slice(0, -1);
}

test(
  `a writer killed at ${ROUNDS} random points loses nothing it acknowledged, doubles nothing and keeps its heads`,
  async () => {
    const folder = folders.next();
    const acknowledged: LogPlace[] = [];
    const shuffled = new Map<string, number>();
    let length = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await runAndKill(folder, round % 3, 2 + Math.floor(Math.random() * 150));
      for (const line of lines) {
        const [word, id, a, b, head] = line.split(" ");
        if (word === "open") expect(Number(id)).toBeGreaterThanOrEqual(length);
        if (word === "shuffled") shuffled.set(id!, Math.max(Number(a), shuffled.get(id!) ?? 0));
        if (word !== "ack") continue;
        const place = { uploadId: Uint8Array.fromHex(id!), logIndex: Number(a), receiveMs: Number(b) };
        acknowledged.push({ ...place, previousHead: Uint8Array.fromHex(head!) });
      }
      const log = await EmbeddedReportLog.open({ ...IDENTITY, folder, segmentBytes: 20_000 });
      length = await checkLog(log, IDENTITY, acknowledged);
      expect(length).toBeGreaterThan(0);
      const found = new Map<string, number[]>();
      for (let partition = 0; partition < IDENTITY.partitions; partition++) {
        for await (const { reports } of log.readShuffled(partition, undefined, { follow: false })) {
          for (const { source, position } of reports) found.set(source, [...(found.get(source) ?? []), position]);
        }
      }
      for (const [source, last] of shuffled) {
        const positions = (found.get(source) ?? []).sort((x, y) => x - y);
        expect(new Set(positions).size).toBe(positions.length);
        expect(positions.slice(0, last)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
      }
      await log.close();
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  },
  180_000 * Math.max(2, soak),
);
