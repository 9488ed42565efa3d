/** Pipeline stages. What is not here is unknown to the server. */
import { BSON } from 'mongodb'
import { addNumbers, compareBson, fieldsOf, isNumber, keyOf, kindOf, toNumber, type Fields, type Value } from './bson-values.js' // prettier-ignore
import { checkExpression, descend, evaluate, isTruthy, type Variables } from './expressions.js'
import { checkMatch, matches } from './match.js'
import { fail } from './server-error.js'

/** What stages may ask of the server. */
export interface Database {
  documents(collection: string): readonly Fields[]
  /** Of `$collStats`. */
  statistics(collection: string): Fields
  random(): number
}

type Stage = (input: readonly Fields[], variables: Variables) => readonly Fields[]

/** Parses a pipeline, then gives what runs it: errors of parsing come though there are no documents. */
export function parsePipeline(pipeline: Value, collection: string, database: Database): Stage {
  if (kindOf(pipeline) !== 'array') fail(14, "'pipeline' option must be specified as an array")
  const stages = (pipeline as Value[]).map((stage, position) => {
    const entries = Object.entries(fieldsOf(stage, 40323, 'A pipeline stage specification'))
    if (entries.length !== 1) fail(40323, 'A pipeline stage specification object must contain exactly one field.') // prettier-ignore
    const [name, specification] = entries[0]!
    const parse = STAGES[name]
    if (parse === undefined) return fail(40324, `Unrecognized pipeline stage name: '${name}'`)
    if (name === '$collStats' && position > 0) fail(40602, '$collStats is only valid as the first stage in a pipeline.') // prettier-ignore
    return parse(specification, { collection, database })
  })
  return (input, variables) =>
    stages.reduce<readonly Fields[]>((documents, stage) => stage(documents, variables), input)
}

interface Context {
  readonly collection: string
  readonly database: Database
}

const STAGES: Readonly<Record<string, (specification: Value, context: Context) => Stage>> = {
  $match(query) {
    checkMatch(query)
    return (input, variables) => input.filter((document) => matches(query, document, variables))
  },
  $project: parseProject,
  $set: parseSet,
  $addFields: parseSet,
  $group: parseGroup,
  $sort(specification) {
    const keys = Object.entries(fieldsOf(specification, 15973, 'the $sort key specification'))
    if (keys.length === 0) fail(15976, '$sort stage must have at least one sort key')
    for (const [, direction] of keys) {
      if (!isNumber(direction) || Math.abs(toNumber(direction)) !== 1) fail(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)') // prettier-ignore
    }
    return (input) =>
      [...input].sort((a, b) => {
        for (const [path, direction] of keys) {
          const parts = path.split('.')
          // A missing key sorts as null.
          const order = compareBson(descend(a, parts) ?? null, descend(b, parts) ?? null)
          if (order !== 0) return order * toNumber(direction)
        }
        return 0
      })
  },
  $limit(count) {
    const limit = rowCount(count, 2107201)
    if (limit === 0) fail(15958, 'the limit must be positive')
    return (input) => input.slice(0, limit)
  },
  $skip(count) {
    const skip = rowCount(count, 5107200)
    return (input) => input.slice(skip)
  },
  $count(name) {
    if (typeof name !== 'string' || name === '') fail(40156, 'the count field must be a non-empty string') // prettier-ignore
    return (input) =>
      input.length === 0 ? [] : [{ [name as string]: new BSON.Int32(input.length) }]
  },
  $sample(specification, { database }) {
    const { size, ...others } = fieldsOf(specification, 28745, 'the $sample stage specification')
    if (Object.keys(others).length > 0) fail(28748, 'unrecognized option to $sample')
    return (input) =>
      input
        .map((document) => [database.random(), document] as const)
        .sort(([a], [b]) => a - b)
        .slice(0, toNumber(size))
        .map(([, document]) => document)
  },
  $collStats(_specification, { collection, database }) {
    return () => [database.statistics(collection)]
  },
  $unwind: parseUnwind,
  $lookup: parseLookup,
  $facet(specification, { collection, database }) {
    const facets = Object.entries(fieldsOf(specification, 40169, 'the $facet specification')).map(
      ([name, pipeline]) => [name, parsePipeline(pipeline, collection, database)] as const,
    )
    return (input, variables) => [
      Object.fromEntries(facets.map(([name, run]) => [name, [...run(input, variables)]])),
    ]
  },
  $replaceRoot(specification) {
    const { newRoot, ...others } = fieldsOf(specification, 40229, 'the $replaceRoot specification')
    if (Object.keys(others).length > 0 || newRoot === undefined) fail(40415, "unknown field in '$replaceRoot'") // prettier-ignore
    checkExpression(newRoot)
    return (input, variables) =>
      input.map((document) => {
        const value = evaluate(newRoot, document, variables)
        if (kindOf(value) !== 'object') fail(40228, "'newRoot' expression must evaluate to an object") // prettier-ignore
        return value as Fields
      })
  },
}

