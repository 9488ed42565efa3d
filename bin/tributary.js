#!/usr/bin/env node
// Starts the compiled program; in a checkout, `npm run build` makes it.
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (!existsSync(main)) {
  console.error(
    'tributary: not built yet: run `npm install` (or `npm run build`) in the checkout first',
  )
  process.exit(1)
}
await import(main.href)
