/** LIKE, ILIKE and the regular expressions whose meaning is provably the same in JavaScript. */
import type { BytesVector } from '../../types/vectors/vector.js'
import type { CallExpression, Expression } from '../expression.js'
import { BytesCollector, boolVector } from './build-vector.js'
import type { GuardedKernel, Kernel, KernelTable } from './kernel.js'
import { toLower } from './letter-case.js'
import { compileLike, escapeLikePattern, type ByteMatcher } from './like-pattern.js'
import { translateRegex, type RegexUse } from './regex-translation.js'
import { similarPattern } from './similar-pattern.js'
import { asBuffer, rowWise, textOfBytes } from './row-wise.js'

/** Rows often share their pattern: it is compiled again only when it changes. */
const like =
  (isNegated: boolean): Kernel =>
  (inputs, call) => {
    const [text, pattern] = inputs as [BytesVector, BytesVector]
    const result = new Uint8Array(call.length)
    let matcher: ByteMatcher | undefined
    let known: Buffer | undefined
    const patterns = asBuffer(pattern.data)
    for (let i = 0; i < call.length; i++) {
      if (call.nulls !== undefined && call.nulls[i] === 1) continue
      if (matcher === undefined || call.constant[1] !== true) {
        const current = patterns.subarray(pattern.offsets[i], pattern.offsets[i + 1])
        if (matcher === undefined || known?.equals(current) !== true) matcher = compileLike(current)
        known = current
      }
      const matches = matcher(text.data, text.offsets[i] as number, text.offsets[i + 1] as number)
      result[i] = matches === isNegated ? 0 : 1
    }
    return boolVector(call.type, result, call.nulls)
  }

/** ILIKE compares the lower case of both sides. */
const insensitiveLike = (isNegated: boolean): Kernel => {
  const sensitive = like(isNegated)
  return (inputs, call) =>
    sensitive(
      inputs.map((input) => lowered(input as BytesVector, call.nulls)),
      call,
    )
}

function lowered(vector: BytesVector, nulls: Uint8Array | undefined): BytesVector {
  const buffer = asBuffer(vector.data)
  const collector = new BytesCollector(vector.type, vector.length, vector.data.length)
  for (let i = 0; i < vector.length; i++) {
    if (nulls !== undefined && nulls[i] === 1) collector.skip()
    else {
      const start = vector.offsets[i] as number
      collector.addText(toLower(textOfBytes(buffer, start, vector.offsets[i + 1] as number)))
    }
  }
  return collector.finish(nulls)
}

/** Finds the constant text of an argument. */
export function constantText(expression: Expression | undefined): string | undefined {
  if (expression?.kind === 'relabel') return constantText(expression.argument)
  if (expression?.kind !== 'constant' || expression.value === null) return undefined
  return expression.value
}

/** Says why a call with a regular expression is not ours. `flagsAt`: the argument with the flags, of which `known` are. */
function refuseRegex(
  use: RegexUse,
  flagsAt?: number,
  known: readonly string[] = [],
): (call: CallExpression) => string | undefined {
  return (call) => {
    const pattern = constantText(call.arguments[1])
    if (pattern === undefined) return 'a regular expression that is not constant is not native'
    const flags = flagsAt === undefined ? '' : constantText(call.arguments[flagsAt])
    if (flagsAt !== undefined && (flags === undefined || !known.includes(flags))) {
      return 'these regular expression flags are not native'
    }
    if (use === 'replace' && constantText(call.arguments[2]) === undefined) {
      return 'a replacement that is not constant is not native'
    }
    return translateRegex(pattern, withFlags(use, flags ?? '')) === undefined
      ? `regular expression ${pattern} is not native`
      : undefined
  }
}

function withFlags(use: RegexUse, flags: string): RegexUse {
  if (!flags.includes('i')) return use
  return use === 'replace' ? 'replace-insensitive' : 'match-insensitive'
}

function regexMatch(isNegated: boolean, use: 'match' | 'match-insensitive'): GuardedKernel {
  return {
    refuse: refuseRegex(use),
    run: rowWiseRegex(use, isNegated),
  }
}

