/** docs/reference/instructions.md: every instruction of the programs, who may call it, what it takes, and every error, from the IDLs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GENERATED_NOTE } from "./generated-note.ts";

const artifacts = join(import.meta.dirname, "../../programs/artifacts");
const PROGRAMS = ["guard", "registry", "data_credits", "rewards", "governance"] as const;
const AUTHORITY = "### Authority: ";

interface IdlShape {
  readonly address: string;
  readonly instructions: readonly {
    readonly name: string;
    readonly docs?: readonly string[];
    readonly args: readonly { readonly name: string }[];
  }[];
  readonly errors: readonly { readonly code: number; readonly name: string; readonly msg?: string }[];
}

export function instructionTable(): string {
  const lines = [
    "# Instructions and errors of the programs",
    "",
    GENERATED_NOTE,
    "",
    "Accounts with their fields and units are in `programs/client/src/generated`; what the authorities are is in programs/README.md.",
    "",
  ];
  for (const program of PROGRAMS) lines.push(...sectionOf(program));
  return `${lines.join("\n").trimEnd()}\n`;
}

function sectionOf(program: string): string[] {
  const idl = JSON.parse(readFileSync(join(artifacts, `${program}.json`), "utf8")) as IdlShape;
  return [
    `## ${program}`,
    "",
    `\`${idl.address}\``,
    "",
    "| instruction | arguments | who may | what it does |",
    "|---|---|---|---|",
    ...idl.instructions.map(({ name, docs, args }) => {
      const authority = docs?.find((line) => line.startsWith(AUTHORITY));
      if (docs === undefined || authority === undefined)
        throw new Error(`${program}.${name} says nothing of its authority`);
      const text = docs.slice(0, docs.indexOf(authority)).join(" ").trim();
      const taken = args.map((arg) => `\`${arg.name}\``).join(", ");
      return `| \`${name}\` | ${taken} | ${authority.slice(AUTHORITY.length)} | ${text} |`;
    }),
    "",
    "| error | name | meaning |",
    "|---|---|---|",
    ...idl.errors.map(({ code, name, msg }) => `| ${code} | \`${name}\` | ${msg ?? name} |`),
    "",
  ];
}
