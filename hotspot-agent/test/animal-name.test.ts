import { expect, test } from "vitest";
import { animalName } from "../src/animal-name.ts";

test("names a key as Helium does", () => {
  // The example in the README of angry-purple-tiger.
  expect(animalName("112CuoXo7WCcp6GGwDNBo6H5nKXGH45UNJ39iEefdv2mwmnwdFt8")).toBe("Feisty Glass Dalmatian");
});
