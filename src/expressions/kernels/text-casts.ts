/** Casts to and among the text types, and the length limits of varchar(n) and character(n). */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { BytesVector } from '../../types/vectors/vector.js'
import { endWithoutBlanks } from '../compare.js'
import { BytesCollector } from './build-vector.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

/** text(bpchar): trailing blanks are not part of the value. */
const withoutBlanks: Kernel = ([input], call) => {
  const { offsets, data } = input as BytesVector
  const collector = new BytesCollector(call.type, call.length, data.length)
  for (let i = 0; i < call.length; i++) {
    const start = offsets[i] as number
    collector.addBytes(data, start, endWithoutBlanks(data, start, offsets[i + 1] as number))
  }
  return collector.finish(call.nulls)
}

function tooLong(type: string, length: number): EngineError {
  return new EngineError(
    SQLSTATE.stringRightTruncation,
    `value too long for type ${type}(${length})`,
  )
}

/** Cuts a text to n characters; what is cut must be blanks unless the cast is explicit. */
function limitLength(text: string, n: number, isExplicit: boolean, type: string): string {
  if (text.length <= n) return text
  const characters = Array.from(text)
  if (characters.length <= n) return text
  const rest = characters.slice(n)
  if (!isExplicit && rest.some((character) => character !== ' ')) throw tooLong(type, n)
  return characters.slice(0, n).join('')
}

function padBlanks(text: string, n: number): string {
  const length = Array.from(text).length
  return length < n ? text + ' '.repeat(n - length) : text
}

/** name keeps 63 bytes, cut between characters. */
function limitName(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length < 64) return text
  let end = 63
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

const same: Kernel = rowWise(['bytes'], 'bytes', (bytes) => bytes)

/** Casts of text by signature. */
export const TEXT_CASTS: KernelTable = {
  'text(bool)': rowWise(['bool'], 'text', (value) => (value ? 'true' : 'false')),
  'text(bpchar)': withoutBlanks,
  'text(name)': same,
  'varchar(name)': same,
  'bpchar(name)': same,
  'name(text)': rowWise(['text'], 'text', limitName),
  'name(varchar)': rowWise(['text'], 'text', limitName),
  'varchar(varchar,int4,bool)': rowWise(
    ['text', 'int32', 'bool'],
    'text',
    (text, typmod, isExplicit) =>
      typmod < 4 ? text : limitLength(text, typmod - 4, isExplicit, 'character varying'),
  ),
  'bpchar(bpchar,int4,bool)': rowWise(
    ['text', 'int32', 'bool'],
    'text',
    (text, typmod, isExplicit) =>
      typmod < 4
        ? text
        : padBlanks(limitLength(text, typmod - 4, isExplicit, 'character'), typmod - 4),
  ),
}
