/** Every native kernel by signature. What is not here runs in a PostgreSQL. */
import type { FunctionReference } from '../expression.js'
import { ARRAY_BUILDING } from './array-building.js'
import { ARRAY_FUNCTIONS } from './array-functions.js'
import { COMPARISONS } from './comparisons.js'
import { DATETIME_ARITHMETIC } from './datetime-arithmetic.js'
import { DATETIME_FIELDS } from './datetime-fields.js'
import { DATETIME_TEMPLATES } from './datetime-templates.js'
import { FLOAT_ARITHMETIC } from './float-arithmetic.js'
import { INTEGER_ARITHMETIC } from './integer-arithmetic.js'
import { INTERVAL_ARITHMETIC } from './interval-arithmetic.js'
import { JSON_BUILDING } from './json-building.js'
import { JSON_FUNCTIONS } from './json-functions.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { MOMENT_INPUT_TEMPLATES } from './moment-input-templates.js'
import { MOMENT_MAKING } from './moment-making.js'
import { NUMBER_CASTS } from './number-casts.js'
import { NUMBER_FUNCTIONS } from './number-functions.js'
import { NUMBER_TEMPLATES } from './number-templates.js'
import { NUMERIC_ARITHMETIC } from './numeric-arithmetic.js'
import { PATTERN_MATCHING } from './pattern-matching.js'
import { REGEX_FUNCTIONS } from './regex-functions.js'
import { TEXT_CASTS } from './text-casts.js'
import { TEXT_FORMATTING } from './text-formatting.js'
import { TEXT_FUNCTIONS } from './text-functions.js'

const TABLES: readonly KernelTable[] = [
  COMPARISONS,
  INTEGER_ARITHMETIC,
  FLOAT_ARITHMETIC,
  NUMERIC_ARITHMETIC,
  NUMBER_FUNCTIONS,
  NUMBER_CASTS,
  TEXT_CASTS,
  TEXT_FUNCTIONS,
  TEXT_FORMATTING,
  PATTERN_MATCHING,
  REGEX_FUNCTIONS,
  INTERVAL_ARITHMETIC,
  DATETIME_ARITHMETIC,
  DATETIME_FIELDS,
  MOMENT_MAKING,
  DATETIME_TEMPLATES,
  MOMENT_INPUT_TEMPLATES,
  NUMBER_TEMPLATES,
  ARRAY_FUNCTIONS,
  ARRAY_BUILDING,
  JSON_FUNCTIONS,
  JSON_BUILDING,
]

const kernels = new Map<string, GuardedKernel>()

for (const table of TABLES) {
  for (const [signature, kernel] of Object.entries(table)) {
    kernels.set(
      signature,
      typeof kernel === 'function' ? { run: kernel, refuse: () => undefined } : kernel,
    )
  }
}

/** Finds the kernel of a built-in function. */
export function findKernel(reference: FunctionReference): GuardedKernel | undefined {
  return reference.schema === 'pg_catalog' ? kernels.get(reference.signature) : undefined
}

/** Tells whether a function is one of the comparison operators, none of which raises errors. */
export function isComparison(reference: FunctionReference): boolean {
  return reference.schema === 'pg_catalog' && Object.hasOwn(COMPARISONS, reference.signature)
}

/** Lists the signatures that have a kernel. */
export function kernelSignatures(): readonly string[] {
  return [...kernels.keys()]
}
