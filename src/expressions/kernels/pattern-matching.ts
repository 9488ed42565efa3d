/** LIKE, ILIKE and the regular expressions whose meaning is provably the same in JavaScript. */
import type { BytesVector } from '../../types/vector.js'
import type { CallExpression, Expression } from '../expression.js'
import { BytesCollector, boolVector } from './build-vector.js'
import type { GuardedKernel, Kernel, KernelTable } from './kernel.js'
import { toLower } from './letter-case.js'
import { compileLike, escapeLikePattern, type ByteMatcher } from './like-pattern.js'
import { translateRegex, type RegexUse } from './regex-translation.js'
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

function refuseRegex(
  use: RegexUse,
  flagsAt?: number,
): (call: CallExpression) => string | undefined {
  return (call) => {
    const pattern = constantText(call.arguments[1])
    if (pattern === undefined) return 'a regular expression that is not constant is not native'
    if (flagsAt !== undefined) {
      const flags = constantText(call.arguments[flagsAt])
      if (flags !== 'g' && flags !== '') return 'these regular expression flags are not native'
    }
    if (use === 'replace') {
      const replacement = constantText(call.arguments[2])
      if (replacement === undefined || replacement.includes('\\')) {
        return 'a replacement with references is not native'
      }
    }
    return translateRegex(pattern, use) === undefined
      ? `regular expression ${pattern} is not native`
      : undefined
  }
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

function regexReplace(): GuardedKernel {
  return {
    refuse: refuseRegex('replace'),
    run: rowWise(['text', 'text', 'text'], 'text', (text, pattern, replacement) =>
      text.replace(translateRegex(pattern, 'replace') as RegExp, () => replacement),
    ),
  }
}

function regexReplaceWithFlags(): GuardedKernel {
  return {
    refuse: refuseRegex('replace', 3),
    run: rowWise(['text', 'text', 'text', 'text'], 'text', (text, pattern, replacement, flags) => {
      const regex = translateRegex(pattern, 'replace') as RegExp
      const repeated = flags === 'g' ? new RegExp(regex.source, 'gsu') : regex
      return text.replace(repeated, () => replacement)
    }),
  }
}

const table: Record<string, Kernel | GuardedKernel> = {
  'like_escape(text,text)': rowWise(['text', 'text'], 'text', escapeLikePattern),
  'regexp_like(text,text)': regexMatch(false, 'match'),
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
