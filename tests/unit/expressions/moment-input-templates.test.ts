/** to_date and to_timestamp by templates drawn at random, over texts that more or less fit them, beside PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { randomFrom, type Random } from '../../world/random.js'
import { startCallOracle, type CallOracle } from './call-oracle.js'

let oracle: CallOracle
beforeAll(async () => {
  oracle = await startCallOracle({ ...DEFAULT_VALUE_SETTINGS, timeZone: 'Europe/Berlin' })
}, 60_000)
afterAll(() => oracle.close())

const NUMBERS: Readonly<Record<string, readonly [from: number, to: number, width: number]>> = {
  ...{
    YYYY: [1, 2400, 4],
    YYY: [0, 999, 3],
    YY: [0, 99, 2],
    Y: [0, 9, 1],
    MM: [1, 12, 2],
    DD: [1, 29, 2],
  },
  ...{ DDD: [1, 366, 3], D: [1, 7, 1], W: [1, 5, 1], WW: [1, 53, 2], Q: [1, 4, 1], CC: [1, 25, 2] },
  ...{
    J: [1_700_000, 2_600_000, 7],
    HH24: [0, 23, 2],
    HH12: [1, 12, 2],
    HH: [1, 12, 2],
    MI: [0, 59, 2],
  },
  ...{
    SS: [0, 59, 2],
    MS: [0, 999, 3],
    US: [0, 999_999, 6],
    SSSS: [0, 86_399, 5],
    SSSSS: [0, 86_399, 5],
  },
  ...{ FF1: [0, 9, 1], FF3: [0, 999, 3], FF6: [0, 999_999, 6], TZH: [-14, 14, 2], TZM: [0, 59, 2] },
  ...{
    IYYY: [1, 2400, 4],
    IYY: [0, 999, 3],
    IY: [0, 99, 2],
    I: [0, 9, 1],
    IW: [1, 53, 2],
    ID: [1, 7, 1],
    IDDD: [1, 371, 3],
  },
}
const WORDS: Readonly<Record<string, readonly string[]>> = {
  Month: ['January', 'FEBRUARY', 'may', 'December', 'Septembre'],
  Mon: ['Jan', 'FEB', 'may', 'Dec', 'Maerz'],
  MONTH: ['March', 'june', 'Mar'],
  mon: ['apr', 'AUG', 'x'],
  Day: ['Monday', 'sunday', 'FRIDAY'],
  Dy: ['Mon', 'sun', 'FRI'],
  RM: ['XII', 'iv', 'VIII', 'I', 'vx'],
  ...{
    AM: ['AM', 'pm', 'Am', 'xm'],
    'P.M.': ['a.m.', 'P.M.', 'pm'],
    AD: ['AD', 'bc'],
    'B.C.': ['B.C.', 'a.d.'],
  },
  'Y,YYY': ['2,024', '1,7', '-1,5', '2024', '12,999'],
  OF: ['+02', '-03:30', '+5', '01', '+16'],
}
const COMMON = [
  ...[
    'YYYY-MM-DD',
    'DD Mon YYYY',
    'YYYYMMDD',
    'YYYY-MM-DD HH24:MI:SS',
    'MM/DD/YYYY',
    'DD.MM.YY',
    'YYYYMMDDHH24MISS',
  ],
  ...[
    'FMMonth DD, YYYY',
    'HH12:MI AM',
    'YYYY-DDD',
    'IYYY-IW-ID',
    'YYYY"T"MM',
    'FXYYYY-MM-DD',
    'DD Month YYYY',
    'CC YY',
  ],
  ...[
    'YYYY-MM-DD HH24:MI:SS.US',
    'YYYY-MM-DD HH24:MI:SSTZH:TZM',
    'YYYY-MM-DD HH24:MI:SS OF',
    'DDth Mon YYYY',
    'J',
    'W MM YYYY',
  ],
]
const SEPARATORS = ['-', '/', ' ', ':', '.', ',', '', '', '"T"', 'x', '  ', '_', '1']
const FIELDS = [...Object.keys(NUMBERS), ...Object.keys(WORDS)]
const longestFirst = [...FIELDS].sort((a, b) => b.length - a.length)

function drawTemplate(random: Random): string {
  if (random.chance(0.5)) return random.pick(COMMON)
  let template = random.chance(0.1) ? 'FX' : ''
  for (let left = random.whole(1, 6); left > 0; left--) {
    const prefix = random.chance(0.1) ? 'FM' : ''
    const field = random.pick(FIELDS)
    const cased = random.chance(0.1) ? field.toLowerCase() : field
    template += prefix + cased + (random.chance(0.05) ? 'th' : '') + random.pick(SEPARATORS)
  }
  return template
}

/** A text that the template was, perhaps, made for. */
function drawText(random: Random, template: string): string {
  let text = ''
  for (let at = 0; at < template.length;) {
    const name = longestFirst.find((field) =>
      template.slice(at).toUpperCase().startsWith(field.toUpperCase()),
    )
    if (name === undefined) {
      const character = template[at++]!
      if (character === '"') continue
      text += random.chance(0.1) ? random.pick(['', ' ', '-', '  ']) : character
      continue
    }
    at += name.length
    const range = NUMBERS[name]
    if (range === undefined) text += random.pick(WORDS[name]!)
    else {
      const value = random.chance(0.05) ? random.whole(0, 99_999) : random.whole(range[0], range[1])
      text += random.chance(0.2)
        ? String(value)
        : (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(range[2], '0')
    }
  }
  text = text.replace(/FM|FX/g, '')
  if (random.chance(0.1)) text = ` ${text}`
  if (random.chance(0.08)) text = text.slice(0, random.whole(0, text.length))
  if (random.chance(0.03)) text += 'zz'
  return text
}

test.each([
  ['to_date(text,text)', 'date', 11],
  ['to_timestamp(text,text)', 'timestamptz', 12],
] as const)('%s', (call, result, seed) => {
  const random = randomFrom(seed)
  const rows = Array.from({ length: 4000 }, () => {
    const template = drawTemplate(random)
    return [drawText(random, template), template]
  })
  const differences = oracle.differences(call, result, rows)
  expect(differences.slice(0, 20)).toEqual([])
  expect(differences.length).toBe(0)
})
