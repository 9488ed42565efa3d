/** Sizes in source files: `10GB`, `1TiB`, or a number of bytes. */

const UNITS: Readonly<Record<string, number>> = { B: 1, MB: 1e6, GB: 1e9, TB: 1e12, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } // prettier-ignore

/** Reads a size; undefined when it is none. */
export function bytesOf(value: unknown): number | undefined {
  const match = /^(\d+) ?(B|MB|GB|TB|MiB|GiB|TiB)?$/.exec(String(value))
  return match ? Number(match[1]) * UNITS[match[2] ?? 'B']! : undefined
}
