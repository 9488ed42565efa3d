/** COPY (query) TO STDOUT in text, csv and binary: rows come as DataRow frames and leave as CopyData. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { fieldsOf, framesOf } from '../runner/data-rows.js'
import type { Analysis } from '../prepared-statement.js'
import { NO_VALUES } from '../bind-values.js'
import { openQuery } from '../query-execution.js'
import type { CopyStatement, StatementOption } from '../routing/routed-statement.js'
import type { SessionState } from '../session-state.js'
import { parseBoolean } from '../settings/setting-value.js'
import type { StatementSink } from '../runner/statement-sink.js'

interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary'
  readonly delimiter: string
  readonly null: string
  readonly header: boolean
  readonly quote: string
  readonly escape: string
  /** Column names, or `*`. */
  readonly forceQuote: readonly string[] | '*'
}

/** Reads and checks the options, with PostgreSQL's refusals. */
export function copyFormat(options: readonly StatementOption[]): CopyFormat {
  const seen = new Map<string, StatementOption>()
  for (const option of options) {
    if (!KNOWN.has(option.name)) {
      throw new EngineError(SQLSTATE.syntaxError, `option "${option.name}" not recognized`, {
        position: option.position,
      })
    }
    if (seen.has(option.name)) {
      throw new EngineError(SQLSTATE.syntaxError, 'conflicting or redundant options', {
        position: option.position,
      })
    }
    seen.set(option.name, option)
  }
  const text = (name: string): string | undefined => {
    const value = seen.get(name)?.value
    return typeof value === 'string' ? value : undefined
  }
  const format = text('format') ?? 'text'
  if (format !== 'text' && format !== 'csv' && format !== 'binary') {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      `COPY format "${format}" not recognized`,
      { position: seen.get('format')?.position ?? 1 },
    )
  }
  const csv = format === 'csv'
  const delimiter = text('delimiter') ?? (csv ? ',' : '\t')
  const quote = text('quote') ?? '"'
  const escape = text('escape') ?? quote
  const nullText = text('null') ?? (csv ? '' : '\\N')
  const forced = seen.get('force_quote')?.value
  const encoding = text('encoding')
  if (format === 'binary') {
    for (const name of ['delimiter', 'null']) {
      if (seen.has(name)) {
        throw new EngineError(
          SQLSTATE.syntaxError,
          `cannot specify ${name.toUpperCase()} in BINARY mode`,
        )
      }
    }
  }
  if (!csv) {
    for (const name of ['quote', 'escape', 'force_quote']) {
      if (seen.has(name)) {
        throw unsupported(`COPY ${name.toUpperCase()} requires CSV mode`)
      }
    }
  }
  if (delimiter.length !== 1 || delimiter > '\x7f') {
    throw unsupported('COPY delimiter must be a single one-byte character')
  }
  if (/[\r\n]/.test(delimiter)) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      'COPY delimiter cannot be newline or carriage return',
    )
  }
  if (!csv && /[\\.a-z0-9]/.test(delimiter)) {
    throw new EngineError(SQLSTATE.invalidParameterValue, `COPY delimiter cannot be "${delimiter}"`)
  }
  if (/[\r\n]/.test(nullText)) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      'COPY null representation cannot use newline or carriage return',
    )
  }
  if (quote.length !== 1) throw unsupported('COPY quote must be a single one-byte character')
  if (escape.length !== 1) throw unsupported('COPY escape must be a single one-byte character')
  if (csv && delimiter === quote) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      'COPY delimiter and quote must be different',
    )
  }
  if (encoding !== undefined && !/^(utf-?8|unicode)$/i.test(encoding)) {
    throw unsupported(`COPY encoding ${encoding} is not supported`)
  }
  return {
    format,
    delimiter,
    null: nullText,
    header: headerOption(seen.get('header'), format),
    quote,
    escape,
    forceQuote: forced === '*' ? '*' : Array.isArray(forced) ? (forced as string[]) : [],
  }
}

