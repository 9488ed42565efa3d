/** What the reader must know of PostgreSQL's own catalog: functions, operators, types, casts, collations. Read once. */
import type { Collation, FunctionReference } from '../expressions/expression.js'
import type { PostgresInstance } from './postgres/pglite.js'

export interface ProcedureFacts {
  readonly reference: FunctionReference
  readonly returnsSet: boolean
  readonly resultType: number
  readonly argumentTypes: readonly number[]
  /** Node text of the defaults of the last input arguments. */
  readonly defaults: string | undefined
  /** Of functions with OUT or TABLE columns: their types and names. */
  readonly outputs: readonly { readonly name: string; readonly type: number }[] | undefined
}

export interface OperatorFacts {
  readonly name: string
  readonly procedure: number
}

export interface TypeFacts {
  readonly name: string
  /** pg_type.typlen: -1 variable, -2 zero-terminated. */
  readonly length: number
  readonly alignment: number
  readonly byValue: boolean
  /** pg_type.typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange. */
  readonly kind: string
  /** Of true arrays: the element type; else 0. */
  readonly element: number
  readonly delimiter: string
  /** The array type over this one, or 0. */
  readonly array: number
}

export interface CastFacts {
  /** 0: none needed. */
  readonly procedure: number
  /** f function, b binary-compatible, i through text. */
  readonly method: string
}

export interface PostgresFacts {
  procedure(oid: number): ProcedureFacts
  operator(oid: number): OperatorFacts
  type(oid: number): TypeFacts
  cast(source: number, target: number): CastFacts | undefined
  /** The array type of an element type; of an array, itself. */
  arrayOf(element: number): number
  collation(oid: number): Collation
  /** Tells whether a byte-order collation knows ASCII letters only (C), unlike the default. */
  knowsAsciiOnly(collation: number): boolean
  /** Tells whether a sort operator is the default ordering of its type. */
  isDefaultSort(operator: number): boolean
  /** The label of a pg_enum entry. */
  enumLabel(oid: number): string
  /** Functions an ordinary role may not call. */
  readonly forbidden: ReadonlySet<number>
}

const ALIGNMENT: Readonly<Record<string, number>> = { c: 1, s: 2, i: 4, d: 8 }
const VOLATILITY = { i: 'immutable', s: 'stable', v: 'volatile' } as const

/** Loads the facts. `role` is an ordinary role, whose EXECUTE privileges say which functions are forbidden. */
export function loadPostgresFacts(postgres: PostgresInstance, role: string): PostgresFacts {
  const types = loadTypes(postgres)
  const procedures = loadProcedures(postgres, types)
  const operators = new Map(
    postgres
      .query('SELECT oid, oprname, oprcode::oid FROM pg_operator')
      .map(([oid, name, code]) => [Number(oid), { name: name ?? '', procedure: Number(code) }]),
  )
  const casts = new Map(
    postgres
      .query('SELECT castsource, casttarget, castfunc, castmethod FROM pg_cast')
      .map(([source, target, code, method]) => [
        `${source} ${target}`,
        { procedure: Number(code), method: method ?? '' },
      ]),
  )
  const collations = new Map(
    postgres
      .query('SELECT oid, collname, collprovider, collcollate, colllocale FROM pg_collation')
      .map(([oid, name, provider, collate, locale]) => [
        Number(oid),
        isByteOrder(provider, collate, locale) ? 'binary' : (name ?? ''),
      ]),
  )
  const asciiCollations = new Set(
    postgres
      .query(
        `SELECT oid FROM pg_collation WHERE (collprovider = 'b' AND colllocale = 'C')
         OR (collprovider = 'c' AND collctype IN ('C', 'POSIX'))`,
      )
      .map(([oid]) => Number(oid)),
  )
  const sorts = new Set(
    postgres
      .query(
        `SELECT amopopr FROM pg_amop
         JOIN pg_opclass ON opcfamily = amopfamily AND opcintype = amoplefttype AND opcdefault
         WHERE amopmethod = 403 AND opcmethod = 403 AND amoplefttype = amoprighttype AND amopstrategy IN (1, 5)`,
      )
      .map(([oid]) => Number(oid)),
  )
  const labels = new Map(
    postgres
      .query('SELECT oid, enumlabel FROM pg_enum')
      .map(([oid, label]) => [Number(oid), label ?? '']),
  )
  const forbidden = new Set(
    postgres
      .query(
        `SELECT oid FROM pg_proc WHERE proacl IS NOT NULL
         AND NOT has_function_privilege('${role.replaceAll("'", "''")}', oid, 'execute')`,
      )
      .map(([oid]) => Number(oid)),
  )
  return {
    procedure: (oid) => known(procedures, oid, 'function'),
    operator: (oid) => known(operators, oid, 'operator'),
    type: (oid) => known(types, oid, 'type'),
    cast: (source, target) => casts.get(`${source} ${target}`),
    arrayOf: (element) => {
      const type = known(types, element, 'type')
      return type.element === 0 ? type.array : element
    },
    collation: (oid) => (oid === 0 ? 'binary' : known(collations, oid, 'collation')),
    knowsAsciiOnly: (oid) => asciiCollations.has(oid),
    isDefaultSort: (operator) => sorts.has(operator),
    enumLabel: (oid) => known(labels, oid, 'enum label'),
    forbidden,
  }
}

