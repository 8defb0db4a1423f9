/** The numbers of Ed25519's curve, -x^2 + y^2 = 1 + d x^2 y^2 modulo p (RFC 8032, 5.1). */
export const ED25519_P = (1n << 255n) - 19n;
export const ED25519_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
/** L, the order of the base point. */
export const ED25519_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
