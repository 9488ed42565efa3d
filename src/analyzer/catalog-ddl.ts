/**
 * Makes the virtual catalog real in the local PostgreSQL: a schema per source, empty tables with keys and comments,
 * views, roles. What PostgreSQL refuses becomes a problem; the rest is still made.
 */
import { enumTypesOf } from '../catalog/catalog-types.js'
import { enumOid } from '../types/enum-types.js'
import type {
  Catalog,
  ColumnDefinition,
  SourceDefinition,
  SourceType,
  TableDefinition,
  ViewDefinition,
} from '../catalog/catalog.js'
import { EngineError, toEngineError } from '../errors.js'
import { quoteIdentifier, quoteLiteral } from '../session/identifier.js'
import { errorOfMessage, splitMessages } from './postgres/backend-messages.js'
import {
  bindMessage,
  executeMessage,
  parseMessage,
  syncMessage,
} from './postgres/frontend-messages.js'
import type { PostgresInstance } from './postgres/pglite.js'

/** Something of the catalog that PostgreSQL does not accept. Names are `schema.name`. */
export interface AnalyzerProblem {
  readonly view?: string
  readonly table?: string
  readonly role?: string
  /** Of a view: `position` counts in the view's own SQL. */
  readonly error: EngineError
}

/** Tables per transaction: one transaction of everything runs out of lock memory. */
const BATCH = 50

/** A statement with what it is for. */
interface Step {
  readonly sql: string
  readonly subject: Omit<AnalyzerProblem, 'error'>
}

/** Creates everything; returns what could not be. */
export function createCatalog(postgres: PostgresInstance, catalog: Catalog): AnalyzerProblem[] {
  const problems: AnalyzerProblem[] = []
  const schemas = new Set([
    ...catalog.sources.map((source) => source.name),
    ...catalog.views.map((view) => view.schema),
  ])
  const run = (steps: readonly Step[]): void => {
    for (let start = 0; start < steps.length; start += BATCH) {
      problems.push(...runSteps(postgres, steps.slice(start, start + BATCH)))
    }
  }
  run(
    [...schemas].map((schema) => ({
      sql: `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`,
      subject: { table: schema },
    })),
  )
  run(
    catalog.sources.flatMap((source) => (source.types ?? []).map((type) => typeStep(source, type))),
  )
  numberTypes(postgres, catalog)
  run(catalog.sources.flatMap((source) => source.tables.map((table) => tableStep(source, table))))
  run(catalog.sources.flatMap((source) => foreignKeySteps(source, catalog)))
  postgres.exec(searchPathSql(catalog.searchPath))
  problems.push(...createViews(postgres, catalog.views))
  run(catalog.sources.flatMap(commentSteps))
  run(catalog.views.flatMap(viewCommentSteps))
  run(roleSteps(catalog))
  run(grantSteps([...schemas]))
  return problems
}

/** Writes a search path setting. */
export function searchPathSql(path: readonly string[]): string {
  const names = path.map(quoteIdentifier).join(', ')
  return `SET search_path = ${names === '' ? "''" : names}`
}

/** Runs steps in one transaction; if that fails, one by one, so that only the guilty are left out. */
function runSteps(postgres: PostgresInstance, steps: readonly Step[]): AnalyzerProblem[] {
  if (steps.length === 0) return []
  try {
    postgres.exec(steps.map((step) => step.sql).join(';\n'))
    return []
  } catch {
    return steps.flatMap(({ sql, subject }) => {
      try {
        postgres.exec(sql)
        return []
      } catch (error) {
        return [{ ...subject, error: withoutPosition(toEngineError(error)) }]
      }
    })
  }
}

/** A position in DDL that nobody wrote would mislead. */
function withoutPosition(error: EngineError): EngineError {
  return moved(error, undefined)
}

function moved(error: EngineError, position: number | undefined): EngineError {
  return new EngineError(error.code, error.message, {
    category: 'user',
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(position === undefined ? {} : { position }),
  })
}

