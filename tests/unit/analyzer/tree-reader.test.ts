/** The syntax of node text: lists, escapes, wrapped lines. */
import { describe, expect, test } from 'vitest'
import { literalAt } from '../../../src/analyzer/constants/literal-text.js'
import {
  booleanOf,
  integersOf,
  listOf,
  nodesOf,
  readTree,
  textOf,
  TreeNode,
} from '../../../src/analyzer/tree-reader.js'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { OPTIONS, SAMPLE_CATALOG } from './sample-catalog.js'

function node(text: string): TreeNode {
  const tree = readTree(text)
  if (tree instanceof TreeNode) return tree
  throw new Error('not a node')
}

describe('node text', () => {
  test('has fields of every kind', () => {
    const tree = node(
      '{A :b <> :c (i 1 -2) :d (b) :e true :f {G :h r} :i ({J} {K :l "x"}) :m ("i" "o p")}',
    )
    expect(tree.fields.get('b')).toBeNull()
    expect(integersOf(tree, 'c')).toEqual([1, -2])
    expect(listOf(tree, 'd')).toEqual([])
    expect(booleanOf(tree, 'e')).toBe(true)
    expect(nodesOf(tree, 'i').map((item) => item.tag)).toEqual(['J', 'K'])
    expect(listOf(tree, 'm')).toEqual(['i', 'o p'])
  })

  test('escapes names', () => {
    expect(textOf(node('{A :name a\\ \\(b\\)\\\\\\{}'), 'name')).toBe('a (b)\\{')
    expect(textOf(node('{A :name ""}'), 'name')).toBe('')
    expect(textOf(node('{A :name \\<>}'), 'name')).toBe('<>')
    expect(listOf(node('{A :names ("say \\"hi\\"" "")}'), 'names')).toEqual(['say "hi"', ''])
    expect(textOf(node(`{A :name ${Buffer.from('ünï漢').toString('latin1')}}`), 'name')).toBe(
      'ünï漢',
    )
  })

  test('holds bytes of which a length belongs to the value', () => {
    expect(node('{A :v 2 [ 1 -1 0 0 ] :w 0 [ ]}').fields.get('v')).toEqual(Uint8Array.of(1, 255))
  })

  test('reads the columns below a join when they are asked for', () => {
    const tree = node(
      String.raw`{A :joinaliasvars ({V :n (b 1) :name \(x\\} {W :name a\\}) :joinleftcols (i 1 2)}`,
    )
    expect(integersOf(tree, 'joinleftcols')).toEqual([1, 2])
    const [first, second] = nodesOf(tree, 'joinaliasvars')
    expect(textOf(first!, 'name')).toBe('(x\\')
    expect(integersOf(first!, 'n')).toEqual([1])
    expect(textOf(second!, 'name')).toBe('a\\')
    expect(nodesOf(tree, 'joinaliasvars')[0]).toBe(first)
    expect(listOf(node('{A :joinaliasvars <>}'), 'joinaliasvars')).toEqual([])
  })

  test('wraps at spaces, and inside tokens only where a line has none', () => {
    expect(integersOf(node('{A :c (i 1\n2\n3)}'), 'c')).toEqual([1, 2, 3])
    const long = 'x'.repeat(78)
    expect(textOf(node(`{A :name\n${long}\nyz}`), 'name')).toBe(`${long}yz`)
  })

  test('equal nodes have equal keys wherever they were written', () => {
    expect(node('{A :b 1 :location 5}').key).toBe(node('{A :b 1 :location -1}').key)
  })

  test('that is cut short is refused', () => {
    for (const text of ['{A :b', '{A :b (1', '{A :joinaliasvars ({B}', '{A b}', '{A} x'])
      expect(() => readTree(text)).toThrow()
  })
})

test('names that fill lines with escapes and wide letters survive', async () => {
  const analyzer = await Analyzer.start(SAMPLE_CATALOG)
  const names = [
    '('.repeat(63),
    '\\'.repeat(63),
    ' '.repeat(63),
    '漢'.repeat(21),
    '"'.repeat(63),
    'a\nb',
    '1',
    '<>',
    'i',
  ]
  for (const name of names) {
    const quoted = `"${name.replaceAll('"', '""')}"`
    const sql = `with ${quoted} as (select id as ${quoted} from customers) select x.${quoted} from ${quoted} x`
    const { logical } = analyzer.analyze(sql, [], OPTIONS)
    expect(logical).toMatchObject({
      kind: 'with',
      body: { expressions: [{ column: { name: name.replace('\n', ' ') } }] },
    })
  }
  await analyzer.close()
})

test('a literal is found only where it certainly ends', () => {
  expect(literalAt("'a''b'::point")).toBe("'a''b'")
  expect(literalAt("E'a\\'b' x")).toBe("E'a\\'b'")
  expect(literalAt('$x$a$$b$x$, 1')).toBe('$x$a$$b$x$')
  for (const text of ["'a'\n'b'", "'a' -- c\n'b'", "'a\\'", 'name', "U&'a'", "'open"]) {
    expect(literalAt(text)).toBeUndefined()
  }
})
