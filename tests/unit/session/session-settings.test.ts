/** SET and SHOW: PostgreSQL's canonical values and refusals. Expected values were seen on PostgreSQL 18. */
import { expect, test } from 'vitest'
import type { EngineError } from '../../../src/errors.js'
import { parseSearchPath } from '../../../src/session/settings/search-path.js'
import { SessionSettings } from '../../../src/session/settings/session-settings.js'

function set(name: string, ...values: string[]): string {
  const settings = new SessionSettings({})
  try {
    settings.set(name, values, { local: false })
    return settings.show(name).value
  } catch (error) {
    const { code, message, detail, hint } = error as EngineError
    return [code, message, detail, hint].filter((part) => part !== undefined).join(' | ')
  }
}

test.each([
  ['DateStyle', ['german'], 'German, DMY'],
  ['datestyle', ['sql,dmy'], 'SQL, DMY'],
  ['datestyle', ['ISO', 'YMD'], 'ISO, YMD'],
  [
    'datestyle',
    ['foo'],
    '22023 | invalid value for parameter "DateStyle": "foo" | Unrecognized key word: "foo".',
  ],
  [
    'datestyle',
    ['german, iso'],
    '22023 | invalid value for parameter "DateStyle": "german, iso" | Conflicting "DateStyle" specifications.',
  ],
  ['TimeZone', ['5.5'], '<+05:30>-05:30'],
  ['TimeZone', ['-8'], '<-08>+08'],
  ['TimeZone', ['europe/berlin'], 'Europe/Berlin'],
  ['TimeZone', ['EST5EDT'], 'EST5EDT'],
  ['TimeZone', ['foo+3'], 'FOO+3'],
  // What SHOW says can be set again.
  ['TimeZone', ['<+05:30>-05:30'], '<+05:30>-05:30'],
  ['TimeZone', ['PST'], '22023 | invalid value for parameter "TimeZone": "PST"'],
  ['TimeZone', ['Nope/X'], '22023 | invalid value for parameter "TimeZone": "Nope/X"'],
  ['statement_timeout', ['1.5s'], '1500ms'],
  ['statement_timeout', ['90000'], '90s'],
  ['statement_timeout', ['10 min'], '10min'],
  [
    'statement_timeout',
    ['5x'],
    '22023 | invalid value for parameter "statement_timeout": "5x" | Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".',
  ],
  ['statement_timeout', ['1', '2'], '22023 | SET statement_timeout takes only one argument'],
  [
    'extra_float_digits',
    ['9'],
    '22023 | 9 is outside the valid range for parameter "extra_float_digits" (-15 .. 3)',
  ],
  ['extra_float_digits', ['2.6'], '3'],
  ['extra_float_digits', ['1.5'], '2'],
  ['extra_float_digits', ['0x2'], '2'],
  ['work_mem', ['64MB'], '64MB'],
  [
    'work_mem',
    ['-1'],
    '22023 | -1 kB is outside the valid range for parameter "work_mem" (64 kB .. 2147483647 kB)',
  ],
  ['seq_page_cost', ['2.50'], '2.5'],
  ['vacuum_cost_delay', ['1500us'], '1500us'],
  ['enable_seqscan', ['tr'], 'on'],
  ['enable_seqscan', ['2'], '22023 | parameter "enable_seqscan" requires a Boolean value'],
  [
    'bytea_output',
    ['foo'],
    '22023 | invalid value for parameter "bytea_output": "foo" | Available values: escape, hex.',
  ],
  ['default_transaction_isolation', ['SERIALIZABLE'], 'serializable'],
  ['client_encoding', ['utf-8'], 'UTF8'],
  ['client_encoding', ['nope'], '22023 | invalid value for parameter "client_encoding": "nope"'],
  ['search_path', [''], '""'],
  ['search_path', ['a', 'B c', 'x,y'], 'a, "B c", "x,y"'],
  ['application_name', ['é\tx'], '\\xc3\\xa9\\x09x'],
  ['server_version', ['1'], '55P02 | parameter "server_version" cannot be changed'],
  [
    'shared_buffers',
    ['1GB'],
    '55P02 | parameter "shared_buffers" cannot be changed without restarting the server',
  ],
  ['log_statement', ['all'], '42501 | permission denied to set parameter "log_statement"'],
  ['nope', ['1'], '42704 | unrecognized configuration parameter "nope"'],
  ['nope.x.y', ['1'], '1'],
  [
    'nope.a b',
    ['1'],
    '42602 | invalid configuration parameter name "nope.a b" | Custom parameter names must be two or more simple identifiers separated by dots.',
  ],
  ['tributary.memory_limit', ['256MB'], '256MB'],
  ['tributary.pushdown', ['no'], 'off'],
  ['tributary.nope', ['1'], '42704 | unrecognized configuration parameter "tributary.nope"'],
])('SET %s = %j', (name, values, expected) => {
  expect(set(name, ...values)).toBe(expected)
})

test.each([
  ['work_mem', '4MB'],
  ['tributary.memory_limit', '512MB'],
  ['server_version', '18.6'],
  ['effective_cache_size', '4GB'],
  ['deadlock_timeout', '1s'],
  ['log_temp_files', '-1'],
  ['data_directory_mode', '0700'],
  ['search_path', '"$user", public'],
])('SHOW %s is %s by default', (name, expected) => {
  expect(new SessionSettings({}).show(name).value).toBe(expected)
})

test('RESET goes back to what the connection asked for', () => {
  const settings = new SessionSettings({ timezone: 'UTC' })
  settings.setBase('TimeZone', 'asia/tokyo')
  settings.set('timezone', ['UTC'], { local: false })
  settings.set('timezone', undefined, { local: false, verb: 'RESET' })
  expect(settings.get('timezone')).toBe('Asia/Tokyo')
})

test('what only administrators may read is not shown', () => {
  const settings = new SessionSettings({})
  expect(() => settings.show('hba_file')).toThrow('permission denied to examine "hba_file"')
  expect(settings.showAll().map(({ name }) => name)).not.toContain('hba_file')
})

test('a snapshot brings back both kinds of SET', () => {
  const settings = new SessionSettings({})
  settings.set('work_mem', ['1MB'], { local: false })
  const before = settings.snapshot()
  settings.set('work_mem', ['2MB'], { local: true })
  settings.set('statement_timeout', ['5'], { local: false })
  settings.restore(before)
  expect([settings.show('work_mem').value, settings.get('statement_timeout')]).toEqual(['1MB', '0'])
})

test('search_path is read as identifiers', () => {
  expect(parseSearchPath('"$user", public, "B c", FOO, ""', 'ann')).toEqual([
    'ann',
    'public',
    'B c',
    'foo',
  ])
})
