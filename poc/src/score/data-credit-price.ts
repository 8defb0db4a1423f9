/**
 * What one data credit is worth in the network's base units at an epoch's recorded price, as an exact ratio.
 *
 * The chain records the token's price in 1e-8 USD, and the parameters the data credit's fixed value in the same unit (1000,
 * that is $0.00001). Nothing is rounded here: whoever pays rounds down. Refuses a price of zero.
 */
import { pocError } from "../errors.ts";

/** `dataCredits` data credits are worth `atoms` base units: an exact price. Both at least 1. */
export interface DataCreditPrice {
  readonly atoms: bigint;
  readonly dataCredits: bigint;
}

/** Price of a data credit from the token's. All in integers: 1e-8 USD a token, base units a token, 1e-8 USD a data credit. */
export function dataCreditPrice(tokenUsdE8: bigint, atomsPerToken: bigint, dataCreditUsdE8: bigint): DataCreditPrice {
  const price = { atoms: dataCreditUsdE8 * atomsPerToken, dataCredits: tokenUsdE8 };
  checkDataCreditPrice(price);
  return price;
}

/** Throws POC_BAD_AMOUNT unless both terms of the price are at least 1. */
export function checkDataCreditPrice(price: DataCreditPrice): void {
  if (price.atoms < 1n || price.dataCredits < 1n) {
    throw pocError("POC_BAD_AMOUNT", `a data credit cannot be worth ${price.atoms} / ${price.dataCredits} base units`);
  }
}
