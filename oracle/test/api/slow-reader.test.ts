/** Files of an epoch go out as they are read: who reads slowly holds a buffer of the server, not the file. */
import { connect, type Socket } from "node:net";
import Type from "typebox";
import { afterAll, expect, test } from "vitest";
import { epochRoutes } from "../../src/api/epoch-routes.ts";
import type { EpochViews } from "../../src/api/epoch-views.ts";
import { createHttpApp } from "../../src/service/http.ts";
import { createLog } from "../../src/service/log.ts";
import { until } from "../service/until.ts";

const PIECE_BYTES = 64 * 1024;
const FILE_BYTES = 1024 * 1024 * 1024;
/** What sockets of both ends and the streams between may hold, bytes. */
const MOST_HELD_BYTES = 32 * 1024 * 1024;

const log = createLog({ level: "error", repeatIntervalMs: 0, steadyMs: () => 0, write: () => {} });
const app = createHttpApp({ maxConnections: 10, log: log.for("http") });
afterAll(() => app.close());

test("a client that does not read holds no more than buffers, and lets go when it goes", async () => {
  let pulled = 0;
  let cancelled = false;
  const stream = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += PIECE_BYTES;
        controller.enqueue(new Uint8Array(PIECE_BYTES));
      },
      cancel() {
        cancelled = true;
      },
    });
  const open = async () => ({ bytes: FILE_BYTES, stream: stream(), sha256: "00".repeat(32) });
  const epochs = async () => [1];
  epochRoutes(app, { source: { epochs, open } } as unknown as EpochViews);
  app.get("/well", { schema: { response: { 200: Type.String() } } }, async () => "well");
  const port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
  const socket = await new Promise<Socket>((resolve) => {
    const one = connect(port, "127.0.0.1", () => resolve(one));
  });
  socket.pause();
  socket.write("GET /v1/epochs/1/files/witnesses.arrow HTTP/1.1\r\nHost: x\r\n\r\n");
  let seen = -1;
  // Until nothing more is pulled between two answers to somebody else.
  await until(
    async () => {
      for (let ask = 0; ask < 20; ask++) expect((await fetch(`http://127.0.0.1:${port}/well`)).status).toBe(200);
      const isStill = pulled > 0 && pulled === seen;
      seen = pulled;
      return isStill ? true : undefined;
    },
    60_000,
    () => `${pulled} bytes and more`,
  );
  expect(pulled).toBeLessThan(MOST_HELD_BYTES);
  socket.destroy();
  await until(
    async () => (cancelled ? true : undefined),
    10_000,
    () => "the file stays open",
  );
});