function rowCount(count: Value, code: number): number {
  if (!isNumber(count) || toNumber(count) < 0) fail(code, 'invalid argument: expected a non-negative number') // prettier-ignore
  return toNumber(count)
}

function checkName(name: string): void {
  if (name.startsWith('$') || name.includes('.') || name === '') fail(16410, `FieldPath '${name}' is not a plain field name`) // prettier-ignore
}

/** Numbers and booleans keep a field; expressions compute it. Only `_id` may be left out. */
function parseProject(specification: Value): Stage {
  const entries = Object.entries(fieldsOf(specification, 40272, '$project specification'))
  if (entries.length === 0) fail(51272, '$project specification must have at least one field')
  const computed: (readonly [string, Value])[] = []
  const kept = new Set<string>(['_id'])
  for (const [name, value] of entries) {
    checkName(name)
    const isFlag = isNumber(value) || typeof value === 'boolean'
    if (isFlag && isTruthy(value)) kept.add(name)
    else if (isFlag && name === '_id') kept.delete(name)
    else if (isFlag) fail(31254, `Cannot do exclusion on field ${name} in inclusion projection`)
    else {
      checkExpression(value)
      computed.push([name, value])
      kept.delete(name)
    }
  }
  return (input, variables) =>
    input.map((document) => {
      const result: Fields = {}
      for (const [name, value] of Object.entries(document)) if (kept.has(name)) result[name] = value
      for (const [name, expression] of computed) {
        const value = evaluate(expression, document, variables)
        if (value !== undefined) result[name] = value
      }
      return result
    })
}

function parseSet(specification: Value): Stage {
  const entries = Object.entries(fieldsOf(specification, 40272, '$set specification'))
  for (const [name, value] of entries) {
    checkName(name)
    checkExpression(value)
  }
  return (input, variables) =>
    input.map((document) => {
      const result = { ...document }
      for (const [name, expression] of entries) {
        const value = evaluate(expression, document, variables)
        if (value === undefined) delete result[name]
        else result[name] = value
      }
      return result
    })
}

interface Accumulator {
  add(value: Value): void
  finish(): Value
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => {
    let sum: Value = new BSON.Int32(0)
    return {
      add: (value) => {
        if (isNumber(value)) sum = addNumbers(sum, value)
      },
      finish: () => sum,
    }
  },
  $min: () => extreme(-1),
  $max: () => extreme(1),
}

function extreme(wanted: number): Accumulator {
  let best: Value = null
  return {
    add(value) {
      if (value === undefined || value === null) return
      if (best === null || compareBson(value, best) === wanted) best = value
    },
    finish: () => best,
  }
}

