/** §4.2 Authority, and programs/README.md: where governance is the upgrade authority, a vote replaces a program, and nothing else does. */
import { PublicKey, SYSVAR_CLOCK_PUBKEY, SYSVAR_RENT_PUBKEY, TransactionInstruction } from "@solana/web3.js";
import { expect, test } from "vitest";
import { PROGRAM_IDS } from "../../src/sdk/addresses.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import * as calls from "../harness/calls.ts";
import { execute, instructionHash } from "../harness/proposal.ts";
import { newStage } from "../harness/stage.ts";
import { DAY_S } from "../harness/test-network.ts";

const LOADER = new PublicKey("BPFLoaderUpgradeab1e11111111111111111111111");
const UPGRADE = Buffer.from([3, 0, 0, 0]);
/** Kind, slot, and the authority as an option; then the program. Source: solana-loader-v3-interface, state.rs. */
const PROGRAM_AT = 45;
const BUFFER_PROGRAM_AT = 37;

test("a vote upgrades a program; its holders, its admin and a stranger do not", async () => {
  const stage = await newStage();
  const { at, chain, network } = stage;
  const [voter] = network.holders as [PublicKey];
  const programId = PROGRAM_IDS.registry;
  const dataAt = new PublicKey(chain.account(programId)!.data.subarray(4, 36));
  const image = chain.account(dataAt)!;
  const data = Buffer.from(image.data);
  data[12] = 1;
  data.set(at.gov.toBytes(), 13);
  chain.set(dataAt, { ...image, data: new Uint8Array(data) });

  const buffer = stage.wallet(400);
  // Any other program will do, if it is no longer than the one it takes the place of.
  const guardAt = new PublicKey(chain.account(PROGRAM_IDS.guard)!.data.subarray(4, 36));
  const program = Buffer.from(chain.account(guardAt)!.data.subarray(PROGRAM_AT));
  const upload = Buffer.alloc(BUFFER_PROGRAM_AT + program.length);
  upload.writeUInt32LE(1, 0);
  upload[4] = 1;
  upload.set(at.gov.toBytes(), 5);
  upload.set(program, BUFFER_PROGRAM_AT);
  chain.set(buffer, { lamports: image.lamports, owner: LOADER, data: new Uint8Array(upload) });

  const upgradeBy = (authority: PublicKey) =>
    new TransactionInstruction({
      programId: LOADER,
      keys: [
        ...[dataAt, programId, buffer, stage.payer].map((pubkey) => ({ pubkey, isSigner: false, isWritable: true })),
        ...[SYSVAR_RENT_PUBKEY, SYSVAR_CLOCK_PUBKEY].map((pubkey) => ({ pubkey, isSigner: false, isWritable: false })),
        { pubkey: authority, isSigner: true, isWritable: false },
      ],
      data: UPGRADE,
    });
  for (const authority of [voter, network.admin, stage.wallet(401)])
    stage.refuses("Incorrect authority provided", upgradeBy(authority));

  const position = calls.positionOf(at.gov, voter, 1n);
  const role = { position, owner: voter, payer: stage.payer };
  const proposal = calls.proposalOf(at.gov, 0n);
  const lock = { constant: { seconds: 86_400 * 365 * 4 } };
  const hash = instructionHash([upgradeBy(at.gov)]);
  stage.must(
    stage.call("governance", "lock", [1n, 900_000n * ATOMS, lock], { ...role, from: calls.tokenAccount(at, voter) }),
  );
  chain.now += DAY_S;
  stage.must(stage.call("governance", "propose", [0n, hash, hash], { ...role, proposal }));
  const vote = calls.voteOf(proposal, position);
  stage.must(stage.call("governance", "vote", [{ yes: {} }], { ...role, proposal, vote }));
  chain.now += 7n * DAY_S;
  stage.must(...["finalizeProposal", "queueProposal"].map((name) => stage.call("governance", name, [], { proposal })));
  chain.now += 2n * DAY_S;
  stage.must(execute(at, 0n, [upgradeBy(at.gov)]));

  // The buffer is spent and the program is the one voted on, as of this slot.
  expect(chain.account(buffer)?.data.length ?? 0).toBeLessThanOrEqual(BUFFER_PROGRAM_AT);
  const after = Buffer.from(chain.account(dataAt)!.data);
  expect(after.subarray(PROGRAM_AT, PROGRAM_AT + program.length).equals(program)).toBe(true);
  expect(data.subarray(PROGRAM_AT, PROGRAM_AT + program.length).equals(program)).toBe(false);
  expect(after.readBigUInt64LE(4)).toBeGreaterThan(data.readBigUInt64LE(4));
});
