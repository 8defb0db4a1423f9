import { expect, test } from "vitest";
import { sendNotice } from "../../src/cli/send-notice.ts";
import { messageOf } from "../temporary-folder.ts";

test("whatever an oracle answers to a notice is a receipt or an error with a code", async () => {
  let answer = () => new Response("null");
  const server = Bun.serve({ port: 0, fetch: () => answer() });
  const send = () =>
    sendNotice(`http://127.0.0.1:${server.port}/`, "/v1/appeals", "application/json", Uint8Array.of(1));
  try {
    for (const [body, status, expected] of [
      ["null", 200, /^ORC_DOWNLOAD_FAILED: .*: status 200: null$/],
      ["7", 500, /^ORC_DOWNLOAD_FAILED: .*: status 500: 7$/],
      ['{"code":"NO"}', 400, /^ORC_DOWNLOAD_FAILED: .*: status 400: .*NO/],
      ['{"status":1,"receipt":2}', 200, /^ORC_DOWNLOAD_FAILED: /],
      ["<html>", 200, /^ORC_DOWNLOAD_FAILED: /],
      [" ".repeat(1 << 20), 200, /^ORC_DOWNLOAD_FAILED: .*: an answer of more than 65536 bytes$/],
    ] as const) {
      answer = () => new Response(body, { status });
      expect(await messageOf(send)).toMatch(expected);
    }
    answer = () => Response.json({ status: "accepted", receipt: "AA==" });
    expect(await send()).toEqual({ status: "accepted", receipt: "AA==" });
  } finally {
    await server.stop(true);
  }
});
