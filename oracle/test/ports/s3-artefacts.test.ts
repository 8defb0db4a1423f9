import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { S3Artefacts } from "../../src/artefacts/s3-store.ts";
import { skipReason } from "../servers/server-process.ts";
import { VERSITYGW, VersityGateway } from "../servers/versitygw.ts";
import { messageOf } from "../temporary-folder.ts";
import { testArtefactStore } from "./artefact-store.contract.ts";

const reason = skipReason("versitygw", VERSITYGW, true);
let server: VersityGateway;

if (VERSITYGW !== undefined) {
  beforeAll(async () => {
    server = await VersityGateway.start(VERSITYGW as string);
  });
  afterAll(() => server?.remove());
}

function open(bucket: string, prefix = "") {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  return new S3Artefacts({ endpoint, accessKeyId, secretAccessKey, bucket, prefix, publicUrl: "" });
}

testArtefactStore(
  {
    name: "a bucket",
    manyNames: 1100,
    make: async () => {
      const bucket = server.bucket();
      const { endpoint, accessKeyId, secretAccessKey } = server;
      return {
        store: new S3Artefacts({ endpoint, accessKeyId, secretAccessKey, bucket, prefix: "net/3/" }),
        overwrite: async (key, text) => server.overwrite(bucket, `net/3/${key}`, text),
        write: async (key, text) => server.write(bucket, `net/3/${key}`, text),
      };
    },
  },
  reason,
);

describe.skipIf(reason !== undefined)("a bucket that does not answer as it should", () => {
  test("keeps stores of different prefixes apart", async () => {
    const bucket = server.bucket();
    const sha256 = await open(bucket, "a/").put(Uint8Array.of(1));
    expect(await open(bucket, "b/").has(sha256)).toBe(false);
    expect(await open(bucket, "a/").has(sha256)).toBe(true);
  });

  test("that is not there, or is closed to us, is a code that says so", async () => {
    expect(await messageOf(() => open("no-such-bucket").put(Uint8Array.of(1)))).toMatch(
      /^ORC_STORE_UNAVAILABLE: blobs/,
    );
    const stranger = new S3Artefacts({
      endpoint: server.endpoint,
      accessKeyId: "stranger",
      secretAccessKey: "guess",
      bucket: server.bucket(),
    });
    expect(await messageOf(() => stranger.get("0".repeat(64)))).toMatch(/^ORC_STORE_UNAVAILABLE: .*[Aa]ccess key/);
    const away = new S3Artefacts({
      endpoint: "http://127.0.0.1:1",
      accessKeyId: "a",
      secretAccessKey: "b",
      bucket: "c",
    });
    await expect(away.resolve("a")).rejects.toMatchObject({ code: "ORC_STORE_UNAVAILABLE", retryable: true });
  });
});

test("a list whose server does not say where it goes on is no list", async () => {
  let pages = 0;
  const end = { none: "", again: "<NextContinuationToken>again</NextContinuationToken>" };
  let next = end.none;
  const server = Bun.serve({
    port: 0,
    fetch: () => {
      pages++;
      const more = pages < 20 ? `<IsTruncated>true</IsTruncated>${next}` : "<IsTruncated>false</IsTruncated>";
      const contents = `<Contents><Key>names/a/${pages}~</Key></Contents><Contents><Key>other/b~</Key></Contents>`;
      const body = `<?xml version="1.0"?><ListBucketResult><Name>c</Name>${contents}${more}</ListBucketResult>`;
      return new Response(body, { headers: { "content-type": "application/xml" } });
    },
  });
  try {
    const endpoint = `http://127.0.0.1:${server.port}`;
    const store = new S3Artefacts({ endpoint, accessKeyId: "a", secretAccessKey: "b", bucket: "c" });
    for (next of [end.none, end.again]) {
      pages = 0;
      await expect(store.names("")).rejects.toMatchObject({ code: "ORC_STORE_UNAVAILABLE", retryable: true });
      expect(pages).toBeLessThan(3);
    }
    pages = 20;
    expect(await store.names("")).toEqual(["a/21"]);
  } finally {
    await server.stop(true);
  }
});
