/**
 * Turns expression nodes into Expressions. Small special forms are here; calls, columns, aggregates and
 * subqueries have files of their own.
 */
import type { Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import { buildAggregate, buildGroupingCall } from './build-aggregate.js'
import type { BuildContext } from './build-context.js'
import {
  buildArrayComparison,
  buildFunctionCall,
  buildOperatorCall,
  buildRowComparison,
  equalityOf,
} from './build-call.js'
import { askedOfCatalog } from './build-catalog-call.js'
import { buildColumn } from './build-column.js'
import { buildRowJson } from './build-row-json.js'
import { buildSubquery } from './build-subquery.js'
import { buildWindowCall } from './build-window.js'
import { datumText } from '../constants/const-datum.js'
import type { QueryScope } from './query-scope.js'
import {
  booleanOf,
  integerOf,
  listOf,
  nodeOf,
  nodesOf,
  optionalNode,
  textOf,
  TreeNode,
} from '../tree-reader.js'
import type { TreeValue } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

const BOOLEAN = sqlType(OID.bool)

const BOOLEAN_TESTS = ['true', 'not-true', 'false', 'not-false', 'unknown', 'not-unknown'] as const

/** By SQLValueFunctionOp. */
const SQL_VALUES = [
  'current_date',
  'current_time',
  'current_time',
  'current_timestamp',
  'current_timestamp',
  'localtime',
  'localtime',
  'localtimestamp',
  'localtimestamp',
  'current_role',
  'current_user',
  'user',
  'session_user',
  'current_catalog',
  'current_schema',
] as const

/** The OID of current_schema(). */
const CURRENT_SCHEMA = 1402

/** PARAM_EXTERN and PARAM_SUBLINK of ParamKind. */
const EXTERN_PARAMETER = 0
const SUBLINK_PARAMETER = 2

export class ExpressionBuilder {
  readonly context: BuildContext
  readonly scope: QueryScope
  /** What CaseTestExpr stands for, innermost last. Rebuilt at each use, so that column ids stay unique. */
  readonly #caseTests: (() => Expression)[]
  /** Columns of the subquery that a sublink's test compares with. */
  readonly #subqueryColumns: readonly Expression[]

  constructor(
    context: BuildContext,
    scope: QueryScope,
    caseTests: (() => Expression)[] = [],
    subqueryColumns: readonly Expression[] = [],
  ) {
    this.context = context
    this.scope = scope
    this.#caseTests = caseTests
    this.#subqueryColumns = subqueryColumns
  }

  /** A builder for the test of ANY and ALL subqueries. */
  withSubqueryColumns(columns: readonly Expression[]): ExpressionBuilder {
    return new ExpressionBuilder(this.context, this.scope, this.#caseTests, columns)
  }

  /** A builder for expressions that belong to another query level (aliases of joins). */
  at(scope: QueryScope): ExpressionBuilder {
    return scope === this.scope ? this : new ExpressionBuilder(this.context, scope)
  }

  buildAll(nodes: readonly TreeNode[]): Expression[] {
    return nodes.map((node) => this.build(node))
  }

  build(node: TreeNode): Expression {
    switch (node.tag) {
      case 'VAR':
        return buildColumn(node, this)
      case 'CONST':
        return this.#constant(node)
      case 'PARAM':
        return this.#parameter(node)
      case 'FUNCEXPR':
        return (
          buildRowJson(node, this) ?? askedOfCatalog(buildFunctionCall(node, this), this.context)
        )
      case 'OPEXPR':
        return buildOperatorCall(node, this)
      case 'SCALARARRAYOPEXPR':
        return buildArrayComparison(node, this)
      case 'ROWCOMPAREEXPR':
        return buildRowComparison(node, this)
      case 'AGGREF':
        return buildAggregate(node, this)
      case 'GROUPINGFUNC':
        return buildGroupingCall(node, this)
      case 'WINDOWFUNC':
        return buildWindowCall(node, this)
      case 'SUBLINK':
        return buildSubquery(node, this)
      case 'BOOLEXPR':
        return this.#logical(node)
      case 'DISTINCTEXPR':
      case 'NULLIFEXPR':
        return this.#equalityForm(node)
      case 'NULLTEST':
        return this.#nullTest(node)
      case 'BOOLEANTEST':
        return {
          kind: 'boolean-test',
          argument: this.build(nodeOf(node, 'arg')),
          test: BOOLEAN_TESTS[integerOf(node, 'booltesttype')] ?? 'true',
          type: BOOLEAN,
        }
      case 'CASEEXPR':
        return this.#case(node)
      case 'CASETESTEXPR':
        return this.#caseTest()
      case 'COALESCEEXPR': {
        const parts = this.buildAll(nodesOf(node, 'args'))
        return {
          kind: 'coalesce',
          arguments: parts,
          type: commonType(integerOf(node, 'coalescetype'), parts),
        }
      }
      case 'MINMAXEXPR': {
        const parts = this.buildAll(nodesOf(node, 'args'))
        return {
          kind: 'min-max',
          operation: integerOf(node, 'op') === 0 ? 'greatest' : 'least',
          arguments: parts,
          collation: this.context.facts.collation(integerOf(node, 'inputcollid')),
          type: commonType(integerOf(node, 'minmaxtype'), parts),
        }
      }
      case 'RELABELTYPE': {
        const type = sqlType(integerOf(node, 'resulttype'), integerOf(node, 'resulttypmod'))
        const argument = this.build(nodeOf(node, 'arg'))
        const implicit = isImplicit(node, 'relabelformat')
        return askedOfCatalog({ kind: 'relabel', argument, implicit, type }, this.context)
      }
      case 'COERCEVIAIO': {
        const type = sqlType(integerOf(node, 'resulttype'))
        const argument = this.build(nodeOf(node, 'arg'))
        const implicit = isImplicit(node, 'coerceformat')
        return askedOfCatalog({ kind: 'io-cast', argument, implicit, type }, this.context)
      }
      case 'ARRAYCOERCEEXPR':
        return this.#arrayCast(node)
      case 'COLLATEEXPR':
        // The collation is on the node that uses the value.
        return this.build(nodeOf(node, 'arg'))
      case 'ARRAYEXPR':
        return this.#array(node)
      case 'SUBSCRIPTINGREF':
        return this.#subscript(node)
      case 'SQLVALUEFUNCTION': {
        const name = SQL_VALUES[integerOf(node, 'op')] ?? 'current_date'
        const type = sqlType(integerOf(node, 'type'), integerOf(node, 'typmod'))
        return name === 'current_schema'
          ? askedOfCatalog(currentSchema(type, this.context), this.context)
          : { kind: 'sql-value', name, type }
      }
      case 'NAMEDARGEXPR':
        return this.build(nodeOf(node, 'arg'))
      default:
        throw new Unreadable(describeNode(node.tag))
    }
  }

  #constant(node: TreeNode): Expression {
    const oid = integerOf(node, 'consttype')
    const type = sqlType(oid, integerOf(node, 'consttypmod'))
    if (booleanOf(node, 'constisnull')) return { kind: 'constant', value: null, type }
    const bytes = node.fields.get('constvalue')
    if (!(bytes instanceof Uint8Array)) throw new Unreadable('a constant without a value')
    return { kind: 'constant', value: this.#constantText(node, bytes, oid), type }
  }

  /** Types that are not decoded here print through PostgreSQL, from the literal in the statement. */
  #constantText(node: TreeNode, bytes: Uint8Array, oid: number): string {
    try {
      return datumText(bytes, oid, this.context.facts)
    } catch (error) {
      const location = integerOf(node, 'location')
      const text = location < 0 ? undefined : this.context.literalText(location, oid)
      if (text === undefined) throw error
      return text
    }
  }

  #parameter(node: TreeNode): Expression {
    const index = integerOf(node, 'paramid')
    switch (integerOf(node, 'paramkind')) {
      case EXTERN_PARAMETER:
        return {
          kind: 'parameter',
          index,
          type: sqlType(integerOf(node, 'paramtype'), integerOf(node, 'paramtypmod')),
        }
      case SUBLINK_PARAMETER: {
        const column = this.#subqueryColumns[index - 1]
        if (column !== undefined) return column
        throw new Unreadable('a subquery column outside its test')
      }
      default:
        throw new Unreadable('an internal parameter')
    }
  }

  #logical(node: TreeNode): Expression {
    const parts = this.buildAll(nodesOf(node, 'args'))
    const operation = textOf(node, 'boolop')
    if (operation === 'and' || operation === 'or') {
      return { kind: operation, arguments: parts, type: BOOLEAN }
    }
    return { kind: 'not', argument: only(parts), type: BOOLEAN }
  }

  #equalityForm(node: TreeNode): Expression {
    const [left, right] = this.buildAll(nodesOf(node, 'args'))
    if (left === undefined || right === undefined) throw new Unreadable(node.tag)
    const form = {
      equality: equalityOf(node, this),
      arguments: [left, right] as const,
      collation: this.context.facts.collation(integerOf(node, 'inputcollid')),
    }
    return node.tag === 'DISTINCTEXPR'
      ? { kind: 'distinct', ...form, type: BOOLEAN }
      : { kind: 'null-if', ...form, type: left.type }
  }

  #nullTest(node: TreeNode): Expression {
    const negated = integerOf(node, 'nulltesttype') === 1
    const argument = nodeOf(node, 'arg')
    if (!booleanOf(node, 'argisrow')) {
      return { kind: 'is-null', argument: this.build(argument), negated, type: BOOLEAN }
    }
    if (argument.tag !== 'ROWEXPR') throw new Unreadable('IS NULL of a row value')
    // Each field by itself: a field that is a row is not looked into.
    const fields = this.buildAll(nodesOf(argument, 'args'))
    const tests = fields.map((field): Expression => {
      return { kind: 'is-null', argument: field, negated, type: BOOLEAN }
    })
    if (tests.length === 1) return only(tests)
    if (tests.length > 1) return { kind: 'and', arguments: tests, type: BOOLEAN }
    return { kind: 'constant', value: 't', type: BOOLEAN }
  }

  #case(node: TreeNode): Expression {
    const subject = optionalNode(node, 'arg')
    if (subject !== undefined && mayVary(subject, this.context)) {
      throw new Unreadable('CASE over a volatile expression')
    }
    const branches = nodesOf(node, 'args').map((branch) => {
      const result = (): Expression => this.build(nodeOf(branch, 'result'))
      if (subject === undefined) {
        return { condition: this.build(nodeOf(branch, 'expr')), result: result() }
      }
      const outer = [...this.#caseTests]
      const inSubject = new ExpressionBuilder(
        this.context,
        this.scope,
        outer,
        this.#subqueryColumns,
      )
      this.#caseTests.push(() => inSubject.build(subject))
      try {
        const condition = this.build(nodeOf(branch, 'expr'))
        this.#caseTests.pop()
        return { condition, result: result() }
      } finally {
        this.#caseTests.length = outer.length
      }
    })
    const fallback = optionalNode(node, 'defresult')
    const oid = integerOf(node, 'casetype')
    const otherwise: Expression =
      fallback === undefined
        ? { kind: 'constant', value: null, type: sqlType(oid) }
        : this.build(fallback)
    const results = branches.map((branch) => branch.result)
    const type = fallback === undefined ? sqlType(oid) : commonType(oid, [otherwise, ...results])
    return { kind: 'case', branches, otherwise, type }
  }

  #caseTest(): Expression {
    const test = this.#caseTests.at(-1)
    if (test === undefined) throw new Unreadable('a CASE placeholder')
    return test()
  }

  #arrayCast(node: TreeNode): Expression {
    const argument = this.build(nodeOf(node, 'arg'))
    const { facts } = this.context
    const elementType = facts.type(argument.type.oid).element
    const placeholder = this.context.newColumn(
      'element',
      sqlType(elementType, argument.type.typmod),
    )
    this.#caseTests.push(() => ({ kind: 'column', ...placeholder }))
    const element = this.build(nodeOf(node, 'elemexpr'))
    this.#caseTests.pop()
    return {
      kind: 'array-cast',
      argument,
      element,
      placeholder: placeholder.id,
      type: sqlType(integerOf(node, 'resulttype'), integerOf(node, 'resulttypmod')),
    }
  }

  #array(node: TreeNode): Expression {
    const elements = this.buildAll(nodesOf(node, 'elements'))
    const oid = integerOf(node, 'array_typeid')
    return {
      kind: 'array',
      elements,
      elementType: sqlType(integerOf(node, 'element_typeid')),
      multidimensional: booleanOf(node, 'multidims'),
      type: sqlType(oid, commonTypmod(elements)),
    }
  }

  #subscript(node: TreeNode): Expression {
    const bounds = (field: string): (Expression | null)[] =>
      listOf(node, field).map((item: TreeValue) =>
        item instanceof TreeNode ? this.build(item) : null,
      )
    const lower = bounds('reflowerindexpr')
    return {
      kind: 'subscript',
      argument: this.build(nodeOf(node, 'refexpr')),
      upper: bounds('refupperindexpr'),
      lower,
      isSlice: lower.length > 0,
      type: sqlType(integerOf(node, 'refrestype'), integerOf(node, 'reftypmod')),
    }
  }
}

