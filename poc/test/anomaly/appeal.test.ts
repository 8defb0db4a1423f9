import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Appeal,
  type AppealOutcome,
  appealColumns,
  appealId,
  bytesToHex,
  openAppealRecord,
  signAppealRecord,
} from "../../src/index.ts";
import { importKey, signerFromEd25519Seed } from "../../src/protocol/index.ts";

const owner = signerFromEd25519Seed(new Uint8Array(32).fill(1));
const governance = signerFromEd25519Seed(new Uint8Array(32).fill(2));
const hotspot = bytesToHex(owner.publicKey);
const appeal: Appeal = {
  kind: "appeal",
  network: 3,
  hotspot,
  epoch: 700,
  detector: "placement",
  reason: "The mast was moved.",
};
const outcome: AppealOutcome = {
  kind: "outcome",
  network: 3,
  appeal: appealId(appeal),
  hotspot,
  detector: "placement",
  upheld: true,
  fromEpoch: 690,
  untilEpoch: 730,
  reason: "Photographs and a new assertion.",
};
const keyOf = ({ kind }: { readonly kind: string }) => importKey((kind === "appeal" ? owner : governance).publicKey);

describe("appeal records", () => {
  test("open with the right key on the right network, and only then", () => {
    expect(openAppealRecord(signAppealRecord(appeal, owner), 3, keyOf)).toEqual(appeal);
    expect(openAppealRecord(signAppealRecord(outcome, governance), 3, keyOf)).toEqual(outcome);
    expect(openAppealRecord(signAppealRecord(outcome, owner), 3, keyOf)).toBe("bad_signature");
    expect(openAppealRecord(signAppealRecord(appeal, owner), 2, keyOf)).toBe("wrong_network");
    expect(openAppealRecord(signAppealRecord(appeal, owner), 3, () => undefined)).toBe("bad_signature");
  });

  test("any byte changed or cut off is answered with a code", () => {
    const good = signAppealRecord(appeal, owner);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, isCut) => {
        const bytes = isCut ? good.slice(0, at) : good.slice();
        if (!isCut) bytes[at] ^= flip;
        expect(["bad_json", "bad_field", "wrong_network", "bad_signature"]).toContain(
          openAppealRecord(bytes, 3, keyOf),
        );
      }),
    );
    expect(openAppealRecord(new Uint8Array(9000), 3, keyOf)).toBe("bad_json");
    expect(openAppealRecord(new TextEncoder().encode('{"record":{},"signature":"00"}'), 3, keyOf)).toBe("bad_field");
  });
});

describe("appealColumns", () => {
  test("an outcome takes effect after the epoch it was logged in, whatever it says itself", () => {
    const columns = appealColumns([{ outcome, loggedEpoch: 710 }]);
    expect([columns.from_epoch[0], columns.until_epoch[0], columns.detector[0]]).toEqual([711, 730, 0]);
    expect(appealColumns([{ outcome, loggedEpoch: 729 }]).detector).toHaveLength(0);
  });

  test("a later outcome for the same hotspot and detector takes its place; one not upheld ends it", () => {
    const rejected = { ...outcome, upheld: false };
    expect(
      appealColumns([
        { outcome, loggedEpoch: 700 },
        { outcome: rejected, loggedEpoch: 705 },
      ]).detector,
    ).toHaveLength(0);
    const longer = { ...outcome, untilEpoch: 900 };
    expect([
      ...appealColumns([
        { outcome, loggedEpoch: 700 },
        { outcome: longer, loggedEpoch: 705 },
      ]).until_epoch,
    ]).toEqual([900]);
  });

  test("of an epoch and what was logged in it is what all outcomes so far give", () => {
    const hotspots = [1, 2, 3].map((byte) =>
      bytesToHex(signerFromEd25519Seed(new Uint8Array(32).fill(byte)).publicKey),
    );
    const logged = fc.record({
      outcome: fc
        .record({
          hotspot: fc.constantFrom(...hotspots),
          detector: fc.constantFrom("placement" as const, "conduct" as const),
          upheld: fc.boolean(),
          fromEpoch: fc.integer({ min: 695, max: 705 }),
          untilEpoch: fc.integer({ min: 695, max: 715 }),
        })
        .map((fields) => ({ ...outcome, ...fields })),
      loggedEpoch: fc.integer({ min: 700, max: 703 }),
    });
    fc.assert(
      fc.property(fc.array(logged, { maxLength: 12 }), (unordered) => {
        const all = unordered.toSorted((a, b) => a.loggedEpoch - b.loggedEpoch);
        let columns = appealColumns([]);
        for (let epoch = 700; epoch <= 703; epoch++) {
          columns = appealColumns(
            all.filter(({ loggedEpoch }) => loggedEpoch === epoch),
            columns,
          );
        }
        expect(columns).toEqual(appealColumns(all));
      }),
    );
  });
});
