/** §4.2 Time, Authority, Remaining accounts, Liveness, Cross-version; findings M-6-1, M-7-1, H-5-1, H-5-3; bugs #772, #811, #791, M-02. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { execute, instructionHash } from "../harness/proposal.ts";
import { newStage, type Stage } from "../harness/stage.ts";
import { wallet } from "../harness/test-chain.ts";
import { DAY_S } from "../harness/test-network.ts";

const HASH = new Uint8Array(32).fill(0x42);
let stage: Stage;
let owner: PublicKey;

beforeEach(async () => {
  stage = await newStage();
  owner = stage.holder;
});

const treeOf = (amount: bigint) => stage.tree([{ wallet: owner, cumulative: amount }]);

describe("epochs", () => {
  test("rejects issuing a second before the end, and does it in the first second after", () => {
    const { epoch } = stage.network;
    const issue = () => acts.issueEpoch(stage.at, stage.payer, epoch);
    stage.chain.now = (epoch + 1n) * DAY_S - 1n;
    stage.refuses("EpochNotOver", issue());
    stage.chain.now += 1n;
    // A clock that goes back finds it as it was.
    stage.chain.now -= 100n;
    stage.refuses("EpochNotOver", issue());
    stage.chain.now += 100n;
    stage.must(issue());
    stage.refuses("EpochNotOver", acts.issueEpoch(stage.at, stage.payer, epoch + 1n));
  });

  test("rejects epochs out of order (#791)", () => {
    const { epoch } = stage.network;
    stage.warpToEpoch(epoch + 5n);
    for (const offset of [1n, 2n, -1n])
      stage.refuses("NotTheNextEpoch", acts.issueEpoch(stage.at, stage.payer, epoch + offset));
    stage.must(acts.issueEpoch(stage.at, stage.payer, epoch));
  });

  test("late and timely issuing come to the same amounts, whoever asks and whatever has changed since (M-7-1)", async () => {
    const late = await newStage();
    const numbers = (of: Stage) =>
      [0n, 1n, 2n].map((offset) => {
        const address = calls.epochOf(of.at.distributor, of.network.epoch + offset);
        const { scheduled, reissued, pool, treasury, burned, parameterHash } = of.read<Record<string, unknown>>(
          "rewards",
          "Epoch",
          address,
        );
        return { scheduled, reissued, pool, treasury, burned, parameterHash: Buffer.from(parameterHash as Uint8Array) };
      });
    for (const one of [stage, late]) one.warpToEpoch(one.network.epoch);
    for (let offset = 0n; offset < 3n; offset++) {
      for (const one of [stage, late]) {
        one.warpToEpoch(one.network.epoch + offset);
        one.price();
        one.mintDataCredits(one.holder, 1_000_000n * (offset + 1n));
        const { admin } = one.network;
        const hash = new Uint8Array(32).fill(Number(offset) + 1);
        one.must(one.call("registry", "setParameters", [hash, one.epoch + 1n], { admin }));
      }
      stage.warpToEpoch(stage.network.epoch + offset + 1n);
      stage.issue(stage.network.epoch + offset);
    }
    const settings = { ...late.network.plan.issue, treasuryBps: 5_000 };
    late.warpToEpoch(late.network.epoch + 10n);
    late.must(late.call("rewards", "setIssueSettings", [settings, late.epoch + 1n], { admin: late.network.admin }));
    for (let offset = 0n; offset < 3n; offset++) {
      late.chain.now += DAY_S;
      late.must(acts.issueEpoch(late.at, late.wallet(77), late.network.epoch + offset));
    }
    expect(numbers(late)).toEqual(numbers(stage));
  });

  test("what is issued goes to the pool and its part to the treasury (#772), and the average runs over epochs (#811)", () => {
    const { at, network } = stage;
    const burnt: bigint[] = [];
    let average = 0n;
    for (let offset = 0n; offset < 3n; offset++) {
      stage.warpToEpoch(network.epoch + offset);
      stage.price();
      stage.mintDataCredits(owner, 700_000n);
      burnt.push(14n * ATOMS);
      const [vault, treasury] = [calls.vaultOf(at.distributor, at.tokenMint), calls.vaultOf(at.gov, at.tokenMint)];
      const before = [stage.chain.tokens(vault), stage.chain.tokens(treasury)] as const;
      stage.warpToEpoch(network.epoch + offset + 1n);
      stage.issue(network.epoch + offset);
      average = (average * 6n + burnt.at(-1)!) / 7n;
      const all = 75_000n * ATOMS + average;
      const part = (all * 700n) / 10_000n;
      expect([stage.chain.tokens(vault) - before[0], stage.chain.tokens(treasury) - before[1]]).toEqual([
        all - part,
        part,
      ]);
    }
  });

  test("liveness: an epoch that nobody recorded is issued without burns and cannot be given another record (M-02)", () => {
    const { at, network } = stage;
    stage.warpToEpoch(network.epoch + 1n);
    stage.price();
    stage.mintDataCredits(owner, 1_000_000n);
    const record = calls.epochRecordOf(at.dcConfig, stage.epoch);
    const issue = acts.issueEpoch(at, stage.payer, network.epoch);
    const own = calls.epochRecordOf(at.dcConfig, network.epoch);
    const swapped = {
      ...issue,
      keys: issue.keys.map((key) => (key.pubkey.equals(own) ? { ...key, pubkey: record } : key)),
    };
    stage.refuses("ConstraintSeeds", swapped as TransactionInstruction);
    stage.issue(network.epoch);
    expect(stage.read("rewards", "Epoch", calls.epochOf(at.distributor, network.epoch))).toMatchObject({
      burned: 0n,
      reissued: 0n,
    });
    stage.refuses("EpochNotNear", acts.openEpoch(at, stage.payer, network.epoch));
  });

  test("liveness: the longest schedule and the largest set of oracles that disagree fit what an instruction may use", async () => {
    const voters = Array.from({ length: 15 }, (_, index) => wallet(0xa_0000 + index).publicKey);
    const full = await newStage((plan) => ({
      ...plan,
      oracles: { oracles: voters, threshold: 11 },
      periods: Array.from({ length: 48 }, (_, index) => ({
        startEpoch: plan.firstEpoch + BigInt(index),
        epochs: 1,
        total: 1_000_000n,
      })),
    }));
    const { at, network, chain } = full;
    full.refuses(
      "TooManyPeriods",
      full.call("rewards", "appendPeriods", [[{ startEpoch: network.epoch + 99n, epochs: 1, total: 1n }]], {
        admin: network.admin,
      }),
    );
    full.warpToEpoch(network.epoch + 48n);
    for (let offset = 0n; offset < 48n; offset++)
      expect(chain.must(acts.issueEpoch(at, full.payer, network.epoch + offset)).units).toBeLessThan(100_000);
    const tuple = full.tuple(full.tree([{ wallet: full.holder, cumulative: 1n }]));
    for (const [index, oracle] of voters.entries()) {
      const other = { ...tuple, reportHash: new Uint8Array(32).fill(index + 1) };
      expect(chain.must(acts.voteRoot(at, oracle, network.epoch, 0, other)).units).toBeLessThan(80_000);
    }
    full.must(acts.openAttempt(at, full.payer, network.epoch, 1));
  });

  test("liveness: a longer average of burns does not stop the epochs", () => {
    const { network } = stage;
    const set = (averageEpochs: number, from: bigint) =>
      stage.call("rewards", "setIssueSettings", [{ ...network.plan.issue, averageEpochs, treasuryBps: 0 }, from], {
        admin: network.admin,
      });
    stage.must(set(1, stage.epoch + 1n));
    stage.warpToEpoch(network.epoch + 1n);
    stage.issue(network.epoch);
    stage.price();
    stage.mintDataCredits(owner, 1_000_000n);
    stage.must(set(7, stage.epoch + 1n));
    for (let offset = 1n; offset < 6n; offset++) {
      stage.warpToEpoch(network.epoch + offset + 1n);
      stage.issue(network.epoch + offset);
    }
    const books = stage.read<{ burned: bigint; reissued: bigint }>("rewards", "Distributor", stage.at.distributor);
    expect(books.burned).toBe(20n * ATOMS);
    expect(books.reissued).toBe(books.burned);
  });

  test("liveness: a full breaker and a paused guard delay a claim and lose nothing", async () => {
    const tight = await newStage((plan) => ({ ...plan, vaultLimit: 1_000n }));
    const wallet = tight.holder;
    const tree = tight.tree([
      { wallet, cumulative: 1_000n },
      { wallet: tight.network.holders[1]!, cumulative: 900n },
    ]);
    tight.settle(tight.network.epoch, tree);
    const before = tight.tokens(wallet);
    tight.must(...tight.claim(tree, tight.network.holders[1]!));
    tight.refuses("LimitExceeded", ...tight.claim(tree, wallet));
    tight.chain.now += DAY_S;
    const vault = calls.vaultOf(tight.at.distributor, tight.at.tokenMint);
    const guard = calls.guardOf(vault);
    tight.must(tight.call("guard", "pause", [], { guard, guardian: tight.network.guardian }));
    tight.refuses("Paused", ...tight.claim(tree, wallet));
    tight.refuses("NotTheAdmin", tight.call("guard", "unpause", [], { guard, admin: tight.network.guardian }));
    tight.must(tight.call("guard", "unpause", [], { guard, admin: tight.network.admin }));
    tight.must(...tight.claim(tree, wallet));
    expect(tight.tokens(wallet) - before).toBe(1_000n);
  });
});

describe("a wallet that nobody claimed for in long", () => {
  test("is paid in parts where it is owed more than the vault's limit, as the limit lets it, and never more than it is owed", async () => {
    const tight = await newStage((plan) => ({ ...plan, vaultLimit: 1_000n }));
    const [wallet, other] = [tight.holder, tight.network.holders[1]!];
    const tree = tight.tree([
      { wallet, cumulative: 2_500n },
      { wallet: other, cumulative: 100n },
    ]);
    tight.settle(tight.network.epoch, tree);
    const before = tight.tokens(wallet);
    const paid = () => tight.tokens(wallet) - before;
    tight.must(...tight.claim(tree, other));
    tight.must(...tight.claim(tree, wallet));
    expect(paid()).toBe(900n);
    tight.refuses("LimitExceeded", ...tight.claim(tree, wallet));
    tight.chain.now += DAY_S / 2n;
    tight.must(...tight.claim(tree, wallet));
    expect(paid()).toBe(1_400n);
    tight.chain.now += DAY_S;
    tight.must(...tight.claim(tree, wallet));
    expect(paid()).toBe(2_400n);
    // What is left is no more than the limit: whole, once there is room.
    tight.refuses("LimitExceeded", ...tight.claim(tree, wallet));
    tight.chain.now += DAY_S;
    tight.must(...tight.claim(tree, wallet));
    expect(paid()).toBe(2_500n);
    tight.chain.now += DAY_S;
    tight.refuses("NothingToClaim", ...tight.claim(tree, wallet));
  });
});

describe("roots", () => {
  test("rejects a veto in the second the window ends, in which it can be final", () => {
    const { epoch } = stage.network;
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    const approvedAt = stage.chain.now;
    stage.agree(epoch, 0, stage.tuple(treeOf(5n)));
    stage.chain.now = approvedAt + DAY_S - 1n;
    stage.refuses("VetoWindowOpen", acts.finalizeRoot(stage.at, epoch, 0));
    stage.chain.now += 1n;
    stage.refuses("VetoWindowOver", acts.vetoRoot(stage.at, stage.network.guardian, epoch, 0));
    stage.must(acts.finalizeRoot(stage.at, epoch, 0));
    stage.refuses("NotApproved", acts.vetoRoot(stage.at, stage.network.guardian, epoch, 0));
  });

  test("a clock that goes back makes nothing final early", () => {
    const { epoch } = stage.network;
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    stage.agree(epoch, 0, stage.tuple(treeOf(5n)));
    stage.chain.now -= 3_600n;
    stage.refuses("VetoWindowOpen", acts.finalizeRoot(stage.at, epoch, 0));
    stage.chain.now += DAY_S;
    stage.refuses("VetoWindowOpen", acts.finalizeRoot(stage.at, epoch, 0));
    stage.chain.now += 3_600n;
    stage.must(acts.finalizeRoot(stage.at, epoch, 0));
  });

  test("rejects every tuple that cannot be: below what is final, above what is issued, other parameters, malformed", () => {
    const { epoch, oracles } = stage.network;
    stage.settle(epoch, treeOf(500n));
    stage.warpToEpoch(epoch + 2n);
    stage.issue(epoch + 1n);
    const tuple = stage.tuple(treeOf(500n));
    const vote = (change: object) => acts.voteRoot(stage.at, oracles[0]!, epoch + 1n, 0, { ...tuple, ...change });
    stage.refuses("TotalBelowFinal", vote({ total: 499n }));
    stage.refuses("TotalAboveIssued", vote({ total: 2n ** 64n - 1n }));
    stage.refuses("ParameterMismatch", vote({ parameterHash: HASH }));
    stage.refuses("MalformedRoot", vote({ leafCount: 0 }));
    stage.refuses("MalformedRoot", vote({ leafCount: 2 ** 24 + 1 }));
    stage.refuses("MalformedRoot", vote({ rootHash: new Uint8Array(32) }));
    stage.refuses("MalformedRoot", vote({ reportHash: new Uint8Array(32) }));
    stage.refuses("NotAnOracle", acts.voteRoot(stage.at, owner, epoch + 1n, 0, tuple));
    stage.must(vote({}));
  });

  test("votes of a removed oracle count no more, in whatever state the attempt was (M-6-1)", () => {
    const { epoch, oracles, admin, plan } = stage.network;
    const tuple = stage.tuple(treeOf(5n));
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    stage.agree(epoch, 0, tuple);
    stage.must(stage.call("rewards", "rotateOracles", [plan.oracles], { admin }));
    stage.chain.now += DAY_S;
    stage.refuses("OracleSetChanged", acts.finalizeRoot(stage.at, epoch, 0));
    stage.must(acts.openAttempt(stage.at, stage.payer, epoch, 1));
    for (const oracle of oracles.slice(0, 3)) stage.must(acts.voteRoot(stage.at, oracle, epoch, 1, tuple));
    const others = { oracles: [oracles[0]!, oracles[1]!, oracles[3]!, oracles[4]!], threshold: 3 };
    stage.must(stage.call("rewards", "rotateOracles", [others], { admin }));
    stage.refuses("OracleSetChanged", acts.voteRoot(stage.at, oracles[3]!, epoch, 1, tuple));
    stage.refuses("NotAnOracle", acts.voteRoot(stage.at, oracles[2]!, epoch, 1, tuple));
    stage.must(acts.openAttempt(stage.at, stage.payer, epoch, 2));
    stage.refuses("AccountNotInitialized", acts.openAttempt(stage.at, stage.payer, epoch, 4));
  });

  test("nothing is final while the distributor is paused, and the guardian cannot end the pause", () => {
    const { epoch, guardian, admin } = stage.network;
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    stage.agree(epoch, 0, stage.tuple(treeOf(5n)));
    stage.must(stage.call("rewards", "pause", [], { guardian }));
    stage.chain.now += DAY_S;
    stage.refuses("Paused", acts.finalizeRoot(stage.at, epoch, 0));
    stage.refuses("Paused", acts.issueEpoch(stage.at, stage.payer, epoch + 1n));
    stage.refuses("NotTheAdmin", stage.call("rewards", "unpause", [], { admin: guardian }));
    stage.must(stage.call("rewards", "unpause", [], { admin }), acts.finalizeRoot(stage.at, epoch, 0));
  });
});

describe("authority", () => {
  const programs = [
    ["dataCredits", () => ({}), () => stage.network.admin],
    ["registry", () => ({}), () => stage.network.admin],
    ["rewards", () => ({}), () => stage.network.admin],
    ["guard", () => ({ guard: calls.guardOf(stage.at.tokenMint) }), () => stage.network.admin],
  ] as const;

  test.each(programs)(
    "%s changes its admin in two steps, and the old one is out at once",
    (program, accounts, adminOf) => {
      const [next, thief] = [stage.wallet(80), stage.wallet(81)];
      const admin = adminOf();
      const propose = (by: PublicKey, who: PublicKey | null) =>
        stage.call(program, "proposeAdmin", [who], { ...accounts(), admin: by });
      const accept = (by: PublicKey) => stage.call(program, "acceptAdmin", [], { ...accounts(), newAdmin: by });
      stage.refuses("NotTheAdmin", propose(thief, thief));
      stage.refuses("NotTheProposedAdmin", accept(thief));
      stage.must(propose(admin, next));
      stage.refuses("NotTheProposedAdmin", accept(thief));
      stage.must(propose(admin, null));
      stage.refuses("NotTheProposedAdmin", accept(next));
      stage.must(propose(admin, next), accept(next));
      stage.refuses("NotTheAdmin", propose(admin, admin));
      stage.refuses("NotTheProposedAdmin", accept(next));
    },
  );

  test("a guardian may pause and nothing else", () => {
    const { guardian, plan } = stage.network;
    const asAdmin = { admin: guardian };
    stage.refuses("NotTheAdmin", stage.call("rewards", "rotateOracles", [plan.oracles], asAdmin));
    stage.refuses("NotTheAdmin", stage.call("dataCredits", "setParameters", [plan.dataCredits], asAdmin));
    stage.refuses("NotTheAdmin", stage.call("registry", "setParameters", [HASH, stage.epoch + 1n], asAdmin));
    const limits = { limit: 1n, windowS: 1, guardian };
    const guard = calls.guardOf(stage.at.tokenMint);
    stage.refuses("NotTheAdmin", stage.call("guard", "setLimits", [limits], { guard, ...asAdmin }));
    stage.must(stage.call("dataCredits", "pause", [], { guardian }));
    stage.refuses("NotTheAdmin", stage.call("dataCredits", "unpause", [], asAdmin));
    stage.refuses("Paused", stage.call("dataCredits", "pause", [], { guardian }));
  });

  test("parameters take effect in a later epoch only, and never with a hash of nothing", () => {
    const { admin } = stage.network;
    const set = (hash: Uint8Array, from: bigint) => stage.call("registry", "setParameters", [hash, from], { admin });
    stage.refuses("EpochNotInTheFuture", set(HASH, stage.epoch));
    stage.refuses("EpochNotInTheFuture", set(HASH, 0n));
    stage.refuses("ZeroHash", set(new Uint8Array(32), stage.epoch + 1n));
    stage.must(set(HASH, stage.epoch + 1n));
  });

  test("programs of a test chain have no upgrade authority", () => {
    // Loader state: 4 bytes of kind, then the address of the program's data; there: kind, slot, then the authority as an option.
    const data = stage.chain.programData("rewards");
    expect(data.readUInt32LE(0)).toBe(3);
    expect(data[12]).toBe(0);
  });
});

describe("governance", () => {
  let voter: PublicKey;
  let position: PublicKey;
  const proposal = (id: bigint) => calls.proposalOf(stage.at.gov, id);
  const role = () => ({ position, owner: voter, payer: stage.payer });
  const change = () =>
    stage.call("governance", "setRules", [stage.network.plan.governance], { authority: stage.at.gov });
  const lockUp = (id: bigint, amount: bigint, lock: object) =>
    stage.call("governance", "lock", [id, amount, lock], {
      position: calls.positionOf(stage.at.gov, voter, id),
      owner: voter,
      from: calls.tokenAccount(stage.at, voter),
      payer: stage.payer,
    });
  const propose = (id: bigint, hash: Uint8Array) =>
    stage.call("governance", "propose", [id, hash, HASH], { ...role(), proposal: proposal(id) });
  const vote = (id: bigint, choice: object = { yes: {} }) =>
    stage.call("governance", "vote", [choice], {
      ...role(),
      proposal: proposal(id),
      vote: calls.voteOf(proposal(id), position),
    });
  const move = (name: string, id: bigint) => stage.call("governance", name, [], { proposal: proposal(id) });

  beforeEach(() => {
    voter = stage.network.holders[1]!;
    position = calls.positionOf(stage.at.gov, voter, 1n);
    stage.must(lockUp(1n, 900_000n * ATOMS, { constant: { seconds: 86_400 * 365 * 4 } }));
    stage.chain.now += DAY_S;
  });

  test("rejects votes before the next epoch's weight, after the end, twice, and with another's position (H-5-3)", () => {
    stage.must(propose(0n, HASH));
    const end = stage.chain.now + 7n * DAY_S;
    stage.must(lockUp(2n, 50_000n * ATOMS, { constant: { seconds: 86_400 * 365 } }));
    const late = calls.positionOf(stage.at.gov, voter, 2n);
    const lateVote = stage.call("governance", "vote", [{ no: {} }], {
      ...role(),
      position: late,
      proposal: proposal(0n),
      vote: calls.voteOf(proposal(0n), late),
    });
    stage.chain.now += DAY_S;
    stage.refuses("NoWeight", lateVote);
    const foreign = { ...role(), owner, proposal: proposal(0n), vote: calls.voteOf(proposal(0n), position) };
    stage.refuses("NotTheOwner", stage.call("governance", "vote", [{ no: {} }], foreign));
    stage.must(vote(0n));
    stage.refuses("account already in use", vote(0n, { no: {} }));
    stage.chain.now = end - 1n;
    stage.refuses("VoteOpen", move("finalizeProposal", 0n));
    stage.chain.now = end;
    stage.refuses("VoteOver", lateVote);
    stage.must(move("finalizeProposal", 0n));
  });

  test("rejects execution before the delay, after its time, twice, and of anything else", () => {
    stage.must(propose(0n, instructionHash([change()])), vote(0n));
    stage.refuses("WrongState", move("queueProposal", 0n));
    stage.chain.now += 7n * DAY_S;
    stage.must(move("finalizeProposal", 0n), move("queueProposal", 0n));
    stage.chain.now += 2n * DAY_S - 1n;
    stage.refuses("TooEarly", execute(stage.at, 0n, [change()]));
    stage.chain.now += 1n;
    const other = stage.call("registry", "setParameters", [HASH, 10n ** 6n], { admin: stage.at.gov });
    stage.refuses("InstructionMismatch", execute(stage.at, 0n, [other]));
    stage.refuses(
      "NotGovernance",
      stage.call("governance", "setRules", [stage.network.plan.governance], { authority: voter }),
    );
    stage.chain.now += 7n * DAY_S;
    stage.refuses("TooLate", execute(stage.at, 0n, [change()]));
    stage.chain.now -= 1n;
    stage.must(execute(stage.at, 0n, [change()]));
    stage.refuses("WrongState", execute(stage.at, 0n, [change()]));
  });

  test("the rules a proposal was made under hold for it to its end, whatever passes meanwhile", () => {
    const { governance: rules } = stage.network.plan;
    const stricter = {
      ...rules,
      quorum: 2n ** 63n,
      voteSeconds: 1,
      timelockSeconds: 1,
      maxLockSeconds: 2 * rules.maxLockSeconds,
    };
    const tighten = stage.call("governance", "setRules", [stricter], { authority: stage.at.gov });
    stage.must(propose(0n, instructionHash([tighten])), vote(0n));
    stage.chain.now += (5n * DAY_S) / 2n;
    stage.must(propose(1n, instructionHash([change()])));
    stage.chain.now += (9n * DAY_S) / 2n;
    stage.must(move("finalizeProposal", 0n), move("queueProposal", 0n));
    stage.chain.now += 2n * DAY_S;
    stage.must(execute(stage.at, 0n, [tighten]));

    // Under the new rules the lock would count half and never reach the quorum, and the vote would be over.
    stage.must(vote(1n));
    expect(stage.read<{ yes: bigint }>("governance", "Proposal", proposal(1n)).yes).toBe(900_000n * ATOMS);
    stage.chain.now += DAY_S / 2n;
    stage.must(move("finalizeProposal", 1n), move("queueProposal", 1n));
    stage.refuses("TooEarly", execute(stage.at, 1n, [change()]));
    stage.chain.now += 2n * DAY_S;
    stage.must(execute(stage.at, 1n, [change()]));
  });

  test("remaining accounts: rejects more, fewer, others, in another order, and with other rights", () => {
    stage.must(propose(0n, instructionHash([change()])), vote(0n));
    stage.chain.now += 7n * DAY_S;
    stage.must(move("finalizeProposal", 0n), move("queueProposal", 0n));
    stage.chain.now += 2n * DAY_S;
    const honest = () => execute(stage.at, 0n, [change()]);
    const fixed = 4;
    const with_ = (edit: (rest: TransactionInstruction["keys"]) => TransactionInstruction["keys"]) => {
      const instruction = honest();
      return Object.assign(instruction, {
        keys: [...instruction.keys.slice(0, fixed), ...edit(instruction.keys.slice(fixed))],
      });
    };
    stage.refuses(
      "MalformedInstructions",
      with_((rest) => [...rest, rest[0]!]),
    );
    stage.refuses(
      "MalformedInstructions",
      with_((rest) => rest.slice(0, -1)),
    );
    stage.refuses(
      "InstructionMismatch",
      with_(([a, b, ...rest]) => [b!, a!, ...rest]),
    );
    stage.refuses(
      "InstructionMismatch",
      with_((rest) => rest.map((key) => ({ ...key, pubkey: rest[0]!.pubkey }))),
    );
    stage.refuses(
      "InstructionMismatch",
      with_(([, ...rest]) => [{ pubkey: owner, isSigner: false, isWritable: false }, ...rest]),
    );
    stage.must(honest());
  });

  test("rejects withdrawing before the end, with votes that are not released, and into the locks", () => {
    stage.must(lockUp(3n, 10n * ATOMS, { cliff: { end: stage.chain.now + 8n * DAY_S } }));
    const short = calls.positionOf(stage.at.gov, voter, 3n);
    stage.chain.now += DAY_S;
    stage.must(propose(0n, HASH));
    const ballot = calls.voteOf(proposal(0n), short);
    stage.must(
      stage.call("governance", "vote", [{ abstain: {} }], {
        ...role(),
        position: short,
        proposal: proposal(0n),
        vote: ballot,
      }),
    );
    const withdraw = (to = calls.tokenAccount(stage.at, voter)) =>
      stage.call("governance", "withdraw", [], { position: short, owner: voter, to });
    stage.chain.now += 7n * DAY_S - 1n;
    stage.refuses("StillLocked", withdraw());
    stage.chain.now += 1n;
    stage.refuses("VotesActive", withdraw());
    const release = stage.call("governance", "releaseVote", [], {
      proposal: proposal(0n),
      position: short,
      vote: ballot,
      rentPayer: stage.payer,
    });
    stage.must(release);
    const before = stage.tokens(voter);
    stage.must(withdraw());
    expect(stage.tokens(voter) - before).toBe(10n * ATOMS);
    stage.refuses("AccountNotInitialized", withdraw());
  });

  test("the books of locks move with the tokens (H-5-1), and locks only grow", () => {
    const topUp = (amount: bigint) =>
      stage.call("governance", "topUp", [amount], {
        position,
        owner: voter,
        from: calls.tokenAccount(stage.at, voter),
      });
    stage.must(topUp(5n));
    const locks = calls.call(stage.at, "governance", "topUp", [1n], {
      position,
      owner: voter,
      from: calls.tokenAccount(stage.at, voter),
    }).keys[4]!.pubkey;
    const { locked } = stage.read<{ locked: bigint }>("governance", "Gov", stage.at.gov);
    expect([locked, stage.chain.tokens(locks)]).toEqual([900_000n * ATOMS + 5n, 900_000n * ATOMS + 5n]);
    stage.refuses("ZeroAmount", topUp(0n));
    stage.refuses("token InsufficientFunds", topUp(10n ** 15n));
    const extend = (lock: object) => stage.call("governance", "extend", [lock], { position, owner: voter });
    stage.refuses("LockShortened", extend({ constant: { seconds: 86_400 * 365 } }));
    stage.refuses("LockShortened", extend({ cliff: { end: stage.chain.now + 4n * 365n * DAY_S } }));
    stage.refuses("LockOutOfRange", extend({ constant: { seconds: 2 ** 32 - 1 } }));
    stage.refuses("LockOutOfRange", extend({ cliff: { end: 2n ** 62n } }));
  });

  test("rejects proposals out of order, without weight, of nothing, and their cancelling by others", () => {
    stage.refuses("WrongProposalNumber", propose(1n, HASH));
    stage.refuses("ZeroHash", propose(0n, new Uint8Array(32)));
    stage.must(propose(0n, HASH));
    stage.refuses(
      "NotTheProposer",
      stage.call("governance", "cancelProposal", [], { proposal: proposal(0n), proposer: owner }),
    );
    stage.must(stage.call("governance", "cancelProposal", [], { proposal: proposal(0n), proposer: voter }));
    stage.refuses(
      "WrongState",
      stage.call("governance", "cancelProposal", [], { proposal: proposal(0n), proposer: voter }),
    );
    stage.refuses("VoteOver", vote(0n));
  });
});

test("cross-version: an older final root proves nothing once there is a later one", () => {
  const { epoch } = stage.network;
  const [older, newer] = [treeOf(500n), treeOf(800n)];
  stage.settle(epoch, older);
  stage.settle(epoch + 1n, newer);
  stage.refuses("WrongRoot", ...stage.claim(older, owner));
  stage.must(...stage.claim(newer, owner));
  stage.refuses("NothingToClaim", ...stage.claim(older, owner));
});

test("rejects a log head twice an interval, a log that shrinks or forks, and keys that are none", () => {
  const oracle = stage.network.oracles[0]!;
  const logHeads = calls.logHeadsOf(stage.at.distributor, oracle);
  const open = (key: Uint8Array) => stage.call("rewards", "openLog", [key], { logHeads, oracle, payer: stage.payer });
  const head = (length: bigint, byte: number) =>
    stage.call("rewards", "recordLogHead", [length, new Uint8Array(32).fill(byte)], { logHeads, oracle });
  stage.refuses("BadIngestKey", open(new Uint8Array(33)));
  stage.refuses("BadIngestKey", open(Uint8Array.from([0xed, 1, ...new Uint8Array(31)])));
  stage.must(open(Uint8Array.from([0xed, ...oracle.toBytes()])), head(10n, 1));
  stage.refuses("HeadAlreadyRecorded", head(11n, 2));
  stage.chain.now += 3_600n;
  stage.refuses("LogForked", head(9n, 2));
  stage.refuses("LogForked", head(10n, 2));
  stage.must(head(10n, 1));
});