function known<T>(facts: ReadonlyMap<number, T>, oid: number, what: string): T {
  const found = facts.get(oid)
  if (found === undefined) throw new Error(`Unknown ${what}: ${oid}`)
  return found
}

/** The database's default, C and C.UTF-8 of any provider sort by bytes. */
function isByteOrder(
  provider: string | null | undefined,
  collate: string | null | undefined,
  locale: string | null | undefined,
): boolean {
  if (provider === 'd') return true
  if (provider === 'b') return locale === 'C' || locale === 'C.UTF-8'
  return provider === 'c' && /^(C|POSIX|C\.utf-?8)$/i.test(collate ?? '')
}

function loadTypes(postgres: PostgresInstance): Map<number, TypeFacts> {
  const rows = postgres.query(
    `SELECT oid, typname, typlen, typalign, typbyval, typtype, typdelim,
            typarray, CASE WHEN typsubscript = 'array_subscript_handler'::regproc THEN typelem ELSE 0 END
     FROM pg_type`,
  )
  return new Map(
    rows.map(([oid, name, length, alignment, byValue, kind, delimiter, array, element]) => [
      Number(oid),
      {
        name: name ?? '',
        length: Number(length),
        alignment: ALIGNMENT[alignment ?? 'i'] ?? 4,
        byValue: byValue === 't',
        kind: kind ?? 'b',
        element: Number(element),
        delimiter: delimiter ?? ',',
        array: Number(array),
      },
    ]),
  )
}

function loadProcedures(
  postgres: PostgresInstance,
  types: ReadonlyMap<number, TypeFacts>,
): Map<number, ProcedureFacts> {
  const rows = postgres.query(
    `SELECT p.oid, proname, nspname, provolatile, proisstrict, proretset, prorettype, proargtypes,
            proargdefaults::text, array_to_string(proallargtypes, ' '), array_to_string(proargmodes, ''),
            to_json(proargnames)::text
     FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace`,
  )
  const procedures = new Map<number, ProcedureFacts>()
  for (const row of rows) {
    const [oid, name, schema, volatility, strict, set, result, input, defaults, all, modes, names] =
      row
    const argumentTypes = numbers(input)
    const typeNames = argumentTypes.map((type) => types.get(type)?.name ?? String(type))
    procedures.set(Number(oid), {
      reference: {
        oid: Number(oid),
        name: name ?? '',
        signature: `${name}(${typeNames.join(',')})`,
        schema: schema ?? '',
        volatility: VOLATILITY[(volatility ?? 'v') as keyof typeof VOLATILITY],
        strict: strict === 't',
        ...(set === 't' ? { returnsSet: true } : {}),
      },
      returnsSet: set === 't',
      resultType: Number(result),
      argumentTypes,
      defaults: defaults ?? undefined,
      outputs: outputColumns(numbers(all), modes ?? '', names ?? '[]'),
    })
  }
  return procedures
}

function outputColumns(
  types: readonly number[],
  modes: string,
  names: string,
): ProcedureFacts['outputs'] {
  if (!/[obt]/.test(modes)) return undefined
  const parsed: unknown = JSON.parse(names)
  const nameList = Array.isArray(parsed) ? parsed.map(String) : []
  return types
    .map((type, index) => ({ type, name: nameList[index] ?? '', mode: modes[index] ?? 'i' }))
    .filter(({ mode }) => mode === 'o' || mode === 'b' || mode === 't')
    .map(({ type, name }) => ({ type, name }))
}

function numbers(text: string | null | undefined): number[] {
  return text === null || text === undefined || text === '' ? [] : text.split(' ').map(Number)
}
