/** Reads numerics from their canonical text. */

/** The coefficient and scale of a finite numeric; undefined for NaN and the infinities. */
export function decimalFromText(
  text: string,
): { readonly coefficient: bigint; readonly scale: number } | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = parts
  return { coefficient: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length }
}
