import { describe, expect, test } from "vitest";
import { CommandRunner } from "../../src/network-server/exec-command.ts";

const request = {
  gatewayId: "0102030405060708",
  command: "show",
  execId: 7,
  stdin: new Uint8Array(0),
  environment: {},
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("a listed command", () => {
  test("runs with the owner's arguments and the server's input", async () => {
    const runner = new CommandRunner({ show: ["/bin/sh", "-c", "cat; echo done >&2"] });
    const response = await runner.run({ ...request, stdin: Buffer.from("hello") });
    expect({ ...response, stdout: text(response.stdout), stderr: text(response.stderr) }).toEqual({
      gatewayId: request.gatewayId,
      execId: 7,
      stdout: "hello",
      stderr: "done\n",
      error: "",
    });
  });

  test("sees the server's variables under a prefix that means nothing to the system", async () => {
    const runner = new CommandRunner({ show: ["/usr/bin/env"] });
    const response = await runner.run({ ...request, environment: { LD_PRELOAD: "/tmp/evil.so", A: "b" } });
    expect(text(response.stdout).trim().split("\n").sort()).toEqual([
      "EXEC_A=b",
      "EXEC_LD_PRELOAD=/tmp/evil.so",
      "LANG=C.UTF-8",
      "PATH=/usr/local/bin:/usr/bin:/bin",
    ]);
  });

  test("reports how it failed", async () => {
    expect((await new CommandRunner({ show: ["/bin/false"] }).run(request)).error).toBe("ended with 1");
    expect((await new CommandRunner({ show: ["/no/such/program"] }).run(request)).error).toMatch(/cannot be started/);
  });

  test("is stopped with all it started when its time is up", async () => {
    const runner = new CommandRunner({ show: ["/bin/sh", "-c", "sleep 60 & sleep 60"] }, 50);
    expect((await runner.run(request)).error).toBe("stopped after 0.05 s");
  });

  test("has its output cut, not collected without end", async () => {
    const runner = new CommandRunner({ show: ["/bin/sh", "-c", "head -c 200000 /dev/zero"] });
    expect((await runner.run(request)).stdout).toHaveLength(65_536);
  });

  test("is refused while another one runs", async () => {
    const runner = new CommandRunner({ show: ["/bin/cat"] });
    const [first, second] = await Promise.all([runner.run(request), runner.run(request)]);
    expect([first.error, second.error]).toEqual(["", "another command is still running"]);
  });
});

describe("refuses", () => {
  const runner = new CommandRunner({ show: ["/bin/true"] });
  test.each([
    { command: "reboot" },
    { command: "" },
    { command: "toString" },
    { command: "/bin/true" },
    { command: "show; reboot" },
  ])("what is not listed: $command", async ({ command }) => {
    expect((await runner.run({ ...request, command })).error).toMatch(/not allowed here/);
  });

  test("variables without a usable name", async () => {
    expect((await runner.run({ ...request, environment: { "A=B": "c" } })).error).toMatch(/variable/);
  });
});
