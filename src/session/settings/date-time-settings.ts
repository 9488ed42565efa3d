/** DateStyle and TimeZone: the two settings whose values are little languages of their own. */
import { EngineError, SQLSTATE } from '../../errors.js'

const OUTPUT_STYLES: Readonly<Record<string, string>> = {
  iso: 'ISO',
  sql: 'SQL',
  postgres: 'Postgres',
  german: 'German',
}
const FIELD_ORDERS: Readonly<Record<string, string>> = {
  ymd: 'YMD',
  dmy: 'DMY',
  mdy: 'MDY',
}

/** Merges words such as `sql, dmy` into the style so far; prints it as SHOW does. */
export function canonicalDateStyle(text: string, current: string): string {
  const [currentStyle = 'ISO', currentOrder = 'MDY'] = current.split(', ')
  let style: string | undefined
  let order: string | undefined
  let orderGiven = false
  const fail = (detail: string): never => {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      `invalid value for parameter "DateStyle": "${text}"`,
      { detail },
    )
  }
  const setStyle = (next: string): void => {
    if (style !== undefined && style !== next) fail('Conflicting "DateStyle" specifications.')
    style = next
  }
  const setOrder = (next: string): void => {
    if (orderGiven && order !== next) fail('Conflicting "DateStyle" specifications.')
    order = next
    orderGiven = true
  }
  for (const part of text.split(',')) {
    const word = part
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase()
    if (word === '' && text.trim() === '') break
    if (word.startsWith('iso')) setStyle('ISO')
    else if (word.startsWith('sql')) setStyle('SQL')
    else if (word.startsWith('postgres')) setStyle('Postgres')
    else if (word.startsWith('german')) {
      setStyle('German')
      // German dates imply day first, unless an order is named.
      if (!orderGiven) order = 'DMY'
    } else if (word in FIELD_ORDERS) setOrder(FIELD_ORDERS[word] ?? '')
    else if (word.startsWith('euro')) setOrder('DMY')
    else if (word.startsWith('noneuro') || word === 'us') setOrder('MDY')
    else if (word === 'default') {
      style ??= 'ISO'
      order ??= 'MDY'
    } else fail(`Unrecognized key word: "${word}".`)
  }
  const known = OUTPUT_STYLES[(style ?? currentStyle).toLowerCase()] ?? 'ISO'
  return `${known}, ${order ?? currentOrder}`
}

let zoneNames: ReadonlyMap<string, string> | undefined

/** Zones outside Intl's list that PostgreSQL's time zone files have, in their spelling. */
const MORE_ZONES =
  'UTC GMT GMT+0 GMT-0 GMT0 Greenwich UCT Universal Zulu Etc/UTC Etc/GMT Etc/UCT Etc/Universal Etc/Zulu Etc/Greenwich ' +
  'Etc/GMT+0 Etc/GMT-0 Etc/GMT0 EST MST HST EST5EDT CST6CDT MST7MDT PST8PDT CET MET EET WET Cuba Egypt Eire GB GB-Eire ' +
  'Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya NZ NZ-CHAT Navajo PRC Poland Portugal ROC ROK Singapore ' +
  'Turkey W-SU US/Alaska US/Aleutian US/Arizona US/Central US/East-Indiana US/Eastern US/Hawaii US/Indiana-Starke ' +
  'US/Michigan US/Mountain US/Pacific US/Samoa Canada/Atlantic Canada/Central Canada/Eastern Canada/Mountain ' +
  'Canada/Newfoundland Canada/Pacific Canada/Saskatchewan Canada/Yukon Brazil/Acre Brazil/DeNoronha Brazil/East ' +
  'Brazil/West Chile/Continental Chile/EasterIsland Mexico/BajaNorte Mexico/BajaSur Mexico/General Asia/Calcutta ' +
  'Asia/Kolkata Asia/Saigon Asia/Ho_Chi_Minh Asia/Katmandu Asia/Kathmandu Asia/Rangoon Asia/Yangon Europe/Kiev ' +
  'Europe/Kyiv Europe/Belfast Europe/Nicosia Europe/Tiraspol America/Buenos_Aires America/Argentina/Buenos_Aires ' +
  'America/Indianapolis America/Indiana/Indianapolis America/Louisville America/Kentucky/Louisville America/Catamarca ' +
  'America/Cordoba America/Mendoza America/Jujuy America/Godthab America/Nuuk Atlantic/Faeroe Atlantic/Faroe ' +
  'Atlantic/Jan_Mayen Pacific/Ponape Pacific/Pohnpei Pacific/Truk Pacific/Chuuk Pacific/Enderbury Pacific/Kanton ' +
  'Pacific/Samoa Australia/ACT Australia/NSW Australia/North Australia/Queensland Australia/South Australia/Tasmania ' +
  'Australia/Victoria Australia/West Australia/Yancowinna Australia/Canberra Antarctica/South_Pole Arctic/Longyearbyen ' +
  'Asia/Istanbul Asia/Macao Asia/Dacca Asia/Ashkhabad Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Kashgar ' +
  'Asia/Tel_Aviv Asia/Thimbu Asia/Ujung_Pandang Asia/Ulan_Bator Africa/Asmera Africa/Timbuktu'

/** Finds a zone as PostgreSQL does: an offset in hours, a named zone in any case, or a POSIX zone. */
export function canonicalTimeZone(text: string, parameter = 'TimeZone'): string {
  const hours = /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : undefined
  if (hours !== undefined) return offsetZone(Math.trunc(hours * 3600))
  const named = zones().get(text.toLowerCase())
  if (named !== undefined) return named
  const etc = /^etc\/gmt([+-]\d{1,2})$/i.exec(text)
  if (etc !== null && Math.abs(Number(etc[1])) <= 14) return `Etc/GMT${etc[1]}`
  const posix =
    /^([A-Z]{3,}|<[A-Z0-9:+-]{3,}>)([+-]?\d{1,3}(?::\d{2}(?::\d{2})?)?)(([A-Z]{3,}|<[A-Z0-9:+-]{3,}>).*)?$/i.exec(
      text,
    )
  if (posix !== null) return text.toUpperCase()
  throw new EngineError(
    SQLSTATE.invalidParameterValue,
    `invalid value for parameter "${parameter}": "${text}"`,
  )
}

/** The zone of `SET TIME ZONE INTERVAL '-08:30'`. */
export function timeZoneOfInterval(text: string): string {
  const match = /^\s*([+-]?)(\d{1,3})(?::(\d{2}))?(?::(\d{2}))?\s*(?:h(?:ours?)?)?\s*$/.exec(text)
  if (match === null) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      `invalid value for parameter "TimeZone": "INTERVAL '${text}'"`,
    )
  }
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)
  return offsetZone(match[1] === '-' ? -seconds : seconds)
}

/** A fixed offset as PostgreSQL names it: ISO sign in the name, POSIX sign behind. */
function offsetZone(secondsEast: number): string {
  const size = Math.abs(secondsEast)
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0')
  let offset = two(size / 3600)
  if (size % 3600 !== 0) offset += `:${two((size % 3600) / 60)}`
  if (size % 60 !== 0) offset += `:${two(size % 60)}`
  const [name, posix] = secondsEast < 0 ? ['-', '+'] : ['+', '-']
  return `<${name}${offset}>${posix}${offset}`
}

function zones(): ReadonlyMap<string, string> {
  zoneNames ??= new Map(
    [...MORE_ZONES.split(' '), ...Intl.supportedValuesOf('timeZone')].map((name) => [
      name.toLowerCase(),
      name,
    ]),
  )
  return zoneNames
}
