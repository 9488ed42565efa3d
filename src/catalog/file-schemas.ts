/** Checks a catalog file against the JSON Schema of its kind and says where it departs from it. */
import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { didYouMean } from './did-you-mean.js'
import type { YamlFile } from './yaml-file.js'

export type FileKind = 'catalog' | 'source' | 'source_lock' | 'view' | 'principals'

const validators = new Map<FileKind, ValidateFunction>()

/** The schemas ship beside the code: editors read the same files through the first line of each catalog file. */
const SCHEMA_DIRECTORY = new URL('../../catalog/.schema/', import.meta.url)

/** Reports every departure of the file's data from its schema as a problem at its place; true when there is none. */
export function checkFileSchema(file: YamlFile, kind: FileKind): boolean {
  if (file.data === undefined) return false
  const validate = validatorOf(kind)
  if (validate(file.data)) return true
  for (const error of validate.errors ?? []) reportError(file, error)
  return false
}

function validatorOf(kind: FileKind): ValidateFunction {
  let validate = validators.get(kind)
  if (validate === undefined) {
    const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, verbose: true })
    const text = readFileSync(new URL(`${kind}.schema.json`, SCHEMA_DIRECTORY), 'utf8')
    validate = ajv.compile(JSON.parse(text) as object)
    validators.set(kind, validate)
  }
  return validate
}

function reportError(file: YamlFile, error: ErrorObject): void {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      const known = Object.keys(
        (error.parentSchema as { properties?: Record<string, unknown> }).properties ?? {},
      )
      const hint = didYouMean(key, known)
      file.report([...path, key], 'E1002', `Unknown key "${key}"`, { hint, at: 'key' })
      return
    }
    case 'required':
      file.report(path, 'E1003', `Missing key "${String(params.missingProperty)}"`)
      return
    case 'type':
      file.report(path, 'E1004', `Expected ${words(params.type)}, found ${describe(error.data)}`)
      return
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String)
      file.report(path, 'E1005', `Expected one of ${allowed.join(', ')}`, {
        hint: didYouMean(String(error.data), allowed),
      })
      return
    }
    case 'const':
      file.report(path, 'E1005', `Expected ${JSON.stringify(params.allowedValue)}`)
      return
    case 'pattern':
      file.report(path, 'E1006', `Not a valid name or value: ${describe(error.data)}`, {
        hint: `it must match ${String(params.pattern)}`,
      })
      return
    case 'propertyNames':
    case 'if':
    case 'anyOf':
    case 'oneOf':
      return // their parts are reported on their own
    default:
      file.report(path, 'E1007', `Invalid value: ${error.message ?? error.keyword}`)
  }
}

function words(type: unknown): string {
  return (Array.isArray(type) ? type : [type])
    .map((t) => (t === 'object' ? 'a map' : t === 'array' ? 'a list' : `a ${String(t)}`))
    .join(' or ')
}

function describe(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value)
}
