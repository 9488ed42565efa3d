/**
 * Gives benches the compiled code of dist/ in the place of src/, as the server runs it: `node --import tsx --import ./bench/compiled-source.mjs`.
 * What compiles TypeScript on the fly sets the name of every closure that is made, which takes a third of the planner's time.
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

/** Resolves modules of src/ to those of dist/. */
export async function resolve(specifier, context, next) {
  const { parentURL } = context
  if (parentURL === undefined || !specifier.startsWith('.')) return next(specifier, context)
  const { href } = new URL(specifier, parentURL)
  return next(href.replace(SOURCE, COMPILED), context)
}

const SOURCE = new URL('../src/', import.meta.url).href
const COMPILED = new URL('../dist/', import.meta.url).href
