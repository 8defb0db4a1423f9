import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serviceManager } from "../src/service-manager.ts";

const folder = mkdtempSync(join(tmpdir(), "earshot-notify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Receives `count` messages on a Unix datagram socket made by another program: Python's, as systemd is none of ours. */
async function receive(address: string, count: number, send: () => void): Promise<readonly string[]> {
  const program = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\\0", 1))
print("bound", flush=True)
for _ in range(int(sys.argv[2])): print(s.recv(4096).decode(), flush=True)
`;
  const receiver = Bun.spawn(["python3", "-c", program, address, String(count)], { stdout: "pipe", stderr: "inherit" });
  const reader = receiver.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let isSent = false;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += decoder.decode(chunk.value);
    if (!isSent && text.includes("\n")) {
      isSent = true;
      send();
    }
  }
  await receiver.exited;
  return text.trimEnd().split("\n").slice(1);
}

describe("serviceManager", () => {
  test.each([join(folder, "notify"), `@earshot-notify-${process.pid}`])(
    "tells systemd at %s how the agent is",
    async (address) => {
      const manager = serviceManager({ NOTIFY_SOCKET: address, WATCHDOG_USEC: "30000000", WATCHDOG_PID: "77" }, 77);
      const messages = await receive(address, 4, () => {
        manager.ready();
        manager.alive();
        manager.status("two\nlines");
        manager.stopping();
      });
      expect(messages).toEqual(["READY=1", "WATCHDOG=1", "STATUS=two lines", "STOPPING=1"]);
      expect(manager.watchdogMs).toBe(30_000);
    },
  );

  test("says nothing and does not stop when nobody reads", () => {
    const manager = serviceManager({ NOTIFY_SOCKET: join(folder, "nobody") }, 1);
    for (let i = 0; i < 2000; i++) manager.alive();
    expect(manager.watchdogMs).toBeUndefined();
  });

  test("needs no service manager", () => {
    for (const NOTIFY_SOCKET of [undefined, "", "x".repeat(200)]) {
      expect(serviceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: "1" }, 1).watchdogMs).toBeUndefined();
    }
  });

  test("leaves a watchdog alone that is meant for another process or not readable", () => {
    const NOTIFY_SOCKET = join(folder, "other");
    expect(serviceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: "5", WATCHDOG_PID: "2" }, 1).watchdogMs).toBeUndefined();
    expect(serviceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: "-5" }, 1).watchdogMs).toBeUndefined();
  });
});
