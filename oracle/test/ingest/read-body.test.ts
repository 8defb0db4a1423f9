import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { readBody } from "../../src/ingest/read-body.ts";

function read(stream: Readable, mostBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    readBody(stream, mostBytes, (error, body) => (error === null ? resolve(body!) : reject(error)));
  });
}

test("a body is the same in one piece and in many, and one piece is not copied", async () => {
  const whole = Uint8Array.from({ length: 300 }, (_, at) => at);
  const piece = Buffer.from(whole);
  const alone = await read(Readable.from([piece], { objectMode: false }), 300);
  expect(alone).toEqual(whole);
  expect(alone.buffer).toBe(piece.buffer);
  const pieces = [whole.subarray(0, 1), whole.subarray(1, 200), whole.subarray(200)].map((part) => Buffer.from(part));
  expect(await read(Readable.from(pieces, { objectMode: false }), 300)).toEqual(whole);
  expect((await read(Readable.from([], { objectMode: false }), 300)).length).toBe(0);
});

test("a body above the limit is refused as fastify would, in the middle of it, and once", async () => {
  const stream = new PassThrough();
  let calls = 0;
  const refused = new Promise<Error>((resolve) => {
    readBody(stream, 10, (error) => {
      calls++;
      resolve(error!);
    });
  });
  stream.write(Buffer.alloc(11));
  expect(await refused).toMatchObject({ code: "FST_ERR_CTP_BODY_TOO_LARGE", statusCode: 413 });
  stream.end(Buffer.alloc(5));
  stream.resume();
  await new Promise((ended) => stream.once("close", ended));
  expect(calls).toBe(1);
});

test("a stream that fails says why, once", async () => {
  const stream = new PassThrough();
  const read1 = read(stream, 10);
  stream.write(Buffer.alloc(3));
  stream.destroy(new Error("reset"));
  await expect(read1).rejects.toThrow("reset");
});
