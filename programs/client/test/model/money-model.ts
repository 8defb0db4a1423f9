/** Tokens and data credits as they should be: who holds what, and what was ever made and burnt. Base units. */
export class MoneyModel {
  /** By wallet index. */
  readonly tokens: bigint[];
  readonly dataCredits: bigint[];
  tokenSupply: bigint;
  dcSupply = 0n;
  vault = 0n;
  treasury = 0n;

  constructor(tokens: readonly bigint[]) {
    this.tokens = [...tokens];
    this.dataCredits = tokens.map(() => 0n);
    this.tokenSupply = tokens.reduce((sum, amount) => sum + amount, 0n);
  }
}
