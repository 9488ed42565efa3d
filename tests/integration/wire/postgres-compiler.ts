/**
 * A compiler that asks a real PostgreSQL for everything, as catalog statements: what is left to differ from that
 * PostgreSQL is the wire layer and the session.
 */
import { EngineError } from '../../../src/errors.js'
import type { Compiler, ResultColumn } from '../../../src/session/compiler/compiled-statement.js'
import {
  bind,
  describePortal,
  describeStatement,
  execute,
  parse,
  query,
  RawClient,
  startup,
  sync,
} from '../../unit/wire/raw-client.js'

type Frames = Awaited<ReturnType<RawClient['framesUntilReady']>>

export async function postgresCompiler(
  port: number,
  user: string,
  database: string,
): Promise<Compiler> {
  const client = await RawClient.open(port)
  client.send(startup({ user, database }))
  await client.untilReady()
  let turn: Promise<unknown> = Promise.resolve()
  const ask = (...messages: Buffer[]): Promise<Frames> => {
    const answer = turn.then(async () => {
      client.send(...messages)
      const frames = await client.framesUntilReady()
      const error = frames.find(({ type }) => type === 'E')
      if (error !== undefined) throw engineError(error.frame)
      return frames
    })
    turn = answer.catch(() => undefined)
    return answer
  }
  const columnsOf = (frames: Frames): readonly ResultColumn[] => {
    const description = frames.find(({ type }) => type === 'T')
    return description === undefined ? [] : resultColumns(description.frame)
  }
  return {
    compile: async (sql, types) => {
      const frames = await ask(parse('', sql, types), describeStatement(''), sync)
      const parameters = frames.find(({ type }) => type === 't')?.frame
      const count = parameters?.readInt16BE(5) ?? 0
      const parameterTypes = Array.from({ length: count }, (_, index) =>
        parameters!.readInt32BE(7 + 4 * index),
      )
      return { kind: 'catalog', columns: columnsOf(frames), parameterTypes }
    },
    runCatalog: async (sql, types, values, valueFormats, resultFormats, options) => {
      const settings = Object.entries(options.settings)
        .filter(([name]) => !['session_authorization', 'role'].includes(name))
        .map(
          ([name, value]) =>
            `select set_config('${name}', '${value.replaceAll("'", "''")}', false);`,
        )
      await ask(query(settings.join('') || ';'))
      const frames = await ask(
        parse('', sql, types),
        bind('', '', values, resultFormats, valueFormats),
        describePortal(''),
        execute(''),
        sync,
      )
      const rows = frames.filter(({ type }) => type === 'D').map(({ frame }) => frame)
      const notices = frames.filter(({ type }) => type === 'N').map(({ frame }) => frame)
      const tag = frames
        .find(({ type }) => type === 'C')
        ?.frame.toString('utf8', 5)
        .replace('\0', '')
      return {
        frames: Buffer.concat(rows),
        rows: rows.length,
        tag: tag ?? '',
        columns: columnsOf(frames),
        notices,
      }
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}

function engineError(frame: Buffer): EngineError {
  const fields = new Map(
    frame
      .toString('utf8', 5)
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  )
  const [detail, hint, position] = [fields.get('D'), fields.get('H'), fields.get('P')]
  return new EngineError(fields.get('C') ?? '', fields.get('M') ?? '', {
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position: Number(position) }),
  })
}

function resultColumns(frame: Buffer): readonly ResultColumn[] {
  const columns: ResultColumn[] = []
  let at = 7
  for (let count = frame.readInt16BE(5); count > 0; count--) {
    const end = frame.indexOf(0, at)
    columns.push({
      name: frame.toString('utf8', at, end),
      tableOid: frame.readInt32BE(end + 1),
      attribute: frame.readInt16BE(end + 5),
      type: { oid: frame.readInt32BE(end + 7), typmod: frame.readInt32BE(end + 13) },
      length: frame.readInt16BE(end + 11),
    })
    at = end + 19
  }
  return columns
}
