/**
 * Reads .slt files: statements separated by blank lines, each below a directive.
 *   query            rows are compared as a multiset
 *   query ordered    rows are compared in order
 *   error 22012      both must fail with this SQLSTATE
 * Lines that start with `#` are comments. There are no expected rows: a real PostgreSQL gives them.
 */
import { readFileSync } from 'node:fs'

export interface SltStatement {
  readonly sql: string
  readonly ordered: boolean
  /** The SQLSTATE both sides must fail with. */
  readonly error?: string
  readonly line: number
}

/** Reads one file; throws on anything it does not know. */
export function readSlt(path: string): SltStatement[] {
  const statements: SltStatement[] = []
  const lines = readFileSync(path, 'utf8').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const directive = (lines[i] as string).trim()
    if (directive === '' || directive.startsWith('#')) continue
    const match = /^(query( ordered)?|error ([0-9A-Z]{5}))$/.exec(directive)
    if (match === null) throw new Error(`${path}:${i + 1}: not a directive: ${directive}`)
    const body: string[] = []
    const line = i + 2
    while (i + 1 < lines.length && (lines[i + 1] as string).trim() !== '')
      body.push(lines[++i] as string)
    statements.push({
      sql: body.join('\n'),
      ordered: match[2] !== undefined,
      line,
      ...(match[3] === undefined ? {} : { error: match[3] }),
    })
  }
  return statements
}
