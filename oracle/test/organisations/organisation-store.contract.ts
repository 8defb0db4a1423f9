/** Organisations in a store as tests; SQLite and PostgreSQL run it. */
import { keyToText } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { dueAlerts, latestAlerts, noteBalance, noteTry, watchedWallets } from "../../src/organisations/alert-table.ts";
import { apiKeyId } from "../../src/organisations/api-key.ts";
import { refusal } from "../../src/organisations/organisation.ts";
import {
  addApiKey,
  apiKeysOf,
  type ChangeAsked,
  changeOrganisation,
  dissolveOrganisation,
  dropApiKey,
  dropMember,
  journalOf,
  nameOrganisation,
  organisationOf,
  putMember,
  putWebhook,
  walletOfApiKey,
} from "../../src/organisations/organisation-table.ts";
import { allRoutes, dropRoute, putRoute } from "../../src/organisations/route-table.ts";
import type { Store, Tx } from "../../src/ports/store.ts";
import { readRoute } from "../../src/routes/route-definition.ts";
import { openStore } from "../../src/store/open-store.ts";
import { routeBody, routeKey } from "./people.ts";

const NOW_MS = 1_800_000_000_000;
const MOST = 9_000_000_000_000_000_000n;

export interface OrganisationStoreContract {
  readonly name: string;
  /** URL of a new, empty database. */
  readonly makeUrl: () => Promise<string>;
}

