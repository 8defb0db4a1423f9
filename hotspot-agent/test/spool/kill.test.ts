import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dataFrame } from "../doubles/gwmp-bytes.ts";
import { PacketForwarder } from "../doubles/packet-forwarder.ts";

const script = join(import.meta.dirname, "..", "doubles", "spool-process.ts");
const devices = 20;
const firstDevAddr = 0x2600_0000;
const MOST_UNACKED = 150;

let folder: string;
let children: ChildProcess[];
let forwarder: PacketForwarder | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earshot-spool-kill-"));
  children = [];
  forwarder = null;
});

afterEach(async () => {
  forwarder?.close();
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** `DEVADDR FCNT` in the order they were taken. */
  readonly got: string[];
}

function start(mode: "hold" | "slow" | "take"): Promise<Running> {
  const child = spawn(process.execPath, [script, folder, mode], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    const running = { child, got: [] as string[] };
    child.on("exit", (code) => reject(new Error(`the process ended with ${code}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const [word, ...rest] = line.split(" ");
      if (word === "port") resolve({ ...running, port: Number(rest[0]) });
      else running.got.push(rest.join(" "));
    });
  });
}

async function kill({ child }: Running): Promise<void> {
  // Closed: everything that it had written was read.
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await gone;
}

/**
 * Sends frames in turn over the devices and kills the process when half are acknowledged and `least` were delivered; the answer names
 * what was acknowledged by then.
 */
async function sendAndKill(running: Running, count: number, least = 0): Promise<Set<string>> {
  forwarder = await PacketForwarder.open({ eui: "0016c001f1500001", port: running.port, keepAliveMs: 0 });
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const [devAddr, fCnt] = [firstDevAddr + (i % devices), Math.floor(i / devices)];
    names.push(`${devAddr} ${fCnt}`);
    forwarder.push(forwarder.rxpk(dataFrame(devAddr, fCnt)));
    // The system's buffer of a socket holds some 250 datagrams and drops the rest.
    await forwarder.until(() => forwarder!.unacked < MOST_UNACKED, "room for another");
  }
  // In the middle: some are acknowledged, some are not.
  await forwarder.until(() => forwarder!.pushed.length - forwarder!.unacked >= count / 2, "half of its acks");
  await expect.poll(() => running.got.length, { timeout: 20_000, interval: 1 }).toBeGreaterThanOrEqual(least);
  await kill(running);
  const { pushed } = forwarder;
  return new Set(names.filter((_, i) => pushed[i].ackedMs !== undefined));
}

function expectInOrder(got: readonly string[]): void {
  const last = new Map<string, number>();
  for (const line of got) {
    const [devAddr, fCnt] = line.split(" ");
    expect(Number(fCnt)).toBeGreaterThan(last.get(devAddr) ?? -1);
    last.set(devAddr, Number(fCnt));
  }
}

describe("kill -9", () => {
  test("loses nothing that was acknowledged, and keeps the order, when nothing was delivered before", async () => {
    const first = await start("hold");
    const acked = await sendAndKill(first, 600);
    expect(acked.size).toBeGreaterThan(0);
    const second = await start("take");
    await expect.poll(() => [...acked].every((name) => second.got.includes(name)), { timeout: 20_000 }).toBe(true);
    expectInOrder(second.got);
    expect(new Set(second.got).size).toBe(second.got.length);
  });

  test("delivers the rest after a kill in the middle of delivering, in order, again only what was under way", async () => {
    const first = await start("slow");
    const acked = await sendAndKill(first, 600, 1);
    expect(acked.size).toBeGreaterThan(0);
    const before = [...first.got];
    const second = await start("take");
    const isAll = () => [...acked].every((name) => before.includes(name) || second.got.includes(name));
    await expect.poll(isAll, { timeout: 20_000 }).toBe(true);
    expectInOrder(before);
    expectInOrder(second.got);
    const twice = second.got.filter((name) => before.includes(name));
    // At most one frame of each device can have been taken and not yet noted.
    expect(twice.length).toBeLessThanOrEqual(devices);
  });

  test("leaves a lock that does not keep the next process out, but keeps a second one out", async () => {
    await start("hold");
    await expect(start("hold")).rejects.toThrow("the process ended");
  });
});
