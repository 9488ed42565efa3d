/**
 * The safety net's engine: a PostgreSQL in this process that loads rows into temporary tables and runs a fragment over
 * them. One statement at a time; everything happens in one transaction that is rolled back in the end, so that nothing stays
 * behind. Results are fetched completely, and whoever asked keeps them: a reader that pauses (one side of a join waits for the
 * other) must not keep the engine from the statement it waits for.
 */
import { enumWithin, knownEnums, type KnownEnum } from '../../types/enum-types.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import { formatTypeName } from '../../types/type-registry.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { Batch } from '../batch.js'
import type { LocalPostgres, LocalStatement } from '../execution.js'
import { copyText } from './copy-text.js'
import { startEngine } from './engine.js'
import type { LocalEngine } from './engine.js'
import { FRAGMENT_ROLE } from './start-instance.js'
import {
  answerOf,
  appendRow,
  copyMessages,
  fetchMessages,
  openPortalMessages,
  queryMessage,
  resultFormat,
} from './protocol.js'

type RunContext = Parameters<LocalPostgres['run']>[1]

/** Makes a local PostgreSQL; nothing starts before its first statement. */
export function createLocalPostgres(): LocalPostgres {
  let starting: Promise<LocalEngine> | undefined
  /** Settles when the statement before has let go of the engine. */
  let turn: Promise<void> = Promise.resolve()

  const engineFor = async (): Promise<LocalEngine> => {
    const known = await starting?.catch(() => undefined)
    if (known !== undefined && !known.broken) return known
    starting = startEngine()
    return starting
  }

  return {
    async run(statement, context) {
      const before = turn
      let done: () => void = () => undefined
      turn = new Promise((resolve) => (done = resolve))
      try {
        await before
        context.signal.throwIfAborted()
        for await (const batch of runOn(await engineFor(), statement, context)) {
          await context.keep(batch)
        }
      } finally {
        done()
      }
    },
  }
}

async function* runOn(
  engine: LocalEngine,
  statement: LocalStatement,
  context: RunContext,
): AsyncGenerator<Batch> {
  const { signal, evaluation } = context
  const ask = (bytes: Uint8Array) => abortable(engine, engine.exchange(bytes), signal)
  try {
    answerOf(await ask(queryMessage('BEGIN')))
    for (const type of typesOf(statement)) answerOf(await ask(queryMessage(createType(type))))
    for (const input of statement.inputs) await load(input, ask)
    for (const view of statement.views ?? []) {
      const name = `${quoted(view.schema)}.${quoted(view.name)}`
      const schema = `CREATE SCHEMA IF NOT EXISTS ${quoted(view.schema)};${grantSchema(view.schema)}`
      answerOf(
        await ask(queryMessage(`${schema};CREATE VIEW ${name} AS ${view.sql};${grant(name)}`)),
      )
    }
    if (statement.searchPath !== undefined) {
      const path = statement.searchPath.map(quoted).join(', ')
      answerOf(await ask(queryMessage(`SET LOCAL search_path = ${path}`)))
    }
    answerOf(await ask(queryMessage(settingsSql(evaluation))))
    const formats = statement.columns.map(({ type }) => resultFormat(type))
    const parameters = statement.parameters.map(({ value, oid }) => ({
      value,
      // The engine there has its own numbers for enum types: it finds them by the casts around the parameters.
      oid: enumWithin(oid) === undefined ? oid : 0,
    }))
    answerOf(await ask(openPortalMessages(statement.sql, parameters, formats)))
    const builders = statement.columns.map(({ type }) => createVectorBuilder(type))
    for (let isMore = true; isMore;) {
      const messages = answerOf(await ask(fetchMessages(BATCH_ROWS)))
      let rows = 0
      for (const { type, body } of messages) {
        if (type !== 'D') continue
        appendRow(body, builders, formats)
        rows++
      }
      isMore = messages.some(({ type }) => type === 's')
      if (rows > 0) {
        yield batchOf(
          builders.map((builder) => builder.finish()),
          rows,
        )
      }
    }
  } finally {
    if (!engine.broken) await engine.exchange(queryMessage('ROLLBACK'))
  }
}