function typeStep(source: SourceDefinition, { name, labels }: SourceType): Step {
  return {
    sql: `CREATE TYPE ${qualified(source.name, name)} AS ENUM (${labels.map(quoteLiteral).join(', ')})`,
    subject: { table: `${source.name}.${name}` },
  }
}

/** Gives enum types the OIDs by which the engine knows them, so that clients meet one number everywhere. */
function numberTypes(postgres: PostgresInstance, catalog: Catalog): void {
  const types = enumTypesOf(catalog)
  if (types.length === 0) return
  const rows = types.map(
    (type) => `(${quoteLiteral(type.schema)}, ${quoteLiteral(type.name)}, ${enumOid(type)})`,
  )
  postgres.exec(
    `CREATE TEMPORARY TABLE numbered AS
     SELECT t.oid AS old, v.number::oid AS new FROM (VALUES ${rows.join(', ')}) AS v (schema, name, number)
     JOIN pg_namespace n ON nspname = v.schema JOIN pg_type t ON typnamespace = n.oid AND typname = v.name
     UNION ALL
     SELECT t.typarray, (v.number + 1)::oid FROM (VALUES ${rows.join(', ')}) AS v (schema, name, number)
     JOIN pg_namespace n ON nspname = v.schema JOIN pg_type t ON typnamespace = n.oid AND typname = v.name;
     UPDATE pg_enum SET enumtypid = new FROM numbered WHERE enumtypid = old;
     UPDATE pg_type SET typarray = new FROM numbered WHERE typarray = old;
     UPDATE pg_type SET typelem = new FROM numbered WHERE typelem = old;
     UPDATE pg_type t SET oid = new FROM numbered WHERE t.oid = old;
     UPDATE pg_depend SET objid = new FROM numbered WHERE objid = old AND classid = 'pg_type'::regclass;
     UPDATE pg_depend SET refobjid = new FROM numbered WHERE refobjid = old AND refclassid = 'pg_type'::regclass;
     DROP TABLE numbered`,
  )
}

function tableStep(source: SourceDefinition, table: TableDefinition): Step {
  const columns = visibleColumns(table).map(
    (column) =>
      `${quoteIdentifier(column.name)} ${column.type}${column.notNull ? ' NOT NULL' : ''}`,
  )
  const keys = [
    ...(table.primaryKey.length > 0 && isVisible(table, table.primaryKey)
      ? [`PRIMARY KEY (${nameList(table.primaryKey)})`]
      : []),
    ...table.unique
      .filter((key) => isVisible(table, key))
      .map((key) => `UNIQUE (${nameList(key)})`),
  ]
  const name = qualified(source.name, table.name)
  return {
    sql: `CREATE TABLE ${name} (${[...columns, ...keys].join(', ')})`,
    subject: { table: `${source.name}.${table.name}` },
  }
}

/** A hidden column does not exist for who uses the catalog, views included: no name, no type, no key, no hint leads to it. */
function visibleColumns(table: TableDefinition): readonly ColumnDefinition[] {
  return table.columns.filter((column) => !column.hidden)
}

function isVisible(table: TableDefinition, names: readonly string[]): boolean {
  return !table.columns.some((column) => column.hidden && names.includes(column.name))
}

function foreignKeySteps(source: SourceDefinition, catalog: Catalog): Step[] {
  const tables = new Map(
    catalog.sources.flatMap(({ name, tables }) => tables.map((t) => [`${name}.${t.name}`, t])),
  )
  return source.tables.flatMap((table) => {
    const shown = table.foreignKeys.filter((key) => {
      const target = tables.get(
        key.references.includes('.') ? key.references : `${source.name}.${key.references}`,
      )
      return isVisible(table, key.columns) && (target === undefined || isVisible(target, key.to))
    })
    return shown.map((key) => {
      const dot = key.references.indexOf('.')
      const target =
        dot < 0
          ? qualified(source.name, key.references)
          : qualified(key.references.slice(0, dot), key.references.slice(dot + 1))
      return {
        sql:
          `ALTER TABLE ${qualified(source.name, table.name)} ADD FOREIGN KEY (${nameList(key.columns)})` +
          ` REFERENCES ${target} (${nameList(key.to)})`,
        subject: { table: `${source.name}.${table.name}` },
      }
    })
  })
}