function rowWiseRegex(use: 'match' | 'match-insensitive', isNegated: boolean): Kernel {
  let known: string | undefined
  let regex: RegExp | undefined
  return rowWise(['text', 'text'], 'bool', (text, pattern) => {
    if (pattern !== known) {
      regex = translateRegex(pattern, use)
      known = pattern
    }
    return (regex as RegExp).test(text) !== isNegated
  })
}

const LIKE_FLAGS = ['', 'i', 'c']
const REPLACE_FLAGS = ['', 'g', 'i', 'gi', 'ig']

function regexLikeWithFlags(): GuardedKernel {
  return {
    refuse: refuseRegex('match', 2, LIKE_FLAGS),
    run: rowWise(['text', 'text', 'text'], 'bool', (text, pattern, flags) =>
      (translateRegex(pattern, withFlags('match', flags)) as RegExp).test(text),
    ),
  }
}

/** A replacement with references to groups (`\\1`), to the whole match (`\\&`), and backslashes written twice. */
function replaced(match: readonly string[], replacement: string): string {
  return replacement.replace(/\\([1-9&\\])/g, (_, name: string) => {
    if (name === '\\') return name
    return match[name === '&' ? 0 : Number(name)] ?? ''
  })
}

function replaceIn(text: string, regex: RegExp, replacement: string): string {
  return text.replace(regex, (...found: unknown[]) => {
    const groups = found.slice(
      0,
      found.findIndex((part) => typeof part === 'number'),
    )
    return replaced(groups as string[], replacement)
  })
}

function regexReplace(): GuardedKernel {
  return {
    refuse: refuseRegex('replace'),
    run: rowWise(['text', 'text', 'text'], 'text', (text, pattern, replacement) =>
      replaceIn(text, translateRegex(pattern, 'replace') as RegExp, replacement),
    ),
  }
}

function regexReplaceWithFlags(): GuardedKernel {
  return {
    refuse: refuseRegex('replace', 3, REPLACE_FLAGS),
    run: rowWise(['text', 'text', 'text', 'text'], 'text', (text, pattern, replacement, flags) => {
      const regex = translateRegex(pattern, withFlags('replace', flags)) as RegExp
      const repeated = flags.includes('g') ? new RegExp(regex.source, 'gsu') : regex
      return replaceIn(text, repeated, replacement)
    }),
  }
}

const table: Record<string, Kernel | GuardedKernel> = {
  'like_escape(text,text)': rowWise(['text', 'text'], 'text', escapeLikePattern),
  'similar_to_escape(text)': rowWise(['text'], 'text', (pattern) => similarPattern(pattern)),
  'similar_to_escape(text,text)': rowWise(['text', 'text'], 'text', similarPattern),
  'regexp_like(text,text)': regexMatch(false, 'match'),
  'regexp_like(text,text,text)': regexLikeWithFlags(),
  'regexp_replace(text,text,text)': regexReplace(),
  'regexp_replace(text,text,text,text)': regexReplaceWithFlags(),
}

for (const type of ['text', 'bpchar', 'name']) {
  const signature = `(${type},text)`
  table[`${type}like${signature}`] = like(false)
  table[`${type}nlike${signature}`] = like(true)
  table[`${type}iclike${signature}`] = insensitiveLike(false)
  table[`${type}icnlike${signature}`] = insensitiveLike(true)
  table[`${type}regexeq${signature}`] = regexMatch(false, 'match')
  table[`${type}regexne${signature}`] = regexMatch(true, 'match')
  table[`${type}icregexeq${signature}`] = regexMatch(false, 'match-insensitive')
  table[`${type}icregexne${signature}`] = regexMatch(true, 'match-insensitive')
}
for (const type of ['text', 'name']) {
  table[`like(${type},text)`] = like(false)
  table[`notlike(${type},text)`] = like(true)
}

/** Pattern matching by signature. */
export const PATTERN_MATCHING: KernelTable = table