function parseGroup(specification: Value): Stage {
  const { _id: key, ...fields } = fieldsOf(specification, 15947, "a group's fields")
  if (key === undefined) fail(15955, 'a group specification must include an _id')
  checkExpression(key)
  const parts = Object.entries(fields).map(([name, value]) => {
    checkName(name)
    const entries = Object.entries(fieldsOf(value, 40234, `The field '${name}' must be an accumulator object`)) // prettier-ignore
    if (entries.length !== 1) fail(40238, `The field '${name}' must specify one accumulator`)
    const [operator, expression] = entries[0]!
    const make = ACCUMULATORS[operator]
    if (make === undefined) return fail(15952, `unknown group operator '${operator}'`)
    checkExpression(expression)
    return { name, make, expression }
  })
  return (input, variables) => {
    const groups = new Map<string, { id: Value; accumulators: Accumulator[] }>()
    for (const document of input) {
      const id = evaluate(key, document, variables)
      const text = keyOf(id)
      let group = groups.get(text)
      if (group === undefined) {
        group = { id: id ?? null, accumulators: parts.map((part) => part.make()) }
        groups.set(text, group)
      }
      for (const [i, part] of parts.entries()) {
        group.accumulators[i]!.add(evaluate(part.expression, document, variables))
      }
    }
    return [...groups.values()].map(({ id, accumulators }) => ({
      _id: id,
      ...Object.fromEntries(parts.map((part, i) => [part.name, accumulators[i]!.finish()])),
    }))
  }
}

function parseUnwind(specification: Value): Stage {
  const options = typeof specification === 'string' ? { path: specification } : fieldsOf(specification, 15981, '$unwind') // prettier-ignore
  const { path, includeArrayIndex, preserveNullAndEmptyArrays, ...others } = options as Fields
  if (Object.keys(others).length > 0) fail(28811, 'unrecognized option to $unwind stage')
  if (typeof path !== 'string' || !path.startsWith('$')) return fail(28818, 'path option to $unwind stage should be prefixed with a $') // prettier-ignore
  const parts = path.slice(1).split('.')
  const keeps = isTruthy(preserveNullAndEmptyArrays)
  return (input) =>
    input.flatMap((document) => {
      const value = plainAt(document, parts)
      const result = (element: Value, index: Value): Fields => {
        const changed = withPath(document, parts, element)
        if (includeArrayIndex !== undefined) changed[includeArrayIndex as string] = index
        return changed
      }
      if (kindOf(value) === 'array') {
        const elements = value as Value[]
        if (elements.length === 0) return keeps ? [result(undefined, null)] : []
        return elements.map((element, i) => result(element, BSON.Long.fromNumber(i)))
      }
      if (value === undefined || value === null) return keeps ? [result(value, null)] : []
      return [result(value, null)]
    })
}

/** The value at a path of documents; arrays on the way end it. */
function plainAt(value: Value, parts: readonly string[]): Value {
  const [name, ...rest] = parts
  if (name === undefined) return value
  return kindOf(value) === 'object' ? plainAt((value as Fields)[name], rest) : undefined
}

function withPath(document: Value, parts: readonly string[], value: Value): Fields {
  const [name, ...rest] = parts
  const result = { ...(document as Fields) }
  const inner = rest.length === 0 ? value : withPath(result[name!], rest, value)
  if (inner === undefined) delete result[name!]
  else result[name!] = inner
  return result
}

function parseLookup(specification: Value, { database }: Context): Stage {
  const { from, let: bindings = {}, pipeline, as, ...others } = fieldsOf(specification, 9, 'the $lookup specification') // prettier-ignore
  if (Object.keys(others).length > 0) fail(9, `unknown argument to $lookup: ${Object.keys(others)[0]!}`) // prettier-ignore
  if (typeof from !== 'string' || typeof as !== 'string' || pipeline === undefined) fail(9, '$lookup needs from, pipeline and as') // prettier-ignore
  const variables = Object.entries(bindings as Fields)
  for (const [name, expression] of variables) {
    if (!/^[a-z]/.test(name)) fail(16867, `'${name}' starts with an invalid character for a user variable name`) // prettier-ignore
    checkExpression(expression)
  }
  const run = parsePipeline(pipeline, from as string, database)
  return (input, outer) =>
    input.map((document) => {
      const own = Object.fromEntries(variables.map(([name, expression]) => [name, evaluate(expression, document, outer)])) // prettier-ignore
      const found = run(database.documents(from as string), { ...outer, ...own })
      return { ...document, [as as string]: [...found] }
    })
}
