/** Bytes on the socket of the API that are no request of HTTP. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttpApp, type HttpApp } from "../../src/service/http.ts";
import { createLog } from "../../src/service/log.ts";

let app: HttpApp;
let port: number;
beforeAll(async () => {
  const log = createLog({ level: "error", repeatIntervalMs: 0, steadyMs: () => 0, write: () => {} });
  app = createHttpApp({ maxConnections: 100, log: log.for("http") });
  app.get("/well", async () => "well");
  port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(() => app.close());

/** Everything that is answered until the other side closes. */
function answerTo(bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}

const head = "POST /well HTTP/1.1\r\nHost: x\r\n";
const NO_REQUESTS: Readonly<Record<string, string | Uint8Array>> = {
  "a request of another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a handshake of TLS": Uint8Array.fromHex("16030100a5010000a10303"),
  "two lengths that differ": `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
  "a length and chunks": `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "a length below nothing": `${head}Content-Length: -5\r\n\r\n`,
  "a length that no number holds": `${head}Content-Length: 99999999999999999999\r\n\r\n`,
  "an address with a NUL": "GET /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n",
  "five thousand headers": `${head}${Array.from({ length: 5000 }, (_, at) => `X-${at}: 1\r\n`).join("")}\r\n`,
};

test.each(Object.entries(NO_REQUESTS))("%s is answered with a code of the interface, and closed", async (_, bytes) => {
  const answer = await answerTo(bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  const [, body] = answer.split("\r\n\r\n");
  expect(JSON.parse(body!)).toEqual({ code: "bad_request", expected: expect.any(String), got: expect.any(String) });
  expect((await fetch(`http://127.0.0.1:${port}/well`)).status).toBe(200);
});
