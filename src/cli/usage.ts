/** Reading the command line: flags, then TRIBUTARY_* variables, then defaults. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** A mistake in how the command was called: exit code 2 and the usage text. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Arguments {
  readonly positionals: readonly string[]
  /** A string flag, its TRIBUTARY_* variable, or undefined. */
  text(name: string): string | undefined
  flag(name: string): boolean
}

/** Parses flags: names in `texts` take a value, names in `flags` do not. Unknown ones are a UsageError. */
export function readArguments(
  argv: string[],
  texts: readonly string[],
  flags: readonly string[] = [],
): Arguments {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const name of texts) options[name] = { type: 'string' }
  for (const name of flags) options[name] = { type: 'boolean' }
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
    return {
      positionals,
      text: (name) => {
        const value = values[name]
        if (typeof value === 'string') return value
        return process.env[`TRIBUTARY_${name.toUpperCase().replaceAll('-', '_')}`]
      },
      flag: (name) => values[name] === true,
    }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** The only positional argument, or a UsageError that says what was expected. */
export function onlyPositional(args: Arguments, what: string): string {
  const [value, ...more] = args.positionals
  if (value === undefined || more.length > 0) throw new UsageError(`Expected one argument: ${what}`)
  return value
}

/** Reads a number flag within bounds. */
export function numberOf(args: Arguments, name: string, fallback: number, max: number): number {
  const text = args.text(name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new UsageError(`--${name} must be a whole number from 0 to ${max}: ${text}`)
  }
  return value
}
