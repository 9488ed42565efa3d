/** regexp_substr, regexp_count, regexp_instr, regexp_match and splitting, for the patterns whose matches have one reading. */
import { datumWise } from './datum-wise.js'
import { formatArray, listArray } from '../../types/array-text.js'
import type { CallExpression } from '../expression.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { constantText } from './pattern-matching.js'
import { translateRegex } from './regex-translation.js'
import { rowWise } from './row-wise.js'

/** The pattern must have one reading only: where a match begins and ends shows in the result. */
function refuse(call: CallExpression): string | undefined {
  const pattern = constantText(call.arguments[1])
  if (pattern === undefined) return 'a regular expression that is not constant is not native'
  return translateRegex(pattern, 'replace') === undefined
    ? `regular expression ${pattern} is not native`
    : undefined
}

function regexOf(pattern: string): RegExp {
  return translateRegex(pattern, 'replace')!
}

function everywhere(pattern: string): RegExp {
  return new RegExp(regexOf(pattern).source, 'gsu')
}

/** The first group where there is one, else the match. */
const substring: GuardedKernel = {
  refuse,
  run: rowWise(['text', 'text'], 'text', (text, pattern) => {
    const match = regexOf(pattern).exec(text)
    return match === null ? null : (match[1] ?? match[0])
  }),
}

/** Splits where the pattern matches; a match of nothing at the edges does not count. */
export function splitByRegex(text: string, pattern: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(everywhere(pattern))) {
    const end = match.index + match[0].length
    if (match[0] === '' && (match.index === from || match.index >= text.length)) continue
    parts.push(text.slice(from, match.index))
    from = end
  }
  parts.push(text.slice(from))
  return parts
}

/** Says why a pattern is not split by natively: one that can match nothing has rules of its own. */
export function whyNotSplit(call: CallExpression): string | undefined {
  const pattern = constantText(call.arguments[1])
  const reason = refuse(call)
  if (reason !== undefined || pattern === undefined) return reason
  return regexOf(pattern).test('') ? `splitting by ${pattern} is not native` : undefined
}

/** Functions by signature. */
export const REGEX_FUNCTIONS: KernelTable = {
  'regexp_substr(text,text)': {
    refuse,
    run: rowWise(
      ['text', 'text'],
      'text',
      (text, pattern) => regexOf(pattern).exec(text)?.[0] ?? null,
    ),
  },
  'substring(text,text)': substring,
  'regexp_count(text,text)': {
    refuse,
    run: rowWise(
      ['text', 'text'],
      'int32',
      (text, pattern) => Array.from(text.matchAll(everywhere(pattern))).length,
    ),
  },
  'regexp_instr(text,text)': {
    refuse,
    run: rowWise(['text', 'text'], 'int32', (text, pattern) => {
      const match = regexOf(pattern).exec(text)
      return match === null ? 0 : Array.from(text.slice(0, match.index)).length + 1
    }),
  },
  'regexp_match(text,text)': {
    refuse,
    run: datumWise(() => (text, pattern) => {
      const match = regexOf(pattern!).exec(text!)
      if (match === null) return null
      return formatArray(listArray(match.length > 1 ? match.slice(1) : [match[0]]))
    }),
  },
  'regexp_split_to_array(text,text)': {
    refuse: whyNotSplit,
    run: datumWise(() => (text, pattern) => formatArray(listArray(splitByRegex(text!, pattern!)))),
  },
}