/** Ends the engine when the statement is aborted: nothing else stops a PostgreSQL that is computing. */
async function abortable(
  engine: LocalEngine,
  exchange: Promise<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stop = (): void => void engine.terminate()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const bytes = await exchange
    signal.throwIfAborted()
    return bytes
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The enum types that a statement needs: of its columns, and those its text may name. */
function typesOf(statement: LocalStatement): Iterable<KnownEnum> {
  const { inputs, columns, parameters, views = [] } = statement
  const oids = [
    ...[...inputs.flatMap((input) => input.columns), ...columns].map(({ type }) => type.oid),
    ...parameters.map(({ oid }) => oid),
  ]
  const texts = [statement.sql, ...views.map(({ sql }) => sql)].map((text) => text.toLowerCase())
  const byName = new Map<string, KnownEnum>()
  for (const known of knownEnums()) {
    const name = known.name.toLowerCase()
    if (texts.some((text) => text.includes(name)))
      byName.set(`${known.schema}.${known.name}`, known)
  }
  for (const oid of oids) {
    const known = enumWithin(oid)
    if (known !== undefined) byName.set(`${known.schema}.${known.name}`, known)
  }
  return byName.values()
}

function createType({ schema, name, labels }: KnownEnum): string {
  return (
    `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};${grantSchema(schema)};` +
    `CREATE TYPE ${quoted(schema)}.${quoted(name)} AS ENUM (${labels.map(literal).join(', ')})`
  )
}

async function load(
  input: LocalStatement['inputs'][number],
  ask: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<void> {
  const { schema, name, columnNames, columns } = input
  const table = schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`
  const definitions = columns.map(
    ({ type }, index) => `${quoted(columnNames[index] ?? `column${index + 1}`)} ${typeSql(type)}`,
  )
  const kind = schema === undefined ? 'TEMPORARY TABLE' : 'TABLE'
  const before =
    schema === undefined
      ? ''
      : `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};${grantSchema(schema)};`
  const create = `CREATE ${kind} ${table} (${definitions.join(', ')})`
  answerOf(await ask(queryMessage(`${before}${create};${grant(table)}`)))
  for await (const batch of input.batches) {
    if (columns.length === 0) {
      const rows = `INSERT INTO ${table} SELECT FROM generate_series(1, ${batch.length})`
      answerOf(await ask(queryMessage(rows)))
    } else {
      answerOf(await ask(copyMessages(`COPY ${table} FROM STDIN`, copyText(batch))))
    }
  }
}

function grant(relation: string): string {
  return `GRANT SELECT ON ${relation} TO ${FRAGMENT_ROLE}`
}

function grantSchema(schema: string): string {
  return `GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${FRAGMENT_ROLE}`
}

/** The last thing before the fragment: the session's settings, and the role that it runs under. */
function settingsSql({ settings }: EvaluationContext): string {
  return [
    `SET LOCAL TimeZone = ${literal(settings.timeZone)}`,
    `SET LOCAL DateStyle = ${literal(settings.dateStyle)}`,
    `SET LOCAL IntervalStyle = ${literal(settings.intervalStyle)}`,
    `SET LOCAL extra_float_digits = ${settings.extraFloatDigits}`,
    `SET LOCAL bytea_output = ${literal(settings.byteaOutput)}`,
    `SET LOCAL ROLE ${FRAGMENT_ROLE}`,
  ].join(';')
}

/** The type in SQL; one that has no name, or no values, is held as text. */
function typeSql(type: SqlType): string {
  const name = formatTypeName(type)
  return type.oid === OID.unknown || name.includes('?') ? 'text' : name
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
