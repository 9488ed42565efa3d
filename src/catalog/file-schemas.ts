/** Checks a catalog file against the JSON Schema of its kind and says where it departs from it. */
import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { closestName, didYouMean } from './did-you-mean.js'
import type { YamlFile, YamlPath } from './yaml-file.js'

export type FileKind = 'catalog' | 'source' | 'source_lock' | 'view' | 'principals'

const validators = new Map<FileKind, ValidateFunction>()

/** The schemas ship beside the code: editors read the same files through the first line of each catalog file. */
const SCHEMA_DIRECTORY = new URL('../../catalog/.schema/', import.meta.url)

/** Reports every departure of the file's data from its schema as a problem at its place; true when there is none. */
export function checkFileSchema(file: YamlFile, kind: FileKind): boolean {
  return file.data !== undefined && reportDepartures(file, kind).length === 0
}

/** What is left of a file for further checks, whatever its schema has against it. */
export interface SoundPart {
  /** The data without what departs from the schema: values are gone, pieces of a list of maps are undefined. */
  readonly data: unknown
  /** Tells whether something under the path, or around it, is not as it was meant: a value that departs, or a key that is missing or misspelt. */
  readonly departs: (path: YamlPath) => boolean
}

/** Reports as {@link checkFileSchema} does, and returns the rest, so that one mistake does not hide the others; undefined when nothing is left. */
export function soundPartOf(file: YamlFile, kind: FileKind): SoundPart | undefined {
  if (file.data === undefined) return undefined
  const departures = reportDepartures(file, kind)
  const data = structuredClone(file.data)
  for (const { path, isAbsent } of departures) {
    if (path.length === 0) return undefined
    if (!isAbsent) removeAt(data, path)
  }
  return {
    data,
    departs: (path) =>
      departures.some(({ path: departed }) =>
        departed.slice(0, path.length).every((key, i) => path[i] === key),
      ),
  }
}

function removeAt(data: unknown, path: YamlPath): void {
  let parent = data
  for (const key of path.slice(0, -1)) {
    parent = (parent as Readonly<Record<string, unknown>> | undefined)?.[key]
  }
  const last = path.at(-1)
  if (!Array.isArray(parent)) {
    if (parent instanceof Object) Reflect.deleteProperty(parent, String(last))
  } else if (parent.some((piece) => piece instanceof Object)) {
    parent[Number(last)] = undefined // the others keep their numbers, which say where they are
  } else {
    removeAt(data, path.slice(0, -1))
  }
}

interface Departure {
  readonly path: YamlPath
  /** There is no value at the path, though there may be one under another key that was meant to be this one. */
  readonly isAbsent: boolean
}

function reportDepartures(file: YamlFile, kind: FileKind): Departure[] {
  const validate = validatorOf(kind)
  if (validate(file.data)) return []
  return (validate.errors ?? []).map((error) => reportError(file, error))
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

function reportError(file: YamlFile, error: ErrorObject): Departure {
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
      return { path: [...path, closestName(key, known) ?? key], isAbsent: true }
    }
    case 'required': {
      const key = String(params.missingProperty)
      file.report(path, 'E1003', `Missing key "${key}"`)
      return { path: [...path, key], isAbsent: true }
    }
    case 'type':
      file.report(path, 'E1004', `Expected ${words(params.type)}, found ${describe(error.data)}`)
      break
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String)
      file.report(path, 'E1005', `Expected one of ${allowed.join(', ')}`, {
        hint: didYouMean(String(error.data), allowed),
      })
      break
    }
    case 'const':
      file.report(path, 'E1005', `Expected ${JSON.stringify(params.allowedValue)}`)
      break
    case 'pattern':
      file.report(path, 'E1006', `Not a valid name or value: ${describe(error.data)}`, {
        hint: `it must match ${String(params.pattern)}`,
      })
      break
    case 'propertyNames':
    case 'if':
    case 'anyOf':
    case 'oneOf':
      break // their parts are reported on their own
    default:
      file.report(path, 'E1007', `Invalid value: ${error.message ?? error.keyword}`)
  }
  return { path, isAbsent: false }
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