export function testOrganisationStore({ name, makeUrl }: OrganisationStoreContract, skipReason?: string): void {
  const withStore = async (run: (store: Store) => Promise<void>) => {
    const store = await openStore(await makeUrl());
    try {
      await run(store);
    } finally {
      await store.close();
    }
  };
  const asked = (revision: number, change: Partial<ChangeAsked> = {}): ChangeAsked => ({
    wallet: "W",
    signer: "W",
    revision,
    routeKeys: ["K"],
    role: "editor",
    what: "PUT something",
    nowMs: NOW_MS + revision,
    ...change,
  });
  const found = (store: Store, wallet = "W", name = "Air") =>
    changeOrganisation(
      store,
      asked(0, { wallet, signer: wallet }),
      async (tx, organisation) => nameOrganisation(tx, organisation, name),
      true,
    );
  const change = (
    store: Store,
    revision: number,
    work: (tx: Tx) => Promise<unknown>,
    more: Partial<ChangeAsked> = {},
  ) => changeOrganisation(store, asked(revision, more), work);
  const route = (routeId: number) =>
    readRoute(routeBody({ routeId, payer: keyToText(routeKey.publicKey), joinEuis: ["70b3d57ed0000001"] }));

  describe.skipIf(skipReason !== undefined)(
    `organisations on ${name}${skipReason === undefined ? "" : ` (${skipReason})`}`,
    () => {
      test("there is none before it is founded, and then it is what was said, under revision 1", () =>
        withStore(async (store) => {
          const none = { wallet: "W", name: null, revision: 0, members: [], webhook: null };
          expect(await organisationOf(store, "W")).toEqual(none);
          expect(await change(store, 0, async () => null)).toMatchObject({ code: "not_found" });
          expect(await found(store)).toMatchObject({ status: "changed", revision: 1 });
          expect(await organisationOf(store, "W")).toEqual({ ...none, name: "Air", revision: 1 });
          expect(await journalOf(store, "W", 9)).toEqual([
            { revision: 1, signer: "W", changedMs: NOW_MS, what: "PUT something" },
          ]);
        }));

      test("a change counts once: sent again, or made for an older revision, it changes nothing", () =>
        withStore(async (store) => {
          await found(store);
          const add = (revision: number, member: string) =>
            change(store, revision, (tx) => putMember(tx, "W", { member, role: "viewer", name: "m" }));
          expect(await add(1, "A")).toMatchObject({ status: "changed", revision: 2 });
          for (const revision of [0, 1, 3]) {
            expect(await add(revision, "B")).toEqual(refusal("stale_revision", 2, revision));
          }
          expect((await organisationOf(store, "W")).members.map(({ member }) => member)).toEqual(["A"]);
          expect(await found(store)).toMatchObject({ code: "stale_revision" });
        }));

      test("of changes that race for a revision exactly one counts", () =>
        withStore(async (store) => {
          await found(store);
          const answers = await Promise.all(
            Array.from({ length: 8 }, (_, at) =>
              change(store, 1, (tx) => putMember(tx, "W", { member: `M${at}`, role: "viewer", name: "m" })),
            ),
          );
          expect(answers.filter(({ status }) => status === "changed")).toHaveLength(1);
          const { members, revision } = await organisationOf(store, "W");
          expect([members.length, revision]).toEqual([1, 2]);
        }));

      test("who may: the wallet everything, route keys and editors what editors may, viewers and strangers nothing", () =>
        withStore(async (store) => {
          await found(store);
          const put = (member: string, role: "viewer" | "editor") => (tx: Tx) =>
            putMember(tx, "W", { member, role, name: member });
          await change(store, 1, put("V", "viewer"));
          await change(store, 2, put("E", "editor"));
          const tried = async (signer: string, role: "editor" | "owner") => {
            const { revision } = await organisationOf(store, "W");
            return (await change(store, revision, async () => null, { signer, role })).status;
          };
          const answers: string[] = [];
          for (const signer of ["W", "K", "E", "V", "S"]) {
            for (const role of ["editor", "owner"] as const)
              answers.push(`${signer} ${role} ${await tried(signer, role)}`);
          }
          expect(answers).toEqual([
            "W editor changed",
            "W owner changed",
            "K editor changed",
            "K owner refused",
            "E editor changed",
            "E owner refused",
            "V editor refused",
            "V owner refused",
            "S editor refused",
            "S owner refused",
          ]);
        }));

      test("what a change throws or refuses leaves nothing behind", () =>
        withStore(async (store) => {
          await found(store);
          const failing = change(store, 1, async (tx) => {
            await putMember(tx, "W", { member: "M", role: "viewer", name: "m" });
            throw new Error("on the way");
          });
          await expect(failing).rejects.toThrow("on the way");
          expect(await change(store, 1, async () => refusal("limit_reached", 1, 2))).toMatchObject({
            code: "limit_reached",
          });
          expect(await organisationOf(store, "W")).toMatchObject({ revision: 1, members: [] });
          expect(await journalOf(store, "W", 9)).toHaveLength(1);
        }));

      test("members come, change and go", () =>
        withStore(async (store) => {
          await found(store);
          await change(store, 1, (tx) => putMember(tx, "W", { member: "M", role: "viewer", name: "Ada" }));
          await change(store, 2, (tx) => putMember(tx, "W", { member: "M", role: "editor", name: "Ada L." }));
          expect((await organisationOf(store, "W")).members).toEqual([{ member: "M", role: "editor", name: "Ada L." }]);
          const gone = (revision: number) => change(store, revision, (tx) => dropMember(tx, "W", "M"));
          expect(await gone(3)).toMatchObject({ value: true });
          expect(await gone(4)).toMatchObject({ value: false });
        }));

      test("routes are kept by number and owner, whole, and go when they are withdrawn", () =>
        withStore(async (store) => {
          await found(store);
          const first = route(2 ** 32 - 1);
          const second = route(2 ** 31);
          if (first.status === "refused" || second.status === "refused")
            throw new Error(JSON.stringify([first, second]));
          await change(store, 1, (tx) => putRoute(tx, "W", first));
          await change(store, 2, (tx) => putRoute(tx, "W", second));
          const kept = await allRoutes(store);
          expect(kept).toEqual([second, first].map(({ route, ranges }) => ({ route, ranges, wallet: "W" })));
          const dropped = (wallet: string) => store.transaction((tx) => dropRoute(tx, wallet, 2 ** 31));
          expect([await dropped("X"), await dropped("W"), await dropped("W")]).toEqual([false, true, false]);
          expect(await allRoutes(store)).toHaveLength(1);
        }));

      test("an API key is found by its hash until it ends or is revoked", () =>
        withStore(async (store) => {
          await found(store);
          const hash = new Uint8Array(32).fill(200);
          const key = { name: "billing", createdMs: NOW_MS, expiresMs: NOW_MS + 1000 };
          await change(store, 1, (tx) => addApiKey(tx, "W", hash, key));
          expect(await apiKeysOf(store, "W")).toEqual([{ ...key, id: apiKeyId(hash) }]);
          expect(await walletOfApiKey(store, hash, NOW_MS + 999)).toBe("W");
          expect(await walletOfApiKey(store, hash, NOW_MS + 1000)).toBeUndefined();
          expect(await walletOfApiKey(store, new Uint8Array(32).fill(201), NOW_MS)).toBeUndefined();
          expect(await store.transaction((tx) => dropApiKey(tx, "X", apiKeyId(hash)))).toBe(false);
          expect(await store.transaction((tx) => dropApiKey(tx, "W", apiKeyId(hash)))).toBe(true);
          expect(await walletOfApiKey(store, hash, NOW_MS)).toBeUndefined();
        }));

      test("a dissolved one has nothing left but its journal, and its revision goes on", () =>
        withStore(async (store) => {
          await found(store);
          const hash = new Uint8Array(32).fill(1);
          const secret = new Uint8Array(32);
          await change(store, 1, async (tx) => {
            await putMember(tx, "W", { member: "M", role: "viewer", name: "m" });
            await addApiKey(tx, "W", hash, { name: "k", createdMs: NOW_MS, expiresMs: NOW_MS + 9e9 });
            await putWebhook(tx, "W", { url: "https://a.example/", below: 5n, secret });
          });
          await noteBalance(store, "W", 1n, "a1", NOW_MS);
          await change(store, 2, (tx) => dissolveOrganisation(tx, "W"), { role: "owner" });
          const gone = { wallet: "W", name: null, revision: 3, members: [], webhook: null };
          expect(await organisationOf(store, "W")).toEqual(gone);
          expect([await apiKeysOf(store, "W"), await walletOfApiKey(store, hash, NOW_MS)]).toEqual([[], undefined]);
          expect([await watchedWallets(store), await dueAlerts(store, NOW_MS)]).toEqual([[], []]);
          expect(await journalOf(store, "W", 2)).toMatchObject([{ revision: 3 }, { revision: 2 }]);
          expect(await found(store)).toMatchObject({ code: "stale_revision" });
          const again = changeOrganisation(
            store,
            asked(3),
            async (tx, one) => nameOrganisation(tx, one, "Air 2"),
            true,
          );
          expect(await again).toMatchObject({ revision: 4 });
        }));

      test("a warning is found once a crossing, tried until it is taken, and withdrawn when the balance rises", () =>
        withStore(async (store) => {
          await found(store);
          const secret = new Uint8Array(32).fill(7);
          await change(store, 1, (tx) => putWebhook(tx, "W", { url: "https://a.example/", below: MOST, secret }));
          expect((await organisationOf(store, "W")).webhook).toEqual({ url: "https://a.example/", below: MOST });
          expect(await watchedWallets(store)).toEqual(["W"]);
          const note = (balance: bigint, id: string) => noteBalance(store, "W", balance, id, NOW_MS);
          expect(await note(MOST, "a0")).toBe(false);
          expect(await note(MOST - 1n, "a1")).toBe(true);
          expect(await note(0n, "a2")).toBe(false);
          expect(await dueAlerts(store, NOW_MS)).toMatchObject([
            { id: "a1", balance: MOST - 1n, below: MOST, name: "Air", url: "https://a.example/", attempts: 0, secret },
          ]);
          await noteTry(store, "a1", { problem: "status 500", nextMs: NOW_MS + 10 });
          expect(await dueAlerts(store, NOW_MS + 9)).toEqual([]);
          expect(await dueAlerts(store, NOW_MS + 10)).toMatchObject([{ attempts: 1, problem: "status 500" }]);
          await noteTry(store, "a1", "delivered");
          expect(await dueAlerts(store, NOW_MS + 99)).toEqual([]);
          expect(await note(MOST, "a3")).toBe(false);
          expect(await note(1n, "a4")).toBe(true);
          expect(await note(MOST, "a5")).toBe(false);
          await noteTry(store, "a4", "delivered");
          expect(await note(1n, "a6")).toBe(true);
          await noteTry(store, "a6", { problem: "refused", nextMs: null });
          const states = (await latestAlerts(store, "W", 9)).map(({ id, state }) => `${id} ${state}`);
          expect(states).toEqual(["a1 delivered", "a4 withdrawn", "a6 given up"]);
        }));

      test("a webhook that is set anew tells a balance that is low already, and nothing that waited for the old one", () =>
        withStore(async (store) => {
          await found(store);
          const hook = { url: "https://a.example/", below: 5n, secret: new Uint8Array(32) };
          await change(store, 1, (tx) => putWebhook(tx, "W", hook));
          await noteBalance(store, "W", 1n, "a1", NOW_MS);
          await change(store, 2, (tx) => putWebhook(tx, "W", { ...hook, url: "https://b.example/" }));
          expect(await dueAlerts(store, NOW_MS)).toEqual([]);
          expect(await noteBalance(store, "W", 1n, "a2", NOW_MS)).toBe(true);
          expect(await dueAlerts(store, NOW_MS)).toMatchObject([{ id: "a2", url: "https://b.example/" }]);
        }));
    },
  );
}
