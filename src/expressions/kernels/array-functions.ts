/** Functions of arrays, over their text form. */
import { enumOf } from '../../types/enum-types.js'
import { OID } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'
import type { CallExpression } from '../expression.js'
import { arrayDelimiter, type ArrayValue, parseArray } from '../../types/array-text.js'
import { byComparator } from './comparisons.js'
import { createComparator, isComparableNatively } from '../compare.js'
import type { GuardedKernel, Kernel, KernelTable } from './kernel.js'
import { rowWise, rowWiseWith } from './row-wise.js'

/** Element types whose values are equal exactly when their texts are. */
const TEXT_IS_IDENTITY: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.text, OID.varchar, OID.uuid, OID.bool, OID.date],
  ...[OID.timestamp, OID.timestamptz],
])

/** Element types that print alike in every session. */
const PRINT_ALIKE: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.text, OID.varchar, OID.uuid, OID.bool, OID.numeric],
])

const isIdentity = (element: number): boolean =>
  TEXT_IS_IDENTITY.has(element) || enumOf(element) !== undefined

const printsAlike = (element: number): boolean =>
  PRINT_ALIKE.has(element) || enumOf(element) !== undefined

function refuseElements(
  allowed: ((element: number) => boolean) | undefined,
): (call: CallExpression) => string | undefined {
  return (call) => {
    const type = call.arguments[0]?.type.oid ?? 0
    const element = typeInfo(type).elementOid
    return element !== undefined && (allowed === undefined || allowed(element))
      ? undefined
      : `${call.function.name} of ${typeInfo(type).sqlName} has no native kernel`
  }
}

function guarded(allowed: ((element: number) => boolean) | undefined, run: Kernel): GuardedKernel {
  return { run, refuse: refuseElements(allowed) }
}

/** Runs a function of the parsed first argument. */
function ofArray(apply: (array: ArrayValue) => number | null): GuardedKernel {
  return guarded(
    undefined,
    rowWise(['text'], 'int32', (text) => apply(parseArray(text))),
  )
}

function ofDimension(apply: (array: ArrayValue, k: number) => number): GuardedKernel {
  return guarded(
    undefined,
    rowWiseWith(['text', 'int32'], 'int32', (_, inputs) => {
      const delimiter = arrayDelimiter(typeInfo(inputs[0]?.type.oid ?? 0).elementOid ?? 0)
      return (text, dimension) => {
        const array = parseArray(text, delimiter)
        if (dimension < 1 || dimension > array.dimensions.length) return null
        return apply(array, dimension - 1)
      }
    }),
  )
}

const setRelation = (
  holds: (a: ReadonlySet<string | null>, b: readonly (string | null)[]) => boolean,
): GuardedKernel =>
  guarded(
    isIdentity,
    rowWise(['text', 'text'], 'bool', (a, b) =>
      holds(
        new Set(parseArray(a).elements.filter((element) => element !== null)),
        parseArray(b).elements,
      ),
    ),
  )

const swappedRelation = (kernel: GuardedKernel): GuardedKernel => ({
  refuse: (call) => kernel.refuse(call),
  run: ([a, b], call) => kernel.run([b as NonNullable<typeof b>, a as NonNullable<typeof a>], call),
})

/** A NULL never equals anything, so an array that holds one is contained in nothing. */
const contains = setRelation((a, b) => b.every((element) => element !== null && a.has(element)))

const identical = createComparator({ oid: OID.text, typmod: -1 })

/** A comparison of arrays: of their texts where those tell equality, else element by element. */
function comparison(relation: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'): GuardedKernel {
  const ofTexts = relation === 'eq' || relation === 'ne'
  return {
    refuse: (call) => {
      const type = call.arguments[0]?.type ?? { oid: 0, typmod: -1 }
      return isComparableNatively(type) ||
        (ofTexts && refuseElements(isIdentity)(call) === undefined)
        ? undefined
        : `${call.function.name} of ${typeInfo(type.oid).sqlName} has no native kernel`
    },
    run: (inputs, call) => {
      const type = inputs[0]!.type
      const isPlain = ofTexts && isIdentity(typeInfo(type.oid).elementOid ?? 0)
      return byComparator(relation, isPlain ? identical : createComparator(type))(inputs, call)
    },
  }
}

/** Array functions by signature. */
export const ARRAY_FUNCTIONS: KernelTable = {
  'cardinality(anyarray)': ofArray((array) => array.elements.length),
  'array_ndims(anyarray)': ofArray((array) => array.dimensions.length || null),
  'array_length(anyarray,int4)': ofDimension((array, k) => array.dimensions[k] as number),
  'array_lower(anyarray,int4)': ofDimension((array, k) => array.lowerBounds[k] as number),
  'array_upper(anyarray,int4)': ofDimension(
    (array, k) => (array.lowerBounds[k] as number) + (array.dimensions[k] as number) - 1,
  ),
  'array_to_string(anyarray,text)': guarded(
    printsAlike,
    rowWise(['text', 'text'], 'text', (text, separator) =>
      parseArray(text)
        .elements.filter((element) => element !== null)
        .join(separator),
    ),
  ),
  'arraycontains(anyarray,anyarray)': contains,
  'arraycontained(anyarray,anyarray)': swappedRelation(contains),
  'arrayoverlap(anyarray,anyarray)': setRelation((a, b) =>
    b.some((element) => element !== null && a.has(element)),
  ),
  'array_eq(anyarray,anyarray)': comparison('eq'),
  'array_ne(anyarray,anyarray)': comparison('ne'),
  'array_lt(anyarray,anyarray)': comparison('lt'),
  'array_le(anyarray,anyarray)': comparison('le'),
  'array_gt(anyarray,anyarray)': comparison('gt'),
  'array_ge(anyarray,anyarray)': comparison('ge'),
}