/** Runs COPY; returns the tag. */
export async function runCopy(
  state: SessionState,
  statement: CopyStatement,
  analysis: Analysis,
  sink: StatementSink,
): Promise<string> {
  const layout = copyFormat(statement.options)
  const { columns } = analysis.compiled
  const binary = layout.format === 'binary'
  const formats = columns.map(() => (binary ? 1 : 0))
  const { cursor } = await openQuery(state, analysis, NO_VALUES, formats)
  try {
    sink.copyBegin(binary ? 1 : 0, columns.length)
    if (binary) await sink.copyData(BINARY_SIGNATURE)
    if (layout.header) {
      const names = columns.map((column) => Buffer.from(column.name))
      await sink.copyData(
        copyMessage(
          rowWriter(
            layout,
            names.map(() => false),
          )(names),
        ),
      )
    }
    const forced = columns.map(
      ({ name }) => layout.forceQuote === '*' || layout.forceQuote.includes(name),
    )
    const write = rowWriter(layout, forced)
    const rows = await cursor.take(0, state.interruption, (chunk) => {
      const messages: Buffer[] = []
      for (const frame of framesOf(chunk)) {
        messages.push(copyMessage(binary ? frame.subarray(5) : write(fieldsOf(frame))))
      }
      return sink.copyData(Buffer.concat(messages))
    })
    if (binary) await sink.copyData(copyMessage(Buffer.from([0xff, 0xff])))
    sink.copyEnd()
    return `COPY ${rows}`
  } finally {
    cursor.close()
  }
}

const KNOWN = new Set([
  ...['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote', 'encoding'],
])

function headerOption(option: StatementOption | undefined, format: string): boolean {
  if (option === undefined) return false
  const flag = option.value === null ? 'on' : parseBoolean(String(option.value))
  if (String(option.value).toLowerCase() === 'match') {
    throw new EngineError(SQLSTATE.featureNotSupported, 'cannot use "match" with HEADER in COPY TO')
  }
  if (flag === undefined) {
    throw new EngineError(SQLSTATE.syntaxError, 'header requires a Boolean value or "match"')
  }
  if (flag === 'on' && format === 'binary') {
    throw unsupported('cannot specify HEADER in BINARY mode')
  }
  return flag === 'on'
}

type Fields = readonly (Uint8Array | null)[]

/** How one row is written. Text values are UTF-8, and every special character is ASCII. */
function rowWriter(layout: CopyFormat, forced: readonly boolean[]): (fields: Fields) => Buffer {
  return layout.format === 'csv' ? csvRow(layout, forced) : textRow(layout)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

function textRow({ delimiter, null: nullText }: CopyFormat): (fields: Fields) => Buffer {
  const special = new RegExp(`[\\b\\f\\n\\r\\t\\v\\\\${escapeRegex(delimiter)}]`, 'g')
  return (fields) => {
    const texts = fields.map((field) =>
      field === null
        ? nullText
        : toText(field).replace(special, (found) => ESCAPES[found] ?? `\\${found}`),
    )
    return Buffer.from(`${texts.join(delimiter)}\n`)
  }
}

function csvRow(layout: CopyFormat, forced: readonly boolean[]): (fields: Fields) => Buffer {
  const { delimiter, quote, escape, null: nullText } = layout
  const needsQuotes = new RegExp(`[\\r\\n${escapeRegex(delimiter)}${escapeRegex(quote)}]`)
  const special = new RegExp(`[${escapeRegex(quote)}${escapeRegex(escape)}]`, 'g')
  return (fields) => {
    const texts = fields.map((field, index) => {
      if (field === null) return nullText
      const text = toText(field)
      const alone = fields.length === 1 && text === '\\.'
      if (!forced[index] && text !== nullText && !alone && !needsQuotes.test(text)) return text
      return `${quote}${text.replace(special, (found) => escape + found)}${quote}`
    })
    return Buffer.from(`${texts.join(delimiter)}\n`)
  }
}

function toText(field: Uint8Array): string {
  return Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString('utf8')
}

function escapeRegex(text: string): string {
  return text.replace(/[\\\]^-]/g, '\\$&')
}

function copyMessage(body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(5 + body.byteLength)
  message[0] = 0x64
  message.writeInt32BE(4 + body.byteLength, 1)
  message.set(body, 5)
  return message
}

const BINARY_SIGNATURE = copyMessage(Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1'))

function unsupported(message: string): EngineError {
  return new EngineError(SQLSTATE.featureNotSupported, message)
}