/** Creates views in whatever order works: rounds go on as long as one of them succeeds. */
function createViews(
  postgres: PostgresInstance,
  views: readonly ViewDefinition[],
): AnalyzerProblem[] {
  let waiting = views
  for (;;) {
    const failed: { view: ViewDefinition; error: EngineError }[] = []
    for (const view of waiting) {
      const error = createView(postgres, view)
      if (error !== undefined) failed.push({ view, error })
    }
    if (failed.length === 0) return []
    if (failed.length === waiting.length) {
      return failed.map(({ view, error }) => ({ view: `${view.schema}.${view.name}`, error }))
    }
    waiting = failed.map(({ view }) => view)
  }
}

function createView(postgres: PostgresInstance, view: ViewDefinition): EngineError | undefined {
  const prefix = `CREATE VIEW ${qualified(view.schema, view.name)} AS `
  // The extended protocol takes one statement only, so that a view's file cannot hold a second one.
  const answer = postgres.rawProtocol(
    Buffer.concat([
      parseMessage(prefix + view.sql, []),
      bindMessage([], [], []),
      executeMessage(),
      syncMessage(),
    ]),
  )
  const failure = splitMessages(answer).find((message) => message.type === 'E')
  if (failure === undefined) return undefined
  const error = errorOfMessage(failure.body)
  const position = error.position === undefined ? undefined : error.position - prefix.length
  return moved(error, position !== undefined && position > 0 ? position : undefined)
}

function commentSteps(source: SourceDefinition): Step[] {
  return [
    ...comment(`SCHEMA ${quoteIdentifier(source.name)}`, source.description, source.name),
    ...source.tables.flatMap((table) => {
      const name = qualified(source.name, table.name)
      const subject = `${source.name}.${table.name}`
      return [
        ...comment(`TABLE ${name}`, table.description, subject),
        ...visibleColumns(table).flatMap((column) =>
          comment(`COLUMN ${name}.${quoteIdentifier(column.name)}`, column.description, subject),
        ),
      ]
    }),
  ]
}

function comment(object: string, text: string | undefined, table: string): Step[] {
  if (text === undefined) return []
  return [{ sql: `COMMENT ON ${object} IS ${quoteLiteral(text)}`, subject: { table } }]
}

function viewCommentSteps(view: ViewDefinition): Step[] {
  const name = qualified(view.schema, view.name)
  const subject = { view: `${view.schema}.${view.name}` }
  const step = (object: string, text: string | undefined): Step[] =>
    text === undefined ? [] : [{ sql: `COMMENT ON ${object} IS ${quoteLiteral(text)}`, subject }]
  return [
    ...step(`VIEW ${name}`, view.description),
    ...view.columns.flatMap((column) =>
      step(`COLUMN ${name}.${quoteIdentifier(column.name)}`, column.description),
    ),
  ]
}

function roleSteps(catalog: Catalog): Step[] {
  const { roles, users } = catalog.principals
  const names = new Set([...Object.keys(roles), ...Object.keys(users)])
  const create = [...names].map((role) => ({
    sql: `CREATE ROLE ${quoteIdentifier(role)}${role in users ? ' LOGIN' : ''}`,
    subject: { role },
  }))
  const grants = Object.values(users).flatMap((user) =>
    [...new Set([...user.roles, ...user.maySetRole])]
      .filter((role) => names.has(role) && role !== user.name)
      .map((role) => ({
        sql: `GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(user.name)}`,
        subject: { role: user.name },
      })),
  )
  return [...create, ...grants]
}

/** What a user may really read is governance's to say; here everybody may name everything. */
function grantSteps(schemas: readonly string[]): Step[] {
  return schemas.flatMap((schema) => [
    {
      sql: `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO PUBLIC`,
      subject: { table: schema },
    },
    {
      sql: `GRANT SELECT ON ALL TABLES IN SCHEMA ${quoteIdentifier(schema)} TO PUBLIC`,
      subject: { table: schema },
    },
  ])
}

function qualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

function nameList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ')
}
