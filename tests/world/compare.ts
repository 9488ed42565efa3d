/** Runs a statement on the oracle and on Tributary and says where the answers differ. */
import pg from 'pg'

/** What a statement gave: names, type OIDs and text values, or the SQLSTATE it failed with. */
export interface Answer {
  readonly names: readonly string[]
  /** OIDs; the names of types that are not PostgreSQL's own, whose OIDs are a matter of chance. */
  readonly types: readonly (number | string)[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly error?: { readonly code: string; readonly message: string }
}

const TEXT = { getTypeParser: () => (value: string) => value }

/** Runs a statement and keeps values as the text the server sent. */
export async function answerOf(
  client: pg.Client,
  sql: string,
  values?: readonly (string | null)[],
): Promise<Answer> {
  try {
    const result = await client.query<(string | null)[]>({
      ...{ text: sql, rowMode: 'array', types: TEXT },
      ...(values === undefined ? {} : { values: [...values] }),
    })
    const types: (number | string)[] = []
    for (const field of result.fields) types.push(await typeOf(client, field.dataTypeID))
    return {
      names: result.fields.map((field) => field.name),
      types,
      rows: result.rows,
    }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    const { code = '', message } = error
    return { names: [], types: [], rows: [], error: { code, message } }
  }
}

const namesOfTypes = new WeakMap<pg.Client, Map<number, string>>()

/** Looks a type up as drivers do: by its OID in pg_type. */
async function typeOf(client: pg.Client, oid: number): Promise<number | string> {
  if (oid < 16_384) return oid
  const names = namesOfTypes.get(client) ?? new Map<number, string>()
  namesOfTypes.set(client, names)
  const known = names.get(oid)
  if (known !== undefined) return known
  const { rows } = await client.query<{ name: string }>(
    'SELECT concat(typname, typtype) AS name FROM pg_type WHERE oid = $1',
    [oid],
  )
  const name = rows[0]?.name ?? `no type ${oid}`
  names.set(oid, name)
  return name
}

/** The counts of a LIMIT; null: no bound. */
export interface Cut {
  readonly limit: number | null
  readonly offset: number
}

/**
 * Describes the first difference, or undefined when the answers agree. Unordered answers compare as multisets. With a `cut`, `expected` is
 * the answer without the LIMIT, of which as many rows must come as it leaves, whichever.
 */
export function differenceOf(
  expected: Answer,
  actual: Answer,
  options: { readonly ordered: boolean; readonly cut?: Cut | undefined },
): string | undefined {
  if (expected.error !== undefined || actual.error !== undefined) {
    if (expected.error?.code === actual.error?.code) return undefined
    const say = (answer: Answer): string =>
      answer.error === undefined
        ? `${answer.rows.length} rows`
        : `${answer.error.code} ${answer.error.message}`
    return `expected ${say(expected)}, got ${say(actual)}`
  }
  if (expected.names.join('|') !== actual.names.join('|')) {
    return `column names: expected ${expected.names.join(', ')}, got ${actual.names.join(', ')}`
  }
  if (expected.types.join() !== actual.types.join()) {
    return `column types: expected ${expected.types.join(', ')}, got ${actual.types.join(', ')}`
  }
  const text = (row: readonly (string | null)[]): string => JSON.stringify(row)
  const expectedRows = expected.rows.map(text)
  const actualRows = actual.rows.map(text)
  if (options.cut !== undefined) return differenceOfCut(expectedRows, actualRows, options.cut)
  if (!options.ordered) {
    expectedRows.sort()
    actualRows.sort()
  }
  const count = Math.max(expectedRows.length, actualRows.length)
  for (let i = 0; i < count; i++) {
    if (expectedRows[i] !== actualRows[i]) {
      return (
        `${expectedRows.length} rows expected, ${actualRows.length} came; first difference at ${i}:\n` +
        `  expected ${expectedRows[i] ?? 'no row'}\n  got      ${actualRows[i] ?? 'no row'}`
      )
    }
  }
  return undefined
}

/** Describes why rows are not as many of the whole ones as a LIMIT leaves, whichever they are; undefined: they are. */
export function differenceOfCut(
  whole: readonly string[],
  rows: readonly string[],
  { limit, offset }: Cut,
): string | undefined {
  const behind = Math.max(0, whole.length - offset)
  const count = limit === null ? behind : Math.min(limit, behind)
  if (rows.length !== count) return `${count} of ${whole.length} rows expected, ${rows.length} came`
  const left = new Map<string, number>()
  for (const row of whole) left.set(row, (left.get(row) ?? 0) + 1)
  for (const row of rows) {
    const times = left.get(row) ?? 0
    if (times === 0) return `came too often, or is no row without the LIMIT: ${row}`
    left.set(row, times - 1)
  }
  return undefined
}
