/** What an ingest clock that steps, or an upload that a log lacks, does to the chain of its sender. */
import { describe, expect, test } from "vitest";
import { type LoadContext, loadUploads } from "../../src/load/load-uploads.ts";
import { nextLog, smallEpoch } from "../small-epoch.ts";

const today = smallEpoch();
const tomorrow = smallEpoch({ after: today });
const { records, signers } = today;
const context: LoadContext = { ...today.input, network: today.input.header.network };
const own = records.filter(({ bytes }) => Buffer.compare(bytes.subarray(56, 89), signers[0].publicKey) === 0);

/** Refusals of the epoch after, when its log is whole and the one before was loaded from `log`. */
function refusedTomorrow(log: typeof records) {
  const { input } = tomorrow;
  return loadUploads(tomorrow.records, { ...input, network: context.network, ...nextLog(loadUploads(log, context)) })
    .intake.refused;
}

describe("an ingest clock that steps back a millisecond between two uploads of a sender", () => {
  const stepped = records.map((record) =>
    record === own[3] ? { ...record, receiveMs: own[2].receiveMs - 1 } : record,
  );

  test("costs the sender nothing in the epoch", () => {
    const { intake } = loadUploads(stepped, context);
    expect(intake.refused).toEqual({});
    expect(intake.accepted).toBe(records.length);
  });

  test("costs the sender nothing ever after", () => {
    expect(refusedTomorrow(stepped)).toEqual({});
  });
});

describe("a log that lacks an upload", () => {
  test("costs its sender that upload and not all that come after", () => {
    const gapped = records.filter((record) => record !== own[3]);
    const { intake } = loadUploads(gapped, context);
    expect(intake).toMatchObject({ accepted: records.length - 1, gaps: 1 });
    expect(refusedTomorrow(gapped)).not.toHaveProperty("wrong_predecessor");
  });
});
