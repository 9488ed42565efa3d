// After `npm ci` in a checkout: compile, so that `npx tributary` works. Not when only production packages are there.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build, root } from './setup.mjs'

if (existsSync(join(root, 'node_modules', 'typescript')) && existsSync(join(root, 'src'))) build()
