/** Whether this Bun is the one the tree was made for: the same minor version, and not an earlier one of it. */

/** What is wrong, in one sentence that says what to do; null where nothing is. `wanted` is package.json's packageManager. */
export function bunVersionFault(version: string, wanted: string): string | null {
  const [own, ours] = [version, wanted.replace(/^bun@/, "")].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const isOurs = own[0] === ours[0] && own[1] === ours[1] && own[2] >= ours[2];
  if (isOurs) return null;
  const newest = wanted.replace(/^bun@/, "");
  return `Earshot runs on Bun ${newest} and this is Bun ${version}: put "npx -y bun@${newest}" in the place of "bun".`;
}
