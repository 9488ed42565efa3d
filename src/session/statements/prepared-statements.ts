/** PREPARE and EXECUTE in SQL: resolving type names and evaluating arguments. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { BoundValues } from '../bind-values.js'
import { decodeUtf8 } from '../client-text.js'
import { fieldsOf } from '../runner/data-rows.js'
import type { PreparedStatement } from '../prepared-statement.js'
import { runCatalog, withPosition } from '../query-execution.js'
import type { ExecuteStatement } from '../routing/routed-statement.js'
import type { SessionState } from '../session-state.js'
import { quoteLiteral } from '../identifier.js'
import type { StatementText } from '../routing/statement-text.js'

/** The statement of that name; 26000 when there is none. */
export function findStatement(state: SessionState, name: string): PreparedStatement {
  const statement = state.statements.get(name)
  if (statement !== undefined) return statement
  throw new EngineError(
    SQLSTATE.undefinedPreparedStatement,
    name === ''
      ? 'unnamed prepared statement does not exist'
      : `prepared statement "${name}" does not exist`,
  )
}

/** OIDs of the type names in PREPARE name (types). */
export async function resolveTypes(
  state: SessionState,
  types: readonly StatementText[],
): Promise<readonly number[]> {
  const oids: number[] = []
  for (const { text, offset } of types) {
    const name = text.trim()
    const known = COMMON_TYPES[name.toLowerCase()]
    if (known !== undefined) {
      oids.push(known)
      continue
    }
    const sql = `SELECT ${quoteLiteral(name)}::pg_catalog.regtype::pg_catalog.oid`
    const [value] = await evaluate(state, sql).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error
      const space = text.length - text.trimStart().length
      throw withPosition(error, offset + space + 1)
    })
    oids.push(Number(value))
  }
  return oids
}

/** The values of EXECUTE name (arguments), as text of the parameters' types. */
export async function executeValues(
  state: SessionState,
  statement: PreparedStatement,
  call: ExecuteStatement,
): Promise<BoundValues> {
  const types = statement.parameterTypes
  if (call.arguments.length !== types.length) {
    throw new EngineError(
      SQLSTATE.syntaxError,
      `wrong number of parameters for prepared statement "${call.name}"`,
      { detail: `Expected ${types.length} parameters but got ${call.arguments.length}.` },
    )
  }
  const values: (Uint8Array | null)[] = []
  for (const [index, argument] of call.arguments.entries()) {
    let text = argument.literal
    if (text !== null && (text === undefined || !TEXT_TYPES.has(types[index] ?? 0))) {
      text = await evaluateArgument(state, argument.text, types[index] ?? 0)
    }
    values.push(text === null ? null : Buffer.from(text))
  }
  return { values, formats: [] }
}

/** An expression, or a literal that its type may round or refuse: PostgreSQL's own evaluation. */
async function evaluateArgument(
  state: SessionState,
  { text, offset }: StatementText,
  oid: number,
): Promise<string | null> {
  const type = TYPE_NAMES.get(oid)
  const [before, after] = type === undefined ? ['SELECT ', ''] : ['SELECT (', `)::${type}`]
  try {
    return (await evaluate(state, `${before}${text}${after}`))[0] ?? null
  } catch (error) {
    if (!(error instanceof EngineError) || error.position === undefined) throw error
    throw withPosition(error, error.position - before.length + offset)
  }
}

async function evaluate(state: SessionState, sql: string): Promise<readonly (string | null)[]> {
  const result = await runCatalog(state, sql, { resultFormats: [0] })
  return fieldsOf(result.frames).map((field) => (field === null ? null : decodeUtf8(field)))
}

const TEXT_TYPES = new Set([25, 1043, 1042, 705])

const COMMON_TYPES: Readonly<Record<string, number>> = {
  bool: 16,
  boolean: 16,
  bytea: 17,
  int8: 20,
  bigint: 20,
  int2: 21,
  smallint: 21,
  int4: 23,
  int: 23,
  integer: 23,
  text: 25,
  oid: 26,
  'pg_catalog.oid': 26,
  float4: 700,
  real: 700,
  float8: 701,
  'double precision': 701,
  varchar: 1043,
  'character varying': 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
  unknown: 705,
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [16, 'bool'],
  [20, 'int8'],
  [21, 'int2'],
  [23, 'int4'],
  [25, 'text'],
  [26, 'oid'],
  [700, 'float4'],
  [701, 'float8'],
  [1043, 'varchar'],
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
])