function only(parts: readonly Expression[]): Expression {
  const [first] = parts
  if (first === undefined) throw new Unreadable('an operator without arguments')
  return first
}

/** COALESCE and the like keep a modifier only when all parts agree on it. */
function commonType(oid: number, parts: readonly Expression[]): SqlType {
  return sqlType(oid, parts.every((part) => part.type.oid === oid) ? commonTypmod(parts) : -1)
}

function commonTypmod(parts: readonly Expression[]): number {
  const typmod = parts[0]?.type.typmod ?? -1
  return parts.every((part) => part.type.typmod === typmod) ? typmod : -1
}

/** CURRENT_SCHEMA is the first schema of the path that is there: current_schema() says. */
function currentSchema(type: SqlType, { facts }: BuildContext): Expression {
  const { reference } = facts.procedure(CURRENT_SCHEMA)
  return {
    ...{ kind: 'call', function: reference, arguments: [], type },
    ...{ collation: 'binary', form: 'function' },
  }
}

/** Tells whether evaluating an expression twice may give two values. */
function mayVary(value: TreeValue, context: BuildContext): boolean {
  if (Array.isArray(value)) {
    return (value as readonly TreeValue[]).some((item) => mayVary(item, context))
  }
  if (!(value instanceof TreeNode)) return false
  if (
    value.tag === 'FUNCEXPR' &&
    context.facts.procedure(integerOf(value, 'funcid')).reference.volatility === 'volatile'
  ) {
    return true
  }
  return [...value.fields.values()].some((field) => mayVary(field, context))
}

/** COERCE_IMPLICIT_CAST of CoercionForm. */
function isImplicit(node: TreeNode, field: string): boolean {
  return integerOf(node, field) === 2
}

const NODE_NAMES: Readonly<Record<string, string>> = {
  ROWEXPR: 'a row value',
  FIELDSELECT: 'a field of a row value',
  FIELDSTORE: 'a field of a row value',
  CONVERTROWTYPEEXPR: 'a row value',
  COERCETODOMAIN: 'a domain',
  XMLEXPR: 'an XML expression',
  JSONEXPR: 'JSON_VALUE, JSON_QUERY or JSON_EXISTS',
  JSONCONSTRUCTOREXPR: 'a SQL/JSON constructor',
  JSONVALUEEXPR: 'a SQL/JSON expression',
  JSONISPREDICATE: 'IS JSON',
  MERGESUPPORTFUNC: 'MERGE',
}

function describeNode(tag: string): string {
  return NODE_NAMES[tag] ?? tag
}
